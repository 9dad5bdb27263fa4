"""CORS: which pages may call the API from a browser, and which of its answers they may read.

Browsers keep a page from reading answers of other origins unless these allow it. An API that reflects any origin, or allows
`null`, with credentials lets every page on the web act in the name of its visitor. This guard answers preflight requests
itself, before authentication (browsers send no credentials with them), and writes the Access-Control-* fields of every
answer, refusals included; what the upstream says of CORS is dropped.

`allow_origins` are compared exactly: scheme, host and port as browsers send them. `*` allows every page, `null` among them,
and cannot be combined with `credentials`. `null` otherwise has to be listed; sandboxed frames and local files have it.

To fix a refusal: list the origin, method or field that the record names. A preflight is judged by the operation that it asks
about. Requests without Origin, and those of origins that are not listed, are not refused for it: CORS protects the readers of
answers, not the API.

What it does not protect against: requests that a browser sends without preflight (forms, images) still arrive; see to it that
cookies are SameSite.
"""

import re
from typing import Annotated

from msgspec import Meta

from yett.model.decision import Answer, Check, Denial, Evaluation, Mode, Outcome, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step

Origin = Annotated[str, Meta(pattern=r"^(\*|null|[a-z][a-z0-9+.\-]*://(\[[0-9a-f:.]+\]|[^\[\]:/@?#\s*A-Z]+)(:[0-9]{1,5})?)$")]
Method = Annotated[str, Meta(pattern=r"^(\*|[A-Z]{1,32})$")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")]

_POLICY = 'cors: {allow_origins: ["https://app.example"], methods: [GET, DELETE], headers: [X-Trace]}'
_ASK = "OPTIONS /orders HTTP/1.1\nHost: api.example\nOrigin: %s\nAccess-Control-Request-Method: %s\n\n"

RULE = Rule(
    id="cors",
    title="Cross-origin requests of browsers",
    severity=Severity.MEDIUM,
    setting="cors",
    per_operation=False,
    owasp=("API8:2023",),
    cwe=(942,),
    references=("https://fetch.spec.whatwg.org/#http-cors-protocol", "RFC 6454"),
    matches=(
        Example(request=_ASK % ("https://app.example", "DELETE"), policy=_POLICY, note="a preflight, answered by the gateway"),
        Example(request=_ASK % ("https://evil.example", "GET"), policy=_POLICY, note="a page that may not call"),
        Example(request=_ASK % ("null", "GET"), policy=_POLICY, note="a sandboxed frame"),
        Example(request=_ASK % ("https://app.example", "PUT"), policy=_POLICY, note="a method that pages may not use"),
    ),
    passes=(
        Example(request="GET /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="no browser"),
        Example(request="GET /orders HTTP/1.1\nHost: api.example\nOrigin: https://app.example\n\n", policy=_POLICY),
        Example(
            request="OPTIONS /orders HTTP/1.1\nHost: api.example\nOrigin: https://app.example\n\n",
            policy=_POLICY,
            note="OPTIONS, but no preflight",
        ),
    ),
)

_OWN = frozenset(
    b"access-control-" + name
    for name in (
        b"allow-origin allow-credentials allow-methods allow-headers expose-headers max-age allow-private-network"
    ).split()
)
_VARY = b"Vary: Origin\r\n"
_PREFLIGHT_VARY = (b"Vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
_TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_ASKED_MOST = 64  # fields that a preflight may ask for; pages use a handful


class Options(Struct, frozen=True, kw_only=True):
    """`cors: {allow_origins: ["https://app.example"], credentials: true}`

    methods, headers: what a preflight may ask for; `*` is any. expose: response fields that pages may read. max_age: seconds
    for which browsers may remember a preflight (they cap it: Chromium at 7,200, Firefox at 86,400).
    """

    allow_origins: Annotated[tuple[Origin, ...], Meta(min_length=1)]
    methods: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    headers: tuple[Name, ...] = ("Authorization", "Content-Type")
    expose: tuple[Name, ...] = ()
    credentials: bool = False
    max_age: Annotated[int, Meta(ge=0, le=86_400)] = 600
    mode: Mode = Mode.ENFORCE

    def __post_init__(self) -> None:
        if any("\n" in word for word in (*self.allow_origins, *self.methods, *self.headers, *self.expose)):
            raise ValueError("an origin, method or field name ends with a line break")
        if self.credentials and "*" in self.allow_origins:
            raise ValueError("credentials with the origin * would let every page act for its visitor; list the origins")
        if self.credentials and "*" in self.expose:
            raise ValueError("browsers read expose: [*] literally where credentials are allowed; list the fields")


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    lines = _lines(options)
    other = lines.get(b"*", _VARY)
    preflight = _preflight(options)

    def check(view: View, evaluation: Evaluation) -> Outcome:
        origin = view.fields.get(b"origin")
        if origin is None:
            evaluation.add_field(other)
            return None
        if view.method == "OPTIONS" and b"access-control-request-method" in view.fields:
            return preflight(view, evaluation)
        evaluation.add_field(lines.get(origin, other))
        return None

    return Prepared(steps=(Step(Stage.PREFLIGHT, check),), drop_fields=_OWN, mode=options.mode)


def _lines(options: Options) -> dict[bytes, bytes]:
    """The lines of an actual answer, by origin. That of `*` is the same for all callers, so caches need no Vary."""
    extra = b"Access-Control-Allow-Credentials: true\r\n" if options.credentials else b""
    if options.expose:
        extra += b"Access-Control-Expose-Headers: " + ", ".join(options.expose).encode() + b"\r\n"
    if "*" in options.allow_origins:
        return {b"*": b"Access-Control-Allow-Origin: *\r\n" + extra}
    origins = [origin.encode() for origin in options.allow_origins]
    return {origin: b"Access-Control-Allow-Origin: " + origin + b"\r\n" + extra + _VARY for origin in origins}


def _preflight(options: Options) -> Check:
    any_origin, any_method, any_field = (
        "*" in allowed for allowed in (options.allow_origins, options.methods, options.headers)
    )
    origins = frozenset(origin.encode() for origin in options.allow_origins)
    methods = frozenset(method.encode() for method in options.methods)
    names = frozenset(name.lower().encode() for name in options.headers)
    static: tuple[tuple[bytes, bytes], ...] = (
        (b"Access-Control-Max-Age", b"%d" % options.max_age),
        *(((b"Access-Control-Allow-Credentials", b"true"),) if options.credentials else ()),
        _PREFLIGHT_VARY,
    )
    listed_methods, listed_names = b", ".join(sorted(methods)), b", ".join(sorted(names))

    def answer(view: View, evaluation: Evaluation) -> Outcome:  # noqa: ARG001
        fields = view.fields
        origin = fields[b"origin"]
        if not any_origin and origin not in origins:
            return _denial("header Origin", "an origin that is not allowed", origin)
        method = fields[b"access-control-request-method"]
        if not (method in methods or (any_method and _TOKEN.fullmatch(method))):
            return _denial("header Access-Control-Request-Method", "a method that pages may not use", method)
        wanted = fields.get(b"access-control-request-headers", b"")
        asked = [name.strip(b" \t").lower() for name in wanted.split(b",", _ASKED_MOST)] if wanted else []
        for name in asked:
            if not (name in names or (any_field and _TOKEN.fullmatch(name))):
                return _denial("header Access-Control-Request-Headers", "a field that pages may not send", name)
        return Answer(
            RULE.id,
            204,
            (
                (b"Access-Control-Allow-Origin", b"*" if any_origin else origin),
                (b"Access-Control-Allow-Methods", method if any_method else listed_methods),
                *(((b"Access-Control-Allow-Headers", b", ".join(asked) if any_field else listed_names),) if asked else ()),
                *static,
            ),
        )

    return answer


def _denial(place: str, reason: str, sample: bytes) -> Denial:
    return Denial(RULE.id, 403, reason, place, sample[:128].decode("latin-1"), fields=(_PREFLIGHT_VARY,))
