"""Basic authentication: the caller sends a name and a password with every request (RFC 7617).

For tools that know nothing better. Passwords are stored as argon2id hashes in a file that `yett password hash` makes lines
for; verifying one takes tens of milliseconds and megabytes of memory by design, so it is done off the event loop in a queue
of bounded length, and a good answer is remembered for `remember` seconds under a keyed hash. A full queue answers 503, never
401: it says nothing about the password. Unknown names take the same path with a decoy hash, so that time does not tell which
names exist.

To fix a refusal: check the name, and that the hash in the file is that of the password.

What it does not protect against: the password travels with every request, so use TLS; people choose bad ones; guessing is
only slowed down. Add a limit by address, as every guess also costs this machine work.
"""

from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated

from msgspec import Meta

from yett.formats.base64url import decode_padded
from yett.formats.credentials import User, decoy, read_users
from yett.formats.fingerprints import fingerprinter
from yett.model.decision import Denial, Evaluation, Stage, Unanswered, VerifyPassword, Wait, unset
from yett.model.exchange import View
from yett.model.mistake import DocumentError
from yett.model.operation import Credential, Principal
from yett.model.policy import FilePath, Struct
from yett.model.ports import Ports
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.recent import Recent
from yett.rules.refusal import quoted, refuser, unavailable

MAX_CREDENTIAL = 1_024
"""Octets of name, colon and password in base64: what is longer is refused before it is decoded."""

REMEMBERED = 1_024
"""Good passwords that are remembered per policy entry and worker: more than a users' file usually has."""

RETRY_AFTER = 1
"""Seconds after which a full queue has certainly moved."""

_HASH = "$argon2id$v=19$m=19456,t=2,p=1$eWV0dC1leGFtcGxlLW5vdC1zZWNyZXQ$W4hAE5TApiRfXU56reYtgQ4V0VhcuxVLKsBwwAgu/SA"
_FILES = {"users.yaml": f'users:\n  alice: {{hash: "{_HASH}"}}\n'}


def _example(note: str, line: str) -> Example:
    request = f"GET /reports HTTP/1.1\nHost: api.example\n{line}\n\n"
    return Example(request=request, policy="authenticate: [{basic: {users: users.yaml}}]", files=_FILES, note=note)


RULE = Rule(
    id="basic",
    title="Name and password required",
    severity=Severity.HIGH,
    setting="authenticate",
    entry="basic",
    per_operation=False,
    owasp=("API2:2023",),
    cwe=(306, 307, 916),
    references=("RFC 7617", "RFC 9106", "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"),
    matches=(
        _example("no name and password at all", "Accept: */*"),
        _example("a wrong password", "Authorization: Basic YWxpY2U6Z3Vlc3M="),
        _example("an unknown name: the caller cannot tell the difference", "Authorization: Basic bm9ib2R5OmV4YW1wbGU="),
    ),
    passes=(_example("the right password", "Authorization: Basic YWxpY2U6ZXhhbXBsZQ=="),),
)


class Basic(Struct, frozen=True, kw_only=True):
    """users: a file of users. realm: what the challenge names. remember: seconds that a good password is not verified again."""

    users: FilePath
    realm: str = "api"
    remember: Annotated[float, Meta(ge=0, le=600)] = 60.0

    def __post_init__(self) -> None:
        quoted(self.realm)


class Options(Struct, frozen=True, kw_only=True):
    """`authenticate: [{basic: {users: users.yaml, realm: reports}}]`"""

    basic: Basic


def prepare(options: Options, scope: Scope) -> Prepared:
    """Raises ValueError where the users' file cannot be used."""
    basic = options.basic
    shared = scope.ports.shared
    identify = shared.get((RULE.id, basic))
    if identify is None:
        identify = shared[RULE.id, basic] = _identifier(basic, scope.ports)
    challenge = b"Basic realm=" + quoted(basic.realm) + b', charset="UTF-8"'
    return Prepared(steps=(Step(Stage.AUTHENTICATE, identify, challenge),))


def _identifier(basic: Basic, ports: Ports) -> Callable[[View, Evaluation], Principal | Denial | Wait | None]:
    users = _users(basic, ports)
    hash_of = _hashes(users, ports.fingerprint_key)
    fingerprint = fingerprinter(ports.fingerprint_key)
    place = "header Authorization"
    refuse = refuser(RULE.id, place)
    malformed, wrong = refuse("not a name and a password"), refuse("unknown name or wrong password")
    keyed = blake2b(key=ports.fingerprint_key, digest_size=32, person=b"basic").copy
    remembered: Recent[tuple[float, Principal, Credential]] = Recent(REMEMBERED)

    def identify(view: View, evaluation: Evaluation) -> Principal | Denial | Wait | None:
        value = view.fields.get(b"authorization")
        if value is None or value[:6].lower() != b"basic ":
            return None
        if len(value) > MAX_CREDENTIAL:
            return malformed
        state = keyed()
        state.update(value[6:])
        digest = state.digest()
        known = remembered.get(digest)
        if known is not None and evaluation.now < known[0]:
            evaluation.credential = known[2]
            return known[1]
        return verify(value[6:], digest, evaluation)

    def verify(encoded: bytes, digest: bytes, evaluation: Evaluation) -> Principal | Denial | Wait:
        credential = evaluation.credential = Credential("basic", fingerprint(digest))
        pair = _pair(encoded.lstrip(b" "))
        if pair is None:
            return malformed
        name, password = pair
        need = VerifyPassword(hash_of(name), password)
        answer = evaluation.answer_to(need)
        if answer is unset:
            return Wait(need)
        if type(answer) is Unanswered:
            return unavailable(RULE.id, place, f"the password could not be verified: {answer.reason}", RETRY_AFTER)
        user = users.get(name)
        if not answer or user is None:
            return wrong
        principal = Principal(name, "basic", user.scopes, user.roles)
        remembered.put(digest, (evaluation.now + basic.remember, principal, credential))
        return principal

    return identify


def _users(basic: Basic, ports: Ports) -> dict[str, User]:
    if basic.users not in ports.files:
        raise ValueError(f"the file {basic.users} was not read")
    try:
        return read_users(ports.files[basic.users], basic.users)
    except DocumentError as error:
        raise ValueError(str(error)) from None


def _hashes(users: dict[str, User], key: bytes) -> Callable[[str], str]:
    """The hash to verify a name's password with. An unknown name always gets the same decoy, as dear as the hash of some
    user, in the proportion in which users have such hashes: even where costs differ, time tells nothing."""
    decoys = sorted(Counter(decoy(user.hash) for user in users.values()).elements())
    fingerprint = fingerprinter(key)

    def hash_of(name: str) -> str:
        drawn = decoys[int(fingerprint(name.encode()), 16) % len(decoys)]
        user = users.get(name)
        return drawn if user is None else user.hash

    return hash_of


def _pair(encoded: bytes) -> tuple[str, bytes] | None:
    """Name and password (RFC 7617, 2): the first colon separates; UTF-8; no control characters in either."""
    try:
        text = decode_padded(encoded).decode()
    except ValueError:
        return None
    name, colon, password = text.partition(":")
    if not colon or not name or any(character < " " or character == "\x7f" for character in text):
        return None
    return name, password.encode()
