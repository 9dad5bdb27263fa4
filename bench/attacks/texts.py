"""Texts that nobody wrote for this purpose, by kind: what people and programs put into the strings of API requests.

They are taken from directories named by the caller: documentation, packages with their readmes and sources, message catalogues
of many languages, public API descriptions. Nothing is left out for looking like an attack. It must not know requests.
"""

import base64
import gettext
import gzip
import html
import io
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

import msgspec

from attacks.sources import Source, bit, rank

KINDS = (
    "name",
    "place",
    "word",
    "line",
    "sentence",
    "message",
    "paragraph",
    "markdown",
    "code",
    "html",
    "sqlish",
    "url",
    "base64",
)
KEPT = 12_000
"""Most texts of one kind and half."""
FILES = 1_500
"""Most files of one source; which, is decided by their paths' hashes."""
SIZE = 50_000
"""Octets read of one file."""

_CODE = {
    ".py",
    ".js",
    ".ts",
    ".pl",
    ".pm",
    ".c",
    ".h",
    ".sh",
    ".rs",
    ".go",
    ".java",
    ".rb",
    ".php",
    ".css",
    ".sql",
    ".lua",
    ".tcl",
}
_MARKUP = {".md", ".markdown", ".rst"}
_PROSE = {".txt", ".pod", "", ".tab", ".1", ".news", ".rdoc"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd]")
_PERSON = re.compile(r"([^\W\d_][\w.'’-]+(?: [^\W\d_][\w.'’-]*){1,3}) <([\w.+-]+@[\w.-]+)>")
_URL = re.compile(r"https?://[^\s<>\"'`)\]}|\\^]{6,200}")
_HTML = re.compile(r"<(p|div|li|table|h[1-6]|a|ul|span|pre|td|strong|em|blockquote)\b[^>]{0,200}>.{10,900}?</\1>", re.DOTALL)
_SQL = re.compile(
    r"\b(select|union|insert|update|delete|drop|create|alter|where|from|join|tables?|having|order by|group by|limit|null"
    r"|database|query)\b",
    re.IGNORECASE,
)
_SQL_VERBS = frozenset(("select", "union", "insert", "update", "delete", "drop", "alter", "where", "having", "join"))
_SENTENCE = re.compile(r"[^.!?。！？\n]{12,300}[.!?。！？](?=\s|$)")
_WORD = re.compile(r"[^\W_][\w'’.+-]{1,24}")


class Pools(msgspec.Struct):
    """Texts by half and kind: `texts[half][kind]`."""

    texts: tuple[dict[str, list[str]], dict[str, list[str]]]

    def count(self) -> dict[str, int]:
        return {kind: len(self.texts[0][kind]) + len(self.texts[1][kind]) for kind in KINDS}


def gather(sources: Sequence[Source]) -> Pools:
    """Read the sources. What a half holds depends on the texts alone, not on the order of files."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for source in sources:
        names = sorted(source.names(), key=lambda name: rank("file", name))[:FILES]
        for name, content in source.read(names, 1 << 20):
            for kind, text in _texts(name, content):  # of catalogues the whole, of all else the first SIZE octets
                text = _CONTROL.sub("", text).strip("\n")
                if len(text) > 1 and not text.isspace():
                    found[kind].add(text)
    halves: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for kind, texts in found.items():
        ordered = sorted(texts, key=lambda text: rank("text", text))
        for half in (0, 1):
            halves[half][kind] = [text for text in ordered if bit(text) == half][:KEPT]
    return Pools(halves)


def _texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """(kind, text) of one file, by the kind of file."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if suffix == ".gz":
        content, path = _inflated(content), PurePosixPath(path.stem)
        suffix = path.suffix.lower()
    if suffix == ".mo":
        yield from _catalogue(content)
        return
    content = content[:SIZE]
    if b"\0" in content[:4096]:
        if rank("binary", name) % 8 == 0:
            yield from _encoded(name, content)
        return
    text = content.decode("utf-8", "replace")
    reader = _reader(path.name, suffix)
    if reader is not None:
        yield from reader(text)
        if rank("plain", name) % 16 == 0:
            yield from _encoded(name, content)


def _reader(name: str, suffix: str) -> Callable[[str], Iterator[tuple[str, str]]] | None:
    if name in ("zone.tab", "zone1970.tab", "iso3166.tab", "tzdata.zi"):
        return _places
    if suffix in (".html", ".htm", ".xhtml"):
        return _hypertext
    if suffix in _CODE:
        return _code
    if suffix in _MARKUP or name == "METADATA":
        return _markup
    if suffix in (".json", ".yaml", ".yml"):
        return _described
    return _prose if suffix in _PROSE else None


def _inflated(content: bytes) -> bytes:
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(content)).read(SIZE)
    except (OSError, EOFError, zlib.error):
        return b""


def _encoded(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Base64 of pieces of a file, in both alphabets."""
    for place in range(3):
        start = rank("slice", name, place) % max(1, len(content))
        piece = content[start : start + 12 + rank("length", name, place) % 900]
        if len(piece) > 8:
            encode = base64.b64encode if place else base64.urlsafe_b64encode
            yield "base64", encode(piece).decode()


def _catalogue(content: bytes) -> Iterator[tuple[str, str]]:
    """Messages of a gettext catalogue: interfaces in many languages."""
    try:
        messages = gettext.GNUTranslations(io.BytesIO(content))._catalog  # type: ignore[attr-defined]
    except (OSError, ValueError, LookupError, struct.error):
        return
    for place, text in enumerate(messages.values()):
        if isinstance(text, str) and 2 < len(text) < 600 and place % 5 == 0:
            yield "message", text


def _places(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not line.startswith("#") and "\t" in line:
            for field in line.split("\t")[1:]:
                if field and field[0] not in "+-":
                    yield "place", field.rpartition("/")[2].replace("_", " ")


def _prose(text: str) -> Iterator[tuple[str, str]]:
    yield from _common(text)
    for place, paragraph in enumerate(re.split(r"\n[ \t]*\n", text)):
        if 80 < len(paragraph) < 1500 and place % 3 == 0:
            yield "paragraph", paragraph
    for place, line in enumerate(text.splitlines()):
        if 4 < len(line) < 120 and place % 11 == 0:
            yield "line", line.strip()


def _markup(text: str) -> Iterator[tuple[str, str]]:
    yield from _common(text)
    pieces = re.split(r"\n(?=#|\n)", text)
    for piece in pieces:
        if 30 < len(piece) < 2500:
            yield "markdown", piece.strip()
    for line in text.splitlines():
        if 4 < len(line) < 90 and re.match(r"[A-Za-z-]+: ", line):
            yield "line", line.partition(": ")[2].strip()


def _code(text: str) -> Iterator[tuple[str, str]]:
    for place, block in enumerate(re.split(r"\n[ \t]*\n", text)):
        lines = block.split("\n")
        if 20 < len(block) < 1500 and len(lines) < 25 and place % 4 == 0:
            yield "code", block
    yield from _common(text)


def _hypertext(text: str) -> Iterator[tuple[str, str]]:
    for place, match in enumerate(_HTML.finditer(text)):
        if place % 5 == 0 and place < 200:
            yield "html", match[0]
    plain = html.unescape(re.sub(r"<[^>]*>", " ", text))
    yield from _common(re.sub(r"[ \t]+", " ", plain))


def _described(text: str) -> Iterator[tuple[str, str]]:
    """Descriptions and examples of an API description, or any texts of a JSON or YAML file."""
    for match in re.finditer(r'"?(?:description|summary|title|example|name)"?:\s+("(?:[^"\\]|\\.)*"|[^\n{\[|>"\']+)', text):
        value = match[1]
        if value.startswith('"'):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if len(value) > 3:
            kind = "markdown" if "\n" in value or len(value) > 200 else "sentence" if " " in value else "word"
            yield kind, value[:2500]


def _common(text: str) -> Iterator[tuple[str, str]]:
    """What any text holds: people, addresses, sentences, words."""
    for match in _PERSON.finditer(text):
        yield "name", match[1]
    for place, match in enumerate(_URL.finditer(text)):
        if place % 2 == 0:
            yield "url", match[0].rstrip(".,;:")
    for place, match in enumerate(_SENTENCE.finditer(text)):
        sentence = " ".join(match[0].split())
        words = {word.lower() for word in _SQL.findall(sentence)}
        if len(words) > 1 and words & _SQL_VERBS:
            yield "sqlish", sentence
        elif place % 5 == 0:
            yield "sentence", sentence
    for place, match in enumerate(_WORD.finditer(text)):
        if place % 97 == 0:
            yield "word", match[0]
