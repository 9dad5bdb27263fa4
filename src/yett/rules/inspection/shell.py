"""A value as a command line of a shell: what is left without its quotes and expansions, and which programs it calls.

Quoting and expansion by POSIX.1-2024, Shell Command Language, sections 2.2 (quoting), 2.6 (expansions) and 2.10 (grammar), with
what Bash, Zsh and cmd.exe have besides: $'...', {a,b}, ^. Nothing is run or looked up. Bounded, linear. It must not know rules.
"""

import re
from fnmatch import translate
from typing import Final

from yett.rules.inspection.programs import NAMED, WORDED

LONGEST: Final = 600
"""Octets of a value that is read as a command line."""

_ANSI_QUOTED: Final = re.compile(rb"\$'([^']{0,200})'")
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-f]{1,2})|([0-7]{1,3}))", re.I)
_SPACE: Final = re.compile(rb"\$\{?IFS(?:%+\?*|:\d:\d)?\}?(?:\$\d|\[\d\])?", re.I)
_EMPTY: Final = re.compile(rb"\$[@*!0-9](?=[\w/.?*'\"\\-]|$)|\$\{[@*]\}|\$\{[A-Za-z]\w{0,3}\}|``|\$\(\)")
_BRACES: Final = re.compile(rb"\{([^{}\s,;]{1,80}(?:,[^{}\s,;]{0,80}){1,8})\}")
_QUOTES: Final = re.compile(rb"['\"]|\\+(?=[\w/.?*\-'\"])|(?<=[a-zA-Z])\^(?=[a-zA-Z])")

_COMMAND: Final = re.compile(
    rb"(?:(?P<mark>[;|&\n\r(]|\$\(|\{|<\()|^)[\s!({|&;]{0,8}(?:\w{1,20}=[^\s;|&()]{0,40}\s{1,4})?(?:[\w.~?*\[\]\-]{0,24}/){0,5}"
    rb"(?P<name>[\w.+\-?*]{1,24}|\[{1,2}(?=\s)|\w{1,20}=(?=\$\())(?=[\s;|&)<>#$}/]|$)"
)
_ARGUMENTS: Final = re.compile(
    rb"[ \t]+(?:--?[A-Za-z0-9]|[~.]{0,2}/|\$|\d+(?![\w.])|[\"']|[?*]|[a-z]:\\|[\w\-]{1,40}\.\w{1,4}\b|%\w+%|>)|[ \t]*[<>]", re.I
)
_BARE_ARGUMENT: Final = re.compile(rb"[ \t]+\w")
_EXPANDED: Final = re.compile(rb"\$\(|\$\{|`")
_WITHIN: Final = re.compile(rb"[\w/](?:''|\"\"|\\+[a-zA-Z]|['\"]\w{1,8}['\"]\w|\$[@*!]\w|\^\w)|\$\{?IFS|\$'[\w\\]|\{\w+,")
"""Quotes and expansions within words, where they say nothing to a shell but much to whoever looks for words."""
_TAIL: Final = re.compile(rb"(?:[;|&#'\"`\\]|//|%2[26fF3])\s*$")
_COMPOUND: Final = re.compile(rb"\bdo\s[^\n]{1,200}\bdone\b|\bthen\s[^\n]{1,200}\bfi\b")
_SAYING: Final = frozenset(b"echo printf cat ls expr ping sleep eval exec trap".split())
"""Programs of which any word after them is an argument: hardly any text goes on with them after a separator."""
_KEYWORDS: Final = frozenset(b"if for while until case do then test [ [[ cat ls id ps ping find head sleep type".split())


def plain(text: bytes) -> bytes:
    """The text without what a shell takes off before it runs words: quotes, backslashes, expansions that leave nothing.

    Braces with a list become its words, $IFS becomes a space. The very same object where there is nothing to take off.
    """
    if b"$" in text:
        text = _EMPTY.sub(b"", _SPACE.sub(b" ", _ANSI_QUOTED.sub(_unescaped, text)))
    if b"\\" in text:
        text = text.replace(b"\\\r\n", b"").replace(b"\\\n", b"")
    text = _QUOTES.sub(b"", text)
    if b"{" in text and b"," in text:
        text = _BRACES.sub(lambda match: match[1].replace(b",", b" "), text)
    return text


def _unescaped(match: re.Match[bytes]) -> bytes:
    return _ESCAPE.sub(lambda one: bytes((int(one[1], 16) if one[1] else int(one[2], 8) & 255,)), match[1])


def weight(text: bytes) -> int:
    """How much speaks for the value ending the application's command and beginning another one: 0 where nothing does, 3 is much.

    A separator and the name of a program have to be there, with nothing like a text before them. More is: a program whose name
    is no word of a language, arguments such as options, paths and expansions, a separator at the very beginning, another one or
    a comment at the end, quotes that only hide letters.
    """
    if len(text) > LONGEST or b"```" in text:
        return 0
    shown = plain(text)
    best, end, programs = 0, 0, 0
    for match in _COMMAND.finditer(shown):
        known = _known(match["name"].lower(), match[0]) if match["mark"] or shown is not text else 0
        if not known:
            continue
        argued = _ARGUMENTS.match(shown, match.end()) is not None
        programs += argued or known > 1 or b"=" in match["name"]
        if not best:
            best, end = _first(match, shown, known, argued), match.end()
    if not best:
        return 0
    best -= b" | " in text and b"|" in shown[:end]
    best += programs > 1 or _COMPOUND.search(shown) is not None
    best += _EXPANDED.search(shown, max(0, end - 20)) is not None
    best += _TAIL.search(text) is not None and not text.lstrip().startswith((b"|", b'"', b"'"))
    return best + (len(text) > len(shown) and _WITHIN.search(text) is not None)


def _first(match: re.Match[bytes], shown: bytes, known: int, argued: bool) -> int:
    """What the first command alone weighs; 0 where a text or the name of a variable stands there."""
    before, mark = shown[: match.start()].strip(b" \t\r\n)"), match["mark"] or b""
    if b" " in before or b"<" in before or len(before) > 60 or (mark == b"$(" and match["name"].isupper()):
        return 0
    said = match["name"].lower() in _SAYING and _BARE_ARGUMENT.match(shown, match.end()) is not None
    begins = bool(mark) and before in (b"", b"'", b'"')
    return max(0, known + (argued or said) + begins - (mark in b"\n\r"))


def _known(name: bytes, whole: bytes) -> int:
    """2 for a program whose name is no word of a language, 1 for one that is, and for keywords of a shell; else 0."""
    if b"?" in name or b"*" in name:
        return 2 if b"/" in whole and _globbed(name) else 0
    if name.endswith((b".exe", b".bat", b".cmd", b".ps1")):
        return 2
    if name in NAMED:
        return 2
    return int(name in WORDED or name in _KEYWORDS or name.endswith(b"="))


def _globbed(name: bytes) -> bool:
    """Whether a pattern of file names finds a program. At least one letter must be there, or only question marks."""
    if not (re.search(rb"\w", name) or len(name.strip(b"?")) == 0):
        return False
    if name.count(b"*") > 2:
        return False
    fits = re.compile(translate(name.decode("latin-1")).encode("latin-1")).match
    return any(fits(each) for each in NAMED | WORDED)
