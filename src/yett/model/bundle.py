"""Everything that a policy means, read from disk and environment once, so that it can be handed to another process.

The rim (`yett.store.bundle`) fills it, `encode` and `decode` carry it from the supervisor to the workers, and
`yett.engine.compile` makes a snapshot of it without reading anything. It must not know how files are found.
"""

import msgspec

from yett.model.mistake import Mistake
from yett.model.operation import ApiKey
from yett.model.policy import Policy


class Bundle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy with all that it names. Everything read is kept by its path as the policy writes it.

    digest: short hex of a SHA-256 over the meaning of what is below, without `path`, `positions`, `sources` and `warnings`.
    path: the policy's file, for messages; empty where the policy was made from options.
    positions: see `yett.formats.document.Positions`; only where the policy may still have to be explained.
    sources: absolute paths of all files that were read, to be watched.
    warnings: what is wrong in contracts and therefore left out; all else is enforced. Only where `positions` are.
    contracts: each as `yett.engine.contracts` packs it.
    keys: the entries of the key file. files: those that guards' options name; certificates: PEM files of TLS settings.
    parameters: names of query parameters that carry credentials, beside those that everybody knows.
    secrets: resolved values by "env:NAME" and "file:PATH"; never printed.
    """

    digest: str
    policy: Policy
    path: str = ""
    positions: dict[str, tuple[int, int]] = {}
    sources: tuple[str, ...] = ()
    warnings: tuple[Mistake, ...] = ()
    contracts: dict[str, tuple[bytes, ...]] = {}
    keys: tuple[ApiKey, ...] = ()
    files: dict[str, bytes] = {}
    certificates: dict[str, bytes] = {}
    parameters: tuple[str, ...] = ()
    secrets: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Bundle(digest={self.digest!r}, path={self.path!r})"


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Bundle)


def encode(bundle: Bundle) -> bytes:
    """The bundle as msgpack, without positions: who decodes it need not explain mistakes any more. It holds secrets: give it
    to own processes only."""
    return _ENCODER.encode(msgspec.structs.replace(bundle, positions={}, warnings=()))


def decode(encoded: bytes | memoryview) -> Bundle:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    return _DECODER.decode(encoded)
