"""Runs httpbin's own test suite through a gateway, unchanged: its test client is bent to send real HTTP to the address given.

    python -m pip install httpbin flasgger gunicorn pytest           # in an environment of its own
    python -m gunicorn -b 127.0.0.1:9001 -k gthread --threads 8 httpbin:app
    yett serve -c yett.yaml                                           # before it, in enforce mode, with its /spec.json as contract
    python bench/foreign/httpbin_suite.py 127.0.0.1:8080 path/to/httpbin/tests/test_httpbin.py

Give it the address of httpbin itself to see what fails without a gateway.
"""

import http.client
import sys
from collections.abc import Callable, Iterable
from typing import Any

HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def through(address: str) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """A WSGI application that is nothing but a client of `address`."""

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        connection = http.client.HTTPConnection(address, timeout=20)
        target = environ.get("RAW_URI") or environ["REQUEST_URI"]
        fields = {name[5:].replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_" != name}
        if environ.get("CONTENT_TYPE"):
            fields["Content-Type"] = environ["CONTENT_TYPE"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        chunked = fields.get("TRANSFER-ENCODING", "").lower() == "chunked"
        body = environ["wsgi.input"].read() if chunked else environ["wsgi.input"].read(length)
        content: Any = iter([body]) if chunked else body or None
        connection.request(environ["REQUEST_METHOD"], target, content, fields, encode_chunked=chunked)
        answer = connection.getresponse()
        received = answer.read()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        start_response(f"{answer.status} {answer.reason or '-'}", kept)
        connection.close()
        return [received]

    return application


def main() -> int:
    import httpbin
    import pytest
    from werkzeug.test import Client

    address, suite = sys.argv[1:3]
    httpbin.app.test_client = lambda *_, **__: Client(through(address))
    return pytest.main(["-q", "-p", "no:cacheprovider", suite, *sys.argv[3:]])


if __name__ == "__main__":
    sys.exit(main())
