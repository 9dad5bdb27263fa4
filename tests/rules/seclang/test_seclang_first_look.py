"""The first look never hides a value from a rule: whatever it leaves out, every rule that is run on everything would not match.

Rules of all kinds, on one text in all places of a request and in many spellings, once as requests are judged and once with all
rules run.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seclang_rules import program
from small_view import SmallView

from yett.formats.inspected import DEFAULT_LIMITS
from yett.model.decision import Evaluation
from yett.model.exchange import Target
from yett.model.operation import Operation
from yett.rules.seclang import run
from yett.rules.seclang.live import LiveTransaction
from yett.rules.seclang.probes import SINGLE
from yett.rules.seclang.program import Program

EVERYWHERE = "ARGS|ARGS_NAMES|REQUEST_COOKIES|REQUEST_COOKIES_NAMES|XML:/*|XML://@*|REQUEST_FILENAME|REQUEST_HEADERS:X-A"
CHAINS = (
    "",
    "t:lowercase",
    "t:urlDecodeUni,t:lowercase",
    "t:utf8toUnicode,t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode,t:cssDecode,t:removeNulls",
    "t:urlDecodeUni,t:cmdLine,t:normalizePath",
    "t:removeWhitespace",
    "t:compressWhitespace,t:trim",
    "t:replaceComments",
    "t:base64Decode,t:lowercase",
    "t:lowercase,t:base64Decode",
    "t:utf8toUnicode,t:urlDecodeUni,t:removeNulls,multiMatch",
)
OPERATORS = (
    r"@rx (?i)union.*select",
    r"@rx ^a\s+b$",
    r"@rx \Aa[\s\S]b\z",
    r"@rx \b(?:evil|root)\b",
    r"@rx [\r\n]set-cookie",
    r"@rx constructor\.prototype",
    r"@rx ^json\.(?:a|b)\.",
    r"@rx ^-[0-9]",
    r"@rx (?:ab|\x00)$",
    "@pm evil <script set-cookie",
    "@streq exact",
    "@streq true",
    "@beginsWith /etc",
    "@endsWith passwd",
    "@contains /bin/",
    "@within evil exact root",
    "@detectSQLi",
    "@detectXSS",
    "@validateByteRange 9-10,13,32-126",
    "@validateUtf8Encoding",
    "@validateUrlEncoding",
)
MORE = r"""
SecRule REQUEST_BODY "@contains evil" "id:9001,phase:2,pass,log"
SecRule FILES|FILES_NAMES|MULTIPART_PART_HEADERS "@rx evil|root" "id:9002,phase:2,pass,log"
SecRule ARGS "@gt 40" "id:9003,phase:2,pass,log,t:length"
SecRule REQUEST_URI|QUERY_STRING|REQUEST_LINE "@rx (?i)union\s+select|evil" "id:9004,phase:1,pass,log,t:urlDecodeUni"
SecRule REQUEST_HEADERS "@rx evil" "id:9005,phase:1,pass,log,t:lowercase"
SecRule REQUEST_FILENAME "@rx ^/etc" "id:9006,phase:1,pass,log"
"""
RULES = MORE + "\n".join(
    f'SecRule {EVERYWHERE} "{operator}" "id:{100 * number + place + 1},phase:2,pass,log{"," if chain else ""}{chain}"'
    for number, operator in enumerate(OPERATORS)
    for place, chain in enumerate(CHAINS)
    if number % 3 == place % 3 or "multiMatch" in chain
)
TEXTS = (
    b"1 union select 2",
    b"a b",
    b"evil",
    b"x\r\nset-cookie: a=b",
    b"constructor.prototype",
    b"exact",
    b"/etc/passwd",
    b"; /bin/sh",
    b"1' or '1'='1",
    b"<script>alert(1)</script>",
    b"; exec xp_cmdshell('dir')",
    b"ab",
    b"%",
    b"harmless words of prose, nothing else",
)
SPELT: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda text: text,
    "in capitals": bytes.upper,
    "with a line feed": lambda text: text.replace(b" ", b"\n"),
    "with carriage returns": lambda text: text.replace(b" ", b"\r\n"),
    "with a vertical tab": lambda text: text.replace(b" ", b"\x0b"),
    "with NUL": lambda text: text[: len(text) // 2] + b"\0" + text[len(text) // 2 :],
    "with no-break spaces": lambda text: text.replace(b" ", b"\xc2\xa0"),
    "with half of those": lambda text: text.replace(b" ", b"\xa0"),
    "with a line separator": lambda text: text.replace(b" ", b"\xe2\x80\xa8"),
    "with plus signs": lambda text: text.replace(b" ", b"+"),
    "with comments": lambda text: text.replace(b" ", b"/**/"),
    "escaped": lambda text: quote_from_bytes(text, safe="").encode(),
    "escaped twice": lambda text: quote_from_bytes(quote_from_bytes(text, safe="").encode()).encode(),
    "escaped as of IIS": lambda text: b"".join(b"%%u%04x" % octet for octet in text),
    "overlong": lambda text: text.replace(b"/", b"\xc0\xaf").replace(b"'", b"\xc0\xa7"),
    "entities": lambda text: b"".join(b"&#x%x;" % octet for octet in text),
    "script": lambda text: b"".join(b"\\x%02x" % octet for octet in text),
    "with backslashes": lambda text: b"\\".join(bytes((octet,)) for octet in text),
    "with a break in script": lambda text: text.replace(b" ", b"\\n"),
    "Base64": b64encode,
    "Base64 in lines": lambda text: b64encode(text)[:5] + b"\n" + b64encode(text)[5:],
    "padded": lambda text: b" \t" + text + b"\n ",
    "after a line": lambda text: b"anna\n" + text + b"\nanna",
    "long": lambda text: b"x y\n" * 700 + text,
    "nothing": lambda _: b"",
}
FILL = (b"anna", b"", b"x\ny", b"a+b", b"50%", b"a\0b", b"C:\\tmp", b"evi\nl", "\U0001f600".encode())

Made = tuple[bytes, list[tuple[bytes, bytes]], bytes]


def _type(value: bytes, body: bytes) -> Made:
    return b"/", [(b"content-type", value)] if value else [], body


def _form(body: bytes) -> Made:
    return _type(b"application/x-www-form-urlencoded", body)


def _json(document: Any) -> Made:
    return _type(b"application/json", json.dumps(document).encode())


def _multipart(*parts: tuple[bytes, bytes]) -> Made:
    body = b"".join(b"--x\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % part for part in parts)
    return _type(b"multipart/form-data; boundary=x", body + b"--x--\r\n")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _xml(value: bytes) -> bytes:
    bare = value.decode("utf-8", "replace").translate({octet: None for octet in range(32) if octet not in (9, 10)})
    return bare.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode()


def _quoted(value: bytes) -> bytes:
    return quote_from_bytes(value, safe="").encode()


def _in_a_field(value: bytes) -> bytes:
    return value.translate(None, b"\0\r\n").strip()


def _halves(value: bytes) -> tuple[bytes, bytes]:
    return value[: len(value) // 2], value[len(value) // 2 :]


ITEMS = [f"item {number} of a list of things that are all harmless" for number in range(1_100)]
CARRIERS: dict[str, Callable[[bytes, bytes], Made]] = {
    "query": lambda value, fill: (b"/s?a=%b&q=%b" % (_quoted(fill), _quoted(value)), [], b""),
    "query's names": lambda value, _: (b"/s?%b=1" % _quoted(value), [], b""),
    "repeated": lambda value, _: (b"/s?q=%b&q=%b" % tuple(map(_quoted, _halves(value))), [], b""),
    "path": lambda value, _: (b"/s/%b" % _quoted(value), [], b""),
    "cookie": lambda value, fill: (b"/", [(b"cookie", b"a=%b; q=%b" % (_in_a_field(fill), _in_a_field(value)))], b""),
    "last of many cookies": lambda value, _: (b"/", [(b"cookie", b"a=1;" * 1_001 + _in_a_field(value))], b""),
    "field": lambda value, _: (b"/", [(b"x-a", _in_a_field(value)), (b"x-b", _in_a_field(value))], b""),
    "form": lambda value, fill: _form(b"a=%b&q=%b&z=%b" % (_quoted(fill), _quoted(value), _quoted(fill))),
    "form as it is": lambda value, fill: _form(b"a=%b&q=%b" % (_quoted(fill), value)),
    "form's names": lambda value, _: _form(b"a=1&%b=1" % _quoted(value)),
    "last of a large form": lambda value, _: _form(b"a=1&" * 1_001 + b"q=" + _quoted(value)),
    "part": lambda value, fill: _multipart((b'name="a"', fill), (b'name="q"', value)),
    "part's name": lambda value, fill: _multipart((b'name="%b"' % value.replace(b'"', b'\\"'), fill)),
    "file's name": lambda value, fill: _multipart((b'name="f"; filename="%b"' % _in_a_field(value), fill)),
    "large part": lambda value, _: _multipart((b'name="a"', b"a line of text\n" * 2_500), (b'name="q"', value)),
    "XML": lambda value, fill: _type(b"text/xml", b'<a k="%b"><b>%b</b></a>' % (_xml(fill), _xml(value))),
    "XML's attribute": lambda value, _: _type(b"text/xml", b'<a k="%b"/>' % _xml(value)),
    "XML, cut by elements": lambda value, _: _type(b"text/xml", b"<a>%b<b/>%b</a>" % tuple(map(_xml, _halves(value)))),
    "XML that is none": lambda value, _: _type(b"text/xml", b"<a>" + value),
    "JSON": lambda value, fill: _json({"a": _text(fill), "q": [{"b": _text(value)}, 1, None]}),
    "JSON's names": lambda value, fill: _json({"a": {_text(value): _text(fill)}}),
    "JSON's names, of containers": lambda value, _: _json({_text(value): {}}),
    "JSON's names, of several levels": lambda value, _: _json(
        {_text(value.partition(b".")[0]): {_text(value.partition(b".")[2]): 1}}
    ),
    "JSON with surrogates": lambda value, fill: _json(["\U0001f600", _text(fill), _text(value)]),
    "JSON with half of them": lambda value, _: _type(
        b"application/json", b'["\\ud800", %b]' % json.dumps(_text(value)).encode()
    ),
    "JSON with NUL": lambda value, _: _json({"a": "\0\1\3", "q": _text(value)}),
    "JSON, a name twice": lambda value, fill: _type(
        b"application/json", b'{"q":%b,"q":%b}' % (json.dumps(_text(value)).encode(), json.dumps(_text(fill)).encode())
    ),
    "JSON that is none": lambda value, fill: _type(
        b"application/json", b'{"a":%b,"q":"%b"' % (json.dumps(_text(fill)).encode(), value)
    ),
    "a text of JSON": lambda value, _: _json(_text(value)),
    "large JSON": lambda value, fill: _json({"a": _text(fill), "l": ITEMS, "q": _text(value)}),
    "large JSON that is none": lambda value, fill: _type(
        b"application/json", json.dumps(["".join(ITEMS), _text(fill), _text(value)]).encode()[:-1]
    ),
    "text": lambda value, fill: _type(b"text/plain", fill + b"\n" + value),
    "no type": lambda value, _: _type(b"", value),
    "no type, JSON": lambda value, fill: _type(b"", json.dumps([_text(fill), _text(value)]).encode()),
    "form that is JSON": lambda value, _: _form(json.dumps([_text(value)]).encode()),
    "JSON that is a form": lambda value, fill: _type(b"application/json", b"a=%b&q=%b" % (_quoted(fill), _quoted(value))),
    "XML that is JSON": lambda value, _: _type(b"text/xml", json.dumps([_text(value)]).encode()),
}
NUMBERS = (
    '{"a": true}',
    '{"a": -5}',
    '{"a": null}',
    "[[-1e400]]",
    '{"a": {"b": 1}}',
    '{"a": [1, [true]]}',
    "true",
    "-1",
    "[]",
    "{}",
)


@pytest.fixture(scope="module")
def compiled() -> Program:
    return program(RULES)


def _transaction(made: Made) -> LiveTransaction:
    target, fields, body = made
    lines = [(b"host", b"api.example"), *fields]
    view = SmallView("POST" if body else "GET", target=Target("/", None, target), lines=lines, fields=dict(lines), content=body)
    return LiveTransaction(view, Evaluation(Operation("o", "shop", "POST", "/"), 0.0, 0.0), DEFAULT_LIMITS)


def _matched(compiled: Program, made: Made, everything: bool) -> list[int]:
    t = _transaction(made)
    run.begin(compiled, t)
    if everything:
        choice = compiled.chosen(1, -1)
        t.phase = 1
        list(run._run(choice.first, t))
        t.enter_body()
        t.phase = 2
        list(run._run(choice.second, t))
    else:
        run.request(compiled, t)
    return [hit.rule.id for hit in t.hits]


def _differences(compiled: Program, cases: Sequence[tuple[str, Made]]) -> list[str]:
    found = []
    for name, made in cases:
        judged, all_of_them = _matched(compiled, made, False), _matched(compiled, made, True)
        if judged != all_of_them:
            found.append(f"{name}: {sorted(set(all_of_them).symmetric_difference(judged))} {made[0]!r} {made[2][:200]!r}")
    return found


@pytest.mark.parametrize("carrier", CARRIERS)
def test_in_no_place_a_spelling_is_hidden(compiled: Program, carrier: str) -> None:
    author = Random(carrier)
    large = "large" in carrier or "last" in carrier
    cases = []
    for text in author.sample(TEXTS, 2 if large else 6):
        for spelling in author.sample(sorted(SPELT), 2 if large else 6):
            value = SPELT[spelling](text)
            cases.append((f"{text!r} {spelling}", CARRIERS[carrier](value, author.choice(FILL))))
    assert not _differences(compiled, cases)


def test_numbers_and_truth_values(compiled: Program) -> None:
    assert not _differences(compiled, [(text, _type(b"application/json", text.encode())) for text in NUMBERS])
    assert _matched(compiled, _type(b"application/json", b'{"a": true}'), False)
    assert _matched(compiled, _type(b"application/json", b'{"a": -5}'), False)


def test_names_of_several_levels_are_one_name() -> None:
    rules = program(r'SecRule ARGS_NAMES "@rx constructor\.prototype" "id:1,phase:2,pass,log"')
    assert _matched(rules, _json({"constructor": {"prototype": {"admin": "x"}}}), False) == [1]
    assert _matched(rules, _json({"a": [{"constructor": {"prototype": []}}]}), False) == [1]
    assert _matched(rules, _json({"constructor": "prototype"}), False) == []


def test_a_test_of_single_values_between_transformations() -> None:
    rules = program('SecRule ARGS "@detectSQLi" "id:1,phase:2,pass,log,t:urlDecodeUni,t:removeNulls,multiMatch"')
    assert _matched(rules, (b"/?q=1;%00exec%00xp_cmdshell('dir')", [], b""), False) == [1]


def test_what_was_harmless_elsewhere_is_judged_here(compiled: Program) -> None:
    for text in TEXTS:
        for made in ((b"/?a=" + _quoted(text), [], b""), _json({"a": _text(text)}), _form(b"b=" + _quoted(text))):
            assert _matched(compiled, made, False) == _matched(compiled, made, True)
            assert _matched(compiled, made, False) == _matched(compiled, made, True)


@given(st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_no_number_is_sql_or_html(number: float) -> None:
    text = str(number).encode()
    assert not SINGLE["detectsqli"](text) and not SINGLE["detectxss"](text)


@pytest.mark.parametrize("text", ["[4294967295]", '{"a": 2.2250738585072011e-308}', '{"a": [{"b": -1}]}'])
def test_numbers_that_rules_look_for(text: str) -> None:
    rules = program(r'SecRule ARGS "@rx ^(?:4294967295|2\.225073858507201e-308|-1)$" "id:1,phase:2,pass,log,t:urlDecodeUni"')
    assert _matched(rules, _type(b"application/json", text.encode()), False) == [1]
    assert _matched(rules, _type(b"application/json", text.translate(str.maketrans("12", "34")).encode()), False) == []


@pytest.mark.parametrize("value", ["<a \uff06#10;onload=1", "<a\u010aonload=1", "<a\uff3cnonload=1"])
def test_line_breaks_that_characters_become(value: str) -> None:
    chain = "t:utf8toUnicode,t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode"
    rules = program(rf'SecRule ARGS "@rx <a ?[\n]onload=" "id:1,phase:2,pass,log,{chain}"')
    assert _matched(rules, _json({"a": value}), False) == _matched(rules, _json({"a": value}), True) == [1]
