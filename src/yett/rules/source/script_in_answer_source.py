"""Script in an answer, in source: a caller's value becomes part of a page as it came.

A value between tags of HTML is markup: with it, whoever makes a link runs script in the browser of whoever follows it, with
the session of that person.

The rule follows values from requests into answers that are HTML by their text or by their type: a text with tags that a Flask
or Django view returns, `HTMLResponse`, `Markup`, `mark_safe`. JSON answers are no finding.

To fix: a template that escapes; `html.escape(value)`.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, HOLE, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-script-in-answer",
    title="A caller writes part of a page",
    severity=Severity.MEDIUM,
    flaws=(Flaw.CROSS_SITE_SCRIPTING,),
    says="becomes part of a page as it came",
    owasp=("API8:2023",),
    cwe=(79,),
    references=(
        "https://cwe.mitre.org/data/definitions/79.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()

@app.get("/find")
def find(term: str):
    return HTMLResponse(f"<p>Nothing found for {term}</p>")
""",
        ),
    ),
    passes=(
        Snippet(
            """
import html
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()

@app.get("/find")
def find(term: str):
    return HTMLResponse(f"<p>Nothing found for {html.escape(term)}</p>")
""",
        ),
    ),
)

SINKS = (
    Sink(("fastapi.responses.HTMLResponse", "starlette.responses.HTMLResponse", "sanic.response.html"), (0, "content")),
    Sink(
        ("flask.make_response", "flask.Response", "django.http.HttpResponse", "aiohttp.web.Response"),
        (0, "text", "response", "content"),
    ),
    Sink(("flask.Markup", "markupsafe.Markup", "django.utils.safestring.mark_safe"), (0,)),
)


def judge(hit: Hit) -> Verdict | None:
    """Markup before or after the value, or a type that says so; a value alone is a text of some kind."""
    if hit.place == "query" and hit.form == "text":
        return None  # the query as a whole comes percent-encoded
    plain = hit.text.replace(HOLE, "")
    kind = " ".join(hit.options.get(name, "") for name in ("mimetype", "content_type", "media_type"))
    if kind.strip(" ") and "html" not in kind:
        return None
    if "<" in plain and ">" in plain:
        return CLAIMED
    if hit.callee.endswith(("HTMLResponse", "Markup", "mark_safe", ".html")) and hit.form == "text":
        return Verdict(confidence=Confidence.MEDIUM)
    return None
