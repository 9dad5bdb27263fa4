"""What repeats from request to request, remembered within bounds, the newest of it: answers, and what was found harmless.

Two generations: the older half is dropped at once where there is no more room. Threads may share it: what one of them loses is
found out again. It must not know what is remembered.
"""

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

REMEMBERED = 4_096
"""Entries of each memory, twice at most."""


class Memory(Generic[Key, Found]):
    """The newest answers to the same question. most: entries, twice at most."""

    __slots__ = ("_most", "_new", "_old", "get")

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._new: dict[Key, Found] = {}
        self._old: dict[Key, Found] = {}
        self.get = self._new.get

    def recall(self, key: Key) -> Found | None:
        return self._old.get(key)

    def keep(self, key: Key, found: Found) -> Found:
        if len(self._new) >= self._most:
            self._old, self._new = self._new, {}
            self.get = self._new.get
        self._new[key] = found
        return found


class Harmless(Generic[Key]):
    """What is harmless by itself. most: entries, twice at most."""

    __slots__ = ("_most", "_new", "_old")

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._new: set[Key] = set()
        self._old: set[Key] = set()

    def fresh(self, found: set[Key]) -> set[Key]:
        """Those that are not remembered."""
        return found.difference(self._new).difference(self._old)

    def keep(self, found: Collection[Key]) -> None:
        """They are harmless; their size is for the caller to bound."""
        if len(self._new) + len(found) > self._most:
            self._old, self._new = self._new, set()
        self._new.update(found)

    def __len__(self) -> int:
        return len(self._new) + len(self._old)
