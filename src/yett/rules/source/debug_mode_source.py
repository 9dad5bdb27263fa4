"""Debug mode in source: an API is started, or configured, to show its insides.

Werkzeug's debugger runs code of whoever reaches it; Django's and Starlette's debug pages show settings, source and variables
with every error.

The rule looks for `app.run(debug=True)`, `FastAPI(debug=True)`, `Starlette(debug=True)`, `app.debug = True`,
`app.config["DEBUG"] = True`, and `DEBUG = True` in a module of settings of Django. A value that comes from the environment is
no finding.

To fix: read it from the environment, with False where nothing is said.
"""

from collections.abc import Iterator

from yett.formats.python_source.tree import Assignment, Attribute, Constant, Expression, Name, Subscript
from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.program import Place, Program, Spotted

RULE = SourceRule(
    id="source-debug-mode",
    title="Debug mode is switched on",
    severity=Severity.MEDIUM,
    flaws=(Flaw.EXPOSED_DEBUG,),
    owasp=("API8:2023",),
    cwe=(
        489,
        215,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/489.html",
        "https://flask.palletsprojects.com/en/stable/debugging/",
    ),
    matches=(
        Snippet(
            """
from flask import Flask

app = Flask(__name__)

if __name__ == "__main__":
    app.run(host="0.0.0.0", debug=True)
""",
        ),
    ),
    passes=(
        Snippet(
            """
import os
from flask import Flask

app = Flask(__name__)
app.config["DEBUG"] = os.environ.get("DEBUG") == "1"

if __name__ == "__main__":
    app.run(debug=os.environ.get("DEBUG") == "1")
""",
        ),
    ),
)

_MAKING = ("fastapi.FastAPI", "starlette.applications.Starlette", "fastapi.applications.FastAPI", "quart.Quart")
_TEXT = "Errors show the insides of the program: debug mode is switched on"


def look(program: Program) -> Iterator[Spotted]:
    for site in program.sites:
        ran = site.callee.endswith(".run") and site.callee.startswith(("flask.", "quart.", "connexion.", "?app", "bottle."))
        value = site.argument(-1, "debug") if ran or site.callee in _MAKING else None
        if isinstance(value, Constant) and value.value is True:
            werkzeug = ran and not site.callee.startswith("quart.")
            reason = "Werkzeug's debugger runs code of whoever reaches it and knows or guesses its PIN"
            yield Spotted(
                place=site.place,
                subject=site.call.text,
                text=_TEXT,
                severity=Severity.MEDIUM,
                reasons=(reason,) if werkzeug else (),
                note="debug=True",
            )
    for file, module in program.modules.items():
        for one in module.body:
            if isinstance(one, Assignment) and _switches(one, file):
                shown = "DEBUG = True"
                yield Spotted(place=Place(file, one.line, one.column), subject=shown, text=_TEXT, note=shown)


def _switches(one: Assignment, file: str) -> bool:
    if not isinstance(one.value, Constant) or one.value.value is not True:
        return False
    return any(_is_debug(target, file) for target in one.targets)


def _is_debug(target: Expression, file: str) -> bool:
    if isinstance(target, Name):
        return target.id == "DEBUG" and file.rpartition("/")[2] == "settings.py"
    if isinstance(target, Attribute):
        return target.name == "debug" and isinstance(target.value, Name) and target.value.id in ("app", "application", "api")
    if isinstance(target, Subscript) and isinstance(target.index, Constant):
        return target.index.value == "DEBUG" and isinstance(target.value, Attribute) and target.value.name == "config"
    return False
