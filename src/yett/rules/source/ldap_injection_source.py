"""LDAP injection in source: a caller's value becomes part of a filter or name of a directory.

`*`, `(` and `)` mean something in a filter (RFC 4515): with them, a caller asks another question than the one that was
written.

The rule follows values from requests into filters and base names of `python-ldap` and `ldap3`. Escaped values are harmless.

To fix: `ldap.filter.escape_filter_chars(value)`, `ldap3.utils.conv.escape_filter_chars(value)`; for names
`ldap.dn.escape_dn_chars`.
"""

from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, HOLE, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-ldap-injection",
    title="A caller writes part of a filter of a directory",
    severity=Severity.HIGH,
    flaws=(Flaw.LDAP_INJECTION,),
    says="becomes part of a filter of a directory",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(90,),
    references=(
        "https://cwe.mitre.org/data/definitions/90.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/LDAP_Injection_Prevention_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
import ldap
from flask import Flask, request

app = Flask(__name__)

@app.get("/people")
def people():
    directory = ldap.initialize("ldap://directory")
    wanted = "(&(objectClass=person)(uid=%s))" % request.args["name"]
    return str(directory.search_s("dc=example", ldap.SCOPE_SUBTREE, wanted))
""",
        ),
    ),
    passes=(
        Snippet(
            """
import ldap
import ldap.filter
from flask import Flask, request

app = Flask(__name__)

@app.get("/people")
def people():
    directory = ldap.initialize("ldap://directory")
    name = ldap.filter.escape_filter_chars(request.args["name"])
    return str(directory.search_s("dc=example", ldap.SCOPE_SUBTREE, f"(uid={name})"))
""",
        ),
    ),
)

SINKS = (
    Sink(("*.search_s", "*.search_ext_s", "*.search_ext", "*.search_st"), (0, 2, "base", "filterstr")),
    Sink(("*Connection().search",), (0, 1, "search_base", "search_filter")),
    Sink(("*.search",), ("search_filter", "search_base", 1)),
)


def judge(hit: Hit) -> Verdict | None:
    """`search` is a method of many things: only with a text that is a filter by its form."""
    if (
        hit.callee.endswith(".search")
        and "ldap" not in hit.callee
        and not ("(" in hit.head and "=" in hit.head and hit.text != HOLE)
    ):
        return None
    return CLAIMED
