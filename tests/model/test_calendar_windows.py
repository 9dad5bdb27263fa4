"""Calendar windows, also where clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.model.calendar import LENGTHS, Unit, window, windows, zone

ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "America/Sao_Paulo", "Pacific/Chatham"]
MOMENTS = st.floats(datetime(2005, 1, 1, tzinfo=UTC).timestamp(), datetime(2037, 1, 1, tzinfo=UTC).timestamp())


def at(text: str, name: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(name)).timestamp()


@given(MOMENTS, st.sampled_from(Unit), st.sampled_from(ZONES))
def test_windows_are_a_partition_of_time(now: float, unit: Unit, name: str) -> None:
    place = zone(name)
    start, end = window(now, unit, place)
    assert start <= now < end
    assert window(start, unit, place) == (start, end)
    assert window(end - 0.001, unit, place) == (start, end)
    assert window(end, unit, place)[0] == end


@given(MOMENTS, st.sampled_from(ZONES))
def test_days_begin_at_midnight_and_weeks_on_monday(now: float, name: str) -> None:
    place = zone(name)
    first = datetime.fromtimestamp(window(now, Unit.WEEK, place)[0], place)
    assert first.weekday() == 0
    assert (first.hour, first.minute) in {(0, 0), (1, 0)}, "01:00 where there is no midnight"
    assert datetime.fromtimestamp(window(now, Unit.MONTH, place)[0], place).day == 1


@pytest.mark.parametrize(("day", "hours"), [("2025-03-30T12:00", 23), ("2025-10-26T12:00", 25), ("2025-06-01T12:00", 24)])
def test_a_day_has_the_hours_that_its_clock_gives_it(day: str, hours: int) -> None:
    start, end = window(at(day, "Europe/Paris"), Unit.DAY, zone("Europe/Paris"))
    assert end - start == hours * 3600
    assert start == at(day[:10] + "T00:00", "Europe/Paris")


def test_an_hour_that_comes_twice_is_two_windows() -> None:
    first = at("2025-10-26T02:30", "Europe/Paris")
    assert window(first, Unit.HOUR, zone("Europe/Paris"))[1] - first == 1800
    assert window(first + 3600, Unit.HOUR, zone("Europe/Paris"))[0] == first + 1800


def test_hours_follow_the_local_clock() -> None:
    start, end = window(at("2025-06-01T12:10", "Asia/Kolkata"), Unit.HOUR, zone("Asia/Kolkata"))
    assert datetime.fromtimestamp(start, UTC).minute == 30
    assert end - start == LENGTHS[Unit.HOUR]


@pytest.mark.parametrize(
    ("month", "days"), [("2024-02-11T00:00", 29), ("2025-02-11T00:00", 28), ("2025-12-31T23:59", 31), ("2025-04-30T01:00", 30)]
)
def test_months(month: str, days: int) -> None:
    start, end = window(at(month), Unit.MONTH, zone("utc"))
    assert timedelta(seconds=end - start) == timedelta(days=days)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe/Pari\0s"])
def test_an_unknown_zone_is_explained(name: str) -> None:
    with pytest.raises(ValueError, match="IANA name"):
        zone(name)


def test_remembering_the_window_changes_nothing() -> None:
    place = zone("Europe/Paris")
    remembered = windows(Unit.DAY, place)
    for now in (0.0, 1e9, 1e9 + 5, 1e9 + 86_400, 1e9):
        assert remembered(now) == window(now, Unit.DAY, place)
