"""The fold over recordings: the same state whatever the order or the split, bounded in everything that comes from outside."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.engine.classes import built_in
from yett.engine.learning import OTHERS, Learning, Settings
from yett.engine.learning.seen import UNSEEN, Seen
from yett.engine.learning.traffic import REST
from yett.engine.learning.trie import REST_NAME
from yett.formats.http1 import Refused
from yett.formats.recordings import read_event
from yett.formats.recordings.values import Recording
from yett.model.event import Event
from yett.model.exchange import Exchange, Fields, Request, Response

KEY = b"k" * 16
SMALL = Settings(
    services=3, segments=5, words=(8, 4, 3), wide=2, words_kept=2, refused_words=(4, 2, 2), members=6, refused_members=3, names=3,
    content_types=2, values=4, answers=2,
)  # fmt: skip


def nothing(name: str, place: str, value: Any) -> tuple[str, ...]:
    return ()


def recording(method: str, target: str, status: int = 200, body: bytes = b"", **more: Any) -> Recording:
    fields: Fields = ((b"Host", more.pop("host", "api.example").encode()),)
    if kind := more.pop("kind", ""):
        fields += ((b"Content-Type", kind.encode()),)
    answer: Fields = ((b"Content-Type", b"application/json"),) if body[:1] == b"{" else ((b"Content-Type", b"text/html"),)
    request = Request(method=method, target=target.encode(), fields=fields, body=more.pop("sent", b""))
    response = Response(status=status, fields=answer, body=body) if status else None
    exchange = Exchange(id="", source="har", started=more.pop("started", 1.0), request=request, response=response)
    return Recording(exchange=exchange, sensor="har", **more)


def learnt(recordings: list[Recording], chosen: Settings = SMALL) -> Learning:
    found = Learning(chosen, KEY, nothing)
    for one in recordings:
        found.add(one)
    return found


SEGMENTS = st.sampled_from([*"abcdefghijklmn", "12", "345", "6f1c", "me", "x", "x-y", "v1", "12.json", "12:go", "f(1)", ""])
TARGETS = st.lists(SEGMENTS, min_size=1, max_size=6).map(lambda parts: "/" + "/".join(parts))
RECORDINGS = st.builds(
    recording,
    st.sampled_from(("GET", "GET", "POST", "BREW")),
    st.builds(str.__add__, TARGETS, st.sampled_from(("", "", "?a=1", "?b=2&a=x"))),
    st.sampled_from((200, 200, 200, 404, 403, 0)),
    st.sampled_from((b"", b'{"id":1,"name":"x"}', b'{"error":1}', b"<html>")),
    host=st.sampled_from(("a.example", "a.example", "b.example", "c.example", "d.example", "e.example")),
    kind=st.sampled_from(("", "application/json", "application/x-www-form-urlencoded", "a/b", "c/d")),
    sent=st.sampled_from((b"", b'{"method":"m1","jsonrpc":"2.0","id":1}', b"a=1", b"{")),
    started=st.floats(0, 100),
    weight=st.integers(1, 3),
    route=st.sampled_from(("", "", "/{a}", "/{a}/{b}")),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDINGS, max_size=60), st.randoms(use_true_random=False), st.integers(1, 4))
def test_state_and_operations_know_no_order_and_no_split(
    recordings: list[Recording], chance: random.Random, number: int
) -> None:
    whole = learnt(recordings)
    state = whole.state()
    shuffled = list(recordings)
    chance.shuffle(shuffled)
    parts = [learnt(shuffled[index::number]) for index in range(number)]
    first, *others = parts
    for other in others:
        first.merge(Learning.from_state(other.state(), KEY, nothing))
    assert first.state() == state
    assert _told(first) == _told(whole)


def _told(learning: Learning) -> list[Any]:
    return [
        (service.name, one.method, one.named, one.template, one.parameters, one.reasons, one.traffic.state())
        for service in learning.services()
        for one in service.operations()
    ]


def test_sweeps_in_between_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(5)
    words = [f"w{chance.randrange(40)}" for _ in range(50)]
    recordings = [
        recording("GET", "/" + "/".join(chance.choice(words) for _ in range(chance.randint(1, 4)))) for _ in range(600)
    ]
    expected = learnt(recordings).state()
    monkeypatch.setattr("yett.engine.learning.trie._SWEEP", 5)
    assert learnt(recordings).state() == expected
    assert learnt(recordings[::-1]).state() == expected


def test_a_state_is_restored_and_goes_on() -> None:
    one = learnt([recording("GET", "/users/1"), recording("GET", "/nothing", 404)])
    other = Learning.from_state(one.state(), KEY, nothing)
    for learning in (one, other):
        learning.add(recording("GET", "/users/2"))
    assert one.state() == other.state()


@pytest.mark.parametrize("state", (b"", b"\x01", b"\x93\x01\x02\x03", b"\x95\x01\x80\xc2\x90\x90", b"\x95\x02\x01\xc2\x90\x90"))
def test_a_damaged_state_is_refused(state: bytes) -> None:
    with pytest.raises(ValueError):
        Learning.from_state(state, KEY, nothing)


def test_every_cut_of_a_state_is_refused() -> None:
    state = learnt([recording("POST", "/users/1?a=1", body=b'{"id":1}', kind="application/json", sent=b'{"a":2}')]).state()
    for end in range(0, len(state), 7):
        with pytest.raises(ValueError):
            Learning.from_state(state[:end], KEY, nothing)


def test_parts_of_other_settings_or_keys_do_not_merge() -> None:
    with pytest.raises(ValueError):
        learnt([]).merge(Learning(Settings(), KEY, nothing))
    with pytest.raises(ValueError):
        learnt([]).merge(Learning(SMALL, b"other key", nothing))


def test_services_are_bounded() -> None:
    found = learnt([recording("GET", "/a", host=f"h{number}.example") for number in range(40)])
    services = list(found.services())
    assert len(services) == 4
    assert OTHERS in {service.name for service in services}
    assert sum(service.answered.root.count for service in services) == 40


def test_what_has_no_reading_is_counted_by_reason() -> None:
    found = learnt(
        [Recording(error="line 3: not JSON"), Recording(refused=(400, "two lengths", "body")), recording("GET", "/a/../b")]
    )
    assert found.unreadable == {"not readable": 1, "two lengths": 1, "a dot segment in the path": 1}
    assert list(found.services()) == []


def test_methods_and_names_below_a_path_are_bounded() -> None:
    sent = [b'{"jsonrpc":"2.0","id":1,"method":"m%d"}' % number for number in range(10)]
    found = learnt([recording("POST", "/rpc", kind="application/json", sent=one) for one in sent])
    (service,) = found.services()
    names = [one.named for one in service.operations()]
    assert len(names) == 4
    assert REST_NAME in names


def test_content_types_are_bounded() -> None:
    found = learnt([recording("POST", "/a", kind=f"a/b{number}", sent=b"x") for number in range(10)])
    (service,) = found.services()
    (operation,) = service.operations()
    assert len(operation.traffic.request) == 3
    assert REST in operation.traffic.request


def test_deep_paths_end_in_one_rest() -> None:
    found = learnt([recording("GET", "/a/b/c/d/" + "/".join(["x"] * number)) for number in range(2, 9)])
    (service,) = found.services()
    assert [one.template.count("/") for one in service.operations()] == [5]


def test_refused_calls_count_where_others_prove_the_operation() -> None:
    called = [recording("GET", f"/users/{number}00", body=b'{"id":1}') for number in range(1, 9)]
    called += [
        recording("GET", "/users/900", 404),
        recording("GET", "/wp-login.php", 404),
        recording("DELETE", "/users/100", 401),
    ]
    (service,) = learnt(called, Settings()).services()
    (operation,) = service.operations()
    assert (operation.template, operation.method) == ("/users/{userId}", "GET")
    assert operation.traffic.statuses == {200: 8, 404: 1}
    assert operation.traffic.members.distinct == 8


def test_preflights_are_no_operations() -> None:
    request = Request(
        method="OPTIONS", target=b"/a", fields=((b"Host", b"a.example"), (b"Access-Control-Request-Method", b"PUT"))
    )
    exchange = Exchange(id="", source="har", started=0, request=request, response=Response(status=204))
    (service,) = learnt([Recording(exchange=exchange)]).services()
    assert service.preflights == 1
    assert service.operations() == []


def test_templates_of_frameworks_are_known_by_method() -> None:
    called = [recording("GET", f"/users/{name}", route="/users/{name}") for name in ("alice", "bob")]
    found = learnt([*called, recording("PUT", "/users/alice", route="/users/{name}", weight=3)])
    (service,) = found.services()
    assert service.routes() == [("GET", "/users/{name}", 2), ("PUT", "/users/{name}", 3)]
    found.merge(Learning.from_state(found.state(), KEY, nothing))
    (service,) = found.services()
    assert service.routes() == [("GET", "/users/{name}", 4), ("PUT", "/users/{name}", 6)]


def seen(fields: Fields = (), body: bytes = b"", response: Response | None = None, **more: Any) -> Seen:
    target = more.pop("target", b"/a?x=1&x=2")
    request = Request(method="POST", target=target, fields=((b"Host", b"A.example:8443"), *fields), body=body)
    return Seen(Recording(exchange=Exchange(id="", source="s", started=1, request=request, response=response), **more))


def test_one_reading_of_an_exchange() -> None:
    one = seen(((b"Content-Type", b"application/json; charset=utf-8"), (b"X-A", b"1"), (b"x-a", b"2")), b'{"a":[1]}')
    assert (one.host, one.service, one.path, one.segments, one.success) == ("a.example", "a.example", "/a", ("a",), None)
    assert one.query == (("x", "1"), ("x", "2"))
    assert (one.fields["x-a"], one.content_type, one.request_value) == ("1, 2", "application/json", {"a": [1]})
    assert one.response_value is UNSEEN
    assert (one.fields_seen, one.response_fields_seen, one.sees("x-a")) == (True, False, True)
    assert one.parts == ("request-fields", "request-body", "query")


@pytest.mark.parametrize(
    ("fields", "body", "value"),
    (
        (((b"Content-Type", b"application/x-www-form-urlencoded"),), b"a=1&b=2&b=3&b=4", {"a": "1", "b": ["2", "3", "4"]}),
        (((b"Content-Type", b"text/plain"),), b"hello", "hello"),
        (((b"Content-Type", b"application/xml"),), b"<a/>", UNSEEN),
        (((b"Content-Type", b"image/png"),), b"\x89PNG", UNSEEN),
        (((b"Content-Type", b"application/json"),), b"{", UNSEEN),
        (((b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip")), b"no gzip", UNSEEN),
        ((), b'{"a":1}', {"a": 1}),
        ((), b"a", UNSEEN),
        ((), b"", None),
        (
            ((b"Content-Type", b"multipart/form-data; boundary=x"),),
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
            {"a": "1"},
        ),
    ),
)
def test_bodies_as_values(fields: Fields, body: bytes, value: Any) -> None:
    found = seen(fields, body).request_value
    assert found is value if value is UNSEEN else found == value


def test_what_a_sensor_cannot_see_is_unseen() -> None:
    lacks = tuple((part, "it cannot") for part in ("query", "request-body", "status", "response-body", "request-fields"))
    one = seen(body=b"x", response=Response(status=500, body=b"{}"), lacks=lacks)
    assert (one.query, one.request_value, one.response_value) == (UNSEEN, UNSEEN, UNSEEN)
    assert (one.status, one.success, one.fields_seen) == (0, None, False)
    assert repr(UNSEEN) == "UNSEEN"
    assert not UNSEEN


def test_targets_in_any_form() -> None:
    assert seen(target=b"https://Other.example/x").host == "other.example"
    with pytest.raises(Refused):
        seen(target=b"nonsense")
    with pytest.raises(Refused):
        Seen(Recording(error="no"))


def test_answers_are_told_apart_by_their_body_or_their_size() -> None:
    one = seen(response=Response(status=200, body=b"abc")).answer
    two = seen(response=Response(status=200, fields=((b"Content-Length", b"3"),), truncated=True)).answer
    assert one is not None
    assert two is not None
    assert (one[0], two[0]) == (3, 3)
    assert one[1] != two[1]
    assert seen(response=Response(status=200, truncated=True)).answer is None
    assert seen().answer is None


def test_names_that_are_no_unicode_can_be_kept() -> None:
    body = b'{"\\ud800 key": "\\udfff value"}'
    response = Response(status=200, fields=((b"Content-Type", b"application/json"),), body=body)
    request = Request(method="GET", target=b"/a", fields=((b"Host", b"a.example"),))
    exchange = Exchange(id="", source="x\ud800", started=1.0, request=request, response=response)
    odd = Recording(exchange=exchange, service="s\ud800", route="/\udc00", principal="\ud801")
    found = learnt([odd, Recording(exchange=exchange)])
    assert Learning.from_state(found.state(), KEY, found._classify).state() == found.state()
    assert [service.name for service in found.services()] == ["a.example", "s?"]
    assert list(found.services())[1].routes() == [("GET", "/?", 1)]


def test_what_a_record_hides_is_known_by_its_kind_and_no_more() -> None:
    """Objects behind a mask hold no password; a hashed value hides no other parameter."""
    body = b'{"id":7,"password":{"***":"***"},"tokens":["***","***"],"pin":"***"}'
    found = Learning(Settings(), KEY, built_in())
    for number in range(20):
        event = Event(
            tag="gateway:request:allowed", method="GET", host="a.example", target=f"/keys?token=hash:{number:024x}&dry=1&x=hash:1",
            status=200, upstream_status=200, response_content_type="application/json", response_sample=body, response_size=99,
        )  # fmt: skip
        recording = read_event(event)
        assert recording is not None
        found.add(recording)
    (service,) = found.services()
    (one,) = service.operations()
    shape = one.traffic.responses[200, "application/json"]
    classes = {node.place.rpartition("body/")[2]: node.classes() for node in shape.nodes() if node.sampled}
    assert set(classes) == {"id", "tokens/*", "pin"} and "password" not in classes
    members = shape.to_schema()["properties"]
    assert members["password"] == {"type": "object", "x-yett": {"count": 20, "presence": 1.0, "partial": True}}
    assert (members["tokens"]["type"], members["tokens"]["items"]["x-yett"]["masked"]) == ("array", 40)
    assert one.traffic.query is not None
    asked = {parameter.name: parameter for parameter in one.traffic.query.parameters()}
    assert set(asked) == {"token", "dry", "x"} and asked["dry"].ratio == asked["token"].ratio == 1.0
    assert asked["token"].schema["x-yett"]["masked"] == 20 and "masked" not in asked["x"].schema["x-yett"]
    assert one.traffic.coverage["query"] == 20
