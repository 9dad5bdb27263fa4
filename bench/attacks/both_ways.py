"""One exchange judged twice: as the engine for rules judges it, by its first look, and with every rule run on everything.

The two may never differ: what the first look leaves out would not have matched (docs/adr/0012). Used by tests, and by
`attacks.sequences`. It must not know where exchanges come from.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from yett.engine.recorded import RecordedView
from yett.formats.coding import Undecodable
from yett.formats.contract.proven import Proven
from yett.formats.http1 import Refused
from yett.formats.inspected import DEFAULT_LIMITS
from yett.model.decision import Denial, Evaluation, Pause, Wait
from yett.model.exchange import Exchange, Request, Response, View
from yett.model.operation import Operation
from yett.model.policy import Bounds
from yett.rules.inspection.aside import takes_long
from yett.rules.seclang import run
from yett.rules.seclang.judging import Judging
from yett.rules.seclang.live import LiveTransaction, response_is_text
from yett.rules.seclang.operators import integer
from yett.rules.seclang.program import INBOUND, OUTBOUND, Program
from yett.rules.seclang.transaction import Refusal, Transaction

EVERY = -1
"""The candidates where all have been found."""

FIRST_OF_HALVES = (1, 3, 5)
"""The first phase of a request, of a response, and of what is recorded afterwards."""


class Outcome(NamedTuple):
    """hits: rule, name and value of what matched first, message and data, in order. scores: of the request and the response."""

    hits: tuple[tuple[int, bytes, bytes, bytes, bytes], ...]
    refusal: Refusal | None
    scores: tuple[int, int]

    @property
    def rules(self) -> list[int]:
        return [hit[0] for hit in self.hits]


def outcome(t: Transaction) -> Outcome:
    hits = tuple((one.rule.id, one.name, one.value, one.message, one.data) for one in t.hits)
    return Outcome(hits, t.refusal, (_score(t, INBOUND), _score(t, OUTBOUND)))


def _score(t: Transaction, names: tuple[bytes, ...]) -> int:
    return next((integer(t.tx[name]) for name in names if name in t.tx), 0)


def as_usual(program: Program, t: Transaction, response: Response | None = None) -> Outcome:
    """All phases of a transaction."""
    run.begin(program, t)
    run.request(program, t)
    if response is not None and t.refusal is None:
        _answer(t, response)
        run.response(program, t)
    run.finish(program, t)
    return outcome(t)


def with_all_rules(program: Program, t: Transaction, response: Response | None = None) -> Outcome:
    """The same without any look beforehand."""
    run.begin(program, t)
    for phase in _phases(program, t, response):
        first = next(one for one in reversed(FIRST_OF_HALVES) if one <= phase)
        choice = program.chosen(first, EVERY)
        t.phase = phase
        for _ in run._run(choice.first if phase == first else choice.second, t):
            pass
    return outcome(t)


def _phases(program: Program, t: Transaction, response: Response | None) -> Iterator[int]:
    """Those that come, as far as a refusal lets them. The transaction is made ready for each."""
    yield 1
    if t.refusal is None:
        t.enter_body()
        yield 2
    if response is not None and t.refusal is None:
        _answer(t, response)
        yield 3
        if t.refusal is None:
            t.has_response_body = True
            yield 4
    t.acts = False
    yield 5


def _answer(t: Transaction, response: Response) -> None:
    t.answer(response.status, [(name.lower(), value) for name, value in response.fields])
    t.response_body = response.body


class Comparing:
    """Compares on one program, which remembers one exchange for the next. compared: how often.

    proven: by a contract. valid_head, valid_body: whether the head, and by which schema the body, of what comes next was found
    valid; as `yett.model.decision.Evaluation` has it.
    """

    def __init__(self, program: Program, proven: Proven | None = None) -> None:
        self.program, self.proven = program, proven
        self.valid_head, self.valid_body = False, -1
        self.compared = 0

    def differences(self, request: Request, response: Response | None = None) -> list[str]:
        """How the ways differ: for the octets as received; and, where the gateway takes them, for what it makes of them."""
        found = [
            self._compare("as received", received(request), with_all_rules(self.program, received(request), response), response)
        ]
        view = recorded(request, response)
        if view is not None:
            if response is not None and not response_is_text(view):
                response = msgspec.structs.replace(response, body=b"")  # nobody looks at it
            everything = with_all_rules(self.program, self.live(view), response)
            found.append(self._compare("in the gateway", self.live(view), everything, response))
            found.append(self._in_turns(view, everything))
        return [f"{one}: {shown(request)}" for one in found if one]

    def found(self, request: Request, response: Response | None = None) -> list[list[int]]:
        """The rules that match as usual, of both ways in which a request is read; [] where the gateway refuses it."""
        view = recorded(request, response)
        rules = [as_usual(self.program, received(request), response).rules]
        return [*rules, as_usual(self.program, self.live(view), response).rules if view is not None else []]

    def live(self, view: View) -> LiveTransaction:
        return LiveTransaction(view, self._evaluation(view), DEFAULT_LIMITS, self.proven)

    def _evaluation(self, view: View) -> Evaluation:
        evaluation = Evaluation(Operation("o", "shop", view.method, "/"), 0.0, 0.0)
        evaluation.valid_head, evaluation.valid_body = self.valid_head, self.valid_body
        return evaluation

    def _compare(self, name: str, t: Transaction, everything: Outcome, response: Response | None) -> str:
        self.compared += 1
        judged = as_usual(self.program, t, response)
        if judged == everything:
            return ""
        if judged.rules == everything.rules:
            return f"{name}, same rules: {judged} and not {everything}"
        return f"{name}: found {judged.rules}, there are {everything.rules}"

    def _in_turns(self, view: RecordedView, everything: Outcome) -> str:
        """As a plan has it, with pauses, and with a response that may have a transaction of its own; where another process may
        judge the request, also by what that one would say."""
        for aside in (False, True) if takes_long((view.content,)) else (False,):
            self.compared += 1
            denial = self.denial(view, aside)
            if (denial is not None) != (everything.refusal is not None):
                return f"in turns{', aside' if aside else ''}: {denial}, and not {everything.refusal}"
        return ""

    def denial(self, view: RecordedView, aside: bool = False) -> Denial | None:
        """What the guard says, of the request or of the response. aside: as if another process judged large bodies."""
        judging = Judging("crs", self.program, DEFAULT_LIMITS, None, self.proven)
        judging.snapshot = "here as well" if aside else ""
        evaluation = self._evaluation(view)
        found = judging.request(view, evaluation)
        while isinstance(found, Wait):
            need = found.need
            assert isinstance(need, Pause)
            if (need.errand is None or not need.errand.take(judging.errand(need.errand.ask()))) and need.work is not None:
                need.work()
            found = judging.request(view, evaluation)
        if found is None and view.status:
            found = judging.response_head(view, evaluation)
            if found is None and response_is_text(view):
                found = judging.response_body(view, evaluation)
        return found


def received(request: Request) -> Transaction:
    """The octets, whatever they look like."""
    line = b"%b %b HTTP/%b" % (request.method.encode(), request.target, request.version.encode())
    return Transaction.of_request(line, request.fields, request.body)


def recorded(request: Request, response: Response | None = None) -> RecordedView | None:
    """What the gateway makes of them; None where it refuses them."""
    try:
        view = RecordedView(Exchange(id="1", source="bench", started=0.0, request=request, response=response), Bounds())
        view.decode_body()
        view.decode_response()
    except (Refused, Undecodable):
        return None
    return view


def shown(request: Request) -> str:
    """Short enough to be read, and whole where it is short."""
    fields = b" ".join(b"%b: %b" % field for field in request.fields[-3:])
    return f"{request.method} {request.target[-300:]!r} {fields[-300:]!r} {request.body[-300:]!r}"
