"""Request hygiene: a request that says one thing to the gateway and another to the framework behind it.

Some frameworks take the method from X-HTTP-Method-Override, or from a parameter `_method`, and the path from X-Original-URL or
X-Rewrite-URL. Whoever sends these has a GET judged and a DELETE done, or asks for "/" and gets "/admin". CGI, WSGI and PHP
read `X_Forwarded_For` and `X-Forwarded-For` as the same variable, so the former brings in what the latter may not.

Refused with 400: a method override that names another method than the request's; a path override that names another target;
field names with underscores that such servers take for ones that only proxies may set, or that frame the message. An override
that agrees with the request is harmless, and passes. So does everything else: repeated parameters, long values and unusual
fields are common in honest requests; sizes are bounded in `bounds`.

To fix a refusal: send the method itself. Where clients cannot, switch the rule off for the operations that need it
(`rules: {request-hygiene: {mode: "off"}}`), and see that these are protected as their overridden methods ought to be.

What it does not protect against: overrides in a body (a form's `_method`), or in fields of a framework's own making.
"""

from itertools import product

from yett.formats.http1 import Refused
from yett.formats.parameters import parameters
from yett.formats.target import canonical
from yett.model.decision import Denial, Evaluation, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step

_GET = "GET /orders HTTP/1.1\nHost: api.example\n"

RULE = Rule(
    id="request-hygiene",
    title="Requests that say two things",
    severity=Severity.HIGH,
    per_operation=False,
    owasp=("API5:2023", "API8:2023"),
    cwe=(436, 444, 650),
    references=("https://owasp.org/www-project-web-security-testing-guide/ WSTG-CONF-06", "RFC 3875, 4.1.18"),
    matches=(
        Example(
            request=_GET + "X-HTTP-Method-Override: DELETE\n\n", policy="mode: enforce", note="judged as GET, done as DELETE"
        ),
        Example(request=_GET + "X-Original-URL: /admin\n\n", policy="mode: enforce", note="judged as /orders"),
        Example(
            request=_GET + "X_Forwarded_For: 10.0.0.1\n\n", policy="mode: enforce", note="a forged address for CGI and WSGI"
        ),
        Example(request="POST /orders?_method=DELETE HTTP/1.1\nHost: api.example\n\n", policy="mode: enforce"),
    ),
    passes=(
        Example(request=_GET + "X-HTTP-Method-Override: get\n\n", policy="mode: enforce", note="it agrees with the request"),
        Example(request=_GET + "X-Original-URL: /orders\n\n", policy="mode: enforce", note="set by a proxy in front"),
        Example(request=_GET + "api_key: abc\n\n", policy="mode: enforce", note="an underscore that deceives nobody"),
        Example(request="GET /orders?id=1&id=2 HTTP/1.1\nHost: api.example\n\n", policy="mode: enforce", note="a list"),
    ),
)

_METHOD_FIELDS = (b"x-http-method-override", b"x-http-method", b"x-method-override")
_PATH_FIELDS = (b"x-original-url", b"x-rewrite-url")
_PROXY_FIELDS = (
    b"x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-prefix x-forwarded-user x-real-ip x-client-ip"
    b" true-client-ip cf-connecting-ip x-original-forwarded-for x-remote-user remote-user x-ssl-client-cert x-ssl-client-verify"
    b" content-length transfer-encoding x-yett-principal"
).split()


def _with_underscores(name: bytes) -> list[bytes]:
    """Every spelling of `name` in which at least one hyphen is an underscore."""
    first, *rest = name.split(b"-")
    spellings = (
        first + b"".join(mark + part for mark, part in zip(marks, rest)) for marks in product((b"-", b"_"), repeat=len(rest))
    )
    return [spelling for spelling in spellings if spelling != name]


_METHODS = frozenset(_METHOD_FIELDS) | {spelling for name in _METHOD_FIELDS for spelling in _with_underscores(name)}
_PATHS = frozenset(_PATH_FIELDS) | {spelling for name in _PATH_FIELDS for spelling in _with_underscores(name)}
_FORGED = frozenset(spelling for name in _PROXY_FIELDS for spelling in _with_underscores(name))
_SUSPECT = _METHODS | _PATHS | _FORGED


class Options(Struct, frozen=True, kw_only=True):
    """There is nothing to choose but the mode, by `rules: {request-hygiene: {mode: monitor}}`."""


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    clean = _SUSPECT.isdisjoint

    def check(view: View, evaluation: Evaluation) -> Denial | None:  # noqa: ARG001
        query = view.target.query
        if query is not None and "_method" in query and (refusal := _judge_query(view, query)) is not None:
            return refusal
        return None if clean(view.fields) else _judge_fields(view)

    return Prepared(steps=(Step(Stage.ENTRY, check),))


def _judge_query(view: View, query: str) -> Denial | None:
    for name, value in parameters(query):
        if name == "_method" and value.upper() != view.method:
            return _denial("query _method", "a parameter that overrides the method", value)
    return None


def _judge_fields(view: View) -> Denial | None:
    for name, octets in view.lines:
        if name not in _SUSPECT:
            continue
        value = octets.decode("latin-1")
        place = f"header {name.decode()}"
        if name in _FORGED:
            return _denial(place, "a field that some servers take for one that only proxies may set", "")
        if name in _METHODS:
            if value.upper() != view.method:
                return _denial(place, "a field that overrides the method", value)
        elif not _same_target(view, octets):
            return _denial(place, "a field that overrides the path", value)
    return None


def _same_target(view: View, value: bytes) -> bool:
    try:
        target = canonical(value, keep_encoded_slash=True)
    except Refused:
        return False
    return target.path == view.target.path and target.query in (None, view.target.query)


def _denial(place: str, reason: str, sample: str) -> Denial:
    return Denial(RULE.id, 400, reason, place, sample[:64])
