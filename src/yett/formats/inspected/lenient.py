"""Reads what cannot be read strictly as a lenient server might: so that a guard sees at least what some server sees.

Nothing here raises, all of it is linear. Several readings of the same octets may all be given. It must not know any rule.
"""

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from itertools import islice

from yett.formats.multipart import MAX_HEAD, MAX_PARTS
from yett.formats.signs import AMPERSAND
from yett.formats.transformations import LONG, MADE
from yett.formats.transformations.codes import Escapes

_STRING = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"?', re.DOTALL)
_JSON_ESCAPE = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})(?:\\u([dD][c-fC-F][0-9A-Fa-f]{2}))?|(.))", re.DOTALL)
_JSON_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}
_ENTITY = re.compile(rb"(&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|lt|gt|amp|quot|apos);?)", re.IGNORECASE)
_NAMED = {b"l": b"<", b"g": b">", b"am": b"&", b"q": b'"', b"ap": b"'"}
_PARAMETER = re.compile(
    rb'[;\s]((?:file)?name)(?:\*[0-9]{0,2}\*?)?[ \t]*=[ \t]*(?:"((?:[^"\\\r\n]|\\.)*+)|([^;\r\n"]*))', re.IGNORECASE
)
_FORM = re.compile(rb"[^\s<>{}\"=&]{1,256}=")

CODECS = {
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-32": "utf-32",
    "utf-32le": "utf-32-le",
    "utf-32be": "utf-32-be",
    "utf-7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "ibm037": "cp037",
    "cp037": "cp037",
    "ibm500": "cp500",
    "cp500": "cp500",
    "ibm1047": "cp037",
    "ibm1140": "cp1140",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "windows-1251": "cp1251",
    "iso-8859-15": "iso8859-15",
    "shift_jis": "shift_jis",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "iso-2022-kr": "iso2022_kr",
    "hz-gb-2312": "hz",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "gb18030": "gb18030",
    "big5": "big5",
    "koi8-r": "koi8_r",
}
"""Charsets in which text can look harmless as octets, or that servers know; what is not here is read as it is."""

_EBCDIC_XML = "<?xml".encode("cp037")

MAX_PARAMETERS = 32
"""Most parameters of a part's head that are looked at; the head is a value itself."""
LONGEST_NAME = 1_024


def recoded(content: bytes, charset: str) -> bytes | None:
    """The text in UTF-8 where it is in another charset, claimed or (UTF-16, UTF-32) evident; None where it is what it seems."""
    codec = CODECS.get(charset.lower()) or _evident(content)
    if codec is None:
        return None
    try:
        return content.decode(codec, "replace").encode("utf-8", "replace")
    except (UnicodeError, ValueError):
        return None


def _evident(content: bytes) -> str | None:
    """RFC 4627, section 3, and Extensible Markup Language 1.0, appendix F: the first octets of a text show its encoding."""
    if content.startswith(_EBCDIC_XML):
        return "cp037"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-32" if content[2:4] == b"\0\0" else "utf-16"
    if len(content) >= 4 and 0 in content[:4]:
        zeros = "".join("0" if octet == 0 else "x" for octet in content[:4])
        return {"0x0x": "utf-16-be", "x0x0": "utf-16-le", "000x": "utf-32-be", "x000": "utf-32-le"}.get(zeros)
    return None


def looks_like_json(content: bytes) -> bool:
    return content[:1] in (b"{", b"[", b'"')


def looks_like_xml(content: bytes) -> bool:
    return content[:1] == b"<"


def looks_like_form(content: bytes) -> bool:
    return _FORM.match(content) is not None


def looks_like_multipart(content: bytes) -> bool:
    return content[:2] == b"--"


def strings(content: bytes) -> Iterator[bytes]:
    """Everything in double quotes, with JSON's escapes undone; a last quote need not be closed."""
    for found in _STRING.finditer(content):
        text = found[1]
        yield _JSON_ESCAPE.sub(_unescaped, text) if b"\\" in text else text


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return _JSON_LETTERS.get(found[3], found[3])
    first = int(found[1], 16)
    if found[2] is None:
        return chr(first).encode("utf-8", "surrogatepass")
    second = int(found[2], 16)
    if 0xD800 <= first < 0xDC00:
        return chr(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00).encode()
    return (chr(first) + chr(second)).encode("utf-8", "surrogatepass")


def without_entities(content: bytes) -> bytes | None:
    """The text with character references and the predefined entities of XML undone once; None where there are none."""
    if AMPERSAND not in content:
        return None
    found = MADE.after("entitiesOfXML", content, _undone) if len(content) > LONG else _undone(content)
    return None if found == content else found


def _undone(content: bytes) -> bytes:
    return _ENTITIES.replaced(_ENTITY, _ENTITIES.eased(_ENTITY, content))


def _entity(spelt: bytes) -> bytes:
    if spelt[1:2] != b"#":
        name = spelt[1:3].lower()
        return _NAMED[name if name[:1] == b"a" else name[:1]]
    digits = spelt[2:].rstrip(b";")
    number = int(digits[1:], 16) if digits[:1] in (b"x", b"X") else int(digits)
    return chr(number).encode("utf-8", "surrogatepass") if number < 0x110000 else spelt


_ENTITIES = Escapes(_entity)


class LoosePart:
    """A part of a multipart body as somebody may read it. names: all that it may be called; filenames likewise."""

    __slots__ = ("content", "filenames", "head", "names")

    def __init__(self, head: bytes, content: bytes) -> None:
        self.head = head
        found = [each.groups(b"") for each in islice(_PARAMETER.finditer(head), MAX_PARAMETERS)]
        self.names = [_plain(quoted or bare) for name, quoted, bare in found if name.lower() == b"name"]
        self.filenames = [_plain(quoted or bare) for name, quoted, bare in found if name.lower() == b"filename"]
        self.content = _transferred(head.lower(), content)


def _plain(value: bytes) -> bytes:
    value = value[:LONGEST_NAME]
    return re.sub(rb"\\(.)", rb"\1", value) if b"\\" in value else value


def _transferred(head: bytes, content: bytes) -> bytes:
    if b"content-transfer-encoding" not in head:
        return content
    if b"base64" in head:
        try:
            return base64.b64decode(content)
        except binascii.Error:
            return content
    return quopri.decodestring(content) if b"quoted-printable" in head else content


def parts(content: bytes, boundary: bytes) -> Iterator[LoosePart]:
    """Whatever stands between lines that begin with the boundary; with an empty boundary, the first line says what it is."""
    if not boundary:
        boundary = content[2:].split(b"\n", 1)[0].rstrip(b"\r \t")[:256]
    pieces = content.split(b"--" + boundary, MAX_PARTS + 1) if boundary else [content]
    for piece in pieces[1:]:
        text = piece.lstrip(b" \t\r\n")
        ends = [(text.find(mark, 0, MAX_HEAD), len(mark)) for mark in (b"\r\n\r\n", b"\n\n", b"\r\r")]
        end, length = min((one for one in ends if one[0] >= 0), default=(-1, 0))
        if end >= 0:
            yield LoosePart(text[:end], text[end + length :].removesuffix(b"\n").removesuffix(b"\r"))
        elif text not in (b"", b"--"):
            yield LoosePart(text[:MAX_HEAD], b"")
