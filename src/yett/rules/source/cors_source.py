"""Permissive CORS with credentials, in source: every page of the web may call with its visitors' sessions.

Browsers keep pages of one origin from reading answers of another, unless these allow it. Where any origin is allowed together
with credentials, middleware answers with the origin that asked: every page reads what its visitor may.

The rule looks at Starlette's and FastAPI's `CORSMiddleware`, Flask-CORS, aiohttp-cors and django-cors-headers.

To fix: name the origins. Where any origin must be allowed, do without credentials.
"""

from collections.abc import Iterator

from yett.formats.python_source.tree import Assignment, Constant, Expression, Name, Sequence
from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.program import Place, Program, Site, Spotted

RULE = SourceRule(
    id="source-cors",
    title="Every origin may call with credentials",
    severity=Severity.MEDIUM,
    flaws=(Flaw.CORS,),
    owasp=("API8:2023",),
    cwe=(
        942,
        346,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/942.html",
        "https://fetch.spec.whatwg.org/#http-cors-protocol",
    ),
    matches=(
        Snippet(
            """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
""",
        ),
        Snippet(
            """
from flask import Flask
from flask_cors import CORS

app = Flask(__name__)
CORS(app, supports_credentials=True)
""",
        ),
    ),
    passes=(
        Snippet(
            """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"], allow_credentials=True)
app.add_middleware(CORSMiddleware, allow_origins=["*"])
""",
        ),
    ),
)

_TEXT = "Every origin may read answers with the credentials of whoever visits it"


def look(program: Program) -> Iterator[Spotted]:
    for site in program.sites:
        name = site.callee.rpartition(".")[2]
        first = site.names[0].rpartition(".")[2] if site.names else ""
        if (name == "add_middleware" and first == "CORSMiddleware") or name in ("CORSMiddleware", "Middleware"):
            found = (name != "Middleware" or first == "CORSMiddleware") and _starlette(site)
        else:
            found = site.callee in ("flask_cors.CORS", "flask_cors.cross_origin") and _flask(site)
        if found:
            yield Spotted(place=site.place, subject=site.call.text, text=_TEXT, note="any origin, with credentials")
    for file, module in program.modules.items():
        said = {
            target.id: one
            for one in module.body
            if isinstance(one, Assignment) and isinstance(one.value, Constant) and one.value.value is True
            for target in one.targets
            if isinstance(target, Name)
        }
        every = said.get("CORS_ALLOW_ALL_ORIGINS") or said.get("CORS_ORIGIN_ALLOW_ALL")
        if every is not None and "CORS_ALLOW_CREDENTIALS" in said:
            place = Place(file, every.line, every.column)
            yield Spotted(place=place, subject="CORS_ALLOW_ALL_ORIGINS", text=_TEXT, note="any origin, with credentials")


def _true(node: Expression | None) -> bool:
    return isinstance(node, Constant) and node.value is True


def _any(node: Expression | None) -> bool:
    if isinstance(node, Sequence):
        return any(_any(one) for one in node.items)
    return isinstance(node, Constant) and node.value in ("*", ".*", r"https?://.*")


def _starlette(site: Site) -> bool:
    every = _any(site.argument(-1, "allow_origins")) or _any(site.argument(-1, "allow_origin_regex"))
    return every and _true(site.argument(-1, "allow_credentials"))


def _flask(site: Site) -> bool:
    """Without origins, Flask-CORS allows all of them."""
    origins = site.argument(-1, "origins")
    limited = (origins is not None and not _any(origins)) or site.argument(-1, "resources") is not None
    return _true(site.argument(-1, "supports_credentials")) and not limited
