"""What the compiler's process hands to the workers: the bundle, and what else it found out about it that takes time."""

import msgspec

from yett.model.bundle import Bundle
from yett.model.bundle import decode as decode_bundle
from yett.model.bundle import encode as encode_bundle


class _Freight(msgspec.Struct, frozen=True, array_like=True):
    key_sets: tuple[str, ...]
    bundle: msgspec.Raw


def encode(bundle: Bundle, key_sets: tuple[str, ...]) -> bytes:
    """key_sets: the URLs of key sets that the policy names, to be fetched before the first token comes."""
    return msgspec.msgpack.encode(_Freight(key_sets, msgspec.Raw(encode_bundle(bundle))))


def decode(encoded: memoryview) -> tuple[Bundle, tuple[str, ...]]:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    freight = msgspec.msgpack.decode(encoded, type=_Freight)
    return decode_bundle(memoryview(freight.bundle)), freight.key_sets
