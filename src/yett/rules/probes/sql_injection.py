"""SQL injection: a value of a request becomes a part of an SQL statement.

Whoever can add SQL to a query reads, changes and deletes what the database user may: usually everything.

What is tried, on each input of an operation: a value that breaks quoted texts, then, alone and with controls,

* errors: a single quote makes the database complain and two of them (which a text in SQL holds as one) do not;
* logic: a condition that is always true and one that is always false, with other numbers each time, are told apart three times in a
  row; only where the operation looks something up, because a condition that holds for everything must not reach a change;
* expressions: `lower('')` joined to the value changes nothing, and a function that no database has breaks it, twice;
* time: delays that grow as they are asked to, for MySQL, PostgreSQL, SQL Server, and work that does so for SQLite.

An error alone is no injection: a 500 that both quotes cause is reported elsewhere, or nowhere.

To fix: pass values as parameters of prepared statements; choose names of columns from a list of your own.

What it misses: values that are used in another request than the one that sends them; answers that show neither an error, nor a
difference, nor time.
"""

from collections.abc import Generator
from functools import partial
from typing import Any

from yett.model.probe import Claim, Exchanged, Flaw, ProbeRule, Probing, Sign, Step
from yett.model.rule import Severity
from yett.rules.probing.claiming import APART, of_input
from yett.rules.probing.error_texts import SQL, spoken
from yett.rules.probing.logic import function, tautologies
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.timing import delayed, longer
from yett.rules.probing.trying import Trial, decided, shape, trials

RULE = ProbeRule(
    id="injection-sql",
    title="SQL injection",
    severity=Severity.CRITICAL,
    flaws=(Flaw.SQL_INJECTION,),
    requests=120,
    weight=2,
    owasp=("API8:2023", "API10:2023"),
    cwe=(89,),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/07-Input_Validation_Testing/05-Testing_for_SQL_Injection",
    ),
)

_SQLITE = "select count(*) from (with recursive c(x) as (select 1 union all select x+1 from c limit {}) select x from c)"
_DELAYS = ("select sleep({})", "select pg_sleep({})::text", "waitfor", _SQLITE)
_UNITS = 1_500_000
"""Rows that SQLite counts in a unit: some 0.2 s on an ordinary machine."""

Found = Generator[Step, Any, bool]


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        yield from _one(trial)


def _one(trial: Trial) -> Probing:
    harmless, broken = (yield from trial.harmless()), (yield from trial.broken())
    said = spoken(broken.answer, SQL) and not spoken(harmless.answer, SQL)
    if said and (yield from _by_error(trial)):
        return
    if trial.reads and (yield from _by_logic(trial)):
        return
    crashed = broken.answer.status >= 500
    if (crashed or said or trial.reads) and (yield from _by_expression(trial, broken)):
        return
    # What shows nothing at all may still take time; what refuses such values by itself cannot.
    silent = broken.answer.status == harmless.answer.status < 400 and not trial.number
    if said or (crashed and harmless.answer.status < 500) or silent:
        yield from _by_time(trial, quoted_only=silent and not said)


def _claim(
    trial: Trial,
    how: str,
    proof: list[Exchanged],
    control: list[Exchanged],
    *reasons: str,
    sign: Sign = Sign(),  # noqa: B008  frozen
) -> Claim:
    text = f"The value of {trial.place.text} becomes a part of an SQL statement: {how}."
    reasons = (*reasons, "whoever calls it reads what the database user may read")
    return of_input(trial, Flaw.SQL_INJECTION, text, proof, control, *reasons, sign=sign)


def _by_error(trial: Trial) -> Found:
    """A quote that stays open against one that SQL reads as a letter."""
    text = trial.text
    for broken, balanced in ((text + "'", text + "''"), (text + '"', text + '""'), (f"{text} and", f"{text} and 1=1")):
        bad, good = yield from decided(
            trial,
            (partial(str, broken), "breaks the statement: the database complains"),
            (partial(str, balanced), "the statement is whole again: no complaint"),
            lambda one: bool(spoken(one.answer, SQL)),
        )
        if bad:
            how = f"what breaks it makes the database say {spoken(bad[0].answer, SQL)!r}"
            yield _claim(trial, how, bad[:1], good[:1], "the database's errors are shown")
            return True
    return False


def _by_logic(trial: Trial) -> Found:
    """Conditions; then functions that only SQL has, because XPath has logic, too."""
    true, false = yield from tautologies(trial)
    for name in ("length", "len") if true else ():
        good = yield from function(trial, name + "{}('ab')=2", true, false)
        if good is not None:
            yield _claim(trial, "a condition in it decides what is answered", [*true[:2], good], false[:2], sign=APART)
            return True
    return False


def _by_expression(trial: Trial, broken: Exchanged) -> Found:
    """What changes nothing in SQL, against the same with a function that does not exist."""
    normal = yield from trial.normal()
    if _alike(trial, broken, normal):
        return False
    for form in ("{0}'||{1}('')||'", "{0}'+{1}('')+'", '{0}"||{1}("")||"', "coalesce{2}({0},{0})"):

        def known(form: str = form) -> str:
            return form.format(trial.text, "lower", "")

        def unknown(form: str = form) -> str:
            odd = trial.target.token(5)
            return form.format(trial.text, "lower" + odd, odd)

        good, bad = yield from decided(
            trial,
            (known, "joined with nothing by a function of SQL: as without it"),
            (unknown, "the same with a function that no database has"),
            lambda one: _alike(trial, one, normal),
        )
        if good:
            yield _claim(trial, "a function of SQL in it is run", [normal, *good[:1]], bad[:1], sign=APART)
            return True
    return False


def _alike(trial: Trial, one: Exchanged, normal: Exchanged) -> bool:
    """Whether it went as with the ordinary value; what makes something names and numbers it anew each time."""
    if trial.makes or not trial.reads:
        succeeded = trial.target.succeeded
        return one.answer.status == normal.answer.status and succeeded(one.answer) == succeeded(normal.answer)
    return shape(one) == shape(normal)


def _by_time(trial: Trial, quoted_only: bool) -> Found:
    for work in _DELAYS:
        for opening, closing in (("{}'||(", ")||'"), ("{}+(", ")"))[: 1 if quoted_only else 2]:
            begin = opening.format(trial.text)

            def payload(units: int, work: str = work, begin: str = begin, closing: str = closing) -> str:
                if work == "waitfor":
                    return f"{trial.text}{chr(39) if chr(39) in begin else ''};waitfor delay '0:0:{units}'--"
                return begin + work.format(units * _UNITS + 1 if work is _SQLITE else units) + closing

            slow, quick = yield from delayed(trial, payload)
            if slow:
                yield _claim(trial, "a delay in it delays the answer as much as it says", slow, quick, sign=longer(slow, quick))
                return True
    return False
