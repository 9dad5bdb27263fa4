"""Old versions of TLS are spoken, or the certificate cannot be trusted.

TLS 1.0 and 1.1 have weaknesses by design and are not to be used (RFC 8996). A certificate that callers cannot verify teaches
them not to verify.

What is tried: one handshake for each version. Nothing is tried where the target is spoken to without TLS; that is a finding of
its own where it is not this machine.

To fix: allow TLS 1.2 and 1.3 only; renew certificates by a program.
"""

from yett.model.probe import Claim, Flaw, Handshake, ProbeRule, Probing, Sign, Tls
from yett.model.rule import Severity
from yett.rules.probing.readers import get
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="tls-versions",
    title="TLS is old, or its certificate is not to be trusted",
    severity=Severity.MEDIUM,
    flaws=(Flaw.WEAK_TLS,),
    scope="target",
    requests=2,
    weight=6,
    owasp=("API8:2023",),
    cwe=(326, 295),
    references=("https://www.rfc-editor.org/rfc/rfc8996",),
)

SOON = 7 * 86_400
"""Seconds before its end at which a certificate should have been renewed."""


def probe(target: Target) -> Probing:
    if not target.secure:
        return
    current: Handshake = yield Tls("TLSv1.2")
    if current.failure:
        current = yield Tls("TLSv1.3")
    problems = list(current.certificate)
    if current.expires and 0 < current.expires - target.now < SOON:
        problems.append(f"it ends in {int((current.expires - target.now) / 3600)} hours")
    old = []
    for version in ("TLSv1", "TLSv1.1"):
        one: Handshake = yield Tls(version)
        if one.accepted:
            old.append(f"{version} ({one.cipher or 'unknown cipher'})")
    if not old and not problems:
        return
    shown = yield from get("/", note="any request over this connection")
    for flawed, text in (
        (old, "speaks " + " and ".join(old)),
        (problems, "has a certificate with problems: " + "; ".join(problems)),
    ):
        if flawed:
            yield Claim(
                flaw=Flaw.WEAK_TLS,
                place="version" if flawed is old else "certificate",
                text=f"The target {text}.",
                reasons=("RFC 8996 forbids it",) if flawed is old else ("callers cannot tell it from somebody else's",),
                proof=(shown,),
                uncontrolled="a handshake that succeeds, or a certificate, is what it is; the other versions are in the text",
                sign=Sign(kind="tls", names=(old[0].partition(" ")[0],) if flawed is old else ()),
                severity=Severity.LOW if flawed is problems and not current.certificate else None,
            )
