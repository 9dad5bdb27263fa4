"""A bounded memory of what was seen recently, for caches of guards. It must not know what is remembered, nor the time."""

from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by key: the latest `size` / 2 at least, `size` at most. Every operation takes constant time.

    Two generations: where the younger is full it becomes the older, and the older is dropped whole. What is read from the
    older moves to the younger, so what is in use stays.
    """

    __slots__ = ("_half", "_older", "_younger")

    def __init__(self, size: int) -> None:
        if size < 2:
            raise ValueError("a memory holds at least two values")
        self._half = size // 2
        self._younger: dict[bytes, Value] = {}
        self._older: dict[bytes, Value] = {}

    def __len__(self) -> int:
        return len(self._younger.keys() | self._older.keys())

    def get(self, key: bytes) -> Value | None:
        value = self._younger.get(key)
        if value is None:
            value = self._older.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: bytes, value: Value) -> None:
        if len(self._younger) >= self._half and key not in self._younger:
            self._older, self._younger = self._younger, {}
        self._younger[key] = value

    def forget(self, key: bytes) -> None:
        self._younger.pop(key, None)
        self._older.pop(key, None)
