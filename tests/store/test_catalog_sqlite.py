"""The file of a catalog: permissions, processes, crashes, other versions, other files, damage."""

import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from yett.model.catalog_store import CatalogOvertaken, CatalogUnusable, Position
from yett.store.catalog import SQLiteCatalog, open_catalog, schema, sqlite

SPAWN = multiprocessing.get_context("spawn")


def _add(path: Path, name: str, times: int) -> None:
    store = open_catalog(path)
    for _ in range(times):
        with store.writing() as change:
            number = int(change.learnt("s") or b"0")
            change.learn("s", b"%d" % (number + 1))
            change.learn(name, b"x")
    store.close()


def _hang_in_a_change(path: Path, ready: str) -> None:
    store = open_catalog(path)
    with store.writing() as change:
        change.learn("s", b"half")
        change.advance(Position(key="k", name="n", entries=7), None)
        Path(ready).write_bytes(b"")
        signal.pause()


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    open_catalog(path, create=True).close()
    workers = [SPAWN.Process(target=_add, args=(path, name, 25)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    store = open_catalog(path)
    assert store.learnt("s") == b"50"
    assert store.services() == ("a", "b", "s")
    store.close()


def test_a_process_that_is_killed_leaves_the_last_whole_change(tmp_path: Path) -> None:
    path, ready = tmp_path / "catalog.db", tmp_path / "ready"
    store = open_catalog(path, create=True)
    with store.writing() as change:
        change.learn("s", b"whole")
    os.mkfifo(ready)
    worker = SPAWN.Process(target=_hang_in_a_change, args=(path, str(ready)))
    worker.start()
    ready.open("rb").close()  # until it is in the middle of its change
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    with store.writing() as change:
        assert change.learnt("s") == b"whole"
        assert change.position("k") is None
        change.learn("s", b"next")
    assert store.learnt("s") == b"next"
    store.close()


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    before = os.umask(0)
    try:
        store = open_catalog(path, create=True)
        with store.writing() as change:
            change.learn("s", b"x")
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    store.close()
    assert set(modes.values()) == {0o600}, modes


def test_what_was_written_is_there_after_it_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    store = open_catalog(path, create=True)
    key = store.key
    with store.writing() as change:
        change.learn("s", b"x")
    store.close()
    again = open_catalog(path)
    assert again.key == key
    assert again.learnt("s") == b"x"
    again.close()


def test_a_large_state_is_kept_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PART", 10)
    store = open_catalog(tmp_path / "catalog.db", create=True)
    state = bytes(range(95))
    with store.writing() as change:
        change.learn("s", state)
    assert store.learnt("s") == state
    with store.writing() as change:
        change.learn("s", b"short")
    assert store.learnt("s") == b"short"
    store.close()


def test_no_catalog_where_none_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(CatalogUnusable, match=r"there is no catalog; `yett observe --catalog .*none\.db SOURCE"):
        open_catalog(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(CatalogUnusable, match="a directory, not the file of a catalog"):
        open_catalog(tmp_path, create=True)
    with pytest.raises(CatalogUnusable, match="no such file or directory"):
        open_catalog(tmp_path / "no" / "such.db", create=True)


def test_the_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (url)")
    other.commit()
    other.close()
    with pytest.raises(CatalogUnusable, match="an SQLite database of something else"):
        open_catalog(path, create=True)
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    other.close()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"remember the milk\n" * 200)
    with pytest.raises(CatalogUnusable, match="not a catalog"):
        open_catalog(path, create=True)
    assert path.read_bytes() == b"remember the milk\n" * 200


def test_a_catalog_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    open_catalog(path, create=True).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(CatalogUnusable, match="a catalog of version 99, this Yett knows"):
        open_catalog(path)


def test_an_older_catalog_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.db"
    store = open_catalog(path, create=True)
    with store.writing() as change:
        change.learn("s", b"kept")
    store.close()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE later (name TEXT)",)))
    store = open_catalog(path)
    assert store.learnt("s") == b"kept"
    assert store._rows("SELECT count(*) FROM later") == [(0,)]
    assert store._rows("PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    store.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.db"
    open_catalog(path, create=True).close()
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE later (name TEXT)", "NOT SQL")))
        with pytest.raises(CatalogUnusable, match="syntax error"):
            open_catalog(path)
    store = open_catalog(path)
    assert store._rows("SELECT count(*) FROM sqlite_master WHERE name = 'later'") == [(0,)]
    store.close()


def test_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    store = open_catalog(path, create=True)
    with store.writing() as change:
        change.advance(Position(key="k", name="n"), None)
    store._rows("UPDATE position SET body = x'00'")
    with pytest.raises(CatalogUnusable, match="damaged"):
        store.positions()
    store._rows("DELETE FROM note")
    store.close()
    with pytest.raises(CatalogUnusable, match="its key is missing"):
        open_catalog(path)


def test_a_file_full_of_noise_in_the_middle_is_told(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    store = open_catalog(path, create=True)
    with store.writing() as change:
        change.learn("s", bytes(200_000))
    store.close()
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * 100_000)
    with pytest.raises(CatalogUnusable, match=r"damaged|malformed"):
        _read(path)


def _read(path: Path) -> None:
    store = open_catalog(path)
    try:
        store.learnt("s")
    finally:
        store.close()


def test_another_process_that_writes_for_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.db"
    one = open_catalog(path, create=True)
    monkeypatch.setattr(sqlite, "WAIT", 0.01)
    two = SQLiteCatalog(path)
    with one.writing() as change:
        change.learn("s", b"x")
        with pytest.raises(CatalogUnusable, match="another process has been writing"), two.writing():
            pass
        assert two.learnt("s") is None  # reading goes on beside it
    assert two.learnt("s") == b"x"
    one.close()
    two.close()


def test_a_full_disk_is_told_and_changes_nothing(tmp_path: Path) -> None:
    store = open_catalog(tmp_path / "catalog.db", create=True)
    pages = store._rows("PRAGMA page_count")[0][0]
    store._rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(CatalogUnusable, match="no space left"), store.writing() as change:
        change.learn("s", bytes(1_000_000))
    assert store.learnt("s") is None
    store.close()


def test_two_stores_in_one_process_see_who_was_first(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    one, two = open_catalog(path, create=True), open_catalog(path)
    with one.writing() as change:
        change.advance(Position(key="k", name="access.log", entries=3), None)
    with pytest.raises(CatalogOvertaken, match=r"access\.log: another process"), two.writing() as change:
        change.advance(Position(key="k", name="access.log", entries=2), None)
    one.close()
    two.close()
