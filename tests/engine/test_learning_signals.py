"""What single exchanges show, as a fold: kept by rule and place, bounded, free of order."""

import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import exchange

from yett.engine.learning import signals
from yett.engine.learning.access import Access
from yett.engine.learning.callers import Callers
from yett.engine.learning.seen import Seen
from yett.engine.learning.signals import KEPT, Signals, sunset
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Request, Response
from yett.model.rule import Judged
from yett.rules.checking.issue import Issue
from yett.rules.registry import Check

ASKED = "GET /orders HTTP/1.1\nHost: api.shop.example"


def shown(
    *lines: str, status: int = 200, body: str = '{"a": 1}', started: float = 1.0, weight: int = 1, timed: bool = True
) -> Seen:
    text = "\n".join([f"HTTP/1.1 {status} X", "Content-Type: application/json", *lines]) + f"\n\n{body}"
    made = exchange(Judged(text=ASKED, response=text)).exchange
    return Seen(Recording(exchange=msgspec.structs.replace(made, started=started), weight=weight, timed=timed))


def fold(exchanges: list[Seen]) -> Signals:
    found = Signals()
    for one in exchanges:
        found.add(one)
    return found


def test_objections_are_counted_by_rule_and_place() -> None:
    found = dict(fold([shown("Server: nginx/1.2", started=5.0, weight=3), shown("Server: nginx/1.3", started=2.0)]).facts())
    (server,) = [one for one in found["signals"] if one["rule"] == "version-disclosed"]
    assert server["place"] == "response.header/server"
    assert (server["count"], server["first_seen"], server["last_seen"], server["severity"]) == (4, 2.0, 5.0, "info")
    assert "nginx" not in str(found)  # names and counts, never a value


def test_no_time_is_made_up() -> None:
    (one,) = dict(fold([shown("X-Content-Type-Options: nosniff", "Server: a/1", timed=False)]).facts())["signals"]
    assert one["first_seen"] is None and one["last_seen"] is None


def test_announcements_of_an_end() -> None:
    exchanges = [
        shown("Deprecation: @1688169599", "Sunset: Sat, 31 Dec 2022 23:59:59 GMT"),
        shown("Sunset: soon"),
        shown("Sunset: Sun, 06 Nov 1994 08:49:37 GMT"),
    ]
    found = dict(fold(exchanges).facts())
    assert found["deprecation"] == 1 and found["sunset"] == 1672531199.0
    assert sunset("Sat, 31 Dec 2022 23:59:59 -0000") == 1672531199.0
    assert sunset("Sat, 31 Dec 99999 23:59:59 GMT") is None


def test_they_are_facts_of_the_operation() -> None:
    access = Access()
    one = shown("Server: a/1")
    access.add(one, Callers(b"k").read(one))
    assert [signal["rule"] for signal in access.facts()["signals"]] == ["missing-nosniff", "version-disclosed"]
    assert Access.from_state(access.state()).facts() == access.facts()


def _exchanges(seed: int) -> list[Seen]:
    chance = random.Random(seed)
    lines = ["Server: a/1", "X-Powered-By: PHP/8", "Deprecation: true", "Sunset: Sat, 31 Dec 2022 23:59:59 GMT"]
    lines += [f"Set-Cookie: session{number}=0123456789" for number in range(120)]
    return [
        shown(
            *chance.sample(lines, 3),
            status=chance.choice((200, 429, 500)),
            started=chance.random(),
            weight=chance.randrange(1, 3),
        )
        for _ in range(60)
    ]


@given(st.integers(0, 20), st.integers(0, 60), st.randoms(use_true_random=False))
def test_neither_order_nor_split_shows(seed: int, cut: int, chance: random.Random) -> None:
    exchanges = _exchanges(seed)
    whole = msgspec.msgpack.encode(fold(exchanges).state())
    chance.shuffle(exchanges)
    left, right = fold(exchanges[:cut]), fold(exchanges[cut:])
    left.merge(right)
    assert msgspec.msgpack.encode(left.state()) == whole
    assert msgspec.msgpack.encode(Signals.from_state(msgspec.msgpack.decode(whole)).state()) == whole


def test_the_state_is_bounded() -> None:
    found = fold([shown(f"Set-Cookie: session{number}{'x' * 500}=0123456789") for number in range(500)])
    assert len(found.signals) == KEPT
    assert len(msgspec.msgpack.encode(found.state())) < 40_000


@pytest.mark.parametrize(
    "state", [None, [], [[1, False, []], 0, "x"], [[0, False, [[1, ["a", "b", "c", "low", 1, 0, 0]]]], 0, None]]
)
def test_other_states_are_refused(state: object) -> None:
    with pytest.raises((msgspec.ValidationError, ValueError)):
        Signals.from_state(state)


@given(
    st.dictionaries(
        st.sampled_from(
            ["location", "set-cookie", "server", "sunset", "access-control-allow-origin", "origin", "via", "cache-control"]
        ),
        st.binary(max_size=60),
    ),
    st.binary(max_size=100),
    st.sampled_from([200, 302, 404, 500]),
    st.binary(max_size=30),
)
def test_nothing_that_is_sent_breaks_a_check(fields: dict[str, bytes], body: bytes, status: int, query: bytes) -> None:
    lines = tuple((name.encode(), value) for name, value in fields.items())
    request = Request(method="GET", target=b"/a?x=" + query.hex().encode(), fields=((b"Host", b"a.example"), *lines))
    for content_type in (b"text/html", b"application/json"):
        response = Response(status=status, fields=((b"Content-Type", content_type), *lines), body=body)
        made = Exchange(id="1", source="t", started=1.0, request=request, response=response)
        fold([Seen(Recording(exchange=made))])


def test_a_check_that_raises_is_counted_and_does_not_end_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(subject: object, settings: object) -> Iterator[Issue]:
        yield Issue(place="response", text="half a judgement")
        raise ZeroDivisionError

    usual = signals._judging()
    broken = Check(msgspec.structs.replace(usual[0].rule, id="broken"), judge, None, "")
    monkeypatch.setattr(signals, "_judging", lambda: (broken, *usual))
    one, other = fold([shown("Server: nginx/1.2", weight=3)]), fold([shown()])
    one.merge(other)
    found = dict(Signals.from_state(one.state()).facts())
    assert found["failed_checks"] == {"broken": 4}
    assert [signal["rule"] for signal in found["signals"]].count("broken") == 0
    assert "version-disclosed" in [signal["rule"] for signal in found["signals"]]
