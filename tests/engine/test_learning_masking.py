"""What stands in paths and must not stay: it is masked before anything is learnt, and templates are learnt as before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.classes import built_in
from yett.engine.learning import Learning, Settings
from yett.engine.learning.masking import Masked, Masking, masked
from yett.engine.learning.segments import kind_of_segment
from yett.engine.learning.trie import label_of
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Request, Response

KEY = bytes(range(16))
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
OPENING = "f3Kq9ZpT1xWc7RbN"


def masking() -> Masking:
    return Masking(KEY, built_in())


@pytest.mark.parametrize(
    ("path", "place", "classes"),
    [
        ("users/ann@example.com/orders", 1, ("email",)),
        ("users/ann%40example.com", 1, None),
        ("cards/4111111111111111", 1, ("payment-card",)),
        (f"verify/{TOKEN}", 1, ("json-web-token",)),
        (f"invitations/{OPENING}/accept", 1, None),
    ],
)
def test_sensitive_segments_are_masked(path: str, place: int, classes: tuple[str, ...] | None) -> None:
    segments = tuple(path.split("/"))
    found = masking()(segments)
    mask = masked(found[place])
    assert mask is not None and segments[place] not in found[place]
    assert mask.kind == kind_of_segment(segments[place]) == kind_of_segment(found[place])
    assert classes is None or set(classes) <= set(mask.classes)
    assert [one for at, one in enumerate(found) if at != place] == [one for at, one in enumerate(segments) if at != place]


@pytest.mark.parametrize(
    "path",
    [
        "users/17/orders/2026-11-22",
        "v1/things/9f86d081-884c-4d63-a1a1-1f2d3a4b5c6d",
        "reset/all",
        "password/reset",
        "tokens/list",
        "sessions/current",
        "articles/how-to-share-a-secret",
        "",
        "keys/17",
    ],
)
def test_names_and_ordinary_ids_stay(path: str) -> None:
    segments = tuple(path.split("/"))
    assert masking()(segments) is segments


def test_different_values_stay_different_and_the_same_stays_the_same() -> None:
    one, two, again = (masking()(("users", f"{name}@example.com"))[1] for name in ("ann", "bob", "ann"))
    assert one == again != two
    assert Masking(bytes(16), built_in())(("users", "ann@example.com"))[1] != one
    assert label_of(one, early=True) == "{email}"


def test_what_is_still_known_of_a_masked_segment() -> None:
    assert masked("{email:0011:email+username}") == Masked("email", ("email", "username"))
    assert masked("{opaque:0011:}") == Masked("opaque", ())
    assert masked("users") is None and masked("") is None


def recording(target: str) -> Recording:
    request = Request(method="GET", target=target.encode(), fields=((b"Host", b"a.example"),))
    return Recording(
        sensor="har", exchange=Exchange(id="", source="har", started=1.0, request=request, response=Response(status=200))
    )


def learnt(targets: list[str]) -> Learning:
    learning = Learning(Settings(), KEY, built_in())
    for target in targets:
        learning.add(recording(target))
    return learning


def test_the_state_has_masks_only_and_the_template_is_the_same() -> None:
    people = [f"/users/person{number}@example.com/orders" for number in range(30)]
    cards = ["/cards/4111111111111111", "/cards/5555555555554444", "/cards/4012888888881881"]
    learning = learnt([*people, *cards, f"/verify/{TOKEN}"])
    state = learning.state()
    assert b"person" not in state and b"4111" not in state and TOKEN[:20].encode() not in state
    [service] = learning.services()
    templates = [(operation.template, operation.traffic.count) for operation in service.operations()]
    assert ("/users/{email}/orders", 30) in templates
    assert sorted(count for _, count in templates) == [1, 3, 30]


@given(st.permutations([f"/users/p{n}@example.com/{tail}" for n in range(4) for tail in ("a", "b")]))
def test_masks_know_no_order(targets: list[Any]) -> None:
    assert learnt(targets).state() == learnt(sorted(targets)).state()
