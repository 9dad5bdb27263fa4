"""NoSQL injection in source: a member of a JSON body becomes a condition of a query as it came.

Document stores take objects for operators: where a text was expected, `{"$ne": null}` matches everything. A member of a JSON
body is whatever its sender likes, unless its kind was checked.

The rule follows members of JSON bodies into filters of MongoDB's drivers (`find`, `find_one`, `update_one` and kin) and whole
bodies that become filters; and any value of a request into `$where`. Values of a query or a form are texts already, and no
finding.

To fix: a model that declares the field as a text (Pydantic), `str(value)`, or `{"$eq": value}` around it.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict
from yett.rules.sourcing.words import parts

RULE = SourceRule(
    id="source-nosql-injection",
    title="A caller writes part of a query of documents",
    severity=Severity.HIGH,
    flaws=(Flaw.NOSQL_INJECTION,),
    says="becomes a condition of a query as it came",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(943,),
    references=("https://cwe.mitre.org/data/definitions/943.html",),
    matches=(
        Snippet(
            """
from flask import Flask, request
from pymongo import MongoClient

app = Flask(__name__)
users = MongoClient().shop.users

@app.post("/login")
def login():
    body = request.get_json()
    return str(users.find_one({"name": body["name"], "password": body["password"]}))
""",
        ),
    ),
    passes=(
        Snippet(
            """
from flask import Flask, request
from fastapi import FastAPI
from pydantic import BaseModel
from pymongo import MongoClient

app = Flask(__name__)
api = FastAPI()
users = MongoClient().shop.users

class Login(BaseModel):
    name: str

@app.post("/login")
def login():
    users.find_one({"name": request.args["name"]})
    return str(users.find_one({"name": str(request.json["name"])}))

@api.post("/session")
def session(body: Login):
    return users.find_one({"name": body.name})
""",
        ),
    ),
)

_METHODS = (
    "find",
    "find_one",
    "find_one_and_update",
    "find_one_and_delete",
    "find_one_and_replace",
    "update_one",
    "update_many",
    "delete_one",
    "delete_many",
    "count_documents",
    "replace_one",
    "aggregate",
    "distinct",
)
_STORES = frozenset(("db", "mongo", "collection", "collections", "users", "coll", "database", "client", "store", "documents"))

SINKS = (Sink(tuple(f"*.{name}" for name in _METHODS), (0, "filter", "query")),)


def judge(hit: Hit) -> Verdict | None:
    """An object where a text was meant needs a body; which store it is tells the receiver's module or name."""
    known = "mongo" in hit.callee.lower() or "motor" in hit.callee.lower()
    if hit.form not in ("json", "object", "made") or not hit.place.startswith("body"):
        return None
    if not known and not parts(hit.callee.rpartition(".")[0].replace("?", "")) & _STORES:
        return None
    return CLAIMED if known else Verdict(confidence=Confidence.MEDIUM)
