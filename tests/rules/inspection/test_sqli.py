"""SQL injection: attacks and their disguises, harmless texts, agreement with libinjection, costs."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.agreement import Libinjection
from attacks.injections import sql_injections
from yett.rules.inspection.sqli import may_be_sqli, sqli, suspects
from yett.rules.inspection.sqli_words import KNOWN

ATTACKS = [
    b"1' OR '1'='1",
    b"1 or 1=1",
    b"admin'--",
    b"' or ''='",
    b"-1 union select 1,2,3",
    b"1 UNION ALL SELECT NULL,version(),NULL FROM users",
    b"1) union select password from users--",
    b"') or ('a'='a",
    b'" or "a"="a',
    b"1; drop table users",
    b"1'; exec master..xp_cmdshell 'dir'--",
    b"1;waitfor delay '0:0:5'--",
    b"1 and sleep(5)",
    b"1' and (select * from (select(sleep(5)))a)-- -",
    b"1 and 1=(select count(*) from tabname)",
    b"1||utl_inaddr.get_host_name((select banner from v$version))",
    b"1 order by 10--",
    b"1 group by x having 1=1",
    b"1' into outfile '/tmp/x",
    b"1 procedure analyse(extractvalue(1,concat(0x3a,version())),1)",
    b"1 and 1=convert(int,(select top 1 name from sysobjects))",
    b"x' and extractvalue(1,concat(0x5c,(select user())))-- ",
    b"1/*!50000union*/select 1",
    b"1'||(select pg_sleep(5))||'",
    b"1 rlike sleep(5)",
    b"select * from users where id=1",
    b"'+(select 1)+'",
    b"1 and ascii(substr((select user()),1,1))>64",
    b"1' and 1=1#",
    b"0x31 or 0x31=0x31",
    b"@@version or 1=1",
    b"1 or \\N is null or 1=1",
    b"1;if(1=1) waitfor delay '0:0:5'",
    b"1;declare @q varchar(99);exec(@q)",
    b"if(1=1,sleep(5),0)",
    b"1 or(1)=(1)",
    b"1::int or 1=1",
    b"x'union(select(1),(2))--",
    b"1 or '1' like '1' and 1=1",
    b"a' or q'[x]'=q'[x]'--",
    b"$$a$$ or $t$b$t$=$t$b$t$ union select 1",
    b"1e1 union select 1e1,[x]from`y`",
    b"{`a` 1} union select 1",
]

HARMLESS = [
    b"000 unknown street",
    b"12 Null Street",
    b"1 1 null",
    b"",
    b"hello world",
    b"It's a nice day, isn't it?",
    b"rock 'n' roll",
    b"Select the best from the list and order by phone",
    b"O'Brien",
    b"Tom & Jerry",
    b"1950 or 1960",
    b"union station",
    b"drop me a line",
    b"alice@example.com",
    b"2024-01-31T10:00:00+01:00",
    b"f47ac10b-58cc-4372-a567-0e02b2c3d479",
    b"https://example.com/a?b=c&d=e",
    b"SGVsbG8gd29ybGQ=",
    b"3.14, 2.72, 1.41",
    b"The table and the chairs (all of them) are in the room.",
    b"price < 10 and quality > 5",
    b"C# and F#",
    b"50% off!",
    b"+49 (0)30 123456",
    b"a, b, c; d",
    b'{"a": 1}',
    b"# a heading",
    b"-- a signature",
    b"Where is the group, and who are you?",
    "Ça va bien, merci; et toi ?".encode(),
    "それは良い日です".encode(),
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("value", ATTACKS)
def test_injections_are_found(value: bytes) -> None:
    assert 1 <= len(sqli(value)) <= 5
    assert may_be_sqli(value)


@pytest.mark.parametrize("value", HARMLESS)
def test_harmless_values_are_not(value: bytes) -> None:
    assert sqli(value) == ""


@pytest.mark.parametrize("value", [value for value in ATTACKS if b"-- " not in value])
@pytest.mark.parametrize("space", [b"\t", b"\n", b"\r\n", b"\x0b", b"\xa0", b"/**/", b"/* x */", b"  "])
def test_space_and_comments_do_not_hide_injections(value: bytes, space: bytes) -> None:
    assert sqli(value.replace(b" ", space))


@given(st.sampled_from(ATTACKS), st.randoms(use_true_random=False))
def test_case_does_not_hide_injections(value: bytes, draw: random.Random) -> None:
    mixed = bytes(
        draw.choice((octet, ord(chr(octet).swapcase()))) if chr(octet).isalpha() and octet < 128 else octet for octet in value
    )
    if b"\\" not in value:
        assert sqli(mixed)


@pytest.mark.parametrize("padding", [b"1+", b"a,", b"1 , ", b"a=", b"a.b,", b"0x1+", b"((((", b"1*2/", b"'a','b',"])
def test_padding_does_not_hide_injections(padding: bytes) -> None:
    assert sqli(padding * 3_000 + b"1 union select 1,2,3")


def test_fingerprints_name_what_was_found() -> None:
    assert sqli(b"1 union select 1") == "1UE1"
    assert sqli(b"' or 1=1--") == "s&1c"
    assert sqli(b"1 /*! union */") == "X"
    assert sqli(b"1' into outfile 'x") == "sks"


def test_precise_leaves_out_what_program_text_has() -> None:
    for value in (b"x = max(a, b)", b"print('a' % b)", b"if (a) return b", b"f = open(path, 'r')", b"self.call(a, 'x')"):
        assert sqli(value, precise=True) == ""
    for value in ATTACKS[:12]:
        assert sqli(value, precise=True)


@pytest.mark.parametrize(
    "value",
    [
        b"x'--sp_password",
        b"-1 --sp_password",
        b"{``.``.id} union select table_name",
        b"1 is not distinct from 1 union select 1",
        b"1 not in (1) or 1=1",
        b"1 in (select 1) union select 1",
        b"1 sounds like 'a' or 1=1",
        b"select 1 collate latin1_bin union select 1",
        b"1 union select @`a`,@'b'",
        b"1 \\- 1 union select 1",
        b"x'1f' or b'01'=u&'x' union select 1",
        b"1 or 1=1 `",
        b"1;ifnull(1,2);",
        b"not(1) like(1) or 1=1 union select 1",
    ],
)
def test_rare_forms_agree_with_libinjection(value: bytes) -> None:
    assert bool(sqli(value)) == bool(Libinjection().sqli(value))


def test_agrees_with_libinjection_on_sentences_of_the_grammar() -> None:
    oracle = Libinjection()
    values = list(sql_injections(12_000, seed=4))
    differing = [value for value in values if bool(oracle.sqli(value)) != bool(sqli(value))]
    assert sum(bool(oracle.sqli(value)) for value in values) > 3_000
    assert len(differing) <= 0.005 * len(values), differing[:10]


def test_agrees_with_libinjection_on_program_text_and_prose() -> None:
    oracle = Libinjection()
    with open(random.__file__, "rb") as opened:
        values = [line.strip() for line in opened if line.strip()]
    differing = [value for value in values if bool(oracle.sqli(value)) != bool(sqli(value))]
    assert len(values) > 500 and len(differing) <= 1, differing


@settings(max_examples=400)
@given(
    st.lists(
        st.sampled_from(
            [bytes([octet]) for octet in b"'\"`#-/*;()[]{}@$\\.,:=<>|&!~?\n\x00\xa0\xff 1ae"]
            + [
                b"union ",
                b"select ",
                b"or ",
                b"and ",
                b"not ",
                b"in ",
                b"order by ",
                b"0x",
                b"1e",
                b"N'",
                b"q'",
                b"$a$",
                b"--",
                b"/*",
                b"*/",
                b"::",
                b"int ",
            ]
        ),
        max_size=30,
    ).map(b"".join)
)
def test_never_raises_and_agrees_with_the_first_look(value: bytes) -> None:
    found = sqli(value)
    assert len(found) <= 5
    assert may_be_sqli(value) or not found
    if b"\n" not in value:
        assert suspects(value) == [value] or not found


@given(st.binary(max_size=200))
def test_never_raises(value: bytes) -> None:
    assert len(sqli(value)) <= 5


@given(st.from_regex(rb"\A[a-zA-Z0-9_.@:-]{0,40}\Z"))
def test_what_the_first_look_lets_pass_is_harmless(value: bytes) -> None:
    assert may_be_sqli(value) or not sqli(value)


_STEPS = [
    b"v1",
    b"orders",
    b"x_9",
    b"select",
    b"union",
    b"or",
    b"1",
    b"if",
    b"in",
    b"a.b",
    b"7-b",
    b" ",
    b"--",
    b"#",
    b"/*",
    b"*/",
    b"(",
    b";",
    b"@",
    b"=",
]


@given(st.lists(st.one_of(st.sampled_from(_STEPS), st.sampled_from(sorted(KNOWN)), st.just(b"/")), max_size=12).map(b"".join))
def test_paths_that_the_first_look_lets_pass_are_harmless(value: bytes) -> None:
    path = b"/" + value
    assert may_be_sqli(path) or not sqli(path)
    assert suspects(path) == [path] or not sqli(path)
    assert may_be_sqli(path) == bool(suspects(path))


def test_paths_with_a_name_at_their_beginning_are_not_read() -> None:
    assert not suspects(b"/v1/orders/0123456789abcdef/lines?q=1\n/search")
    assert suspects(b"/select/*x*/1\n/union\n/v1/*!x*/") == [b"/select/*x*/1", b"/union", b"/v1/*!x*/"]


def test_the_first_look_lets_usual_values_pass() -> None:
    usual = [
        b"",
        b"pending",
        b"alice.b@example.com",
        b"f47ac10b-58cc-4372-a567-0e02b2c3d479",
        b"2024-01-31T10:00:00Z",
        b"42",
        b"-1.5",
        b"a_b-c",
    ]
    assert not any(map(may_be_sqli, usual))
    assert suspects(b"\n".join(usual)) == []
    assert not may_be_sqli(b"Mary Jane went to the shop.")
    assert not may_be_sqli(b"Before you order in the shop, please.")
    assert suspects(b"\n".join([*usual, b"1 or 1=1", *usual])) == [b"1 or 1=1"]
    assert may_be_sqli(b"1\nunion\nselect 1")


HOSTILE = [
    b"'", b'"', b"`", b"''", b"'\"", b"(", b")", b"()", b"(1),", b"/*", b"/**/", b"/*a", b"*/", b"--", b"--\n", b"# ", b"#\n", b";", b"; ", b"<", b"= ",
    b"a", b"a ", b"a.", b"a,", b"1", b"1+", b"1,", b"1 , ", b"1e ", b"0x", b"0x1 ", b"int ", b"int(", b"or ", b"1 or ", b"not ", b"union ", b"union all ",
    b"natural left outer ", b"@", b"@a ", b"$", b"$a$", b"$a$b", b"[", b"[a]", b"{", b"{a", b"}", b"\\", b"\\'", b"q'", b"x'1", b"N'", b"\x00", b"\xa0", b"select.", b"a`",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_bounded_by_the_length(unit: bytes) -> None:
    """200 KB of anything: what takes more than time proportional to the length would take seconds."""
    for value in (unit * (200_000 // len(unit)), b"'\" " + unit * (200_000 // len(unit))):
        started = time.process_time()
        sqli(value)
        may_be_sqli(value)
        suspects(value)
        assert time.process_time() - started < 0.25
