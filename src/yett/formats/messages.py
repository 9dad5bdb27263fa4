"""The head of a message as values, however it was read. It must not know any syntax."""

import msgspec


class RequestHead(msgspec.Struct, frozen=True):
    """A request's head. lines: (lower-case name, value) as received; fields: one value for each name, lists joined by ", ".

    content_length: None if not given. chunked: the body has chunked coding. nominated: hop-by-hop names in Connection; the
    fields that it names are in neither lines nor fields, but for those that every connection has (Upgrade, TE and the like).
    """

    method: str
    target: bytes
    minor: int
    lines: list[tuple[bytes, bytes]]
    fields: dict[bytes, bytes]
    content_length: int | None
    chunked: bool
    keep_alive: bool
    nominated: frozenset[bytes]


class ResponseHead(msgspec.Struct, frozen=True):
    """A response's head, in the shape of RequestHead. reason: the reason phrase as received."""

    status: int
    reason: bytes
    minor: int
    lines: list[tuple[bytes, bytes]]
    fields: dict[bytes, bytes]
    content_length: int | None
    chunked: bool
    keep_alive: bool
    nominated: frozenset[bytes]
