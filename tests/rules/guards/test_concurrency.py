"""Concurrency limits: places are taken and given back."""

import msgspec
import pytest
from limited import ALICE, BOB, DOWN, FULL, Limited, Unreachable, scope_with

from yett.model.decision import Denial, Stage
from yett.rules.guards import concurrency, rate_limit
from yett.rules.guards.concurrency import Options
from yett.rules.limits import By
from yett.store.counters.local import LocalCounters


def limited(**options: object) -> Limited:
    return Limited((concurrency, {"by": "principal", "concurrency": 2, **options}))


def test_so_many_at_a_time() -> None:
    limit = limited()
    under_way = [limit.ask(ALICE) for _ in range(2)]
    assert [evaluation.denial for evaluation in under_way] == [None, None]
    assert limit.status(ALICE) == 429
    assert limit.status(BOB) == 0
    under_way[0].finish()
    under_way[0].finish()
    assert limit.ask(ALICE).denial is None
    assert limit.status(ALICE) == 429


def test_who_is_refused_holds_no_place() -> None:
    limit = limited(concurrency=1)
    first = limit.ask(ALICE)
    refused = [limit.ask(ALICE) for _ in range(3)]
    first.finish()
    for evaluation in refused:
        evaluation.finish()
    assert limit.ask(ALICE).denial is None
    assert limit.status(ALICE) == 429


def test_what_a_refused_caller_is_told() -> None:
    limit = limited(concurrency=1)
    assert limit.ask(ALICE).fields is None
    denial = limit.denial(ALICE)
    assert (denial.rule, denial.status, denial.place) == ("concurrency", 429, "principal")
    assert denial.reason == "more than 1 at a time by principal"
    assert denial.fields == (
        (b"Retry-After", b"1"),
        (b"RateLimit-Policy", b'"principal-concurrency";q=1;qu="concurrent-requests"'),
        (b"RateLimit", b'"principal-concurrency";r=0;t=1'),
    )
    quiet = limited(concurrency=1, fields=False)
    quiet.ask(ALICE)
    assert quiet.denial(ALICE).fields == ((b"Retry-After", b"1"),)


def test_a_service_is_shared_by_its_operations() -> None:
    counters = LocalCounters()
    options = {"by": "service", "concurrency": 1}
    one, other = (Limited((concurrency, options), scope=scope_with(counters, name)) for name in ("list", "add"))
    under_way = one.ask(ALICE)
    assert other.status(BOB) == 429
    under_way.finish()
    assert other.status(BOB) == 0


def test_operations_are_apart() -> None:
    counters = LocalCounters()
    options = {"by": "operation", "concurrency": 1}
    one, other = (Limited((concurrency, options), scope=scope_with(counters, name)) for name in ("list", "add"))
    assert one.ask(ALICE).denial is None
    assert other.ask(BOB).denial is None
    assert one.status(BOB) == 429


def test_refused_at_a_time_counts_for_no_rate() -> None:
    limit = Limited((rate_limit, {"by": "principal", "rate": "3/h"}), (concurrency, {"by": "principal", "concurrency": 1}))
    under_way = limit.ask(ALICE)
    assert [limit.denial(ALICE).rule for _ in range(20)] == ["concurrency"] * 20
    under_way.finish()
    assert [limit.status(ALICE) for _ in range(3)] == [0, 0, 429]


def test_places_are_given_back_whatever_the_end() -> None:
    limit = limited(concurrency=1)
    evaluation = limit.ask(ALICE)
    evaluation.denial = Denial("contract", 400, "no such field")
    evaluation.finish()
    assert limit.status(ALICE) == 0


@pytest.mark.parametrize("error", [FULL, DOWN])
def test_a_request_that_cannot_be_counted(error: Exception) -> None:
    scope = scope_with(Unreachable(error))
    evaluation = Limited((concurrency, {"by": "service", "concurrency": 1}), scope=scope).ask()
    assert evaluation.denial is None
    assert evaluation.not_evaluated == [("concurrency", f"not counted: {error}")]
    evaluation.finish()
    assert Limited((concurrency, {"by": "service", "concurrency": 1, "on_full": "deny"}), scope=scope).status() == 503


@pytest.mark.parametrize(
    ("by", "stage"),
    [("address", Stage.THROTTLE), ("service", Stage.LIMIT), ("operation", Stage.LIMIT), ("principal", Stage.LIMIT)],
)
def test_when_it_runs(by: str, stage: Stage) -> None:
    assert [step.stage for step in limited(by=by).steps] == [stage]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "key", "concurrency": 1}, "not by key"),
        ({"by": "device", "device": {"header": "x"}, "concurrency": 1}, "not by device"),
        ({"by": "service", "concurrency": 0}, ">= 1"),
        ({"by": "service", "concurrency": "many"}, "int"),
        ({"by": "service"}, "concurrency"),
    ],
)
def test_mistakes_in_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(options, Options)


def test_a_concurrency_of_nobody() -> None:
    with pytest.raises(ValueError, match="admit nobody"):
        Options(by=By.SERVICE, concurrency=0)
