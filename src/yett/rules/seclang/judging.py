"""A program on live exchanges: the checks of a plan, with pauses, and what is said of an exchange that the rules stop.

It must not know where rules come from, nor the options of a policy.
"""

from collections import deque
from functools import partial

from yett.formats.contract.proven import Proven
from yett.formats.inspected import InspectionLimits
from yett.model.decision import Asked, Denial, Errand, Evaluation, Wait, unset
from yett.model.exchange import View
from yett.rules.inspection.aside import MUCH_OF_HEAD, received, sent, takes_long, unjudged
from yett.rules.inspection.exceptions import Exceptions
from yett.rules.inspection.gathered import gathered
from yett.rules.seclang import errands, hits, run
from yett.rules.seclang.declared import Declared, is_on_values
from yett.rules.seclang.errands import Left, Told
from yett.rules.seclang.hits import sample_of_hit
from yett.rules.seclang.live import LiveTransaction, response_is_text
from yett.rules.seclang.operators import integer
from yett.rules.seclang.places import place_of
from yett.rules.seclang.program import INBOUND, OUTBOUND, Hit, Program

TITLE = "The request was refused by a security rule."
TITLE_OF_RESPONSE = "The response was refused by a security rule."

TURN = 1 << 18
"""Octets of work after which others get their turn; a few milliseconds."""

FEW = 300
"""Octets of a head that never take long."""

MOST_NAMED = 8
"""Rules that a reason names."""


class Judging:
    """The checks of one operation. name: of the guard. denies_beyond: whether a body that is longer than `limits` is refused;
    denies_unjudged: a request that could not be judged. snapshot: see `yett.model.ports.Ports`. declared: places at which matches
    of rules on values do not count."""

    def __init__(
        self,
        name: str,
        program: Program,
        limits: InspectionLimits,
        exceptions: Exceptions | None,
        proven: Proven | None,
    ) -> None:
        self.name, self.program, self.limits = name, program, limits
        self.denies_beyond = False
        self.denies_unjudged = True
        self.snapshot = ""
        self.exceptions, self.proven = exceptions, proven
        rulings = [ruling for phase in program.phases.values() for ruling in phase]
        self.ids = {ruling.position: str(ruling.id) for ruling in rulings}
        self.declared: Declared | None = None
        self.on_values = frozenset(ruling.position for ruling in rulings if is_on_values(ruling.tags))

    # --- requests -----------------------------------------------------------------------------------------------------------

    def request(self, view: View, evaluation: Evaluation) -> Denial | Wait | None:
        """Phases 1 and 2."""
        held = evaluation.inspected
        work = None
        if held is not unset:
            told = held.told.get(self.name)
            if told is not None:
                return self._told(told, view, evaluation)
            work = held.running.get(self.name)
            if work is not None and (failure := held.failure(evaluation)):
                evaluation.scoring = unset
                return unjudged(self.name, failure, self.denies_unjudged, evaluation)
        if work is None:
            t = self._transaction(view, evaluation)
            work = run.request_in_turns(self.program, t)
            evaluation.scoring = t
            if self._takes_long(t):
                held = gathered(evaluation)
                held.running[self.name] = work
                return held.pause(partial(deque, work, 0), self._errand(view, evaluation))
        done = 0
        for octets in work:
            done += octets
            if done > TURN:
                held = gathered(evaluation)
                held.running[self.name] = work
                return held.pause()
        return self._judged(evaluation.scoring, evaluation)

    def _takes_long(self, t: LiveTransaction) -> bool:
        if t.body and takes_long((t.body,)):
            return True
        head = len(t.uri) + sum([len(text) for _, text in t.fields])
        return head > FEW and takes_long(self.program.sieve.fresh(t), MUCH_OF_HEAD)

    def _judged(self, t: LiveTransaction, evaluation: Evaluation) -> Denial | None:
        if not _leaves(t) and t.refusal is None and not t.truncated:
            evaluation.scoring = unset  # nothing is to be kept for the response
            return None
        return self._conclude(t, evaluation)

    def _transaction(self, view: View, evaluation: Evaluation) -> LiveTransaction:
        t = LiveTransaction(view, evaluation, self.limits, self.proven)
        run.begin(self.program, t)
        if self.exceptions is not None or self.declared is not None:
            t.excuse = partial(self._excuses, t)
        return t

    def _excuses(self, t: LiveTransaction, position: int, name: bytes) -> bool:
        if self.declared is not None and position in self.on_values and self.declared.has(name, t):
            return True
        return self.exceptions is not None and self.exceptions.excuse(self.ids.get(position, ""), place_of(name, t))

    def _conclude(self, t: LiveTransaction, evaluation: Evaluation) -> Denial | None:
        evaluation.inbound_score = _score(t, INBOUND)
        if t.refusal is not None:
            return self._denial(t, t.hits, evaluation.inbound_score, 403)
        if t.truncated:
            limits = self.limits
            evaluation.skip(self.name, f"the body was inspected up to {limits.size} octets or {limits.values} values")
            if self.denies_beyond:
                return Denial(self.name, 413, "the body is longer than what is inspected", "body", title=TITLE)
        return None

    # --- requests that another process judges -------------------------------------------------------------------------------

    def _errand(self, view: View, evaluation: Evaluation) -> Errand | None:
        if not self.snapshot:
            return None

        ask = partial(sent, view, evaluation)
        return Errand(self.snapshot, view.method, view.host, view.target.path, self.name, ask, partial(self._take, evaluation))

    def _take(self, evaluation: Evaluation, octets: bytes) -> bool:
        """Whether another process has judged the request for certain."""
        told = errands.decode(octets)
        if told.sure:
            held = gathered(evaluation)
            del held.running[self.name]
            held.told[self.name] = told
        return told.sure

    def errand(self, asked: Asked) -> bytes:
        """Judge a request for another process: `Prepared.errand`."""
        view = received(asked)
        evaluation = view.evaluation()
        t = self._transaction(view, evaluation)
        given = sum(map(len, t.excluded.values()))
        run.request(self.program, t)
        denial = self._judged(t, evaluation)
        evaluation.finish()
        evaluation.scoring = unset
        left = None
        if _leaves(t):
            if sum(map(len, t.excluded.values())) > given:  # which values a rule leaves out cannot be told
                return errands.encode(Told(False))
            left = Left.by(t)
        matched = [*hits.told(t)]
        return errands.encode(Told(True, denial, evaluation.inbound_score, evaluation.not_evaluated or [], left, matched))

    def _told(self, told: Told, view: View, evaluation: Evaluation) -> Denial | None:
        evaluation.scoring = unset
        evaluation.inbound_score = told.score
        for rule, reason in told.skipped:
            evaluation.skip(rule, reason)
        if told.left is not None or told.matched:
            t = evaluation.scoring = self._transaction(view, evaluation)
            t.elsewhere = told.matched
            if told.left is not None:
                told.left.to(t)
        return told.denial

    # --- responses ----------------------------------------------------------------------------------------------------------

    def response_head(self, view: View, evaluation: Evaluation) -> Denial | None:
        """Phase 3, and phase 4 where nobody will look at a body."""
        t = evaluation.scoring
        if t is unset:
            if run.answers_plainly(self.program, view.status, view.response_lines, b""):
                return None
            t = self._answered_transaction(view, evaluation)
        t.take_response()
        t.refusal = None  # of a request that passed nevertheless, because that was only to be recorded
        before = len(t.hits)
        mask = run.response_head(self.program, t)
        if t.refusal is None and not response_is_text(view):
            run.response_body(self.program, t, mask)
        return self._answered(t, evaluation, before)

    def response_body(self, view: View, evaluation: Evaluation) -> Denial | None:
        """Phase 4."""
        t = evaluation.scoring
        if t is unset:
            body = view.response_content[: self.limits.size]
            if run.answers_plainly(self.program, view.status, view.response_lines, body):
                return None
            t = self._answered_transaction(view, evaluation)
            t.take_response()
        t.take_response_body()
        before = len(t.hits)
        run.response_body(self.program, t, run.answer_mask(self.program, t))
        return self._answered(t, evaluation, before)

    def _answered_transaction(self, view: View, evaluation: Evaluation) -> LiveTransaction:
        """That of a request which left nothing behind."""
        t = evaluation.scoring = self._transaction(view, evaluation)
        t.enter_body()
        return t

    def _answered(self, t: LiveTransaction, evaluation: Evaluation, before: int) -> Denial | None:
        evaluation.outbound_score = _score(t, OUTBOUND)
        if t.refusal is None:
            return None
        found = [hit for hit in t.hits if hit.rule.phase > 2] or t.hits[before:]
        return self._denial(t, found, evaluation.outbound_score, 502)

    # --- what is said -------------------------------------------------------------------------------------------------------

    def _denial(self, t: LiveTransaction, found: list[Hit], score: int, status: int) -> Denial:
        """The rule that weighs most is named, the others and the score are in the reason."""
        weighing = [hit for hit in found if hit.rule.severity is not None] or found
        worst = min(weighing, key=lambda hit: hit.rule.severity if hit.rule.severity is not None else 8)
        others = list(dict.fromkeys(f"crs-{hit.rule.id}" for hit in weighing if hit.rule.id != worst.rule.id))
        also = f"; also {', '.join(others[:MOST_NAMED])}" if others else ""
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        message = worst.message.decode("utf-8", "replace")
        title = TITLE if status == 403 else TITLE_OF_RESPONSE
        reason = f"anomaly score {score}: {message}{also}{more}"
        return Denial(f"crs-{worst.rule.id}", status, reason, place_of(worst.name, t), sample_of_hit(worst), title)


def _leaves(t: LiveTransaction) -> bool:
    """Whether rules for responses may find something changed by those for the request."""
    return not t.clean or t.steered or t.allowed_until > 0


def _score(t: LiveTransaction, names: tuple[bytes, ...]) -> int:
    return next((integer(t.tx[name]) for name in names if name in t.tx), 0)
