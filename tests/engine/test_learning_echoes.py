"""What the path names stands in the answer: found within bounds, and decisive where nothing else tells values from names."""

import random
from itertools import pairwise
from typing import Any

import pytest
from test_learning_templates import NAMES, call, operations

from yett.engine.learning.echoes import echoed


@pytest.mark.parametrize(
    ("path", "value", "places"),
    (
        ("users/alice", {"login": "alice"}, (1,)),
        ("users/alice/repos", {"items": [{"owner": {"login": "alice"}}, 1]}, ()),  # too deep
        ("users/alice/repos", [{"owner": {"login": "alice"}}], (2,)),
        ("users/42", {"id": 42}, (1,)),
        ("users/42", {"id": 42.0, "ok": True}, ()),
        ("users/1", {"ok": True}, ()),
        ("users/042", {"id": 42}, ()),
        ("articles/7", {"data": {"type": "articles", "id": "7"}}, (1,)),
        ("a/a", {"b": "a"}, (2, 1)),
        ("auth/get", {"products": ["auth", "income"]}, ()),
        ("users/", {"name": ""}, ()),
        ("users/alice", "alice", ()),
        ("users/alice", [{}, {}, {}, {"login": "alice"}], ()),
        ("users/alice", {f"m{number}": 0 for number in range(300)} | {"login": "alice"}, ()),
    ),
)
def test_what_stands_in_the_answer(path: str, value: Any, places: tuple[int, ...]) -> None:
    assert echoed(path.split("/"), value) == places


def answer(name: str) -> dict[str, Any]:
    return {"name": name, "size": 1, "created": "z", "state": "on"}


def test_a_few_words_that_their_answers_repeat_are_values() -> None:
    words = ("red", "green", "blue")
    found = operations([call(f"/colours/{word}", answer(word)) for word in words for _ in range(20)])
    assert list(found) == ["GET /colours/{colourName}"]
    others = operations([call(f"/colours/{word}", answer("x")) for word in words for _ in range(20)])
    assert sorted(others) == [f"GET /colours/{word}" for word in sorted(words)]  # nothing says that they are


def test_a_name_that_its_answers_never_repeat_stays_one_among_values() -> None:
    calls = [call(f"/people/{name}", answer(name)) for name in NAMES for _ in range(2)]
    calls += [call("/people/owner", answer("alice")) for _ in range(4)]
    assert sorted(operations(calls)) == ["GET /people/owner", "GET /people/{personName}"]
    numbers = [call(f"/people/{number}", {**answer("x"), "id": number}) for number in range(100, 130)]
    numbers += [call("/people/owner", {**answer("x"), "id": 100}) for _ in range(3)]
    assert sorted(operations(numbers)) == ["GET /people/owner", "GET /people/{personId}"]


def test_one_word_that_its_answers_repeat_is_a_value_beside_ids() -> None:
    calls = [call(f"/people/{number}", {**answer("x"), "id": number}) for number in range(100, 130)]
    calls += [call("/people/alice", {**answer("x"), "id": "alice"})] * 9
    assert list(operations(calls)) == ["GET /people/{personId}"]


def test_order_does_not_show() -> None:
    calls = [call(f"/people/{name}", answer(name if chance else "x")) for name in NAMES for chance in (0, 1, 1)]
    calls += [call("/people/owner", answer("x")) for _ in range(6)]
    expected = sorted(operations(calls))
    random.Random(3).shuffle(calls)
    assert sorted(operations(calls)) == expected


def test_of_many_values_one_that_seems_odd_is_one_nevertheless() -> None:
    tails = {"": answer("x"), "/parts": {"a": 1, "b": 2, "c": 3}}
    names = [f"{one}-{two}" for one, two in pairwise(NAMES)]
    calls = [call(f"/lots/{name}{tail}", body) for name in names for tail, body in tails.items()]
    calls += [call(f"/lots/{name}/parts", tails["/parts"]) for name in names]
    calls += [call("/lots/kate-judy/parts", tails["/parts"]) for _ in range(12)]
    found = operations(calls)
    assert sorted(found) == ["GET /lots/{lotName}", "GET /lots/{lotName}/parts"]
    assert found["GET /lots/{lotName}"].reasons[0].numbers["strays"] == 1
    others = [call("/lots/most-wanted/terms", tails["/parts"]) for _ in range(6)]
    assert "GET /lots/most-wanted/terms" in operations(calls + others)


def test_calls_with_two_credentials_are_no_other_operation_than_those_with_one_of_them() -> None:
    calls = [call(f"/people/{name}?api_key=0123456789abcdef", answer("x"), token="abcdefghijkl") for name in NAMES[:2]]
    calls += [call(f"/people/{name}", answer("x"), token="abcdefghijkl") for name in NAMES[2:]]
    assert list(operations(calls)) == ["GET /people/{personName}"]
