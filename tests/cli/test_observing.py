"""Runs of `yett observe` in one process: signals, two runs over one source, settings that cannot change, descriptions of parts."""

import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from yett.cli.knowledge import Knowledge, knowledge
from yett.cli.main import main
from yett.cli.observing import Run, Wanted
from yett.edge.collectors.files import Collector
from yett.model.catalog_store import CatalogOvertaken, CatalogUnusable
from yett.model.event import Event
from yett.model.policy import Log
from yett.store.catalog import MemoryCatalog
from yett.store.eventlog.journal import SegmentJournal

LINE = '{{"method": "GET", "target": "/users/{0}", "headers": [["Host", "a.example"]], "response": {{"status": 200}}}}\n'


def lines(path: Path, first: int, last: int) -> Path:
    path.write_text("".join(LINE.format(one) for one in range(first, last)))
    return path


def run_over(known: Knowledge, again: bool = False) -> Run:
    return Run(known, Collector(), Wanted(again=again), pace=0.0)


def count(known: Knowledge) -> int:
    return sum(one.count for one in known.catalog().operations)


def test_parts_are_kept_while_a_long_file_is_read(tmp_path: Path) -> None:
    known = Knowledge(MemoryCatalog())
    kept: list[int] = []
    run = Run(known, Collector(), Wanted(), entry=lambda: kept.append(len(known.store.positions())), pace=0.0)
    run.all([lines(tmp_path / "a.jsonl", 100, 800)])
    assert kept[-1] == 1
    assert 0 in kept
    assert count(known) == 700
    assert known.store.positions()[0].whole


def test_a_signal_between_two_exchanges_keeps_what_was_counted(tmp_path: Path) -> None:
    known = Knowledge(MemoryCatalog())
    path = lines(tmp_path / "a.jsonl", 100, 800)
    seen: list[int] = []

    def entry() -> None:
        seen.append(1)
        if len(seen) == 300:
            os.kill(os.getpid(), signal.SIGTERM)

    outcome = Run(known, Collector(), Wanted(), entry=entry).all([path])
    assert outcome.stopped == signal.SIGTERM
    assert count(known) == outcome.exchanges == 300
    assert not known.store.positions()[0].whole
    again = run_over(known).all([path])
    assert (again.exchanges, again.stopped) == (400, 0)
    assert count(known) == 700


def test_a_source_that_two_runs_read_is_counted_once(tmp_path: Path) -> None:
    store = MemoryCatalog()
    one, two = Knowledge(store), Knowledge(store)
    path = lines(tmp_path / "a.jsonl", 100, 140)
    first = Run(one, Collector(), Wanted())
    first._source(path)
    run_over(two).all([path])
    with pytest.raises(CatalogOvertaken, match=r"a\.jsonl"):
        first.keep()
    assert count(two) == 40


def test_following_takes_new_records(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def write(first: int, last: int) -> None:
        journal = SegmentJournal(Log(), log, 0)
        for one in range(first, last):
            journal.append(
                Event(
                    tag="gateway:request:allowed",
                    time=1e9 + one,
                    request_id=str(one),
                    method="GET",
                    host="a.example",
                    target=f"/users/{one}",
                    upstream_status=200,
                )
            )
        journal.close()

    known = Knowledge(MemoryCatalog())
    write(100, 120)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            write(120, 150)
        elif len(waits) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    outcome = run_over(known).follow(log, lambda: None, wait)
    assert (outcome.exchanges, outcome.stopped) == (50, signal.SIGINT)
    assert count(known) == 50
    assert run_over(known).all([log]).exchanges == 0
    assert run_over(known, again=True).all([log]).exchanges == 50


def test_numbers_that_decide_what_is_kept_cannot_change(tmp_path: Path) -> None:
    path, other = tmp_path / "c.db", tmp_path / "s.yaml"
    known = knowledge(path, create=True)
    run_over(known).all([lines(tmp_path / "a.jsonl", 1, 9)])
    known.store.close()
    other.write_text("learning: {members: 5}\n")
    with pytest.raises(CatalogUnusable, match="learn into a new one"):
        knowledge(path, settings=other)
    other.write_text("views: {dormant_calls: 7}\n")
    changed = knowledge(path, settings=other)
    changed.store.close()
    again = knowledge(path)
    assert again.settings.views.dormant_calls == 7
    again.store.close()
    other.write_text("views: [\n")
    result = CliRunner().invoke(main, ["catalog", "list", "--catalog", str(path), "--settings", str(other)])
    assert result.exit_code == 2
    assert "s.yaml:" in result.stderr


def test_what_cannot_be_read_back_is_told(tmp_path: Path) -> None:
    known = Knowledge(MemoryCatalog())
    with known.store.writing() as change:
        change.learn("", b"\x00")
    with pytest.raises(CatalogUnusable, match="what was learnt cannot be read"):
        known.catalog()
    with known.store.writing() as change:
        change.write_note("settings", b"{")
    with pytest.raises(CatalogUnusable, match="settings are of another version"):
        Knowledge(known.store)


def test_links_and_pipes_in_a_directory_are_told(tmp_path: Path) -> None:
    tree = tmp_path / "in"
    tree.mkdir()
    os.mkfifo(tree / "pipe")
    (tree / "link").symlink_to(tmp_path)
    (tree / ".hidden").mkdir()
    lines(tree / "a.jsonl", 1, 9)
    outcome = run_over(Knowledge(MemoryCatalog())).all([tree])
    assert outcome.exchanges == 8
    assert sorted(problem.rpartition("/")[2] for problem in outcome.problems) == [
        "link: a link to a directory, which is not followed",
        "pipe: not a file",
    ]


OWN = """
own_classes:
  - id: loyalty-card
    title: Number of a loyalty card
    names: [loyalty card]
    forms: [{pattern: 'LC-[0-9]{9}', check: luhn}]
    matches: [{value: LC-123456782}]
"""


def test_own_classes_are_kept_and_found(tmp_path: Path) -> None:
    path, settings, source = tmp_path / "c.db", tmp_path / "s.yaml", tmp_path / "a.jsonl"
    settings.write_text(OWN)
    line = LINE.replace('"status": 200', '"status": 200, "body": "{{\\"loyaltyCard\\": \\"LC-123456782\\"}}"')
    line = line.replace('"response": {{', '"response": {{"headers": [["Content-Type", "application/json"]], ')
    source.write_text("".join(line.format(one) for one in range(100, 110)))
    result = CliRunner().invoke(main, ["observe", str(source), "--catalog", str(path), "--settings", str(settings)])
    assert result.exit_code == 0, result.output
    known = knowledge(path)
    assert "loyalty-card" in known.classifier.classes
    assert [(one.place, one.name) for one in known.catalog().operations[0].classes] == [
        ("response.200.body/loyaltyCard", "loyalty-card")
    ]
    known.store.close()


def test_mistakes_in_own_classes_are_told_with_their_lines(tmp_path: Path) -> None:
    settings = tmp_path / "s.yaml"
    settings.write_text(OWN.replace("LC-123456782", "LC-123456783"))
    result = CliRunner().invoke(main, ["catalog", "list", "--settings", str(settings), "--catalog", str(tmp_path / "c.db")])
    assert result.exit_code == 2
    assert "s.yaml:7" in result.stderr
    assert "is not found" in result.stderr


def test_a_host_is_assigned_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    one, other = lines(tmp_path / "a.jsonl", 100, 110), tmp_path / "b.jsonl"
    other.write_text(one.read_text().replace("a.example", "b.example"))
    run = CliRunner().invoke
    assert run(main, ["observe", str(one), str(other), "--catalog", str(path)]).exit_code == 0
    result = run(main, ["catalog", "assign", "b.example", "a.example", "--catalog", str(path)])
    assert result.exit_code == 0, result.output
    assert "a.example" in result.stdout
    assert "undo 1" in result.stderr
    assert "b.example" in run(main, ["catalog", "corrections", "--catalog", str(path)]).stdout
    result = run(main, ["catalog", "assign", "c.example", "a.example", "--catalog", str(path)])
    assert result.exit_code == 2
    assert "nothing is known of 'c.example'" in result.stderr
    known = knowledge(path)
    assert count(known) == 20
    assert {one.service for one in known.catalog().operations} == {"a.example"}
    known.store.close()
    assert run(main, ["catalog", "undo", "1", "--catalog", str(path)]).exit_code == 0
