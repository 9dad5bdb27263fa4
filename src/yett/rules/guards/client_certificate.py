"""Client certificates: the caller proves who it is in the TLS handshake, with a key that never leaves it.

The listener asks for the certificate and verifies it against its `client_ca`
(`listen: [{tls: {client_ca: ..., client_auth: optional}}]`); this guard only decides who a verified certificate is. Without
`client_auth` no certificate is ever seen, and everyone is refused. Certificates are named by what they bind: the SHA-256
fingerprint (one certificate, until it is renewed), a subject alternative name, or the subject.

With an empty `allow`, everyone who has a certificate of the authority is let in under the certificate's subject: right for
an authority of one's own, wrong for one that sells certificates.

What it does not protect against: a stolen key, until the authority or the policy refuses the certificate; revocation lists
are not fetched.
"""

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from yett.formats.fingerprints import fingerprinter
from yett.model.decision import Denial, Evaluation, Stage
from yett.model.exchange import TLSFacts, View
from yett.model.operation import Credential, Principal
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.refusal import Grant, refuser

Text = Annotated[str, Meta(min_length=1, max_length=1024)]
Fingerprint = Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$(?!\n)")]

_REQUEST = "GET /orders HTTP/1.1\nHost: api.example\n\n"
_POLICY = "authenticate: [{client_certificate: {allow: [{name: billing.example}]}}%s]"

RULE = Rule(
    id="client-certificate",
    title="Client certificate required",
    severity=Severity.HIGH,
    setting="authenticate",
    entry="client_certificate",
    per_operation=False,
    owasp=("API2:2023",),
    cwe=(306, 295),
    references=("RFC 8446, 4.4.2", "RFC 5280, 4.2.1.6", "RFC 6125"),
    matches=(Example(request=_REQUEST, policy=_POLICY % "", note="no certificate in the handshake"),),
    passes=(Example(request=_REQUEST, policy=_POLICY % ", anonymous", note="no certificate where none is needed"),),
)


class Allowed(Grant, frozen=True, kw_only=True):
    """One certificate, named by exactly one of the three. principal: who it is; by default the name that matched.

    name: a subject alternative name, exactly: a DNS name, URI, mail or IP address. subject: as RFC 4514 writes it.
    """

    fingerprint: Fingerprint | None = None
    name: Text | None = None
    subject: Text | None = None
    principal: Text | None = None

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.fingerprint, self.name, self.subject)) != 1:
            raise ValueError("a certificate is named by exactly one of fingerprint, name and subject")


class Certificates(Struct, frozen=True, kw_only=True):
    """allow: the certificates that are let in; none means every one that the listener verified."""

    allow: tuple[Allowed, ...] = ()


class Options(Struct, frozen=True, kw_only=True):
    """`authenticate: [{client_certificate: {allow: [{name: billing.example, principal: billing}]}}]`"""

    client_certificate: Certificates


def prepare(options: Options, scope: Scope) -> Prepared:
    unknown = refuser(RULE.id, "client certificate")("a certificate that is not allowed")
    find = _finder(options.client_certificate.allow)
    if not options.client_certificate.allow:
        scope.gap("allowed certificates", "every certificate that the listener verified is let in, because `allow` is empty")
    fingerprint = fingerprinter(scope.ports.fingerprint_key)

    def identify(view: View, evaluation: Evaluation) -> Principal | Denial | None:
        tls = view.tls
        if tls is None or not tls.fingerprint:
            return None
        facts: dict[str, str | int | float | list[str]] = {"subject": tls.subject[:256], "certificate": tls.fingerprint}
        evaluation.credential = Credential("client_certificate", fingerprint(tls.fingerprint.encode()), facts)
        return find(tls) or unknown

    return Prepared(steps=(Step(Stage.AUTHENTICATE, identify, b'ClientCertificate realm="api"'),))


def _finder(allowed: tuple[Allowed, ...]) -> Callable[[TLSFacts], Principal | None]:
    if not allowed:
        return lambda tls: Principal(tls.subject or tls.fingerprint, "client_certificate")
    by_fingerprint: dict[str, Principal] = {}
    by_name: dict[str, Principal] = {}
    by_subject: dict[str, Principal] = {}
    for entry in allowed:
        matched = entry.fingerprint or entry.name or entry.subject or ""
        principal = Principal(entry.principal or matched, "client_certificate", entry.scopes, entry.roles)
        if entry.fingerprint is not None:
            by_fingerprint[entry.fingerprint.replace(":", "").lower()] = principal
        elif entry.name is not None:
            by_name[entry.name] = principal
        else:
            by_subject[matched] = principal

    def find(tls: TLSFacts) -> Principal | None:
        principal = by_fingerprint.get(tls.fingerprint) or by_subject.get(tls.subject)
        if principal is None and by_name:
            principal = next((by_name[name] for name in tls.names if name in by_name), None)
        return principal

    return find
