"""Recognises stack traces, database errors and debug pages in bodies, so that they need not reach a caller.

Each signature is a fixed text to look for, which costs microseconds, and where that alone would not be certain, a pattern for
its surroundings. All are linear. It must not know what becomes of a body.
"""

import re
from itertools import islice

SCANNED = 65_536
"""Octets of a body that are looked at, from the start. Frameworks that show traces begin with them."""


def _pattern(text: bytes) -> re.Pattern[bytes]:
    return re.compile(text)


# Every repetition is bounded, and begins after a fixed text, so that no input makes a search slower than linear.
_SIGNATURES: tuple[tuple[str, bytes, re.Pattern[bytes] | None], ...] = (
    ("a Python traceback", b"Traceback (most recent call last)", None),
    ("a Python traceback", b'  File \\"', _pattern(rb'  File \\"[^"\n]{1,300}\\", line [0-9]{1,7}, in ')),
    ("a page of the Werkzeug debugger", b"Werkzeug Debugger", None),
    ("a page of Django's debug mode", b"DEBUG = True</code>", None),
    ("a Java stack trace", b".java:", _pattern(rb"at [\w.$<>/]{1,300}\([\w.$]{1,200}\.java:[0-9]{1,7}\)")),
    ("a Kotlin stack trace", b".kt:", _pattern(rb"at [\w.$<>/]{1,300}\([\w.$]{1,200}\.kt:[0-9]{1,7}\)")),
    ("a Scala stack trace", b".scala:", _pattern(rb"at [\w.$<>/]{1,300}\([\w.$]{1,200}\.scala:[0-9]{1,7}\)")),
    ("a Java stack trace", b"(Native Method)", _pattern(rb"at [\w.$<>/]{1,300}\(Native Method\)")),
    ("a Java exception", b"Exception in thread ", _pattern(rb'Exception in thread \\?"')),
    ("a .NET stack trace", b"at System.", _pattern(rb"at System\.[\w.`+]{1,200}\([\w\s,.`\[\]&]{0,300}\)")),
    ("a page of ASP.NET", b"<title>Runtime Error</title>", None),
    ("a page of ASP.NET", b"Server Error in '", _pattern(rb"Server Error in '[^'\n]{1,200}' Application")),
    ("a stack trace of Node.js", b"(node:internal/", None),
    ("a PHP error", b"Fatal error", _pattern(rb"(?:<b>Fatal error</b>|PHP Fatal error): |Fatal error: Uncaught ")),
    ("a PHP error", b"</b> on line <b>", None),
    (
        "a page of Laravel's debug mode",
        b"Illuminate\\",
        _pattern(rb"Illuminate\\{1,2}(?:Database|Foundation|Routing|Pipeline)\\"),
    ),
    ("a Go stack trace", b"goroutine ", _pattern(rb"goroutine [0-9]{1,12} \[[a-z ,0-9]{1,60}\]:")),
    ("a Go panic", b"panic: runtime error", None),
    ("a Ruby backtrace", b".rb:", _pattern(rb"\.rb:[0-9]{1,7}:in [`'\\]")),
    ("a page of Rails' debug mode", b"Action Controller: Exception caught", None),
    ("an SQL error", b"SQLSTATE[", _pattern(rb"SQLSTATE\[[0-9A-Z]{5}\]")),
    ("an SQL error of MySQL", b"You have an error in your SQL syntax", None),
    ("an SQL error of PostgreSQL", b"syntax error at or near ", None),
    ("an SQL error of PostgreSQL", b"psycopg", _pattern(rb"psycopg[23]?\.(?:errors\.|[A-Z][a-z]{1,20}Error)")),
    ("an SQL error of PostgreSQL", b"PG::", _pattern(rb"PG::[A-Z][A-Za-z]{3,40}: ")),
    ("an SQL error of SQLite", b"sqlite3.", _pattern(rb"sqlite3\.[A-Z][a-z]{3,20}Error")),
    ("an SQL error of SQLite", b"SQLITE_ERROR", None),
    ("an SQL error of SQL Server", b"Unclosed quotation mark after the character string", None),
    ("an SQL error of SQL Server", b"System.Data.SqlClient.SqlException", None),
    ("an SQL error of SQL Server", b"Microsoft OLE DB Provider for ", None),
    ("an SQL error of Oracle", b"ORA-", _pattern(rb"ORA-[0-9]{5}: ")),
    ("an SQL error of an object mapper", b"org.hibernate.", _pattern(rb"org\.hibernate\.[\w.]{0,100}Exception")),
    ("an SQL error of an object mapper", b"SequelizeDatabaseError", None),
)

# Places in source code say little alone, and certain words before them on the same line say enough. The place is searched for,
# and then the words in a window before it: the other way round, each of the words would start a long search.
_PLACES: tuple[tuple[str, re.Pattern[bytes], bytes], ...] = (
    ("a .NET stack trace", _pattern(rb"\.(?:cs|vb|fs):line [0-9]"), b" in "),
    ("a stack trace of Node.js", _pattern(rb"\.[cm]?[jt]s:[0-9]{1,7}:[0-9]"), b"at "),
    ("a PHP stack trace", _pattern(rb"\.php\([0-9]{1,7}\): "), b"#"),
    ("a Rust panic", _pattern(rb"\.rs:[0-9]{1,7}:[0-9]"), b"panicked at "),
)
_WINDOW, _PLACES_MOST = 300, 32


def found(body: bytes) -> str | None:
    """What gives the inside of a program away in this body, such as "a Python traceback", or None.

    6 µs for a short body, 0.8 ms for 64 KiB, and below 4 ms for the worst inputs known.
    """
    if len(body) > SCANNED:
        body = body[:SCANNED]
    for name, needle, pattern in _SIGNATURES:
        if needle in body and (pattern is None or pattern.search(body)):
            return name
    for name, place, words in _PLACES:
        for match in islice(place.finditer(body), _PLACES_MOST):
            line = body.rfind(b"\n", 0, match.start()) + 1
            if body.find(words, max(line, match.start() - _WINDOW), match.start()) >= 0:
                return name
    return None
