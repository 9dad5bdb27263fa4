"""Header injection in source: a caller's value becomes a field of an answer.

Where a server lets line ends through, a value in a field adds fields and bodies of its own. Today's servers of Python refuse
line ends in fields (Werkzeug, h11, aiohttp, Django), so most of these end in an error; what stays is that callers choose the
value of a field that others trust.

The rule follows values from requests into fields of answers whose name is the caller's, and into `Location`, `Set-Cookie` and
`Refresh` where they are set by hand; into lines of raw answers; and into fields and recipients of mails.

To fix: choose from a list; refuse `\\r` and `\\n`.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import Hit, Sink, Verdict

RULE = SourceRule(
    id="source-header-injection",
    title="A caller writes a field of an answer",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    flaws=(Flaw.HEADER_INJECTION,),
    says="becomes a field of an answer",
    owasp=("API8:2023",),
    cwe=(
        113,
        93,
    ),
    references=("https://cwe.mitre.org/data/definitions/113.html",),
    matches=(
        Snippet(
            """
from flask import Flask, make_response, request

app = Flask(__name__)

@app.get("/language")
def language():
    answer = make_response("ok")
    answer.headers.add(request.args["name"], "1")
    return answer
""",
        ),
    ),
    passes=(
        Snippet(
            """
from flask import Flask, make_response, request

app = Flask(__name__)

@app.get("/language")
def language():
    answer = make_response("ok")
    answer.headers.add("Content-Language", request.args["language"])
    return answer
""",
        ),
    ),
)

SINKS = (
    Sink(("*.headers.add", "*.headers.set", "*.headers.setdefault", "*.headers.append", "*.headers.add_header"), (0,)),
    Sink(("*.set_header", "*.add_header", "*RequestHandler().set_header"), (0,)),
)


def judge(hit: Hit) -> Verdict | None:
    """A name that the caller chooses; values are refused by servers when they hold line ends."""
    if "request" in hit.callee.rpartition(".")[0].lower():
        return None
    return Verdict(
        confidence=Confidence.MEDIUM, reasons=("the name of the field is the caller's, line ends are refused by servers",)
    )
