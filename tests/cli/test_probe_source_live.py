"""`yett probe URL --source DIR`: what a running target and its code say together, against a real server on loopback."""

import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result
from served import served

from yett.cli.main import main
from yett.engine.probing.trial import replies
from yett.model.exchange import Request, Response

CODE = """
import sqlite3
from flask import Flask, jsonify, request

app = Flask(__name__)
database = sqlite3.connect("shop.db")

@app.get("/books")
def books():
    return jsonify(database.execute("SELECT title FROM books WHERE title = '" + request.args["q"] + "'").fetchall())

@app.get("/authors")
def authors():
    return jsonify(database.execute("SELECT title FROM books WHERE title = '" + request.args["q"] + "'").fetchall())
"""
SOUND = """
from flask import Flask, jsonify, request

app = Flask(__name__)

@app.get("/books")
def books():
    return jsonify(request.args["q"])
"""
_PARAMETER = {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "example": "a"}}
_GET = {"get": {"parameters": [_PARAMETER], "responses": {"200": {"description": "ok"}}}}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "1"},
    "paths": {"/books": _GET, "/authors": _GET, "/archive": _GET},
}


class Shop:
    """weak: paths whose SQL statement callers write a part of; elsewhere the value is bound."""

    def __init__(self, *weak: str) -> None:
        self._weak = weak
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.executescript("CREATE TABLE books (title); INSERT INTO books VALUES ('a'), ('b')")

    def __call__(self, request: Request) -> Response:
        path, _, query = request.target.decode().partition("?")
        if request.method != "GET" or path not in CONTRACT["paths"]:
            return replies(404, {"error": "no such page"})
        text = parse_qs(query, keep_blank_values=True).get("q", [""])[0]
        try:
            if path in self._weak:
                found = self._database.execute("SELECT title FROM books WHERE title = '" + text + "'").fetchall()
            else:
                found = self._database.execute("SELECT title FROM books WHERE title = ?", (text,)).fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            return replies(500, {"error": f"sqlite3.OperationalError: {error}"})
        return replies(200, {"found": [title for (title,) in found]})


@pytest.fixture
def code(tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    (directory / "app.py").write_text(CODE)
    (tmp_path / "openapi.json").write_text(json.dumps(CONTRACT))
    return directory


def run(shop: Shop, code: Path, *more: str) -> tuple[Result, dict[str, Any]]:
    report = code.parent / "both.json"
    with served(shop) as origin:
        given = ["--contract", str(code.parent / "openapi.json"), "--source", str(code), "--json", str(report)]
        result = CliRunner().invoke(
            main, ["probe", origin, *given, "--only", "sql-injection", "--budget", "30s", "--rate", "1000", *more]
        )
    return result, json.loads(report.read_bytes()) if report.exists() else {}


def states(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(one["state"], one["class"], one["operation"]) for one in report["source"]["compared"]}


def test_what_both_say_what_one_says_and_what_the_other(code: Path) -> None:
    result, report = run(Shop("/books", "/archive"), code)
    assert result.exit_code == 1, result.output
    assert states(report) == {
        ("confirmed", "sql-injection", "GET /books"),
        ("source only", "sql-injection", "GET /authors"),
        ("live only", "sql-injection", "GET /archive"),
    }
    marks = {one["fingerprint"] for one in report["findings"]}
    for one in report["source"]["compared"]:
        if one["state"] == "confirmed":
            assert one["live"] in marks
            assert one["source"] not in marks, "one cause is one finding"
        assert bool(one["source"]) is (one["state"] != "live only")
        assert bool(one["live"]) is (one["state"] != "source only")
    both = next(one for one in report["findings"] if one["template"] == "/books")
    assert both["curl"], "the target's proof"
    assert both["file"].endswith("app.py"), "the code's place"
    assert "CONFIRMED BY THE TARGET (1)" in result.output
    assert "IN SOURCE ONLY (1)" in result.output
    assert "AT THE TARGET ONLY (1)" in result.output


def test_a_sound_target_leaves_what_source_says(code: Path) -> None:
    result, report = run(Shop(), code)
    assert result.exit_code == 1
    assert {state for state, _, _ in states(report)} == {"source only"}
    assert run(Shop(), code, "--fail-on", "never")[0].exit_code == 0


def test_sound_code_and_a_sound_target_are_clean(code: Path) -> None:
    (code / "app.py").write_text(SOUND)
    result, report = run(Shop(), code)
    assert result.exit_code == 0, result.output
    assert report["findings"] == []
    assert states(report) == set()


def test_code_that_cannot_be_read_whole_makes_the_run_incomplete(code: Path) -> None:
    (code / "app.py").write_text(SOUND + "def (:\n")
    result, _ = run(Shop(), code)
    assert result.exit_code == 3
    assert "1 file could not be read whole" in result.output


def test_a_directory_without_code_is_told_before_anything_is_sent(code: Path) -> None:
    (code / "app.py").unlink()
    result, _ = run(Shop(), code)
    assert result.exit_code == 2
    assert "no Python file" in result.output
