"""Template injection in source: a caller's value becomes part of a template's text.

Templates are programs: `{{ … }}` reaches every object of the server. A value handed to a template beside its text is shown; a
value in its text is run.

The rule follows values from requests into `render_template_string`, Jinja's `Template` and `from_string`, Mako's `Template`,
Django's `Template` and Tornado's. A sandboxed environment lowers the severity, for the sandbox is one of Python.

To fix: write the template yourself and hand the values over: `render_template_string("Hello {{ name }}", name=name)`.
"""

from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-template-injection",
    title="A caller writes part of a template",
    severity=Severity.CRITICAL,
    flaws=(Flaw.TEMPLATE_INJECTION,),
    says="becomes part of the text of a template",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(
        1336,
        94,
    ),
    references=("https://cwe.mitre.org/data/definitions/1336.html",),
    matches=(
        Snippet(
            """
from flask import Flask, render_template_string, request

app = Flask(__name__)

@app.get("/hello")
def hello():
    page = "<h1>Hello %s</h1>" % request.args.get("name")
    return render_template_string(page)
""",
        ),
    ),
    passes=(
        Snippet(
            """
from flask import Flask, render_template, render_template_string, request

app = Flask(__name__)

@app.get("/hello")
def hello():
    render_template("page.html", name=request.args.get("name"))
    return render_template_string("<h1>Hello {{ name }}</h1>", name=request.args.get("name"))
""",
        ),
    ),
)

SINKS = (
    Sink(
        ("flask.render_template_string", "flask.templating.render_template_string", "quart.render_template_string"),
        (0, "source"),
    ),
    Sink(("jinja2.Template", "mako.template.Template", "django.template.Template", "tornado.template.Template"), (0, "text")),
    Sink(("jinja2.environment.Template", "bottle.template", "bottle.SimpleTemplate", "chameleon.PageTemplate"), (0,)),
    Sink(("*Environment().from_string", "*.from_string"), (0, "source")),
)


def judge(hit: Hit) -> Verdict | None:
    if "Sandboxed" in hit.callee:
        return Verdict(
            severity=Severity.MEDIUM, reasons=("the environment is sandboxed, which bounds what the template reaches",)
        )
    if hit.callee.endswith(".from_string") and hit.callee.startswith("?") and "env" not in hit.callee.lower():
        return None
    return CLAIMED
