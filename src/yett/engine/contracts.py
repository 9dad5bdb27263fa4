"""How a contract travels in a bundle: its operations in pieces, so that a worker can read 10,000 of them between requests."""

from collections.abc import Iterator

import msgspec

from yett.formats.contract.values import Contract, Entry

PIECE = 250
"""Operations per piece; reading one takes well below a millisecond."""

_ENCODER = msgspec.msgpack.Encoder()
_CONTRACT = msgspec.msgpack.Decoder(Contract)
_ENTRIES = msgspec.msgpack.Decoder(tuple[Entry, ...])


def pack(contract: Contract) -> tuple[bytes, ...]:
    """The contract without its operations, then these in pieces."""
    entries = contract.operations
    pieces = (entries[start : start + PIECE] for start in range(0, len(entries), PIECE))
    rest = msgspec.structs.replace(contract, operations=())
    return (_ENCODER.encode(rest), *map(_ENCODER.encode, pieces))


def unpack(packed: tuple[bytes, ...]) -> Iterator[Contract | None]:
    """The contract again, after one None for each piece."""
    rest = _CONTRACT.decode(packed[0])
    yield None
    entries: list[Entry] = []
    for piece in packed[1:]:
        entries.extend(_ENTRIES.decode(piece))
        yield None
    yield msgspec.structs.replace(rest, operations=tuple(entries))
