"""Turns pointers into the policy into mistakes with their place in its file."""

from collections.abc import Mapping

from yett.formats.document import nearest
from yett.model.mistake import Mistake


class Places:
    """Where things stand in the policy. `positions` as in `yett.formats.document`; empty in workers, which explain nothing."""

    def __init__(self, file: str, positions: Mapping[str, tuple[int, int]]) -> None:
        self.file = file
        self.positions = positions

    def mistake(self, pointer: str, message: str, hint: str = "") -> Mistake:
        line, column = nearest(self.positions, pointer)
        return Mistake(message, self.file, line, column, hint)
