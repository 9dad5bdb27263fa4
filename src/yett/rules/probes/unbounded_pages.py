"""One request may ask for as much as it likes: pages and lists without a bound.

A few such requests keep a target busy that serves thousands of ordinary ones.

What is tried: inputs whose names say how many (limit, size, per_page, count), with a small number and a large one; and lists in
a body that only look something up, with three and with 500 items. It is one where the answer holds as many items as were asked
for and more than 1,000 (500 for bodies), or more than the description allows. A target that has fewer objects shows nothing, and
nothing is claimed then; nor where an answer only repeats the list that was sent.

To fix: a maximum in the description, enforced: refuse what is above it, or answer with fewer.
"""

from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Sign
from yett.model.rule import Severity
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Sent, caller
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="unbounded-pages",
    title="One request may ask for any number of objects",
    severity=Severity.MEDIUM,
    flaws=(Flaw.UNBOUNDED_RESOURCE,),
    requests=10,
    weight=4,
    owasp=("API4:2023",),
    cwe=(770, 400),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",),
)

_SIZES = listed(
    "limit size count top take rows num pagesize perpage pagelength maxresults first length amount n max results items"
)
_LARGE = 2_000
_MANY = 1_000
_BATCH = 500


def probe(target: Target, operation: Operation) -> Probing:
    name = caller(target, operation)
    base = target.working(operation, name) if name is not None else None
    if base is None or operation.perilous:
        return
    looks = operation.safe or (operation.method == "POST" and not operation.path_names)
    for place in operation.places_of(base) if looks else ():
        size = place.kind == "query" and operation.safe and _says_how_many(place)
        values: tuple[Any, Any] | None = (3, _LARGE) if size else None
        least = _MANY
        if place.kind == "body" and place.name.endswith("/0") and place.type in ("integer", "number", "string"):
            place, least = Place("body", place.name[:-2]), _BATCH
            item = operation.value(base, Place("body", place.name + "/0"))
            values = ([item] * 3, [item] * _BATCH) if item is not None else None
        if values is None or (not operation.safe and target.doing(operation) == "register"):
            continue
        few = yield from _ask(operation, base, place, values[0], "few")
        if not target.succeeded(few.answer) or not 1 <= len(_longest(few.answer.json())) <= 3:
            continue
        many = yield from _ask(operation, base, place, values[1], "many")
        longest = _longest(many.answer.json())
        held = 0 if longest == values[1] else len(longest)  # what was sent costs its sender as much
        declared = place.schema.get("maximum")
        bound = declared if isinstance(declared, int) and not isinstance(declared, bool) else least - 1
        if target.succeeded(many.answer) and held > bound and held > 10:
            yield Claim(
                flaw=Flaw.UNBOUNDED_RESOURCE,
                place=place.text,
                identities=(base.identity,),
                text=f"{place.text} is not bounded: one request got {held} objects, {len(many.answer.body)} octets.",
                reasons=(f"it took {many.answer.seconds:.2f} s where a few take {few.answer.seconds:.2f} s",),
                proof=(many,),
                control=(few,),
                sign=Sign(kind="many", amount=bound),
            )
            return


def _says_how_many(place: Place) -> bool:
    said = words(place.name)
    return "".join(said) in _SIZES or (bool(said) and said[-1] in _SIZES)


def _ask(operation: Operation, base: Call, place: Place, value: Any, note: str) -> Sent:
    call = operation.put(base, place, value)
    answer: Answer = yield Send(call)
    return Exchanged(call, answer, note)


def _longest(tree: Any, depth: int = 0) -> list[Any]:
    """The longest list in an answer; an empty one where there is none."""
    if isinstance(tree, list):
        return tree
    if isinstance(tree, dict) and depth < 4:
        return max((_longest(part, depth + 1) for part in list(tree.values())[:50]), key=len, default=[])
    return []
