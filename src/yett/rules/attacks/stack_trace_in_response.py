"""Stack traces in responses: an error that shows code, paths, versions and queries.

What an unhandled error tells is what an attacker probes for. The rule finds traces of Python, Java, Kotlin, .NET, Node.js, PHP, Go,
Ruby and Rust, SQL errors and pages of debug modes, in answers of every status; `sanitise_errors` replaces such bodies.

To fix: switch the framework's debug mode off; handle the error that the upstream's own log shows.

What it does not protect against: messages that only people would recognise; traces in a JSON string after words of a report, which
somebody wrote and the API gives back. An API that deals in traces by design (error
trackers) deserves an exception.
"""

import re

from yett.formats.inspected import Origin
from yett.formats.traces import found as trace_in
from yett.formats.traces import looked_for, looks
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import Found, Signature

RULE = AttackRule(
    id="stack-trace-in-response",
    title="Stack trace in a response",
    severity=Severity.MEDIUM,
    owasp=("API8:2023",),
    cwe=(209, 497, 550),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",),
    matches=(
        Payload('Traceback (most recent call last):\n  File "/srv/shop/orders.py", line 12, in find\nKeyError: 1', "response"),
        Payload("<h1>Error</h1><pre>at com.example.Main.main(Main.java:42)</pre>", "response text/html"),
        Payload("You have an error in your SQL syntax; check the manual", "response"),
        Payload("Fatal error: Uncaught TypeError in /var/www/a.php", "response text/html"),
        Payload("** (KeyError) key :id not found\n    (shop 0.1.0) lib/shop/order.ex:12: Shop.Order.find/1", "response"),
        Payload('relation "orders" does not exist', "response"),
    ),
    passes=(
        Payload("no such order", "response"),
        Payload("<h1>Main.java</h1>", "response text/html"),
        Payload("see line 12 of the file", "response"),
        Payload(
            'Hi, since version 2 we see this:\n\n```\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n```',
            "response",
            "a report that somebody wrote",
        ),
        Payload("the order_trail does not exist", "response"),
    ),
)


SAID_BEFORE = 600
"""Octets of a JSON string before a trace: a kind of error and its message, and no report about it."""


def _is_quoted(found: Found) -> bool:
    """People write about traces, in Markdown or after some lines of their own: what a caller stored may be given back."""
    if found.value.origin is not Origin.RESPONSE_JSON:
        return False
    before = found.text[: found.start]
    return (
        len(before) > SAID_BEFORE
        or b"```" in before
        or b"<p" in before
        or len(_WORDS(before)) > 40
        or _SPEECH(before) is not None
    )


_WORDS = re.compile(rb"[A-Za-z]{2,} [A-Za-z]").findall
_SPEECH = re.compile(
    rb"\n[ \t]*\r?\n[ \t]*\S|(?:^|\s)(?:I|I'm|I've|we|you|my|me|our|please|thanks?|hi|hello|steps|expected|versions?)\b[ ,:]",
    re.I,
).search


def _is_trace(found: Found) -> bool:
    """What `sanitise_errors` would find, in the octets around the match."""
    if not looks(found.text[found.start : found.end]) or _is_quoted(found):
        return False
    start = max(0, found.start - 400)
    return trace_in(found.text[start : found.end + 600]) is not None


SIGNATURES = (
    Signature(
        id="trace",
        pattern=looked_for(databases=False),
        reason="a stack trace",
        where=frozenset({Origin.RESPONSE_TEXT, Origin.RESPONSE_JSON}),
        confirm=_is_trace,
    ),
    Signature(
        id="database",
        pattern=looked_for(databases=True)
        + rb"|\bmysqli?_(?:fetch|query|num_rows|connect)\w*\(\)|Warning: (?:pg_|mysql_|oci_|ibase_|sqlite_)\w{3,20}\(\)",
        reason="an error of a database",
        where=frozenset({Origin.RESPONSE_TEXT, Origin.RESPONSE_JSON}),
        confirm=lambda found: (
            _is_trace(found) or found.text[found.start : found.end].lower().startswith((b"mysql_", b"mysqli_", b"warning: "))
        ),
    ),
)
