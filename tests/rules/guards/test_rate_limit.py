"""Rate limits: who is counted together, what is said, and what happens when nothing can be counted."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limited import ALICE, BOB, DOWN, FULL, Limited, Unreachable, scope_with

from yett.engine.monitored import monitored
from yett.model.decision import Denial, Mode, Stage
from yett.model.operation import UNVERIFIED, Credential, Principal
from yett.rules.guards import rate_limit
from yett.rules.guards.rate_limit import Options, parse_rate
from yett.rules.limits import By
from yett.store.counters.local import LocalCounters


def limited(**options: object) -> Limited:
    return Limited((rate_limit, {"rate": "10/min", "burst": 1, **options}))


def test_the_burst_is_admitted_then_the_rate() -> None:
    limit = Limited((rate_limit, {"by": "address", "rate": "10/min", "burst": 2}))
    assert [limit.status() for _ in range(3)] == [0, 0, 429]
    assert limit.status(later=5.9) == 429
    assert limit.status(later=6.0) == 0


def test_a_burst_is_the_number_of_the_rate_unless_given() -> None:
    limit = Limited((rate_limit, {"by": "address", "rate": "3/h"}))
    assert [limit.status() for _ in range(4)] == [0, 0, 0, 429]


def test_what_a_refused_caller_is_told() -> None:
    limit = Limited((rate_limit, {"by": "address", "rate": "10/min", "burst": 2}))
    limit.status()
    limit.status()
    denial = limit.denial(later=0.5)
    assert denial.rule == "rate-limit"
    assert denial.place == "address"
    assert denial.reason == "more than 10/min by address, burst 2"
    assert denial.title == "Too many requests."
    assert denial.fields == (
        (b"Retry-After", b"6"),
        (b"RateLimit-Policy", b'"address-10/min";q=2;w=12'),
        (b"RateLimit", b'"address-10/min";r=0;t=6'),
    )


def test_who_waits_as_long_as_told_is_served() -> None:
    limit = Limited((rate_limit, {"by": "address", "rate": "7/min", "burst": 1}))
    limit.status()
    wait = int(limit.denial(later=0.3).fields[0][1])
    assert limit.status(later=0.3 + wait) == 0


def test_fields_of_admitted_requests() -> None:
    limit = Limited((rate_limit, {"by": "address", "rate": "10/min", "burst": 3}))
    assert limit.ask().fields == [
        b'RateLimit-Policy: "address-10/min";q=3;w=18\r\n',
        b'RateLimit: "address-10/min";r=2;t=6\r\n',
    ]
    assert limit.ask(later=1.0).fields == [
        b'RateLimit-Policy: "address-10/min";q=3;w=18\r\n',
        b'RateLimit: "address-10/min";r=1;t=5\r\n',
    ]


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({"rate": "100/s", "burst": 200}, b'"address-100/s";q=200;w=2'),
        ({"rate": "100/s", "burst": 1}, b'"address-100/s";q=100;w=1'),
        ({"rate": "1000/h"}, b'"address-1000/h";q=1000;w=3600'),
        ({"rate": "3 / s", "burst": 5, "name": "protection"}, b'"protection";q=5;w=2'),
    ],
)
def test_what_is_said_of_the_policy(options: dict[str, object], policy: bytes) -> None:
    fields = Limited((rate_limit, {"by": "address", **options})).ask().fields
    assert fields is not None and fields[0] == b"RateLimit-Policy: " + policy + b"\r\n"


def test_fields_can_be_left_out() -> None:
    limit = limited(by="address", fields=False)
    assert limit.ask().fields is None
    assert limit.denial().fields == ((b"Retry-After", b"6"),)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("not:an:address", "nor:this", False),
        ("", "192.0.2.1", False),
    ],
)
def test_addresses_are_counted_by_network(one: str, other: str, together: bool) -> None:
    limit = limited(by="address")
    assert limit.status(address=one) == 0
    assert limit.status(address=other) == (429 if together else 0)
    assert limit.status(address=one) == 429


def test_principals_are_counted_wherever_they_come_from() -> None:
    limit = limited(by="principal")
    assert limit.status(ALICE, "192.0.2.1") == 0
    assert limit.status(ALICE, "192.0.2.2") == 429
    assert limit.status(BOB, "192.0.2.1") == 0
    assert limit.status(Principal("alice", "jwt")) == 0, "the same id of another scheme is somebody else"
    assert limit.status(Principal("\ud800", "jwt")) == 0


@pytest.mark.parametrize("principal", [Principal("", "anonymous"), UNVERIFIED])
def test_nobodies_are_counted_by_address(principal: Principal) -> None:
    limit = limited(by="principal")
    assert limit.status(principal, "192.0.2.1") == 0
    assert limit.status(principal, "192.0.2.1") == 429
    assert limit.status(principal, "192.0.2.2") == 0


def test_an_address_is_not_a_principal_of_that_name() -> None:
    limit = limited(by="principal")
    assert limit.status(address="192.0.2.1") == 0
    assert limit.status(Principal("192.0.2.1", "jwt"), address="192.0.2.9") == 0


def test_keys_are_counted_apart_though_one_principal_has_both() -> None:
    limit = limited(by="key")
    one, other = Credential("api_key", "0001"), Credential("api_key", "0002")
    assert limit.status(ALICE, credential=one) == 0
    assert limit.status(ALICE, credential=other) == 0
    assert limit.status(ALICE, credential=one) == 429
    assert limit.status(ALICE) == 0, "without a credential: the principal"
    assert limit.status(ALICE, address="192.0.2.2") == 429
    assert limit.status(address="192.0.2.3", credential=Credential("basic")) == 0


@pytest.mark.parametrize("principal", [Principal("", "anonymous"), UNVERIFIED])
def test_a_credential_that_was_not_accepted_is_no_key(principal: Principal) -> None:
    """Where authentication only records, or fails open, inventing a new key each time must not escape the limit."""
    limit = limited(by="key")
    assert limit.status(principal, credential=Credential("api_key", "0001")) == 0
    assert limit.status(principal, credential=Credential("api_key", "0002")) == 429


def test_devices_by_header() -> None:
    limit = limited(by="device", device={"header": "X-Device-Id"})
    assert limit.status(x_device_id="tablet") == 0
    assert limit.status(x_device_id="tablet", address="192.0.2.2") == 429
    assert limit.status(x_device_id="phone") == 0
    assert limit.denial(x_device_id="phone").place == "header X-Device-Id"


def test_devices_by_cookie() -> None:
    limit = limited(by="device", device={"cookie": "did"})
    assert limit.status(cookie="a=1; did=tablet; b=2") == 0
    assert limit.status(cookie="did=tablet") == 429
    assert limit.status(cookie="did=phone") == 0
    assert limit.denial(cookie="did=phone").place == "cookie did"


@pytest.mark.parametrize("fields", [{}, {"cookie": "other=1"}, {"cookie": "did="}, {"cookie": "did=1; did=2"}])
def test_who_names_no_device_is_counted_by_address(fields: dict[str, str]) -> None:
    limit = limited(by="device", device={"cookie": "did"})
    assert limit.status() == 0
    assert limit.status(**fields) == 429


def test_all_operations_share_the_limit_of_their_service() -> None:
    counters = LocalCounters()
    limits = [
        Limited((rate_limit, {"by": "address", "rate": "10/min", "burst": 2}), scope=scope_with(counters, name, service))
        for name, service in [("list", "shop"), ("add", "shop"), ("list", "blog")]
    ]
    assert [limit.status() for limit in limits] == [0, 0, 0]
    assert [limit.status() for limit in limits] == [429, 429, 0]


@pytest.mark.parametrize("options", [{"by": "operation"}, {"by": "address", "scope": "operation"}])
def test_operations_may_have_limits_of_their_own(options: dict[str, str]) -> None:
    counters = LocalCounters()
    one, other = (Limited((rate_limit, {"rate": "1/h", **options}), scope=scope_with(counters, name)) for name in "ab")
    assert [one.status(), one.status(), other.status()] == [0, 429, 0]


def test_a_service_is_counted_for_all_callers() -> None:
    limit = limited(by="service")
    assert [limit.status(ALICE, "192.0.2.1"), limit.status(BOB, "192.0.2.2")] == [0, 429]


def test_a_limit_with_other_numbers_counts_apart_unless_it_has_a_name() -> None:
    counters = LocalCounters()

    def status(**options: object) -> int:
        return Limited((rate_limit, {"by": "address", **options}), scope=scope_with(counters)).status()

    assert [status(rate="1/h"), status(rate="1/h"), status(rate="1/d"), status(rate="1/h", burst=2)] == [0, 429, 0, 0]
    assert [status(rate="1/h", name="x"), status(rate="1/min", name="x"), status(rate="1/h", name="y")] == [0, 429, 0]


def test_keys_tell_nothing_of_whom_they_count() -> None:
    seen: list[bytes] = []

    class Watching(LocalCounters):
        def admit(self, key: bytes, interval: float, burst: int, monotonic: float):
            seen.append(key)
            return super().admit(key, interval, burst, monotonic)

    options = {"by": "device", "device": {"header": "x-device"}, "rate": "1/s"}
    for key in (b"k" * 32, b"l" * 32):
        Limited((rate_limit, options), scope=scope_with(Watching(), key=key)).ask(x_device="a" * 5000)
    assert [len(key) for key in seen] == [16, 16]
    assert seen[0] != seen[1], "the installation's own key is in it"


def test_before_authentication_where_no_principal_is_needed() -> None:
    stages = {}
    for by in ("address", "operation", "service", "principal", "key"):
        (step,) = limited(by=by).steps
        stages[by] = step.stage
    (step,) = limited(by="device", device={"cookie": "did"}).steps
    stages["device"] = step.stage
    assert {by for by, stage in stages.items() if stage is Stage.THROTTLE} == {"address", "device"}
    assert {by for by, stage in stages.items() if stage is Stage.LIMIT} == {"operation", "service", "principal", "key"}


def test_what_a_later_limit_refuses_is_given_back() -> None:
    limit = Limited(
        (rate_limit, {"by": "service", "rate": "5/h"}),
        (rate_limit, {"by": "principal", "rate": "1/h"}),
    )
    assert [limit.status(ALICE) for _ in range(50)] == [0] + [429] * 49
    # One caller that does not stop takes nothing from the others.
    others = [limit.status(Principal(f"caller {number}", "jwt")) for number in range(6)]
    assert others == [0] * 4 + [429] * 2


def test_what_is_refused_for_another_reason_stays_counted() -> None:
    limit = limited(by="address")
    evaluation = limit.ask()
    evaluation.denial = Denial("api-key", 401, "unknown key")
    evaluation.finish()
    assert limit.status() == 429


@pytest.mark.parametrize("error", [FULL, DOWN])
def test_a_request_that_cannot_be_counted(error: Exception) -> None:
    scope = scope_with(Unreachable(error))
    evaluation = Limited((rate_limit, {"by": "address", "rate": "1/s"}), scope=scope).ask()
    assert evaluation.denial is None
    assert evaluation.not_evaluated == [("rate-limit", f"not counted: {error}")]
    evaluation = Limited((rate_limit, {"by": "address", "rate": "1/s", "on_full": "deny"}), scope=scope).ask()
    assert evaluation.denial is not None and evaluation.denial.status == 503
    assert evaluation.denial.fields == ((b"Retry-After", b"5"),)
    assert evaluation.not_evaluated == [("rate-limit", f"not counted: {error}")]


def test_what_cannot_be_given_back_is_recorded() -> None:
    scope = scope_with(Unreachable(DOWN, broken_later=True))
    evaluation = Limited((rate_limit, {"by": "address", "rate": "1/s"}), scope=scope).ask()
    evaluation.denial = Denial("quota", 429, "used up")
    evaluation.finish()
    assert evaluation.not_evaluated == [("rate-limit", f"not given back: {DOWN}")]


def test_monitor_mode_counts_and_changes_nothing() -> None:
    limit = limited(by="address", mode="monitor")
    assert limit.prepared[0].mode is Mode.MONITOR
    limit.steps = [msgspec.structs.replace(step, run=monitored(step.run)) for step in limit.steps]
    evaluations = [limit.ask() for _ in range(3)]
    assert [len(evaluation.would or ()) for evaluation in evaluations] == [0, 1, 1]
    assert all(not evaluation.fields and evaluation.denial is None for evaluation in evaluations)


@pytest.mark.parametrize(
    "rate", ["", "100", "100/fortnight", "100/m", "/s", "0/s", "-1/s", "1.5/s", "1e3/s", "2000000/s", "100/S", "100/s\n", "٣/s"]
)
def test_what_is_not_a_rate_is_explained(rate: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        parse_rate(rate)
    with pytest.raises(msgspec.ValidationError, match="is not a rate"):
        msgspec.convert({"by": "address", "rate": rate}, Options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "address", "rate": "1/s", "burst": 0}, ">= 1"),
        ({"by": "device", "rate": "1/s"}, "belong together"),
        ({"by": "address", "rate": "1/s", "device": {"header": "X"}}, "belong together"),
        ({"by": "device", "rate": "1/s", "device": {}}, "exactly one"),
        ({"by": "device", "rate": "1/s", "device": {"header": "X", "cookie": "y"}}, "exactly one"),
        ({"by": "device", "rate": "1/s", "device": {"header": "X:"}}, "matching"),
        ({"by": "everyone", "rate": "1/s"}, "everyone"),
        ({"by": "address", "rate": "1/s", "name": 'a"b'}, "matching"),
        ({"by": "address", "rate": "1/s", "name": "a\n"}, "matching"),
        ({"by": "address"}, "rate"),
        ({"by": "address", "rate": "1/s", "brust": 1}, "brust"),
    ],
)
def test_mistakes_in_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(options, Options)


def test_a_burst_of_nobody() -> None:
    with pytest.raises(ValueError, match="admit nobody"):
        Options(by=By.ADDRESS, rate="1/s", burst=0)


@given(st.integers(1, 1_000_000), st.sampled_from(sorted(rate_limit.PERIODS)))
def test_rates(count: int, period: str) -> None:
    assert parse_rate(f"{count}/{period}") == parse_rate(f"{count} / {period}") == (count, rate_limit.PERIODS[period])
