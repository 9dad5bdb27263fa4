"""The first look of a pack: whatever a pattern matches in a value is seen, whichever values stand beside it."""

from functools import cache
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats.inspected import Origin, Value
from yett.rules.inspection.looking import BETWEEN, EVERYTHING, PLAIN
from yett.rules.inspection.packs import packs
from yett.rules.inspection.signature import REQUEST
from yett.rules.inspection.unmask import MARKS, decoded, unmasked
from yett.rules.registry import attacks

PAYLOADS = sorted({payload.text.encode() for one in attacks().values() for payload in (*one.rule.matches, *one.rule.passes)})
PROSE = [
    b"",
    b"1",
    b"true",
    b"x" * 300,
    b"the order is on its way, page 2.",
    "Küche für Zoë".encode(),
    b"it's (nearly) done; a=b",
]
VALUES = st.lists(st.sampled_from(PAYLOADS) | st.sampled_from(PROSE) | st.binary(max_size=12), min_size=1, max_size=7)


@cache
def patterns() -> list[Any]:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    requests, _ = packs()
    return [re2.compile(b"(?sim)" + sign.signature.pattern, options) for sign in requests.signs]


@cache
def matching(value: bytes) -> frozenset[int]:
    """Numbers of the signatures that match a value, as it is or without disguise."""
    forms = {value, unmasked(value)}
    return frozenset(number for number, one in enumerate(patterns()) if any(one.search(form) for form in forms))


@settings(max_examples=25, deadline=None)
@given(values=VALUES, padding=st.integers(0, 40))
def test_what_matches_a_value_is_seen(values: list[bytes], padding: int) -> None:
    requests, _ = packs()
    values = [*values, *[b"harmless words of a long document"] * padding]
    there = frozenset[int]().union(*map(matching, values)) & requests.counting(REQUEST)
    found = requests.look(values)
    assert found is EVERYTHING or there <= set(found)
    lines = b"\n".join([value.replace(b"\n", BETWEEN) for value in values])
    found = requests.look((lines,), lines=True)
    assert found is EVERYTHING or there <= set(found)


def test_what_does_not_count_is_not_given() -> None:
    requests, _ = packs()
    everywhere = requests.look([b"1' or '1'='1"])
    assert everywhere and everywhere is not EVERYTHING
    assert not set(requests.first.look([b"1' or '1'='1"], frozenset(), False))


@pytest.mark.parametrize(
    "texts", [[b"/*", b"*/"], [b"plain words " * 20, b"/* */"], [b"/*\n*/"], [b"a", b"%2f%2a %2a%2f"]], ids=repr
)
def test_comments_leave_it_to_the_close_look(texts: list[bytes]) -> None:
    requests, _ = packs()
    assert requests.look(texts) is EVERYTHING


def test_plain_octets_are_no_disguise() -> None:
    assert not set(PLAIN.octets) & set(MARKS)
    assert decoded(PLAIN.octets) is PLAIN.octets


LISTED = b'{"offers": [%b]}'.replace(b'"', b"\n") % (b'{"id": "a"},'.replace(b'"', b"\n") * 200)
"""What is left of a document where strings are lines."""


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PAYLOADS) | st.sampled_from([*PROSE, LISTED]), min_size=1, max_size=4))
def test_who_may_suspect_everything_finds_no_more(texts: list[bytes]) -> None:
    requests, _ = packs()
    values = [Value(Origin.TEXT, b"", text) for text in texts]
    suspects = requests.look([text.replace(b"\n", BETWEEN) for text in texts])
    some, every = (
        {found.rule.id for found in requests.look_closely(values, None, chosen, lambda _, __: True) if found is not None}
        for chosen in (suspects, EVERYTHING)
    )
    assert some == every


def test_a_structure_is_judged_where_its_pattern_is_there() -> None:
    requests, _ = packs()
    values = [Value(Origin.TEXT, b"", LISTED)]
    assert not [found for found in requests.look_closely(values, None, EVERYTHING, lambda _, __: True) if found is not None]
