"""Injection into SQL, on a real SQLite: weak servers that show it by errors, logic, expressions or time, and fixed ones that do not."""

import sqlite3
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest

from yett.engine.probing.trial import Pure, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.rules.probes import ldap_injection, sql_injection, xpath_injection
from yett.rules.registry import as_probe

BOOKS = """
openapi: 3.0.3
info: {title: Books, version: "1"}
paths:
  /books:
    get:
      operationId: listBooks
      parameters:
        - {name: title, in: query, schema: {type: string, example: Emma}}
        - {name: sort, in: query, schema: {type: string, example: title}}
      responses: {"200": {description: ok}}
    post:
      operationId: addBook
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [title], properties: {title: {type: string}, pages: {type: integer}}}
      responses: {"201": {description: made}}
  /books/{bookId}:
    get:
      operationId: readBook
      parameters: [{name: bookId, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok}}
    delete:
      operationId: removeBook
      parameters: [{name: bookId, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: gone}}
"""
COLUMNS = ("title", "pages", "id")


class Books:
    """weak: names of inputs that are put into the statement as they are. mute: errors answer with a bare 500; silent: with
    nothing that differs from finding nothing. noisy: every answer has another number in it."""

    def __init__(self, weak: tuple[str, ...] = (), mute: bool = False, silent: bool = False, noisy: bool = False) -> None:
        self.weak, self.mute, self.silent, self.noisy = weak, mute, silent, noisy
        self.database = sqlite3.connect(":memory:")
        self.database.execute("create table book (id integer primary key, title text, pages integer)")
        for title in ("Emma", "Walden", "Ulysses"):
            self.database.execute("insert into book (title, pages) values (?, 200)", (title,))
        self.turn = 0

    def rows(self, statement: str, *values: object) -> list[dict[str, object]]:
        cursor = self.database.execute(statement, values)
        return [dict(zip(("id", "title", "pages"), row, strict=True)) for row in cursor.fetchall()]

    def __call__(self, request: Request) -> Response:
        began = time.perf_counter()
        try:
            status, value = self.answer(request)
        except sqlite3.Error as error:
            status, value = (
                (200, []) if self.silent else (500, {"error": "oh" if self.mute else f"sqlite3.OperationalError: {error}"})
            )
        self.turn += 1
        if self.noisy:
            value = {"turn": self.turn, "items": value}
        return replies(status, value, ((b"x-seconds", str(0.003 + time.perf_counter() - began).encode()),))

    def answer(self, request: Request) -> tuple[int, object]:
        parts = urlsplit(request.target.decode())
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path == "/books" and request.method == "POST":
            return self.add(msgspec.json.decode(request.body))
        if parts.path == "/books":
            return 200, self.listed(query.get("title", ""), query.get("sort", "id"))
        book = unquote(parts.path.removeprefix("/books/"))
        if not book or "/" in book:
            return 404, {"error": "no page"}
        if "bookId" not in self.weak and not book.isdecimal():
            return 422, {"error": "not a number"}
        if request.method == "DELETE":
            self.database.execute("delete from book where id = ?", (int(book),))
            return 204, None
        found = (
            self.rows(f"select * from book where id = {book}")
            if "bookId" in self.weak
            else self.rows("select * from book where id = ?", int(book))
        )
        return (200, found[0]) if found else (404, {"error": "no book"})

    def listed(self, title: str, sort: str) -> list[dict[str, object]]:
        order = sort if "sort" in self.weak or sort in COLUMNS else "id"
        if "title" in self.weak:
            return self.rows(f"select * from book where title like '%{title}%' order by {order}")
        return self.rows(f"select * from book where instr(title, ?) order by {order}", title)

    def add(self, body: object) -> tuple[int, object]:
        title = body.get("title") if isinstance(body, dict) else None
        if not isinstance(title, str):
            return 422, {"error": "title"}
        if "new" in self.weak:
            cursor = self.database.execute(f"insert into book (title, pages) values ('{title}', 1)")
        else:
            cursor = self.database.execute("insert into book (title, pages) values (?, 1)", (title,))
        return 201, {"id": cursor.lastrowid, "title": title}


def places(serve: Callable[[Request], Response]) -> tuple[list[str], Pure]:
    pure = Pure(serve)
    outcome = tried(serve, BOOKS, only=[as_probe(one) for one in (sql_injection, xpath_injection, ldap_injection)], pure=pure)
    assert {one.claim.flaw for one in outcome.found} <= {Flaw.SQL_INJECTION}
    assert all(one.claim.proof and one.claim.control for one in outcome.found)
    assert not [one for one in outcome.left if "stopped after" in one.why], outcome.left
    return sorted(f"{one.operation.id} {one.claim.place}" for one in outcome.found if one.operation), pure


EVERY = {
    "title": "listBooks query title",
    "sort": "listBooks query sort",
    "bookId": "readBook path bookId",
    "new": "addBook body /title",
}


@pytest.mark.parametrize("loud", ["errors", "mute"])
@pytest.mark.parametrize("weak", EVERY)
def test_weak_inputs_are_found(weak: str, loud: str) -> None:
    server = Books((weak,), mute=loud == "mute")
    found, _ = places(server)
    assert found == [EVERY[weak]]
    assert len(server.rows("select * from book")) == 3


@pytest.mark.parametrize("weak", ["title", "bookId"])
def test_logic_where_errors_are_hidden(weak: str) -> None:
    found, _ = places(Books((weak,), silent=True))
    assert found == [EVERY[weak]]


def test_logic_where_every_answer_differs() -> None:
    found, _ = places(Books(("title",), silent=True, noisy=True))
    assert found == [EVERY["title"]]


@pytest.mark.parametrize("kind", [{}, {"mute": True}, {"silent": True}, {"noisy": True}])
def test_fixed_servers_have_none(kind: dict[str, Any]) -> None:
    found, pure = places(Books(**kind))
    assert found == []
    assert len(pure.calls) < 80


def test_errors_of_the_value_itself_are_none() -> None:
    """A database that complains of any text where it wants a number, with prepared statements: both quotes cause it."""

    def serve(request: Request) -> Response:
        if "Emma" in request.target.decode():
            return replies(200, [{"id": 1}])
        return replies(500, {"error": "psycopg.errors.InvalidTextRepresentation: invalid input syntax for type integer"})

    assert places(serve)[0] == []


def test_servers_that_fail_now_and_then_have_none() -> None:
    turn = [0]

    def serve(request: Request) -> Response:
        turn[0] += 1
        if turn[0] > 20 and turn[0] % 3 == 0:
            return replies(500, {"error": "SQLSTATE[HY000] too many connections"})
        return replies(200, [{"id": turn[0] % 2}])

    assert places(serve)[0] == []
