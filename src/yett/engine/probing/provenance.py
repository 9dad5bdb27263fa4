"""What a proof rests on: the calls that made the objects and users in it, and where in their answers its ids and tokens came
from.

With that, a proof can be repeated on a fresh instance. It must not know how a script is written.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged
from yett.rules.probing.encoding import body_value, target_text, unquoted
from yett.rules.probing.resources import plain
from yett.rules.probing.target import Target

MOST = 12
"""Calls that come before a proof."""
WALKED = "walked"
"""The note of a call in a trace that the walk made: it means no harm, so proofs rest on such calls where they can."""
_DEEP = 6
_WIDE = 200


class Taken(msgspec.Struct, frozen=True):
    """A value that an answer gives: its variable, the JSON pointer to it ("" for the last segment of Location, "cookie NAME" for a
    cookie that it sets), the value itself."""

    variable: str
    pointer: str
    value: str
    number: bool = False


class Line(msgspec.Struct, frozen=True):
    """One call of a script, and what is taken from its answer. setup: whether it only prepares."""

    step: Exchanged
    takes: tuple[Taken, ...] = ()
    setup: bool = False


def lines(proof: Sequence[Exchanged], trace: Sequence[Exchanged], target: Target) -> list[Line]:
    """The proof with everything before it that it needs. trace: calls of the run that succeeded and changed something, in
    order."""
    return _Search(proof, trace, target).lines()


class _Search:
    def __init__(self, proof: Sequence[Exchanged], trace: Sequence[Exchanged], target: Target) -> None:
        self._proof, self._trace, self._target = proof, trace, target
        self._own = {one.call for one in proof}
        users = [one for one in target.identities.values() if one.throwaway]
        self._passwords = {text for one in users for text in (one.password, one.registered) if text}
        self._needed: set[int] = set()
        self._taken: dict[int, dict[str, Taken]] = {}
        self._of_proof: dict[int, dict[str, Taken]] = {}

    def lines(self) -> list[Line]:
        mine = [at for at, one in enumerate(self._trace) if one.call in self._own and not _reads(one.call)]
        first = mine[0] if mine else len(self._trace)
        for number, one in enumerate(self._proof):
            self._look(one.call, first, number)
        before: dict[int, int] = {}
        for at in sorted(self._needed):
            rests = [other for other in before if self._taken.get(other, {}).keys() & self._uses(self._trace[at].call)]
            before[at] = max([self._between(at), *(before[other] for other in rests)])
        found: list[Line] = []
        for number, one in enumerate(self._proof):
            due = [at for at in before if before[at] == number]
            found += [Line(self._trace[at], tuple(self._taken.get(at, {}).values()), True) for at in due]
            found.append(Line(one, tuple(self._of_proof.get(number, {}).values())))
        return found

    def _between(self, at: int) -> int:
        """The step of the proof before which a call of the trace comes: the first, unless it is about what a step makes, such as
        the login of a user whom the proof registers; then the first that needs what its answer gives."""
        sent = target_text(self._trace[at].call) + self._trace[at].call.body.decode("utf-8", "replace")
        tokens = set(self._target.tokens_in(sent))
        makes = [
            number
            for number, one in enumerate(self._proof[:-1])
            if any(other.call == one.call for other in self._trace[:at])
            and self._made_by(one.call)
            and tokens & set(self._target.tokens_in(one.call.body.decode("utf-8", "replace")))
        ]
        gives = set(self._taken.get(at, {}))
        needs = (number for number, one in enumerate(self._proof) if gives & self._uses(one.call))
        first = next(needs, 0)
        return first if makes and makes[0] < first else 0

    def _uses(self, call: Call) -> set[str]:
        return {*values_of(call), *self._credentials(call)}

    def _made_by(self, call: Call) -> bool:
        """Whether a call makes an object or a user."""
        ways = (one for one in self._target.operations if self._target.doing(one) in ("create", "register"))
        return any(one.method == call.method and one.template == call.path.partition("?")[0] for one in ways)

    def _look(self, call: Call, before: int, own: int | None) -> None:
        """Find what a call rests on, among the calls before it."""
        for value in self._credentials(call):
            if own is not None and self._from_proof(value, own):
                continue
            self._give(value, len(self._trace))  # who logged in later could have earlier
        for value in values_of(call):
            if value in self._passwords:
                continue  # the run made it up: what shows it to others is a hole of its own
            if (own is not None and self._from_proof(value, own)) or self._sent_before(value, before):
                continue
            self._give(value, before)
        said = target_text(call) + call.body.decode("utf-8", "replace")
        for token in self._target.tokens_in(said + basic_of(call, self._target).partition(":")[0]):
            at = next((at for at in range(before) if self._introduces(at, token)), -1)
            if at >= 0:
                self._need(at)

    def _give(self, value: str, before: int) -> None:
        """Take a value from the call that gives it, and from an item of a list by what the run called it."""
        at, pointer, number = self._giver(value, before)
        if at < 0:
            return
        pointer, token = self._selected(self._trace[at].answer.json(), pointer)
        known = self._taken.setdefault(at, {})
        known.setdefault(value, Taken(f"v{at}_{len(known)}", pointer, value, number))
        self._need(at)
        introduced = next((one for one in range(at) if token and self._introduces(one, token)), -1)
        if introduced >= 0:
            self._need(introduced)

    def _selected(self, tree: Any, pointer: str) -> tuple[str, str]:
        """The pointer, with "[token]" instead of the number of an item that holds a token of the run; and the token."""
        parts = pointer.split("/")
        for place, part in enumerate(parts[1:], 1):
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(tree, list):
                tree = tree[int(key)]
                texts = [leaf for _, leaf in leaves(tree) if isinstance(leaf, str)]
                token = next((one for text in texts for one in self._target.tokens_in(text)), "")
                if token:
                    return "/".join((*parts[:place], f"[{token}]", *parts[place + 1 :])), token
            elif isinstance(tree, dict):
                tree = tree[key]
        return pointer, ""

    def _sent_before(self, value: str, before: int) -> bool:
        """Whether the run made that value up, and a call that changes something sent it as it is."""
        if not self._target.ours(value):
            return False
        changing = (one.call for one in self._trace[:before] if not _reads(one.call))
        return any(value in values_of(call) for call in changing)

    def _from_proof(self, value: str, own: int) -> bool:
        """Whether an earlier step of the proof gives that value."""
        for at in range(own):
            found = found_in(self._proof[at], value)
            if found is not None and value not in values_of(self._proof[at].call):
                known = self._of_proof.setdefault(at, {})
                known.setdefault(value, Taken(f"p{at}_{len(known)}", found[0], value, found[1]))
                return True
        return False

    def _need(self, at: int) -> None:
        if at not in self._needed and len(self._needed) < MOST:
            self._needed.add(at)
            self._look(self._trace[at].call, at, None)

    def _giver(self, value: str, before: int) -> tuple[int, str, bool]:
        """The last call before whose answer gives a value that it was not given itself: one that made something, else one of the
        walk, else any."""
        best: tuple[int, str, bool] = (-1, "", False)
        rank = 0
        for at in range(min(before, len(self._trace)) - 1, -1, -1):
            one = self._trace[at]
            worth = self._worth(one)
            usable = worth > rank and (one.call not in self._own or _reads(one.call))
            found = found_in(one, value) if usable else None
            if found is not None and value not in values_of(one.call):
                best, rank = (at, *found), worth
        return best

    def _worth(self, one: Exchanged) -> int:
        """How good a call is for others to rest on. What anybody may read may be closed elsewhere."""
        if _reads(one.call):
            return 0 if one.call.identity == ANONYMOUS else 2 if one.note == WALKED else 1
        return 3 if one.note == WALKED or self._plain(one.call) else 1

    def _plain(self, call: Call) -> bool:
        """Whether a call logs in or registers: what probes send there that succeeds means no harm."""
        operations = (one for one in self._target.operations if self._target.doing(one) in ("login", "register"))
        return any(one.method == call.method and one.template == call.path.partition("?")[0] for one in operations)

    def _introduces(self, at: int, token: str) -> bool:
        call = self._trace[at].call
        if _reads(call) or any(_alike(call, own) for own in self._own):
            return False  # the proof does it itself
        return call not in self._own and token in target_text(call) + call.body.decode("utf-8", "replace")

    def _credentials(self, call: Call) -> Iterator[str]:
        """Tokens of throwaway identities, and those that a probe sends itself: they are had anew by logging in again."""
        for name, value in call.credential or ():
            if name.lower() == "cookie":
                yield from cookies_of(value).values()
            else:
                yield value.rpartition(" ")[2].partition("=")[2] or value.rpartition(" ")[2]
        one = self._target.identity(call.identity)
        if call.credential is None and one is not None and one.throwaway:
            sent = next((value for name, value in one.credential if name.lower() == "cookie"), "")
            yield from cookies_of(sent).values() if sent else (one.token,) if one.token else ()


def _reads(call: Call) -> bool:
    """Whether a call only asks: by GET, or by a query of GraphQL."""
    if call.method == "GET":
        return True
    tree = body_value(call)
    document = tree.get("query") if isinstance(tree, dict) else None
    return isinstance(document, str) and document.lstrip().startswith(("{", "query"))


def _alike(call: Call, other: Call) -> bool:
    """Whether two calls are of the same operation, with other values."""
    if (call.method, call.path) != (other.method, other.path):
        return False
    first, second = body_value(call), body_value(other)
    if isinstance(first, dict) and isinstance(second, dict) and "query" in first:
        return bool(first["query"] == second.get("query"))
    return True


def values_of(call: Call) -> tuple[str, ...]:
    """All values that a call sends: segments of its path, its query, the leaves of its body."""
    found = [unquoted(part) for part in call.path.partition("?")[0].split("/") if part]
    found += [value for _, value in call.query]
    found += [str(leaf) for _, leaf in leaves(body_value(call)) if leaf is not None and not isinstance(leaf, bool)]
    return tuple(dict.fromkeys(found[:_WIDE]))


def leaves(tree: Any, pointer: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """All scalars of a tree with their JSON pointers, bounded."""
    if depth > _DEEP:
        return
    if isinstance(tree, dict):
        for name, part in list(tree.items())[:_WIDE]:
            yield from leaves(part, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}", depth + 1)
    elif isinstance(tree, list):
        for index, part in enumerate(tree[:20]):
            yield from leaves(part, f"{pointer}/{index}", depth + 1)
    else:
        yield pointer, tree


def found_in(one: Exchanged, value: str) -> tuple[str, bool] | None:
    """Where an answer gives a value, as a JSON pointer, and whether it is a number there. Short values only count under the
    name of an id."""
    for pointer, leaf in leaves(one.answer.json()):
        same = leaf is not None and not isinstance(leaf, bool) and str(leaf) == value
        if same and (len(value) >= 8 or _naming(pointer)):
            return pointer, not isinstance(leaf, str)
    for name, held in cookies_set(one.answer).items():
        if held == value and (len(value) >= 8 or _naming(name)):
            return f"cookie {name}", False
    location = one.answer.field("location")
    if location and value and location.partition("?")[0].rstrip("/").rpartition("/")[2] == value:
        return "", False
    return None


def basic_of(call: Call, target: Target) -> str:
    """Name and password, with a colon between, where a user of the run's own sends both with this call (RFC 7617); else ""."""
    one = target.identity(call.identity)
    if call.credential is not None or one is None or not one.throwaway:
        return ""
    sent = any(name.lower() == "authorization" and value[:6].lower() == "basic " for name, value in one.credential)
    return f"{one.username}:{one.registered or one.password}" if sent else ""


def cookies_of(line: str) -> dict[str, str]:
    """Names and values of the cookies in a Cookie field (RFC 6265, 4.2.1)."""
    found = (part.strip().partition("=") for part in line.split(";")[:50])
    return {name: value for name, _, value in found if name and value}


def cookies_set(answer: Answer) -> dict[str, str]:
    """Names and values of the cookies that an answer sets (RFC 6265, 4.1.1), as they stand there."""
    lines = (value.decode("latin-1").partition(";")[0] for name, value in answer.fields if name.lower() == b"set-cookie")
    found = (line.strip().partition("=") for line in lines)
    return {name: value for name, _, value in found if name and value}


def _naming(pointer: str) -> bool:
    name = plain(pointer.rpartition("/")[2])
    return name.endswith(("id", "key", "number", "code", "slug", "ref", "reference", "token", "no", "handle"))
