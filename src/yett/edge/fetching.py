"""One GET of a small document over HTTP/1.1, bounded in size and time, for what the policy names: nothing else is fetched.

No redirects, no proxies, no credentials, no content codings: the document comes from the URL as written, or not at all.
TLS is verified. It must not know what the document means.
"""

import asyncio
import re
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

from yett.formats.chunked import ChunkedReader
from yett.formats.http1 import Refused, parse_response
from yett.formats.messages import ResponseHead

MAX_HEAD = 32_768
_READ = 65_536
_MAX_AGE = re.compile(rb"(?:^|[,\s])max-age=\"?(\d{1,9})", re.I)


class FetchError(Exception):
    """The document could not be had, and why."""


class Fetched(NamedTuple):
    """The document, and for how many seconds its server says that it is fresh (RFC 9111, 5.2.2.1; None if unsaid)."""

    body: bytes
    max_age: float | None


async def fetch(url: str, *, timeout: float, limit: int, tls: ssl.SSLContext | None = None) -> Fetched:
    """Get `url`. timeout: seconds for everything together; limit: octets of the body; tls: needed for https. Raises
    FetchError."""
    try:
        async with asyncio.timeout(timeout):
            return await _fetch(url, limit, tls)
    except TimeoutError:
        raise FetchError(f"no whole answer within {timeout:g} s") from None
    except (OSError, EOFError, UnicodeError, asyncio.LimitOverrunError) as error:
        raise FetchError(f"{type(error).__name__}: {error}") from None
    except Refused as error:
        raise FetchError(f"not HTTP/1.1: {error.reason}") from None


async def _fetch(url: str, limit: int, tls: ssl.SSLContext | None) -> Fetched:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    if secure and tls is None:
        raise FetchError("https without a TLS context")
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls if secure else None, limit=MAX_HEAD)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n"
            f"Accept-Encoding: identity\r\nUser-Agent: yett\r\nConnection: close\r\n\r\n".encode("ascii")
        )
        head = await _head(reader)
        if head.status != 200:
            raise FetchError(f"status {head.status}")
        if head.fields.get(b"content-encoding", b"identity").lower() != b"identity":
            raise FetchError("a content coding that was not asked for")
        return Fetched(await _body(reader, head, limit), _max_age(head))
    finally:
        # Not waited for: a server that never closes must not keep the caller.
        writer.transport.abort()


async def _head(reader: asyncio.StreamReader) -> ResponseHead:
    """The final response's head; a few interim ones may come before (RFC 9110, 15.2)."""
    for _ in range(5):
        head = parse_response((await reader.readuntil(b"\r\n\r\n"))[:-4])
        if head.status >= 200:
            return head
    raise FetchError("interim responses without end")


async def _body(reader: asyncio.StreamReader, head: ResponseHead, limit: int) -> bytes:
    too_long = FetchError(f"longer than {limit} octets")
    if head.content_length is not None:
        if head.content_length > limit:
            raise too_long
        return await reader.readexactly(head.content_length)
    chunked = ChunkedReader() if head.chunked else None
    pieces: list[bytes] = []
    size = 0
    while chunked is None or not chunked.done:
        piece = await reader.read(_READ)
        if not piece:
            if chunked is not None:
                raise FetchError("the connection was closed in the middle")
            break
        found = [piece] if chunked is None else chunked.feed(piece)
        pieces += found
        size += sum(map(len, found))
        if size > limit:
            raise too_long
    return b"".join(pieces)


def _max_age(head: ResponseHead) -> float | None:
    control = head.fields.get(b"cache-control", b"")
    if b"no-store" in control.lower() or b"no-cache" in control.lower():
        return 0.0
    found = _MAX_AGE.search(control)
    return float(found[1]) if found else None
