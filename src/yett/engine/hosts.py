"""Which service a request is for, by host and prefix. It must not know what a service is."""

from typing import Generic, TypeVar

from yett.model.decision import Denial

T = TypeVar("T")

UNKNOWN_HOST = Denial(rule="unknown-host", status=421, reason="no service has this host", place="header Host")
UNKNOWN_PATH = Denial(rule="unknown-path", status=404, reason="no service of this host has this path", place="path")
"""What cannot be delivered is refused in every mode: there is nowhere to send it."""


class _Site(Generic[T]):
    """The services of one host pattern, told apart by prefix; the longest one wins. whole: the one service, if it has all."""

    __slots__ = ("by_prefix", "depths", "whole")

    def __init__(self) -> None:
        self.by_prefix: dict[str, T] = {}
        self.depths: list[int] = []
        self.whole: T | None = None

    def add(self, prefix: str, serving: T) -> bool:
        """False where another service has the same prefix."""
        prefix = prefix.rstrip("/")
        if prefix in self.by_prefix:
            return False
        self.by_prefix[prefix] = serving
        self.depths = sorted({prefix.count("/") for prefix in self.by_prefix}, reverse=True)
        self.whole = serving if self.depths == [0] else None
        return True

    def find(self, path: str) -> T | None:
        """The service of a path; that of the whole server is asked with "*" (RFC 9110, 9.3.7)."""
        segments = path.split("/") if path != "*" else [""]
        for depth in self.depths:
            if depth < len(segments):
                found = self.by_prefix.get("/".join(segments[: depth + 1]))
                if found is not None:
                    return found
        return None


class Hosts(Generic[T]):
    """Hosts to services: exact ones first, then "*.example" by the longest, then services for any host.

    A wildcard stands for one label or more. Where the services of a closer pattern have no fitting prefix, the next pattern
    is asked.
    """

    __slots__ = ("_any", "_exact", "_suffix")

    def __init__(self) -> None:
        self._exact: dict[str, _Site[T]] = {}
        self._suffix: dict[str, _Site[T]] = {}
        self._any: _Site[T] | None = None

    def add(self, pattern: str | None, prefix: str, serving: T) -> bool:
        """Let `serving` answer for a host, a "*.suffix" or any host (None). False where that place is taken."""
        if pattern is None:
            self._any = self._any or _Site()
            return self._any.add(prefix, serving)
        if pattern.startswith("*."):
            return self._suffix.setdefault(pattern[1:].lower(), _Site()).add(prefix, serving)
        return self._exact.setdefault(pattern.strip("[]").lower(), _Site()).add(prefix, serving)

    def find(self, host: str, path: str) -> T | Denial:
        """The service for a host (lower case, no port) and a path in its `routing_form`."""
        site = self._exact.get(host)
        known = site is not None
        if site is not None and (serving := site.whole or site.find(path)) is not None:
            return serving
        if self._suffix:
            dot = host.find(".", 1)
            while dot > 0:
                site = self._suffix.get(host[dot:])
                if site is not None:
                    known = True
                    if (serving := site.whole or site.find(path)) is not None:
                        return serving
                dot = host.find(".", dot + 1)
        if self._any is not None:
            return self._any.whole or self._any.find(path) or UNKNOWN_PATH
        return UNKNOWN_PATH if known else UNKNOWN_HOST
