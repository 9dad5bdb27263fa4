"""`yett probe --source`: exit codes, reports, what is told of what cannot be read."""

import json
import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from yett.cli import source_files
from yett.cli.main import main
from yett.formats.reports.proven_json import read_proven_json

WEAK = """
import sqlite3
from fastapi import FastAPI

app = FastAPI()
database = sqlite3.connect("shop.db")


@app.get("/books/{author}")
def search(author: str, q: str):
    statement = f"SELECT title FROM books WHERE title LIKE '%{q}%'"
    return database.execute(statement).fetchall()
"""
SOUND = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/books")
def search(q: str):
    return {"q": q}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["probe", *arguments])


@pytest.fixture
def weak(tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    (directory / "app.py").write_text(WEAK)
    return directory


def test_a_flaw_is_told_with_its_route_and_its_flow(weak: Path) -> None:
    result = run("--source", str(weak))
    assert result.exit_code == 1
    assert "CRITICAL GET /books/{author}  query q" in result.output
    assert "app.py:10:25 search" in result.output.replace(str(weak), "")
    assert "1 critical; files: 1, lines: 13, routes: 1" in result.output


def test_nothing_is_found_in_sound_code(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOUND)
    result = run("--source", str(tmp_path))
    assert (result.exit_code, result.output.splitlines()[0][:11]) == (0, "no findings")


def test_reports_say_where_and_how(weak: Path, tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"found.{kind}" for kind in ("json", "sarif", "junit", "html", "wfc")}
    result = run("--source", str(weak), *(part for kind, path in paths.items() for part in (f"--{kind}", str(path))))
    assert result.exit_code == 1
    document: dict[str, Any] = json.loads(paths["json"].read_text())
    finding = document["findings"][0]
    assert (finding["class"], finding["method"], finding["template"]) == ("sql-injection", "GET", "/books/{author}")
    assert (finding["line"], finding["column"], finding["function"], finding["place"]) == (12, 12, "search", "query q")
    assert [step["line"] for step in finding["steps"]] == [10, 11, 12]
    assert document["source"]["routes"] == ["GET /books/{author}"]
    again = read_proven_json(paths["json"].read_bytes())[0]
    assert again.proof is not None and again.proof.flow[-1].function == "search"
    sarif = json.loads(paths["sarif"].read_text())["runs"][0]["results"][0]
    assert sarif["locations"][0]["physicalLocation"]["region"] == {"startLine": 12, "startColumn": 12}
    assert len(sarif["codeFlows"][0]["threadFlows"][0]["locations"]) == 3
    failed = ElementTree.fromstring(paths["junit"].read_text()).findall(".//failure")
    assert len(failed) == 1
    assert "statement" in paths["html"].read_text()


def test_a_finding_stays_the_same_when_lines_move(weak: Path, tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.json"
    assert run("--source", str(weak), "--write-baseline", str(accepted)).exit_code == 1
    (weak / "app.py").write_text("# one\n# two\n" + WEAK.replace("app = FastAPI()", "app = FastAPI()\nOTHER = 1"))
    result = run("--source", str(weak), "--baseline", str(accepted))
    assert result.exit_code == 0
    assert "1 accepted" in result.output


def test_what_cannot_be_parsed_is_told_and_the_rest_is_read(weak: Path) -> None:
    (weak / "broken.py").write_text("def f(:\n    return ]\n")
    result = run("--source", str(weak))
    assert result.exit_code == 1
    assert "broken.py:1" in result.output
    assert "INCOMPLETE: 1 file could not be read whole" in result.output
    (weak / "app.py").write_text(SOUND)
    assert run("--source", str(weak)).exit_code == 3


def test_only_and_skip_name_rules_and_classes(weak: Path) -> None:
    assert run("--source", str(weak), "--skip", "sql-injection").exit_code == 0
    assert run("--source", str(weak), "--only", "source-sql-injection").exit_code == 1
    result = run("--source", str(weak), "--only", "no-such-rule")
    assert result.exit_code == 2
    assert "no rule on source and no class no-such-rule" in result.output


def test_what_needs_a_target_says_so(weak: Path) -> None:
    result = run("--source", str(weak), "--destructive")
    assert result.exit_code == 2
    assert "--destructive needs the URL of a target" in result.output


def test_what_source_says_cannot_be_sent_again(weak: Path, tmp_path: Path) -> None:
    report = tmp_path / "found.json"
    run("--source", str(weak), "--json", str(report))
    mark = json.loads(report.read_bytes())["findings"][0]["fingerprint"]
    result = run("http://127.0.0.1:1", "--rerun", mark, "--report", str(report))
    assert result.exit_code == 2
    assert f"{mark} is about source code, of which nothing can be sent" in result.output
    result = run("--source", str(weak), "--rerun", mark, "--report", str(report))
    assert result.exit_code == 2
    assert "--rerun needs the URL of a target" in result.output


def test_files_that_are_no_files_or_too_large_are_told(weak: Path) -> None:
    os.mkfifo(weak / "pipe.py")
    os.mkfifo(weak / "openapi.yaml")
    (weak / "long.py").write_bytes(b"x = 1\n" * 400_000)
    (weak / "latin.py").write_bytes(b"x = 'caf\xe9'\n")
    (weak / "octets.py").write_bytes(bytes(range(256)) * 20)
    (weak / os.fsdecode(b"\xff\x1b[31m.py")).write_text(WEAK)
    (weak / "linked").symlink_to(weak)
    (weak / "openapi.json").write_text('{"openapi": ' + "[" * 200)
    deep = weak.joinpath(*["d"] * 45)
    deep.mkdir(parents=True)
    (deep / "app.py").write_text(WEAK)
    result = run("--source", str(weak))
    assert result.exit_code == 1
    for text in (
        "long.py: larger than 2,000,000 octets",
        "latin.py:1: not utf-8",
        "octets.py",
        "openapi.json",
        "deeper than 40",
    ):
        assert text in result.output
    assert "\x1b" not in result.output
    assert "2 critical" in result.output


def test_more_problems_than_a_person_reads_are_counted(weak: Path) -> None:
    for n in range(120):
        (weak / f"broken{n}.py").write_text("def (:\n")
    result = run("--source", str(weak))
    assert result.exit_code == 1
    assert "! and 20 more; --json lists all" in result.output
    assert "INCOMPLETE: 120 files could not be read whole" in result.output


def test_more_files_than_are_read_are_told(weak: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "MOST_FILES", 1)
    (weak / "b.py").write_text(SOUND)
    assert "more than 1 files; the rest is not read" in run("--source", str(weak)).output
    monkeypatch.setattr(source_files, "MOST_FILES", 10)
    monkeypatch.setattr(source_files, "MOST_OCTETS", 300)
    assert "the rest is not read" in run("--source", str(weak)).output


def test_a_directory_without_code_is_an_error(tmp_path: Path) -> None:
    result = run("--source", str(tmp_path))
    assert result.exit_code == 2
    assert "no Python file" in result.output


def test_without_the_parser_the_error_names_the_command(weak: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    result = run("--source", str(weak))
    assert result.exit_code == 2
    assert "pip install 'yett[source]'" in result.output


def test_foreign_directories_links_and_tests_are_not_read_and_told(weak: Path, tmp_path: Path) -> None:
    for name in ("node_modules", ".git", "tests"):
        (weak / name).mkdir()
        (weak / name / "one.py").write_text(WEAK)
    (weak / "venv").mkdir()
    (weak / "venv" / "pyvenv.cfg").write_text("")
    outside = tmp_path / "outside.py"
    outside.write_text(WEAK)
    (weak / "linked.py").symlink_to(outside)
    result = run("--source", str(weak))
    assert ".git (1), directories of tests (1), links (1), node_modules (1), virtual environments (1)" in result.output
    assert "files: 1," in result.output


def test_rules_on_source_are_listed_and_explained() -> None:
    assert "critical source    source-sql-injection" in run("--list").output
    explained = run("--explain", "source-sql-injection").output
    assert "on source code (--source); claims sql-injection" in explained
    assert "To fix:" in explained
