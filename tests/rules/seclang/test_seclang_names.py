"""Names of the members of documents: what is not told as fresh was told before, whatever came in between."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from yett.rules.seclang.bodies import of_json
from yett.rules.seclang.names import MOST_LISTED, MOST_REMEMBERED, NameTree

KEYS = st.sampled_from(["a", "b", "", "array_0", "array_1", "a.b", "empty-key", "ä", "k" * 300])
SCALARS = st.sampled_from([None, True, 1, 1.5, "", "text"])
PARTS = st.recursive(SCALARS, lambda part: st.lists(part, max_size=4) | st.dictionaries(KEYS, part, max_size=4), max_leaves=8)
DOCUMENTS = st.lists(PARTS, max_size=4) | st.dictionaries(KEYS, PARTS, max_size=4)


def every_name(document: Any) -> set[bytes]:
    """As the engine gives them to rules."""
    reading = of_json(document)
    return {*reading.names, *(name for name, _ in reading.arguments)}


@given(st.lists(st.tuples(DOCUMENTS, st.booleans()), max_size=6))
def test_each_name_was_told_as_fresh_before_it_is_left_out(documents: list[tuple[Any, bool]]) -> None:
    tree, harmless = NameTree(), set[bytes]()
    for document, learnt in documents:
        fresh = tree.fresh(document, 1_000)
        assert every_name(document) <= {*fresh.texts} | harmless
        if learnt:
            fresh.learn()
            harmless |= {*fresh.texts}


def test_items_of_arrays_are_known_up_to_a_number() -> None:
    tree = NameTree()
    tree.fresh([1] * 3, 1_000).learn()
    assert tree.fresh([1] * 3, 1_000).texts == []
    assert tree.fresh([1] * 5, 1_000).texts == [b"json.array_3", b"json.array_4"]
    tree.fresh([1] * 500, 1_000).learn()
    assert tree.fresh([1] * 500, 1_000).texts == [b"json.array_%d" % index for index in range(MOST_LISTED, 500)]
    assert tree.fresh([{"a": 1}], 1_000).texts == [b"json.array_0.a"]


def test_nothing_is_known_that_was_not_called_harmless() -> None:
    tree = NameTree()
    for _ in range(2):
        assert {*tree.fresh({"a": {"b": []}, "c": {}}, 1_000).texts} >= {b"json.a.b", b"json.c"}


def test_memory_is_bounded_and_what_was_forgotten_is_told_again() -> None:
    tree = NameTree()
    tree.fresh({"kept": 1}, 1_000).learn()
    for batch in range(MOST_REMEMBERED // 900 + 2):
        tree.fresh({f"k{batch}-{index}": index for index in range(900)}, 1_000).learn()
    assert tree.fresh({"kept": 1}, 1_000).texts == [b"json.kept"]


def test_a_document_beyond_bounds_is_told_as_rules_see_it() -> None:
    many = {f"k{index}": index for index in range(20)}
    tree = NameTree()
    for _ in range(2):
        fresh = tree.fresh(many, 10)
        reading = of_json(many, 10)
        assert fresh.texts == [*reading.names, *(name for name, _ in reading.arguments)]
        fresh.learn()
