"""Log injection in source: a caller's value becomes part of a line of a log.

With a line end in it, one line becomes two, the second written by the caller: logins that never were, traces that lead
elsewhere.

The rule follows texts from requests into messages of `logging`, `loguru` and Flask's logger, where they are put into the text
of the message, and only texts that may hold line ends: no fields of a header, no segments of a path.

To fix: log as JSON, or let the formatter escape control characters; `repr(value)` (`%r`) does.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import Hit, Sink, Verdict

RULE = SourceRule(
    id="source-log-injection",
    title="A caller writes lines of a log",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    flaws=(Flaw.LOG_INJECTION,),
    says="becomes part of a line of a log",
    owasp=("API8:2023",),
    cwe=(117,),
    references=("https://cwe.mitre.org/data/definitions/117.html",),
    matches=(
        Snippet(
            """
import logging
from flask import Flask, request

app = Flask(__name__)
log = logging.getLogger(__name__)

@app.post("/login")
def login():
    log.warning("login of " + request.form["name"])
    return "ok"
""",
        ),
    ),
    passes=(
        Snippet(
            """
import logging
from flask import Flask, request

app = Flask(__name__)
log = logging.getLogger(__name__)

@app.post("/login/<name>")
def login(name):
    log.warning("login of %s by %s", name, repr(request.form["name"]))
    return request.headers["User-Agent"]
""",
        ),
    ),
)

_LEVELS = ("debug", "info", "warning", "warn", "error", "critical", "exception", "log")
_LOGGERS = (
    "logging.getLogger()",
    "logging",
    "loguru.logger",
    "?logger",
    "?log",
    "?LOGGER",
    "?app.logger",
    "flask.Flask().logger",
)

SINKS = (Sink(tuple(f"{logger}.{level}" for logger in _LOGGERS for level in _LEVELS), ("*",)),)


def judge(hit: Hit) -> Verdict | None:
    """Fields and segments of a path hold no line ends; what is an object is written with escapes."""
    if hit.place.startswith(("header", "cookie", "path")) or hit.argument in ("extra", "exc_info", "stack_info"):
        return None
    if hit.form != "text" and not (hit.form == "json" and hit.place.startswith("body /")):
        return None
    if hit.callee.endswith(".debug"):
        return None
    return Verdict(confidence=Confidence.MEDIUM, reasons=("formatters write line ends as they are, unless told otherwise",))
