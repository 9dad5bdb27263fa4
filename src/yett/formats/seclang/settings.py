"""Directives that set something for the engine, such as SecRequestBodyLimit. It must not know what the engine makes of them."""

import re
from collections.abc import Mapping

from yett.formats.seclang.drafting import Refused
from yett.formats.seclang.lexing import Statement
from yett.formats.seclang.vocabulary import Takes, Word

_NUMBER = re.compile(r"[0-9]{1,15}")

_SWITCH = ("On", "Off")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "SecRuleEngine": ("On", "Off", "DetectionOnly"),
    "SecRequestBodyAccess": _SWITCH,
    "SecResponseBodyAccess": _SWITCH,
    "SecRequestBodyLimitAction": ("Reject", "ProcessPartial"),
    "SecResponseBodyLimitAction": ("Reject", "ProcessPartial"),
    "SecCookieFormat": ("0", "1"),
    "SecParseXmlIntoArgs": ("On", "Off", "OnlyArgs"),
}
_NUMBERS = frozenset(
    (
        "SecRequestBodyLimit",
        "SecRequestBodyNoFilesLimit",
        "SecRequestBodyJsonDepthLimit",
        "SecResponseBodyLimit",
        "SecArgumentsLimit",
    )
)
_TYPES = "SecResponseBodyMimeType"


class Settings:
    """Collects settings; the last one of a name counts."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def add(self, statement: Statement, word: Word) -> None:
        """Take note of one. Raises Refused."""
        name, words = word.name, statement.words
        if word.takes is Takes.NOTHING:
            if words:
                raise Refused(statement.mistake(f"{name} takes no argument", 0))
            self.values[_TYPES] = ""
            return
        if not words or (len(words) > 1 and name != _TYPES):
            raise Refused(statement.mistake(f"{name} takes one argument"))
        text = " ".join(one.text for one in words)
        choices = _CHOICES.get(name)
        if choices is not None:
            spelled = {choice.lower(): choice for choice in choices}
            if text.lower() not in spelled:
                raise Refused(statement.mistake(f"{name} is one of {', '.join(choices)}", 0))
            text = spelled[text.lower()]
        elif name in _NUMBERS and not _NUMBER.fullmatch(text):
            raise Refused(statement.mistake(f"{name} takes a whole number", 0))
        elif name == "SecArgumentSeparator" and len(text) != 1:
            raise Refused(statement.mistake("SecArgumentSeparator takes one character", 0))
        self.values[name] = text
