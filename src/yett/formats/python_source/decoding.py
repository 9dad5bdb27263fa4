"""A file's bytes as text: the encoding that it declares (PEP 263), or UTF-8. It must not know what the text means."""

import codecs
import re

from yett.model.mistake import Mistake

_COOKIE = re.compile(rb"^[ \t\f]{0,80}#[^\n]{0,200}?coding[:=][ \t]{0,8}([-\w.]{1,40})")
_BOM = b"\xef\xbb\xbf"
_NOTHING: tuple[Mistake, ...] = ()


def decoded(octets: bytes, file: str) -> tuple[str, tuple[Mistake, ...]]:
    """The text, and what is wrong with it. What does not fit the encoding becomes U+FFFD, is told once, and the rest is kept."""
    body = octets.removeprefix(_BOM)
    name, said = "utf-8", _NOTHING
    for head in body.split(b"\n", 2)[:2]:
        found = _COOKIE.match(head)
        if found:
            name, said = _known(found[1].decode("ascii", "replace"), file)
            break
    try:
        return body.decode(name), said
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        told = Mistake(f"not {name}: octet {body[error.start]:#04x}", file, line, hint="declare the encoding in the first line")
        return body.decode(name, "replace"), (*said, told)
    except UnicodeError as error:
        told = Mistake(f"not {name}: {error}", file, 1)
        return body.decode("latin-1"), (*said, told)


def _known(name: str, file: str) -> tuple[str, tuple[Mistake, ...]]:
    """The codec's name, where it is one of texts; else UTF-8 and a complaint."""
    try:
        found = codecs.lookup(name)
        if found._is_text_encoding and found.name not in ("idna", "punycode", "undefined", "unicode_escape"):
            return found.name, ()
    except (LookupError, ValueError):
        pass
    return "utf-8", (Mistake(f"the encoding {name!r} is not known; read as UTF-8", file, 1),)
