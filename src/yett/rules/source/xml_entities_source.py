"""XML external entities in source: a caller's document is parsed by something that reads what it names.

A document type declares entities; a parser that resolves them reads files of the server, calls other hosts, or expands a small
document to gigabytes.

The rule follows values from requests into lxml's parsers that resolve entities (all before 5.0, and those told to), and into
`xml.sax` with external entities switched on. Python's `xml.etree` and `minidom` do not read external entities; what remains is
expansion, and a finding of low severity.

To fix: `defusedxml`, or `lxml.etree.XMLParser(resolve_entities=False, no_network=True)`.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-xml-entities",
    title="A caller's document is parsed with entities",
    severity=Severity.HIGH,
    flaws=(Flaw.XXE,),
    says="is parsed as XML with entities",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(
        611,
        776,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/611.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html",
        "https://docs.python.org/3/library/xml.html#xml-security",
    ),
    matches=(
        Snippet(
            """
from flask import Flask, request
from lxml import etree

app = Flask(__name__)

@app.post("/orders")
def orders():
    parser = etree.XMLParser(resolve_entities=True)
    return etree.fromstring(request.data, parser).tag
""",
        ),
    ),
    passes=(
        Snippet(
            """
from flask import Flask, request
from lxml import etree
import defusedxml.ElementTree

app = Flask(__name__)
PARSER = etree.XMLParser(resolve_entities=False)

@app.post("/orders")
def orders():
    defusedxml.ElementTree.fromstring(request.data)
    return etree.fromstring(request.data, parser=PARSER).tag
""",
        ),
    ),
)

_LXML = ("lxml.etree.fromstring", "lxml.etree.parse", "lxml.etree.XML", "lxml.etree.iterparse", "lxml.objectify.fromstring")
_STANDARD = (
    "xml.etree.ElementTree.fromstring",
    "xml.etree.ElementTree.parse",
    "xml.etree.ElementTree.XML",
    "xml.etree.ElementTree.iterparse",
    "xml.dom.minidom.parseString",
    "xml.dom.minidom.parse",
    "xml.sax.parseString",
    "xml.sax.parse",
    "xml.dom.pulldom.parseString",
)

SINKS = (Sink((*_LXML, *_STANDARD), (0, "source", "text", "string")),)


def judge(hit: Hit) -> Verdict | None:
    """By the parser that is handed over: an option of a parser stands in the call that made it."""
    if hit.callee in _STANDARD:
        reason = "no external entities are read by this parser; a document may still expand to a thousand times its size"
        return Verdict(severity=Severity.LOW, reasons=(reason,))
    said = hit.options.get("parser") or hit.options.get("1") or ""
    if "resolve_entities=False" in said or said.startswith(("lxml.etree.HTMLParser", "lxml.html")):
        return None
    if "resolve_entities=True" in said or "load_dtd=True" in said:
        return CLAIMED
    if said:
        return Verdict(severity=Severity.MEDIUM, confidence=Confidence.LOW, reasons=("how the parser was made is not known",))
    reason = "without a parser of its own, lxml resolves entities up to release 4, and internal ones from 5"
    return Verdict(severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, reasons=(reason,))
