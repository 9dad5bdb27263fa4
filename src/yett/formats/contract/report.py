"""Collects, while a contract is read, what is wrong with it and what will not be enforced."""

from yett.formats.contract.documents import Node
from yett.formats.contract.values import Problem, Unenforced

LIMIT = 10_000
"""Most problems, and most things not enforced, that are kept: a hostile contract must not fill memory with complaints."""


class Report:
    """Problems and gaps in the order found, each once."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._gaps: dict[Unenforced, int] = {}

    def problem(self, node: Node, message: str, fatal: bool = False) -> None:
        if len(self._problems) < LIMIT or fatal:
            self._problems[Problem(node.document, node.pointer, message, fatal)] = None

    def gap(self, node: Node, what: str, why: str) -> int:
        """Returns the index of the gap in `unenforced`."""
        gap = Unenforced(node.document, node.pointer, what, why)
        if gap not in self._gaps and len(self._gaps) >= LIMIT:
            return LIMIT - 1
        return self._gaps.setdefault(gap, len(self._gaps))

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(self._problems)

    @property
    def unenforced(self) -> tuple[Unenforced, ...]:
        return tuple(self._gaps)
