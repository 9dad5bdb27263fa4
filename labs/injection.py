"""Injection: SQL that shows its errors and SQL that does not, documents, a shell, templates, LDAP, XPath, files, pages, a log."""

import html
import posixpath
import sqlite3
import time
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from labs import interpreters
from labs.house import Call, House, Refused, Reply, form

BOOKS = (
    ("Dune", "herbert", 1),
    ("Emma", "austen", 1),
    ("Persuasion", "austen", 1),
    ("Ulysses", "joyce", 0),
    ("Solaris", "lem", 1),
)
STAFF = [
    {"uid": "ana", "mail": "ana@lab.example"},
    {"uid": "ben", "mail": "ben@lab.example"},
    {"uid": "cem", "mail": "cem@lab.example"},
]


def build(house: House) -> None:
    _sql(house)
    _stores(house)
    _commands(house)
    _texts(house)


def _slept(seconds: Any) -> int:
    time.sleep(min(float(seconds), interpreters.LONGEST))
    return 0


def _database() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    for name in ("SLEEP", "pg_sleep"):  # what other databases have; bounded
        database.create_function(name, 1, _slept)
    database.execute("CREATE TABLE books (title TEXT, author TEXT, public INTEGER)")
    database.executemany("INSERT INTO books VALUES (?, ?, ?)", BOOKS)
    return database


def _sql(house: House) -> None:
    look, database = house.style, _database()

    def rows(text: str, *values: Any) -> list[Any]:
        with house.lock:
            return database.execute(text, values).fetchall()

    def search(call: Call) -> Reply:
        """Shows what the database says."""
        wanted = call.query.get("q", "")
        if house.fixed:
            found = rows("SELECT title, author FROM books WHERE public = 1 AND title LIKE ?", f"%{wanted}%")
        else:
            try:
                found = rows(f"SELECT title, author FROM books WHERE public = 1 AND title LIKE '%{wanted}%'")
            except sqlite3.Error as error:
                raise Refused(500, f"sqlite3.{type(error).__name__}: {error}") from None
        return Reply(look.list([{"title": title, "author": author} for title, author in found]))

    def stock(call: Call) -> Reply:
        """Says no more than whether there is one."""
        author = call.ids["author"]
        try:
            if house.fixed:
                found = rows("SELECT 1 FROM books WHERE author = ?", author)
            else:
                found = rows(f"SELECT 1 FROM books WHERE author = '{author}'")
        except sqlite3.Error:
            found = []
        if not found:
            raise Refused(404, "not found")
        return Reply(look.one({"author": author, "available": True}))

    def rate(call: Call) -> Reply:
        """Says nothing at all: only the time tells."""
        title = call.body["title"]
        try:
            if house.fixed:
                rows("SELECT count(*) FROM books WHERE title = ?", title)
            else:
                rows(f"SELECT count(*) FROM books WHERE title = '{title}'")
        except sqlite3.Error:
            pass
        return Reply({"message": "thank you"}, 202)

    text = {"type": "string", "maxLength": 200}
    seen = {"title": text, "author": text}
    house.route(
        "search", "GET", house.path("books", "search"), search, query={"q": text}, answer=seen, many=True, secured=False
    )
    author = {"author": text | {"example": "austen"}}
    stocked = {"author": text, "available": {"type": "boolean"}}
    house.route("stock", "GET", house.path("authors", "{author}", "stock"), stock, ids=author, answer=stocked, secured=False)
    house.route("rate", "POST", house.path("ratings"), rate, body=form({"title": text}), status=202)


def _stores(house: House) -> None:
    look = house.style
    coupons = [
        {"code": f"C{number:03d}", "pin": f"{house.rng.randrange(10**6):06d}", "worth": number} for number in range(1, 6)
    ]

    def lookup(call: Call) -> Reply:
        if not isinstance(call.body, dict):
            raise Refused(422, "send an object")
        wanted = {name: call.body[name] for name in ("code", "pin")}
        if house.fixed and not all(isinstance(value, str) for value in wanted.values()):
            raise Refused(422, "code and pin must be texts")
        found = interpreters.documents(coupons, wanted)
        if not found:
            raise Refused(404, "not found")
        return Reply(look.one({"code": found[0]["code"], "worth": found[0]["worth"]}))

    def directory(call: Call) -> Reply:
        name = call.query.get("name", "")
        if house.fixed:
            name = "".join(f"\\{ord(char):02x}" if char in "\\*()\0" else char for char in name)
        try:
            found = interpreters.ldap(STAFF, f"(&(mail=*)(uid={name}))")
        except interpreters.Broken as error:
            raise Refused(500, str(error)) from None
        return Reply(look.list(found))

    def author(call: Call) -> Reply:
        name = call.query.get("author", "")
        if house.fixed and ("'" in name or '"' in name):
            return Reply(look.list([]))
        table = [{"author": author, "title": title} for title, author, _ in BOOKS]
        try:
            found = interpreters.xpath(table, f"author='{name}'")
        except interpreters.Broken as error:
            raise Refused(500, str(error)) from None
        return Reply(look.list(found))

    text = {"type": "string", "maxLength": 200}
    # The contract says texts; the weak server does not check what it is given.
    declared = form({"code": text, "pin": text})
    house.route(
        "lookup", "POST", house.path("coupons", "lookup"), lookup, body=declared, answer={"code": text}, checks=house.fixed
    )
    people = {"uid": text, "mail": text}
    house.route(
        "directory",
        "GET",
        house.path("directory"),
        directory,
        query={"name": text | {"example": "ana"}},
        answer=people,
        many=True,
    )
    query = {"author": text | {"example": "austen"}}
    house.route(
        "author",
        "GET",
        house.path("books", "by-author"),
        author,
        query=query,
        answer={"title": text, "author": text},
        many=True,
    )


def _commands(house: House) -> None:
    look = house.style
    sandbox = SandboxedEnvironment()

    def ping(call: Call) -> Reply:
        host = call.body["host"]
        if house.fixed and not host.replace(".", "").replace("-", "").isalnum():
            raise Refused(422, "this is no host")
        return Reply(look.one({"output": interpreters.shell(f"ping -c 1 {host}")}))

    def convert(call: Call) -> Reply:
        name = call.body["file"]
        if house.fixed and not name.replace(".", "").isalnum():
            raise Refused(422, "this is no file")
        interpreters.shell(f"echo {name}")
        return Reply({"message": "it will be converted"}, 202)

    def greeting(call: Call) -> Reply:
        text = call.body["text"][:300]
        if house.fixed:
            return Reply(look.one({"greeting": f"Hello, {text}"}))
        try:
            return Reply(look.one({"greeting": sandbox.from_string(f"Hello, {text}").render()[:500]}))
        except (TemplateError, ArithmeticError, TypeError) as error:
            raise Refused(400, f"the text is not understood: {type(error).__name__}") from None

    def download(call: Call) -> Reply:
        name = call.query.get("file", "")
        path = posixpath.normpath(posixpath.join("/srv/files", name))
        if house.fixed and not path.startswith("/srv/files/"):
            raise Refused(404, "not found")
        try:
            return Reply(interpreters.read_file(path).encode(), kind="text/plain")
        except KeyError:
            raise Refused(404, "not found") from None

    text = {"type": "string", "maxLength": 300}
    printed = {"output": text}
    house.route(
        "ping",
        "POST",
        house.path("diagnostics", "ping"),
        ping,
        body=form({"host": text | {"example": "localhost"}}),
        answer=printed,
    )
    house.route(
        "convert", "POST", house.path("conversions"), convert, body=form({"file": text | {"example": "terms.txt"}}), status=202
    )
    house.route("greeting", "POST", house.path("greetings"), greeting, body=form({"text": text}), answer={"greeting": text})
    query = {"file": text | {"example": "terms.txt"}}
    house.route(
        "download", "GET", house.path("files"), download, query=query, needed=("file",), answer={}, answer_type="text/plain"
    )


def _texts(house: House) -> None:
    lines: list[str] = []

    def page(call: Call) -> Reply:
        term = call.query.get("term", "")
        return Reply(f"<p>Nothing found for {html.escape(term) if house.fixed else term}</p>".encode(), kind="text/html")

    def event(call: Call) -> Reply:
        text = call.body["text"]
        del lines[:-100]
        lines.append(f"INFO {call.caller.name}: {text.encode('unicode_escape').decode() if house.fixed else text}")
        return Reply(None, 204)

    text = {"type": "string", "maxLength": 200}
    house.route(
        "page", "GET", house.path("find"), page, query={"term": text}, answer={}, answer_type="text/html", secured=False
    )
    house.route("event", "POST", house.path("events"), event, body=form({"text": text}), status=204)
    journal = lambda _: Reply("\n".join(lines).encode() or b"\n", kind="text/plain")  # noqa: E731
    house.route("journal", "GET", house.path("events", "journal"), journal, answer={}, answer_type="text/plain")
