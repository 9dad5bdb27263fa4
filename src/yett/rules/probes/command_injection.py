"""Command injection: a value of a request becomes a part of a command line, and what is added to it is run.

Whoever can add a command owns the machine, or at least what its user may.

What is tried: one value that, without quotes and in single and double ones, prints the result of a multiplication that stands
nowhere in the request; where it is in the answer, it is seen three times with other numbers, against the same without the
separator. Then, on inputs whose names speak of files, hosts and commands or that a shell complained about, delays that grow as they
are asked to, and a request to a listener of ours, where there is one.

To fix: call programs without a shell, with a list of arguments; check values against what they should look like.

What it misses: commands that print nothing, take no time and reach no network.
"""

from collections.abc import Generator
from functools import partial
from typing import Any

from yett.formats.names import words
from yett.model.probe import Claim, Exchanged, Flaw, Heard, Listen, ProbeRule, Probing, Sign, Step
from yett.model.rule import Severity
from yett.rules.probing.claiming import of_input
from yett.rules.probing.error_texts import SHELL, spoken
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.timing import delayed, longer
from yett.rules.probing.trying import Trial, decided, trials
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="injection-command",
    title="Command injection",
    severity=Severity.CRITICAL,
    flaws=(Flaw.COMMAND_INJECTION,),
    requests=90,
    weight=2,
    owasp=("API8:2023",),
    cwe=(78, 77),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html",),
)

_NAMES = listed(
    "cmd command exec execute run ping host hostname ip address domain file filename path dir directory folder target url uri "
    "server tool format convert archive backup compress lookup dns trace traceroute nslookup option options arg args script process"
)


Found = Generator[Step, Any, bool]


def everywhere(command: str, separator: str = ";") -> str:
    """A command that is run outside of quotes, in single and in double ones; what follows is a comment."""
    part = f"{separator}{command};#"
    return f"{part}'{part}\"{part}"


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if trial.place.kind in ("query", "path", "body", "header") and not trial.number:
            yield from _one(trial)


def _one(trial: Trial) -> Probing:
    first, second = _numbers(trial)
    shown = yield from trial.send(trial.text + _printing(first, second), "a multiplication for the shell")
    if str(first * second).encode() in shown.answer.body and (yield from _by_output(trial)):
        return
    for separator in ("|", "&&", "\n"):
        if not _named(trial):
            break
        text = f"{trial.text}{separator}echo $(({first}*{second}))"
        one = yield from trial.send(text, "a multiplication for the shell")
        if str(first * second).encode() in one.answer.body and (yield from _by_output(trial, separator)):
            return
    if _named(trial) or spoken((yield from trial.broken()).answer, SHELL):
        yield from _blind(trial)


def _named(trial: Trial) -> bool:
    return bool(_NAMES & (set(words(trial.place.name.rpartition("/")[2])) | trial.operation.words))


def _numbers(trial: Trial) -> tuple[int, int]:
    return 30_000 + trial.target.rng.randrange(60_000), 30_000 + trial.target.rng.randrange(60_000)


def _printing(first: int, second: int, separator: str = ";") -> str:
    return everywhere(f"echo $(({first}*{second}))", separator)


def _by_output(trial: Trial, separator: str = ";") -> Found:
    asked: list[int] = []

    def value(separated: bool) -> str:
        first, second = _numbers(trial)
        asked.append(first * second)
        if separator == ";":
            return trial.text + (_printing(first, second) if separated else f" echo {first}*{second}")
        return f"{trial.text}{separator}echo $(({first}*{second}))" if separated else f"{trial.text} echo {first}*{second}"

    proof, control = yield from decided(
        trial,
        (partial(value, True), "the answer holds the product, which the request does not"),
        (partial(value, False), "without what a shell computes there is none"),
        lambda one: str(asked[-1]).encode() in one.answer.body,
    )
    if proof:
        yield _claim(trial, "the shell computes a product that is sent along", proof[:2], control[:1])
    return bool(proof)


def _claim(
    trial: Trial,
    how: str,
    proof: list[Exchanged],
    control: list[Exchanged],
    sign: Sign = Sign(),  # noqa: B008  frozen
) -> Claim:
    text = f"The value of {trial.place.text} becomes a part of a command line: {how}."
    return of_input(trial, Flaw.COMMAND_INJECTION, text, proof, control, "any command can be run", sign=sign)


def _blind(trial: Trial) -> Probing:
    slow, quick = yield from delayed(trial, lambda units: trial.text + everywhere(f"sleep {units}"))
    if slow:
        yield _claim(trial, "`sleep` in it delays the answer as much as it says", slow, quick, longer(slow, quick))
        return
    url: str = yield Listen()
    if not url:
        return
    sent = yield from trial.send(trial.text + everywhere(f"curl -s {url}||wget -qO- {url}"), "a command that calls a listener")
    if (yield Heard(url)):
        silent: str = yield Listen()
        plain = yield from trial.send(f"{trial.text} curl {silent}", "without a separator nothing is called")
        if not (yield Heard(silent)):
            yield _claim(trial, "a command in it called a listener", [sent], [plain], Sign(kind="called", names=(url,)))
