"""Expressions of one function: what each is worth, and which sinks it feeds. Statements are `walking`'s.

It must not know which rules there are, nor frameworks beyond their requests.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from yett.engine.source import knowledge, parsers, requests
from yett.engine.source.believing import Belief
from yett.engine.source.fields import Fields
from yett.engine.source.members import Held, Members
from yett.engine.source.project import Project, cut
from yett.engine.source.scopes import Scope
from yett.engine.source.summary import Pending, Summary
from yett.engine.source.values import (
    PLAIN,
    Label,
    Value,
    cleared,
    either,
    filled,
    formatted,
    joined,
    texts,
)
from yett.formats.python_source.tree import (
    Argument,
    Attribute,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Joined,
    Lambda,
    Name,
    Named,
    Node,
    Operation,
    Other,
    Sequence,
    Starred,
    Subscript,
    Yielded,
)
from yett.formats.python_source.tree import (
    Mapping as Pairs,
)
from yett.model.source import Spot
from yett.rules.sourcing.sinks import BETWEEN, HOLE, UNKNOWN, Sink
from yett.rules.sourcing.words import parts, words

Env = dict[str, Value]
_LONGEST_TEXT = 500
_MEMBERS = 12
_MOST_HELD = 50
"""Members of objects that one function fills."""
_MOST_EVALUATIONS = 20_000
_MOST_REPEATED = 40
"""Evaluations of one function: so many, and so many more for each expression in it."""
_RUNNING = {".run_in_executor": 1}
CONSTRUCTOR = "=constructor"
"""In place of a callee: the constructor of any class whose objects are kept in a store."""
_KEPT = (
    ".Model",
    ".Base",
    "declarative_base()",
    "DeclarativeBase",
    "Document",
    "SQLModel",
    "EmbeddedDocument",
    "DynamicDocument",
)
_VIEWS = ("django.", "rest_framework.", "tornado.", "aiohttp.web.View", "flask.views", "starlette.endpoints")
_READING = words("json.loads flask.json.loads orjson.loads ujson.loads simplejson.loads yaml.safe_load")


class Sinks:
    """Sinks of all rules by the last part of what they are called, so that a call asks only a few."""

    def __init__(self, rules: Mapping[str, tuple[Sink, ...]], cleaning: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        self._by_name: dict[str, list[tuple[str, Sink, str]]] = {}
        self.cleaning = {name: classes for named in cleaning.values() for name, classes in named.items()}
        for rule, sinks in rules.items():
            for sink in sinks:
                for call in sink.calls:
                    self._by_name.setdefault(call.rpartition(".")[2], []).append((rule, sink, call))

    def of(self, callee: str) -> list[tuple[str, Sink]]:
        """The sinks that a callee is, with the rule of each."""
        found = self._by_name.get(callee.rpartition(".")[2])
        return [(rule, sink) for rule, sink, call in found if fits(callee, call)] if found else []


def fits(callee: str, pattern: str) -> bool:
    """Whether a callee is the function that a pattern means; "*" at its beginning stands for anything."""
    return callee.endswith(pattern[1:]) if pattern.startswith("*") else callee == pattern


class TooMuch(Exception):
    """What is nested in a function would be gone through too many times."""


class Evaluator:
    """Reads one function. summaries: of all others. found: called with what reaches a sink."""

    def __init__(
        self,
        project: Project,
        scope: Scope,
        sinks: Sinks,
        summaries: Callable[[str], Summary | None],
        belief: Belief,
        members: Members,
    ) -> None:
        self.project, self.scope, self.sinks = project, scope, sinks
        self._summaries, self._belief, self._store = summaries, belief, members
        self.held: Held = {}
        self._visited: set[int] = set()
        self._evaluations = 0
        self.fields = Fields(project)
        self.env: Env = {}
        # A function that calls itself safe is believed to be, where it tests anything.
        safe = parts(scope.name.rpartition(".")[2]) & {"safe", "safely", "sanitize", "sanitise"}
        self._careful = bool(safe) and belief.careful(scope)
        self.pending: dict[tuple[object, ...], Pending] = {}
        self.called: set[str] = set()
        self._makers: dict[type, Callable[..., Value]] = {
            Constant: self._constant,
            Name: self._name,
            Attribute: self._attribute,
            Call: self._call,
            Joined: self._joined,
            Operation: self._operation,
            Comparison: self._comparison,
            Subscript: self._subscript,
            Sequence: self._sequence,
            Pairs: self._pairs,
            Comprehension: self._comprehension,
            Conditional: self._conditional,
            Lambda: self._lambda,
            Named: self._named,
            Starred: self._inner,
            Yielded: self._yielded,
            Other: self._other,
        }

    def spot(self, node: Node, note: str = "") -> Spot:
        return Spot(self.scope.file, node.line, node.column, self.scope.name, note=note)

    def value(self, node: Expression) -> Value:
        """What an expression is worth now. Raises TooMuch where expressions are gone through again and again."""
        self._evaluations += 1
        self._visited.add(id(node))
        if self._evaluations > _MOST_EVALUATIONS + _MOST_REPEATED * len(self._visited):
            raise TooMuch
        return self._makers[type(node)](node)

    # Simple ones

    def _constant(self, node: Constant) -> Value:
        return Value("literal", str(node.value) if node.value is not None else None)

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
                found += [_formed(one, "text")] if name in ("filename", "name", "file", "stream", "raw_filename") else []
            elif name in knowledge.METHOD_CLEANING:
                found += cleared((one,), knowledge.METHOD_CLEANING[name])
            else:
                found.append(one)
        origin = self.project.attribute(base.origin, name) if not base.origin.startswith("?") else "?"
        return Value(origin, None, joined(found))

    def _joined(self, node: Joined) -> Value:
        return texts(self.value(one) for one in node.parts)

    def _operation(self, node: Operation) -> Value:
        found = [self.value(one) for one in node.operands]
        if node.operator in ("and", "or"):
            made = found[0] if node.operator == "or" else PLAIN
            for one in found[1:] if node.operator == "or" else found[-1:]:
                made = either(made, one)
            return made
        if len(found) == 1 or (not any(one.labels for one in found) and node.operator not in ("+", "%", "/")):
            return PLAIN
        if node.operator == "+":
            return self._sum(found)
        if node.operator == "%" and len(found) == 2 and isinstance(node.operands[0], Constant | Name) is not False:
            return self._formatted(node, found)
        if node.operator == "%" and len(found) == 2:
            return self._formatted(node, found)
        if node.operator == "/":  # pathlib
            return msgspec.structs.replace(texts(found, "/"), origin=found[0].origin)
        return Value("?", None, joined(label for one in found for label in one.labels))

    def _sum(self, found: list[Value]) -> Value:
        if any(one.text is not None and BETWEEN in one.text for one in found):
            return texts(found, BETWEEN)
        made = texts(found)
        return made if any(one.text is not None for one in found) or made.labels else PLAIN

    def _formatted(self, node: Operation, found: list[Value]) -> Value:
        left, right = found
        operand = node.operands[1]
        if left.text is None:
            return Value("?", None, joined((*left.labels, *right.labels)))
        if isinstance(operand, Sequence):
            values = [self.value(one) for one in operand.items]
        elif isinstance(operand, Pairs):
            values = self._by_name(left.text, operand)
        else:
            values = [right]
        text = formatted(left.text, values)
        return Value("str()", text, joined((*left.labels, *right.labels)) if HOLE in text else ())

    def _by_name(self, text: str, operand: Pairs) -> list[Value]:
        """The values of `%(name)s` in order."""
        known = {
            key.value: self.value(value)
            for key, value in operand.pairs
            if isinstance(key, Constant) and isinstance(key.value, str)
        }
        names = [part.partition(")")[0] for part in text.split("%(")[1:]]
        return [known.get(name, PLAIN) for name in names]

    def _comparison(self, node: Comparison) -> Value:
        for one in node.operands:
            self.value(one)
        return Value("bool()")

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
                found.append(_formed(one, "json"))
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
        text = BETWEEN.join([one.shown for one in found] + [""] * (len(found) == 1))[:_LONGEST_TEXT]
        return Value(node.kind, text, labels, members=tuple(found) if len(found) <= _MEMBERS else ())

    def _pairs(self, node: Pairs) -> Value:
        labels: list[Label] = []
        for key, value in node.pairs:
            if key is not None:
                labels += self.value(key).labels
            found = self.value(value).labels
            # A member of a mapping that the program writes: no longer a whole body, and its keys are the program's.
            labels += [_formed(one, "made") if key is not None and one.form in ("object", "json") else one for one in found]
        return Value("mapping", None, joined(labels), made=" ".join(_literals(node))[:_LONGEST_TEXT])

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

    def _conditional(self, node: Conditional) -> Value:
        self.value(node.test)
        before = self.env
        self.env = dict(before)
        self.refine(node.test, True)
        body = self.value(node.body)
        self.env = dict(before)
        self.refine(node.test, False)
        orelse = self.value(node.orelse)
        self.env = before
        return either(body, orelse)

    def _lambda(self, node: Lambda) -> Value:
        before = self.env
        self.env = {**before, **{one.name: PLAIN for one in node.parameters}}
        self.value(node.body)
        self.env = before
        return PLAIN

    def _named(self, node: Named) -> Value:
        found = self.value(node.value)
        self.bind(node.target, found, node)
        return found

    def _inner(self, node: Starred) -> Value:
        return self.value(node.value)

    def _yielded(self, node: Yielded) -> Value:
        if node.value is not None:
            self.gives(self.value(node.value))
        return PLAIN

    def _other(self, node: Other) -> Value:
        for one in node.parts:
            self.value(one)
        return PLAIN

    # Calls

    def _call(self, node: Call) -> Value:
        function = node.function
        receiver = self.value(function.value) if isinstance(function, Attribute) else None
        if receiver is not None and isinstance(function, Attribute):
            callee = self._callee(function, receiver)
        else:
            callee = self.value(function).origin
        if callee.startswith(("?@", "?")) and receiver is not None and receiver.origin == requests.REQUEST:
            callee = f"{requests.REQUEST}.{getattr(function, 'name', '')}"
        arguments = [(one.name, self.value(one.value)) for one in node.arguments]
        position = knowledge.HANDING_ON.get(callee, -1) if callee in knowledge.HANDING_ON else _RUNNING.get(callee[-16:], -1)
        if 0 <= position < len(arguments):  # asyncio.to_thread(f, x) is f(x)
            callee, receiver, arguments = arguments[position][1].origin, None, arguments[position + 1 :]
            self._sinks(node, callee, receiver, arguments)
            return self._result(node, callee, receiver, arguments)
        self._sinks(node, callee, receiver, arguments)
        if receiver is not None and isinstance(function, Attribute):
            found = self._method(node, function, receiver, callee, arguments)
            if found is not None:
                return found
        return self._result(node, callee, receiver, arguments)

    def _callee(self, function: Attribute, receiver: Value) -> str:
        origin = self.project.attribute(receiver.origin, function.name)
        if origin.startswith("?"):
            return f"?{path_of(function) or '.' + function.name}"
        return origin

    def _method(
        self, node: Call, function: Attribute, receiver: Value, callee: str, arguments: list[tuple[str, Value]]
    ) -> Value | None:
        """What a method of a caller's value or of a request gives; None where it is neither."""
        name = function.name
        if receiver.origin == requests.REQUEST:
            typed = next((value.origin for key, value in arguments if key == "type"), "")
            if typed in knowledge.SAFE_TYPES:
                return PLAIN
            return self._of_request(node, name)
        part = requests.HANDLER_METHODS.get(name)
        if part is not None and callee.startswith(("tornado.", "?self.", "@", "?super")):
            return self._handler_part(node, part.place, part.form)
        if not receiver.labels:
            if receiver.text is not None and name in ("format", "format_map"):
                return self._filled(receiver, arguments)
            if receiver.text is not None and name == "join" and arguments:
                return Value("str()", None, arguments[0][1].labels)
            return self._mutated(function, name, arguments)
        if name in knowledge.METHODS_CLEAN:
            return PLAIN
        if name == "format" and receiver.text is not None:
            return self._filled(receiver, arguments)
        if name in ("get", "getlist", "getall", "get_all", "pop", "getone", "getfirst", "__getitem__"):
            return self._got(node, receiver, arguments)
        if callee.startswith("@"):
            return None
        self._mutated(function, name, arguments)
        return self._member(receiver, name) if name in knowledge.METHOD_CLEANING else self._passed(receiver, name, arguments)

    def _handler_part(self, node: Call, place: str, form: str) -> Value:
        given = node.arguments[0].value if node.arguments else None
        name = self.project.text(given, self.scope) if given is not None else None
        place = f"{place} {name}" if name and form == "text" else place
        return Value("?", None, (Label(place, form=form, steps=(self.spot(node, f"a caller's {place}"),)),))

    def _got(self, node: Call, receiver: Value, arguments: list[tuple[str, Value]]) -> Value:
        typed = next((value.origin for key, value in arguments if key == "type"), "")
        if typed in knowledge.SAFE_TYPES:
            return PLAIN
        first = node.arguments[0].value if node.arguments and not node.arguments[0].name else None
        name = self.project.text(first, self.scope) if first is not None else None
        if receiver.origin == parsers.PARSED and self._is_parsed_safely(name):
            return PLAIN
        held = self.env.get(f"{path_of(receiver_of(node))}[{name!r}]") if name is not None else None
        if held is not None:
            return held
        found = self._entry(receiver, name or "")
        fallback = len(arguments) > 1 and arguments[1][1].labels and name is not None
        return either(found, arguments[1][1]) if fallback else found

    def _passed(self, receiver: Value, name: str, arguments: list[tuple[str, Value]]) -> Value:
        """What a method of a caller's text gives: mostly the text in another form."""
        labels = [*receiver.labels, *(label for _, value in arguments for label in value.labels)]
        keep = receiver.text if name in ("encode", "decode", "lower", "upper", "strip", "rstrip", "lstrip", "format") else None
        if name == "items":
            return Value("items()", None, joined(labels))
        if name == "replace" and arguments and arguments[0][1].text is not None:
            labels = list(cleared(labels, _replaced(arguments[0][1].text)))
        if name in ("model_dump", "dict") and not arguments:
            labels = [_formed(one, "made") if one.form in ("model", "any") else one for one in labels]
        return Value(receiver.origin if keep is not None else "?", keep, joined(labels))

    def _filled(self, receiver: Value, arguments: list[tuple[str, Value]]) -> Value:
        values = [value for key, value in arguments if not key]
        named = {key: value for key, value in arguments if key and key not in "**"}
        text = filled(receiver.text or "", values, named)
        labels = joined([*receiver.labels, *(label for _, value in arguments for label in value.labels)])
        return Value("str()", text, labels)

    def _mutated(self, function: Attribute, name: str, arguments: list[tuple[str, Value]]) -> Value | None:
        """A container takes in what it is given."""
        path = path_of(function.value)
        if name not in knowledge.MUTATORS or not path:
            return None
        labels = [label for _, value in arguments for label in value.labels]
        known = self.env.get(path)
        if labels and known is not None and "." not in path:
            kept = known.text
            if kept is not None and name in ("append", "extend", "write"):
                kept = BETWEEN.join([kept, *(value.shown for _, value in arguments)])[:_LONGEST_TEXT]
            self.env[path] = Value(known.origin, kept, joined((*known.labels, *labels)))
        return None

    def _result(self, node: Call, callee: str, receiver: Value | None, arguments: list[tuple[str, Value]]) -> Value:
        if callee.startswith("@"):
            return self._own(node, callee, receiver, arguments)
        labels = joined(label for _, value in arguments for label in value.labels)
        cleaning = knowledge.CLEANING.get(callee) or self.sinks.cleaning.get(callee)
        if cleaning is not None:
            if not labels or "*" in cleaning:
                return Value(cut(f"{callee}()"))
            kept = arguments[0][1].text if len(arguments) == 1 else None
            return Value(cut(f"{callee}()"), kept, cleared(labels, cleaning))
        if parsers.is_parsing(callee):
            spot = self.spot(node, "what a caller sent")
            return Value(parsers.PARSED, None, (Label("parameter", form="texts", steps=(spot,)),))
        if callee in knowledge.PASSING:
            return self._passing(callee, labels, arguments)
        if labels and knowledge.own_words(callee) & knowledge.ESCAPING:
            return Value("?", None, cleared(labels, knowledge.GUARDED))
        return Value(self.project.called(callee), made=node.text)

    def _passing(self, callee: str, labels: tuple[Label, ...], arguments: list[tuple[str, Value]]) -> Value:
        if callee.endswith(("path.join", "urljoin")):
            made = texts([value for _, value in arguments], "/")
            return Value("str()", made.text, labels)
        first = arguments[0][1] if arguments else PLAIN
        if callee == "enumerate":
            return Value("enumerate()", None, labels)
        if callee == "getattr":
            return Value("?", None, first.labels)
        if callee in _READING:
            return Value(
                "?", None, joined(_formed(one, "object") if one.place == "body" else _formed(one, "json") for one in labels)
            )
        text = first.text if labels or callee in ("sqlalchemy.text", "pathlib.Path", "str", "sqlalchemy.sql.text") else None
        return Value(cut(f"{callee}()"), text, labels)

    def _own(self, node: Call, callee: str, receiver: Value | None, arguments: list[tuple[str, Value]]) -> Value:
        """A call of what the program defines."""
        scope = self.project.scopes.get(callee[1:])
        if scope is not None and scope.kind == "class":
            made = f"{callee}()"
            inner = self.project.owner(scope, "__init__")
            if inner is not None and f"@{inner.id}.__init__"[1:] in self.project.scopes:
                self._applied(node, self.project.scopes[f"{inner.id}.__init__"], None, arguments, True)
            return Value(made)
        if scope is None:
            return PLAIN
        bound = self._is_bound(scope, receiver)
        found = self._applied(node, scope, receiver if bound else None, arguments, bound)
        if knowledge.own_words(callee) & knowledge.ESCAPING and self._belief.escapes(callee):
            found = msgspec.structs.replace(found, labels=cleared(found.labels, knowledge.GUARDED | {"cross-site-scripting"}))
        return found if found.origin != "?" else msgspec.structs.replace(found, origin=self.project.called(callee))

    def _is_bound(self, scope: Scope, receiver: Value | None) -> bool:
        owner = self.project.scopes.get(scope.parent) if scope.parent else None
        if owner is None or owner.kind != "class" or scope.static:
            return False
        by_class = receiver is not None and receiver.origin.startswith("@") and not receiver.origin.endswith("()")
        return scope.classmethod or not by_class

    def _applied(
        self, node: Call, scope: Scope, receiver: Value | None, arguments: list[tuple[str, Value]], bound: bool
    ) -> Value:
        """What the summary of a function says of this call."""
        self.called.add(scope.id)
        summary = self._summaries(scope.id)
        if summary is None:
            return PLAIN
        given = self._given(scope, receiver, arguments, bound)
        step = self.spot(node, f"handed to {scope.name}")
        for one in summary.pending:
            value = given.get(one.label.parameter)
            for label in value.labels if value is not None else ():
                self._arrived(one, label, value.shown if value is not None else HOLE, step, node)
        for key, labels in summary.held.items():
            self.hold(key, self._carried(Value(labels=labels), given, step))
        text = self._returned_text(summary, given)
        members = tuple(Value(one.origin, one.text, self._carried(one, given, step)) for one in summary.gives.members)
        return Value(summary.gives.origin, text, self._carried(summary.gives, given, step), members=members)

    @staticmethod
    def _carried(gives: Value, given: Mapping[str, Value], step: Spot) -> tuple[Label, ...]:
        """The labels of what a function gives, for what it was given."""
        labels: list[Label] = []
        for result in gives.labels:
            if not result.parameter:
                labels.append(result.at(step))
                continue
            value = given.get(result.parameter)
            for label in value.labels if value is not None else ():
                form = label.form if result.form == "text" and gives.text is None else result.form
                form = _either_form(label.form, form)
                passed = msgspec.structs.replace(label, cleared=label.cleared | result.cleared, form=form)
                labels += [passed.at(step)] if form else []
        return joined(labels)

    @staticmethod
    def _returned_text(summary: Summary, given: Mapping[str, Value]) -> str | None:
        text = summary.gives.text
        if text is None or HOLE not in text:
            return text
        names = {one.parameter for one in summary.gives.labels}
        if len(names) != 1:
            return text if any(given[name].labels for name in names if name in given) else text.replace(HOLE, UNKNOWN)
        value = given.get(next(iter(names)))
        return text.replace(HOLE, value.shown if value is not None else UNKNOWN)[:_LONGEST_TEXT]

    def _given(self, scope: Scope, receiver: Value | None, arguments: list[tuple[str, Value]], bound: bool) -> dict[str, Value]:
        """Which parameter gets which value."""
        names = [name for name, one in scope.parameters.items() if not one.kind]
        gathering = {one.kind: name for name, one in scope.parameters.items() if one.kind}
        given: dict[str, Value] = {}
        if bound and names:
            given[names.pop(0)] = receiver or PLAIN
        rest: list[Value] = []
        for name, value in arguments:
            if name == "*" or name == "**":
                for other in names if value.labels else ():
                    given.setdefault(other, value)
            elif name:
                given[name if name in scope.parameters else gathering.get("**", name)] = value
            elif names:
                given[names.pop(0)] = value
            else:
                rest.append(value)
        if rest and "*" in gathering:
            given[gathering["*"]] = Value("list", None, joined(label for one in rest for label in one.labels))
        return given

    def hold(self, key: tuple[str, str], labels: tuple[Label, ...]) -> None:
        """A member of an object gets a value: of a request at once, of a parameter once it is known who calls."""
        self._store.put(key, labels)
        waiting = joined((*self.held.get(key, ()), *(one for one in labels if one.parameter)))
        if waiting and (key in self.held or len(self.held) < _MOST_HELD):
            self.held[key] = waiting

    # Sinks

    def _sinks(self, node: Call, callee: str, receiver: Value | None, arguments: list[tuple[str, Value]]) -> None:
        waiting = self.sinks.of(callee)
        if callee.startswith("@") and self._is_stored(callee):
            waiting = [*waiting, *self.sinks.of(CONSTRUCTOR)]
        for rule, sink in waiting:
            positions = [(index, value) for index, value in enumerate(v for k, v in arguments if not k)]
            for wanted in sink.arguments:
                if wanted == "self":
                    self._reached(rule, node, callee, "self", receiver or PLAIN, arguments)
                    continue
                chosen = [(i, v) for i, v in positions if wanted in (i, "*")]
                named = [(k, v) for k, v in arguments if k and (wanted == k or (wanted == "*" and k != "**"))]
                self._all(rule, node, callee, [*chosen, *named], arguments)

    def _is_stored(self, callee: str) -> bool:
        """Whether a callee is a class of the program whose objects are kept: it has a base from elsewhere that is no model of a
        body."""
        scope = self.project.scopes.get(callee[1:])
        if scope is None or scope.kind != "class":
            return False
        bases = tuple(self.project.external_bases(scope))
        return not any(one in knowledge.MODELS for one in bases) and any(one.endswith(_KEPT) for one in bases)

    def _all(
        self,
        rule: str,
        node: Call,
        callee: str,
        chosen: Iterable[tuple[int | str, Value]],
        arguments: list[tuple[str, Value]],
    ) -> None:
        for place, value in chosen:
            self._reached(rule, node, callee, place, value, arguments)

    def _reached(
        self, rule: str, node: Call, callee: str, place: int | str, value: Value, arguments: list[tuple[str, Value]]
    ) -> None:
        for label in value.labels:
            options = {key or str(n): _option(v) for n, (key, v) in enumerate(arguments)}
            one = Pending(
                rule=rule,
                callee=callee,
                spot=self.spot(node),
                call=node.text,
                argument=place,
                text=value.shown if HOLE in value.shown else HOLE,
                options=options,
                label=label,
            )
            self._keep(one)

    def _arrived(self, inner: Pending, label: Label, text: str, step: Spot, node: Call) -> None:
        """What waits in a called function is fed by a value here."""
        form = _either_form(label.form, inner.label.form)
        if not form:
            return
        made = msgspec.structs.replace(
            label,
            form=form,
            cleared=label.cleared | inner.label.cleared,
            steps=(*label.at(step).steps, *inner.label.steps)[-24:],
        )
        whole = inner.text.replace(HOLE, text if HOLE in text else HOLE)[:_LONGEST_TEXT]
        cause = f"{self.scope.file} {self.scope.name} {node.text}" if inner.text == HOLE else inner.cause
        self._keep(msgspec.structs.replace(inner, label=made, text=whole, cause=cause))

    def _keep(self, one: Pending) -> None:
        if self._careful and not one.label.cleared >= knowledge.GUARDED:
            label = msgspec.structs.replace(one.label, cleared=one.label.cleared | knowledge.GUARDED)
            one = msgspec.structs.replace(one, label=label)
        if one.key not in self.pending and len(self.pending) < 200:
            self.pending[one.key] = one

    # What `walking` does

    def bind(self, target: Expression, value: Value, node: Node) -> None:
        raise NotImplementedError

    def refine(self, test: Expression, positive: bool) -> None:
        raise NotImplementedError

    def gives(self, value: Value) -> None:
        raise NotImplementedError


def receiver_of(node: Call) -> Expression:
    """What a method is called on."""
    return node.function.value if isinstance(node.function, Attribute) else node.function


def path_of(node: Expression) -> str:
    """ "a.b.c" for names and members of names, "a['b']" for entries by a literal; "" for anything else or longer."""
    parts: list[str] = []
    while len(parts) < 4:
        if isinstance(node, Name):
            return "".join([node.id, *reversed(parts)])
        if isinstance(node, Attribute):
            parts.append(f".{node.name}")
            node = node.value
        elif isinstance(node, Subscript) and isinstance(node.index, Constant) and isinstance(node.index.value, str | int):
            parts.append(f"[{str(node.index.value)[:40]!r}]")
            node = node.value
        else:
            return ""
    return ""


def _formed(label: Label, form: str) -> Label:
    return label if label.form == form else msgspec.structs.replace(label, form=form)


def _either_form(outer: str, inner: str) -> str:
    """The form of a value that goes through a parameter: as it came, unless the function made something of it. "" for keys of
    what the program wrote."""
    if inner == "any":
        return outer
    if inner == "key":
        return "key" if outer in ("any", "key") else "json" if outer in ("object", "texts", "json") else ""
    return inner


def _keys(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Of the keys of a mapping: those of one that the program wrote are its own."""
    return joined(_formed(one, "key" if one.form == "any" else "json") for one in labels if one.form not in ("made", "model"))


def _literals(node: Pairs) -> Iterator[str]:
    """Entries of a mapping that are literals, as name=value."""
    for key, value in node.pairs[:20]:
        if isinstance(key, Constant) and isinstance(value, Constant):
            yield f"{key.value}={value.value}"


def _option(value: Value) -> str:
    if value.text is not None and not value.labels:
        return value.text
    return f"{value.origin} {value.made}".rstrip()


def _replaced(text: str) -> frozenset[str]:
    """What is gone once a text is replaced by another."""
    if text in ("\n", "\r", "\r\n"):
        return frozenset(("log-injection", "header-injection"))
    if text in ("'", '"', "''"):
        return frozenset(("sql-injection", "xpath-injection", "code-injection"))
    return frozenset(("path-traversal",)) if text in ("..", "../", "/") else frozenset()


__all__ = ["Argument", "Env", "Evaluator", "Sinks", "fits", "path_of"]
