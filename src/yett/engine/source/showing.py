"""Lines of source for readers: cut off, and without the secrets that stand in them. It must not know findings."""

import re
from collections.abc import Mapping

from yett.engine.sensitive import classified
from yett.formats.python_source.tree import Module
from yett.model.source import Spot

MASK = "***"
_WIDTH = 160
_LITERAL = re.compile(
    r"""([A-Za-z_][A-Za-z0-9_]{0,60}["']?\]?\s{0,4}[=:,(]{1,2}\s{0,4})?[rbfuRBFU]{0,2}("[^"\n]{0,400}"|'[^'\n]{0,400}')"""
)


class Shower:
    """modules: by file."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self._modules = modules

    def shown(self, spot: Spot) -> Spot:
        """The spot with its line of code."""
        module = self._modules.get(spot.file)
        lines = module.lines if module is not None else ()
        line = lines[spot.line - 1].strip()[: 2 * _WIDTH] if 0 < spot.line <= len(lines) else ""
        return Spot(spot.file, spot.line, spot.column, spot.function, self.masked(line)[:_WIDTH], spot.note)

    @staticmethod
    def masked(code: str) -> str:
        """Code in which the texts of literals that may be secrets are gone: those under a telling name, and those that look
        like a key."""
        return _LITERAL.sub(_one, code)


def _one(match: re.Match[str]) -> str:
    before, literal = match[1] or "", match[2]
    text = literal[1:-1]
    name = "".join(one for one in before if one.isalnum() or one == "_")
    if (name and len(text) > 2 and classified(name)) or _key(text):
        start = match.start(2) - match.start()
        return f"{match[0][:start]}{literal[0]}{MASK}{literal[0]}"
    return match[0]


def _key(text: str) -> bool:
    """Long, of letters and digits mixed, without spaces: a key or a token rather than a word."""
    if len(text) < 16 or any(one in text for one in " {%/<"):
        return "PRIVATE KEY" in text
    digits = sum(one.isdigit() for one in text)
    return digits >= 3 and any(one.isalpha() for one in text)
