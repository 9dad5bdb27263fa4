"""A short text keeps the target busy: a regular expression that tries every way to split it.

Patterns such as `^([a-z]+)+@` take twice as long for each letter more. Forty letters stop a worker for years.

What is tried: inputs of text, with letters and a last sign that fits nothing, so few that an exponential pattern takes some
tenths of a second. Where that is slow, one and two letters more must take twice and four times as long, again and again, and as
many letters in another order (which such a pattern reads in one way) must not. Never more than a few seconds in all.

To fix: a pattern without nested repetitions, a length limit before it, or an engine that is linear (RE2).
"""

from collections.abc import Generator
from itertools import pairwise
from typing import Any

from yett.formats.names import words
from yett.model.probe import Claim, Exchanged, Flaw, ProbeRule, Probing, Step
from yett.model.rule import Severity
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.timing import longer
from yett.rules.probing.trying import Trial, trials
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="slow-patterns",
    title="A short text keeps the target busy",
    severity=Severity.HIGH,
    flaws=(Flaw.REGEX_DENIAL_OF_SERVICE,),
    requests=50,
    weight=6,
    owasp=("API4:2023",),
    cwe=(1333, 400),
    references=("https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS",),
)

_NAMES = listed(
    "email mail username user name login phone url uri website host domain slug code search q query pattern regex "
    "filter tag address zip "
    "postcode version date password text title"
)
_FEW, _START = 14, 21
_SLOW, _LONGEST = 0.15, 2.5
"""Seconds above the ordinary from which something is suspected; beyond which no more is asked for."""
_ENDS = ("!", "@")


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if not trial.number and trial.place.kind in ("query", "body", "path") and _may_be_matched(trial):
            yield from _one(trial)


def _may_be_matched(trial: Trial) -> bool:
    named = _NAMES & set(words(trial.place.name.rpartition("/")[2]))
    return bool(named) or "pattern" in trial.place.schema or "email" in str(trial.place.schema.get("format", ""))


def _one(trial: Trial) -> Probing:
    ordinary = (yield from trial.harmless()).answer.seconds
    for end in _ENDS:
        first = yield from trial.send("a" * _START + end, f"{_START} letters")
        if not first.answer.status or first.answer.seconds < ordinary + _SLOW / 4:
            continue
        found = yield from _grows(trial, end, max(ordinary, 0.0))
        if found:
            slow, quick = found[1:], found[:1]
            times = ", ".join(f"{one.answer.seconds:.2f}" for one in slow)
            yield Claim(
                flaw=Flaw.REGEX_DENIAL_OF_SERVICE,
                place=trial.place.text,
                identities=(trial.base.identity,),
                text=f"Each letter more in {trial.place.text} doubles the time: {times} s.",
                reasons=("forty letters would take years",),
                proof=tuple(slow),
                control=tuple(quick),
                sign=longer(list(slow), list(quick)),
            )
            return


def _grows(trial: Trial, end: str, ordinary: float) -> Generator[Step, Any, tuple[Exchanged, ...]]:
    """A quick exchange and three slow ones, each one letter longer and about twice as slow; () where it does not grow so."""
    quick = yield from trial.send("a" * _FEW + end, f"{_FEW} letters")
    if quick.answer.seconds > ordinary + _SLOW / 2:
        return ()
    length, last = _START, 0.0
    while last < _SLOW and length < _START + 6:
        length += 1
        one = yield from trial.send("a" * length + end, f"{length} letters")
        last = one.answer.seconds
    if last < _SLOW or last > _LONGEST / 4:
        return ()
    slow: list[Exchanged] = []
    for more in (0, 1, 2):
        one = yield from trial.send("a" * (length + more) + end, f"{length + more} letters")
        slow.append(one)
    again = yield from trial.send("a" * _FEW + end, f"{_FEW} letters again")
    times = [one.answer.seconds - ordinary for one in slow]
    doubles = all(1.5 < later / max(earlier, 1e-6) < 2.8 for earlier, later in pairwise(times))
    plain = yield from trial.send("ab1." * (length // 4) + "b", "as many letters that fit")
    calm = max(again.answer.seconds, plain.answer.seconds) < ordinary + _SLOW / 2
    return (quick, *slow) if doubles and calm and all(one.answer.status for one in slow) else ()
