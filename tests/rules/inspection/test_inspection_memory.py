"""What repeats is remembered: the newest of it, and never more than there is room for."""

from hypothesis import given
from hypothesis import strategies as st

from yett.rules.inspection.memory import REMEMBERED, Harmless, Memory


@given(batches=st.lists(st.sets(st.integers(0, 60), max_size=8), max_size=40))
def test_only_what_was_kept_is_harmless(batches: list[set[int]]) -> None:
    harmless: Harmless[int] = Harmless(10)
    kept: set[int] = set()
    for batch in batches:
        fresh = harmless.fresh(batch)
        assert batch - fresh <= kept
        harmless.keep(fresh)
        kept |= fresh
        assert not harmless.fresh(fresh)
        assert len(harmless) <= 20


def test_answers_are_bounded_and_the_newest_stay() -> None:
    memory: Memory[int, str] = Memory()
    for number in range(3 * REMEMBERED):
        assert memory.keep(number, str(number)) == str(number)
    assert memory.get(3 * REMEMBERED - 1) == str(3 * REMEMBERED - 1)
    assert memory.get(REMEMBERED + 1) is None
    assert memory.recall(REMEMBERED + 1) == str(REMEMBERED + 1)
    assert memory.recall(1) is None
