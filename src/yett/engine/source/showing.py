"""Lines of source for readers: cut off, and without the secrets that stand in them. It must not know findings."""

import re
from collections.abc import Mapping

from yett.engine.sensitive import classified
from yett.formats.python_source.tree import Module
from yett.model.source import Spot

MASK = "***"
_WIDTH = 160
_TOKEN = re.compile(r"""[A-Za-z_][A-Za-z0-9_]{0,60}|"[^"\n]{0,400}"|'[^'\n]{0,400}'""")
_BETWEEN = frozenset(" =[](){}:,\"'")


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
        made: list[str] = []
        at, name, ended = 0, "", 0
        for match in _TOKEN.finditer(code):
            token = match[0]
            if token[0] not in "\"'":
                if code[match.end() : match.end() + 1] not in ('"', "'") or len(token) > 2:  # not the f of an f-string
                    name, ended = token, match.end()
                continue
            under = name if set(code[ended : match.start()].rstrip("rbfuRBFU")) <= _BETWEEN else ""
            text = token[1:-1]
            if (under and len(text) > 2 and classified(under)) or _key(text):
                made += [code[at : match.start()], f"{token[0]}{MASK}{token[0]}"]
                at = match.end()
            elif text.isidentifier():
                name, ended = text, match.end()
        return "".join([*made, code[at:]])


def _key(text: str) -> bool:
    """Long, of letters and digits mixed, without spaces: a key or a token rather than a word."""
    if len(text) < 16 or any(one in text for one in " {%/<"):
        return "PRIVATE KEY" in text
    digits = sum(one.isdigit() for one in text)
    return digits >= 3 and any(one.isalpha() for one in text)
