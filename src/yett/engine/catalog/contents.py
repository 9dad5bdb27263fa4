"""What an operation's bodies and parameters are: schemas, and the data classes of their fields with people's verdicts.

It must not know templates or views; it sees counts and keyed hashes, and of path parameters the raw paths that are kept anyway.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from yett.engine.catalog.drafts import Draft, values_of
from yett.engine.classes import Classifier
from yett.engine.learning.masking import masked
from yett.engine.learning.schemas import SchemaSettings, text_schema
from yett.engine.learning.shape import Shape
from yett.engine.verdicts import ClassSettings, FieldEvidence, verdicts
from yett.model.catalog import Content, Correction, FieldClass, Parameter

EVERY = 1 << 20
"""More than there are raw paths of an operation."""

VALUES = 64
"""Values of a path parameter that are asked for data classes."""

Decided = Mapping[str, Mapping[str, bool]]
"""Verdicts of people: by place, by class."""


def decided(corrections: Iterable[Correction]) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = {}
    for one in corrections:
        if one.kind == "verdict":
            found.setdefault(one.place, {})[one.label] = one.value == "yes"
    return found


def parameters(draft: Draft, settings: SchemaSettings) -> tuple[Parameter, ...]:
    """Of the path in its order, then of the query by name."""
    found = []
    learnt = {one.name: one for one in draft.parameters}
    for name, values in values_of(draft, EVERY).items():
        known = learnt.get(name)
        distinct = known.distinct if known is not None and known.distinct else len(values)
        found.append(Parameter(name=name, place="path", distinct=distinct, schema=_path_schema(values, settings)))
    if draft.traffic is not None and draft.traffic.query is not None:
        found += draft.traffic.query.parameters(settings, empty=draft.traffic.unqueried)
    return tuple(found)


def _path_schema(values: Iterable[str], settings: SchemaSettings) -> dict[str, Any]:
    """By the values that are not masked; where all are, by their kind."""
    plain, kinds = [], set()
    for value in values:
        mask = masked(value)
        if mask is None:
            plain.append(value)
        else:
            kinds.add(mask.kind)
    if plain or kinds != {"email"}:
        return text_schema(plain, settings)
    return {"type": "string", "format": "email"}


def _path_values(draft: Draft) -> dict[str, list[str]]:
    return values_of(draft, VALUES + 1)


def requests(draft: Draft, settings: SchemaSettings) -> tuple[Content, ...]:
    if draft.traffic is None:
        return ()
    return tuple(
        Content(type=name, count=shape.count, schema=shape.to_schema(settings))
        for name, shape in sorted(draft.traffic.request.items())
    )


def responses(draft: Draft, settings: SchemaSettings) -> tuple[Content, ...]:
    """By status and type; a status whose bodies nobody saw has an empty type and schema."""
    if draft.traffic is None:
        return ()
    found = [
        Content(status=str(status), type=name, count=shape.count, schema=shape.to_schema(settings))
        for (status, name), shape in sorted(draft.traffic.responses.items())
    ]
    seen = {one.status for one in found}
    bare = [Content(status=str(status), type="") for status in draft.traffic.statuses if status and str(status) not in seen]
    return tuple(sorted((*found, *bare), key=lambda one: (one.status, one.type)))


def field_names(draft: Draft) -> tuple[frozenset[str], frozenset[str]]:
    """Names of fields of requests, and of accepted answers."""
    if draft.traffic is None:
        return frozenset(), frozenset()
    asked = _names(draft.traffic.request.values())
    return asked, _names(shape for (status, _), shape in draft.traffic.responses.items() if status < 400)


def _names(shapes: Iterable[Shape]) -> frozenset[str]:
    return frozenset(node.name for shape in shapes for node in shape.nodes() if node.name)


def classes(draft: Draft, classifier: Classifier, settings: ClassSettings, people: Decided) -> tuple[FieldClass, ...]:
    """Data classes of fields, by place and class; of several kinds of body the one with the largest ratio."""
    found: dict[tuple[str, str], FieldClass] = {}
    for evidence in _evidence(draft, classifier, people):
        said = people.get(evidence.place, {})
        for verdict in verdicts(evidence, classifier, settings):
            one = FieldClass(
                place=evidence.place,
                name=verdict.id,
                ratio=round(verdict.ratio, 4),
                distinct=verdict.sampled,
                by="person" if said.get(verdict.id) else "traffic",
            )
            known = found.get((one.place, one.name))
            if known is None or (known.ratio, known.distinct) < (one.ratio, one.distinct):
                found[one.place, one.name] = one
    for place, said in people.items():  # of a field of which nothing was seen yet
        for name, yes in said.items():
            if yes and (place, name) not in found:
                found[place, name] = FieldClass(place=place, name=name, ratio=1.0, distinct=0, by="person")
    return tuple(found[key] for key in sorted(found))


def _evidence(draft: Draft, classifier: Classifier, people: Decided) -> Iterator[FieldEvidence]:
    traffic = draft.traffic
    if traffic is None:
        return
    for name, values in _path_values(draft).items():
        counts: dict[str, int] = {}
        place = f"path/{name}"
        for value in values:
            mask = masked(value)
            for one in classifier(name, place, value) if mask is None else mask.classes:
                counts[one] = counts.get(one, 0) + 1
        yield FieldEvidence(name, place, len(values), counts, people.get(place, {}))
    query = [] if traffic.query is None else [traffic.query]
    for shape in (*query, *traffic.request.values(), *traffic.responses.values()):
        for node in shape.nodes():
            if node.sampled:
                yield FieldEvidence(node.name, node.place, node.sampled, node.classes(), people.get(node.place, {}))
