"""Stack traces in responses: an error that shows code, paths, versions and queries.

What an unhandled error tells is what an attacker probes for. The rule finds traces of Python, Java, Kotlin, .NET, Node.js, PHP, Go,
Ruby and Rust, SQL errors and pages of debug modes, in answers of every status; `sanitise_errors` replaces such bodies.

To fix: switch the framework's debug mode off; handle the error that the upstream's own log shows.

What it does not protect against: messages that only people would recognise. An API that deals in traces by design (error
trackers) deserves an exception.
"""

from yett.formats.inspected import Origin
from yett.formats.traces import found as trace_in
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
    ),
    passes=(
        Payload("no such order", "response"),
        Payload("<h1>Main.java</h1>", "response text/html"),
        Payload("see line 12 of the file", "response"),
    ),
)


def _is_trace(found: Found) -> bool:
    """What `sanitise_errors` would find, in the octets around the match."""
    start = max(0, found.start - 400)
    return trace_in(found.text[start : found.start + 4_096]) is not None


SIGNATURES = (
    Signature(
        id="trace",
        pattern=rb"Traceback \(most recent call last\)|\s\sFile \\?\"[^\"\n]+\\?\", line \d|Werkzeug Debugger"
        rb"|DEBUG = True</code>|\.(?:java|kt|scala):\d{1,7}\)|\(Native Method\)|Exception in thread "
        rb"|\bat System\.\w|<title>Runtime Error</title>|Server Error in '|\(node:internal/|\bFatal error\b"
        rb"|</b> on line <b>|Illuminate\\|\bgoroutine \d|panic: runtime error|\.rb:\d{1,7}:in "
        rb"|Action Controller: Exception caught|\.(?:cs|vb|fs):line \d|\.[cm]?[jt]s:\d{1,7}:\d"
        rb"|\.php\(\d{1,7}\): |\.rs:\d{1,7}:\d",
        reason="a stack trace",
        where=frozenset({Origin.RESPONSE_TEXT, Origin.RESPONSE_JSON}),
        confirm=_is_trace,
    ),
    Signature(
        id="database",
        pattern=rb"SQLSTATE\[|You have an error in your SQL syntax|syntax error at or near |\bpsycopg[23]?\."
        rb"|\bPG::[A-Z]|\bsqlite3\.[A-Z]|SQLITE_ERROR|Unclosed quotation mark after the character string"
        rb"|System\.Data\.SqlClient\.SqlException|Microsoft OLE DB Provider for |\bORA-\d{5}: "
        rb"|\borg\.hibernate\.[\w.]{0,100}Exception|SequelizeDatabaseError|\bMySqlException\b"
        rb"|\bcom\.mysql\.jdbc|\bmysqli?_(?:fetch|query|num_rows|connect)\w*\(\)|Warning: (?:pg_|mysql_|oci_"
        rb"|ibase_|sqlite_)\w{3,20}\(\)",
        reason="an error of a database",
        where=frozenset({Origin.RESPONSE_TEXT, Origin.RESPONSE_JSON}),
        confirm=lambda found: (
            _is_trace(found)
            or b"Warning:" in found.text[found.start : found.end]
            or b"mysql" in found.text[found.start : found.end].lower()
        ),
    ),
)
