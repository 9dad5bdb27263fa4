"""The parts that attack rules are made of: addresses, quotes, disguises, pieces, samples."""

from itertools import pairwise
from urllib.parse import quote_from_bytes, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.inspected import Origin, Value
from yett.model.rule import AttackRule, Severity
from yett.rules.inspection.addresses import (
    host_of,
    hosts_of,
    ipv4,
    is_bare_inner,
    is_inner,
    is_split,
    odd_spelling,
)
from yett.rules.inspection.pack import OVERLAP, PIECE, Pack, pieces
from yett.rules.inspection.quoting import breaks_out, closes, soon_over
from yett.rules.inspection.samples import sample_of
from yett.rules.inspection.signature import Found, Signature
from yett.rules.inspection.unmask import closes_comments, decoded, unmasked


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0o177.0.0.1", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("425.510.425.510", "169.254.169.254"),
        ("7147006462", "169.254.169.254"),
        ("0x", "0.0.0.0"),
        ("256.1", None),
        ("1.2.3.4.5", None),
        ("a.b", None),
        ("09.1.1.1", None),
        ("", None),
        ("1..2", None),
        ("9" * 30, None),
        ("70000.1.1.1", None),
    ],
)
def test_ipv4_in_all_spellings(text: str, address: str | None) -> None:
    found = ipv4(text)
    assert (None if found is None else str(found)) == address


@given(st.integers(0, 2**32 - 1))
def test_spellings_of_one_address_are_one(value: int) -> None:
    parts = [value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255]
    dotted = ".".join(map(str, parts))
    spelt = (str(value), hex(value), f"0{value:o}", ".".join(map(hex, parts)), ".".join(f"0{part:o}" for part in parts))
    for text in (*spelt, f"{parts[0]}.{value & 0xFFFFFF}", f"{parts[0]}.{parts[1]}.{value & 0xFFFF}"):
        assert str(ipv4(text)) == dotted


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (b"http://localhost/", True),
        (b"http://x.localhost/", True),
        (b"http://user:pw@127.0.0.1:80/", True),
        (b"http://[::1]/", True),
        (b"http://[::]/", True),
        (b"http://[::ffff:10.0.0.1]/", True),
        (b"http://[fd12:3456::1]/", True),
        (b"http://[2001:db8::1]/", False),
        (b"http://10.1.2.3/", True),
        (b"//192.168.0.1", True),
        (b"http://100.64.0.1/", True),
        (b"http://172.32.0.1/", False),
        (b"http:127.0.0.1", True),
        (b"http:/\\127.0.0.1", True),
        (b"jar:http://127.0.0.1!/x", True),
        (b"http://127.0.\t0.1/", True),
        ("http://local\u00adhost/".encode(), True),
        ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/".encode(), True),
        (b"http://localhost\x00.example.com/", True),
        (b"http://localhost%00.example.com/", True),
        (b"http://127.0.0.1;.example.com/", True),
        (b"http://example.com\\@127.0.0.1/", True),
        (b"http://127.0.0.1\\@example.com/", True),
        (b"http://192.0.2.1 &@127.0.0.1# @198.51.100.1/", True),
        (b"http://10.0.0.1.nip.io/", True),
        (b"http://10.0.0.1.example.com/", False),
        (b"http://127.0.0.1.example.com/", True),
        (b"http://user:1@example.com/", False),
        (b"http://[::ffff:169.254.1.1]/", True),
        (b"http://[::127.0.0.1]/", True),
        (b"http://[64:ff9b::7f00:1]/", True),
        (b"http://[2002:7f00:1::]/", True),
        (b"http://[fe80::1%25eth0]/", True),
        (b"http://[::1/", False),
        (b"http://[zz]/", False),
        (b"http://127.0.0.1.nip.io/", True),
        (b"http://app-127-0-0-1.sslip.io/", True),
        (b"http://7f000001.nip.io/", True),
        (b"http://8.8.8.8.nip.io/", False),
        (b"http://x.nip.io/", False),
        (b"http://x.oastify.com/", True),
        (b"http://a.169.254.169.254/", True),
        (b"http://100.100.100.200/", True),
        ("http://①②⑦.⓪.⓪.①/".encode(), True),
        ("http://127。0。0。1/".encode(), True),
        (b"http://x.7f000001.rebind.network/", True),
        (b"http://1ynrnhl.xip.io/", True),
        (b"http://[::ffff:0:127.0.0.1]/", True),
        (b"http://o177.0.0.1/", True),
        (b"redis://loopback:6379", True),
        (b"http://host.docker.internal/", True),
        (b"http://vault.service.consul:8200/", True),
        (b"http://a.b.svc.cluster.local/", True),
        (b"http://metadata/computeMetadata/", True),
        (b"http://168.63.129.16/", True),
        (b"http://2852039166;.example.com/", True),
        (b"http://internal.example.com/", False),
        (b"http://metadata.example.com/", False),
        (b"http://example.com/", False),
        (b"http://192.0.2.1/", False),
        (b"localhost", False),
        (b"", False),
    ],
)
def test_inner_addresses(text: bytes, inner: bool) -> None:
    assert is_inner(text, True) is inner


def test_names_count_only_where_they_stand_alone() -> None:
    assert not is_inner(b"http://localhost/", False)
    assert host_of(b"//Host.Example:80/x") == "host.example"
    assert not odd_spelling(b"http://127.0.0.1/")
    assert odd_spelling(b"http://0x7f.1/")
    assert odd_spelling(b"http://[::1]/")
    assert not odd_spelling(b"http://example.com/") and not odd_spelling(b"x")
    assert odd_spelling(b"http://3232235521/") and not odd_spelling(b"http://192.168.0.1/")
    assert odd_spelling(b"http://12%37.0.0.1/")
    assert (
        odd_spelling(b"http://0xc6336401/")
        and odd_spelling(b"http://3325256705/")
        and odd_spelling(b"http://[::ffff:192.0.2.1]/")
    )
    assert not odd_spelling(b"http://192.0.2.1/") and not odd_spelling(b"http://[2001:db8::1]/")
    assert odd_spelling("http://\u24d4\u24e7.example/".encode()) and not odd_spelling("http://example.com/\u24d4".encode())
    assert list(hosts_of(b"http://a.example#@127.0.0.1/x@b.example"))[:3] == ["a.example", "a.example", "127.0.0.1"]


@pytest.mark.parametrize(
    ("text", "split"),
    [
        (b"http://a@b.example:80@c.example/", True),
        (b"http://b.example\\@c.example/", True),
        (b"http://b.example &@c.example# @d.example/", True),
        (b"http://b.example#@c.example/", True),
        (b"http://a:b@c.example/", False),
        (b"http://b.example/a@b@c", False),
        (b"http://b.example/#/@anna", False),
        (b"http://b.example?x=a@b@c", False),
        (b"mailto:a@b.example", False),
    ],
)
def test_addresses_that_readers_take_apart_differently(text: bytes, split: bool) -> None:
    assert is_split(text) is split


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (b"host.docker.internal:2375", True),
        (b"metadata.oraclecloud.com/opc/v2", True),
        (b"127.1:80", True),
        (b"ip-10-0-0-1.ec2.internal", False),
        (b"0x7f.0.0.1", True),
        (b"2130706433", True),
        (b"2130706432", False),
        (b"127.000.000.1", True),
        (b"10.0.0x1.1", True),
        (b"localhost:80", True),
        (b"[::1]", True),
        (b"[::1]:25", True),
        (b"[fe80::1", False),
        (b" 127.0.0.1:1 ", True),
        (b"127.0.0.1/server-status", True),
        (b"localhost/admin", True),
        (b"app.10.0.0.1.nip.io", True),
        (b"x.lvh.me", True),
        (b"x.oastify.com/a", True),
        (b"127.0.0.1", False),
        (b"127.0.0.0/8", False),
        (b"localhost", False),
        (b"1.2.3.4", False),
        (b"0.1.2.3", False),
        (b"10.0.0.1:80", False),
        (b"127.1", False),
        (b"12.5", False),
        (b"example.com:80", False),
        (b"", False),
    ],
)
def test_inner_hosts_without_a_scheme(text: bytes, inner: bool) -> None:
    assert is_bare_inner(text) is inner


@pytest.mark.parametrize(
    ("text", "start", "breaks"),
    [
        (b"x' or 1", 1, True),
        (b"'x' or 'y'", 2, False),
        (b"don't 'x' or", 8, False),
        (b"don't or' x", 8, True),
        (b"no quote", 0, False),
        (b"x                     ' or", 1, False),
        (b'a" or "b', 1, True),
        (b"x ", 1, False),
    ],
)
def test_quotes_that_break_out(text: bytes, start: int, breaks: bool) -> None:
    assert breaks_out(text, start) is breaks


def test_brackets_that_close_what_was_not_opened() -> None:
    assert closes(b"x)(a=b)", 1, b"()")
    assert not closes(b"f(x)(a=b)", 3, b"()")
    assert closes(b"(" + b"x" * 256 + b")", 257, b"()")
    assert not closes(b"a[1]", 3, b"[]")


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (b"::ffff:127.0.0.1", True),
        (b"0:0:0:0:0:FFFF:169.254.169.254", True),
        (b"64:ff9b::127.0.0.1", True),
        (b"::ffff:10.0.0.1", False),
        (b"::ffff:192.0.2.1", False),
        (b"::1", False),
        (b"1:2:127.0.0.1", False),
        (b"12:127.0.0.1", False),
    ],
)
def test_an_address_of_ipv4_within_one_of_ipv6_is_no_usual_spelling(text: bytes, inner: bool) -> None:
    assert is_bare_inner(text) is inner


def test_what_is_soon_over() -> None:
    assert soon_over(b"x'-- -", 4)
    assert not soon_over(b"x'-- and 'more'", 4)
    assert not soon_over(b"x'-- and many more words", 4)


# --- disguises --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (b"%3Cscript%3E", b"<script>"),
        (b"%25253C", b"<"),
        (b"&lt;&#60;&#x3C;&#060;&#x3c", b"<<<<<"),
        (b"&LT;&Tab;&NewLine;&colon;&nosuch;&eacute;", b"<\t\n:&nosuch;&eacute;"),
        (b"\\u003c\\x3c\\u{3c}%u003c", b"<<<<"),
        (b"s\0e\0l", b"sel"),
        ("＜ｓｃｒｉｐｔ＞".encode(), b"<script>"),
        (b"..%c0%af..%c0%2f..%e0%80%af%f0%80%80%af", b"../../..//"),
        (b"..%u2215..%uEFC8", b"../../"),
        (b"%uff1cx", b"<x"),
        (b"1/**/or/*!50000union*/x", b"1 or union x"),
        (b"a /* b", b"a /* b"),
        (b"100% of R&D", b"100% of R&D"),
        (b"&#233;&#9999999;", b"&#233;&#9999999;"),
        (b"plain", b"plain"),
    ],
)
def test_disguises_are_taken_off(text: bytes, bare: bytes) -> None:
    assert unmasked(text) == bare


@given(st.binary(max_size=200))
def test_what_has_no_disguise_is_the_same_object(text: bytes) -> None:
    found = unmasked(text)
    assert found is text or found != text


@given(
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="%&\\/*"), max_size=60),
    st.integers(1, 3),
)
def test_percent_encoding_in_layers(text: str, layers: int) -> None:
    hidden = text.encode()
    for _ in range(layers):
        hidden = quote_from_bytes(hidden, safe="").encode()
    assert unmasked(hidden) == text.encode()


@given(st.lists(st.text(alphabet="a%3c&lt;#60x\\u0'\"", max_size=20), max_size=8))
def test_lines_become_what_values_become(values: list[str]) -> None:
    """The first look goes over joined values, the close look over each: neither may see less."""
    joined = decoded("\n".join(values).encode())
    for value in values:
        assert decoded(value.encode()) in joined


@given(st.binary(max_size=80))
def test_escapes_that_are_whole_are_read_as_elsewhere(text: bytes) -> None:
    encoded = quote_from_bytes(text, safe="").encode()
    assert unquote_to_bytes(encoded) == text
    assert unmasked(b"%25" + b"x") == b"%x"
    assert closes_comments(b"/**/") and closes_comments(b"/*!") and not closes_comments(b"*/*")


# --- pieces -----------------------------------------------------------------------------------------------------------------


@given(st.integers(PIECE + 1, 6 * PIECE))
def test_pieces_cover_everything_and_overlap(length: int) -> None:
    found = list(pieces(length))
    assert found[0][0] == 0 and found[-1][1] == length
    for (_, end, _), (start, after, first) in pairwise(found):
        assert end - start >= OVERLAP and after - start == PIECE
        assert start < start + first < end


RULE = AttackRule(id="word", title="x", severity=Severity.LOW)


@pytest.mark.parametrize("at", [0, 100, PIECE - 3, PIECE - OVERLAP, PIECE + 5, 3 * PIECE - 4, 4 * PIECE - 7])
def test_a_match_is_found_once_wherever_it_stands(at: int) -> None:
    seen: list[int] = []

    def confirm(found: Found) -> bool:
        seen.append(found.start)
        return True

    pack = Pack([(RULE, [Signature(id="word", pattern=rb"\bneedle\b", reason="x", confirm=confirm)])])
    text = b" " * at + b"needle" + b" " * (4 * PIECE - at)
    suspects: set[int] = set()
    for _ in pack.look_through((text,), frozenset({Origin.TEXT}), suspects):
        pass
    found = [one for one in pack.look_closely([Value(Origin.TEXT, b"", text)], None, suspects, lambda *_: True) if one]
    assert len(found) == 1 and len(seen) == 1
    assert (seen[0] <= 60) is (at <= 60)


def test_a_long_match_hides_no_short_one() -> None:
    pack = Pack([(RULE, [Signature(id="x", pattern=rb"begin.*?end", reason="x")])])
    text = b"begin " + b"x" * 1_000 + b" begin end"
    found = list(pack.look_closely([Value(Origin.TEXT, b"", text)], None, {0}, lambda *_: True))
    assert [one.sample for one in found if one] == ["x" * 15 + " begin end"] or len([one for one in found if one]) == 1


# --- samples ----------------------------------------------------------------------------------------------------------------


def test_samples_are_short_printable_and_masked() -> None:
    text = b"a\x00b \xff key AKIA1234567890ABCDEFGH card 4111 1111 1111 1111 " + b"x" * 200
    sample = sample_of(Found(text, 2, 10, Value(Origin.QUERY, b"q", text)))
    assert len(sample) <= 100 and sample.isprintable()
    assert "4111 1111" not in sample and "567890ABC" not in sample
    assert "not shown" in sample_of(Found(b"x", 0, 1, Value(Origin.JSON, b"/user/password", b"x")))
