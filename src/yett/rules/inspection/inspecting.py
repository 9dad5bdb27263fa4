"""Attack rules on messages under way: what becomes of findings, and the checks of responses.

It must not know policies, but for the modes of rules and their exceptions.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from yett.formats.inspected import BodyValues, InspectionLimits, Origin, Value, response_values
from yett.formats.inspected.objects import all_names
from yett.formats.xml import XMLDocument, without_texts
from yett.model.decision import Denial, Evaluation, Mode, Wait
from yett.model.exchange import View
from yett.rules.inspection.exceptions import Exceptions
from yett.rules.inspection.gathered import gathered
from yett.rules.inspection.memory import Memory
from yett.rules.inspection.pack import Finding, Pack
from yett.rules.inspection.signature import RESPONSE

TITLE = "The request was refused by a security rule."
TITLE_OF_RESPONSE = "The response was refused by a security rule."

MOST_REPORTED = 8
"""Most findings of one message that are recorded, each of another rule."""

AT_ONCE = 200
"""Names that are looked at without a pause."""

_RUNNING = "attacks response"


class Inspection:
    """The checks of one direction, for operations that have the same settings. rule: who says what no attack rule says."""

    def __init__(
        self,
        rule: str,
        pack: Pack,
        modes: Mapping[str, Mode],
        exceptions: Exceptions,
        limits: InspectionLimits,
    ) -> None:
        self.rule = rule
        self.pack = pack
        self.modes = modes
        self.exceptions = exceptions
        self.limits = limits

    def counts(self, rule: str, at: str) -> bool:
        return rule in self.modes and not self.exceptions.excuse(rule, at)

    def conclude(self, findings: Sequence[Finding], evaluation: Evaluation, status: int = 403) -> Denial | None:
        """The first finding that is enforced; the others are only recorded."""
        denial = None
        for found in findings[:MOST_REPORTED]:
            title = TITLE if status == 403 else TITLE_OF_RESPONSE
            said = Denial(found.rule.id, status, found.reason, found.place, found.sample, title)
            if denial is None and self.modes[found.rule.id] is Mode.ENFORCE:
                denial = said
            else:
                evaluation.would_deny(said)
        return denial

    def closely(self, values: BodyValues, suspects: Collection[int], findings: list[Finding]) -> Iterator[None]:
        document = values.document if type(values.document) in (dict, list) else None
        every = values.values
        markup = isinstance(values.document, XMLDocument)
        if markup:
            every = [*every, Value(Origin.TEXT, b"", values.content)]
        asked = Asked(self, markup)
        yield from self._closely(every, document, suspects, asked, findings)
        if asked.names:
            yield from self._other_names(document, suspects, asked, findings)
        if asked.hidden:
            asked.told = {found.rule.id for found in findings}
            asked.markup = False
            bare = Value(Origin.TEXT, b"", without_texts(values.content))
            yield from self._closely([bare], None, suspects, asked, findings)

    def _closely(
        self, values: Sequence[Value], document: Any, suspects: Collection[int], asked: "Asked", findings: list[Finding]
    ) -> Iterator[None]:
        for found in self.pack.look_closely(values, document, suspects, asked.counts):
            if found is None:
                yield None
            else:
                findings.append(found)

    def _other_names(self, document: Any, suspects: Collection[int], asked: "Asked", findings: list[Finding]) -> Iterator[None]:
        """Names stand once among values, at their first place; where one was excused there, the others are looked at, too."""
        asked.told = {found.rule.id for found in findings}
        for batch in all_names(document, AT_ONCE):
            for found in self.pack.look_closely(batch, None, suspects, asked.counts):
                if found is not None:
                    asked.told.add(found.rule.id)
                    findings.append(found)
            yield None


class Asked:
    """Which findings of one message count.

    markup: a document that is looked at as values and then as a whole; what was excused in a value stands there again.
    names: whether the name of a member was excused. hidden: what was found in the whole may be more than what was excused in a text
    of it. told: rules of which enough is known.
    """

    def __init__(self, inspection: Inspection, markup: bool) -> None:
        self._inspection = inspection
        self.markup = markup
        self._excused: set[str] = set()
        self._in_tags: set[str] = set()
        self.hidden = False
        self.names = False
        self.told: set[str] = set()

    def counts(self, rule: str, at: str) -> bool:
        if rule in self.told:
            return False
        if self._inspection.counts(rule, at):
            if rule in (self._excused if self.markup else self._in_tags) and at == "body":
                self.hidden = True
                return False
            return True
        self._excused.add(rule)
        if "/@" in at or at in _BESIDE:
            self._in_tags.add(rule)
        self.names = self.names or at.endswith(" (name)")
        return False


_BESIDE = ("body namespace", "body comment")
"""Places of what stands in tags and instructions, as attributes do."""


def driven(work: Iterator[Any], evaluation: Evaluation) -> Denial | Wait | None:
    """Go on with the work until it pauses or ends; its last word is the conclusion."""
    for said in work:
        if said is None:
            return gathered(evaluation).pause()
        conclusion: Denial | None = said[0]
        return conclusion
    return None


class Responses(Inspection):
    """The checks of responses."""

    def body(self, view: View, evaluation: Evaluation) -> Denial | Wait | None:
        """Look at the response's body."""
        content = view.response_content
        if not content or not self.pack.look((content,), RESPONSE):
            return None
        held = gathered(evaluation)
        work = held.running.get(_RUNNING)
        if work is None:
            work = held.running[_RUNNING] = self._body(view, evaluation)
        return driven(work, evaluation)

    def _body(self, view: View, evaluation: Evaluation) -> Iterator[Any]:
        held = gathered(evaluation)
        if held.response is None:
            held.response = response_values(view, evaluation, self.limits)
        findings: list[Finding] = []
        yield from self.closely(held.response, self.pack.look((view.response_content,), RESPONSE), findings)
        yield (self.conclude(findings, evaluation, 502),)


_READABLE = (b"json", b"html", b"xml", b"text/plain", b"yaml", b"text/csv")
_STREAMS = (b"event-stream", b"ndjson", b"jsonl", b"json-seq", b"stream+json", b"x-json-stream", b"multipart")
_LONGEST_KIND = 128
_kinds: Memory[bytes, bool] = Memory()


def is_readable(view: View) -> bool:
    """Whether the response's body is text that is sent as a whole: streams must not be held back."""
    kind = view.response_fields.get(b"content-type")
    if kind is None:
        return view.status >= 400
    kind = kind[:_LONGEST_KIND]
    known = _kinds.get(kind)
    return _kinds.keep(kind, _is_text(kind.lower())) if known is None else known


def is_stream(kind: bytes) -> bool:
    """Whether a content type in lower case is that of a stream, whose pieces are waited for one by one."""
    return any(word in kind for word in _STREAMS)


def _is_text(kind: bytes) -> bool:
    return any(word in kind for word in _READABLE) and not is_stream(kind)
