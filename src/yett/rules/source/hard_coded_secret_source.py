"""Secrets in source: keys, tokens and passwords that everybody with the code has.

Code is copied: to laptops, to builds, to images, to whoever left. A secret in it cannot be taken back, and one that signs
tokens makes everybody who reads the code whoever they like.

The rule looks for texts that are keys by their form (those of the classes of sensitive data: clouds, code hosts, payment
services, private keys), and for texts under the name of a secret: keys that sign sessions and tokens (`SECRET_KEY`, the key of
`jwt.encode` and `jwt.decode`) and passwords of databases. Texts that say that they are none (`changeme`, `<your key>`, empty
ones) are told where they sign, for they are what runs when nobody changes them. The secret itself is never shown. A line in
which somebody told other tools that it is none (`# noqa: S105`, `# nosec`) is believed, but for keys by their form.

To fix: read it from the environment or a store of secrets, refuse to start without it, and change the one that was in the
code.
"""

from collections.abc import Iterator

from yett.formats.python_source.tree import Name
from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.literals import Literal, is_accepted, is_placeholder, is_text_of_secret, literals, named_key, shape
from yett.rules.sourcing.program import Place, Program, Spotted

RULE = SourceRule(
    id="source-hard-coded-secret",
    title="A secret stands in the code",
    severity=Severity.HIGH,
    flaws=(
        Flaw.HARD_CODED_SECRET,
        Flaw.JWT_WEAK_KEY,
    ),
    owasp=(
        "API2:2023",
        "API8:2023",
    ),
    cwe=(
        798,
        321,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/798.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = "random"
""",
        ),
        Snippet(
            """
import jwt

def token(user):
    return jwt.encode({"sub": user}, "s3cr3t-for-tokens", algorithm="HS256")
""",
        ),
        Snippet(
            """
AWS = {"access": "AKIA" "Z7QW2LMN4PXR6TSV"}
""",
        ),
        Snippet(
            """
import jwt

KEY = "s3cr3t-for-tokens"

def token(user):
    return jwt.encode({"sub": user}, KEY, algorithm="HS256")
""",
        ),
    ),
    passes=(
        Snippet(
            """
import os
import jwt
from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
TOKEN_URL = "/oauth/token"
PASSWORD = "of-the-demo"  # noqa: S105
PASSWORD_FIELD = "password"

def token(user):
    return jwt.encode({"sub": user}, app.config["SECRET_KEY"], algorithm="HS256")
""",
        ),
    ),
)

_SIGNING = ("jwt.encode", "jwt.decode", "jose.jwt.encode", "jose.jwt.decode", "itsdangerous.URLSafeTimedSerializer", "hmac.new")


def look(program: Program) -> Iterator[Spotted]:
    told: set[tuple[str, int]] = set()
    keys: set[tuple[str, str]] = set()
    for site in program.sites:
        if site.callee in _SIGNING:
            key = site.argument(0 if site.callee.startswith(("itsd", "hmac")) else 1, "key")
            if isinstance(key, Name):
                keys.add((site.place.file, key.id))
            text = is_text_of_secret(key)
            if text:
                told.add((site.place.file, site.call.line))
                called = site.callee.rpartition(".")[0]
                yield _signing(site.place, f"{called} key", f"The key of {site.callee} stands in the code", text)
    for file, module in program.modules.items():
        for one in literals(module):
            if (file, one.line) in told:
                continue
            if is_accepted(module.lines[one.line - 1]) and shape(one.text) is None:
                continue
            found = _found(file, one, not one.function and (file, one.name) in keys)
            if found is not None:
                told.add((file, one.line))
                yield found


def _found(file: str, one: Literal, signs: bool) -> Spotted | None:
    """signs: the text stands at the level of its module, under a name that is handed over as a key."""
    place = Place(file, one.line, one.column, one.function)
    form = shape(one.text)
    if form is not None:
        return Spotted(place=place, subject=f"{form.id} {one.name}", text=f"{form.title} stands in the code", note=form.title)
    kind = "signing" if signs and one.text else named_key(one)
    if kind == "signing":
        return _signing(place, one.name, f"{one.name}, which signs, stands in the code", one.text)
    if kind == "password" and not is_placeholder(one.text):
        return Spotted(
            place=place,
            subject=one.name,
            text=f"{one.name} is a text in the code",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            note="a text under the name of a secret",
        )
    return None


def _signing(place: Place, subject: str, text: str, key: str) -> Spotted:
    weak = is_placeholder(key)
    reasons = ["whoever has the code signs what they like"]
    reasons += ["it is one of the words that are tried first"] if weak else []
    return Spotted(
        place=place,
        subject=subject,
        text=text,
        flaw=Flaw.JWT_WEAK_KEY if weak else Flaw.HARD_CODED_SECRET,
        reasons=tuple(reasons),
        note="a key that signs",
    )
