"""Requests that two servers have been known to read differently. Each is one request, or none; what looks like a second one is
part of the first one's body, or follows what cannot be read.

`ACCEPTED` must be carried; `REFUSED` must not reach the upstream, and ends the connection; `DENIED` must not reach it either, but
says well where it ends. Names say what is odd about them.
"""

INNER = b"GET /smuggled HTTP/1.1\r\nHost: h\r\nX: "
LENGTHY = b"5c\r\nGPOST /smuggled HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n\r\nx=1\r\n0\r\n\r\n"


def request(*lines: bytes, start: bytes = b"POST / HTTP/1.1", host: bytes = b"Host: h", body: bytes = b"") -> bytes:
    return b"\r\n".join((start, *((host,) if host else ()), *lines)) + b"\r\n\r\n" + body


def chunked(body: bytes, *lines: bytes) -> bytes:
    return request(b"Transfer-Encoding: chunked", *lines, body=body)


ACCEPTED: dict[str, bytes] = {}
REFUSED: dict[str, bytes] = {}
DENIED: dict[str, bytes] = {}

# --- Transfer-Encoding ----------------------------------------------------------------------------------------------

_CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"
_ODD_CODINGS = (
    b"xchunked", b"chunked, identity", b"identity, chunked", b"chunked;q=1", b"chunked; a=b", b"chunked,", b",chunked", b"chunked chunked",
    b"chunked, chunked", b'"chunked"', b"'chunked'", b"[chunked]", b"(x) chunked", b"chunked-false", b"0chunked", b"cow", b"", b"identity",
    b"gzip", b"gzip, chunked", b"chunked, gzip", b"compress, chunked", b"trailers, chunked", b"\x0bchunked", b"chunked\x0b", b"\x0cchunked",
    b"chunked\x00", b"\x00chunked", b"\xa0chunked", b"chunked\xa0", b"chun\xc4\xb7ed", b"\xef\xbb\xbfchunked", b"chunked\x7f", b"chunke",
    b"hunked", b"nothing\r\n chunked", b"\r\n chunked", b"\r\n\tchunked", b"chunked\r\n , identity", b"chunked\rX: y", b"x\nchunked", b"chunked=1",
)  # fmt: skip
for _coding in _ODD_CODINGS:
    REFUSED[f"TE {_coding!r}"] = request(b"Transfer-Encoding: " + _coding, body=_CHUNKS + INNER)
    REFUSED[f"CL and TE {_coding!r}"] = request(b"Content-Length: 4", b"Transfer-Encoding: " + _coding, body=LENGTHY)
for _coding in (b"chunked", b"Chunked", b"CHUNKED", b"cHuNkEd", b" \t chunked", b"chunked \t"):
    ACCEPTED[f"TE {_coding!r}"] = request(b"Transfer-Encoding: " + _coding, body=_CHUNKS)
    REFUSED[f"CL.TE {_coding!r}"] = request(b"Content-Length: 6", b"Transfer-Encoding: " + _coding, body=b"0\r\n\r\nG" + INNER)
    REFUSED[f"TE.CL {_coding!r}"] = request(b"Transfer-Encoding: " + _coding, b"Content-Length: 4", body=LENGTHY)
ACCEPTED["TE without space"] = request(b"Transfer-Encoding:chunked", body=_CHUNKS)
ACCEPTED["TE in capitals"] = request(b"TRANSFER-ENCODING: chunked", body=_CHUNKS)
ACCEPTED["a smuggled request in a chunk"] = chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER))
ACCEPTED["a smuggled request as body"] = request(b"Content-Length: %d" % len(INNER), body=INNER)
ACCEPTED["chunks as body of a length"] = request(b"Content-Length: %d" % len(LENGTHY), body=LENGTHY)
for _pair in (
    (b"chunked", b"chunked"),
    (b"chunked", b"identity"),
    (b"identity", b"chunked"),
    (b"chunked", b""),
    (b"", b"chunked"),
):
    _lines = [b"Transfer-Encoding: " + coding for coding in _pair]
    REFUSED[f"TE twice {_pair}"] = request(*_lines, body=_CHUNKS + INNER)
    REFUSED[f"CL and TE twice {_pair}"] = request(b"Content-Length: 4", *_lines, body=LENGTHY)
REFUSED["TE in HTTP/1.0"] = request(b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.0", body=_CHUNKS + INNER)
REFUSED["TE in HTTP/1.0 with keep-alive"] = request(
    b"Connection: keep-alive", b"Transfer-Encoding: chunked", b"Content-Length: 4", start=b"POST / HTTP/1.0", body=LENGTHY
)

# --- names of the framing fields ------------------------------------------------------------------------------------

for _name, _value in ((b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"4"), (b"Host", b"evil")):
    for _line in (
        _name + b" : " + _value, _name + b"\t: " + _value, b" " + _name + b": " + _value, b"\t" + _name + b": " + _value,
        b"\x00" + _name + b": " + _value, _name + b"\x00: " + _value, b"\x0b" + _name + b": " + _value, b"X: y\r" + _name + b": " + _value,
        b"X: y\n" + _name + b": " + _value, b"X: y\x00\n" + _name + b": " + _value, b"X: y\r\r\n" + _name + b": " + _value,
        _name + b"\r\n: " + _value, _name + b"\r: " + _value, _name + b"\n: " + _value, b'"' + _name + b'": ' + _value,
        _name + b"\xa0: " + _value, _name + b"\xc2\xad: " + _value, b"(" + _name + b"): " + _value, _name + b"; " + _value,
        b"X\r\n " + _name + b": " + _value, b": " + _name + b": " + _value, _name + b"=: " + _value, _name + b" " + _value,
    ):  # fmt: skip
        _framing = b"Content-Length: 3" if _name != b"Content-Length" else b"Transfer-Encoding: chunked"
        REFUSED[f"{_line!r} beside a framing"] = request(_framing, _line, body=b"0\r\n\r\n" + INNER)
        REFUSED[f"{_line!r} alone"] = request(_line, body=b"0\r\n\r\n" + INNER)
for _line in (b"Transfer_Encoding: chunked", b"Content_Length: 3", b"TRANSFER_ENCODING: chunked", b"content_length: 0"):
    DENIED[f"{_line!r} for servers that read _ as -"] = request(_line, b"Content-Length: 4", body=b"abcd")
REFUSED["no colon"] = request(b"Transfer-Encoding chunked", body=_CHUNKS)
REFUSED["a pseudo field"] = request(b":method: GET", b"Content-Length: 0")
REFUSED["a comment as field"] = request(b"# Content-Length: 3", body=b"abc")
ACCEPTED["fields that only look like framing"] = request(
    b"X-Transfer-Encoding: chunked", b"Content-Length2: 9", b"XContent-Length: 9", b"Content-Length: 3", body=b"abc"
)

# --- Content-Length -------------------------------------------------------------------------------------------------

for _length in (
    b"3, 3", b"3,3", b"3, 4", b"3,", b",3", b"3 3", b"3;", b"3; 3", b"+3", b"-3", b"- 3", b"0x3", b"3.0", b"3e0", b"1_0", b"three", b"",
    b"3\x00", b"\x003", b"3\x0b", b"\x0b3", b"\x0c3", b"3\xa0", b"\xa03", b"\xd9\xa3", b"\xef\xbc\x93", b"\xb3", b'"3"', b"3\r\n 4", b"\r\n 3",
    b"3\r4", b"3\n4", b"99999999999999999999", b"18446744073709551619", b"4294967299999999999", b"0003\x00", b"3 bytes", b"0b11", b"0o3", b"3l",
    b"-0", b"+0", b"3-", b"(3)", b"3\\",
):  # fmt: skip
    REFUSED[f"CL {_length!r}"] = request(b"Content-Length: " + _length, body=b"abc" + INNER)
ACCEPTED["CL with zeros before"] = request(b"Content-Length: 0003", body=b"abc")
ACCEPTED["CL that looks octal"] = request(b"Content-Length: 010", body=b"0123456789")
ACCEPTED["CL with spaces around"] = request(b"Content-Length:\t 3 \t", body=b"abc")
for _pair in ((b"3", b"3"), (b"3", b"4"), (b"0", b"3"), (b"3", b""), (b"03", b"3")):
    REFUSED[f"CL twice {_pair}"] = request(*(b"Content-Length: " + length for length in _pair), body=b"abc" + INNER)
REFUSED["CL twice in other letters"] = request(b"content-length: 3", b"CONTENT-LENGTH: 0", body=b"abc")
ACCEPTED["GET with a body"] = request(b"Content-Length: %d" % len(INNER), start=b"GET / HTTP/1.1", body=INNER)
ACCEPTED["HEAD with a body"] = request(b"Content-Length: 3", start=b"HEAD / HTTP/1.1", body=b"abc")
ACCEPTED["OPTIONS with chunks"] = request(b"Transfer-Encoding: chunked", start=b"OPTIONS / HTTP/1.1", body=_CHUNKS)
ACCEPTED["an unknown method with a body"] = request(b"Content-Length: 3", start=b"GPOST / HTTP/1.1", body=b"abc")

# --- chunks ---------------------------------------------------------------------------------------------------------

for _size in (
    b"0x3", b"+3", b"-3", b" 3", b"\t3", b"3 ", b"3\t", b"", b"g", b"3g", b"3,", b"3:", b"3\x00", b"\x003", b"3\x0b", b"\xd9\xa3", b"3_0", b"3.0",
    b"3\r", b"3\n", b"3;a\rb", b"3;a\nb", b"3;a\x00b", b"3;a\x0bb", b'3;a="b\r\nc"', b"3;a=\x7f", b"3 3", b"100000000000000003",
    b"fffffffffffffffd", b"FFFFFFFFFFFFFFFF3", b"-fffffffffffffffd", b"80000000000000000000000000000003", b"3h", b"0x", b"'3'",
):  # fmt: skip
    REFUSED[f"chunk size {_size!r}"] = chunked(_size + b"\r\nabc\r\n0\r\n\r\n" + INNER)
for _size in (b"3", b"03", b"0000000003", b"3;a", b"3;a=b", b'3;a="b;c"', b"3;a=b;c=d", b"3 ;a", b"3;", b"3;;;"):
    ACCEPTED[f"chunk size {_size!r}"] = chunked(_size + b"\r\nabc\r\n0\r\n\r\n")
for _chunk in (
    b"abc",
    b"abc\n",
    b"abc\r",
    b"abcd\r\n",
    b"ab\r\n",
    b"abcX\r\n",
    b"abc\r\r\n",
    b"abc\n\r\n",
    b"abc\x00\x00",
    b"abc \r\n",
    b"abc0\r\n",
):
    REFUSED[f"chunk data {_chunk!r}"] = chunked(b"3\r\n" + _chunk + b"0\r\n\r\n" + INNER)
for _last in (
    b"0\n\n", b"0\r\n\n", b"0\n\r\n", b"-0\r\n\r\n", b"0x0\r\n\r\n", b"0 \r\n\r\n", b"0\r\r\n\r\n", b"0\r\n\r\r\n", b"0\r\nbad\r\n\r\n", b"0\r\n: x\r\n\r\n",
    b"0\r\nX : y\r\n\r\n", b"0\r\nX: y\r\n folded\r\n\r\n", b"0\r\nX: y\nZ: w\r\n\r\n", b"0\r\nX: \x00\r\n\r\n", b"0\r\n X: y\r\n\r\n", b"0\r\n\x00\r\n\r\n",
):  # fmt: skip
    REFUSED[f"last chunk {_last!r}"] = chunked(b"3\r\nabc\r\n" + _last + INNER)
for _last in (
    b"0\r\n\r\n", b"00\r\n\r\n", b"0;a=b\r\n\r\n", b"000000000\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\nContent-Length: 50\r\nHost: evil\r\n\r\n",
    b"0\r\nTransfer-Encoding: identity\r\nAuthorization: x\r\n\r\n", b"0\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n",
):  # fmt: skip
    ACCEPTED[f"last chunk {_last!r}"] = chunked(b"3\r\nabc\r\n" + _last)
REFUSED["a chunk that never ends"] = chunked(b"7fffffff\r\nabc")
REFUSED["chunks without a last one"] = chunked(b"3\r\nabc\r\n")
REFUSED["many chunks with long extensions"] = chunked((b"1;" + b"x" * 900 + b"\r\na\r\n") * 50 + b"0\r\n\r\n")
REFUSED["an endless extension"] = chunked(b"3;" + b"x" * 20_000)
REFUSED["trailers without end"] = chunked(b"0\r\n" + b"X: y\r\n" * 5_000 + b"\r\n")

# --- request lines --------------------------------------------------------------------------------------------------

for _start in (
    b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"GET\t/ HTTP/1.1", b"GET /\tHTTP/1.1", b"GET /\x0bHTTP/1.1",
    b"GET\x0b/ HTTP/1.1", b"GET /\x0c HTTP/1.1", b"GET /\x85 HTTP/1.1", b"GET /\xa0 HTTP/1.1", b"GET / HTTP/1.1\t", b"GET / HTTP/1.10", b"GET / HTTP/1.2",
    b"GET / HTTP/2.0", b"GET / HTTP/0.9", b"GET / HTTP/1,1", b"GET / HTTP/01.1", b"GET / HTTP/1.01", b"GET / http/1.1", b"GET / HTTP 1.1", b"GET / HTTP/1",
    b"GET / HTTPS/1.1", b"GET / ICAP/1.0", b"GET / XHTTP/1.1", b"GET /", b"GET", b"", b"GET / HTTP/1.1 HTTP/1.1", b"GET /a b HTTP/1.1", b"GET / HTTP/1.1\x00",
    b"\x00GET / HTTP/1.1", b"\xef\xbb\xbfGET / HTTP/1.1", b"GE\x00T / HTTP/1.1", b"GE(T / HTTP/1.1", b"G\xc3\x89T / HTTP/1.1", b"GET: / HTTP/1.1",
    b"get / HTTP/1.1", b"Get / HTTP/1.1", b"GET / HTTP/1.1\rX: y", b"GET / HTTP/1.1\nHost: evil", b"\rGET / HTTP/1.1", b"\nGET / HTTP/1.1", b"\r\n\r\nGET / HTTP/1.1",
    b"GET \\ HTTP/1.1", b"GET ?x HTTP/1.1", b"GET #x HTTP/1.1", b"GET h/x HTTP/1.1", b"GET h:80/x HTTP/1.1", b"GET @evil/ HTTP/1.1", b"GET * HTTP/1.1",
    b"GET /a#b HTTP/1.1", b"GET /\x00 HTTP/1.1", b"GET /%00 HTTP/1.1", b"GET /%zz HTTP/1.1", b"GET /% HTTP/1.1", b"GET /a\\b HTTP/1.1", b"GET /%5c HTTP/1.1",
    b"GET /../a HTTP/1.1", b"GET /%2e%2e/a HTTP/1.1", b"GET /a/..;/b HTTP/1.1", b"GET /%252e%252e/a HTTP/1.1", b"GET /a%2fb HTTP/1.1", b"GET /%0d%0aX:y HTTP/1.1",
    b"GET /%c0%ae/ HTTP/1.1", b"GET /\xc3\xbc HTTP/1.1", b"CONNECT h:80 HTTP/1.1", b"CONNECT / HTTP/1.1", b"TRACE / HTTP/1.1", b"PRI * HTTP/2.0",
):  # fmt: skip
    REFUSED[f"start {_start!r}"] = request(b"Content-Length: 0", start=_start)
for _target in (
    b"http://evil/", b"http://h:81/", b"http://evil@h/", b"http://h@evil/", b"http://h:80@evil/", b"http://h\\@evil/", b"http:///x", b"http:/x", b"http:x",
    b"http://", b"ftp://h/", b"file:///etc/passwd", b"HTTP2://h/", b"http://h%00/", b"http://h%2fevil/", b"http://h.evil/", b"http://[::1]/", b"//h/../x",
    b"http://h:0x50/", b"http://h: 80/", b"http://h#@evil/", b"javascript://h/", b"http://h,evil/", b"http://h:/",
):  # fmt: skip
    REFUSED[f"absolute {_target!r}"] = request(start=b"GET " + _target + b" HTTP/1.1")
for _target in (b"http://h/x", b"HTTP://H/x", b"http://h:80/x", b"http://h?x", b"http://h"):
    ACCEPTED[f"absolute {_target!r}"] = request(start=b"GET " + _target + b" HTTP/1.1")
for _target in (
    b"//evil/x",
    b"/http://evil/",
    b"/x?http://evil/../",
    b"/@evil",
    b"/x;a=b",
    b"/x?a=%0d%0aX:%20y",
    b"/x??#".rstrip(b"#"),
    b"///",
    b"/%41",
):
    ACCEPTED[f"target {_target!r}"] = request(start=b"GET " + _target + b" HTTP/1.1")
ACCEPTED["OPTIONS *"] = request(start=b"OPTIONS * HTTP/1.1")
ACCEPTED["one empty line before"] = b"\r\n" + request(start=b"GET / HTTP/1.1")

# --- Host -----------------------------------------------------------------------------------------------------------

for _host in (
    b"Host: h\r\nHost: h", b"Host: h\r\nHost: evil", b"Host: h, evil", b"Host: h evil", b"Host: h\tevil", b"Host: h:80:80", b"Host: h:", b"Host: h/evil",
    b"Host: h@evil", b"Host: h#evil", b"Host: h?evil", b"Host: h\\evil", b"Host: [::1", b"Host: ::1", b"Host: h\x00evil", b"Host: h%00", b"Host: h%2eevil",
    b"Host: http://h", b"Host: h:http", b"Host: h:99999", b"Host: 127.1", b"Host: 0x7f000001", b"Host: 2130706433", b"Host: -", b"Host: h\r\n evil", b"Host:",
    b"Host: \xc3\xbc", b"Host: h;evil", b"Host: h'\"", b"Host: .", b"Host: h..evil", b"X: y",
):  # fmt: skip
    REFUSED[f"host {_host!r}"] = request(b"Content-Length: 0", host=_host)
for _host in (b"Host: h:80", b"Host: H", b"HOST: h", b"Host:h", b"Host: h.", b"Host: [::1]:80", b"Host: 127.0.0.1"):
    ACCEPTED[f"host {_host!r}"] = request(b"Content-Length: 0", host=_host)
ACCEPTED["HTTP/1.0 without Host"] = request(host=b"", start=b"GET / HTTP/1.0")
REFUSED["HTTP/1.0 absolute without Host"] = request(host=b"", start=b"GET http://h/ HTTP/1.0")

# --- lines ----------------------------------------------------------------------------------------------------------

REFUSED["LF only"] = request(b"Content-Length: 0").replace(b"\r\n", b"\n")
REFUSED["CR only"] = request(b"Content-Length: 0").replace(b"\r\n", b"\r") + b"\r\n\r\n"
REFUSED["LF CR"] = request(b"Content-Length: 0").replace(b"\r\n", b"\n\r") + b"\r\n\r\n"
REFUSED["CR CR LF"] = request(b"Content-Length: 0").replace(b"\r\n", b"\r\r\n") + b"\r\n\r\n"
REFUSED["LF before the empty line"] = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\n\r\nabc\r\n\r\n"
REFUSED["LF as the empty line"] = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\nabc\r\n\r\n"
REFUSED["fold before all fields"] = b"GET / HTTP/1.1\r\n X: y\r\nHost: h\r\n\r\n"
REFUSED["fold with a tab"] = request(b"X: a\r\n\tb", b"Content-Length: 0")
REFUSED["a line of spaces"] = request(b"  ", b"Content-Length: 3", body=b"abc")
for _octet in (b"\x00", b"\x01", b"\x08", b"\x0b", b"\x0c", b"\x1b", b"\x7f", b"\r", b"\n"):
    REFUSED[f"{_octet!r} in a value"] = request(b"X: a" + _octet + b"b", b"Content-Length: 0")
    REFUSED[f"{_octet!r} in a name"] = request(b"X" + _octet + b"Y: b", b"Content-Length: 0")
for _octet in (b"\t", b"\x80", b"\xff", b"\xc3\xbc", b'"', b"\\", b",", b":"):
    ACCEPTED[f"{_octet!r} in a value"] = request(b"X: a" + _octet + b"b", b"Content-Length: 0")

# --- connections ----------------------------------------------------------------------------------------------------

_NEXT = request(start=b"GET /smuggled HTTP/1.1")
ACCEPTED["close, then another request"] = request(b"Connection: close", b"Content-Length: 3", body=b"abc" + _NEXT)
ACCEPTED["close among others, then another request"] = request(
    b"Connection: keep-alive, CLOSE", b"Content-Length: 0", body=_NEXT
)
ACCEPTED["HTTP/1.0, then another request"] = request(b"Content-Length: 0", start=b"POST / HTTP/1.0", body=_NEXT)
ACCEPTED["HTTP/1.0 with keep-alive and a body"] = request(
    b"Connection: keep-alive", b"Content-Length: %d" % len(INNER), start=b"POST / HTTP/1.0", body=INNER
)
ACCEPTED["an upgrade to h2c"] = request(
    b"Connection: Upgrade, HTTP2-Settings",
    b"Upgrade: h2c",
    b"HTTP2-Settings: AAMAAABkAAQAAP__",
    b"Content-Length: 3",
    body=b"abc",
)
ACCEPTED["an upgrade to something"] = request(b"Connection: Upgrade", b"Upgrade: foo/2, websocket", b"Content-Length: 0")
DENIED["a websocket with a body"] = request(
    b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Content-Length: %d" % len(INNER), start=b"GET / HTTP/1.1", body=INNER,
)  # fmt: skip
DENIED["a websocket of another version"] = request(
    b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 777", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    start=b"GET / HTTP/1.1",
)  # fmt: skip
for _name, _value in (
    (b"Host", b""), (b"Content-Length", b"3"), (b"Content-Type", b"application/json"), (b"Authorization", b"Bearer x"), (b"Cookie", b"a=b"),
    (b"X-Forwarded-For", b"6.6.6.6"), (b"Forwarded", b"for=6.6.6.6"), (b"Origin", b"http://evil"), (b"Content-Encoding", b"gzip"), (b"Range", b"bytes=0-1"),
):  # fmt: skip
    _given = (_name + b": " + _value,) if _value else ()
    _framed = () if _name == b"Content-Length" else (b"Content-Length: 3",)
    REFUSED[f"Connection names {_name!r}"] = request(b"Connection: close, " + _name.lower(), *_given, *_framed, body=b"abc")
REFUSED["Connection names Transfer-Encoding"] = chunked(_CHUNKS, b"Connection: keep-alive, Transfer-Encoding")
ACCEPTED["Connection names what is its own"] = request(
    b"Connection: X-Hop, Keep-Alive, TE, Trailer",
    b"X-Hop: 1",
    b"Keep-Alive: timeout=5",
    b"TE: trailers",
    b"Trailer: X",
    b"Content-Length: 0",
)
ACCEPTED["an expectation beside 100-continue"] = request(b"Expect: 100-continue, x", b"Content-Length: 3", body=b"abc")
ACCEPTED["100-continue with the body at once"] = request(b"Expect: 100-Continue", b"Content-Length: 3", body=b"abc")
