"""YAML and JSON reading: values of the core schema, what is refused and where, bounds, positions."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats import yaml as reader
from yett.formats.document import Bounds, nearest, step
from yett.formats.yaml import read
from yett.model.mistake import DocumentError, Mistake


def tree(text: str, file: str = "x.yaml") -> Any:
    return read(text.encode(), file).tree


def mistake(text: str | bytes, file: str = "x.yaml") -> Mistake:
    with pytest.raises(DocumentError) as caught:
        read(text if isinstance(text, bytes) else text.encode(), file)
    return caught.value.mistake


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("NULL", None),
        ("true", True),
        ("FALSE", False),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("tRuE", "tRuE"),
        ("2001-12-14", "2001-12-14"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-0", 0),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("017_", "017_"),
        ("0b11", "0b11"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        (".", "."),
        ("-", [None]),
        ("+.inf", math.inf),
        ("-.INF", -math.inf),
        ("1.2.3", "1.2.3"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("'~'", "~"),
    ],
)
def test_core_schema(text: str, value: Any) -> None:
    got = tree(text)
    assert (got, type(got)) == (value, type(value))


def test_not_a_number() -> None:
    assert math.isnan(tree(".nan"))


def test_keys_are_text_as_written() -> None:
    assert tree("200: a\n0x10: b\nno: c\n~: d\n1.0: e") == {"200": "a", "0x10": "b", "no": "c", "~": "d", "1.0": "e"}


def test_aliases_and_merges() -> None:
    text = "base: &b {a: 1, b: 2}\nother: &o {b: 3, c: 4}\nx: {<<: [*b, *o], a: 9}\ny: {<<: *o}\nz: [*b, &s text, *s]"
    assert tree(text) == {
        "base": {"a": 1, "b": 2},
        "other": {"b": 3, "c": 4},
        "x": {"a": 9, "b": 2, "c": 4},
        "y": {"b": 3, "c": 4},
        "z": [{"a": 1, "b": 2}, "text", "text"],
    }


def test_a_quoted_merge_key_is_a_key() -> None:
    assert tree("'<<': 1") == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb:\n  c: 2\n  c: 3", 4, 3, "'c' stands twice"),
        ("1: a\n'1': b", 2, 1, "'1' stands twice"),
        ("a: !!int '3'", 1, 4, "tag"),
        ("a: !x {b: 1}", 1, 4, "tag"),
        ("- !!seq [1]", 1, 3, "tag"),
        ("a: 1\n---\nb: 2", 2, 1, "more than one document"),
        ("%YAML 1.1\n---\na: 1", 1, 1, "only YAML 1.2"),
        ("a: [1, 2\n", 2, 1, "not YAML"),
        ("a: b: c", 1, 5, "not YAML"),
        ("a:\n\t- 1", 2, 1, "not YAML"),
        ("? [a]\n: 1", 1, 3, "a key must be text"),
        ("&a x: 1\n? *a\n: 2", 2, 3, "not an alias"),
        ("a: *b", 1, 4, "no anchor 'b'"),
        ("a: &a [*a]", 1, 8, "contains itself"),
        ("a: {<<: 3}", 1, 9, "takes a mapping"),
        ("a: ok\nb: x\u0001y", 2, 5, "control characters"),
        ("a: " + "9" * 401, 1, 4, "more than 400 digits"),
    ],
)
def test_refused_with_place(text: str, line: int, column: int, words: str) -> None:
    found = mistake(text)
    assert words in found.message
    assert (found.file, found.line) == ("x.yaml", line)
    assert found.column == column
    assert str(found).startswith(f"x.yaml:{line}:{column}: ")


def test_not_utf8() -> None:
    assert str(mistake(b"a: 1\nb: \xff")) == "x.yaml:2:4: the file is not UTF-8"


def test_a_byte_order_mark_is_ignored() -> None:
    assert tree("\ufeffa: 1") == {"a": 1}


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bounds, "size", 1 << 20)
    assert mistake(b"#" * ((1 << 20) + 1)).message == "the file is larger than 1 MiB"


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", '{"a":['])
def test_depth_is_bounded(opening: str) -> None:
    assert mistake(opening * 100_000).message == "nested deeper than 100"


def test_depth_of_json_is_bounded() -> None:
    assert mistake("[" * 101 + "]" * 101, "x.json").message == "nested deeper than 100"
    assert mistake("[" * 100_000 + "]" * 100_000, "x.json").message == "nested deeper than 100"
    assert tree("[" * 100 + "]" * 100, "x.json") == tree("[" * 100 + "]" * 100)


def test_billion_laughs() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "too many aliases" in mistake("\n".join(lines)).message


def test_many_aliases() -> None:
    assert "too many aliases" in mistake("a: &a 1\nb:\n" + "- *a\n" * 10_001).message


def test_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bounds, "nodes", 100)
    assert mistake("- a\n" * 101).message == "more than 100 values"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"a": 1,\n "b": 2,\n "a": 3}', 3, 2, "'a' stands twice"),
        ('{"a": {"b": [1, {"c": 1, "\\u0063": 2}]}}', 1, 26, "'c' stands twice"),
        ('{"a": 1,}', 1, 9, "not JSON"),
        ('{"a": NaN}', 0, 0, "not JSON"),
        ('["\\ud800"]', 0, 0, "not JSON"),
        ("[1] [2]", 1, 5, "not JSON"),
        ("[" + "1" * 5_000 + "]", 0, 0, "not JSON"),
        ("", 1, 1, "not JSON"),
    ],
)
def test_json_refused(text: str, line: int, column: int, words: str) -> None:
    found = mistake(text, "x.json")
    assert words in found.message
    if line:
        assert (found.line, found.column) == (line, column)


def test_json_by_its_first_character() -> None:
    assert tree('\n{"a":\t[1, true]}', "policy") == {"a": [1, True]}
    assert tree("{a: 1}", "policy") == {"a": 1}
    assert "stands twice" in mistake('{"a": 1, "a": 2}', "policy").message


TEXT = "a: 1\nservices:\n  shop:\n    list: [x, {y: 2}]\n    anchor: &k {m: 1}\n    again: *k\n    a/b~c: 3\n"


def test_positions() -> None:
    document = read(TEXT.encode(), "x.yaml")
    assert document.position("") == (1, 1)
    assert document.position("/a") == (1, 4)
    assert document.position("/a#") == (1, 1)
    assert document.position("/services/shop#") == (3, 3)
    assert document.position("/services/shop/list/0") == (4, 12)
    assert document.position("/services/shop/list/1/y#") == (4, 16)
    assert document.position("/services/shop/again") == (6, 12)
    assert document.position("/services/shop/again/m") == (6, 12)
    assert document.position("/services/shop" + step("a/b~c")) == (7, 12)
    assert document.position("/services/shop/upstream/targets/0") == (4, 5)
    assert str(document.mistake("/a", "wrong", "right")) == "x.yaml:1:4: wrong (right)"
    assert nearest({}, "/a/b") == (0, 0)


def test_positions_of_json_are_those_of_yaml() -> None:
    text = '{"a": [1, {"b": "}{[]:,\\"", "c/d": {}}, []],\n "e":null, "": [[2], "x"]}'
    as_json, as_yaml = read(text.encode(), "x.json"), read(text.encode(), "x.yaml")
    assert as_json.positions == reader._yaml_positions(text, "x.yaml")
    assert as_json.tree == as_yaml.tree


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_json_texts_give_what_json_gives(value: Any) -> None:
    text = json.dumps(value)
    document = read(text.encode(), "x.json")
    assert document.tree == value
    assert all(pointer in document.positions for pointer in pointers(value, ""))


def pointers(value: Any, at: str) -> list[str]:
    found = [at]
    if isinstance(value, dict):
        for key, item in value.items():
            found += [at + step(key) + "#", *pointers(item, at + step(key))]
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += pointers(item, f"{at}/{index}")
    return found


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=12)


def block(value: Any, indent: int) -> str:
    """Block style YAML with every text quoted: written after the specification, not with a library."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(f"\n{pad}{json.dumps(key, ensure_ascii=False)}:{block(item, indent + 1)}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{pad}-{block(item, indent + 1)}" for item in value)
    return " " + json.dumps(value, ensure_ascii=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | PRINTABLE,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
        max_leaves=20,
    )
)
def test_block_style_gives_the_tree_it_was_written_from(value: Any) -> None:
    document = read(("# first\n" + block(value, 0)).encode(), "x.yaml")
    assert document.tree == value
    assert all(pointer in document.positions for pointer in pointers(value, ""))


@settings(max_examples=300)
@given(st.text("ab:-&*<>[]{},'\"#?!|~ \n01.", max_size=30))
def test_both_parsers_agree(text: str) -> None:
    """The pure parser is what is used where libyaml is missing."""
    fast, pure = outcome(text, reader.PARSER), outcome(text, pyyaml.SafeLoader)
    assert fast == pure or "error" in (fast, pure)


def outcome(text: str, parser: Any) -> Any:
    kept, reader.PARSER = reader.PARSER, parser
    try:
        return reader.read(text.encode(), "x.yaml").tree
    except DocumentError:
        return "error"
    finally:
        reader.PARSER = kept


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_anything_is_read_or_refused(raw: bytes) -> None:
    for name in ("x.yaml", "x.json"):
        with suppress(DocumentError):
            document = read(raw, name)
            assert "" in document.positions or document.tree is None
