"""What every implementation of the `Counters` port promises. A new one is added to IMPLEMENTATIONS, and nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yett.model.limits import gcra, quota, unquota
from yett.model.ports import Counters, CountersFull, TableStats
from yett.store.counters.local import LocalCounters
from yett.store.counters.shared import SharedCounters, Sizes, create_files

Make = Callable[[bool], Counters]
"""Makes counters without any counts; True: with small tables."""

IMPLEMENTATIONS = ["local", "shared"]


@pytest.fixture(params=IMPLEMENTATIONS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    opened: list[SharedCounters] = []

    def local(small: bool) -> Counters:
        return LocalCounters(1000 if small else 100_000)

    def shared(small: bool) -> Counters:
        directory = tmp_path / str(len(opened))
        create_files(directory, 2, Sizes(32, 32, 32) if small else Sizes(64, 64, 32))
        opened.append(SharedCounters(directory))
        return opened[-1]

    yield {"local": local, "shared": shared}[request.param]
    for counters in opened:
        counters.close()


@pytest.fixture
def counters(make: Make) -> Counters:
    return make(False)


def stats(counters: Counters) -> dict[str, TableStats]:
    return {table.name: table for table in counters.stats()}


def test_a_rate_admits_the_burst_and_then_the_rate(counters: Counters) -> None:
    answers = [counters.admit(b"alice", 0.5, 3, 100.0) for _ in range(5)]
    assert [answer.admitted for answer in answers] == [True, True, True, False, False]
    assert [answer.remaining for answer in answers] == [2, 1, 0, 0, 0]
    assert answers[-1].retry_after == pytest.approx(0.5)
    assert not counters.admit(b"alice", 0.5, 3, 100.49).admitted
    assert counters.admit(b"alice", 0.5, 3, 100.5).admitted


def test_what_a_rate_refuses_is_not_counted(counters: Counters) -> None:
    for _ in range(4):
        counters.admit(b"alice", 1.0, 1, 50.0)
    assert counters.admit(b"alice", 1.0, 1, 51.0).admitted


def test_a_refund_of_a_rate(counters: Counters) -> None:
    assert counters.admit(b"alice", 1.0, 1, 50.0).admitted
    counters.refund(b"alice", 1.0)
    assert counters.admit(b"alice", 1.0, 1, 50.0).admitted
    assert not counters.admit(b"alice", 1.0, 1, 50.0).admitted
    counters.refund(b"nobody", 1.0)
    assert counters.admit(b"nobody", 1.0, 1, 50.0).remaining == 0


def test_a_quota_counts_in_its_window(counters: Counters) -> None:
    answers = [counters.spend(b"alice", 2, 0.0, 3600.0, 60.0) for _ in range(3)]
    assert [(answer.admitted, answer.remaining) for answer in answers] == [(True, 1), (True, 0), (False, 0)]
    assert answers[-1].retry_after == 3540.0
    assert counters.spend(b"alice", 2, 3600.0, 7200.0, 3600.0).remaining == 1


def test_what_a_quota_refuses_is_not_counted(counters: Counters) -> None:
    for _ in range(5):
        counters.spend(b"alice", 1, 0.0, 3600.0, 60.0)
    assert counters.spend(b"alice", 2, 0.0, 3600.0, 60.0).remaining == 0


def test_giving_a_quota_back(counters: Counters) -> None:
    assert counters.spend(b"alice", 1, 0.0, 3600.0, 60.0).admitted
    counters.unspend(b"alice", 3600.0)
    counters.unspend(b"alice", 3600.0)
    assert counters.spend(b"alice", 1, 0.0, 3600.0, 60.0).admitted
    counters.unspend(b"alice", 7200.0)
    assert not counters.spend(b"alice", 1, 0.0, 3600.0, 60.0).admitted
    counters.unspend(b"nobody", 3600.0)
    assert counters.spend(b"nobody", 1, 0.0, 3600.0, 60.0).admitted


def test_slots(counters: Counters) -> None:
    assert [counters.acquire(b"alice", 2) for _ in range(3)] == [True, True, False]
    assert counters.acquire(b"bob", 2)
    counters.release(b"alice")
    assert [counters.acquire(b"alice", 2) for _ in range(2)] == [True, False]


def test_releasing_what_is_not_held_makes_no_room(counters: Counters) -> None:
    counters.release(b"alice")
    assert counters.acquire(b"alice", 1)
    counters.release(b"alice")
    counters.release(b"alice")
    assert [counters.acquire(b"alice", 1) for _ in range(2)] == [True, False]


def test_kinds_of_counts_do_not_share_keys(counters: Counters) -> None:
    assert counters.admit(b"alice", 1.0, 1, 10.0).admitted
    assert counters.spend(b"alice", 1, 0.0, 60.0, 10.0).admitted
    assert counters.acquire(b"alice", 1)
    counters.release(b"alice")
    assert not counters.admit(b"alice", 1.0, 1, 10.0).admitted
    assert not counters.spend(b"alice", 1, 0.0, 60.0, 10.0).admitted


KEYS = st.sampled_from(
    [b"", bytes(16), bytes(15) + b"\1", b"\1" + bytes(15), b"0123456789abcdef", b"0123456789abcde", b"x" * 40]
)
ACTIONS = st.one_of(
    st.tuples(st.just("admit"), KEYS, st.integers(0, 3)),
    st.tuples(st.just("refund"), KEYS, st.just(0)),
    st.tuples(st.just("spend"), KEYS, st.integers(0, 30)),
    st.tuples(st.just("unspend"), KEYS, st.just(0)),
    st.tuples(st.just("acquire"), KEYS, st.just(0)),
    st.tuples(st.just("release"), KEYS, st.just(0)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(ACTIONS, max_size=60))
def test_it_does_what_the_arithmetic_says(make: Make, actions: list[tuple[str, bytes, int]]) -> None:
    """Any octets as keys, any order of calls, against plain dicts."""
    counters = make(False)
    dues: dict[bytes, float] = {}
    words: dict[bytes, int] = {}
    slots: dict[bytes, int] = {}
    now = 1000.0
    for action, key, step in actions:
        now += step
        end = now // 60 * 60 + 60
        if action == "admit":
            dues[key], wanted = gcra(dues.get(key, 0.0), 0.7, 3, now)
            assert counters.admit(key, 0.7, 3, now) == wanted
        elif action == "refund":
            counters.refund(key, 0.7)
            if key in dues:
                dues[key] -= 0.7
        elif action == "spend":
            words[key], wanted = quota(words.get(key, 0), 3, end, now)
            assert counters.spend(key, 3, end - 60, end, now) == wanted
        elif action == "unspend":
            counters.unspend(key, end)
            words[key] = unquota(words.get(key, 0), end)
        elif action == "acquire":
            assert counters.acquire(key, 2) == (slots.get(key, 0) < 2)
            slots[key] = min(2, slots.get(key, 0) + 1)
        else:
            counters.release(key)
            slots[key] = max(0, slots.get(key, 0) - 1)


def fill(take: Callable[[bytes], object], most: int = 3000) -> list[bytes]:
    """Use new keys until there is no room for one more."""
    keys: list[bytes] = []
    for number in range(most):
        key = b"key %d" % number
        try:
            take(key)
        except CountersFull:
            return keys
        keys.append(key)
    raise AssertionError("it never became full")


def test_a_full_table_of_rates_forgets_only_who_is_refilled(make: Make) -> None:
    counters = make(True)
    keys = fill(lambda key: counters.admit(key, 100.0, 1, 1000.0))
    full = stats(counters)["rates"]
    assert (full.entries, full.evictions, full.full) == (len(keys), 0, 1)
    assert len(keys) <= full.capacity
    assert not any(counters.admit(key, 100.0, 1, 1099.0).admitted for key in keys)
    # All are refilled now, so there is room for others, and none of them notices.
    fresh = [b"fresh %d" % number for number in range(len(keys) // 2)]
    assert all(counters.admit(key, 100.0, 1, 1100.0).admitted for key in fresh)
    assert not any(counters.admit(key, 100.0, 1, 1100.0).admitted for key in fresh)
    assert stats(counters)["rates"].evictions > 0
    assert stats(counters)["rates"].full == 1


def test_a_full_table_of_quotas_forgets_only_ended_windows(make: Make) -> None:
    counters = make(True)
    keys = fill(lambda key: counters.spend(key, 1, 0.0, 3600.0, 10.0))
    assert stats(counters)["quotas"].full == 1
    assert not any(counters.spend(key, 1, 0.0, 3600.0, 3599.0).admitted for key in keys)
    fresh = [b"fresh %d" % number for number in range(len(keys) // 2)]
    assert all(counters.spend(key, 1, 3600.0, 7200.0, 3601.0).admitted for key in fresh)
    assert not any(counters.spend(key, 1, 3600.0, 7200.0, 3601.0).admitted for key in fresh)
    assert stats(counters)["quotas"].evictions > 0


def test_a_full_table_of_slots_forgets_only_who_holds_none(make: Make) -> None:
    counters = make(True)
    keys = fill(lambda key: counters.acquire(key, 1))
    assert stats(counters)["slots"].full == 1
    assert not any(counters.acquire(key, 1) for key in keys)
    for key in keys:
        counters.release(key)
    fresh = [b"fresh %d" % number for number in range(len(keys) // 2)]
    assert all(counters.acquire(key, 1) for key in fresh)
    assert not any(counters.acquire(key, 1) for key in fresh)
    assert stats(counters)["slots"].full == 1


def test_who_is_in_a_full_table_is_still_limited(make: Make) -> None:
    counters = make(True)
    keys = fill(lambda key: counters.admit(key, 10.0, 2, 1000.0))
    assert counters.admit(keys[0], 10.0, 2, 1000.0).admitted
    assert not counters.admit(keys[0], 10.0, 2, 1000.0).admitted


def test_empty_tables_say_so(make: Make) -> None:
    found = stats(make(False))
    assert set(found) == {"rates", "quotas", "slots"}
    assert all((table.entries, table.evictions, table.full) == (0, 0, 0) and table.capacity > 0 for table in found.values())
