"""Operations on their way into the catalog: what was learnt, brought under the templates that people, gateways and contracts said.

Everything here is computed from the tree of paths each time, so a correction that is taken back leaves no trace. What the tree
learnt together cannot be taken apart again: a split says so, with the number of calls; what came after the split was learnt apart,
and goes back where it is taken back. It must not know views or outputs.
"""

from collections.abc import Callable, Iterable

from yett.engine.catalog.apart import apart
from yett.engine.catalog.pins import Pin, Pins, Rank
from yett.engine.catalog.settings import CatalogSettings
from yett.engine.catalog.templates import holds, names, renamed, segments, shape
from yett.engine.learning.service import Service, rejoined
from yett.engine.learning.templates import Learnt, PathParameter, operations
from yett.engine.learning.traffic import Traffic
from yett.engine.learning.trie import Node, Trie
from yett.model.catalog import Correction, Declaration, Reason

Leaf = tuple[str, str]

SOURCES = {Rank.PERSON: "person", Rank.CODE: "code", Rank.GATEWAY: "gateway", Rank.CONTRACT: "contract"}


class Draft:
    """One operation. traffic: None where it is only declared, or cut out of what was learnt together (then `cut` is its calls).
    apart: only a declaration of this very template is its own, see `yett.engine.catalog.apart`. members: raw paths that were
    taken away from it by such a cut, or given to it."""

    __slots__ = (
        "apart",
        "cut",
        "declared",
        "members",
        "method",
        "named",
        "parameters",
        "reasons",
        "service",
        "template",
        "template_from",
        "title",
        "traffic",
    )

    def __init__(self, service: str, method: str, template: str, named: str = "", traffic: Traffic | None = None) -> None:
        self.service = service
        self.method = method
        self.template = template
        self.named = named
        self.traffic = traffic
        self.template_from = "traffic"
        self.title = ""
        self.apart = False
        self.cut = 0
        self.members: dict[str, int] = {}
        self.parameters: tuple[PathParameter, ...] = ()
        self.reasons: list[Reason] = []
        self.declared: list[Declaration] = []

    @property
    def count(self) -> int:
        return (self.traffic.count if self.traffic is not None else 0) + self.cut


def drafts(service: Service, settings: CatalogSettings, pins: list[Pin], corrections: Iterable[Correction]) -> list[Draft]:
    """Operations of one service. pins: of contracts and gateways; corrections: those of this service."""
    corrections = list(corrections)
    people = [Pin(one.template, Rank.PERSON, one.method, one.named) for one in corrections if one.kind in ("merge", "split")]
    routes = [Pin(template, Rank.CODE, method) for method, template, _ in service.routes()]
    pinned, rest = _claimed(service, Pins(pins + people + routes))
    found: list[Draft] = []
    for (pin, method, named), parts in pinned.items():
        kept, strays = apart(pin.template, parts, settings.views) if pin.rank is Rank.CONTRACT else (parts, [])
        found.append(_pinned(service.name, pin, method, named, kept))
        found += [_stray(service.name, method, named, *stray) for stray in strays]
    found += [_learnt(service.name, one) for one in operations(rest, settings.learning, service.refused)]
    for pin in people:
        _cut(service.name, found, pin)
    for one in corrections:
        if one.kind == "rename":
            _rename(found, one)
    return sorted(found, key=lambda draft: (draft.template, draft.method, draft.named))


def _claimed(service: Service, pins: Pins) -> tuple[dict[tuple[Pin, str, str], list[tuple[str, Traffic]]], Trie]:
    """What pins hold, by (pin, method, name) as (template of the leaf, traffic); and a tree of everything else."""
    trie = service.answered
    trie.settle()
    claimed: dict[tuple[Pin, str, str], list[tuple[str, Traffic]]] = {}

    def take(labels: tuple[str, ...], leaf: Leaf, traffic: Traffic) -> bool:
        template = "/" + "/".join(labels)
        pin = pins.find(template, *leaf)
        if pin is None:
            return False
        claimed.setdefault((pin, *leaf), []).append((template, traffic))
        return True

    rest = Trie(trie.settings, trie.key)
    rest.root = _without(trie.root, (), take) or rest.root
    loose: list[tuple[tuple[str, str, str], Traffic]] = []
    for (template, method, named), traffic in sorted(service.apart.items(), key=lambda one: one[0]):
        pin = pins.find(template, method, named)
        if pin is None:
            loose.append(((template, method, named), traffic))
        else:
            claimed.setdefault((pin, method, named), []).append((template, traffic))
    return claimed, rejoined(rest, loose)


def _without(node: Node, labels: tuple[str, ...], take: Callable[[tuple[str, ...], Leaf, Traffic], bool]) -> Node | None:
    """A copy of the tree without leaves that were taken; what is below is shared. None where nothing is left."""
    made = Node()
    made.count, made.full, made.bound, made.values = node.count, node.full, node.bound, node.values
    made.leaves = {leaf: traffic for leaf, traffic in node.leaves.items() if not take(labels, leaf, traffic)}
    for label, child in node.edges.items():
        below = _without(child, (*labels, label), take)
        if below is not None:
            made.edges[label] = below
    return made if made.leaves or made.edges else None


def _pinned(service: str, pin: Pin, method: str, named: str, parts: list[tuple[str, Traffic]]) -> Draft:
    whole = Traffic(parts[0][1].settings, parts[0][1].members.key)
    for _, traffic in sorted(parts, key=lambda part: part[0]):
        whole.merge(traffic)
    made = Draft(service, method, pin.template, named, whole)
    made.template_from = SOURCES[pin.rank]
    text = {
        Rank.PERSON: "a person said so",
        Rank.CODE: "the framework that serves it says so",
        Rank.GATEWAY: "a gateway's configuration says so",
        Rank.CONTRACT: "a contract says so",
    }
    numbers: dict[str, int | float | str] = {"places": len(parts)}
    made.reasons.append(Reason(about="template", text=text[pin.rank], numbers=numbers))
    return made


def _stray(service: str, method: str, named: str, template: str, traffic: Traffic, why: Reason) -> Draft:
    made = Draft(service, method, template, named, traffic)
    made.apart = True
    made.reasons.append(why)
    return made


def _learnt(service: str, one: Learnt) -> Draft:
    made = Draft(service, one.method, one.template, one.named, one.traffic)
    made.template_from = "code" if one.origin == "route" else "traffic"
    made.parameters = one.parameters
    made.reasons += one.reasons
    return made


def _cut(service: str, found: list[Draft], pin: Pin) -> None:
    """Paths that a person's template holds, and that were learnt together with others: their counts can be told apart."""
    for draft in list(found):
        whole = draft.traffic
        if whole is None or shape(draft.template) == shape(pin.template) or not pin.takes(draft.method, draft.named):
            continue
        if not holds(draft.template, pin.template):
            continue
        paths = {path: count for path, count in whole.members if holds(pin.template, path)}
        if not paths:
            continue
        mine = _one(found, service, draft.method, pin.template, draft.named)
        calls = sum(paths.values())
        mine.cut += calls
        mine.members.update(paths)
        draft.cut -= calls
        draft.members.update((path, 0) for path in paths)
        more = "" if whole.members.exact else " of those that are still known by path"
        mine.reasons.append(
            Reason(
                about="template",
                text=f"{calls:,} calls{more} were learnt together with {draft.method} {draft.template}: only their paths and"
                " counts can be told apart; statuses, callers, fields and times of these calls stay there",
                numbers={"calls": calls, "paths": len(paths)},
            )
        )


def _one(found: list[Draft], service: str, method: str, template: str, named: str) -> Draft:
    for draft in found:
        if (draft.method, draft.named) == (method, named) and shape(draft.template) == shape(template):
            return draft
    made = Draft(service, method, template, named)
    made.template_from = "person"
    made.reasons.append(Reason(about="template", text="a person said so"))
    found.append(made)
    return made


def _rename(found: list[Draft], correction: Correction) -> None:
    for draft in found:
        if shape(draft.template) != shape(correction.template):
            continue
        if correction.method not in ("", draft.method) or correction.named not in ("", draft.named):
            continue
        if not correction.value.startswith("/"):
            draft.title = correction.value
        elif shape(correction.value) == shape(draft.template):
            _call(draft, correction.value, "a person named the parameters")


def _call(draft: Draft, template: str, why: str) -> None:
    """Give the parameters of a template other names."""
    if draft.template == template:
        return
    draft.template = renamed(draft.template, template)
    new = names(template)
    if len(new) == len(draft.parameters):
        both = zip(draft.parameters, new, strict=True)
        draft.parameters = tuple(
            PathParameter(name=name, position=one.position, looks=one.looks, distinct=one.distinct) for one, name in both
        )
    draft.reasons.append(Reason(about="template", text=why))


def values_of(draft: Draft, most: int) -> dict[str, list[str]]:
    """For each parameter that is a whole segment, different values out of the raw paths, at most `most`."""
    places = [(place, segment[1:-1]) for place, segment in enumerate(segments(draft.template)) if segment[:1] == "{"]
    found: dict[str, dict[str, None]] = {name: {} for _, name in places}
    if not places or draft.traffic is None:
        return {}
    for path, _ in draft.traffic.members:
        parts = segments(path)
        for place, name in places:
            if place < len(parts) and len(found[name]) < most:
                found[name][parts[place]] = None
        if all(len(values) >= most for values in found.values()):
            break
    return {name: list(values) for name, values in found.items()}
