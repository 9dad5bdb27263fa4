"""SQL injection in source: a caller's value becomes part of the text of an SQL statement.

The text of a statement and the values in it are two things to a database, and only one of them is a program. Once a value from
a request is put into the text (by an f-string, `%`, `+` or `format`), whoever calls writes part of the program: reads other
tables, passes a login, changes what they like.

The rule follows values from requests, through functions and files, into the text that is handed to `execute` and its kin of
any database driver, to SQLAlchemy's `text()`, and to Django's `raw`, `extra` and `RawSQL`. Values handed over beside the text,
as parameters, are no finding. Nor are numbers, and what was held against a list before.

To fix: write placeholders into the text and hand the values over separately: `execute("… WHERE name = ?", (name,))`, `text("…
WHERE name = :name").bindparams(name=name)`. Names of columns and tables cannot be parameters: choose them from a list of your
own.

What it does not find: statements that are put together by a library's own builder in an unsafe way, and values that come from
the database again (second order).
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.judging import is_database, is_sql
from yett.rules.sourcing.sinks import CLAIMED, HOLE, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-sql-injection",
    title="A caller writes part of an SQL statement",
    severity=Severity.CRITICAL,
    flaws=(Flaw.SQL_INJECTION,),
    says="becomes part of the text of an SQL statement",
    owasp=("API8:2023", "API10:2023"),
    cwe=(89,),
    references=(
        "https://cwe.mitre.org/data/definitions/89.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
    ),
    matches=(
        Snippet("""
import sqlite3
from fastapi import FastAPI

app = FastAPI()
database = sqlite3.connect("shop.db")

@app.get("/books")
def search(q: str):
    return database.execute(f"SELECT title FROM books WHERE title LIKE '%{q}%'").fetchall()
"""),
        Snippet(
            """
from flask import Blueprint, request
from models import find

books = Blueprint("books", __name__, url_prefix="/books")

@books.route("/<author>")
def by_author(author):
    order = request.args.get("order", "title")
    return find(author, order)
""",
            note="through a function of another file",
            files={
                "models.py": """
from sqlalchemy import text
from extensions import db

def find(author, order):
    statement = "SELECT * FROM books WHERE author = :author ORDER BY " + order
    return db.session.execute(text(statement), {"author": author})
"""
            },
        ),
    ),
    passes=(
        Snippet("""
import sqlite3
from fastapi import FastAPI

app = FastAPI()
database = sqlite3.connect("shop.db")

@app.get("/books")
def search(q: str, limit: int = 10):
    return database.execute(f"SELECT title FROM books WHERE title LIKE ? LIMIT {limit}", (f"%{q}%",)).fetchall()
"""),
        Snippet("""
from flask import Flask, abort, request
from extensions import db

app = Flask(__name__)
COLUMNS = ("title", "author")

@app.route("/books")
def listed():
    order = request.args.get("order", "title")
    if order not in COLUMNS:
        abort(422)
    return db.session.execute(f"SELECT * FROM books ORDER BY {order}").fetchall()
"""),
    ),
)

SINKS = (
    Sink(("*.execute", "*.executemany", "*.executescript", "*.execute_async"), (0, "sql", "query", "statement", "operation")),
    Sink(
        ("*.fetch", "*.fetchrow", "*.fetchval", "*.fetch_all", "*.fetch_one", "*.fetch_val", "*.scalar", "*.scalars"),
        (0, "query"),
    ),
    Sink(
        ("sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "sqlalchemy.literal_column"), (0, "text")
    ),
    Sink(("*.raw", "*.extra", "django.db.models.expressions.RawSQL", "django.db.models.RawSQL"), (0, "where", "select", "sql")),
    Sink(("pandas.read_sql", "pandas.read_sql_query", "*.read_sql", "*.exec_driver_sql", "*.from_statement"), (0, "sql")),
)


def judge(hit: Hit) -> Verdict | None:
    """A text that is SQL as far as it is known, or a whole statement for something that is a database by its name."""
    if hit.text == HOLE:
        if not is_database(hit.callee) or hit.callee.rpartition(".")[2] not in ("execute", "executescript", "executemany"):
            return None
        reason = "the whole statement is the caller's, as far as the source shows"
        return Verdict(severity=Severity.HIGH, confidence=Confidence.MEDIUM, reasons=(reason,))
    if not is_sql(hit.text):
        return None
    return CLAIMED
