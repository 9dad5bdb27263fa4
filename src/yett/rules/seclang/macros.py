"""Texts with macros (`%{TX.name}`, `%{MATCHED_VAR}`), prepared once and expanded per transaction. They must not know rules."""

import re
from collections.abc import Callable

from yett.rules.seclang.transaction import Transaction
from yett.rules.seclang.variables import first_value

Expand = Callable[[Transaction], bytes]

_MACRO = re.compile(rb"%\{([^}]*)\}")


class Macro:
    """One text. constant: its octets where it has no macro, else None. names: the variables of TX that it reads, in lower case.

    reads_else: whether it reads anything but TX.
    """

    __slots__ = ("_parts", "constant", "names", "reads_else")

    def __init__(self, text: bytes) -> None:
        pieces = _MACRO.split(text)
        self._parts: list[bytes | Expand] = []
        self.names: list[bytes] = []
        self.reads_else = False
        for index, piece in enumerate(pieces):
            if index % 2 == 0:
                if piece:
                    self._parts.append(piece)
                continue
            collection, mark, key = piece.replace(b":", b".", 1).partition(b".")
            if collection.lower() == b"tx" and mark:
                self.names.append(key.lower())
            else:
                self.reads_else = True
            self._parts.append(_lookup(collection.decode("latin-1").upper(), key.lower() if mark else None))
        literal = all(isinstance(part, bytes) for part in self._parts)
        self.constant = b"".join([part for part in self._parts if isinstance(part, bytes)]) if literal else None

    def __call__(self, transaction: Transaction) -> bytes:
        if self.constant is not None:
            return self.constant
        return b"".join(self.pieces(transaction))

    def pieces(self, transaction: Transaction) -> tuple[bytes, ...]:
        """The text expanded, in pieces that are not copied."""
        return tuple([part if isinstance(part, bytes) else part(transaction) for part in self._parts])


def _lookup(collection: str, key: bytes | None) -> Expand:
    if collection == "TX" and key is not None:

        def of_tx(transaction: Transaction) -> bytes:
            return transaction.tx.get(key, b"")

        return of_tx
    return lambda transaction: first_value(transaction, collection, key)
