"""Learning states in a store: kept service by service, the same octets as if all had been learnt at once."""

import random

import pytest

from yett.cli.learnt import HEAD, Learnt
from yett.engine.learning import OTHERS, Learning, Settings
from yett.formats.recordings.values import Recording
from yett.model.catalog_store import CatalogUnusable
from yett.model.exchange import Exchange, Request, Response
from yett.store.catalog import MemoryCatalog

KEY = b"0123456789abcdef"


def nothing(name: str, place: str, value: str | int | float) -> tuple[str, ...]:
    return ()


def call(service: str, number: int, method: str = "GET") -> Recording:
    request = Request(method=method, target=b"/items/%d" % number, fields=((b"Host", b"a.example"),))
    exchange = Exchange(id="", source="har", started=float(number), request=request, response=Response(status=200))
    return Recording(exchange=exchange, sensor="har", service=service)


def keep(store: MemoryCatalog, learnt: Learnt, recordings: list[Recording]) -> None:
    part = learnt.fresh()
    for one in recordings:
        part.add(one)
    with store.writing() as change:
        learnt.keep(change, part)


@pytest.mark.parametrize("most", [1_000, 4, 1])
def test_pieces_are_kept_as_the_whole_would_be(most: int) -> None:
    chance = random.Random(most)
    settings = Settings(services=most)
    calls = [call(f"service {chance.randrange(12)}", number) for number in range(300)]
    calls += [Recording(refused=(400, "a reason", ""))] * 3
    whole = Learning(settings, KEY, nothing)
    for one in calls:
        whole.add(one)
    chance.shuffle(calls)
    store, learnt = MemoryCatalog(), Learnt(settings, KEY, nothing)
    while calls:
        size = chance.randint(1, 60)
        keep(store, learnt, calls[:size])
        calls = calls[size:]
    assert learnt.all(store).state() == whole.state()
    assert len(store.services()) == 1 + min(12, most + 1)
    assert ("=" + OTHERS in store.services()) == (most < 12)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_services_that_come_later_take_the_place_of_kept_ones(size: int) -> None:
    settings = Settings(services=4)
    calls = [call(f"service {number}", number) for number in range(42)]
    whole = Learning(settings, KEY, nothing)
    store, learnt = MemoryCatalog(), Learnt(settings, KEY, nothing)
    for one in calls:
        whole.add(one)
    for start in range(0, len(calls), size):
        keep(store, learnt, calls[start : start + size])
    assert learnt.all(store).state() == whole.state()
    assert len(store.services()) == 6


def test_only_services_that_were_called_are_written() -> None:
    store, learnt = MemoryCatalog(), Learnt(Settings(), KEY, nothing)
    keep(store, learnt, [call("a", 1), call("b", 1)])
    with store.writing() as change:
        change.learn("=a", b"damaged")  # nobody looks
    kept = store.states()
    keep(store, learnt, [call("b", 2)])
    assert {row for row, state in store.states().items() if state != kept[row]} == {"=b"}


def test_names_of_services_are_any_text() -> None:
    store, learnt = MemoryCatalog(), Learnt(Settings(), KEY, nothing)
    names = ["", "=", "é", "\x00", "日本"]
    keep(store, learnt, [call(name, 1) for name in names])
    keep(store, learnt, [call(name, 2) for name in names])
    found = {service.name: sum(t.count for *_, t in service.answered.leaves()) for service in learnt.all(store).services()}
    assert found == dict.fromkeys([*names[1:], "a.example"], 2)


def test_damaged_states_are_refused() -> None:
    store, learnt = MemoryCatalog(), Learnt(Settings(), KEY, nothing)
    keep(store, learnt, [call("a", 1)])
    with store.writing() as change:
        change.learn("=a", b"\x93\x01")
    with pytest.raises(CatalogUnusable, match="what was learnt cannot be read"):
        learnt.all(store)
    with pytest.raises(CatalogUnusable, match="what was learnt cannot be read"):
        keep(store, learnt, [call("a", 2)])


def test_of_another_version() -> None:
    store, learnt = MemoryCatalog(), Learnt(Settings(), KEY, nothing)
    with store.writing() as change:
        change.learn(HEAD, b"\x94\x02\x80\xc2\x90")
    with pytest.raises(CatalogUnusable, match="another version of this program"):
        learnt.all(store)
