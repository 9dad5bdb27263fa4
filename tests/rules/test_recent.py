"""The bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.rules.recent import Recent


@given(st.lists(st.tuples(st.sampled_from(["get", "put", "forget"]), st.integers(0, 20)), max_size=200))
def test_never_more_than_its_size_and_never_wrong(actions):
    memory: Recent[int] = Recent(6)
    truth: dict[bytes, int] = {}
    for count, (action, number) in enumerate(actions):
        key = b"%d" % number
        if action == "put":
            memory.put(key, count)
            truth[key] = count
        elif action == "forget":
            memory.forget(key)
            truth.pop(key, None)
        else:
            assert memory.get(key) in (None, truth.get(key))
        assert len(memory) <= 6


def test_what_is_in_use_stays():
    memory: Recent[int] = Recent(10)
    memory.put(b"used", 1)
    for number in range(1_000):
        memory.put(b"%d" % number, number)
        assert memory.get(b"used") == 1
    assert memory.get(b"0") is None
    assert memory.get(b"999") == 999


def test_the_latest_half_is_always_there():
    memory: Recent[int] = Recent(10)
    for number in range(100):
        memory.put(b"%d" % number, number)
        assert all(memory.get(b"%d" % last) == last for last in range(max(0, number - 4), number + 1))


def test_a_memory_of_nothing():
    with pytest.raises(ValueError, match="two"):
        Recent(1)
