"""Sketches: what they count, and that neither order nor split can be seen in them."""

import math
import random
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yett.engine.learning.members import Members
from yett.engine.learning.sketches import EXACT, Bins, Distinct, Sample, hash64

HASHES = st.lists(st.integers(0, 40).map(lambda number: hash64(str(number).encode())), max_size=80)


def test_a_hash_has_64_bits_and_depends_on_its_key() -> None:
    assert 0 <= hash64(b"a") < 1 << 64
    assert hash64(b"a") != hash64(b"a", b"key")


@pytest.mark.parametrize("number", (0, 1, EXACT))
def test_few_distinct_values_are_counted_exactly(number: int) -> None:
    found = Distinct()
    for value in range(number):
        found.add(hash64(str(value).encode()))
        found.add(hash64(str(value).encode()))
    assert found.estimate() == number


@pytest.mark.parametrize("number", (200, 5_000, 100_000))
def test_many_distinct_values_are_estimated(number: int) -> None:
    found = Distinct()
    for value in range(number):
        found.add(hash64(b"%d" % value))
    assert abs(found.estimate() - number) < 0.12 * number
    assert Distinct.from_state(found.state()).estimate() == found.copy().estimate() == found.estimate()


@given(st.lists(st.integers(0, 200), max_size=300), st.randoms(use_true_random=False))
def test_distinct_values_know_no_order_and_no_split(numbers: list[int], chance: random.Random) -> None:
    whole = Distinct()
    for number in numbers:
        whole.add(hash64(b"%d" % number))
    chance.shuffle(numbers)
    parts = [Distinct(), Distinct(), Distinct()]
    for number in numbers:
        chance.choice(parts).add(hash64(b"%d" % number))
    first, *others = parts
    for other in others:
        first.merge(other)
    assert first.state() == whole.state()


@pytest.mark.parametrize("state", (list(range(EXACT + 1)), b"short", bytes([255]) * 1024))
def test_a_damaged_count_is_refused(state: list[int] | bytes) -> None:
    with pytest.raises(ValueError):
        Distinct.from_state(state)


def sampled(hashes: list[int], k: int) -> tuple[Sample[int], int]:
    """A sample with counts, and the count of the rest."""
    sample: Sample[int] = Sample(k)
    rest = 0
    for value in hashes:
        if not sample.admits(value):
            rest += 1
        else:
            rest += sample.put(value, (sample.get(value) or 0) + 1) or 0
    return sample, rest


@given(HASHES, st.integers(1, 12), st.integers(0, 80), st.randoms(use_true_random=False))
def test_samples_know_no_order_and_no_split(hashes: list[int], k: int, cut: int, chance: random.Random) -> None:
    whole, rest = sampled(hashes, k)
    expected = sorted(set(hashes))[:k]
    assert [value for value, _ in whole] == expected
    assert [count for _, count in whole] == [hashes.count(value) for value in expected]
    assert len(whole) == len(expected)
    assert rest + sum(whole.entries.values()) == len(hashes)
    chance.shuffle(hashes)
    one, rest_one = sampled(hashes[:cut], k)
    other, rest_other = sampled(hashes[cut:], k)
    left = one.merge(other, int.__add__)
    assert one.state() == whole.state()
    assert rest_one + rest_other + sum(left) == rest
    assert Sample.from_state(one.state()).state() == whole.state()


def test_a_sample_shrinks() -> None:
    sample, _ = sampled([hash64(b"%d" % number) for number in range(10)], 10)
    assert not sample.full
    left = sample.shrink(4)
    assert (len(left), len(sample), sample.full) == (6, 4, True)
    assert sample.shrink(8) == []


def test_a_sample_with_too_many_entries_is_refused() -> None:
    with pytest.raises(ValueError):
        Sample.from_state((1, True, [(1, 1), (2, 2)]))


@pytest.mark.parametrize("share", (0.01, 0.5, 0.9, 0.99))
def test_quantiles_are_within_a_bin(share: float) -> None:
    bins = Bins()
    for number in range(1, 10_001):
        bins.add(number / 1000)
    assert abs(bins.quantile(share) - share * 10) <= 0.07 * share * 10
    assert (bins.least, bins.greatest, bins.quantile(1)) == (0.001, 10, 10)


def test_odd_numbers_have_their_bins() -> None:
    bins = Bins()
    for number in (-5.0, 0.0, 1e-300, math.inf, 1e300, math.nan):
        bins.add(number)
    assert bins.count == 5
    assert len(bins.bins) == 2
    with pytest.raises(ValueError):
        Bins().quantile(0.5)


@given(st.lists(st.floats(allow_nan=False), max_size=40), st.integers(0, 40))
def test_bins_know_no_split(numbers: list[float], cut: int) -> None:
    whole, one, other = Bins(), Bins(), Bins()
    for index, number in enumerate(numbers):
        whole.add(number, 2)
        (one if index < cut else other).add(number, 2)
    one.merge(other)
    assert one.state() == whole.state() == Bins.from_state(whole.state()).state()


def members(paths: list[str], most: int) -> Members:
    found = Members(most, b"key")
    for path in paths:
        found.add(path)
    return found


@given(st.lists(st.integers(0, 60).map(lambda number: f"/{number}"), max_size=120), st.integers(0, 120))
@example([f"/{number}" for number in range(21)], 21)
def test_paths_know_no_order_and_no_split(paths: list[str], cut: int) -> None:
    whole, one, other = members(paths, 20), members(paths[cut:], 20), members(paths[:cut], 20)
    one.merge(other)
    assert one.state() == whole.state() == members(paths[::-1], 20).state()
    assert Members.from_state(one.state(), 20, b"key").state() == whole.state()
    assert one.exact == (len(set(paths)) <= 20)
    assert len(one) == min(len(set(paths)), 20)
    assert abs(one.distinct - len(set(paths))) <= 1
    assert all(paths.count(path) == count for path, count in one)


def test_many_paths_are_packed_and_kept_exactly() -> None:
    chance = random.Random(3)
    paths = [f"/users/{chance.randrange(3_000)}" for _ in range(20_000)]
    found = members(paths, 10_000)
    counts = Counter(paths)
    assert dict(found) == counts
    few = members(paths, 1_000)
    assert (few.exact, len(few)) == (False, 1_000)
    assert few.state() == members(paths[::-1], 1_000).state()
    assert all(counts[path] == count for path, count in few)
