"""Names, members, entries, lists and mappings: what of a caller's value is in them. It must not know which rules there are, nor
frameworks beyond their requests.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator

import msgspec

from yett.engine.source import knowledge, parsers, requests
from yett.engine.source.evaluating import Evaluator, path_of
from yett.engine.source.project import cut
from yett.engine.source.values import LONGEST, PLAIN, Label, Value, cleared, formed, joined
from yett.formats.python_source.tree import (
    Attribute,
    Call,
    Comprehension,
    Constant,
    Expression,
    Name,
    Node,
    Sequence,
    Subscript,
)
from yett.formats.python_source.tree import Mapping as Pairs
from yett.rules.sourcing.sinks import BETWEEN

_MEMBERS = 12
"""Members of a tuple or list that are known each for itself."""


class Containers(Evaluator):
    """Reads names, members and entries."""

    def makers(self) -> dict[type, Callable[..., Value]]:
        return {
            **super().makers(),
            Name: self._name,
            Attribute: self._attribute,
            Subscript: self._subscript,
            Sequence: self._sequence,
            Pairs: self._pairs,
            Comprehension: self._comprehension,
        }

    def _name(self, node: Name) -> Value:
        known = self.env.get(node.id)
        if known is not None:
            return known
        return self._static(node, self.project.name(node.id, self.scope))

    def _static(self, node: Expression, origin: str) -> Value:
        if origin in requests.OBJECTS:
            return Value(requests.REQUEST)
        if origin.endswith("()") and origin[:-2] in requests.TYPES:
            return Value(requests.REQUEST)
        if origin.startswith("?") and isinstance(node, Name) and node.id in requests.NAMES and node.id in self.scope.parameters:
            return Value(requests.REQUEST)
        found = self.project.value(node, self.scope) if origin.endswith("()") else None
        made = found[0].text if found is not None and isinstance(found[0], Call) else ""
        return Value(origin, self.project.text(node, self.scope) if origin == "literal" else None, made=made)

    def _attribute(self, node: Attribute) -> Value:
        path = path_of(node)
        if path and path in self.env:
            return self.env[path]
        base = self.value(node.value)
        if base.origin == requests.REQUEST:
            return self._of_request(node, node.name)
        if base.labels:
            return self._member(base, node.name)
        origin = self.project.attribute(base.origin, node.name)
        computed = self.computed(node, base)
        if computed is not None:
            return computed
        held = self._store.of(base.origin, node.name, self.scope.id)
        if held:
            return Value(origin if not origin.startswith("?") else "?", None, held)
        if node.name == "request" and origin.startswith(
            ("django.", "rest_framework.", "tornado.", "aiohttp.web.View", "flask.views")
        ):
            return Value(requests.REQUEST)
        if origin.startswith("?self.") and node.name == "request":
            return Value(requests.REQUEST)
        if origin.startswith("?") and self.env.get(getattr(node.value, "id", "")) is None:
            origin = f"?{path}" if path else origin
        return self._static(node, origin)

    @abstractmethod
    def computed(self, node: Attribute, base: Value) -> Value | None:
        """What a property gives; None for a member that is none."""

    def _of_request(self, node: Node, name: str) -> Value:
        """A member of a request."""
        part = requests.MEMBERS.get(name)
        if part is not None:
            return Value("?", None, (Label(part.place, form=part.form, steps=(self.spot(node, f"a caller's {part.place}"),)),))
        if name in requests.CALLERS:
            return Value(requests.USER)
        return Value(f"{requests.REQUEST}.{name}")

    def _member(self, base: Value, name: str) -> Value:
        """A member of a caller's value, by name."""
        found: list[Label] = []
        for one in base.labels:
            if one.form == "model":
                found += self.fields.member(one, base.origin, name)
            elif one.form == "file":
                found += [formed(one, "text")] if name in ("filename", "name", "file", "stream", "raw_filename") else []
            elif name in knowledge.METHOD_CLEANING:
                found += cleared((one,), knowledge.METHOD_CLEANING[name])
            else:
                found.append(one)
        origin = self.project.attribute(base.origin, name) if not base.origin.startswith("?") else "?"
        return Value(origin, None, joined(found))

    def _subscript(self, node: Subscript) -> Value:
        path = path_of(node)
        if path and path in self.env:
            return self.env[path]
        base, index = self.value(node.value), self.value(node.index)
        if base.origin == parsers.PARSED and isinstance(node.index, Constant) and self._is_parsed_safely(node.index.value):
            return PLAIN
        if base.labels:
            name = node.index.value if isinstance(node.index, Constant) and isinstance(node.index.value, str) else ""
            return self._entry(base, name)
        if index.labels and base.origin.startswith(("?", "literal")):
            return PLAIN  # one of what the program has
        return Value(cut(f"{base.origin}[]"))

    def _is_parsed_safely(self, name: object) -> bool:
        return name in parsers.harmless(self.project, self.scope)

    def _entry(self, base: Value, name: str) -> Value:
        """An entry of a caller's value, by key."""
        found: list[Label] = []
        for one in base.labels:
            if one.form in ("texts", "object", "files"):
                if one.place == "header" and name in requests.ENVIRONMENT:
                    continue
                place = self._place(one, name)
                form = {"texts": "text", "object": "json", "files": "file"}[one.form]
                found.append(msgspec.structs.replace(one, place=place, form=form))
            elif one.form == "made":
                found.append(formed(one, "json"))
            elif one.form == "json" and one.place.startswith("body /") and name:
                found.append(msgspec.structs.replace(one, place=f"{one.place}/{name}"[:120]))
            else:
                found.append(one)
        return Value("?", None, joined(found))

    @staticmethod
    def _place(label: Label, name: str) -> str:
        if not label.place or not name or " " in label.place:
            return label.place
        if label.place == "header":
            name = name.removeprefix("HTTP_").replace("_", "-").title() if name.isupper() else name
        return f"{label.place} {'/' if label.place == 'body' else ''}{name}"[:120]

    def _sequence(self, node: Sequence) -> Value:
        found = [self.value(one) for one in node.items]
        if node.kind == "slice":
            return PLAIN
        labels = joined(label for one in found for label in one.labels)
        text = BETWEEN.join([one.shown for one in found] + [""] * (len(found) == 1))[:LONGEST]
        return Value(node.kind, text, labels, members=tuple(found) if len(found) <= _MEMBERS else ())

    def _pairs(self, node: Pairs) -> Value:
        labels: list[Label] = []
        for key, value in node.pairs:
            if key is not None:
                labels += self.value(key).labels
            found = self.value(value).labels
            # A member of a mapping that the program writes: no longer a whole body, and its keys are the program's.
            labels += [formed(one, "made") if key is not None and one.form in ("object", "json") else one for one in found]
        return Value("mapping", None, joined(labels), made=" ".join(_literals(node))[:LONGEST])

    def _comprehension(self, node: Comprehension) -> Value:
        before = self.env
        self.env = dict(before)
        for one in node.clauses:
            self.bind(one.target, self.one_of(self.value(one.iterable)), one)
            for test in one.conditions:
                self.value(test)
                self.refine(test, True)
        found = self.value(node.element)
        self.env = before
        return Value("list", None, found.labels)

    def one_of(self, value: Value) -> Value:
        """One member of what is gone through."""
        if value.origin in ("enumerate()", "items()"):
            index = Value() if value.origin == "enumerate()" else Value("?", None, _keys(value.labels))
            inner = self._entry(msgspec.structs.replace(value, origin="?"), "")
            return Value("tuple", None, value.labels, members=(index, inner))
        if not value.labels:
            return Value(cut(f"{value.origin}[]")) if not value.origin.startswith(("?", "literal")) else PLAIN
        return self._entry(value, "")


def _keys(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Of the keys of a mapping: those of one that the program wrote are its own."""
    return joined(formed(one, "key" if one.form == "any" else "json") for one in labels if one.form not in ("made", "model"))


def _literals(node: Pairs) -> Iterator[str]:
    """Entries of a mapping that are literals, as name=value."""
    for key, value in node.pairs[:20]:
        if isinstance(key, Constant) and isinstance(value, Constant):
            yield f"{key.value}={value.value}"
