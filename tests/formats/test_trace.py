"""W3C Trace Context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.trace import STATE_LENGTH, Parent, child, parse, state

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01".encode()
NEW_SPAN, NEW_TRACE = bytes(range(1, 9)), bytes(range(1, 17))


@pytest.mark.parametrize(
    ("field", "flags"),
    [
        (GOOD, 1),
        (GOOD[:-2] + b"00", 0),
        (GOOD[:-2] + b"ff", 3),
        (b"cc" + GOOD[2:], 1),
        (b"cc" + GOOD[2:] + b"-what-comes", 1),
        (b"01" + GOOD[2:] + b"-", 1),
    ],
)
def test_valid(field: bytes, flags: int) -> None:
    assert parse(field) == Parent(TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "field",
    [
        b"",
        GOOD.upper(),
        GOOD[:-1],
        GOOD + b"1",
        GOOD + b"-01",
        GOOD + b"\n",
        b" " + GOOD,
        b"ff" + GOOD[2:],
        b"01" + GOOD[2:] + b"x",
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        GOOD.replace(b"-", b"_"),
        GOOD + b", " + GOOD,
    ],
)
def test_invalid(field: bytes) -> None:
    assert parse(field) is None
    trace, lines = child(field, b"a=1", NEW_SPAN, NEW_TRACE)
    assert trace == NEW_TRACE.hex()
    assert lines == f"traceparent: 00-{NEW_TRACE.hex()}-{NEW_SPAN.hex()}-03\r\n".encode()


def test_children() -> None:
    assert child(GOOD, b"a=1, b=2", NEW_SPAN, NEW_TRACE) == (
        TRACE,
        f"traceparent: 00-{TRACE}-{NEW_SPAN.hex()}-01\r\ntracestate: a=1,b=2\r\n".encode(),
    )
    assert child(GOOD, b"A=1", NEW_SPAN, NEW_TRACE)[1] == f"traceparent: 00-{TRACE}-{NEW_SPAN.hex()}-01\r\n".encode()
    assert child(GOOD, None, NEW_SPAN, NEW_TRACE)[1].count(b"\r\n") == 1
    assert child(None, None, NEW_SPAN, NEW_TRACE, sampled=False)[1].endswith(b"-02\r\n")


@given(st.one_of(st.none(), st.binary(max_size=80), st.just(GOOD)), st.one_of(st.none(), st.binary(max_size=80)))
def test_whatever_comes_a_valid_parent_goes_on(traceparent: bytes | None, tracestate: bytes | None) -> None:
    trace, lines = child(traceparent, tracestate, NEW_SPAN, NEW_TRACE)
    first, *rest = lines.removesuffix(b"\r\n").split(b"\r\n")
    found = parse(first.removeprefix(b"traceparent: "))
    assert found is not None and (found.trace, found.span) == (trace, NEW_SPAN.hex())
    assert all(line.startswith(b"tracestate: ") for line in rest) and len(rest) <= 1


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        (b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (b" a=1 ,\t,b=x y", b"a=1,b=x y"),
        (b"fw529a3039@dt=FfAAA", b"fw529a3039@dt=FfAAA"),
        (b"0t@v=1", b"0t@v=1"),
        (b"0t=1", b""),
        (b"a=1,a=2", b""),
        (b"a=", b""),
        (b"a", b""),
        (b"a=b=c", b""),
        (b"a=\x00", b""),
        (b"A=1", b""),
        (b"", b""),
        (b",".join(b"k%d=1" % i for i in range(32)), b",".join(b"k%d=1" % i for i in range(32))),
        (b",".join(b"k%d=1" % i for i in range(33)), b""),
        (b",".join(b"k%d=1" % i for i in range(10_000)), b""),
        (b"a=1,long=" + b"x" * 200 + b",b=2," + b"c=" + b"y" * 250 + b",d=" + b"z" * 100, b"a=1,b=2,d=" + b"z" * 100),
    ],
)
def test_state(field: bytes, kept: bytes) -> None:
    assert state(field) == kept


def test_state_fits() -> None:
    kept = state(b",".join(b"k%d=%b" % (i, b"v" * 60) for i in range(20)))
    assert 0 < len(kept) <= STATE_LENGTH
    assert kept.startswith(b"k0=") and kept.endswith(b"v")
