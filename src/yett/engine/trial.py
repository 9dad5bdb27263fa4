"""A policy tried on recordings: one row for each, saying what enforcement would do and why. Pure, built on `replay`.

It runs the plans that live traffic gets. What a recording does not hold is not held against it: it is listed as not evaluated. It
must not know where recordings come from, nor how rows are printed.
"""

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Any

import msgspec

from yett.engine.compile import compile_policy
from yett.engine.recorded import BOUNDS, SYNTAX, Fulfil, Replayed, replay
from yett.engine.reducing import LIMITS, STATEFUL, LeftOut, watching, without
from yett.engine.sample import HIDDEN, MASK
from yett.engine.snapshot import Snapshot
from yett.formats.recordings.values import Recording
from yett.model.bundle import Bundle
from yett.model.decision import Denial, Evaluation, Mode, unset
from yett.model.mistake import PolicyErrors
from yett.model.policy import Policy
from yett.model.ports import Ports
from yett.model.rule import Severity
from yett.rules.registry import attacks, guards
from yett.rules.seclang.hits import told

FORMAT = 1
"""Version of `Row`: counts changes that a reader must know."""

STATELESS = "it needs counters, keys or who calls, and only what needs no state is judged"
NO_TIME = "the recording does not say when the request came"
NO_CREDENTIALS = "the record holds no credentials"


class Objection(msgspec.Struct, frozen=True):
    """One rule that objects. place: as in `Denial`. sample: what stood there, masked; for what is no attack, after the reason."""

    id: str
    severity: Severity
    place: str
    sample: str


class Unjudged(msgspec.Struct, frozen=True):
    """What was not evaluated, and why."""

    rule: str
    reason: str


class Score(msgspec.Struct, frozen=True):
    """Anomaly scores of a scoring rule set; 0 where there is none."""

    inbound: int = 0
    outbound: int = 0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided on one recording. Fields that mean nothing where `error` is given are None then.

    verdict: what enforcement would do, "allow" or "deny"; an answer in the upstream's place is no denial. action: what this policy
    does: "allow", "deny" or "answer". status: what the caller would get with that verdict, 0 where the recording has no response.
    operation: None where no service has the request.
    """

    v: int = FORMAT
    source: str
    index: int
    id: str
    operation: str | None = None
    verdict: str | None = None
    action: str | None = None
    mode: str | None = None
    status: int | None = None
    snapshot: str
    score: Score = Score()
    rules: tuple[Objection, ...] = ()
    not_evaluated: tuple[Unjudged, ...] = ()
    error: str | None = None


class Trial:
    """Decides recordings by one policy, in the order in which they come.

    bundle: of the policy; where only what is `stateless` is judged, of `without(policy, STATEFUL)`. policy: as it was written, to
    say what is left out. fulfil: see `replay`. Raises PolicyErrors.
    """

    def __init__(
        self, bundle: Bundle, ports: Ports, policy: Policy, stateless: bool = True, fulfil: Fulfil | None = None
    ) -> None:
        self._bundle = bundle
        self._ports = ports
        self._left_out = LeftOut(policy, STATEFUL)
        self._uncounted = LeftOut(policy, LIMITS)
        self._stateless = stateless
        self._fulfil = fulfil
        self.snapshot = self._compiled(bundle.policy)
        errors = self.snapshot.build_all().errors
        if errors:
            raise PolicyErrors(errors, bundle.sources)

    def _compiled(self, policy: Policy) -> Snapshot:
        bundle = self._bundle if policy is self._bundle.policy else msgspec.structs.replace(self._bundle, policy=policy)
        return compile_policy(bundle, self._ports)

    @cached_property
    def _timeless(self) -> Snapshot:
        """For recordings without time: counted per second, requests of years would all be of one moment."""
        return self.snapshot if self._stateless else self._compiled(without(self._bundle.policy, LIMITS))

    @cached_property
    def _masked(self) -> Snapshot:
        """For records without credentials."""
        return self.snapshot if self._stateless else self._compiled(without(self._bundle.policy, STATEFUL))

    @cached_property
    def _watching(self) -> Snapshot:
        """Where every rule speaks, because none ends an exchange."""
        return self._compiled(watching(without(self._bundle.policy, STATEFUL)))

    def row(self, recording: Recording, source: str, index: int) -> Row:
        """Never raises for what a recording holds."""
        if recording.error:
            digest = self.snapshot.digest
            return Row(source=source, index=index, id=recording.id, snapshot=digest, error=recording.error)
        found = self._decided(recording)
        objections, unknown = found.said, list[tuple[str, str]]()
        action, evaluation = found.verdict, found.evaluation
        if recording.masked and any(not is_known(one.place, recording) for one in objections):
            watched = self._watched(recording)
            objections = [one for one in watched.said if is_known(one.place, recording)]
            unknown = [(one.rule, f"{one.place} is not in the record") for one in watched.said if one not in objections]
            found = msgspec.structs.replace(watched, plan=found.plan)
            evaluation = watched.evaluation
            enforced = found.plan is not None and found.plan.mode is Mode.ENFORCE
            action = "deny" if enforced and any(_denies(one, found) for one in objections) else "allow"
        elif found.denial is not None and evaluation is not None and self._stateless:
            # Nothing counts, so it may be asked again, for what the other rules would have said.
            watched = self._watched(recording)
            objections += [one for one in watched.said if one not in objections]
            evaluation = watched.evaluation
        denying = [one for one in objections if _denies(one, found)]
        skipped = [*found.not_evaluated, *self._skipped(recording, found), *recording.lacks, *unknown]
        plan = found.plan
        return Row(
            source=source,
            index=index,
            id=recording.id,
            operation=plan.operation.id if plan is not None else None,
            verdict="deny" if denying else "allow",
            action=action,
            mode=plan.mode.value if plan is not None else "enforce",
            status=_status(recording, found, denying),
            snapshot=self.snapshot.digest,
            score=Score(evaluation.inbound_score, evaluation.outbound_score) if evaluation is not None else Score(),
            rules=_objections(objections, evaluation),
            not_evaluated=tuple(Unjudged(rule, reason) for rule, reason in dict.fromkeys(skipped)) if skipped else (),
        )

    def _watched(self, recording: Recording) -> Replayed:
        """With every rule heard."""
        assert recording.exchange is not None
        return replay(self._watching, recording.exchange, recording.exchange.started)

    def _decided(self, recording: Recording) -> Replayed:
        exchange = recording.exchange
        if exchange is None:
            status, reason, place = recording.refused or (400, "it could not be read", "")
            return Replayed(denial=Denial(SYNTAX, status, reason, place))
        snapshot = self._masked if recording.masked else self.snapshot if recording.timed else self._timeless
        # The recording's time is the only one: steady clocks are not recorded.
        return replay(snapshot, exchange, exchange.started, fulfil=self._fulfil)

    def _skipped(self, recording: Recording, found: Replayed) -> Iterator[tuple[str, str]]:
        """What this trial does not judge, of what the policy asks for."""
        if found.plan is None:
            return
        operation = found.plan.operation
        if self._stateless or recording.masked:
            why = STATELESS if self._stateless else NO_CREDENTIALS
            yield from ((rule, why) for rule in self._left_out.of(operation))
        elif not recording.timed:
            yield from ((rule, NO_TIME) for rule in self._uncounted.of(operation))


def _status(recording: Recording, found: Replayed, denying: Sequence[Denial]) -> int:
    if denying:
        return denying[0].status
    if found.answer is not None:
        return found.answer.status
    exchange = recording.exchange
    return exchange.response.status if exchange is not None and exchange.response is not None else 0


@cache
def _informing() -> frozenset[str]:
    """Attack rules that deny nothing by themselves."""
    return frozenset(name for name, attack in attacks().items() if attack.rule.mode is Mode.MONITOR)


def _denies(one: Denial, found: Replayed) -> bool:
    """Whether an objection ends the exchange where it is enforced, rather than changing its response or being noted."""
    return one is found.denial or (one in found.would and one.rule not in _informing())


def _objections(said: Sequence[Denial], evaluation: Evaluation | None) -> tuple[Objection, ...]:
    """What the guards say; in place of the one rule that speaks for a scoring rule set, all of it that matched."""
    scored = evaluation is not None and evaluation.scoring is not unset
    if not said and not scored:
        return ()
    matched = [Objection(*one[:4]) for one in told(evaluation.scoring)] if evaluation is not None and scored else []
    known = {one.id for one in matched}
    return (*(_objection(one) for one in said if one.rule not in known), *matched)


def _objection(one: Denial) -> Objection:
    place = one.place or (_place(one.reason) if one.rule == SYNTAX else "")
    sample = one.sample or one.reason
    if one.sample and one.rule in guards():  # what an attack looks like says enough, what a contract wants does not
        sample = f"{one.reason}: {one.sample}"
    return Objection(one.rule, severity(one.rule), place, sample)


_PLACES = (
    ("header Content-Length", ("content-length",)),
    ("header Transfer-Encoding", ("transfer-encoding", "transfer coding")),
    ("header Content-Type", ("content-type",)),
    ("header Connection", ("connection",)),
    ("header Host", ("host",)),
    ("request line", ("request line", "start line", "method", "version", "is not served")),
    ("target", ("target", "path", "query", "encoded slash")),
)


def _place(reason: str) -> str:
    """Where a head has no single reading: the grammar says what is wrong, not where."""
    text = reason.lower()
    return next((place for place, words in _PLACES if any(word in text for word in words)), "head")


SCORED = "crs-"
"""How ids of rules of a scoring rule set begin. Their severity stands in the rules, which are not at hand for a record."""


@cache
def severity(rule: str) -> Severity:
    """Of a rule by its id; what is no rule of a policy is a bound or a syntax rule, which holds in every mode."""
    found = guards().get(rule) or attacks().get(rule)
    if found is not None:
        return found.rule.severity
    return Severity.LOW if rule.startswith(BOUNDS) else Severity.MEDIUM


def is_known(place: str, recording: Recording) -> bool:
    """Whether a record holds what stood at this place, so that an objection to it can be believed."""
    kind, _, name = place.partition(" ")
    exchange = recording.exchange
    if exchange is None:
        return True
    missing = {what for what, _ in recording.lacks}
    if kind in ("header", "cookie"):
        field = "cookie" if kind == "cookie" else name.lower()
        if "request-fields" in missing:  # what the record has of them is known, what it lacks may have been there
            return any(known.decode("latin-1").lower() == field for known, _ in exchange.request.fields)
        return field not in recording.unseen
    if kind == "query":
        target = exchange.request.target
        return ("query" not in missing or b"?" in target) and f"{name}=hash:".encode() not in target
    if kind == "body":
        return _is_shown(exchange.request.body, name)
    if kind == "response":
        if name.startswith("header"):
            return name == "header Content-Type" and "response-fields" not in missing
        return exchange.response is None or _is_shown(exchange.response.body, name)
    return True


def _is_shown(sample: bytes, pointer: str) -> bool:
    """Whether the value at a JSON pointer (RFC 6901) is not masked; a pointer that leads nowhere says nothing of masks."""
    if MASK.encode() not in sample:
        return True
    try:
        value: Any = msgspec.json.decode(sample)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if value == HIDDEN:
            return False
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            break
    return value not in (MASK, HIDDEN)
