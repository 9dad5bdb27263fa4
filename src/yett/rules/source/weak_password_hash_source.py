"""Weak hashes of passwords, in source.

MD5, SHA-1 and SHA-2 are made to be fast: a card of a graphics workstation tries billions a second against a stolen table.
Hashes of passwords are made to be slow, and take a salt.

The rule looks for `hashlib` (and `django`'s and Passlib's fast hashers) on a value that is called a password. Checks of
passwords against breach lists, which need SHA-1, are told too, with low confidence elsewhere.

To fix: Argon2id, scrypt or bcrypt, from `argon2-cffi`, `hashlib.scrypt` or `bcrypt`.
"""

from collections.abc import Iterator

from yett.formats.python_source.tree import Attribute, Constant, Name, Subscript
from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.program import Program, Site, Spotted
from yett.rules.sourcing.walking import inside
from yett.rules.sourcing.words import parts

RULE = SourceRule(
    id="source-weak-password-hash",
    title="A password is kept by a fast hash",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    flaws=(Flaw.WEAK_HASH,),
    owasp=("API2:2023",),
    cwe=(
        916,
        328,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/916.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
import hashlib

def register(name, password):
    return hashlib.md5(password.encode()).hexdigest()
""",
        ),
    ),
    passes=(
        Snippet(
            """
import hashlib
from argon2 import PasswordHasher

def register(name, password):
    return PasswordHasher().hash(password), hashlib.md5(name.encode()).hexdigest()
""",
        ),
    ),
)

_FAST = tuple(f"hashlib.{name}" for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b"))
_NAMES = frozenset(("password", "passwd", "pwd", "passphrase", "passcode"))


def look(program: Program) -> Iterator[Spotted]:
    for site in program.calls(*_FAST):
        if _hashes_password(site):
            broken = site.callee.endswith(("md5", "sha1"))
            reasons = ("the hash is broken as well",) if broken else ()
            yield Spotted(
                place=site.place,
                subject=site.call.text,
                text=f"A password is hashed with {site.callee}, which is made to be fast",
                severity=Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                reasons=reasons,
                note="a fast hash of a password",
            )


def _hashes_password(site: Site) -> bool:
    for argument in site.call.arguments:
        for one in inside(argument.value):
            name = one.id if isinstance(one, Name) else one.name if isinstance(one, Attribute) else ""
            if isinstance(one, Subscript) and isinstance(one.index, Constant):
                name = str(one.index.value)
            if parts(name) & _NAMES:
                return True
    return False
