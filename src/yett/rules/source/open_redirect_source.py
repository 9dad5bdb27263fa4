"""Open redirect in source: a caller says where other callers are sent.

A link to a trusted host that ends somewhere else carries people, and tokens in OAuth flows, to whoever made the link.

The rule follows values from requests into `redirect`, `RedirectResponse` and a field `Location`, where the caller's part can
name a host. A path behind a fixed beginning is no finding.

To fix: redirect to names of your own (a route, an entry of a list); or parse the address and refuse what names a host, `//`
and backslashes included.
"""

from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.judging import anchored
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-open-redirect",
    title="A caller says where to redirect",
    severity=Severity.MEDIUM,
    flaws=(Flaw.OPEN_REDIRECT,),
    says="says where other callers are sent",
    owasp=("API8:2023",),
    cwe=(601,),
    references=(
        "https://cwe.mitre.org/data/definitions/601.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
from flask import Flask, redirect, request

app = Flask(__name__)

@app.get("/login")
def login():
    return redirect(request.args.get("next") or "/")
""",
        ),
        Snippet(
            """
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()

@app.get("/out")
def out(to: str):
    return RedirectResponse(url=to)
""",
        ),
    ),
    passes=(
        Snippet(
            """
from flask import Flask, redirect, request, url_for

app = Flask(__name__)

@app.get("/login/<name>")
def login(name):
    if request.args["next"] in ("/", "/home"):
        return redirect(request.args["next"])
    redirect(url_for("login", name=request.args["next"]))
    return redirect("/users/" + name)
""",
        ),
    ),
)

SINKS = (
    Sink(
        ("flask.redirect", "werkzeug.utils.redirect", "quart.redirect", "bottle.redirect", "sanic.response.redirect"),
        (0, "location"),
    ),
    Sink(
        ("django.shortcuts.redirect", "django.http.HttpResponseRedirect", "django.http.HttpResponsePermanentRedirect"),
        (0, "to"),
    ),
    Sink(("fastapi.responses.RedirectResponse", "starlette.responses.RedirectResponse"), (0, "url")),
    Sink(("aiohttp.web.HTTPFound", "aiohttp.web.HTTPSeeOther", "aiohttp.web.HTTPMovedPermanently"), (0, "location")),
    Sink(("*RequestHandler().redirect", "?self.redirect"), (0, "url")),
)


def judge(hit: Hit) -> Verdict | None:
    if anchored(hit.head) or hit.form in ("model", "object"):
        return None
    if hit.place.startswith("header Referer"):
        return Verdict(severity=Severity.LOW, reasons=("only the page that a caller comes from is sent in that field",))
    return CLAIMED
