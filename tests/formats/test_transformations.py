"""Transformations: the same as octet by octet, the same as libmodsecurity, linear, and honest about changing nothing."""

from hashlib import md5, sha1
from time import process_time

import pytest
from encoded_texts import texts
from hypothesis import given, settings
from hypothesis import strategies as st
from modsecurity_oracle import transformed_by_oracle
from plain_transformations import PLAIN

from yett.formats.inspected.lenient import without_entities
from yett.formats.transformations import TRANSFORMATIONS, UnknownTransformation, chain_of, escapes, transformed
from yett.rules.inspection.folding import STEPS

names = st.sampled_from(sorted(TRANSFORMATIONS))
steps = st.sampled_from(sorted(STEPS))


@pytest.mark.parametrize("name", sorted(PLAIN))
@settings(max_examples=100)
@given(value=texts)
def test_the_same_octet_by_octet(name: str, value: bytes) -> None:
    assert TRANSFORMATIONS[name].apply(value) == PLAIN[name](value)


@pytest.mark.parametrize("name", sorted(TRANSFORMATIONS.keys() - {"normalizePathWin"}))
@settings(max_examples=40, deadline=None)
@given(value=texts)
def test_the_same_as_libmodsecurity(name: str, value: bytes) -> None:
    assert TRANSFORMATIONS[name].apply(value) == transformed_by_oracle(name, value)


segments = st.lists(st.sampled_from([b".", b"..", b"a", b"bc", b"x..", b"...", b"x.", b"longer..", b""]), max_size=7)


@settings(max_examples=300, deadline=None)
@given(start=st.sampled_from([b"", b"/"]), path=segments)
def test_paths_as_libmodsecurity(start: bytes, path: list[bytes]) -> None:
    value = start + b"/".join(path)
    assert TRANSFORMATIONS["normalizePath"].apply(value) == transformed_by_oracle("normalizePath", value)


@given(value=texts)
def test_windows_paths_are_paths_with_other_slashes(value: bytes) -> None:
    assert TRANSFORMATIONS["normalizePathWin"].apply(value) == TRANSFORMATIONS["normalizePath"].apply(
        value.replace(b"\\", b"/")
    )


@given(
    start=st.sampled_from([b"", b"\\", b"C:\\"]), path=st.lists(st.sampled_from([b"..", b"a", b"bc"]), min_size=1, max_size=5)
)
def test_windows_paths_as_libmodsecurity(start: bytes, path: list[bytes]) -> None:
    value = start + b"\\".join(path)
    assert TRANSFORMATIONS["normalizePathWin"].apply(value) == transformed_by_oracle("normalizePathWin", value)


SEEN_TO = frozenset(
    (
        "lowercaseWhereEscaped",
        "cmdLineButSpaces",
        "cmdLineInPaths",
        "compressWhitespaceOfLines",
        "urlDecodeButPlus",
        "urlDecodeUniButPlus",
        "utf8toOctetsButPlus",
    )
)
"""Steps of folded chains: what they leave as it is, the patterns after them see to."""


@settings(max_examples=400)
@given(name=steps, values=st.lists(texts, min_size=1, max_size=4))
def test_what_is_said_to_change_nothing_changes_nothing(name: str, values: list[bytes]) -> None:
    step = STEPS[name]
    for joined, borders in [(b"\n".join(values), len(values) - 1), (b"\n".join([*values, b""]), len(values))]:
        if not step.touches(joined, borders) and name not in SEEN_TO:
            assert [step.apply(value) for value in values] == values


@settings(max_examples=400)
@given(name=steps, values=st.lists(texts.filter(lambda text: b"\n" not in text), min_size=1, max_size=4))
def test_lines_at_once_are_each_line(name: str, values: list[bytes]) -> None:
    step = STEPS[name]
    if step.in_lines is not None:
        after = step.in_lines(b"\n".join([*values, b""]))
        assert after is None or after == b"\n".join([*map(step.apply, values), b""])


@settings(max_examples=400)
@given(value=texts | st.text(max_size=20).map(str.encode))
def test_two_steps_in_one(value: bytes) -> None:
    assert escapes.utf8_to_octets(value) == transformed(("utf8toUnicode", "urlDecodeUni"), value)


@settings(max_examples=300)
@given(chain=st.lists(names, max_size=4).map(tuple), value=texts)
def test_a_chain_is_its_transformations_in_order(chain: tuple[str, ...], value: bytes) -> None:
    expected = value
    for name in chain:
        expected = TRANSFORMATIONS[name].apply(expected)
    assert transformed(chain, value) == expected


PATHOLOGICAL = (b"a", b"%", b"%41", b"%41a", b"%u", b"%u0041", b"\\", b"\\x41", b"\\1", b"&", b"&#65;", b"&lt", b"/*", b"*/", b"<!--", b"/", b"./", b"../", b"a../",
                b"a/../", b" ", b" /", b", ", b"\n", b"\0", b"0x", b"0x41", b"YWJj", b"=", b"YWJj\n", b" \n", b"\xc3", b"\xc3\xa9", b"\xe0\x80\x80", b"\xf0\x9f\x98\x80", b"--", b"A")  # fmt: skip


@pytest.mark.parametrize("name", sorted(STEPS))
def test_time_is_linear(name: str) -> None:
    step = STEPS[name]
    for unit in PATHOLOGICAL:
        text = (unit * (60_000 // len(unit)))[:60_000]
        began = process_time()
        step.apply(text)
        step.touches(text, 0)
        if step.in_lines is not None:
            step.in_lines(text)
        assert process_time() - began < 0.5, unit


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("base64Decode", b"YWJj", b"abc"),
        ("base64Decode", b"YWJj!", b"YWJj!"),
        ("base64Decode", b"YWJj \r\nYQ==  \0rest", b"abca"),
        ("base64Decode", b"YWJ", b"YWJ"),
        ("base64DecodeExt", b"YW.Jj!", b"abc"),
        ("base64DecodeExt", b"Y=WJj", b""),
        ("base64Encode", b"abc", b"YWJj"),
        ("hexDecode", b"4a4B4", b"JK"),
        ("hexDecode", b"zz41", b"SA"),
        ("hexEncode", b"\x00\xff", b"00ff"),
        ("length", b"abc", b"3"),
        ("md5", b"abc", md5(b"abc", usedforsecurity=False).digest()),
        ("none", b"abc", b"abc"),
        ("parityEven7bit", b"\x01\x03", b"\x81\x03"),
        ("parityOdd7bit", b"\x01\x03", b"\x01\x83"),
        ("parityZero7bit", b"\x81", b"\x01"),
        ("sha1", b"", sha1(b"", usedforsecurity=False).digest()),
        ("uppercase", b"aZ\xe9", b"AZ\xe9"),
        ("urlEncode", b"a b*\xe9", b"a+b*%e9"),
        ("trimLeft", b" \va ", b"a "),
        ("trimRight", b" a\f ", b" a"),
        ("trim", b" a ", b"a"),
        ("removeNulls", b"a\0b", b"ab"),
        ("replaceNulls", b"a\0b", b"a b"),
        ("normalizePath", b"/a/b/../../etc//passwd", b"/etc/passwd"),
        ("normalizePathWin", b"\\a\\..\\windows", b"/windows"),
    ],
)
def test_examples(name: str, value: bytes, expected: bytes) -> None:
    assert TRANSFORMATIONS[name].apply(value) == expected


def test_names() -> None:
    assert chain_of(["urldecodeuni", "LOWERCASE", "normalisePath", "normalisePathWin"]) == (
        "urlDecodeUni",
        "lowercase",
        "normalizePath",
        "normalizePathWin",
    )
    assert chain_of(["lowercase", "none", "urlDecode", "base64decode"]) == ("urlDecode", "base64Decode")
    with pytest.raises(UnknownTransformation):
        chain_of(["alert"])
    assert len(TRANSFORMATIONS) == 36


_MANY = 2_100
"""Escapes at the beginning of a value from which on all are decoded at once."""


@given(
    st.lists(
        st.sampled_from(
            [
                *(b"%", b"=", b"%41", b"%3d", b"%25", b"%0A", b"%zz", b"\n", b"\r\n", b"_", b"+", b"%4", b"\xff", b"%%", b"\\"),
                *(b"%u0041", b"%U20ac", b"%uff41", b"%uFF00", b"%uff5f", b"%uff0", b"%u", b"41"),
            ]
        )
    )
)
def test_many_escapes_are_decoded_as_few_are(pieces: list[bytes]) -> None:
    value = b"".join(pieces)
    many = b"%20" * _MANY
    for name in ("urlDecode", "urlDecodeUni"):
        decode = TRANSFORMATIONS[name].apply
        assert decode(many + value) == b" " * _MANY + decode(value)


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    b"\\",
                    b"\\\\",
                    b"\\x41",
                    b"\\X41",
                    b"\\x4",
                    b"\\u0041",
                    b"\\u20ac",
                    b"\\uff41",
                    b"\\uFF00",
                    b"\\uff5f",
                    b"\\u004",
                ),
                *(b"\\0", b"\\7", b"\\41", b"\\141", b"\\477", b"\\777", b"\\8", b"\\n", b"\\q", b"\\N", b"\\\n", b"\\'"),
                *(b"u", b"x", b"4", b"41", b"n", b"\n", b"\xff", b"\0"),
            ]
        )
    )
)
def test_many_backslashes_are_decoded_as_few_are(pieces: list[bytes]) -> None:
    value = b"".join(pieces)
    many = b"\\x20" * _MANY
    for name in ("jsDecode", "escapeSeqDecode", "cssDecode"):
        decode = TRANSFORMATIONS[name].apply
        assert decode(many + b";" + value) == decode(many) + b";" + decode(value)


@given(
    st.lists(
        st.sampled_from(
            [
                b"&lt;",
                b"&gt",
                b"&amp;",
                b"&amp;lt;",
                b"&#x3c;",
                b"&#60;",
                b"&#108",
                b"&&#38;",
                b"&nbsp;",
                b"&LT;",
                b"a",
                b";",
                b"&",
                b"#",
            ]
        )
    )
)
def test_many_references_are_decoded_as_few_are(pieces: list[bytes]) -> None:
    value = b"".join(pieces)
    many = b"&lt;&#x3c;&amp;" * 100 + b"."
    decode = TRANSFORMATIONS["htmlEntityDecode"].apply
    assert decode(many + value) == b"<<&" * 100 + b"." + decode(value)
    assert without_entities(many + value) == b"<<&" * 100 + b"." + (without_entities(value) or value)
