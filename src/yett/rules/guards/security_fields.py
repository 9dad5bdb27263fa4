"""Security fields: what every answer should tell browsers and caches, whoever wrote the upstream.

Browsers guess content types, remember answers, send Referer fields and let pages be framed unless told otherwise; an API's
answers need none of that. Set on every answer: `X-Content-Type-Options: nosniff` and, over https only (RFC 6797, 7.2),
`Strict-Transport-Security`; these replace what the upstream says. Set where the upstream says nothing: Cache-Control,
Content-Security-Policy, Referrer-Policy and X-Frame-Options.

To fix: usually nothing; an answer that should be cached says so with its own Cache-Control. An option that is empty (or
`hsts_max_age: 0`) leaves the upstream's field as it is.

What it does not protect against: a weak policy that the upstream itself sends is not repaired; `yett check` cannot see it.
"""

from typing import Annotated

from msgspec import Meta

from yett.model.decision import Check, Evaluation, Mode, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step

Value = Annotated[str, Meta(pattern=r"^[\x20-\x7e]*$", max_length=4_096)]

_POLICY = "security_fields: true"
_REQUEST = "GET /orders HTTP/1.1\nHost: api.example\n\n"

RULE = Rule(
    id="security-fields",
    title="Security fields of answers",
    severity=Severity.LOW,
    setting="security_fields",
    per_operation=False,
    owasp=("API8:2023",),
    cwe=(693, 1021, 524),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers",
        "RFC 6797",
        "RFC 9111, 5.2.2.5",
    ),
    matches=(
        Example(request=_REQUEST, response="HTTP/1.1 200 OK\n\n{}", policy=_POLICY, note="an answer without any of them"),
        Example(
            request=_REQUEST,
            response="HTTP/1.1 200 OK\nX-Content-Type-Options: none\n\n{}",
            policy=_POLICY,
            note="a value that browsers do not know is replaced",
        ),
    ),
    passes=(
        Example(
            request=_REQUEST,
            response="HTTP/1.1 200 OK\nCache-Control: max-age=60\n\n{}",
            policy=_POLICY,
            note="caching that the upstream asked for stays",
        ),
    ),
)


class Options(Struct, frozen=True, kw_only=True):
    """`security_fields: {hsts_subdomains: true}`

    hsts_max_age: seconds for which browsers come back by https only. hsts_subdomains: the same for all subdomains of the host,
    which may be other people's. An empty value leaves a field alone.
    """

    hsts_max_age: Annotated[int, Meta(ge=0, le=315_360_000)] = 31_536_000
    hsts_subdomains: bool = False
    hsts_preload: bool = False
    cache_control: Value = "no-store"
    content_security_policy: Value = "frame-ancestors 'none'"
    frame_options: Annotated[str, Meta(pattern="^(DENY|SAMEORIGIN)?$")] = "DENY"
    referrer_policy: Value = "no-referrer"
    mode: Mode = Mode.ENFORCE

    def __post_init__(self) -> None:
        values = (self.cache_control, self.content_security_policy, self.frame_options, self.referrer_policy)
        if any("\n" in value for value in values):
            raise ValueError("a field's value ends with a line break")
        if self.hsts_preload and not (self.hsts_subdomains and self.hsts_max_age >= 31_536_000):
            raise ValueError("preload lists want hsts_subdomains, and an hsts_max_age of at least 31536000")  # hstspreload.org


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    defaults = {
        b"cache-control": options.cache_control,
        b"content-security-policy": options.content_security_policy,
        b"x-frame-options": options.frame_options,
        b"referrer-policy": options.referrer_policy,
    }
    return Prepared(
        steps=(Step(Stage.ENTRY, _transport_security(options)),) if options.hsts_max_age else (),
        set_fields=((b"x-content-type-options", b"nosniff"),),
        default_fields=tuple((name, value.encode()) for name, value in defaults.items() if value),
        drop_fields=frozenset((b"strict-transport-security",)) if options.hsts_max_age else frozenset(),
        mode=options.mode,
    )


def _transport_security(options: Options) -> Check:
    """The only field that depends on the request. At the entry, so that refusals have it as well."""
    value = f"max-age={options.hsts_max_age}"
    value += "; includeSubDomains" * options.hsts_subdomains + "; preload" * options.hsts_preload
    line = f"Strict-Transport-Security: {value}\r\n".encode()

    def check(view: View, evaluation: Evaluation) -> None:
        if view.scheme == "https":
            evaluation.add_field(line)

    return check
