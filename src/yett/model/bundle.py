"""Everything that a policy means, read from disk and environment once, so that it can be handed to another process.

The rim (`yett.store.bundle`) fills it, `encode` and `decode` carry it from the supervisor to the workers, and
`yett.engine.compile` makes a snapshot of it without reading anything. It must not know how files are found.
"""

import msgspec

from yett.model.operation import ApiKey
from yett.model.policy import Policy


class Bundle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy with all that it names.

    digest: short hex of a SHA-256 over the meaning of everything below but `path` and `positions`.
    path: the policy's file, for messages; empty where the policy was made from options.
    positions: (line, column) by JSON pointer into the policy, of keys ("/services/shop#") and of values ("/services/shop").
    contracts: msgpack of `yett.formats.contract.Contract`, by path as the policy names it.
    keys: the entries of the key file. files: other files that the policy names, by path as written.
    secrets: resolved values by "env:NAME" and "file:PATH"; never printed.
    """

    digest: str
    policy: Policy
    path: str = ""
    positions: dict[str, tuple[int, int]] = {}
    contracts: dict[str, bytes] = {}
    keys: tuple[ApiKey, ...] = ()
    files: dict[str, bytes] = {}
    secrets: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Bundle(digest={self.digest!r}, path={self.path!r})"


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Bundle)


def encode(bundle: Bundle) -> bytes:
    """The bundle as msgpack, without positions: who decodes it need not explain mistakes any more. It holds secrets: give it
    to own processes only."""
    return _ENCODER.encode(msgspec.structs.replace(bundle, positions={}))


def decode(encoded: bytes) -> Bundle:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    return _DECODER.decode(encoded)
