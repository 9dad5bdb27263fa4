"""Events to bytes and back. Encoding never fails: what does not fit is cut until it does, because a record that a caller could
make unwritable would be a way to act unseen."""

from collections.abc import Callable
from typing import Any

import msgspec

from yett.model.event import Event, Reason

TEXT = 1_024
"""Characters that a text may keep in a record that had to be cut."""
ITEMS = 16
"""Entries that a list or table may keep there."""
_INTEGERS = range(-(1 << 63), 1 << 64)  # what msgpack can hold

encode: Callable[[Event], bytes] = msgspec.msgpack.Encoder().encode
ENCODING_ERRORS = (UnicodeEncodeError, OverflowError, TypeError, ValueError, msgspec.MsgspecError, NotImplementedError)
"""What `encode` raises for an event whose values are outside of the types that it declares, or of msgpack."""

_decode = msgspec.msgpack.Decoder(list[Event]).decode
_set = msgspec.structs.force_setattr


def decode(payload: bytes, worker: int, first: int) -> list[Event]:
    """The events of one frame, worker and sequence filled in from its header. Raises msgspec.DecodeError."""
    events = _decode(payload)
    for sequence, event in enumerate(events, first):
        _set(event, "worker", worker)  # nobody else has seen these events yet: cheaper than making each anew
        _set(event, "sequence", sequence)
    return events


def encode_cut(event: Event) -> bytes:
    """A record below 64 KiB of an event that could not be encoded, or was too large: long texts and lists are cut, unknown
    values named by their type, samples left out."""
    values = {name: _cut(getattr(event, name)) for name in event.__struct_fields__}
    values["request_sample"] = values["response_sample"] = b""
    values["detail"] = {**dict(list(values["detail"].items())[: ITEMS - 1]), "cut": 1}
    return encode(Event(**values))


def _cut(value: Any) -> Any:
    """The same value, small and of a type that can be written."""
    if isinstance(value, str):
        return value[:TEXT].encode("utf-8", "backslashreplace").decode()
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, int):
        return value if value in _INTEGERS else str(value)[:TEXT] if abs(value) < 1 << 2_048 else "a very large number"
    if isinstance(value, dict):
        return {_cut(name): _cut(entry) for name, entry in list(value.items())[:ITEMS]}
    if isinstance(value, Reason):
        return Reason(*(_cut(getattr(value, name)) for name in value.__struct_fields__))
    if isinstance(value, list | tuple):
        return type(value)(_cut(entry) for entry in value[:ITEMS])
    return f"({type(value).__name__})"
