"""LDAP injection: a value of a request becomes a part of a search filter (RFC 4515).

Whoever can close a parenthesis adds conditions to the filter: logs in as anybody, or reads what the directory holds.

What is tried, on inputs whose names speak of people, names or searches, or that an odd value made a directory complain about, and
where the operation only looks something up: `*)(objectClass=*` in a form that fits inside a filter, against the same with a class
that nothing has; told apart three times in a row. A wildcard alone proves nothing, many searches allow it: it is a control.

To fix: escape values as RFC 4515, 3 says (`\\28`, `\\29`, `\\2a`, `\\5c`), or let a library build the filter.

What it misses: filters whose inputs have names that say nothing, as long as no error is shown.
"""

from yett.formats.names import words
from yett.model.probe import Exchanged, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.claiming import APART, of_input
from yett.rules.probing.error_texts import LDAP, spoken
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, order, told_apart, trials
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="injection-ldap",
    title="LDAP injection",
    severity=Severity.HIGH,
    flaws=(Flaw.LDAP_INJECTION,),
    requests=56,
    weight=5,
    owasp=("API8:2023",),
    cwe=(90,),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/LDAP_Injection_Prevention_Cheat_Sheet.html",),
)

_NAMES = listed(
    "user username uid cn sn dn login name account member person people employee mail email group department dept ou role filter "
    "search query q term contact directory title"
)
_FORMS = ("*)(|(objectClass={0})(cn={0})(uid={0})", "*)(objectClass={0}", "*)(|(uid={0})(cn={0}", "*))(|(objectClass={0}")
"""What fits inside `(&(uid=VALUE)(...))`, `(uid=VALUE)` and `(|(uid=VALUE)(mail=VALUE))`."""


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if trial.reads and not trial.number:
            yield from _one(trial)


def _one(trial: Trial) -> Probing:
    named = _NAMES & (set(words(trial.place.name.rpartition("/")[2])) | trial.operation.words)
    broken = yield from trial.broken()
    if not named and not spoken(broken.answer, LDAP):
        return
    for form in _FORMS if spoken(broken.answer, LDAP) else _FORMS[:2]:
        true: list[Exchanged] = []
        false: list[Exchanged] = []
        for side in (True, False, *order(trial.target.rng, 2)):
            value = form.format("*" if side else "yett" + trial.target.token())
            one = yield from trial.send(value, "every entry meets it" if side else "no entry meets it")
            (true if side else false).append(one)
            if not false:
                continue
            if not told_apart(true, false) or not trial.target.succeeded(true[0].answer):
                break
        else:
            plain = yield from trial.send("*)yett", "a parenthesis that fits nowhere")
            if not told_apart([plain], true):
                continue
            text = f"The value of {trial.place.text} becomes a part of a search filter of a directory."
            yield of_input(
                trial,
                Flaw.LDAP_INJECTION,
                text,
                true[:2],
                [*false[:2], plain],
                "conditions of the filter can be added",
                sign=APART,
            )
            return
