"""An exchange as passive checks see it. `yett.engine.learning.seen.Seen` has this shape. It must not know how it was recorded."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from yett.model.exchange import Exchange, Response


class Shown(Protocol):
    """Names of fields are in lower case; several Set-Cookie lines are joined by a line feed. What was not seen is falsy or empty,
    and the two properties say whether an absence means anything."""

    exchange: Exchange
    response: Response | None
    method: str
    path: str
    host: str
    status: int
    success: bool | None
    sensor: str

    @property
    def fields(self) -> Mapping[str, str]: ...
    @property
    def response_fields(self) -> Mapping[str, str]: ...
    @property
    def query(self) -> Any: ...
    @property
    def response_content_type(self) -> str: ...
    @property
    def fields_seen(self) -> bool: ...
    @property
    def response_fields_seen(self) -> bool: ...


LOCAL = ("localhost", "127.0.0.1", "::1")


def remote(shown: Shown) -> bool:
    """Whether the host is not the caller's own machine."""
    return bool(shown.host) and shown.host not in LOCAL and not shown.host.endswith(".localhost")


def pairs(shown: Shown) -> Iterable[tuple[str, str]]:
    """Decoded query parameters; none where they were not seen."""
    found: Iterable[tuple[str, str]] = shown.query or ()
    return found


def body(shown: Shown, most: int = 65_536) -> bytes:
    """The beginning of the response's body as received; empty where it is coded or was not seen."""
    response = shown.response
    if response is None or shown.response_fields.get("content-encoding", "identity") != "identity":
        return b""
    return response.body[:most]
