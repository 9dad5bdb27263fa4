"""Files of SecLang as statements: lines put together, comments left out, words taken apart, every character with its place.

Readers of SecLang differ at the rims (Apache's configuration, ModSecurity 3's scanner). What they agree on is read; where one
would take for a rule what another takes for a comment, or for another value, the text is refused. It must not know directives.
"""

import re
from collections.abc import Iterator

import msgspec

from yett.model.mistake import Mistake

_BLANK = " \t"
_SPACE = re.compile(r"(?:[ \t]|\\\n)*")
_BREAK = re.compile(r"[ \t]|\\\n")
_UNESCAPED = re.compile(r"(?:[^'\\]|\\.)*+'", re.DOTALL)


class Mistaken(Exception):
    """A mistake somewhere in a statement. at: offset in the word (or argument) that was being read. hint: what would be right."""

    def __init__(self, message: str, at: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint


class Word(msgspec.Struct, frozen=True):
    r"""One argument of a directive. text: without its quotes, `\"` as `"`; every other backslash stays, as in ModSecurity 3.

    start: offset of its first character in the statement. source: what stands there. quoted: whether it stood in double quotes.
    """

    text: str
    start: int
    source: str
    quoted: bool = False

    def offset(self, index: int) -> int:
        """Where the character of this index stands in the statement."""
        at, source = 0, self.source
        while index > 0 and at < len(source):
            if source.startswith("\\\n", at):
                at += 2
                continue
            at += 2 if source.startswith('\\"', at) and self.quoted else 1
            index -= 1
        while source.startswith("\\\n", at):
            at += 2
        return self.start + at


class Statement(msgspec.Struct, frozen=True):
    """One directive with its arguments. lines: (offset, line) of each line that it was put together from."""

    name: str
    words: tuple[Word, ...]
    file: str
    lines: tuple[tuple[int, int], ...]
    indent: int = 0

    @property
    def line(self) -> int:
        return self.lines[0][1]

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) from 1 of an offset in the statement."""
        begin, line = next((piece for piece in reversed(self.lines) if piece[0] <= offset), self.lines[0])
        return line, offset - begin + 1

    def mistake(self, message: str, word: int | None = None, index: int = 0, hint: str = "") -> Mistake:
        """A mistake at a character of an argument, or at the directive's name."""
        offset = self.indent if word is None else self.words[word].offset(index)
        return Mistake(message, self.file, *self.place(offset), hint)


def statements(content: bytes, file: str) -> Iterator[Statement | Mistake]:
    """The statements of a file, in order, and what is wrong with the others. Takes time linear in the file."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        end = at + 1
        first = lines[at].strip(_BLANK + "\r")
        if first.startswith("#"):
            if _continued(lines[at]):
                end, mistake = _comment(lines, at, file)
                if mistake is not None:
                    yield mistake
        elif first:
            end = _end(lines, at)
            yield _statement(lines, at, end, file)
        at = end


def _continued(line: str) -> bool:
    return line.endswith(("\\", "\\\r"))


def _end(lines: list[str], at: int) -> int:
    """The line after the statement that begins here."""
    while at < len(lines) and _continued(lines[at]):
        at += 1
    return min(at + 1, len(lines))


def _comment(lines: list[str], at: int, file: str) -> tuple[int, Mistake | None]:
    """The line after a comment whose line ends in a backslash.

    Apache goes on in the next line, ModSecurity 3 does so only where a directive was commented out. A mistake where one of them
    would skip what the other takes for a directive.
    """
    directive = lines[at].lstrip("#" + _BLANK)[:3].lower() == "sec"
    end = _end(lines, at) if directive else at + 1
    for number in range(at + 1, max(end, min(at + 2, len(lines)))):
        line = lines[number].strip(_BLANK + "\r")
        if line and not line.startswith("#") and (not directive or line[:3].lower() == "sec"):
            hint = "remove the backslash at the end of the line above, or comment this line out too"
            return end, Mistake("it is not clear whether the comment above goes on in this line", file, number + 1, 1, hint)
    return end, None


def _statement(lines: list[str], first: int, end: int, file: str) -> Statement | Mistake:
    pieces: list[tuple[int, int]] = []
    parts: list[str] = []
    offset = 0
    for number in range(first, end):
        line = lines[number].removesuffix("\r")
        parts.append(line)
        pieces.append((offset, number + 1))
        offset += len(line) + 1
    text = "\n".join(parts)
    if parts[-1].endswith("\\"):  # the file ends here
        text = text[:-1]
    indent = len(text) - len(text.lstrip(_BLANK))
    if "\0" in text:
        return _misplaced("a NUL octet", text.index("\0"), pieces, file)
    name_end = _word_end(text, indent)
    name = text[indent:name_end]
    if not name.isidentifier():
        return _misplaced("a directive is expected", indent, pieces, file, "a directive is a word such as SecRule")
    try:
        words = tuple(_words(text, name_end, name.lower() in _TARGETS))
    except Mistaken as mistaken:
        return _misplaced(mistaken.message, mistaken.at, pieces, file, mistaken.hint)
    return Statement(name, words, file, tuple(pieces), indent)


def _misplaced(message: str, offset: int, pieces: list[tuple[int, int]], file: str, hint: str = "") -> Mistake:
    begin, line = next(piece for piece in reversed(pieces) if piece[0] <= offset)
    return Mistake(message, file, line, offset - begin + 1, hint)


_TARGETS = frozenset(("secrule", "secruleupdatetargetbyid", "secruleupdatetargetbytag", "secruleupdatetargetbymsg"))
"""Directives with targets among their arguments, in which single quotes protect white space: `ARGS:'a b'`."""


def _skip(text: str, at: int) -> int:
    """Past white space and line ends."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _word_end(text: str, at: int) -> int:
    found = _BREAK.search(text, at)
    return found.start() if found else len(text)


def _words(text: str, at: int, targets: bool) -> Iterator[Word]:
    while True:
        at = _skip(text, at)
        if at >= len(text) or text[at] == "#":
            return
        if text[at] == "'":
            raise Mistaken("an argument in single quotes", at, "use double quotes; readers of SecLang differ here")
        if text[at] == '"':
            end = _closing(text, at)
            source = text[at + 1 : end]
            yield Word(source.replace("\\\n", "").replace('\\"', '"'), at + 1, source, True)
            at = end + 1
            if _word_end(text, at) != at:
                raise Mistaken("text right behind a closing quote", at, r"a quote within an argument is written \"")
            continue
        end = _protected_end(text, at) if targets else _word_end(text, at)
        if '"' in text[at:end]:
            raise Mistaken(
                "a quote within a word", text.index('"', at), r"put the whole argument into double quotes, with \" inside"
            )
        yield Word(text[at:end], at, text[at:end])
        at = end


def _closing(text: str, opening: int) -> int:
    """Where the quote that opens here closes: a backslash protects the character behind it."""
    at = opening + 1
    while True:
        quote = text.find('"', at)
        if quote < 0:
            raise Mistaken("a quote that never closes", opening, "a line goes on in the next only if it ends in a backslash")
        slashes = quote
        while slashes > at and text[slashes - 1] == "\\":
            slashes -= 1
        if (quote - slashes) % 2 == 0:
            return quote
        at = quote + 1


def _protected_end(text: str, at: int) -> int:
    """The end of targets without double quotes."""
    end = _word_end(text, at)
    while True:
        opening = text.find(":'", at, end)
        if opening < 0:
            return end
        closing = _UNESCAPED.match(text, opening + 2)
        if closing is None:
            raise Mistaken("a single quote that never closes", opening + 1)
        at = closing.end()
        if at > end:
            end = _word_end(text, at)
