"""Quotas: calendar windows, what is said of them, and what is not counted."""

import msgspec
import pytest
from limited import ALICE, BOB, DOWN, FULL, Limited, Unreachable, scope_with
from small_view import NOW

from yett.model.calendar import Unit, window, zone
from yett.model.decision import Denial, Stage
from yett.rules.guards import quota, rate_limit
from yett.rules.guards.quota import Options, parse_quota
from yett.store.counters.local import LocalCounters

MONTH_END = window(NOW, Unit.MONTH, zone("UTC"))[1] - NOW


def test_a_quota_ends_with_its_window() -> None:
    limit = Limited((quota, {"by": "principal", "quota": "2/month"}))
    assert [limit.status(ALICE) for _ in range(3)] == [0, 0, 429]
    assert limit.status(BOB) == 0
    assert limit.status(ALICE, later=MONTH_END - 0.1) == 429
    assert limit.status(ALICE, later=MONTH_END) == 0


def test_what_a_refused_caller_is_told() -> None:
    limit = Limited((quota, {"by": "principal", "quota": "1/day"}))
    limit.status(ALICE)
    left = window(NOW, Unit.DAY, zone("UTC"))[1] - NOW
    denial = limit.denial(ALICE, later=0.5)
    assert (denial.rule, denial.status, denial.place) == ("quota", 429, "principal")
    assert denial.reason == "more than 1/day by principal"
    assert denial.fields == (
        (b"Retry-After", b"%d" % left),
        (b"RateLimit-Policy", b'"principal-1/day";q=1;w=86400'),
        (b"RateLimit", b'"principal-1/day";r=0;t=%d' % left),
    )


def test_fields_of_admitted_requests() -> None:
    limit = Limited((quota, {"by": "principal", "quota": "10/month", "name": "plan"}))
    assert limit.ask(ALICE).fields == [
        b'RateLimit-Policy: "plan";q=10\r\n',
        b'RateLimit: "plan";r=9;t=%d\r\n' % MONTH_END,
    ]
    assert Limited((quota, {"by": "principal", "quota": "10/month", "fields": False})).ask(ALICE).fields is None


def test_days_end_where_the_zone_says() -> None:
    limit = Limited((quota, {"by": "principal", "quota": "1/day", "zone": "Asia/Tokyo"}))
    left = window(NOW, Unit.DAY, zone("Asia/Tokyo"))[1] - NOW
    assert limit.status(ALICE) == 0
    assert limit.status(ALICE, later=left - 1) == 429
    assert limit.status(ALICE, later=left) == 0


def test_the_number_may_change_where_the_quota_has_a_name() -> None:
    counters = LocalCounters()

    def status(**options: object) -> int:
        return Limited((quota, {"by": "principal", **options}), scope=scope_with(counters)).status(ALICE)

    assert [status(quota="1/day"), status(quota="2/day"), status(quota="1/day")] == [0, 0, 429]
    assert [status(quota=number, name="plan") for number in ("1/day", "2/day", "2/day")] == [0, 0, 429]
    assert status(quota="2/month", name="plan") == 0, "another calendar, another count"
    assert status(quota="2/day", name="plan", zone="Asia/Tokyo") == 0


def test_what_another_limit_refuses_uses_nothing_up() -> None:
    limit = Limited((quota, {"by": "principal", "quota": "5/month"}), (rate_limit, {"by": "principal", "rate": "1/min"}))
    assert [limit.status(ALICE) for _ in range(100)] == [0] + [429] * 99
    assert [limit.status(ALICE, later=60.0 * minute) for minute in range(1, 6)] == [0] * 4 + [429]


def test_what_is_refused_for_another_reason_is_used_up() -> None:
    limit = Limited((quota, {"by": "principal", "quota": "1/month"}))
    evaluation = limit.ask(ALICE)
    evaluation.denial = Denial("contract", 400, "no such field")
    evaluation.finish()
    assert limit.status(ALICE) == 429


@pytest.mark.parametrize("error", [FULL, DOWN])
def test_a_request_that_cannot_be_counted(error: Exception) -> None:
    scope = scope_with(Unreachable(error))
    evaluation = Limited((quota, {"by": "principal", "quota": "1/day"}), scope=scope).ask()
    assert evaluation.denial is None
    assert evaluation.not_evaluated == [("quota", f"not counted: {error}")]
    assert Limited((quota, {"by": "principal", "quota": "1/day", "on_full": "deny"}), scope=scope).status() == 503


def test_what_cannot_be_given_back_is_recorded() -> None:
    scope = scope_with(Unreachable(DOWN, broken_later=True))
    evaluation = Limited((quota, {"by": "principal", "quota": "1/day"}), scope=scope).ask()
    evaluation.denial = Denial("rate-limit", 429, "too fast")
    evaluation.finish()
    assert evaluation.not_evaluated == [("quota", f"not given back: {DOWN}")]


@pytest.mark.parametrize(("by", "stage"), [("address", Stage.THROTTLE), ("principal", Stage.LIMIT)])
def test_when_it_runs(by: str, stage: Stage) -> None:
    assert [step.stage for step in Limited((quota, {"by": by, "quota": "1/day"})).steps] == [stage]


@pytest.mark.parametrize("text", ["", "100", "100/year", "100/s", "0/day", "-1/day", "5000000000/day", "1/days", "1/day\n"])
def test_what_is_not_a_quota_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quota"):
        parse_quota(text)
    with pytest.raises(msgspec.ValidationError, match="is not a quota"):
        msgspec.convert({"by": "principal", "quota": text}, Options)


def test_mistakes_in_options() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown time zone 'Europe/Pari'"):
        msgspec.convert({"by": "principal", "quota": "1/day", "zone": "Europe/Pari"}, Options)
    with pytest.raises(msgspec.ValidationError, match="belong together"):
        msgspec.convert({"by": "device", "quota": "1/day"}, Options)


@pytest.mark.parametrize("unit", list(Unit))
def test_quotas_of_all_units(unit: Unit) -> None:
    assert parse_quota(f"10000/{unit}") == parse_quota(f"10000 / {unit}") == (10_000, unit)
