"""JSON Web Tokens taken without verification, in source.

A token is believed because of its signature. `verify=False`, `options={"verify_signature": False}`, `none` among the
algorithms, or `get_unverified_claims` take the claims of whoever wrote them. Without a list of algorithms, a token says itself
how it is verified.

The rule looks at calls of PyJWT, python-jose, Authlib and joserfc.

To fix: `jwt.decode(token, key, algorithms=["RS256"], audience=…)`. Where claims must be read first, to find the key, verify
the same token afterwards.
"""

from collections.abc import Iterator

from yett.formats.python_source.tree import Constant, Mapping, Sequence
from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.program import Program, Site, Spotted

RULE = SourceRule(
    id="source-jwt-unverified",
    title="A token is taken without verification",
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


def look(program: Program) -> Iterator[Spotted]:
    for site in program.calls(*_DECODING):
        found = _wrong(site)
        if found is not None:
            text, flaw, severity = found
            yield Spotted(place=site.place, subject=site.call.text, text=text, flaw=flaw, severity=severity, note=text)
    for site in program.calls(_READING[0]):
        text = "Claims of a token are read without verification"
        yield Spotted(
            place=site.place,
            subject=site.call.text,
            text=text,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            reasons=("it may be verified elsewhere",),
            note="claims of whoever wrote the token",
        )


def _wrong(site: Site) -> tuple[str, Flaw, Severity] | None:
    verify = site.argument(2, "verify") if site.argument(-1, "algorithms") is None else site.argument(-1, "verify")
    if isinstance(verify, Constant) and verify.value is False:
        return "The signature of a token is not verified (verify=False)", Flaw.JWT_UNVERIFIED, Severity.CRITICAL
    options = site.argument(-1, "options")
    for key, value in options.pairs if isinstance(options, Mapping) else ():
        if isinstance(key, Constant) and isinstance(value, Constant) and value.value is False:
            if key.value == "verify_signature":
                return "The signature of a token is not verified (verify_signature)", Flaw.JWT_UNVERIFIED, Severity.CRITICAL
            if key.value in ("verify_exp", "verify_aud"):
                return f"A token's claim is not checked ({key.value})", Flaw.JWT_CLAIMS_UNCHECKED, Severity.MEDIUM
    listed = site.argument(2, "algorithms")
    for one in listed.items if isinstance(listed, Sequence) else (listed,):
        if isinstance(one, Constant) and isinstance(one.value, str) and one.value.lower() == "none":
            return "Tokens without a signature are taken (algorithm none)", Flaw.JWT_UNVERIFIED, Severity.CRITICAL
    return None
