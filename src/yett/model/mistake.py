"""What is wrong with something that its owner wrote: where it stands, what is wrong, and what to do about it.

The second of the three worlds of errors: the caller is wrong. It must not know how files are read or printed.
"""

from collections.abc import Iterable

import msgspec


class Mistake(msgspec.Struct, frozen=True):
    """One mistake. `line` and `column` count from 1; 0 where there is no place. `hint` says what would be right."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""

    @property
    def place(self) -> str:
        """ "file:line:column", as far as known; editors make it a link."""
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.file or self.line else self.message
        return f"{text} ({self.hint})" if self.hint else text


class PolicyErrors(Exception):
    """The policy, or something it names, cannot be used.

    errors: every mistake that was found, in order of place. files: what was read until then, so that it can be watched.
    """

    def __init__(self, errors: Iterable[Mistake], files: tuple[str, ...] = ()) -> None:
        self.files = files
        self.errors = tuple(sorted(errors, key=lambda mistake: (mistake.file, mistake.line, mistake.column)))
        super().__init__("\n".join(str(mistake) for mistake in self.errors))


class DocumentError(Exception):
    """A file is not what its format wants: not UTF-8, not YAML, a key twice, beyond a bound."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake
        super().__init__(str(mistake))
