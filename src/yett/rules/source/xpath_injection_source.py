"""XPath injection in source: a caller's value becomes part of a query of XML.

A quote ends the literal that was meant, and the rest of the value is part of the question: other nodes, all nodes.

The rule follows values from requests into `xpath`, `find`, `findall` and `iterfind` of lxml and ElementTree, where the text
before them is an XPath, and into compiled ones.

To fix: variables, `tree.xpath("//user[@name=$name]", name=value)`; or refuse quotes.
"""

from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, HOLE, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-xpath-injection",
    title="A caller writes part of an XPath",
    severity=Severity.HIGH,
    flaws=(Flaw.XPATH_INJECTION,),
    says="becomes part of an XPath",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(643,),
    references=("https://cwe.mitre.org/data/definitions/643.html",),
    matches=(
        Snippet(
            """
from flask import Flask, request
from lxml import etree

app = Flask(__name__)
TREE = etree.parse("users.xml")

@app.get("/users")
def users():
    return str(TREE.xpath(f"//user[@name='{request.args['name']}']"))
""",
        ),
    ),
    passes=(
        Snippet(
            """
from flask import Flask, request
from lxml import etree

app = Flask(__name__)
TREE = etree.parse("users.xml")

@app.get("/users")
def users():
    return str(TREE.xpath("//user[@name=$name]", name=request.args["name"]))
""",
        ),
    ),
)

SINKS = (
    Sink(("*.xpath", "*.findall", "*.iterfind", "*.findtext"), (0, "path", "_path")),
    Sink(("lxml.etree.XPath", "lxml.etree.ETXPath", "elementpath.select"), (0, 1, "path")),
)


def judge(hit: Hit) -> Verdict | None:
    plain = hit.text.replace(HOLE, "")
    return CLAIMED if hit.callee.startswith("lxml.etree.XPath") or "/" in plain or "[" in plain else None
