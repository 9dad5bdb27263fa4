"""Runs the walk and the probes against whoever answers: one step after the other, within budget, and takes back what was made.

`Driver.run()` is a generator: it yields steps in which every `Call` carries the credential that is to be sent (`credential`
is never None), and `Renew`; it receives what happened. The edge sends (`yett.edge.probing`), tests answer
(`yett.engine.probing.trial`). While a probe waits, another one has its turn. It must not know how anything is sent, nor the
time except by `clock`.
"""

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable
from typing import Any

import msgspec

from yett.engine.probing.again import Wanted, needed
from yett.engine.probing.outcome import Found, Left, Outcome, Renew
from yett.engine.probing.provenance import WALKED
from yett.engine.probing.safety import Safety
from yett.engine.probing.shrinking import shrunk
from yett.engine.probing.walk import walk
from yett.model.probe import ANONYMOUS, Answer, Burst, Call, Claim, Exchanged, Heard, Made, Probing, Send, Skipped, Sleep, Step
from yett.model.rule import Severity
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.registry import Probe

Act = Step | Renew
Driving = Generator[Act, Any, Outcome]

WAITING = 24
"""Probes that wait at a time."""
FAILURES = 15
"""Requests without any answer, one after the other, after which the target is given up."""
ERRORS = 100
"""Answers of which nearly all are 5xx, where they were rare before, after which the run stops: the target suffers."""
RENEWALS = 50
TRACED = 5_000
"""Calls that made something and are kept, so that proofs can be repeated elsewhere."""
_READ, _CHANGED = 8_192, 65_536
"""Octets of answers, to calls that read and to others, that are kept with them."""
_PIECE = 5
"""Calls of a burst, one after the other, between two looks at the budget."""
_NOWHERE = 5
"""Calls, at least, all of which were answered 404, after which nothing more is tried: the API is somewhere else."""
WALK_SHARE = 0.4
"""Share of the budget that the walk may take."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """seconds: for walk and probes. requests: likewise; 0 for any number. undo: seconds beyond, for taking back."""

    seconds: float = 300.0
    requests: int = 0
    undo: float = 120.0


class _Task:
    """A probe under way."""

    def __init__(self, probe: Probe, operation: Operation | None, running: Probing) -> None:
        self.probe, self.operation, self.running = probe, operation, running
        self.sent = 0
        self.result: Any = None
        self.due = 0.0
        self.heard = ""


class Driver:
    """One run. done: probes that an earlier run ended, (rule, operation id). pending: what an earlier run made and did not
    take back. strict: a probe that raises ends the run, as tests want it; otherwise it is listed. only: the one finding that is
    looked for; the walk then calls what that needs, and everything only where its operation did not work so."""

    def __init__(
        self,
        target: Target,
        probes: Iterable[Probe],
        clock: Callable[[], float],
        limits: Limits = Limits(),  # noqa: B008  frozen
        done: Collection[tuple[str, str]] = (),
        pending: Iterable[tuple[str, tuple[Call, ...]]] = (),
        strict: bool = False,
        only: Wanted | None = None,
    ) -> None:
        self._strict, self._only = strict, only
        self.target, self.limits = target, limits
        target.patience = limits.seconds / 2
        self.outcome = Outcome(pending=list(pending))
        self.safety = Safety(target)
        self._probes = sorted(probes, key=lambda one: (one.rule.weight, one.rule.id))
        self._clock, self._done = clock, frozenset(done)
        self._began = clock()
        self._silent = 0
        self._recent: deque[bool] = deque(maxlen=ERRORS)
        self._early: list[bool] = []
        self._renewed: dict[str, float] = {}
        self._claimed: set[tuple[str, str, str, str]] = set()
        self._walked: frozenset[str] | None = None
        self._enough = False

    def stop(self, why: str) -> None:
        """End early: what is under way is left, what was made is taken back."""
        self.outcome.stopped = self.outcome.stopped or why

    def run(self) -> Driving:
        """Walk, probe, take back. Returns the outcome, which is also there before."""
        only = self._only
        self._walked = needed(only, self.target, self.safety) if only is not None else None
        yield from self._round()
        if only is not None and not self.outcome.found and not self._works(only) and not self._over():
            self._walked = None
            yield from self._round()
        self.outcome.phase = "undo"
        yield from self._take_back()
        self.outcome.phase, self.outcome.seconds = "done", self._clock() - self._began
        return self.outcome

    def _round(self) -> Driving:
        self.outcome.phase = "walk"
        yield from self._walk()
        self.outcome.phase = "probe"
        yield from self._run_probes()
        return self.outcome

    def _works(self, only: Wanted) -> bool:
        """Whether the operation that is asked about could be called at all, so that nothing found means that there is nothing."""
        about = [one for one in self.target.operations if one.label in only.labels]
        return bool(about) and all(self.target.workers(one) for one in about)

    def _asked(self, operation: Operation) -> bool:
        """Whether probes begin with that operation: any, where the finding that is looked for is about none that is known."""
        if self._only is None or operation.label in self._only.labels:
            return True
        return all(one.label not in self._only.labels for one in self.target.operations) and self._may_walk(operation)

    def _may_walk(self, operation: Operation) -> bool:
        return self.safety.allowed(operation) and (self._walked is None or operation.id in self._walked)

    # Walk

    def _walk(self) -> Driving:
        for one in self.target.operations:
            if not self.safety.allowed(one):
                self._leave("", one.label, "not called: its name says that it may do harm (--destructive)")
        running = walk(self.target, self._may_walk)
        until = self._began + self.limits.seconds * WALK_SHARE
        result: Any = None
        while not self._over():
            if self._clock() > until:
                self._leave("", "", "the walk took its share of the budget; what it did not reach is probed less")
                break
            try:
                step = running.send(result)
            except StopIteration:
                break
            result = yield from self._step(step, "walk", None)
        running.close()
        seen = [one.answer.status for _, one in self.target.exchanges()]
        if len(seen) >= _NOWHERE and set(seen) == {404}:
            self.stop("every operation that was called answered 404, so no probe was begun")
        return self.outcome

    # Probes

    def _tasks(self) -> Generator[_Task]:
        for probe in self._probes:
            if probe.rule.destructive and not self.target.destructive:
                self._leave(probe.rule.id, "", "changes what the run did not make (--destructive)")
            elif probe.rule.scope == "target":
                if (probe.rule.id, "") not in self._done:
                    yield _Task(probe, None, probe.begin(self.target))
            else:
                for one in self.target.operations:
                    if self._asked(one) and self.safety.allowed(one) and (probe.rule.id, one.id) not in self._done:
                        yield _Task(probe, one, probe.begin(self.target, one))

    def _run_probes(self) -> Driving:
        tasks = self._tasks()
        waiting: list[_Task] = []
        while not self._over() and not self._enough:
            now = self._clock()
            task = next((one for one in waiting if one.due <= now), None)
            if task is not None:
                waiting.remove(task)
                if task.heard:
                    task.result = yield Heard(task.heard, 0.0)
                    task.heard = ""
            elif len(waiting) < WAITING:
                task = next(tasks, None)
            if task is None:
                if not waiting:
                    break
                soonest = min(waiting, key=lambda one: one.due)
                yield Sleep(max(0.0, soonest.due - now))
                continue
            if (yield from self._advance(task)):
                waiting.append(task)
        for task in waiting:
            task.running.close()
        if self._over():
            self.outcome.unrun = len(waiting) + sum(1 for _ in tasks)
        return self.outcome

    def _advance(self, task: _Task) -> Generator[Act, Any, bool]:
        """Run a probe until it ends or waits. True where it waits."""
        where = task.operation.label if task.operation else ""
        while not self._over() and not self._enough:
            try:
                step = task.running.send(task.result)
            except StopIteration:
                self.outcome.done.append((task.probe.rule.id, task.operation.id if task.operation else ""))
                return False
            except Exception as error:  # whoever wrote the probe: the others' findings must not be lost
                if self._strict:
                    raise
                self._leave(task.probe.rule.id, where, f"the probe failed: {type(error).__name__}: {str(error)[:200]}")
                return False
            if isinstance(step, Sleep | Heard):
                task.due, task.heard, task.result = self._clock() + step.seconds, getattr(step, "url", ""), None
                return True
            count = len(step.calls) if isinstance(step, Burst) else int(isinstance(step, Send))
            task.sent += count
            if task.sent > task.probe.rule.requests and count:
                self._leave(task.probe.rule.id, where, f"stopped after its {task.probe.rule.requests} requests")
                task.running.close()
                return False
            task.result = yield from self._step(step, task.probe.rule.id, task)
        task.running.close()
        return False

    # One step

    def _step(self, step: Step, who: str, task: _Task | None) -> Generator[Act, Any, Any]:
        if isinstance(step, Send):
            return (yield from self._send(step.call, who))
        if isinstance(step, Burst):
            return (yield from self._burst(step, who))
        if isinstance(step, Claim):
            if task is not None:
                yield from self._claim(step, task)
            return None
        if isinstance(step, Skipped):
            self._leave(who, (task.operation.label if task and task.operation else ""), step.why)
            return None
        if isinstance(step, Made):
            if step.what or step.undo:
                self.outcome.pending.append((step.what, step.undo))
            return None
        return (yield step)

    def _send(self, call: Call, who: str) -> Generator[Act, Any, Answer]:
        answer = yield from self._once(call, who)
        dead = answer.status == 401 and call.credential is None and call.identity != ANONYMOUS
        if dead and (yield from self._renew(call.identity)):
            answer = yield from self._once(call, who)
        return answer

    def _once(self, call: Call, who: str) -> Generator[Act, Any, Answer]:
        why = self.safety.objection(call)
        if why:
            self._leave(who, "", f"not sent: {why}")
            return Answer(failure=f"not sent: {why}")
        self._count(who, 1)
        answer: Answer = yield Send(self.carried(call))
        self._judge(answer)
        most = _READ if call.method == "GET" else _CHANGED
        if len(self.outcome.trace) < TRACED and len(answer.body) <= most and self.target.succeeded(answer):
            self.outcome.trace.append(Exchanged(call, answer, WALKED if who == "walk" else ""))
        return answer

    def _burst(self, step: Burst, who: str) -> Generator[Act, Any, tuple[Answer, ...]]:
        why = next(filter(None, map(self.safety.objection, step.calls)), "")
        if why:
            self._leave(who, "", f"not sent: {why}")
            return tuple(Answer(failure=f"not sent: {why}") for _ in step.calls)
        answers: tuple[Answer, ...] = ()
        size = len(step.calls) if step.at_once else _PIECE
        for start in range(0, len(step.calls), max(1, size)):
            if start and self._over():
                return tuple(Answer(failure="not sent: the budget is used up") for _ in step.calls)
            piece = step.calls[start : start + size]
            self._count(who, len(piece))
            found: tuple[Answer, ...] = yield Burst(tuple(map(self.carried, piece)), step.at_once)
            answers += found
        return answers

    def carried(self, call: Call) -> Call:
        """The call with the credential that is sent: its own, or its identity's."""
        if call.credential is not None:
            return call
        one = self.target.identity(call.identity)
        if one is None:
            return msgspec.structs.replace(call, credential=())
        return msgspec.structs.replace(call, credential=one.credential, query=(*call.query, *one.query))

    def _renew(self, name: str) -> Generator[Act, Any, bool]:
        """Whether the identity has a new credential: where one that works shows that the old one died."""
        one = self.target.identity(name)
        if one is None or self.outcome.renewals >= RENEWALS:
            return False
        pulse = self._pulse(name)
        if pulse is None and self._clock() - self._renewed.get(name, -60.0) < 30.0:
            return False
        if pulse is not None and (yield from self._once(pulse, "renewal")).status != 401:
            return False
        self._renewed[name] = self._clock()
        self.outcome.renewals += 1
        if one.throwaway:
            _, credential = yield from self._logging_in(one.name)
        else:
            credential = yield Renew(name)
        if not credential or credential == one.credential:
            return False
        one.spent = (*one.spent[-20:], *one.secrets())
        one.credential = credential
        return True

    def _logging_in(self, name: str) -> Generator[Act, Any, Any]:
        one = self.target.identities[name]
        running = self.target.log_in({**one.facts, "username": one.username, "password": one.password})
        result: Any = None
        while True:
            try:
                step = running.send(result)
            except StopIteration as end:
                return end.value
            result = (yield from self._once(step.call, "renewal")) if isinstance(step, Send) else None

    def _pulse(self, name: str) -> Call | None:
        """A safe call of the identity that worked and that nobody without a credential may make."""
        for operation, exchanged in self.target.exchanges():
            call = exchanged.call
            mine = call.identity == name and operation.safe and self.target.succeeded(exchanged.answer)
            if mine and ANONYMOUS not in self.target.workers(operation):
                return call
        return None

    # Bookkeeping

    def _claim(self, claim: Claim, task: _Task) -> Generator[Act, Any, None]:
        found = Found(task.probe.rule, task.operation, claim)
        key = (claim.flaw.value, *found.about, claim.place)
        if key in self._claimed:
            return
        self._claimed.add(key)
        if self._strict and not (claim.control or claim.uncontrolled):
            raise ValueError(f"{task.probe.rule.id}: a claim needs a control, or why there is none")
        if self.outcome.first_finding is None:
            self.outcome.first_finding = self._clock() - self._began
        same = self._with_same_cause(found)
        if same >= 0 and not _graver(found, self.outcome.found[same]):
            self.outcome.found[same] = _joined(self.outcome.found[same], found)
        else:
            smaller = yield from shrunk(claim, lambda call: self._once(call, "shrinking"))
            found = msgspec.structs.replace(found, claim=smaller)
            if same >= 0:
                self.outcome.found[same] = _joined(found, self.outcome.found[same])
            else:
                self.outcome.found.append(found)
        only = self._only
        self._enough = only is not None and (only.key == key or only.fingerprint == found.fingerprint)

    def _with_same_cause(self, found: Found) -> int:
        """The number of the finding that this claim belongs to; -1 where it is the first of its cause, or stands alone."""
        if not found.claim.cause:
            return -1
        mark = found.fingerprint
        known = enumerate(self.outcome.found)
        return next((at for at, one in known if one.claim.cause == found.claim.cause and one.fingerprint == mark), -1)

    def _leave(self, rule: str, where: str, why: str) -> None:
        one = Left(rule, where, why)
        if one not in self.outcome.left and len(self.outcome.left) < 5_000:
            self.outcome.left.append(one)

    def _count(self, who: str, number: int) -> None:
        self.outcome.requests += number
        self.outcome.sent_by[who] = self.outcome.sent_by.get(who, 0) + number

    def _judge(self, answer: Answer) -> None:
        """Whether the target still lives, and is no worse than before."""
        self._silent = 0 if answer.status else self._silent + 1
        if self._silent >= FAILURES:
            self.stop(f"the target does not answer any more: {answer.failure}")
        bad = answer.status >= 500
        if len(self._early) < ERRORS:
            self._early.append(bad)
        self._recent.append(bad)
        if len(self._recent) == ERRORS and sum(self._recent) > 0.9 * ERRORS and sum(self._early) < 0.5 * ERRORS:
            self.stop(f"of the last {ERRORS} answers {sum(self._recent)} are server errors; before, they were rare")

    def _over(self) -> bool:
        if self.outcome.stopped:
            return True
        if self._clock() - self._began >= self.limits.seconds:
            self.stop(f"the budget of {self.limits.seconds:g} s is used up")
        elif self.limits.requests and self.outcome.requests >= self.limits.requests:
            self.stop(f"the budget of {self.limits.requests} requests is used up")
        return bool(self.outcome.stopped)

    # The way back

    def _take_back(self) -> Driving:
        """What was made, the last first."""
        until = self._clock() + self.limits.undo
        while self.outcome.pending:
            what, calls = self.outcome.pending.pop()
            if not calls:
                self.outcome.behind.append(f"{what}: there is no operation that removes it")
            elif self._clock() > until or self._silent >= FAILURES:
                self.outcome.behind.append(f"{what}: no time was left to remove it")
            elif not (yield from self._undone(calls)):
                self.outcome.behind.append(f"{what}: the target refused to remove it")
            else:
                self.outcome.undone += 1
        return self.outcome

    def _undone(self, calls: tuple[Call, ...]) -> Generator[Act, Any, bool]:
        """The calls, one after the other, until one takes effect; gone for one of them and refused to none is as good."""
        gone = False
        for call in calls:
            answer = yield from self._send(call, "undo")
            if self.target.succeeded(answer):
                return True
            gone = gone or answer.status in (404, 410)  # or it is hidden from this caller, and another one finds it
        return gone


def _graver(one: Found, other: Found) -> bool:
    order = list(Severity)
    first, second = (order.index(each.claim.severity or each.rule.severity) for each in (one, other))
    return first > second


def _joined(one: Found, other: Found) -> Found:
    """The first, which names the operations of the second, too."""
    labels = dict.fromkeys((*one.also, other.label, *other.also))
    return msgspec.structs.replace(one, also=tuple(label for label in labels if label and label != one.label))
