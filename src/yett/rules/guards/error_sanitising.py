"""Error sanitising: stack traces, database errors and server banners stay inside.

An unhandled error shows code, paths, versions, queries and sometimes secrets to whoever caused it, which is what an attacker
probes for. Bodies of 5xx answers are replaced by problem details with the same status, whatever they say; bodies of 4xx answers
are replaced where they hold a trace of Python, Java, Kotlin, .NET, Node.js, PHP, Go, Ruby or Rust, an SQL error or a page of a
debug mode; errors get the standard reason phrase. Fields that name server software (Server, Via, X-Powered-By …) are dropped from
every answer. The record names what was found; the caller can quote the request id.

To fix: switch the framework's debug mode off and handle the error that the upstream's own log shows. An upstream whose 5xx
bodies are meant for callers wants `replace_5xx: false`; they are then searched like those of 4xx.

What it does not protect against: errors told with status 200; bodies that cannot be decoded; what stands behind the first
64 KiB of a body; messages that only people would recognise. Error bodies that are searched are buffered, 5xx ones that are
replaced are not even read.
"""

from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from yett.formats.problem import CONTENT_TYPE, document
from yett.formats.traces import found
from yett.model.decision import Denial, Evaluation, Mode, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")]

_REQUEST = "GET /orders/x HTTP/1.1\nHost: api.example\n\n"
_TRACE = 'Traceback (most recent call last):\n  File "/srv/shop/orders.py", line 12, in find\nKeyError: 1'

RULE = Rule(
    id="error-sanitising",
    title="Errors that show the inside",
    severity=Severity.MEDIUM,
    setting="sanitise_errors",
    per_operation=False,
    owasp=("API8:2023",),
    cwe=(209, 497, 550),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html", "RFC 9457, 5"),
    matches=(
        Example(
            request=_REQUEST,
            response=f"HTTP/1.1 500 Internal Server Error\nServer: Werkzeug/2.0\nContent-Type: text/plain\n\n{_TRACE}",
            policy="sanitise_errors: true",
            note="the body becomes problem details, Server is dropped",
        ),
        Example(
            request=_REQUEST,
            response=f"HTTP/1.1 400 Bad Request\nContent-Type: text/plain\n\n{_TRACE}",
            policy="sanitise_errors: {replace_5xx: false}",
            note="a trace in a 4xx body",
        ),
    ),
    passes=(
        Example(
            request=_REQUEST,
            response='HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{"error": "no such order"}',
            policy="sanitise_errors: true",
            note="an error that is meant for the caller",
        ),
        Example(
            request=_REQUEST,
            response=f"HTTP/1.1 200 OK\nContent-Type: text/plain\n\n{_TRACE}",
            policy="sanitise_errors: true",
            note="a service may well deal in traces",
        ),
    ),
)

_BANNERS = frozenset(
    b"server via x-powered-by x-powered-by-plesk x-aspnet-version x-aspnetmvc-version x-runtime x-generator x-drupal-cache"
    b" x-debug-token x-debug-token-link x-debug-exception x-debug-exception-file x-php-version x-rack-cache x-backend-server"
    b" x-server x-served-by x-server-powered-by x-application-context x-envoy-upstream-service-time x-mod-pagespeed"
    b" x-owa-version x-litespeed-cache x-sourcefiles".split()
)
_BODY = "response body"


class Options(Struct, frozen=True, kw_only=True):
    """`sanitise_errors: {replace_5xx: true, drop: [X-Internal-Node]}`

    replace_5xx: replace the bodies of all 5xx answers, unseen. search: look for traces in the bodies of other errors. banners:
    drop the fields that name software; drop: further fields of answers to drop.
    """

    replace_5xx: bool = True
    search: bool = True
    banners: bool = True
    drop: tuple[Name, ...] = ()
    mode: Mode = Mode.ENFORCE


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    steps: list[Step] = []
    if options.replace_5xx:
        steps.append(Step(Stage.RESPONSE, _replace_server_errors))
    if options.search:
        steps.append(Step(Stage.RESPONSE_BODY, _search, errors_only=True))
    drop = frozenset(name.lower().encode() for name in options.drop) | (_BANNERS if options.banners else frozenset())
    return Prepared(steps=tuple(steps), drop_fields=drop, standard_reasons=True, mode=options.mode)


def _replace_server_errors(view: View, evaluation: Evaluation) -> None:
    status = view.status
    if status >= 500 and view.method != "HEAD":
        evaluation.amend(document(status), CONTENT_TYPE, _why(status, "the body of a server error was replaced"))


def _search(view: View, evaluation: Evaluation) -> None:
    status = view.status
    if status < 400:
        return
    what = found(view.response_content)
    if what is not None:
        evaluation.amend(document(status), CONTENT_TYPE, _why(status, f"the body held {what}"))


@lru_cache(512)
def _why(status: int, reason: str) -> Denial:
    return Denial(RULE.id, status, reason, _BODY)
