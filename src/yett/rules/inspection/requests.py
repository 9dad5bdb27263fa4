"""The checks of requests by attack rules: heads and bodies. Nearly every request is cleared by one look at the octets of each,
before anything of a body is read.

It must not know policies, but for the modes of rules and their exceptions.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from yett.formats.contract.proven import Proven
from yett.formats.inspected import (
    BodyValues,
    InspectionLimits,
    Origin,
    Value,
    body_values,
    cookie_pairs,
    head_values,
    path_pairs,
    query_pairs,
)
from yett.formats.inspected.head import FRAMING, USUAL, unquoted
from yett.formats.inspected.json_values import is_plain, json_lines
from yett.formats.xml import XMLDocument
from yett.model.decision import Asked, Denial, Errand, Evaluation, Mode, Wait, unset
from yett.model.exchange import View
from yett.rules.inspection.aside import Told, decode, encode, received, sent, takes_long, unjudged
from yett.rules.inspection.exceptions import Exceptions
from yett.rules.inspection.gathered import Gathered, gathered
from yett.rules.inspection.inspecting import TITLE, Inspection, driven
from yett.rules.inspection.looking import ANY, BETWEEN
from yett.rules.inspection.memory import Harmless
from yett.rules.inspection.pack import Finding, Pack
from yett.rules.inspection.signature import REQUEST

LONGEST_REMEMBERED = 512
"""Octets of a field's value from which on it is not remembered as harmless: clients send the same lines again and again."""

WITHOUT_PAUSE = 32 << 10
"""Octets of a body of which the batches are looked at without pauses between them."""

IN_HEAD = frozenset(origin for origin in REQUEST if origin <= Origin.COOKIE_NAME)
IN_BODY = REQUEST - IN_HEAD
IN_JSON = frozenset((Origin.JSON, Origin.JSON_NAME))

_HEAD = "attacks head"

Line = tuple[bytes, bytes]


class Requests(Inspection):
    """The checks of requests. known: lines of heads that are harmless by themselves, shared by all operations; proven: what the
    contract has proven; denies_beyond: a body that is longer than what is inspected is refused; denies_unjudged: a request over
    which whoever looks at large bodies died. snapshot: see `yett.model.ports.Ports`."""

    def __init__(
        self,
        rule: str,
        pack: Pack,
        modes: Mapping[str, Mode],
        exceptions: Exceptions,
        limits: InspectionLimits,
        known: Harmless[Line],
        proven: Proven | None = None,
        denies_beyond: bool = False,
        denies_unjudged: bool = True,
        snapshot: str = "",
    ) -> None:
        super().__init__(rule, pack, modes, exceptions, limits)
        self.known = known
        self.proven = proven
        self.denies_beyond = denies_beyond
        self.denies_unjudged = denies_unjudged
        self.snapshot = snapshot
        self._look = pack.first.look
        self._in_head = pack.counting(IN_HEAD)
        self._in_json = pack.counting(IN_JSON)

    # --- heads --------------------------------------------------------------------------------------------------------

    def head(self, view: View, evaluation: Evaluation) -> Denial | Wait | None:
        """Look at the request's head."""
        fresh = self.known.fresh(set(view.lines))
        texts = [text for _, text in path_pairs(view, evaluation)]
        if not evaluation.operation.declared:
            texts += _segments(view)
        if view.target.query:
            for pair in query_pairs(view, self.limits.values):
                texts += pair
        for name, text in fresh:
            if name not in FRAMING:
                texts.append(text)
            elif name == b"cookie":
                for pair in cookie_pairs(view, self.limits.values):
                    texts += pair
            if name not in USUAL:
                texts.append(name)
        if not texts:
            return None
        suspects = self._look(texts, self._in_head, False)
        if suspects:
            held = gathered(evaluation)
            work = held.running.get(_HEAD)
            if work is None:
                work = held.running[_HEAD] = self._head(view, evaluation, suspects)
            return driven(work, evaluation)
        if fresh:
            self._remember(fresh)
        return None

    def _head(self, view: View, evaluation: Evaluation, suspects: Collection[int]) -> Iterator[Any]:
        held = gathered(evaluation)
        if held.head is None:
            held.head = head_values(view, evaluation, self.limits)
        lines = set(view.lines)
        fresh = self.known.fresh(lines)
        harmless = lines - fresh
        values = [value for value in held.head if value.origin is not Origin.HEADER or (value.name, value.text) not in harmless]
        unproven = _unproven(values, self.proven) if self.proven is not None and evaluation.valid_head else values
        proved = len(unproven) < len(values)  # for this operation: what it says is not known of others
        values = unproven
        if not evaluation.operation.declared:
            values += [Value(Origin.PATH, b"", segment) for segment in _segments(view)]
        findings: list[Finding] = []
        counting = _Counting(self)
        for found in self.pack.look_closely(values, None, suspects, counting.counts):
            if found is None:
                yield None
            else:
                findings.append(found)
        if not findings and not counting.excused and not proved:
            self._remember(fresh)
        yield (self.conclude(findings, evaluation),)

    def _remember(self, lines: Collection[Line]) -> None:
        self.known.keep([line for line in lines if len(line[1]) <= LONGEST_REMEMBERED])

    # --- bodies -------------------------------------------------------------------------------------------------------

    def body(self, view: View, evaluation: Evaluation) -> Denial | Wait | None:
        """Look at the request's body."""
        content = view.content
        if not content:
            return None
        held = evaluation.inspected
        if held is not unset:
            told = held.told.get(self.rule)
            if told is not None:
                return told.to(evaluation)  # type: ignore[no-any-return]
            work = held.running.get(self.rule)
            if work is not None:
                failure = held.failure(evaluation)
                return unjudged(self.rule, failure, self.denies_unjudged, evaluation) if failure else driven(work, evaluation)
        if takes_long((content,)):
            held = gathered(evaluation)
            work = held.running[self.rule] = self._body(view, evaluation, None)
            return held.pause(partial(self._finish, held, work), self._errand(view, evaluation))
        suspects: Collection[int] | None = None
        lines = None if view.truncated else _lines(view, content)
        if lines is not None:
            suspects = self._look(lines, self._in_json, True)
            if not suspects:
                return None
        work = gathered(evaluation).running[self.rule] = self._body(view, evaluation, suspects)
        return driven(work, evaluation)

    def _finish(self, held: Gathered, work: Iterator[Any]) -> None:
        """All of the work but its last word, which is left for the check."""
        for said in work:
            if said is not None:
                held.running[self.rule] = iter((said,))

    def _errand(self, view: View, evaluation: Evaluation) -> Errand | None:
        if not self.snapshot:
            return None
        ask = partial(sent, view, evaluation)
        return Errand(self.snapshot, view.method, view.host, view.target.path, self.rule, ask, partial(self._take, evaluation))

    def _take(self, evaluation: Evaluation, octets: bytes) -> bool:
        held = gathered(evaluation)
        del held.running[self.rule]
        held.told[self.rule] = decode(octets)
        return True

    def errand(self, asked: Asked) -> bytes:
        """Look at a body for another process: `Prepared.errand`."""
        view = received(asked)
        evaluation = view.evaluation()
        denial: Denial | None = None
        for said in self._body(view, evaluation, None):
            if said is not None:
                denial = said[0]
        told = Told.by(denial, evaluation)
        evaluation.finish()
        return encode(told)

    def _body(self, view: View, evaluation: Evaluation, known: Collection[int] | None) -> Iterator[Any]:
        """known: what may be in it, where that is known already."""
        held = gathered(evaluation)
        if held.body is None:
            held.body = self._body_values(view, evaluation)
        values = held.body
        suspects = set(known or ())
        lines = type(values.document) in (dict, list) and b"\\" not in values.content
        for batch in values.batches() if known is None else ():
            yield from self.pack.look_through(batch, IN_BODY, suspects, lines)
            if ANY in suspects:
                break
            if len(values.content) > WITHOUT_PAUSE:
                yield None
        if ANY not in suspects and isinstance(values.document, XMLDocument):
            yield from self.pack.look_through((values.content,), IN_BODY, suspects)  # markup says more than its values
        findings: list[Finding] = []
        if suspects:
            yield from self.closely(values, suspects, findings)
        denial = self.conclude(findings, evaluation)
        if values.truncated:
            evaluation.skip(self.rule, f"the body was inspected up to {self.limits.size} octets or {self.limits.values} values")
            if self.denies_beyond and denial is None:
                denial = Denial(self.rule, 413, "the body is longer than what is inspected", "body", title=TITLE)
        yield (denial,)

    def _body_values(self, view: View, evaluation: Evaluation) -> BodyValues:
        if self.proven is None or evaluation.valid_body < 0:
            return body_values(view, evaluation, self.limits)
        root = self.proven.body(evaluation.valid_body)
        return body_values(view, evaluation, self.limits, self.proven.grounds, root)


class _Counting:
    """Whether findings count, and whether one was excused: where it was, another operation may not excuse it."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self.excused = False

    def counts(self, rule: str, at: str) -> bool:
        if self._inspection.counts(rule, at):
            return True
        self.excused = True
        return False


def _lines(view: View, content: bytes) -> Sequence[bytes] | None:
    """A body of JSON as lines of which each string is one; unread, thus cheap. None where that would not be exact."""
    kind = view.fields.get(b"content-type")
    if kind is None or kind[:16] != b"application/json" or content[:1] not in _OPENS or b"\0" in content:
        return None
    if b"\\" not in content:
        return (content.replace(b'"', b"\n"),)
    if b"\\\\" in content or not is_plain(content):
        return None
    return json_lines(content.replace(b"\\n", BETWEEN))


_OPENS = (b"{", b"[")


def _segments(view: View) -> list[bytes]:
    """Segments of a path that no template explains, decoded: each may be a value. Only those that are more than a
    word, or a telling one."""
    path = view.target.path
    if "%" not in path and _PLAIN_PATH.issuperset(path) and not _telling(path):
        return []
    return [
        unquoted(segment.encode()) for segment in path.split("/") if not _PLAIN_PATH.issuperset(segment) or _telling(segment)
    ]


def _telling(path: str) -> bool:
    """Whether there may be the name or number of a host in it, or a name that programs give a meaning."""
    return path.count(".") > 1 or "0x" in path or "__" in path


_PLAIN_PATH = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./~")


def _unproven(values: Sequence[Value], proven: Proven) -> list[Value]:
    """The values that the contract does not prove."""
    names = {Origin.QUERY: proven.query, Origin.HEADER: proven.header, Origin.COOKIE: proven.cookie, Origin.PATH: proven.path}
    return [value for value in values if value.origin not in names or value.name not in names[value.origin]]
