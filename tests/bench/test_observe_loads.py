"""What the speed of `yett observe` is measured with is what it says: readable, deterministic, of so many paths and operations."""

import io

from observe import loads
from yett.edge.collectors.files import Collector
from yett.engine.learning import Learning, Settings
from yett.formats.recordings import read_event
from yett.formats.recordings.values import Recording


def learnt(recordings: list[Recording]) -> Learning:
    learning = Learning(Settings(), b"0123456789abcdef", lambda name, place, value: ())
    for one in recordings:
        learning.add(one)
    assert not learning.unreadable
    return learning


def read(lines: list[bytes]) -> list[Recording]:
    found = [one.recording for one in Collector().stream(io.BytesIO(b"".join(lines)), "access.log")]
    assert not [one.error for one in found if one.error]
    return found


def test_lines_can_be_read() -> None:
    lines = list(loads.lines(500))
    assert lines == list(loads.lines(500))
    assert len(read(lines)) == 500
    (service,) = learnt(read(lines)).services()
    assert service.answered.root.count + service.refused.root.count == 500


def test_distinct_paths_are_distinct() -> None:
    found = read(list(loads.distinct(2_000)))
    assert len({one.exchange.request.target for one in found if one.exchange is not None}) == 2_000


def test_exchanges_and_records_can_be_read() -> None:
    (service,) = learnt(list(loads.exchanges(60))).services()
    assert service.name == "shop.example"
    records = [read_event(event) for event in loads.records(60)]
    (service,) = learnt([one for one in records if one is not None]).services()
    assert (service.name, service.answered.root.count) == ("shop", 60)


def test_operations_are_as_many_as_asked_for() -> None:
    places = {one.exchange.request.target for one in loads.operations(300, "one", 1) if one.exchange is not None}
    assert len(places) == 300
    learning = learnt(list(loads.operations(200, "one", 1)))
    assert len(list(learning.services())) == 100
