"""Shapes: the same whatever the order and the split, bounded, and without a value of a sensitive field."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.engine.classes import built_in
from yett.engine.learning import shape as shapes
from yett.engine.learning.evidence import SAMPLED, WORDS
from yett.engine.learning.schemas import SchemaSettings
from yett.engine.learning.seen import MASKED
from yett.engine.learning.shape import Shape
from yett.formats.contract.value_formats import asserted

PLACE = "response.200.body"


def nothing(_: str, __: str, ___: str | int | float) -> tuple[str, ...]:
    return ()


def mails(name: str, _: str, value: str | int | float) -> tuple[str, ...]:
    return ("email",) if "@" in str(value) or name == "secret" else ()


def encoded(shape: Shape) -> bytes:
    return msgspec.msgpack.encode(shape.state())


def learnt(values: list[Any], classify: shapes.Classify = nothing, texts: bool = False) -> Shape:
    made = Shape(PLACE, texts, b"key")
    for value in values:
        made.add(value, classify)
    return made


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["", "active", "a@b.de", "2024-01-01", "12", "x y", "007", "1.5", "https://a.b/c", "1.2.3.4", "true"]),
    st.text(max_size=5),
    st.just(MASKED),
)
NAMES = st.sampled_from(["id", "name", "items", "secret", "12", "a b", "é", "2024-01-01"])
VALUES = st.recursive(
    SCALARS,
    lambda part: st.one_of(st.lists(part, max_size=4), st.dictionaries(NAMES, part, max_size=5)),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=12), st.randoms(use_true_random=False), st.booleans())
def test_the_order_and_the_split_of_the_input_cannot_be_seen(values: list[Any], random: Any, texts: bool) -> None:
    whole = encoded(learnt(values, mails, texts))
    mixed = list(values)
    random.shuffle(mixed)
    cut = random.randint(0, len(mixed))
    one, other = learnt(mixed[:cut], mails, texts), learnt(mixed[cut:], mails, texts)
    before = encoded(other)
    one.merge(other)
    assert encoded(one) == whole
    assert encoded(other) == before
    again = Shape.from_state(msgspec.msgpack.decode(whole), b"key")
    assert encoded(again) == whole
    assert again.to_schema() == one.to_schema()


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that small inputs reach."""
    monkeypatch.setattr(shapes, "PLACES", 6)
    monkeypatch.setattr(shapes, "SLACK", 2)
    monkeypatch.setattr(shapes, "DEPTH", 3)
    monkeypatch.setattr(shapes, "VALUES", 9)


MANY = st.dictionaries(st.sampled_from([f"m{letter}" for letter in "abcdefghij"]), VALUES, max_size=8)


@pytest.mark.usefixtures("tight")
@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(MANY, st.lists(MANY, max_size=3)), max_size=10), st.randoms(use_true_random=False))
def test_nor_where_the_bounds_are_reached(values: list[Any], random: Any) -> None:
    whole = learnt(values)
    state = encoded(whole)
    assert len(list(whole.nodes())) <= shapes.PLACES
    mixed = list(values)
    random.shuffle(mixed)
    parts = [learnt(mixed[start : start + 3]) for start in range(0, len(mixed), 3)]
    random.shuffle(parts)
    joined = Shape(PLACE, False, b"key")
    for part in parts:
        joined.merge(part)
    assert encoded(joined) == state
    assert encoded(Shape.from_state(msgspec.msgpack.decode(state), b"key")) == state
    valid = validator(joined)
    assert all(valid(value) for value in values if is_json(value))


def is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(is_json, value.values()))
    if isinstance(value, list):
        return all(map(is_json, value))
    return value is not MASKED and (not isinstance(value, float) or abs(value) < float("inf"))


def validator(shape: Shape, eager: bool = True) -> Callable[[Any], bool]:
    """Whether values satisfy the schema, with formats as the gateway asserts them, and with the least evidence that is possible."""
    least = SchemaSettings(
        required_after=1,
        enum_after=1,
        enum_each=1,
        constant_after=1,
        typed_after=1,
        typed_distinct=1,
        format_distinct=1,
        bounds_after=1,
        nonempty_after=1,
        length_least=0,
        items_least=0,
        room=1,
        map_members=2,
        map_presence=0.9,
    )
    schema = shape.to_schema(least if eager else None)
    return jsonschema_rs.Draft202012Validator(_asserted(schema), validate_formats=True).is_valid


def _asserted(schema: Any) -> Any:
    if isinstance(schema, dict):
        made = {name: _asserted(part) for name, part in schema.items() if name not in ("x-yett", "format")}
        if "format" in schema:
            kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            numeric = "integer" in kinds
            keywords = asserted(schema["format"])
            assert keywords
            made |= {
                key: part for key, part in keywords.items() if (key in ("minimum", "maximum")) == numeric and key not in made
            }
        return made
    return [_asserted(part) for part in schema] if isinstance(schema, list) else schema


@given(st.lists(VALUES.filter(is_json), max_size=12))
def test_everything_satisfies_the_schema_that_it_was_learnt_from(values: list[Any]) -> None:
    shape = learnt(values)
    for eager in (True, False):
        valid = validator(shape, eager)
        for value in values:
            assert valid(value), (value, shape.to_schema())


def test_a_schema_of_usual_objects() -> None:
    values = [
        {
            "id": number,
            "state": ("open", "closed")[number % 2],
            "mail": f"u{number}@example.com",
            "price": number / 2,
            "note": None if number % 3 else f"note {number}",
            "lines": [{"sku": f"S-{number}"}] * (number % 4),
            "by_day": {f"2024-01-{day:02}": day for day in range(1, 5)},
        }
        for number in range(100)
    ]
    values[7].pop("price")
    schema = bare(learnt(values).to_schema())
    assert schema["required"] == ["by_day", "id", "lines", "mail", "note", "state"]
    members = schema["properties"]
    assert members["id"] == {"type": "integer", "minimum": 0, "format": "int64"}
    assert members["state"] == {"type": "string", "enum": ["closed", "open"]}
    assert members["mail"] == {"type": "string", "format": "email", "maxLength": 64, "minLength": 1}
    assert members["price"] == {"type": "number", "minimum": 0}
    assert members["note"]["type"] == ["null", "string"]
    assert members["lines"]["items"]["properties"] == {"sku": {"type": "string", "maxLength": 64, "minLength": 1}}
    assert members["by_day"] == {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "format": "int64"}}
    seen = learnt(values).to_schema()["properties"]
    assert seen["price"]["x-yett"] == {"count": 99, "presence": 0.99, "distinct": 99, "minimum": 0.0, "maximum": 49.5}
    assert seen["note"]["x-yett"]["null"] == 0.66


def bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: bare(part) for name, part in schema.items() if name != "x-yett"}
    return [bare(part) for part in schema] if isinstance(schema, list) else schema


def test_maps_with_names_like_words_are_maps_in_the_end() -> None:
    values = [{"kind": "rates", f"w{chr(97 + number // 26)}{chr(97 + number % 26)}": number} for number in range(200)]
    schema = bare(learnt(values).to_schema())
    assert list(schema["properties"]) == ["kind"]
    assert schema["additionalProperties"]["type"] == "integer"


def test_little_evidence_asserts_little() -> None:
    schema = bare(learnt([{"a": "x", "b": 1, "at": "2024-01-01"}]).to_schema())
    assert schema == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "at": {"type": "string"}, "b": {"type": "integer", "format": "int64"}},
    }


def test_values_are_only_kept_as_words_without_a_data_class() -> None:
    shape = learnt([{"mail": "alice@example.com", "secret": "hunter", "state": "open", "name": "Alice Smith"}] * 3, mails)
    state = encoded(shape)
    assert b"open" in state
    for value in (b"alice", b"hunter", b"Alice"):
        assert value not in state
    found = {node.name: node.classes() for node in shape.nodes() if node.sampled}
    assert found == {"mail": {"email": 1}, "name": {}, "secret": {"email": 1}, "state": {}}


def test_words_are_given_up_when_there_are_many() -> None:
    words = [f"w{chr(97 + number)}" for number in range(WORDS + 1)]
    assert b"wb" in encoded(learnt(words[:-1]))
    assert b"wb" not in encoded(learnt(words))


def test_words_of_a_class_are_given_up_even_where_numbers_fill_the_sample() -> None:
    values = [*range(10 * SAMPLED), "secretword"]

    def classify(_: str, __: str, value: str | int | float) -> tuple[str, ...]:
        return ("word",) if value == "secretword" else ()

    for order in (values, values[::-1]):
        assert b"secretword" not in encoded(learnt(order, classify))


def test_the_key_changes_the_hashes() -> None:
    one, other = Shape(PLACE, False, b"one"), Shape(PLACE, False, b"other")
    for shape in (one, other):
        shape.add("x y", nothing)
    assert encoded(one) != encoded(other)


def test_only_values_of_the_sample_are_classified_and_distinct_ones_are_estimated() -> None:
    asked: list[Any] = []

    def classify(name: str, place: str, value: str | int | float) -> tuple[str, ...]:
        asked.append((name, place))
        return ()

    shape = learnt([{"ids": [f"id {number}" for number in range(5_000)]}] * 2, classify)
    node = next(node for node in shape.nodes() if node.place == f"{PLACE}/ids/*")
    assert node.name == "ids"
    assert node.sampled == SAMPLED
    assert SAMPLED < len(asked) < 10 * SAMPLED
    assert set(asked) == {("ids", f"{PLACE}/ids/*")}
    assert 3_000 < node.distinct < 7_000
    assert learnt([1, 2, 2]).root.distinct == 2


def test_keys_compare_shapes() -> None:
    assert learnt([{"id": 1, "tags": ["a"], "x": None, "ok": True}]).keys() == {
        ":object",
        "/id:number",
        "/tags:array",
        "/tags/*:string",
        "/ok:boolean",
    }


def test_hostile_values_stay_within_bounds() -> None:
    shape = Shape(PLACE)
    deep: Any = 1
    for _ in range(100):
        deep = {"a": [deep]}
    shape.add(deep, nothing)
    for number in range(40):
        names = [f"{chr(97 + a)}{chr(97 + b)}{chr(97 + number % 26)}" for a in range(26) for b in range(26)]
        shape.add({name: {name: 1} for name in names}, nothing)
    assert len(list(shape.nodes())) <= shapes.PLACES
    shape.add(list(range(shapes.VALUES + 10)), nothing)
    assert shape.root.unread
    assert "items" not in shape.to_schema()
    assert shape.to_schema()["x-yett"]["partial"] is True


@pytest.mark.parametrize("state", [None, [], [1, 2, 3], ["", False, [], [[[0] * 8], [], None, None]], {"a": 1}])
def test_states_that_are_none(state: Any) -> None:
    with pytest.raises(ValueError, match=r"state of a shape|values to unpack"):
        Shape.from_state(state)


def test_a_state_with_too_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    state = learnt([{"a": 1, "b": 2}]).state()
    monkeypatch.setattr(shapes, "PLACES", 2)
    with pytest.raises(ValueError, match="more places"):
        Shape.from_state(state)


def test_parameters_of_queries() -> None:
    shape = Shape("query", True, b"key")
    for number in range(50):
        shape.add_pairs((("page", str(number)), ("sort", "asc"), ("ids", "1"), ("ids", str(number))), nothing)
    shape.add_pairs((("page", "7"), ("ids", "x"), ("odd", "true")), nothing)
    found = {one.name: one for one in shape.parameters(empty=49)}
    assert list(found) == ["ids", "odd", "page", "sort"]
    assert found["page"].ratio == 0.51
    assert bare(found["page"].schema) == {"type": "integer", "minimum": 0, "format": "int64"}
    assert found["page"].schema["x-yett"]["maximum"] == 49
    ids = bare(found["ids"].schema)
    assert ids["type"] == "array"
    assert ids["items"]["type"] == "string"
    assert found["ids"].distinct == 50
    assert bare(found["sort"].schema) == {"type": "string", "maxLength": 64}  # one word may be what one client sends
    assert bare(found["odd"].schema) == {"type": "string"}


def test_a_ratio_of_one_means_always() -> None:
    shape = Shape("query", True, b"key")
    for _ in range(100_000):
        shape.add_pairs((("a", "1"),), nothing)
    assert next(shape.parameters()).ratio == 1.0
    assert next(shape.parameters(empty=1)).ratio == 0.9999


@pytest.mark.parametrize("name", ["api_key", "password", "sessionToken", "pin"])
def test_short_secrets_are_no_enumeration(name: str) -> None:
    """By their name alone: `summer` is a word, and a password."""
    values = ["summer", "winter", "autumn"] * 200
    body = learnt([{name: value, "season": value} for value in values])
    assert b"summer" not in encoded(learnt([{name: value} for value in values]))
    assert body.to_schema()["properties"]["season"]["enum"] == ["autumn", "summer", "winter"]
    query = Shape("query", True, b"key")
    for value in values:
        query.add_pairs(((name, value),), nothing)
    assert b"summer" not in encoded(query)


def test_what_a_source_masks_may_be_anything_and_keeps_the_class_of_its_name() -> None:
    values = [{"password": MASKED, "other": MASKED if one % 2 else one} for one in range(40)]
    made = learnt(values, built_in())
    schema = made.to_schema()
    assert schema["properties"]["other"]["x-yett"]["presence"] == 1.0
    assert schema["properties"]["password"] == {"x-yett": {"count": 40, "presence": 1.0, "masked": 40, "distinct": 1}}
    assert "type" not in schema["properties"]["other"]
    assert jsonschema_rs.is_valid(schema, {"password": {"nested": 1}, "other": "text"})
    assert made.root.members["password"].classes() == {"password": 1}
    assert made.root.members["other"].classes() == {}
