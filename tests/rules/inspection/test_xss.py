"""Script injection: attacks and their disguises, harmless markup, agreement with libinjection, costs."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.agreement import Libinjection
from attacks.injections import script_injections
from yett.rules.inspection.xss import INSIDE_OCTETS, may_be_xss, xss, xss_as_text

AS_TEXT = [
    b"<script>alert(1)</script>",
    b"<img src=x onerror=alert(1)>",
    b"<svg/onload=alert(1)>",
    b"<a href=javascript:alert(1)>x</a>",
    b"<a href=' java\tscript:alert(1)'>x</a>",
    b"<a href=&#106;avascript:alert(1)>",
    b'<a href="&#x6A;&#x61;va&Tab;script:alert(1)">',
    b'<a href="&#1;javascript:alert(1)">',
    b"<form action=data:text/html,x>",
    b"<iframe src=//example.org>",
    b"<p style=color:expression(1)>",
    b"<!--[if gte IE 4]><x><![endif]-->",
    b"<!doctype html>",
    b"<?import namespace=x>",
    b"<!ENTITY x SYSTEM 'y'>",
    b"<!-- ` -->",
    b"x</title><script>1",
    b"<<script>1",
    b"<a b='>' onclick=1>",
    b"</a onclick=1>",
    b"</script ",
    b"<animate attributename=onload to=1>",
    b"<x xmlns:xlink=y xlink:href=z>",
    b"<div onbeforedeactivate=alert(1)>",
    b"<script",
    b"<xsl:template>",
    b"<%import%>",
]

IN_ATTRIBUTES = [
    b'" onmouseover=alert(1) x="',
    b"' onfocus=alert(1) autofocus='",
    b"` onclick=alert(1)",
    b"x onload=alert(1)",
    b'"><script>1</script>',
    b"x' href='javascript:alert(1)",
    b"x\n\tstyle\n=\nx",
]

HARMLESS = [
    b"",
    b"hello world",
    b"a < b and c > d",
    b"<b>bold</b> and <i>italic</i>",
    b"<a href=\"https://example.org/?a=b&c=d\" title='x'>link</a>",
    b"<p class=x id=y>text",
    b"a = b; c = d",
    b"once = twice",
    b"only=1 oneliner=2",
    b"1 <2> 3",
    b"x <- y <= z",
    b"<!-- a remark - with dashes -- and > signs -->",
    b"<![CDATA[<script>]]>",
    b"Generic<T> and List<String>",
    b"the script of the play: style and substance",
    b"https://example.com/?a=b",
    b"<scripts> <linked> <metal>",
    b"mail <alice@example.com>",
    b"</p>",
    b"<",
    b"</",
    b"<!",
    b'it\'s "quoted" `text`',
    "<b>für Größe = 3</b>".encode(),
    b"\xff\x00\xfe",
]


@pytest.mark.parametrize("value", AS_TEXT)
def test_script_in_text_is_found(value: bytes) -> None:
    assert xss(value) and xss_as_text(value) and may_be_xss(value)


@pytest.mark.parametrize("value", IN_ATTRIBUTES)
def test_script_in_attributes_is_found(value: bytes) -> None:
    assert xss(value) and may_be_xss(value)


@pytest.mark.parametrize("value", HARMLESS)
def test_harmless_values_are_not(value: bytes) -> None:
    assert not xss(value) and not xss_as_text(value)


@given(st.sampled_from(AS_TEXT + IN_ATTRIBUTES), st.randoms(use_true_random=False), st.booleans())
def test_case_and_null_octets_do_not_hide_script(value: bytes, draw: random.Random, nulls: bool) -> None:
    mixed = b"".join(
        draw.choice((bytes([octet]).lower(), bytes([octet]).upper())) + (draw.choice((b"", b"\0")) if nulls else b"")
        for octet in value
    )
    assert xss(mixed)


@pytest.mark.parametrize("space", [b"\n", b"\t", b"\r", b"\x0c", b"/", b"  ", b" / "])
def test_space_does_not_hide_handlers(space: bytes) -> None:
    assert xss(b"<img" + space + b"src=x" + (b" " if space.strip() == b"/" else b"") + space + b"onerror=alert(1)>")


@given(st.sampled_from(AS_TEXT), st.sampled_from(HARMLESS[:4]))
def test_what_comes_before_in_text_does_not_hide_script(value: bytes, before: bytes) -> None:
    assert xss(before.replace(b" < ", b" ") + b" " + value)


def test_long_values_are_read_to_the_end_as_text_and_in_part_inside_a_tag() -> None:
    assert xss(b"a" * 2 * INSIDE_OCTETS + b"<script>")
    assert xss(b"a " * (INSIDE_OCTETS // 4) + b"onload=1")
    assert xss(b"'" + b"<b>" * INSIDE_OCTETS + b"<script>")
    assert not xss(b"a='b' <b>" * INSIDE_OCTETS)


def test_agrees_with_libinjection_on_sentences_of_the_grammar() -> None:
    oracle = Libinjection()
    values = list(script_injections(12_000, seed=4))
    differing = [value for value in values if oracle.xss(value) != xss(value)]
    assert 3_000 < sum(map(oracle.xss, values)) < 9_000
    assert len(differing) <= 0.001 * len(values), differing[:10]


@pytest.mark.parametrize("value", [value for value in HARMLESS if value])
def test_agrees_with_libinjection_on_harmless_values(value: bytes) -> None:
    assert not Libinjection().xss(value)


@settings(max_examples=400)
@given(
    st.lists(
        st.sampled_from(
            [bytes([octet]) for octet in b"<>/!?%-='\"`[] \n\x00\xffax&#;"]
            + [
                b"<a ",
                b"<!--",
                b"-->",
                b"<![CDATA[",
                b"]]>",
                b"script",
                b"onload",
                b"href=",
                b"data:",
                b"style",
                b"<svg",
                b"&#x6a",
                b"<%",
                b"%>",
            ]
        ),
        max_size=25,
    ).map(b"".join)
)
def test_never_raises_and_agrees_with_the_first_look(value: bytes) -> None:
    assert may_be_xss(value) or not xss(value)
    assert xss(value) or not xss_as_text(value)


HOSTILE = [
    b"<", b"<a ", b"<a>", b"< ", b"</", b"</a>", b"<!", b"<!--", b"<!---", b"<!-- -->", b"--", b"<%", b"<%%", b"<?", b"<![cdata[", b"]]>", b"a ", b"a=", b"a=b ",
    b"a='", b'a="b" ', b"' a", b'" a', b"` a", b"'", b"'\"`", b" ", b"/", b"=", b"= ", b"> ", b"<a b=c>", b"<a b='", b"on", b"on ", b"onload ", b"onload",
    b"href= ", b"href='j&#0", b"href=&#9;", b"href=&#", b"to=dat ", b"attributename=o ", b"<x//", b"<sv ", b"\x00", b"<\x00", b"<a <", b"a\n=\n", b"on\n=", b"style  ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_bounded_by_the_length(unit: bytes) -> None:
    """200 KB of anything: what takes more than time proportional to the length would take seconds."""
    for value in (unit * (200_000 // len(unit)), b'\'"` x=" ' + unit * (200_000 // len(unit))):
        started = time.process_time()
        xss(value)
        assert time.process_time() - started < 0.25
