"""Fields that protect callers are missing, or tell too much: nosniff, HSTS, policies of pages, versions of software.

They are cheap insurance: `X-Content-Type-Options: nosniff` keeps browsers from reading data as pages,
`Strict-Transport-Security` from speaking without TLS; versions in `Server` and `X-Powered-By` tell which known holes to try.

What is looked at: answers that came anyway, and one more. One finding lists all that is missing.

To fix: set them at one place, in front of the application.
"""

from collections import Counter

from yett.model.probe import Claim, Exchanged, Flaw, ProbeRule, Probing, Sign
from yett.model.rule import Severity
from yett.rules.probing.readers import ask, readers
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="protecting-fields",
    title="Protecting fields are missing, or fields tell too much",
    severity=Severity.LOW,
    flaws=(Flaw.MISSING_SECURITY_FIELD,),
    scope="target",
    requests=3,
    weight=7,
    owasp=("API8:2023",),
    cwe=(693, 200),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html",),
)

_PROTECTING = {
    "no X-Content-Type-Options: nosniff": "X-Content-Type-Options",
    "no Strict-Transport-Security": "Strict-Transport-Security",
    "pages without a Content-Security-Policy": "Content-Security-Policy",
}
_TELLING = ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator")


def probe(target: Target) -> Probing:
    found = readers(target, 200)
    if not found:
        return
    missing: Counter[str] = Counter()
    for _, one in found:
        missing.update(_missing(one, target.secure))
    everywhere = [text for text, count in missing.items() if count >= max(1, len(found) // 2)]
    if not everywhere:
        return
    shown = next((one for _, one in found if set(_missing(one, target.secure)) & set(everywhere)), found[0][1])
    again = yield from ask(shown.call, "the answer without these fields")
    listed = "; ".join(everywhere)
    lacking = tuple(name for text, name in _PROTECTING.items() if text in everywhere)
    yield Claim(
        flaw=Flaw.MISSING_SECURITY_FIELD,
        identities=(shown.call.identity,),
        text=f"Answers lack fields that protect, or tell too much: {listed}.",
        reasons=(f"seen in {max(missing.values())} of {len(found)} operations that answer",),
        proof=(again,),
        uncontrolled="a field that is not there, or tells a version, is what it is; the reasons say in how many answers",
        shows=() if lacking else tuple(text.partition(": ")[2].removesuffix(" tells a version") for text in everywhere),
        sign=Sign(kind="lacking", names=lacking) if lacking else Sign(),
    )


def _missing(one: Exchanged, secure: bool) -> list[str]:
    """What is wrong with the fields of an answer, in words."""
    field, kind = one.answer.field, one.answer.field("content-type").lower()
    found = []
    if field("x-content-type-options").lower() != "nosniff":
        found.append("no X-Content-Type-Options: nosniff")
    if secure and not field("strict-transport-security"):
        found.append("no Strict-Transport-Security")
    if "html" in kind and not field("content-security-policy"):
        found.append("pages without a Content-Security-Policy")
    for name in _TELLING:
        value = field(name)
        if any(letter.isdigit() for letter in value):
            found.append(f"{name}: {value[:60]} tells a version")
    return found
