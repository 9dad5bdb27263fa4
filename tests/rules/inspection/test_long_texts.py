"""Long texts: transformations at the speed of C, steps that stand for others, and what matchers share, against the plain way."""

import random
import re
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from seclang_rules import FORM, inspected, program

from yett.formats.transformations import MADE, TRANSFORMATIONS, alike, codes, escapes, paths, text
from yett.rules.inspection.folding import STEPS, plainest
from yett.rules.inspection.matching import Matcher, Needle

_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")

signs = st.lists(
    st.sampled_from([b"%", b"%", b"=", b"%3D", b"%25", b"%01", b"\x01", b"\n", b"\r", b"a", b"2", b"+", b"%%", b"%4"])
)


segments = st.lists(
    st.sampled_from(
        [b"/", b".", b"a", b"..", b"../", b"/..", b"b\\", b".\n", b" a.", b"//", b"bc", b"./", b"a/../", b"...", b"x.."]
    ),
    max_size=12,
)


@given(segments.map(b"".join))
def test_paths_are_normalised_as_segment_by_segment(value: bytes) -> None:
    assert paths.normalize_path(value) == _segment_by_segment(value)


def _segment_by_segment(value: bytes) -> bytes:
    text = re.sub(rb"/+", b"/", value)
    absolute, end = text.startswith(b"/"), b"/" if text.endswith(b"/") else b""
    kept: list[bytes] = []
    above = not absolute and text.startswith(b"../")
    for segment in text.split(b"/"):
        steps_out = segment == b".." or (
            segment.endswith(b"..") and (absolute or not (above or (not kept and len(segment) < 4)))
        )
        if segment in (b"", b"."):
            continue
        if not segment.endswith(b"."):
            above = above and not kept and len(segment) == 1
            kept.append(segment)
        elif not segment.endswith(b".."):
            kept.append(segment)
        elif segment == b".." and (absolute or (kept and not above)):
            del kept[-1:]
            above = not kept
        elif segment == b".." or not steps_out:
            above = True
            kept.append(segment)
        else:
            above = not kept
    path = b"/".join(kept)
    if not kept:
        return end if absolute else b""
    return (b"/" if absolute else b"") + path + end


@given(st.lists(st.sampled_from([b" ", b"  ", b"a", b"b" * 60, b"   c"])).map(b"".join))
def test_few_and_many_runs_are_squeezed_alike(value: bytes) -> None:
    for long in (value, value + b"d" * 1_000, value + b"  e" * 100):
        assert text.squeezed(long, b" ", text._RUNS_OF_SPACES) == re.sub(rb"  +", b" ", long)


characters = st.sampled_from(
    ["a", "\\", "\xe9", "\x80", "\uffff", "\U00010000", "\U0010ffff", "\x01", "\x02", "\\u", "%", "\\x41"]
)


@given(st.lists(characters).map("".join), st.booleans())
def test_characters_become_their_numbers(value: str, full: bool) -> None:
    value += "".join(map(chr, range(1, 8))) if full else ""
    expected = "".join(one if one.isascii() else f"%u{ord(one):04x}" for one in value)
    assert escapes.utf8_to_unicode(value.encode()) == expected.encode()


octets = st.lists(
    st.sampled_from(
        [b"a", b"\xc3\xa9", b"\xc3", b"\xa9", b"\xe2\x82\xac", b"\xe2\x82", b"\xf0\x9f", b"\xc0\x80", b"\xf7\x80\x80\x80"]
    )
)


@given(octets.map(b"".join))
def test_octets_that_are_no_characters_go_one_by_one(value: bytes) -> None:
    value += b"\xff"
    assert escapes.utf8_to_unicode(value) == escapes._CHARACTERS.replaced(escapes._SEQUENCE, escapes._LONE_LEAD.sub(b"", value))


@given(signs.map(b"".join))
@example(b"%")
@example(b"%\r\n%3d=")
@example(b"".join(b"%%%02d%c" % (octet, octet) for octet in range(1, 9)))
def test_many_percent_signs_are_decoded_as_few_are(more: bytes) -> None:
    value = b"%41" * 65 + more
    expected = _ESCAPE.sub(lambda match: bytes.fromhex(match[0][1:].decode()), value.replace(b"+", b" "))
    assert codes.url_decode(value) == codes.url_decode_uni(value) == expected


pieces = st.lists(
    st.sampled_from([b"\\", b"\\\\", b"\\x41", b"\\u00e9", b"\\7", b"\\12", b"x4", b"1", b"\n", b" ", b"\\\n", b"n", b"\\zz"])
)


@given(pieces.map(b"".join), pieces.map(b"".join))
@example(b"\\", b"")
def test_many_backslashes_are_decoded_as_few_are(before: bytes, after: bytes) -> None:
    value = before + b"\\\\" * 1_100 + after
    assert value.count(b"\\\\", 0, 1 << 16) > 1_024
    assert escapes.js_decode(value) == escapes._JS_ESCAPES.replaced(escapes._JS, value)
    assert escapes.css_decode(value) == escapes._CSS_ESCAPES.replaced(escapes._CSS, value)
    assert escapes.escape_seq_decode(value) == escapes._SEQUENCE_ESCAPES.replaced(escapes._ESCAPE, value)


@given(
    st.lists(
        st.sampled_from([b"%41", b"%u0041", b"%U", b"\\", b"/", b"..", b" ", b"+", b"\0", b"\xc3\xa9", b"A", b"\n", b"'"])
    ).map(b"".join)
)
def test_a_step_that_stands_for_another_does_the_same(value: bytes) -> None:
    for name, step in STEPS.items():
        if name not in TRANSFORMATIONS or name.startswith(("url", "normalize")):
            assert STEPS[alike(plainest(name, value), value)].apply(value) == step.apply(value), name


NEEDLES = [
    Needle(0, b"union select", ("urlDecodeUni", "cmdLine")),
    Needle(1, b"union select", ("utf8toUnicode", "urlDecodeUni", "jsDecode", "lowercase")),
    Needle(2, rb"^/etc/passwd$", ("urlDecodeUni", "normalizePathWin")),
    Needle(3, rb"<script\n", ("htmlEntityDecode", "urlDecode")),
    Needle(4, b"sleep", ("urlDecode", "urlDecode", "compressWhitespace", "removeNulls")),
    Needle(5, b"plain"),
]
ATTACKS = (
    b"uni'on  s^elect",
    b"%75nion%20select",
    b"\\x75nion select",
    b"%252Fetc%2f.%5c../x/./passwd",
    b"%2Fetc%2f.%5cpasswd",
    b"/etc//passwd",
    b"&#x3c;script\n",
    b"sl%2565e%00p",
    b"plain",
    b"none",
)
PADDING = (b"a", b"%41 ", b"\\\\ ", b"../", b"/./", b"%u0041\\", b"\xc3\xa9%", b"A\n", b"' ")


@pytest.fixture(scope="module")
def matchers() -> tuple[Matcher, Matcher]:
    return Matcher(NEEDLES), Matcher(NEEDLES[1:4])


@pytest.mark.parametrize(("attack", "padding"), [*product(ATTACKS, PADDING)])
def test_nothing_is_lost_in_a_long_value(matchers: tuple[Matcher, Matcher], attack: bytes, padding: bytes) -> None:
    long = padding * (40_000 // len(padding))
    ways = random.Random(attack + padding)
    for value in (long + attack + long, attack + long, long + attack, attack):
        for matcher in matchers:
            among = [b"short", value, b"%41", padding]
            ways.shuffle(among)
            needles = NEEDLES if matcher is matchers[0] else NEEDLES[1:4]
            expected = {one.id for one in needles if any(matcher.confirm(one.id, each) is not None for each in among)}
            assert expected <= set(matcher.candidates(among))
            breaks = b"\n" in b"".join(among)
            assert breaks or expected <= set(matcher.candidates((), (b"\n".join(among),)))
            assert breaks or expected <= set(matcher.candidates(among[:2], (b"\n".join(among[2:]),)))


def test_what_is_kept_is_bounded_and_given_back(matchers: tuple[Matcher, Matcher]) -> None:
    value = b"%41' " * 300_000
    holder = MADE.hold()
    for number in range(20):
        matchers[0].candidates([b"%d" % number + value])
        assert sum(len(kept) for _, kept in MADE._known) < 96 << 20
    assert MADE._known
    MADE.release(holder)
    assert not MADE._known


def test_nothing_of_what_callers_sent_is_kept_once_it_was_judged() -> None:
    """Neither by a matcher alone, nor after a request or a response; two at once share, and the last one forgets."""
    value = b"%41" * 20_000
    matcher = Matcher([Needle(1, b"AAAB", ("urlDecode",))])
    assert not matcher.candidates([value])
    assert not MADE._known
    compiled = program(
        'SecRule ARGS "@contains AAAB" "id:1,phase:2,pass,log,t:urlDecode,t:cmdLine"\n'
        'SecRule RESPONSE_BODY "@contains AAAB" "id:2,phase:4,pass,log,t:urlDecode,t:cmdLine"'
    )
    other = MADE.hold()
    inspected(compiled, b"POST / HTTP/1.1", FORM, b"a=" + value.replace(b"%", b"%25"), (200, [], value))
    assert MADE._known
    MADE.release(other)
    assert not MADE._known
    inspected(compiled, b"POST / HTTP/1.1", FORM, b"a=" + value.replace(b"%", b"%25"), (200, [], value))
    assert not MADE._known
