"""What ASGI and WSGI middleware have in common: which bodies are kept, how much of them, and who the user is.

It must not know either protocol.
"""

import logging
from collections.abc import Callable
from typing import Any

LOG = logging.getLogger("yett.observe")
KEPT = 256 << 10
"""Octets of a body that are kept."""
_TEXT = ("json", "xml", "text/", "x-www-form-urlencoded", "graphql", "yaml", "multipart/form-data", "ndjson", "csv")
"""What in a content type tells of values that can be learnt from. Pictures, archives and the like are only counted."""
USER = "yett.user"
ROUTE = "yett.route"
"""Where a framework's own middleware says what this one cannot see, in the scope or in the environment."""


def wanted(content_type: str) -> bool:
    """Whether bodies of this type are kept; where nobody said a type they are."""
    return not content_type or any(word in content_type.lower() for word in _TEXT)


class Kept:
    """The beginning of a body. `size`: of what came. `truncated`: there was more, or nothing of it was wanted."""

    __slots__ = ("_pieces", "_room", "size", "truncated")

    def __init__(self, room: int) -> None:
        self._pieces: list[bytes] = []
        self._room = room
        self.size = 0
        self.truncated = False

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if len(piece) > self._room:
            self.truncated = True
            piece = piece[: self._room]
        if piece:
            self._room -= len(piece)
            self._pieces.append(bytes(piece))

    def lacks(self, length: str) -> bool:
        """Whether this is not all of a body with this Content-Length: the application need not have read it."""
        return self.truncated or (length.isascii() and length.isdigit() and len(length) < 16 and int(length) > self.size)

    def octets(self) -> bytes:
        return b"".join(self._pieces)


class Sampling:
    """One in `every` exchanges, in turn."""

    def __init__(self, every: int) -> None:
        if every < 1:
            raise ValueError("one exchange in how many: at least 1")
        self.every = every
        self._next = 0

    def takes(self) -> bool:
        self._next = (self._next + 1) % self.every
        return not self._next


def name_of(user: Any) -> str:
    """The name of a user as frameworks hold them: a text, or an object of Starlette's, Django's or Flask-Login's shape."""
    if user is None or isinstance(user, str):
        return user or ""
    if not getattr(user, "is_authenticated", True):
        return ""
    for attribute in ("identity", "get_username", "username", "get_id", "display_name", "email", "id"):
        try:
            value = getattr(user, attribute, None)
            value = value() if callable(value) else value
        except NotImplementedError:
            continue
        if isinstance(value, str | int) and value != "" and not isinstance(value, bool):
            return str(value)
    return ""


def asked(ask: Callable[[Any], Any], about: Any) -> str:
    """What somebody's own function says of the user; nothing where it fails, which must not fail the request."""
    try:
        return name_of(ask(about))
    except Exception as error:  # noqa: BLE001 it is the application's own code
        LOG.warning("who the user is could not be found out: %s", type(error).__name__)
        return ""
