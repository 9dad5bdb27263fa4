"""What the compiler's process hands to the workers: the bundle, and what else it found out about it that takes time.

A hundred thousand keys are not decoded at once, and not at all where a worker has them already.
"""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from yett.model.bundle import Bundle
from yett.model.bundle import decode as decode_bundle
from yett.model.bundle import encode as encode_bundle
from yett.model.operation import ApiKey

CHUNK = 250
"""Keys that are decoded in one piece: about half a millisecond."""

_KEYS: msgspec.msgpack.Decoder[list[ApiKey]] = msgspec.msgpack.Decoder(list[ApiKey])


class Freight(msgspec.Struct, frozen=True, array_like=True):
    """key_sets: the URLs of key sets that the policy names, to be fetched before the first token comes. keys_digest: the same
    for the same keys. The rest is still encoded."""

    key_sets: tuple[str, ...]
    keys_digest: bytes
    keys_packed: tuple[msgspec.Raw, ...]
    bundle_packed: msgspec.Raw

    def bundle(self) -> Bundle:
        """The bundle, without keys. Raises msgspec.DecodeError."""
        return decode_bundle(memoryview(self.bundle_packed))

    def keys(self) -> Iterator[list[ApiKey]]:
        """The keys, piece by piece. Raises msgspec.DecodeError."""
        return map(_KEYS.decode, self.keys_packed)


def encode(bundle: Bundle, key_sets: tuple[str, ...]) -> bytes:
    keys = [msgspec.msgpack.encode(bundle.keys[at : at + CHUNK]) for at in range(0, len(bundle.keys), CHUNK)]
    without = encode_bundle(msgspec.structs.replace(bundle, keys=()))
    packed = Freight(key_sets, sha256(b"".join(keys)).digest(), tuple(map(msgspec.Raw, keys)), msgspec.Raw(without))
    return msgspec.msgpack.encode(packed)


def decode(encoded: bytes | memoryview) -> Freight:
    """The inverse of `encode`; what it gives refers to `encoded`. Raises msgspec.DecodeError."""
    return msgspec.msgpack.decode(encoded, type=Freight)
