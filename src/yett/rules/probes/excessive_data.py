"""Answers tell more than their reader needs: passwords and their hashes, keys, and what the description does not mention.

How it is found: in answers that the walk got anyway, asked for once more. Passwords, hashes and secrets are told by the name and
the form of the value; operations that hand out credentials (login, tokens, keys that were just made) are left out, except for
passwords. Other data about people, and fields that call themselves internal, count only where the description has a schema of
the answer that does not declare them.

To fix: build answers from a list of named fields for each role, and let the gateway check them against the description.
"""

from typing import Any

from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Confidence, Severity
from yett.rules.probing.leaves import Leaf, leaves, name_of, telling
from yett.rules.probing.operation import Operation
from yett.rules.probing.resources import plain
from yett.rules.probing.sensitive import Sort, internal, sort_of
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="excessive-data",
    title="Answers tell more than their reader needs",
    severity=Severity.HIGH,
    flaws=(Flaw.EXCESSIVE_DATA,),
    requests=4,
    weight=3,
    owasp=("API3:2023",),
    cwe=(200, 201, 522),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",),
)

_GIVING = listed(
    "login signin token tokens auth oauth session sessions key keys apikey apikeys credential credentials mfa totp otp register "
    "signup"
)
_RANK = {one: rank for rank, one in enumerate(Severity)}
_DEPTH = 8


def probe(target: Target, operation: Operation) -> Probing:
    names = sorted(target.workers(operation), key=lambda one: one != ANONYMOUS)
    for name in names[:2]:
        known = target.worked(operation, name)
        if known is None:
            continue
        found = _told(target, operation, known.call, known.answer)
        if not found:
            continue
        shown = known
        if operation.safe:
            answer: Answer = yield Send(known.call)
            again = _told(target, operation, known.call, answer) if target.succeeded(answer) else {}
            found = {name: sort for name, sort in found.items() if name in again}
            shown = Exchanged(known.call, answer)
        if found:
            yield _claim(name, found, shown, _leaner(target, found, shown.answer))
            return


def _leaner(target: Target, found: dict[str, Sort], answer: Answer) -> Exchanged | None:
    """An answer of the target about the same thing that leaves these members out: it can do without them."""
    names = {plain(name_of(pointer)) for pointer in found}
    same = {leaf for pointer, leaf in leaves(answer.json()) if plain(name_of(pointer)) not in names and telling(leaf)}
    for _, one in target.exchanges():
        if not target.succeeded(one.answer) or one.answer.body == answer.body:
            continue
        held = leaves(one.answer.json())
        if any(leaf in same for _, leaf in held if telling(leaf)) and not any(plain(name_of(at)) in names for at, _ in held):
            return Exchanged(one.call, one.answer, "another answer about the same, without them")
    return None


def _claim(name: str, found: dict[str, Sort], shown: Exchanged, control: Exchanged | None) -> Claim:
    gravest = max(found.values(), key=lambda one: (one.secret, _RANK[one.severity]))
    fields = ", ".join(sorted({name_of(pointer) for pointer in found})[:6])
    anybody = name == ANONYMOUS
    severity = Severity.MEDIUM
    if gravest.secret:
        severity = Severity.CRITICAL if anybody and gravest.name == "password" else Severity.HIGH
    elif _RANK[gravest.severity] >= _RANK[Severity.HIGH] or anybody:
        severity = Severity.HIGH if _RANK[gravest.severity] >= _RANK[Severity.HIGH] else Severity.MEDIUM
    why = "no answer needs them" if gravest.secret else "the description of the answer does not declare them"
    return Claim(
        flaw=Flaw.EXCESSIVE_DATA,
        place="answer",
        identities=(name,) if name else (),
        text=f"Answers hold {fields}.",
        reasons=(why, f"{gravest.name} by name and form", *(("no credential is needed",) if anybody else ())),
        proof=(Exchanged(shown.call, shown.answer, f"holds {fields}"),),
        control=(control,) if control is not None else (),
        uncontrolled="" if control is not None else f"no other answer is about the same; {why}",
        shows=tuple(f'"{name_of(pointer)}"' for pointer in list(found)[:3]),
        severity=severity,
        confidence=Confidence.HIGH if gravest.secret else Confidence.MEDIUM,
    )


def _told(target: Target, operation: Operation, call: Call, answer: Answer) -> dict[str, Sort]:
    """Leaves that should not be there, by pointer."""
    giving = target.doing(operation) in ("login", "register") or not _GIVING.isdisjoint(operation.words)
    schema = _schema(operation, answer.status)
    found: dict[str, Sort] = {}
    for leaf in leaves(answer.json()):
        if isinstance(leaf[1], str) and leaf[1] and leaf[1].encode() in call.body:
            continue  # its caller has just said so
        sort = _excessive(target, schema, leaf, giving, call.identity == ANONYMOUS)
        if sort is not None:
            found.setdefault(leaf[0], sort)
    return found


def _excessive(target: Target, schema: dict[str, Any], leaf: Leaf, giving: bool, anybody: bool) -> Sort | None:
    pointer, value = leaf
    name = name_of(pointer)
    if value in (None, "", True, False) or len(name) > 80:
        return None
    sort = sort_of(name, value)
    if sort is not None and sort.secret:
        if sort.name in ("password", "password-hash"):
            return sort
        # A key may be its reader's own: it counts where nobody announced it, or where everybody reads it.
        return sort if not giving and (anybody or (schema and not _declared(schema, pointer))) else None
    if giving or not schema or _declared(schema, pointer):
        return None
    if sort is not None and _RANK[sort.severity] >= _RANK[Severity.MEDIUM]:
        return None if _own(target, value) else sort
    return Sort("internal field", Severity.MEDIUM, False) if internal(name) and isinstance(value, str | int | float) else None


def _own(target: Target, value: Any) -> bool:
    """Whether it is what an identity knows of itself anyway."""
    return any(str(value) in one.facts.values() for one in target.identities.values())


def _schema(operation: Operation, status: int) -> dict[str, Any]:
    for key in (str(status), f"{str(status)[:1]}XX", "default"):
        if operation.answers.get(key):
            return operation.answers[key]
    return {}


def _declared(schema: dict[str, Any], pointer: str) -> bool:
    """Whether the schema mentions that member, or does not say enough to tell."""
    here: list[dict[str, Any]] = [schema]
    for step in pointer.split("/")[1 : _DEPTH + 1]:
        here = [part for one in here for part in _alternatives(one)]
        if step == "*":
            here = [one["items"] for one in here if isinstance(one.get("items"), dict)]
        else:
            known = [one["properties"] for one in here if isinstance(one.get("properties"), dict) and one["properties"]]
            if not known:
                return True
            wanted = plain(step)
            members = [pair for properties in known for pair in properties.items()]
            here = [part for name, part in members if plain(str(name)) == wanted and isinstance(part, dict)]
            if not here:
                return False
        if not here:
            return True
    return True


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    found = [schema]
    for key in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(key)
        if isinstance(parts, list):
            found.extend(inner for part in parts if isinstance(part, dict) for inner in _alternatives(part))
    return found
