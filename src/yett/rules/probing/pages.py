"""Paths that forgotten and exposed pages have, and what in an answer proves that it is one. It must not know how they are asked
for.

The paths are defaults of the programs named beside them, from their own documentation; the contents likewise.
"""

import re

from yett.model.probe import Answer

DEBUG = (
    *("/debug", "/_debug", "/debug/vars", "/debug/pprof/", "/__debug__/", "/debug/env", "/debug/config"),
    *("/actuator", "/actuator/env", "/actuator/heapdump", "/actuator/configprops", "/env", "/heapdump", "/trace"),
    *("/console", "/_profiler", "/phpinfo.php", "/info.php", "/server-status", "/server-info", "/_ignition/health-check"),
    *(
        "/.env",
        "/.git/config",
        "/.git/HEAD",
        "/config.json",
        "/metrics",
        "/elmah.axd",
        "/telescope",
        "/jolokia",
        "/internal/env",
    ),
)
DOCUMENTS = (
    *("/openapi.json", "/openapi.yaml", "/swagger.json", "/swagger.yaml", "/v2/api-docs", "/v3/api-docs", "/api-docs", "/docs"),
    *("/redoc", "/swagger-ui.html", "/swagger-ui/", "/swagger/", "/swagger/v1/swagger.json", "/api/docs", "/ui/", "/schema"),
)

_SECRET = re.compile(
    rb"(?i)(?:secret|passw|pwd|private_?key|api_?key|access_?key|token|database_url|_dsn|credential)[a-z_]{0,30}[\"']?\s{0,3}[:=]\s{0,3}[\"']?[^\s\"',}]{4}"
)
_SCANNED = 65_536
_ENVIRONMENT = (b"DATABASE_URL", b"AWS_SECRET", b"SECRET_KEY", b"systemEnvironment", b'"propertySources"')
_DEBUGGER = (b"Werkzeug", b"/debug/pprof/", b"phpinfo()", b"PHP Version", b"Symfony Profiler", b"djdt")
_PROVES: tuple[tuple[str, int, tuple[bytes, ...]], ...] = (
    ("variables of the program's environment", 1, _ENVIRONMENT),
    ("variables of the program", 1, (b'"memstats"', b'"cmdline"')),
    ("a list of management pages", 2, (b'"_links"', b"heapdump")),
    ("a page of a debugger or profiler", 1, _DEBUGGER),
    ("the state of the web server", 1, (b"Apache Server Status", b"Apache Server Information")),
    ("a version control directory", 1, (b"[core]", b"repositoryformatversion", b"ref: refs/heads/")),
    ("metrics of the program", 2, (b"# HELP ", b"# TYPE ")),
    ("objects of the program's memory", 1, (b"JAVA PROFILE",)),
)
"""What is shown, how many of the texts must stand in the answer, the texts."""


def debugging(answer: Answer) -> str:
    """What a page for developers shows, in words; "" where nothing proves that it is one."""
    body = answer.body[:_SCANNED]
    for what, need, texts in _PROVES:
        if sum(1 for text in texts if text in body) >= need:
            return what
    return ""


def secrets(answer: Answer) -> bool:
    """Whether names of secrets stand in it with values."""
    return _SECRET.search(answer.body[:_SCANNED]) is not None


def describing(answer: Answer) -> str:
    """What kind of documentation an answer is; "" where it is none."""
    body = answer.body[:_SCANNED]
    head = body[:4_096]
    if (b'"openapi"' in head or b'"swagger"' in head or head.startswith((b"openapi:", b"swagger:"))) and (b"paths" in body):
        return "a description of the API"
    pages = (b"SwaggerUIBundle", b"swagger-ui", b"<redoc", b"Redoc.init", b"rapi-doc", b'id="api-reference"')
    return "pages of documentation" if any(text in body for text in pages) else ""
