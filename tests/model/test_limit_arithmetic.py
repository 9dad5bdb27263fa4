"""The arithmetic of limits, without any store."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.model.limits import EDGE, LARGEST_QUOTA, ended, gcra, quota, ungcra, unquota

INTERVALS = st.floats(1e-6, 86_400)
BURSTS = st.integers(1, 10_000)
STARTS = st.floats(0, 1e7)


@given(INTERVALS, BURSTS, STARTS)
def test_a_new_caller_gets_the_whole_burst_and_no_more(interval: float, burst: int, start: float) -> None:
    due, admission = gcra(0.0, interval, burst, start)
    assert admission.admitted
    # Rather than to admit one after the other: what remains is what can still be admitted.
    assert admission.remaining == pytest.approx(burst - 1, abs=1 if interval < 1e-5 else 0)
    assert admission.reset == pytest.approx(interval)
    assert due == pytest.approx(start + interval)


@given(st.sampled_from([0.001, 0.01, 1 / 3, 1.0, 3.6]), st.integers(1, 50), STARTS)
def test_remaining_counts_down_to_a_refusal(interval: float, burst: int, start: float) -> None:
    due, left = 0.0, []
    for _ in range(burst):
        due, admission = gcra(due, interval, burst, start)
        assert admission.admitted
        left.append(admission.remaining)
    assert left == list(range(burst - 1, -1, -1))
    after, refusal = gcra(due, interval, burst, start)
    assert not refusal.admitted and refusal.remaining == 0
    assert after == due
    assert refusal.retry_after == pytest.approx(interval, abs=1e-6)
    assert refusal.reset == pytest.approx(burst * interval, abs=1e-6)


@given(st.floats(0.001, 100), st.integers(1, 20), STARTS, st.lists(st.floats(0, 50), max_size=60))
def test_never_more_than_burst_and_rate(interval: float, burst: int, start: float, pauses: list[float]) -> None:
    now, due, times = start, 0.0, []
    for pause in pauses:
        now += pause
        due, admission = gcra(due, interval, burst, now)
        if admission.admitted:
            times.append(now)
        else:
            assert gcra(due, interval, burst, now + admission.retry_after)[1].admitted
            assert not gcra(due, interval, burst, now + admission.retry_after - interval / 2)[1].admitted
    for first in range(len(times)):
        for last in range(first, len(times)):
            assert last - first + 1 <= burst + (times[last] - times[first]) / interval + 1e-3


def test_a_caller_exactly_on_the_rate_is_never_refused() -> None:
    due, start = 0.0, 8_640_000.1
    for number in range(100_000):
        due, admission = gcra(due, 0.1, 1, start + number * 0.1)
        assert admission.admitted


def test_a_caller_much_too_fast_gets_exactly_the_rate() -> None:
    due, admitted = 0.0, 0
    for number in range(100_000):
        due, admission = gcra(due, 0.01, 20, 1e6 + number * 0.001)
        admitted += admission.admitted
    assert abs(admitted - (20 + 100 * 100)) <= 1


@given(INTERVALS, BURSTS, STARTS, st.sampled_from([math.nan, math.inf, 1e300, -1e300, -math.inf]))
def test_nonsense_in_the_state_holds_nobody_up_longer_than_a_burst(
    interval: float, burst: int, start: float, nonsense: float
) -> None:
    due, admission = gcra(nonsense, interval, burst, start)
    if not admission.admitted:
        assert admission.retry_after <= interval * 1.001 + 1e-7
        due, admission = gcra(due, interval, burst, start + admission.retry_after)
    assert admission.admitted
    assert math.isfinite(due)


def test_processes_seconds_apart_together_get_exactly_the_rate() -> None:
    due, admitted = 0.0, 0
    for number in range(100_000):
        behind = 0.0 if number % 2 else 5.0
        due, admission = gcra(due, 0.01, 20, 1e6 + number * 0.001 - behind)
        admitted += admission.admitted
    assert abs(admitted - (20 + 100 * 100)) <= 1


@given(st.floats(0.001, 100), st.integers(1, 20), STARTS, st.integers(0, 19))
def test_a_refund_leaves_no_trace(interval: float, burst: int, start: float, before: int) -> None:
    due = 0.0
    for _ in range(min(before, burst - 1)):
        due, _ = gcra(due, interval, burst, start)
    charged, admission = gcra(due, interval, burst, start)
    assert admission.admitted
    refunded = ungcra(charged, interval)
    assert gcra(refunded, interval, burst, start)[1].remaining == admission.remaining


def test_a_quota_counts_down_and_refuses_until_the_window_ends() -> None:
    word = 0
    for remaining in (2, 1, 0):
        word, admission = quota(word, 3, 3600.0, 600.0)
        assert admission.admitted and admission.remaining == remaining and admission.reset == 3000.0
    after, refusal = quota(word, 3, 3600.0, 600.5)
    assert not refusal.admitted and refusal.retry_after == 2999.5
    assert after == word
    assert quota(word, 3, 7200.0, 3600.0)[1].remaining == 2


def test_a_slightly_older_time_does_not_reset_the_next_window() -> None:
    word, _ = quota(0, 5, 7200.0, 3600.1)
    word, admission = quota(word, 5, 3600.0, 3599.95)
    assert admission.remaining == 3
    assert quota(word, 5, 7200.0, 3600.2)[1].remaining == 2


def test_a_clock_that_was_wrong_does_not_hold_callers_up() -> None:
    word, _ = quota(0, 1, 86_400.0 * 365, 86_400.0 * 364)
    assert quota(word, 1, 3600.0, 600.0)[1].admitted
    assert quota(word, 1, 3600.0, 3600.0 - EDGE)[1].admitted


def test_a_time_after_the_window_waits_no_time() -> None:
    word, _ = quota(0, 1, 60.0, 10.0)
    assert quota(word, 1, 60.0, 61.0)[1].retry_after == 0.0


@given(st.integers(1, 10_000_000), st.integers(1, 5))
def test_giving_a_quota_back(minutes: int, spent: int) -> None:
    end, word = minutes * 60.0, 0
    for _ in range(spent):
        word, _ = quota(word, 10, end, end - 30)
    for remaining in range(spent):
        word = unquota(word, end)
        assert quota(word, 10, end, end - 30)[1].remaining == 10 - spent + remaining
    assert unquota(word, end) == word
    assert unquota(word + 3, end + 60) == word + 3


def test_the_largest_quota_does_not_run_into_the_window() -> None:
    stamp = 60
    word = stamp << 32 | LARGEST_QUOTA - 1
    word, admission = quota(word, LARGEST_QUOTA, 3600.0, 0.0)
    assert admission.admitted and word == stamp << 32 | LARGEST_QUOTA
    assert not quota(word, LARGEST_QUOTA, 3600.0, 0.0)[1].admitted


def test_when_a_quota_may_be_forgotten() -> None:
    word, _ = quota(0, 1, 3600.0, 10.0)
    assert not ended(word, 3599.9)
    assert ended(word, 3600.0)
    assert ended(0, 10.0)
