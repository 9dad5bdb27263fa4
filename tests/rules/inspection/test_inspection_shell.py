"""Values read as command lines of a shell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.rules.inspection.shell import LONGEST, plain, weight


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"c'a't /etc/hosts", b"cat /etc/hosts"),
        (b'wh""oami', b"whoami"),
        (b"c\\at${IFS}x", b"cat x"),
        (b"cat$IFS$9x", b"cat x"),
        (b"l$@s -l$1a", b"ls -la"),
        (b"{cat,/etc/hosts}", b"cat /etc/hosts"),
        (b"$'\\x69\\144'", b"id"),
        (b"n^et us^er", b"net user"),
        (b"who${x}ami", b"whoami"),
        (b"c\\\nat x", b"cat x"),
    ],
)
def test_takes_quotes_and_empty_expansions_off(text: bytes, shown: bytes) -> None:
    assert plain(text) == shown


def test_plain_words_stay_the_same_object() -> None:
    text = b"a plain text (with brackets)"
    assert plain(text) is text


@pytest.mark.parametrize(
    "text",
    [
        b"; echo abc",
        b";stat -c %s notes.txt",
        b"'; w'h'oami #",
        b"|/???/n?tsta?",
        b"& i^d",
        b"; v=$(hostname); [ 3 -eq ${#v} ] && sleep 4",
        b"a;{ls,-la}",
        b"\n cat notes.txt\n sleep 3 #",
    ],
)
def test_command_lines_weigh_much(text: bytes) -> None:
    assert weight(text) >= 3


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"cats; find them",
        b"a | b | date",
        b"|date|",
        b"id;name;type;date",
        b"L<CPAN.pm|CPAN>",
        b"$(TAR) cf x",
        b"Q&A; time; place",
        b"```bash\nnpm install\n```",
        b"The file is here; cat /etc/hosts",
        b"; " + b"cat x " * LONGEST,
        b"x;/*b?*c*/??*",
    ],
)
def test_texts_weigh_little(text: bytes) -> None:
    assert weight(text) < 3


@given(st.text(alphabet=" ;|&$(){}'\"\\`\n<>/?*[]^=,abcitslwhod0", max_size=120))
def test_reads_anything(text: str) -> None:
    assert weight(text.encode()) >= 0
