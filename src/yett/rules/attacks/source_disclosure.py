"""Source disclosure: a response that lists a directory or is the source of a program.

An index that was left on, a handler that fell off, a repository in the web root: what should run is shown instead, with the
credentials in it.

The rule looks for the index pages of common servers, for code of PHP, JSP and ASP in answers, and for repositories' files,
environment files and private configuration.

To fix: switch the index off; keep what must not be served out of what is.

What it does not protect against: sources that are meant to be shown (an exception helps there), other languages.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Confidence, Payload, Severity
from yett.rules.inspection.signature import Found, Signature

RULE = AttackRule(
    id="source-disclosure",
    title="Directory listing or source code in a response",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    owasp=("API8:2023",),
    cwe=(548, 540, 538, 541),
    references=("https://owasp.org/www-project-web-security-testing-guide/ WSTG-CONF-04",),
    matches=(
        Payload("<html><head><title>Index of /backup</title></head><body><h1>Index of /backup</h1>", "response text/html"),
        Payload("<title>Directory listing for /</title>", "response text/html"),
        Payload("<?php\n$db = new PDO('mysql:host=db', 'root', 'x');\necho $_GET['a'];\n", "response text/plain"),
        Payload("[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n", "response text/plain"),
        Payload("APP_ENV=production\nDB_PASSWORD=hunter2hunter2\nAPP_KEY=base64:abc\n", "response text/plain"),
        Payload("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n", "response text/plain"),
    ),
    passes=(
        Payload("<title>Index of prices</title>", "response text/html"),
        Payload("<p>In PHP, code begins with &lt;?php</p>", "response text/html"),
        Payload("<?xml version='1.0'?><a/>", "response text/html"),
        Payload("root is the first user", "response"),
    ),
)

_TEXT = frozenset({Origin.RESPONSE_TEXT})

SIGNATURES = (
    Signature(
        id="index",
        pattern=rb"<title>(?:Index of /|Directory listing for /|Directory Listing -- /|Directory: /|listing directory /"
        rb"|Browsing directory: )|<h1>Index of /[^<]*</h1>|<A HREF=\"[^\"]+\">\[To Parent Directory\]</A>"
        rb"|<a href=\"\?C=N;O=D\">",
        reason="a list of a directory",
        where=_TEXT,
    ),
    Signature(
        id="source",
        pattern=rb"<\?php\s|<%@\s*(?:page|taglib|import|Language|WebHandler)\b|<jsp:directive",
        reason="source code of a page",
        where=_TEXT,
        confirm=lambda found: _is_source(found),
    ),
    Signature(
        id="private-file",
        pattern=rb"\[core\]\s{1,40}repositoryformatversion|^root:[x*!]?:0:0:[^:\n]*:/[\w/]{0,40}:/|^\s*(?:DB|DATABASE"
        rb"|MYSQL|POSTGRES|MAIL|REDIS|APP|AWS|STRIPE|JWT)_(?:PASSWORD|SECRET|KEY|SECRET_ACCESS_KEY|SECRET_KEY"
        rb"|PASS)=[^\s]{6,200}|^\[boot loader\]|^; for 16-bit app support|^\[default\]\s{1,4}aws_access_key_id",
        reason="a file that is not meant to be served",
        where=_TEXT,
        confirm=lambda found: found.start <= 65_536,
    ),
)


def _is_source(found: Found) -> bool:
    """Statements follow, and it stands near the beginning: not a page about programming."""
    rest = found.text[found.start : found.start + 2_000]
    return found.start <= 200 and (rest.count(b";") >= 2 or b"%>" in rest)
