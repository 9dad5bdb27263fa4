"""Calls: which function it is, and what those of Python and of libraries give. It must not know which rules there are, nor
frameworks beyond their requests.
"""

from collections.abc import Callable

from yett.engine.source import knowledge, parsers, requests
from yett.engine.source.applying import Applying
from yett.engine.source.evaluating import path_of
from yett.engine.source.project import cut
from yett.engine.source.values import LONGEST, PLAIN, Label, Value, cleared, either, filled, formed, joined, texts
from yett.formats.python_source.tree import Attribute, Call, Expression
from yett.rules.sourcing.sinks import BETWEEN
from yett.rules.sourcing.words import words

_RUNNING = {".run_in_executor": 1}
_READING = words("json.loads flask.json.loads orjson.loads ujson.loads simplejson.loads yaml.safe_load")


class Calling(Applying):
    """Reads calls."""

    def makers(self) -> dict[type, Callable[..., Value]]:
        return {**super().makers(), Call: self._call}

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
            labels = [formed(one, "made") if one.form in ("model", "any") else one for one in labels]
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
                kept = BETWEEN.join([kept, *(value.shown for _, value in arguments)])[:LONGEST]
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
                "?", None, joined(formed(one, "object") if one.place == "body" else formed(one, "json") for one in labels)
            )
        text = first.text if labels or callee in ("sqlalchemy.text", "pathlib.Path", "str", "sqlalchemy.sql.text") else None
        return Value(cut(f"{callee}()"), text, labels)


def receiver_of(node: Call) -> Expression:
    """What a method is called on."""
    return node.function.value if isinstance(node.function, Attribute) else node.function


def _replaced(text: str) -> frozenset[str]:
    """What is gone once a text is replaced by another."""
    if text in ("\n", "\r", "\r\n"):
        return frozenset(("log-injection", "header-injection"))
    if text in ("'", '"', "''"):
        return frozenset(("sql-injection", "xpath-injection", "code-injection"))
    return frozenset(("path-traversal",)) if text in ("..", "../", "/") else frozenset()
