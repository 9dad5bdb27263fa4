"""Mass assignment in source: a whole body becomes the members of an object.

What the client is meant to send and what the object has are two lists. Where the first is whatever the body holds, callers set
`is_admin`, `owner_id` or `balance`.

The rule follows whole JSON bodies and forms, of which no list of fields is known, into constructors of models
(`User(**body)`), into `update(**body)` and `insert_one(body)` of stores, and into `setattr` in a loop over a body. A Pydantic
model is such a list, and no finding.

To fix: name the fields: a model of what callers may send, or `{name: body[name] for name in ALLOWED}`.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict
from yett.rules.sourcing.words import parts

RULE = SourceRule(
    id="source-mass-assignment",
    title="A caller sets any member of an object",
    severity=Severity.HIGH,
    flaws=(Flaw.MASS_ASSIGNMENT,),
    says="becomes the members of an object, whatever they are called",
    owasp=("API3:2023",),
    cwe=(915,),
    references=(
        "https://cwe.mitre.org/data/definitions/915.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)

@app.post("/users")
def create():
    user = User(**request.get_json())
    db.session.add(user)
    return "", 201
""",
        ),
        Snippet(
            """
from fastapi import Depends, FastAPI
from stores import load

app = FastAPI()

@app.patch("/users/{user_id}")
def change(user_id: int, body: dict):
    user = load(user_id)
    for name, value in body.items():
        setattr(user, name, value)
    return user
""",
        ),
    ),
    passes=(
        Snippet(
            """
from fastapi import FastAPI
from flask_sqlalchemy import SQLAlchemy
from pydantic import BaseModel

app = FastAPI()
db = SQLAlchemy()

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class NewUser(BaseModel):
    name: str

@app.post("/users")
def create(body: NewUser):
    return User(**body.model_dump())

@app.patch("/users/{user_id}")
def change(user_id: int, body: dict):
    user = User.query.get(user_id)
    user.settings.update(body["settings"])
    for name in ("name", "mail"):
        setattr(user, name, body.get(name))
    for name, value in body.items():
        if name in ("name", "mail"):
            setattr(user, name, value)
    return user
""",
        ),
        Snippet(
            """
import json
from django.db import models
from django.urls import path

class Profile(models.Model):
    hints = models.JSONField()

    @classmethod
    def of(cls, user):
        return cls.objects.get_or_create(user=user)[0]

def seen(request):
    profile = Profile.of(request.user)
    profile.hints.update(json.loads(request.body))

urlpatterns = [path("hints/", seen)]
""",
            note="a dictionary of the object, which holds what it is given",
        ),
    ),
)

SINKS = (
    Sink(("=constructor",), ("**",)),
    Sink(("setattr",), (1,)),
    Sink(("*.update", "*.values", "*.filter_by.update", "*.objects.create", "*.objects.update_or_create", "*.create"), ("**",)),
    Sink(("*.insert_one", "*.insert_many", "*.insert"), (0,)),
    Sink(("*.update",), (0,)),
    Sink(("*.__dict__.update",), (0,)),
)
_STORES = frozenset(("query", "session", "db", "mongo", "collection", "coll", "objects"))


def judge(hit: Hit) -> Verdict | None:
    """A whole body, or its keys; entries of it were chosen by the program."""
    if hit.callee == "setattr":
        keys = hit.place in ("body", "form", "query", "parameter") and hit.form in ("json", "text")
        return CLAIMED if keys else None
    if hit.form not in ("object", "texts") or hit.place not in ("body", "form", "parameter", "query"):
        return None
    receiver = parts(hit.callee.rpartition(".")[0].removeprefix("django.db.models.").replace("?", "").replace("()", ""))
    if hit.callee.rpartition(".")[2] in ("update", "insert", "insert_one", "insert_many") and hit.argument == 0:
        stores = _STORES if hit.callee.endswith((".insert", ".insert_one", ".insert_many")) else _STORES - {"objects"}
        if not receiver & stores and "__dict__" not in hit.callee:
            return None
        return Verdict(confidence=Confidence.MEDIUM)
    return CLAIMED if hit.place in ("body", "form") else Verdict(confidence=Confidence.MEDIUM)
