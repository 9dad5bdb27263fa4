"""What tests of a program and declared fields leave of a caller's value: small handlers, the whole analysis."""

import pytest

from yett.engine.source.analysis import analysed
from yett.formats.python_source.reading import read_module
from yett.rules.registry import source_rules

GUARDS = [
    ("if not os.path.realpath(q).startswith(BASE):\n        return\n    open(q)", "path-traversal", False),
    ("p = os.path.realpath(q)\n    if not p.startswith(BASE):\n        return\n    open(p)", "path-traversal", False),
    ("if not q.startswith(BASE):\n        return\n    open(q)", "path-traversal", True),
    ("if '..' in q:\n        return\n    open(q)", "path-traversal", False),
    ("if os.sep in q:\n        return\n    open(q)", "path-traversal", False),
    ("if os.path.commonpath([BASE, q]) != BASE:\n        return\n    open(q)", "path-traversal", False),
    ("open(os.path.basename(q))", "path-traversal", False),
    ("open(q.replace('..', ''))", "path-traversal", False),
    ("if url_has_allowed_host_and_scheme(q, None):\n        return flask.redirect(q)", "open-redirect", False),
    ("if not q.startswith('/a'):\n        return\n    return flask.redirect(q)", "open-redirect", False),
    ("if '://' in q:\n        return\n    requests.get(q)", "ssrf", False),
    ("if q == 'http://a':\n        requests.get(q)", "ssrf", False),
    ("if 'http://a' != q:\n        requests.get(q)", "ssrf", True),
    ("if is_allowed(q) and more():\n        requests.get(q)", "ssrf", False),
    ("if is_allowed(q) or more():\n        requests.get(q)", "ssrf", True),
    ("if isinstance(q, int):\n        requests.get(q)", "ssrf", False),
    ("if not isinstance(body['a'], str):\n        return\n    db.users.find_one({'a': body['a']})", "nosql-injection", False),
    ("if '\\n' in q:\n        return\n    log.warning(q + 'a')", "log-injection", False),
    ('if "\'" in q:\n        return\n    cursor.execute("SELECT a FROM b WHERE c = \'" + q)', "sql-injection", False),
    ("if q.endswith('.html'):\n        flask.render_template_string(q)", "template-injection", False),
]


@pytest.mark.parametrize(("body", "rule", "harmful"), GUARDS, ids=lambda one: str(one)[:50])
def test_a_test_leaves(body: str, rule: str, harmful: bool) -> None:
    text = f"""
import logging, os
import flask, requests
from flask import Flask, request
app = Flask(__name__)
log = logging.getLogger(__name__)
BASE = "/srv"
@app.post("/a")
def handler():
    q = request.args["q"]
    body = request.get_json()
    {body}
"""
    module = read_module(text.encode(), "app.py")
    assert module.problems == ()
    found = analysed([module], [source_rules()[f"source-{rule}"]]).findings
    assert bool(found) is harmful


FIELDS = {
    "body.name": True,
    "body.count": False,
    "body.kind": False,
    "body.choice": False,
    "body.id": False,
    "body.code": False,
    "body.coded": False,
    "body.either": True,
    "body.number": False,
    "body.tags[0]": True,
    "body.numbers[0]": False,
    "body.inner.text": True,
    "body.inner.count": False,
    "body.anything": True,
    "body.optional": True,
    "body.undeclared": False,
    "plain": True,
    "limited": False,
    "form": True,
    "file.filename": True,
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_declared_field_does_harm_where_it_holds_a_text(field: str) -> None:
    text = f"""
import enum, os, uuid
from typing import Annotated, Any, List, Literal, Optional, Union
from fastapi import FastAPI, Form, Query, UploadFile
from pydantic import BaseModel, Field
app = FastAPI()
class Kind(enum.Enum):
    A = "a"
class Inner(BaseModel):
    text: str
    count: int
class Base(BaseModel):
    name: str
class Body(Base):
    count: int = 3
    kind: Kind
    choice: Literal["a", "b"]
    id: uuid.UUID
    code: str = Field(pattern="^[a-z]+$")
    coded: Annotated[str, Field(pattern="^[a-z]+$")]
    either: Union[int, str]
    number: int | float | None
    tags: List[str]
    numbers: list[int]
    inner: Inner
    anything: dict[str, Any]
    optional: Optional[str] = None
@app.post("/a")
def handler(body: Body, file: UploadFile, plain: str, form: Annotated[str, Form()], limited: str = Query(regex="^a$")):
    os.system(f"a {{{field}}}")
"""
    module = read_module(text.encode(), "app.py")
    assert module.problems == ()
    assert bool(analysed([module], [source_rules()["source-command-injection"]]).findings) is FIELDS[field]
