"""Inputs that ask for as much work as possible within the limit of inspection."""

import base64
import json
import random
from collections.abc import Iterator

from attacks import traffic
from yett.model.exchange import Request

SIZE = (1 << 20) - 4_096
"""Octets of a body: just below the limit of inspection."""


def inputs() -> Iterator[tuple[str, Request]]:
    """(name, request). Values that each family of rules or each transformation has most to do with."""
    prose = traffic.bodies(SIZE - 50_000, 1)[0].body
    yield "1 MB of ordinary JSON", _post(prose)
    yield "1 MB in one text", _json({"text": "All work and no play makes a dull day. " * (SIZE // 39)})
    yield "1,000 arguments", _json({f"name{i}": f"value {i} of a thousand, nothing special" for i in range(999)})
    yield "20,000 small values", _json({"values": [f"v{i}" for i in range(20_000)]})
    yield "60 levels deep", _json(_nested(60))
    yield "quotes", _json({"text": "' or " * (SIZE // 5)})
    yield "nothing but quotes", _json({"text": "'" * (SIZE - 64)})
    yield "SQL without end", _json({"text": "select a from b where c = 'd' union /* x */ all " * (SIZE // 50)})
    yield "comments of SQL", _json({"text": "/*" * (SIZE // 2 - 64)})
    yield "open tags", _json({"text": "<a " * (SIZE // 3 - 64)})
    yield "script without end", _json({"text": "<script x=" * (SIZE // 10 - 64)})
    yield "entities", _json({"text": "&#x3c;" * (SIZE // 6 - 64)})
    yield "percent encodings", _json({"text": "%2527" * (SIZE // 5 - 64)})
    yield "backslashes", _json({"text": "\\" * (SIZE // 2 - 64)})
    yield "escapes of JavaScript", _json({"text": "\\u0041\\x41" * (SIZE // 12 - 64)})
    yield "base64", _json({"text": "QUFB" * (SIZE // 4 - 64)})
    yield "dots and slashes", _json({"text": "../" * (SIZE // 3 - 64)})
    yield "braces", _json({"text": "${" * (SIZE // 2 - 64)})
    yield "parentheses", _json({"text": "(" * (SIZE - 64)})
    yield "spaces", _json({"text": " " * (SIZE - 64)})
    yield "lines", _json({"text": "\n" * (SIZE // 2 - 64)})
    yield "shell words", _json({"text": "; cat | ls && id $(x) `y` " * (SIZE // 26)})
    yield "words of all rules", _json({"text": " ".join(random.Random(3).choices(_TRIGGERS, k=SIZE // 8))[: SIZE - 64]})
    yield "letters by chance", _json({"text": "".join(random.Random(4).choices("abc'\"<>()=;-/ %&\\x", k=SIZE // 2))})
    yield "all of ASCII by chance", _json({"text": _by_chance(_PRINTED, SIZE * 9 // 10)})
    yield "beyond ASCII by chance", _json({"text": _by_chance("abcdefgh \xe9\xfc\xdf\xf1\xe7\u20ac", SIZE // 3)})
    yield "escapes by chance", _json({"text": _by_chance("\\ux%0123456789abcdefn ", SIZE * 9 // 10)})
    yield "steps in and out", _json({"text": "a/../" * (SIZE // 5 - 64)})
    yield "words of all rules, one by one", _json({f"n{i}": f"{'x' * 900} {_TRIGGERS[i % len(_TRIGGERS)]}" for i in range(999)})
    yield "1 MB form", _post(("a=" + "%27+or+" * (SIZE // 7)).encode(), _FORM)
    yield (
        "form of 900 pairs",
        _post("&".join(f"a{i}={'x' * 1000}" for i in range(900)).encode(), _FORM),
    )
    yield "XML", _post(b"<a>" + b"<b c='d'>e</b>" * (SIZE // 14 - 8) + b"</a>", b"application/xml")
    yield (
        "attributes of XML",
        _post(b"<a>" + b"<b c='../../d' e='&lt;f&gt;'/>" * (SIZE // 30 - 8) + b"</a>", b"application/xml"),
    )
    yield (
        "9,000 files",
        _post(b"".join(_FILE % (i, i) for i in range(9_000)) + b"--B--\r\n", b"multipart/form-data; boundary=B"),
    )
    yield (
        "attributes of XML, nothing twice",
        _post(
            b"<a>" + b"".join(b"<b c='../%d' e='&lt;%d&gt;'/>" % (i, i) for i in range(SIZE // 38)) + b"</a>",
            b"application/xml",
        ),
    )
    yield "references by chance", _json({"text": "".join(f"&#{number};" for number in _numbers(999, SIZE // 6))})
    yield "%u by chance", _json({"text": "".join(f"%u{number:04x}" for number in _numbers(0xFFFF, SIZE // 6 - 64))})
    yield "escapes of CSS by chance", _json({"text": "".join(f"\\\\{number:x} " for number in _numbers(0xFFFF, SIZE // 10))})
    yield "steps by chance", _json({"text": _by_chance("./a", SIZE - 64)})
    yield (
        "Base64 in every value",
        _json({f"n{i}": base64.b64encode(b"x' or %d=%d -- <a href=%d>" % (i, i, i) * 25).decode() for i in range(999)}),
    )
    yield (
        "200 cookies",
        Request(
            method="GET",
            target=b"/",
            fields=(*_HEAD, (b"Cookie", b"; ".join(b"a%d=%%27%%20or%%20%d" % (i, i) for i in range(200)))),
        ),
    )
    yield "8 KB query", Request(method="GET", target=b"/v1/search?q=" + b"%27%20or%20" * 700, fields=_HEAD)
    words = " ".join(random.Random(3).choices(_TRIGGERS, k=2_000))
    yield "7 KB of words of all rules", _json({"text": words[:7_000]})
    yield "3 KB of quotes", _json({"text": "' or " * 600})
    yield (
        "2 KB cookie of words",
        Request(method="GET", target=b"/", fields=(*_HEAD, (b"Cookie", b"a=%b" % _crumb(words[:2_000])))),
    )
    yield (
        "2 KB cookie by chance",
        Request(method="GET", target=b"/", fields=(*_HEAD, (b"Cookie", b"a=%b" % _crumb(_by_chance(_PRINTED, 2_000))))),
    )
    yield (
        "200 query arguments",
        Request(method="GET", target=b"/?" + b"&".join(b"a%d='%d" % (i, i) for i in range(200)), fields=_HEAD),
    )
    yield (
        "50 fields",
        Request(method="GET", target=b"/", fields=(*_HEAD, *((b"X-A%d" % i, b"<a href='%d'>" % i) for i in range(50)))),
    )


_PRINTED = "".join(map(chr, range(32, 127)))
_FORM = b"application/x-www-form-urlencoded"
_FILE = b'--B\r\nContent-Disposition: form-data; name="f%d"; filename="a%d.txt"\r\n\r\nx\r\n'
_HEAD = ((b"Host", traffic.HOST.encode()), (b"User-Agent", b"okhttp/4.12.0"), (b"Accept", b"*/*"))
_TRIGGERS = (
    *(
        "select",
        "union",
        "from",
        "where",
        "sleep(",
        "benchmark(",
        "<script",
        "onerror=",
        "javascript:",
        "../",
        "/etc/",
        "passwd",
    ),
    *(
        "cat",
        "wget",
        "curl",
        "${",
        "jndi:",
        "<?php",
        "eval(",
        "base64_decode",
        "$ne",
        "__proto__",
        "java.lang",
        "Runtime",
        "0x41",
    ),
    *("'", '"', "--", "/*", "*/", "||", "&&", ";", "char(", "xp_cmdshell", "http://", "file://", "alert(", "document.cookie"),
)


def _post(body: bytes, media: bytes = b"application/json") -> Request:
    fields = (*_HEAD, (b"Content-Type", media), (b"Content-Length", b"%d" % len(body)))
    return Request(method="POST", target=b"/v1/orders", fields=fields, body=body)


def _json(tree: object) -> Request:
    return _post(json.dumps(tree, separators=(",", ":")).encode())


def _crumb(text: str) -> bytes:
    """As a cookie's value: semicolons would end it."""
    return text.replace(";", ",").encode()


def _by_chance(letters: str, count: int) -> str:
    return "".join(random.Random(5).choices(letters, k=count))


def _numbers(most: int, count: int) -> list[int]:
    return random.Random(6).choices(range(1, most + 1), k=count)


def _nested(depth: int) -> object:
    tree: object = "x' or '1"
    for level in range(depth):
        tree = {"a": tree} if level % 2 else [tree, "b"]
    return tree
