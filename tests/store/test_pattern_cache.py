"""Compiled patterns on disk: only what is ours and whole comes back."""

import os
from pathlib import Path

import pytest

from yett.model.ports import NoPatternCache, PatternCache
from yett.store.pattern_cache import MAX_ENTRY, CacheStats, DiskPatternCache

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64


@pytest.fixture
def cache(tmp_path: Path) -> DiskPatternCache:
    return DiskPatternCache(tmp_path / "patterns")


def entry(cache: DiskPatternCache, digest: str = ONE) -> Path:
    return cache.directory / f"{digest}.patterns"


def test_what_was_saved_is_loaded_by_others_too(cache: DiskPatternCache) -> None:
    kept: PatternCache = cache
    assert kept.load(ONE) is None
    kept.save(ONE, b"database")
    assert DiskPatternCache(cache.directory).load(ONE) == b"database"
    assert kept.load(ONE) == b"database"
    assert kept.load(TWO) is None
    assert cache.stats() == CacheStats(hits=1, misses=2, refused=0, failed=0)


def test_nobody_else_may_read_or_write(cache: DiskPatternCache) -> None:
    cache.save(ONE, b"database")
    assert cache.directory.stat().st_mode & 0o777 == 0o700
    assert entry(cache).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in cache.directory.iterdir()] == [f"{ONE}.patterns"]


@pytest.mark.parametrize("place", [0, 3, 10, 39, 40, -1])
def test_a_damaged_entry_is_not_there(cache: DiskPatternCache, place: int) -> None:
    cache.save(ONE, b"database")
    content = bytearray(entry(cache).read_bytes())
    content[place] ^= 1
    entry(cache).write_bytes(content)
    assert cache.load(ONE) is None
    assert cache.stats().refused == 1
    cache.save(ONE, b"database")
    assert cache.load(ONE) == b"database"


@pytest.mark.parametrize("length", [0, 7, 39, 45])
def test_nor_is_half_an_entry(cache: DiskPatternCache, length: int) -> None:
    cache.save(ONE, b"database")
    entry(cache).write_bytes(entry(cache).read_bytes()[:length])
    assert cache.load(ONE) is None
    assert cache.stats().refused == 1


def test_nor_one_under_another_name(cache: DiskPatternCache) -> None:
    cache.save(ONE, b"database")
    entry(cache).rename(entry(cache, TWO))
    assert cache.load(TWO) is None
    assert cache.stats().refused == 1


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_nor_one_that_others_may_have_written(cache: DiskPatternCache, mode: int) -> None:
    cache.save(ONE, b"database")
    entry(cache).chmod(mode)
    assert cache.load(ONE) is None
    assert cache.stats().refused == 1


def test_nor_anything_in_a_directory_in_which_others_may_write(cache: DiskPatternCache) -> None:
    cache.save(ONE, b"database")
    cache.directory.chmod(0o777)
    assert cache.load(ONE) is None
    cache.save(TWO, b"database")
    assert cache.stats() == CacheStats(hits=0, misses=1, refused=2, failed=1)


def test_nor_what_belongs_to_somebody_else(cache: DiskPatternCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.save(ONE, b"database")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.load(ONE) is None
    cache.save(TWO, b"database")
    assert not entry(cache, TWO).exists()
    assert cache.stats().refused == 2


def test_nor_a_link_or_a_pipe(cache: DiskPatternCache, tmp_path: Path) -> None:
    cache.save(ONE, b"database")
    entry(cache, TWO).symlink_to(entry(cache))
    os.mkfifo(entry(cache, THREE), 0o600)
    assert cache.load(TWO) is None
    assert cache.load(THREE) is None
    linked = tmp_path / "link"
    linked.symlink_to(cache.directory)
    assert DiskPatternCache(linked).load(ONE) is None


def test_what_is_too_large_is_not_read(cache: DiskPatternCache) -> None:
    cache.save(ONE, b"database")
    with entry(cache).open("r+b") as file:
        file.truncate(MAX_ENTRY + 1)
    assert cache.load(ONE) is None


def test_the_oldest_make_room(tmp_path: Path) -> None:
    cache = DiskPatternCache(tmp_path, max_total=250)
    for age, digest in [(30, ONE), (20, TWO)]:
        cache.save(digest, bytes(60))
        os.utime(entry(cache, digest), (1e9 - age, 1e9 - age))
    assert cache.load(ONE) == bytes(60)  # used: now TWO is the oldest
    cache.save(THREE, bytes(60))
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["1", "3"]
    cache.save("4" * 64, bytes(300))
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["1", "3"]
    assert cache.stats().failed == 1


def test_what_a_killed_process_left_makes_room_too(tmp_path: Path) -> None:
    left = tmp_path / ".abc.patterns.new"
    left.write_bytes(bytes(200))
    os.utime(left, (1, 1))
    (tmp_path / "README").write_bytes(bytes(500))
    cache = DiskPatternCache(tmp_path, max_total=250)
    cache.save(ONE, bytes(60))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{ONE}.patterns", "README"]


def test_a_place_where_nothing_can_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = DiskPatternCache(tmp_path / "file" / "patterns")
    cache.save(ONE, b"database")
    assert cache.load(ONE) is None
    assert cache.stats().failed == 1
    blocked = DiskPatternCache(tmp_path)
    entry(blocked).mkdir()
    blocked.save(ONE, b"database")
    assert blocked.load(ONE) is None
    assert blocked.stats().failed == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("digest", ["", "../" + "1" * 61, "A" * 64, "1" * 63, "1" * 65])
def test_a_name_that_is_no_digest_is_a_mistake_of_ours(cache: DiskPatternCache, digest: str) -> None:
    cache.directory.mkdir(mode=0o700)
    with pytest.raises(ValueError, match="digest"):
        cache.load(digest)
    with pytest.raises(ValueError, match="digest"):
        cache.save(digest, b"")


def test_where_nothing_is_kept() -> None:
    nothing: PatternCache = NoPatternCache()
    nothing.save(ONE, b"database")
    assert nothing.load(ONE) is None
