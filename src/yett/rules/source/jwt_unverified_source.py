"""JSON Web Tokens taken without verification, in source.

A token is believed because of its signature. `verify=False`, `options={"verify_signature": False}`, `none` among the
algorithms, or `get_unverified_claims` take the claims of whoever wrote them. Without a list of algorithms, a token says itself
how it is verified.

The rule looks at calls of PyJWT and python-jose. Grave is a caller's token that is read so; of other calls nobody sees here
where the token comes from (one that a provider handed over a verified connection need not be verified again), and the severity
is low. Where the same function verifies a token as well, a first look at it is no finding.

To fix: `jwt.decode(token, key, algorithms=["RS256"], audience=…)`. Where claims must be read first, to find the key, verify
the same token afterwards.
"""

from collections.abc import Iterator

from yett.formats.python_source.tree import Constant, Mapping, Sequence
from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.program import Program, Site, Spotted
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-jwt-unverified",
    title="A token is taken without verification",
    says="is taken for a token without verifying its signature",
    severity=Severity.CRITICAL,
    flaws=(
        Flaw.JWT_UNVERIFIED,
        Flaw.JWT_CLAIMS_UNCHECKED,
    ),
    owasp=("API2:2023",),
    cwe=(
        347,
        345,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/347.html",
        "https://www.rfc-editor.org/rfc/rfc8725",
    ),
    matches=(
        Snippet(
            """
import jwt
from flask import Flask, request

app = Flask(__name__)

@app.get("/me")
def me():
    return jwt.decode(request.headers["Authorization"], options={"verify_signature": False})["sub"]
""",
        ),
        Snippet(
            """
from jose import jwt

def claims(token, key):
    return jwt.decode(token, key, algorithms=["HS256", "none"])
""",
        ),
    ),
    passes=(
        Snippet(
            """
import jwt

def claims(token, key):
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.decode(token, key[kid], algorithms=["RS256"], audience="shop")
""",
        ),
    ),
)

_DECODING = ("jwt.decode", "jose.jwt.decode", "jwt.api_jwt.decode", "jwt.PyJWT().decode", "jose.jws.verify")
_READING = ("jose.jwt.get_unverified_claims", "jwt.decode_complete")
_ELSEWHERE = "where the token comes from, and whether it is verified elsewhere, is not visible here"

SINKS = (
    Sink(_DECODING, (0, "jwt", "token")),
    Sink(("jose.jwt.get_unverified_claims",), (0, "token")),
)


def judge(hit: Hit) -> Verdict | None:
    """A caller's token without verification; a first look, before the same function verifies it, is none."""
    if any(".decode(" in one and "," in one and "False" not in one for one in hit.beside):
        return None
    said = f"{hit.options.get('options', '')} {hit.options.get('2', '')}"
    unverified = "verify_signature=False" in said or hit.options.get("verify") == "False"
    return CLAIMED if unverified or hit.callee.endswith("get_unverified_claims") else None


def look(program: Program) -> Iterator[Spotted]:
    """What can be said of a call alone; where its token comes from a caller, the flow says more."""
    verifying = {(one.place.file, one.place.function) for one in program.sites if _verifies(one)}
    for site in program.calls(*_DECODING):
        found = _wrong(site)
        if found is None:
            continue
        text, flaw, severity = found
        if severity is Severity.LOW and (site.place.file, site.place.function) in verifying:
            continue  # its header or issuer is read first, to find the key
        yield Spotted(
            place=site.place,
            subject=site.call.text,
            text=text,
            flaw=flaw,
            severity=severity,
            confidence=Confidence.LOW if severity is Severity.LOW else None,
            reasons=(_ELSEWHERE,) if severity is Severity.LOW else (),
            note=text,
        )


def _verifies(site: Site) -> bool:
    """Whether a call is one that decodes a token and verifies it."""
    return site.callee.endswith(".decode") and len(site.call.arguments) > 1 and "False" not in site.call.text


def _wrong(site: Site) -> tuple[str, Flaw, Severity] | None:
    verify = site.argument(2, "verify") if site.argument(-1, "algorithms") is None else site.argument(-1, "verify")
    if isinstance(verify, Constant) and verify.value is False:
        return "The signature of a token is not verified (verify=False)", Flaw.JWT_UNVERIFIED, Severity.LOW
    options = site.argument(-1, "options")
    for key, value in options.pairs if isinstance(options, Mapping) else ():
        if isinstance(key, Constant) and isinstance(value, Constant) and value.value is False:
            if key.value == "verify_signature":
                return "The signature of a token is not verified (verify_signature)", Flaw.JWT_UNVERIFIED, Severity.LOW
            if key.value in ("verify_exp", "verify_aud"):
                return f"A token's claim is not checked ({key.value})", Flaw.JWT_CLAIMS_UNCHECKED, Severity.LOW
    listed = site.argument(2, "algorithms")
    for one in listed.items if isinstance(listed, Sequence) else (listed,):
        if isinstance(one, Constant) and isinstance(one.value, str) and one.value.lower() == "none":
            return "Tokens without a signature are taken (algorithm none)", Flaw.JWT_UNVERIFIED, Severity.CRITICAL
    return None
