"""Users of the target: how one is registered, how one logs in, and where the credential stands in an answer.

It must not know how the identities of the caller log in; that is the edge's.
"""

from base64 import b64encode
from collections.abc import Generator, Iterable, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from yett.model.probe import ANONYMOUS, Answer, Call, Made, Send, Step
from yett.rules.probing.identity import Headers, Identity
from yett.rules.probing.operation import Operation
from yett.rules.probing.resources import plain
from yett.rules.probing.wording import listed

if TYPE_CHECKING:
    from yett.rules.probing.target import Target

_TOKENS = (
    "accesstoken",
    "authtoken",
    "token",
    "jwt",
    "idtoken",
    "bearer",
    "sessiontoken",
    "apitoken",
    "apikey",
    "sessionid",
    "session",
    "key",
)
_KINDS = 6
"""Operations that register somebody, beyond the first, which are used."""
_NAMES = ("username", "user", "login", "email", "mail", "name", "userid", "phone", "identifier", "account")


def own_value(identity: Identity | None, name: str) -> str | None:
    """What an identity logs in with, for a field of that name; None where that is unknown."""
    if identity is None:
        return None
    field = plain(name)
    facts = {plain(key): value for key, value in identity.facts.items()}
    if "password" in field or field in ("pass", "pwd", "passwd", "secret"):
        return identity.password or None
    if facts.get(field):
        return facts[field]
    return (identity.username or None) if field in _NAMES else None


def credential_in(target: "Target", answer: Answer) -> Headers:
    """The credential that an answer hands out: a token in its body or a cookie; () where there is none."""
    found = _token(answer.json(), 0)
    if found:
        return _carried(target, found)
    cookies = [value.decode("latin-1").partition(";")[0] for name, value in answer.fields if name.lower() == b"set-cookie"]
    return (("Cookie", "; ".join(cookies)),) if cookies else ()


def log_in(
    target: "Target", values: Mapping[str, str], near: Operation | None = None
) -> Generator[Step, Any, tuple[Answer | None, Headers]]:
    """See `Target.log_in`. near: the operation that registered the user; logins below the same path come first."""
    last: Answer | None = None
    for operation in sorted(target.find("login"), key=lambda one: -_shared(one, near))[:2]:
        last = yield Send(login_call(target, operation, values))
        if target.succeeded(last) and (credential := credential_in(target, last)):
            return last, credential
    return last, ()


def _shared(one: Operation, near: Operation | None) -> int:
    """Segments with which both paths begin."""
    pairs = zip(one.segments, near.segments, strict=False) if near is not None else ()
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def login_call(target: "Target", operation: Operation, values: Mapping[str, str]) -> Call:
    """The call that logs in with these values; a field that is not among them gets the username's."""
    known = {plain(name): value for name, value in values.items()}
    user = next((known[name] for name in _NAMES if name in known), "")
    given: dict[str, Any] = {}
    for place in operation.places:
        field = plain(place.name.rpartition("/")[2])
        if "password" in field or field in ("pass", "pwd", "passwd", "secret"):
            given[place.text] = known.get(field, known.get("password", ""))
        elif field in known:
            given[place.text] = known[field]
        elif field in _NAMES:
            given[place.text] = user
    return target.fresh(operation, ANONYMOUS, given)


def register(target: "Target", given: dict[str, Any]) -> Generator[Step, Any, Identity | None]:
    """See `Target.register`."""
    for operation in sorted(target.find("register"), key=lambda one: not target.workers(one))[:2]:
        made = yield from register_by(target, operation, given)
        if made is not None or target.workers(operation):
            return made
    return None


def register_by(
    target: "Target", operation: Operation, given: dict[str, Any] | None = None
) -> Generator[Step, Any, Identity | None]:
    """Register a throwaway user by that operation and log in; None where that does not succeed. Three registrations are tried."""
    for variant in dict.fromkeys((target.variant(operation), 0, 2)):
        call = target.fresh(operation, ANONYMOUS, given, variant)
        answer: Answer = yield Send(call)
        if target.succeeded(answer):
            return (yield from _registered(target, operation, call, answer, variant))
        if answer.status in (401, 403, 404, 405, 429):
            break
    return None


def register_others(target: "Target", usable: Iterable[Operation]) -> Generator[Step, Any, None]:
    """A user of each further kind that can be registered, such as merchants beside customers."""
    ways = [one for one in usable if target.doing(one) == "register" and not target.workers(one)]
    for operation in ways[:_KINDS]:
        yield from register_by(target, operation)


def _registered(
    target: "Target", operation: Operation, call: Call, answer: Answer, variant: int
) -> Generator[Step, Any, Identity | None]:
    one = target.observe(operation, call, answer, variant)
    sent = operation.body_of(call)
    facts = {str(name): str(value) for name, value in _flat(sent).items() if isinstance(value, str | int)}
    password = next((value for name, value in facts.items() if "password" in plain(name) or plain(name) in ("pass", "pwd")), "")
    if one is not None:
        facts.update(
            {
                name: str(value)
                for name, value in one.values.items()
                if plain(name) in ("id", "userid", "uuid", "username", "email")
            }
        )
    facts = {name: value for name, value in facts.items() if value and value != password}
    username = next((facts[name] for wanted in _NAMES for name in facts if plain(name) == wanted), "")
    credential = credential_in(target, answer)
    entered: Answer | None = None
    if not credential:
        entered, credential = yield from log_in(target, {**facts, "password": password}, operation)
    if not credential:
        credential = _basic(target, username, password)
    name = f"throwaway-{sum(one.throwaway for one in target.identities.values()) + 1}"
    least = min((one.rank for one in target.identities.values()), default=0)
    identity = Identity(
        name=name, rank=least, credential=credential, username=username, password=password, facts=_naming(facts), throwaway=True
    )
    target.add(identity)
    undo = _leaving(target, name)
    if one is not None:
        one.made, one.made_by = True, name
        undo += target.made(operation, one, name).undo
    target.learn(identity, answer, one)
    target.learn(identity, entered, one)
    yield Made(f"user {username}", undo)
    return identity if credential else None


def _flat(sent: Any) -> dict[str, Any]:
    """The members of a body, those of the objects in it too: `{"user": {"name": …}}`."""
    found: dict[str, Any] = {}
    for name, value in sent.items() if isinstance(sent, dict) else ():
        found.update(value if isinstance(value, dict) else {name: value})
    return found


def _leaving(target: "Target", name: str) -> tuple[Call, ...]:
    """The calls by which a user removes itself: DELETE of what is its own, without naming anybody."""
    own = listed("me self account profile user myself current")
    found = [one for one in target.operations if one.method == "DELETE" and not one.path_names and one.segments]
    return tuple(Call(method="DELETE", path=one.path({}), identity=name) for one in found if one.segments[-1].lower() in own)


def _basic(target: "Target", username: str, password: str) -> Headers:
    """Name and password with every request (RFC 7617), where that is how the target is spoken to; () where it is not."""
    spoken = any(value[:6].lower() == "basic " for one in target.identities.values() for _, value in one.credential) or any(
        one.type == "basic" for one in target.schemes.values()
    )
    if not spoken or not username or not password or ":" in username:
        return ()
    return (("Authorization", "Basic " + b64encode(f"{username}:{password}".encode()).decode()),)


def _naming(facts: Mapping[str, str]) -> dict[str, str]:
    """Only what names the user, and nobody else."""
    wanted = (*_NAMES, "id", "uuid", "handle")
    return {name: value for name, value in facts.items() if plain(name) in wanted}


def _token(tree: Any, depth: int) -> str:
    """The token in an answer, by the names of members, the likeliest first; else what looks like a JWT."""
    if depth > 3 or not isinstance(tree, dict):
        return ""
    known = {plain(str(name)): value for name, value in tree.items() if isinstance(value, str) and len(value) >= 8}
    for name in _TOKENS:
        if name in known:
            return str(known[name])
    for value in known.values():
        if value.startswith("eyJ") and value.count(".") == 2:
            return value
    return next(filter(None, (_token(part, depth + 1) for part in tree.values())), "")


def _carried(target: "Target", token: str) -> Headers:
    """The header field in which the target takes a token: as another identity's goes, as the description says, else as bearer."""
    for identity in target.identities.values():
        for name, value in identity.credential:
            scheme, space, _ = value.partition(" ")
            if name.lower() == "authorization" and space:
                return ((name, f"{scheme} {token}"),)
            if name.lower() not in ("authorization", "cookie") and len(identity.credential) == 1:
                return ((name, token),)
    for scheme_ in target.schemes.values():
        if scheme_.type == "apiKey" and scheme_.place == "header" and scheme_.field.lower() != "authorization":
            return ((scheme_.field, token),)
    return (("Authorization", f"Bearer {token}"),)
