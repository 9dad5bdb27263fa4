"""Code injection in source: a caller's value is run as Python.

`eval`, `exec` and `compile` take a text for a program. There is no way to make the text of a caller harmless for them: leaving
out builtins does not (every object leads to every class).

The rule follows values from requests into these, into `__import__`, `importlib.import_module`, `code.InteractiveInterpreter`,
and into pandas' `eval` and `query` with an engine of Python.

To fix: `ast.literal_eval` or `json.loads` for values, a table of functions for choices, a parser of your own for formulas.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-code-injection",
    title="A caller writes code that is run",
    severity=Severity.CRITICAL,
    flaws=(Flaw.CODE_INJECTION,),
    says="is run as code",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(
        95,
        94,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/95.html",
        "https://cwe.mitre.org/data/definitions/94.html",
    ),
    matches=(
        Snippet(
            """
from flask import Flask, request

app = Flask(__name__)

@app.post("/sum")
def total():
    return str(eval(request.form["formula"], {"__builtins__": {}}))
""",
        ),
    ),
    passes=(
        Snippet(
            """
import ast
from flask import Flask, request

app = Flask(__name__)
STEPS = {"sum": sum, "max": max}

@app.post("/sum")
def total():
    values = ast.literal_eval(request.form["values"])
    return str(STEPS[request.form["step"]](values) + eval("1 + 1"))
""",
        ),
    ),
)

SINKS = (
    Sink(("eval", "exec", "execfile", "compile", "builtins.eval", "builtins.exec"), (0,)),
    Sink(("*InteractiveInterpreter().runsource", "*InteractiveInterpreter().runcode", "code.compile_command"), (0,)),
    Sink(("__import__", "importlib.import_module", "pandas.eval", "numexpr.evaluate", "timeit.timeit"), (0,)),
)
_MODULES = ("__import__", "importlib.import_module")


def judge(hit: Hit) -> Verdict | None:
    """Naming a module runs what is installed only; with a beginning that is the program's, one of its own."""
    if hit.callee not in _MODULES:
        return CLAIMED
    if hit.head:
        return None
    return Verdict(
        severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, reasons=("the caller names a module that is imported",)
    )
