"""One text in every place of a request or response, and in many spellings: carriers for comparing, not for measuring.

Unlike `attacks.carriers` these need not be what an application takes apart: each is a place or a syntax that is read in a way of
its own. A carrier gives None where it cannot hold the text. It must not know any rule.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes

from yett.model.exchange import Fields, Request, Response

Carrier = Callable[[bytes], Request | None]
Spelling = Callable[[bytes], bytes]

HOST: Fields = ((b"Host", b"api.example"), (b"User-Agent", b"okhttp/4.12.0"), (b"Accept", b"*/*"))
FORM = b"application/x-www-form-urlencoded"
_TOKEN = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ITEMS = [f"item {number} of a list of things that are all harmless" for number in range(900)]


def quoted(text: bytes) -> bytes:
    return quote_from_bytes(text, safe="").encode()


def _get(target: bytes, *fields: tuple[bytes, bytes]) -> Request:
    return Request(method="GET", target=target, fields=(*HOST, *fields))


def _post(kind: bytes, body: bytes, target: bytes = b"/v1/things") -> Request:
    typed: Fields = ((b"Content-Type", kind),) if kind else ()
    return Request(method="POST", target=target, fields=(*HOST, *typed, (b"Content-Length", b"%d" % len(body))), body=body)


def in_field(text: bytes) -> bytes:
    """What of a text can stand in the value of a field."""
    return text.translate(None, b"\0\r\n").strip(b" \t")


def _as_sent(text: bytes) -> bytes:
    """In a target as it is, but for what would end it."""
    return re.sub(rb"[\x00-\x20\x7f-\xff#\\]", lambda found: b"%%%02x" % found[0][0], text)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _json(tree: Any, kind: bytes = b"application/json") -> Request:
    return _post(kind, json.dumps(tree).encode())


def _string(text: bytes) -> bytes:
    return json.dumps(_text(text)).encode()


def _escaped(text: bytes) -> bytes:
    units = _text(text).encode("utf-16-be", "surrogatepass")
    return b"".join(b"\\u%02x%02x" % (units[at], units[at + 1]) for at in range(0, len(units), 2))


def _xml(text: bytes) -> bytes:
    bare = _text(text).translate({octet: None for octet in range(32) if octet not in (9, 10)})
    return bare.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode()


def _form(body: bytes) -> Request:
    return _post(FORM, body)


def _multipart(*parts: tuple[bytes, bytes]) -> Request:
    body = b"".join(b"--x\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % part for part in parts)
    return _post(b"multipart/form-data; boundary=x", body + b"--x--\r\n")


def _field(name: bytes) -> Carrier:
    return lambda text: _get(b"/v1/things", (name, in_field(text)))


def _field_name(text: bytes) -> Request | None:
    name = _TOKEN.sub(b"", text)
    return _get(b"/", (name, b"1")) if name else None


def _halves(text: bytes) -> tuple[bytes, bytes]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def _levels(text: bytes) -> Any:
    """Names of as many levels as the text has dots, in an array."""
    tree: Any = 1
    for name in reversed(_text(text).split(".")[:40]):
        tree = {name: tree}
    return {"list": [None, tree]}


def _at(text: bytes, most: int) -> int:
    """An index that depends on the text."""
    return sum(text) % most


def _deep(text: bytes) -> Any:
    tree: Any = _text(text)
    for level in range(50):
        tree = [tree] if level % 2 else {"a": tree}
    return tree


CARRIERS: dict[str, Carrier] = {
    "query": lambda text: _get(b"/s?a=1&q=" + quoted(text)),
    "query, plus signs": lambda text: _get(b"/s?q=" + quoted(text).replace(b"%20", b"+")),
    "query, as sent": lambda text: _get(b"/s?q=" + _as_sent(text).replace(b"&", b"%26")),
    "query, twice encoded": lambda text: _get(b"/s?q=" + quoted(quoted(text))),
    "query, no escapes": lambda text: _get(b"/s?q=%zz%" + quoted(text) + b"%4"),
    "query, name": lambda text: _get(b"/s?%b=1" % quoted(text)),
    "query, name alone": lambda text: _get(b"/s?" + quoted(text)),
    "query, empty name": lambda text: _get(b"/s?=" + quoted(text)),
    "query, many": lambda text: _get(b"/s?" + b"a=1&" * 1_001 + b"q=" + quoted(text)),
    "query, absolute": lambda text: _get(b"http://api.example/s?q=" + quoted(text)),
    "query, absolute, no path": lambda text: _get(b"http://api.example?q=" + quoted(text)),
    "path": lambda text: _get(b"/s/%b/x" % quoted(text)),
    "path, last": lambda text: _get(b"/s/" + _as_sent(text).replace(b"?", b"%3f")),
    "path, twice encoded": lambda text: _get(b"/s/" + quoted(quoted(text))),
    "path, absolute": lambda text: _get(b"http://api.example/" + quoted(text)),
    "path, parameter": lambda text: _get(b"/s;v=%b/x" % quoted(text)),
    "cookie": lambda text: _get(b"/", (b"Cookie", b"a=1; q=" + in_field(text))),
    "cookie, name": lambda text: _get(b"/", (b"Cookie", b"%b=1" % in_field(text))),
    "cookie, encoded": lambda text: _get(b"/", (b"Cookie", b"q=" + quoted(text))),
    "cookie, second line": lambda text: _get(b"/", (b"Cookie", b"a=1"), (b"cookie", b"q=" + in_field(text))),
    "cookie, many": lambda text: _get(b"/", (b"Cookie", b"a=1;" * 1_001 + in_field(text))),
    **{
        f"field {name}": _field(name.encode())
        for name in (
            "Referer",
            "User-Agent",
            "Accept",
            "Authorization",
            "X-Forwarded-For",
            "X-Unknown",
            "Range",
            "Content-Type",
        )
    },
    "field, encoded": lambda text: _get(b"/", (b"Referer", b"http://api.example/?q=" + quoted(text))),
    "field, twice": lambda text: _get(b"/", (b"X-Twice", b"harmless"), (b"X-Twice", in_field(text))),
    "field, halves": lambda text: _get(b"/", *((b"X-Half", in_field(half)) for half in _halves(text))),
    "field, among many": lambda text: _get(b"/", *((b"X-A%d" % n, b"v%d" % n) for n in range(60)), (b"X-Z", in_field(text))),
    "field, name": _field_name,
    "type of a body": lambda text: _post(in_field(text), b"a=1"),
    "parameter of a type": lambda text: _post(b"application/json; x=" + in_field(text), b"{}"),
    "form": lambda text: _form(b"a=1&q=" + quoted(text)),
    "form, plus signs": lambda text: _form(b"q=" + quoted(text).replace(b"%20", b"+")),
    "form, as it is": lambda text: _form(b"a=1&q=" + text),
    "form, twice encoded": lambda text: _form(b"q=" + quoted(quoted(text))),
    "form, no escapes": lambda text: _form(b"q=%zz%" + text + b"%4"),
    "form, name": lambda text: _form(b"a=1&%b=1" % quoted(text)),
    "form, name alone": lambda text: _form(quoted(text)),
    "form, empty name": lambda text: _form(b"=" + quoted(text)),
    "form, thousands": lambda text: _form(b"".join(b"a%d=v&" % n for n in range(2_500)) + b"q=" + quoted(text)),
    "form, in the midst": lambda text: _form(b"a=1&" * 500 + b"q=" + quoted(text) + b"&b=2" * 400),
    "form that is JSON": lambda text: _post(FORM, b"[%b]" % _string(text)),
    "form, no type": lambda text: _post(b"", b"a=1&q=" + quoted(text)),
    "JSON": lambda text: _json({"id": 7, "q": _text(text), "on": True}),
    "JSON, nested": lambda text: _json({"a": [{"b": {"c": _text(text)}}, 1, None]}),
    "JSON, index": lambda text: _json([0] * _at(text, 30) + [{"q": _text(text)}]),
    "JSON, escapes": lambda text: _post(b"application/json", b'{"q":"%b"}' % _escaped(text)),
    "JSON, UTF-8": lambda text: _post(
        b"application/json", json.dumps([_text(text), "\u00e9\u20ac"], ensure_ascii=False).encode()
    ),
    "JSON, name": lambda text: _json({_text(text): 1, "a": 2}),
    "JSON, name of levels": lambda text: _json(_levels(text)),
    "JSON, name in array": lambda text: _json([{"a": 1}] * _at(text, 9) + [{_text(text): {}}]),
    "JSON, names around": lambda text: _json({_text(text): {"": [{_text(text): _text(text)}]}}),
    "JSON, name of halves": lambda text: _json({_text(_halves(text)[0]): {_text(_halves(text)[1]): "x"}}),
    "JSON, empty name": lambda text: _json({"": _text(text)}),
    "JSON, twice": lambda text: _post(b"application/json", b'{"q":%b,"q":"x"}' % _string(text)),
    "JSON, twice inside": lambda text: _post(
        b"application/json", b'[{"q":1},{"q":%b,"q":%b}]' % (_string(text), _string(text))
    ),
    "JSON, among numbers": lambda text: _post(
        b"application/json", b"[1e5,-0,1.50,12345678901234567890,%b,1E-7]" % _string(text)
    ),
    "JSON, scalar": lambda text: _post(b"application/json", _string(text)),
    "JSON, bare": lambda text: _post(b"application/json", text),
    "JSON, deep": lambda text: _json(_deep(text)),
    "JSON, document in a string": lambda text: _json({"q": json.dumps({"inner": [_text(text)]})}),
    "JSON, large": lambda text: _json({"l": _ITEMS, "q": _text(text)}),
    "JSON, many": lambda text: _json({"l": list(range(1_100)), "q": _text(text)}),
    "JSON, many names": lambda text: _json({**{f"n{n}": n for n in range(300)}, _text(text): 1}),
    "JSON, kin of its type": lambda text: _json([_text(text)], b"application/problem+json; charset=utf-8"),
    "JSON, cut": lambda text: _post(b"application/json", b'{"a":1,"q":%b' % _string(text)),
    "JSON, trailing comma": lambda text: _post(b"application/json", b'{"q":%b,}' % _string(text)),
    "JSON, single quotes": lambda text: _post(b"application/json", b"{'q':'%b'}" % text),
    "JSON, comment": lambda text: _post(b"application/json", b'/* x */{"q":%b}' % _string(text)),
    "JSON, mark before it": lambda text: _post(b"application/json", b'\xef\xbb\xbf{"q":%b}' % _string(text)),
    "JSON, half surrogate": lambda text: _post(b"application/json", b'["\\ud800",%b]' % _string(text)),
    "JSON, raw octets": lambda text: _post(
        b"application/json", b'["\xff%b"]' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    ),
    "JSON, no type": lambda text: _post(b"", b'{"q":%b}' % _string(text)),
    "JSON as text": lambda text: _post(b"text/plain", b'{"q":%b}' % _string(text)),
    "JSON, form": lambda text: _post(b"application/json", b"a=1&q=" + quoted(text)),
    "part": lambda text: _multipart((b'name="a"', b"1"), (b'name="q"', text)),
    "part, name": lambda text: _multipart((b'name="%b"' % text.replace(b'"', b'\\"'), b"1")),
    "file": lambda text: _multipart((b'name="f"; filename="a.txt"\r\nContent-Type: text/plain', text)),
    "file, name": lambda text: _multipart((b'name="f"; filename="%b"' % in_field(text).replace(b'"', b""), b"1")),
    "part, head": lambda text: _multipart((b'name="f"\r\nContent-Type: %b' % in_field(text), b"1")),
    "parts, many": lambda text: _multipart(*[(b'name="a"', b"1")] * 200, (b'name="q"', text)),
    "part, no boundary": lambda text: _post(
        b"multipart/form-data", b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n%b' % text
    ),
    "part, cut": lambda text: _post(
        b"multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n%b' % text
    ),
    "XML": lambda text: _post(b"application/xml", b"<a><b>%b</b></a>" % _xml(text)),
    "XML, attribute": lambda text: _post(b"text/xml", b'<a k="%b"/>' % _xml(text)),
    "XML, halves": lambda text: _post(b"text/xml", b"<a>%b<b/>%b</a>" % tuple(map(_xml, _halves(text)))),
    "XML, section": lambda text: _post(b"text/xml", b"<a><![CDATA[%b]]></a>" % text),
    "XML, comment": lambda text: _post(b"text/xml", b"<a><!-- %b --></a>" % _xml(text)),
    "XML, cut": lambda text: _post(b"text/xml", b"<a><b>" + text),
    "SOAP": lambda text: _post(b"application/soap+xml", b"<e:E xmlns:e='u'><e:B>%b</e:B></e:E>" % _xml(text)),
    "text": lambda text: _post(b"text/plain", b"first line\n" + text),
    "no type": lambda text: _post(b"", text),
    "octets": lambda text: _post(b"application/octet-stream", text),
    "everywhere": lambda text: Request(
        method="POST",
        target=b"/%b?%b=%b" % (quoted(text), quoted(text), quoted(text)),
        fields=(*HOST, (b"X-A", in_field(text)), (b"Cookie", b"q=" + in_field(text)), (b"Content-Type", b"application/json")),
        body=b'{"q":[%b]}' % _string(text),
    ),
}
"""By what tells them apart."""

NUMBERS = (
    *("1e5", "-0", "1.50", "12345678901234567890", "1E400", "-1e-400", "0.1", "1e-7", "123456789012345678901234567890.5", "-5"),
    *(
        "4294967295",
        "2.2250738585072011e-308",
        "0",
        "1.0",
        "100000000000000000000000",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "NaN",
        "-",
    ),
)
"""Of JSON, and some that are none."""

NUMBERED: tuple[bytes, ...] = (b"%b", b'{"a": %b}', b'{"a": [%b, "%b"]}', b'[[{"%b": %b}]]', b'{"a": {"b": true, "c": %b}}')
"""Documents with numbers in them, and texts and names that are spelt like them."""


def of_number(document: bytes, number: str) -> Request:
    return _post(b"application/json", document.replace(b"%b", number.encode()))


SPELLINGS: dict[str, Spelling] = {
    "as it is": lambda text: text,
    "capitals": bytes.upper,
    "after a line": lambda text: b"anna\n" + text,
    "line feeds": lambda text: text.replace(b" ", b"\n"),
    "carriage returns": lambda text: text.replace(b" ", b"\r\n"),
    "vertical tabs": lambda text: text.replace(b" ", b"\x0b"),
    "NUL": lambda text: text[: len(text) // 2] + b"\0" + text[len(text) // 2 :],
    "no-break spaces": lambda text: text.replace(b" ", b"\xc2\xa0"),
    "comments": lambda text: text.replace(b" ", b"/**/"),
    "escaped": quoted,
    "escaped as of IIS": lambda text: b"".join(b"%%u%04x" % octet for octet in text),
    "full width": lambda text: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in _text(text)).encode(),
    "overlong": lambda text: text.replace(b"/", b"\xc0\xaf").replace(b"'", b"\xc0\xa7"),
    "entities": lambda text: b"".join(b"&#x%x;" % octet for octet in text),
    "escapes of script": lambda text: b"".join(b"\\x%02x" % octet for octet in text),
    "backslashes": lambda text: b"\\".join(bytes((octet,)) for octet in text),
    "Base64": b64encode,
    "padded": lambda text: b" \t" + text + b"\n ",
    "to 32 octets": lambda text: (text + b" x" * 16)[: max(32, len(text))],
    "to 33 octets": lambda text: (text + b" x" * 17)[: max(33, len(text))],
    "to 1,024 octets": lambda text: (b"word " * 205)[: max(1_024 - len(text), 0)] + text,
    "to 1,025 octets": lambda text: (b"word " * 206)[: max(1_025 - len(text), 0)] + text,
    "long": lambda text: b"x y\n" * 700 + text,
    "very long": lambda text: b"harmless words, " * 4_200 + text,
    "cut to 31 octets": lambda text: text[:31],
    "nothing": lambda _: b"",
}
"""How a text may be written, so that some transformation makes it again, or so that it is as long as what is remembered may be."""

ANSWERS: dict[str, Callable[[bytes], Response]] = {
    "page": lambda text: _answer(200, b"text/html", text),
    "failure": lambda text: _answer(500, b"text/plain; charset=utf-8", b"Something went wrong:\n" + text),
    "document": lambda text: _answer(404, b"application/json", b'{"error":%b}' % _string(text)),
    "field": lambda text: _answer(200, b"text/html", b"<p>ok</p>", (b"X-Powered-By", in_field(text))),
    "location": lambda text: _answer(302, b"text/html", b"", (b"Location", b"/?" + quoted(text))),
    "cookies": lambda text: _answer(200, b"text/html", b"ok", (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"q=" + in_field(text))),
    "type": lambda text: _answer(200, in_field(text), b"ok"),
    "picture": lambda text: _answer(200, b"image/png", text),
}


def _answer(status: int, kind: bytes, body: bytes, *fields: tuple[bytes, bytes]) -> Response:
    return Response(status=status, fields=((b"Content-Type", kind), *fields), body=body)
