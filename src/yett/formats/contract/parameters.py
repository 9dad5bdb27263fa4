"""Holds the parameters of a request against the contract: path, query, header and cookie, each prepared once per operation.

Scalars, the common case, are judged text by text; arrays, objects and parameters with content are read as `fields` says and
given to their validator. A scalar that stands twice is refused: which one counts is a matter of taste of servers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from yett.formats.contract.acceptors import acceptor
from yett.formats.contract.coercion import MAX_FIELDS, Unreadable, as_text, is_ambiguous
from yett.formats.contract.fields import ABSENT, UNREAD, Groups, read_single, read_spread
from yett.formats.contract.live import ContractOperation, LiveContract
from yett.formats.contract.values import Parameter
from yett.formats.contract.violations import Violation, shape
from yett.formats.json_body import NotJSON, decode_json
from yett.formats.percent import strictly_decoded
from yett.model.decision import Evaluation
from yett.model.exchange import View

ParameterCheck = Callable[[View, Evaluation], Violation | None]

MAX_COOKIES = 256
_REPEATED = "it stands more than once"
_ENCODING = "malformed percent-encoding, or not UTF-8"


class Prepared:
    """One parameter, ready to judge. `accept` judges the text of a scalar; None where every text is fine."""

    __slots__ = ("_ambiguous", "_check", "accept", "is_scalar", "parameter", "place", "shape")

    def __init__(self, live: LiveContract, parameter: Parameter) -> None:
        self.parameter = parameter
        self.shape = live.shape(parameter.schema)
        self.place = f"{'response header' if parameter.place == 'response' else parameter.place} {parameter.name}"
        plain = parameter.style in ("simple", "form", "spaceDelimited", "pipeDelimited") and not parameter.media
        self.is_scalar = plain and not self.shape.may_be("array") and not self.shape.may_be("object")
        self.accept = acceptor(live, parameter.schema, self.shape) if self.is_scalar else None
        self._check = live.check(parameter.schema)
        self._ambiguous = not self.is_scalar and is_ambiguous(self.shape)

    def violation(self, reason: str, sample: str = "") -> Violation:
        return Violation(self.place, reason, sample)

    def missing(self) -> Violation:
        return Violation(self.place, "it is required and was not sent")

    def refused(self, text: str) -> Violation:
        """Why `accept` refused a text."""
        found = None
        if self._check is not None:
            found = self._check.violation(read_single(self.parameter, self.shape, text), self.place)
        reason = "the value does not match its schema" if found is None else found.reason
        return Violation(self.place, reason, shape(text))

    def judge_text(self, text: str) -> Violation | None:
        """A single text, of any style."""
        if self.parameter.style == UNREAD:
            return None
        if self.is_scalar:
            return None if self.accept is None or self.accept(text) else self.refused(text)
        if self.parameter.media:
            return self._judge_content(text)
        return self._judge(lambda form: read_single(self.parameter, form, text))

    def judge_groups(self, groups: Groups) -> Violation | None:
        """Texts by name; those that belong to this parameter are taken out."""
        if self.parameter.media:
            texts = groups.pop(self.parameter.name, None)
            if texts is None:
                return self.missing() if self.parameter.required else None
            return self._judge_content(texts[0]) if len(texts) == 1 else self.violation(_REPEATED)
        again = dict(groups) if self._ambiguous else groups
        return self._judge(lambda form: read_spread(self.parameter, form, groups if form is self.shape else again))

    def _judge(self, read: Callable[[Any], Any]) -> Violation | None:
        try:
            value = read(self.shape)
        except Unreadable as error:
            return self.violation(str(error))
        if value is ABSENT:
            return self.missing() if self.parameter.required else None
        if self._check is None or self._check.valid(value):
            return None
        if self._ambiguous and self._check.valid(read(as_text(self.shape))):
            return None
        return self._check.violation(value, self.place) or self.violation("the value does not match its schema")

    def _judge_content(self, text: str) -> Violation | None:
        if self._check is None:
            return None
        try:
            value = decode_json(text.encode())
        except NotJSON as error:
            return self.violation(str(error), shape(text))
        return self._check.violation(value, self.place)


def prepared(live: LiveContract, parameter: Parameter) -> Prepared:
    """The parameter made ready; operations that declare the same one share it."""
    return live.once(("parameter", parameter), lambda: Prepared(live, parameter))


def parameter_check(operation: ContractOperation, deny_undeclared: bool = False) -> ParameterCheck | None:
    """One check of all parameters, or None where there is nothing to check. deny_undeclared: refuse query parameters that
    neither the operation nor a security scheme declares."""
    live = operation.live
    by_place: dict[str, list[Prepared]] = {"path": [], "query": [], "header": [], "cookie": []}
    for parameter in operation.detail.parameters:
        by_place[parameter.place].append(prepared(live, parameter))
    parts: list[ParameterCheck] = []
    if by_place["path"]:
        parts.append(_path(by_place["path"]))
    if by_place["query"] or deny_undeclared:
        keys = frozenset(scheme.field for scheme in live.schemes.values() if scheme.place == "query")
        simple = all(each.is_scalar and not each.parameter.allow_empty for each in by_place["query"])
        reading = _simple_query if simple else _spread_query
        parts.append(reading(by_place["query"], keys, deny_undeclared))
    if by_place["header"]:
        parts.append(_headers(by_place["header"]))
    if by_place["cookie"]:
        parts.append(_cookies(by_place["cookie"]))
    return _all(parts)


def _all(parts: list[ParameterCheck]) -> ParameterCheck | None:
    if len(parts) < 2:
        return parts[0] if parts else None

    def check(view: View, evaluation: Evaluation) -> Violation | None:
        for part in parts:
            found = part(view, evaluation)
            if found is not None:
                return found
        return None

    return check


def _path(declared: list[Prepared]) -> ParameterCheck:
    members = [(each.parameter.name, each.accept if each.is_scalar else None, each) for each in declared]

    def check(_: View, evaluation: Evaluation) -> Violation | None:
        values = evaluation.parameters or {}
        for name, accept, each in members:
            text = values.get(name)
            if text is None:
                return each.missing()
            if "%" in text:
                text = strictly_decoded(text)
                if text is None:
                    return each.violation(_ENCODING)
            if accept is None:
                found = each.judge_text(text)
                if found is not None:
                    return found
            elif not accept(text):
                return each.refused(text)
        return None

    return check


def _simple_query(declared: list[Prepared], keys: frozenset[str], deny: bool) -> ParameterCheck:
    """All are scalars: each is judged as it comes, and a bit remembers that it came."""
    members = {each.parameter.name: (1 << index, each.accept, each) for index, each in enumerate(declared)}
    required = sum(1 << index for index, each in enumerate(declared) if each.parameter.required)
    get = members.get

    def check(view: View, _: Evaluation) -> Violation | None:
        query = view.target.query
        seen = 0
        if query:
            encoded = "%" in query or "+" in query
            for piece in query.split("&"):
                name, _mark, text = piece.partition("=")
                if encoded:
                    decoded = strictly_decoded(name, True)
                    name = name if decoded is None else decoded
                member = get(name)
                if member is None:
                    if deny and piece and name not in keys:
                        return Violation(f"query {name[:64]}", "the parameter is not declared")
                    continue
                bit, accept, each = member
                if seen & bit:
                    return each.violation(_REPEATED)
                seen |= bit
                if encoded:
                    decoded = strictly_decoded(text, True)
                    if decoded is None:
                        return each.violation(_ENCODING)
                    text = decoded
                if accept is not None and not accept(text):
                    return each.refused(text)
        if required & ~seen:
            return next(each for bit, _a, each in members.values() if required & ~seen & bit).missing()
        return None

    return check


def _spread_query(declared: list[Prepared], keys: frozenset[str], deny: bool) -> ParameterCheck:
    """Some are arrays or objects: all texts are collected first. Objects that take whatever is left come last."""
    ordered = sorted(declared, key=lambda each: each.shape.is_object and each.shape.rest is not None)

    def check(view: View, _: Evaluation) -> Violation | None:
        groups = _grouped(view.target.query)
        if isinstance(groups, Violation):
            return groups
        for each in ordered:
            found = each.judge_groups(groups)
            if found is not None:
                return found
        if deny:
            for name in groups:
                if name not in keys:
                    return Violation(f"query {name[:64]}", "the parameter is not declared")
        return None

    return check


def _grouped(query: str | None) -> Groups | Violation:
    groups: Groups = {}
    pieces = query.split("&", MAX_FIELDS) if query else []
    if len(pieces) > MAX_FIELDS:
        return Violation("query", f"more than {MAX_FIELDS} parameters")
    for piece in pieces:
        if piece:
            name, _, text = piece.partition("=")
            decoded_name, decoded_text = strictly_decoded(name, True), strictly_decoded(text, True)
            if decoded_name is None or decoded_text is None:
                return Violation(f"query {name[:64]}", _ENCODING)
            groups.setdefault(decoded_name, []).append(decoded_text)
    return groups


def _headers(declared: list[Prepared]) -> ParameterCheck:
    members = [(each.parameter.name.lower().encode(), each) for each in declared]

    def check(view: View, _: Evaluation) -> Violation | None:
        return judge_fields(members, view.fields, view.lines)

    return check


def judge_fields(
    members: Sequence[tuple[bytes, Prepared]], fields: Mapping[bytes, bytes], lines: Sequence[tuple[bytes, bytes]]
) -> Violation | None:
    """Header fields by lower-case name, of a request or a response."""
    for name, each in members:
        value = fields.get(name)
        if value is None:
            if each.parameter.required:
                return each.missing()
            continue
        text = value.decode("utf-8", "replace")
        if each.is_scalar:
            if "," in text and sum(line[0] == name for line in lines) > 1:
                return each.violation(_REPEATED)
            if each.accept is not None and not each.accept(text):
                return each.refused(text)
        else:
            found = each.judge_text(text)
            if found is not None:
                return found
    return None


def _cookies(declared: list[Prepared]) -> ParameterCheck:
    def check(view: View, _: Evaluation) -> Violation | None:
        groups: Groups = {}
        for piece in view.fields.get(b"cookie", b"").split(b";", MAX_COOKIES)[:MAX_COOKIES]:
            name, mark, value = piece.strip(b" \t").partition(b"=")
            if mark:
                text = value.decode("utf-8", "replace")
                decoded = strictly_decoded(text)
                groups.setdefault(name.decode("latin-1"), []).append(text if decoded is None else decoded)
        for each in declared:
            found = each.judge_groups(groups)
            if found is not None:
                return found
        return None

    return check
