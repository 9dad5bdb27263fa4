"""The transformations of ModSecurity's rule language: bytes in, bytes out, each in time linear in its input.

A chain is a tuple of canonical names (`chain_of`), applied from left to right. Most values contain nothing to decode, so each
transformation has a cheap test that tells where it would change nothing. It must not know rules.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from yett.formats.signs import BACKSLASH
from yett.formats.transformations import codes, escapes, paths, text

Apply = Callable[[bytes], bytes]
InLines = Callable[[bytes], bytes | None]
Touches = Callable[[bytes, int], bool]


class Transformation(NamedTuple):
    """name: canonical. apply: the transformed value.

    touches(text, borders): False only if `apply` changes none of the values that are joined to `text` by `borders` line feeds
    (one value: 0). True promises nothing.
    in_lines(text): what `apply` makes of each line of a text, joined again, or None where each must be asked for; None instead of a
    function where it always must.
    """

    name: str
    apply: Apply
    touches: Touches
    in_lines: InLines | None = None


class UnknownTransformation(ValueError):
    """There is no transformation of that name."""


_ALL = (
    Transformation("base64Decode", codes.base64_decode, codes.any_octet, codes.base64_decode_in_lines),
    Transformation("base64DecodeExt", codes.base64_decode_ext, codes.any_octet),
    Transformation("base64Encode", codes.base64_encode, codes.any_octet),
    Transformation("cmdLine", text.command_line, text.command_line_touches, text.command_line_in_lines),
    Transformation(
        "compressWhitespace", text.compress_whitespace, text.compress_whitespace_touches, text.compress_whitespace_in_lines
    ),
    Transformation("cssDecode", escapes.css_decode, escapes.backslash_touches, escapes.css_decode_in_lines),
    Transformation("escapeSeqDecode", escapes.escape_seq_decode, escapes.backslash_touches, escapes.escape_seq_decode_in_lines),
    Transformation("hexDecode", codes.hex_decode, codes.any_octet),
    Transformation("hexEncode", codes.hex_encode, codes.any_octet),
    Transformation(
        "htmlEntityDecode", escapes.html_entity_decode, escapes.html_entity_decode_touches, escapes.html_entity_decode
    ),
    Transformation("jsDecode", escapes.js_decode, escapes.backslash_touches, escapes.js_decode_in_lines),
    Transformation("length", codes.length, codes.always),
    Transformation("lowercase", text.lowercase, text.lowercase_touches, text.lowercase),
    Transformation("md5", codes.digest_md5, codes.always),
    Transformation("none", codes.none, codes.never, codes.none),
    Transformation("normalizePath", paths.normalize_path, paths.normalize_path_touches, paths.normalize_path_in_lines),
    Transformation(
        "normalizePathWin", paths.normalize_path_win, paths.normalize_path_win_touches, paths.normalize_path_win_in_lines
    ),
    Transformation("parityEven7bit", text.parity_even, codes.any_octet),
    Transformation("parityOdd7bit", text.parity_odd, codes.any_octet),
    Transformation("parityZero7bit", text.parity_zero, text.parity_zero_touches),
    Transformation("removeComments", text.remove_comments, text.remove_comments_touches),
    Transformation(
        "removeCommentsChar",
        text.remove_comment_characters,
        text.remove_comment_characters_touches,
        text.remove_comment_characters,
    ),
    Transformation("removeNulls", text.remove_nulls, text.nulls_touch, text.remove_nulls),
    Transformation("removeWhitespace", text.remove_whitespace, text.remove_whitespace_touches, text.remove_whitespace_in_lines),
    Transformation("replaceComments", text.replace_comments, text.replace_comments_touches, text.replace_comments_in_lines),
    Transformation("replaceNulls", text.replace_nulls, text.nulls_touch, text.replace_nulls),
    Transformation("sha1", codes.digest_sha1, codes.always),
    Transformation("sqlHexDecode", codes.sql_hex_decode, codes.sql_hex_decode_touches, codes.sql_hex_decode),
    Transformation("trim", text.trim, text.trim_touches),
    Transformation("trimLeft", text.trim_left, text.trim_touches),
    Transformation("trimRight", text.trim_right, text.trim_touches),
    Transformation("uppercase", text.uppercase, text.uppercase_touches, text.uppercase),
    Transformation("urlDecode", codes.url_decode, codes.url_decode_touches, codes.url_decode),
    Transformation("urlDecodeUni", codes.url_decode_uni, codes.url_decode_touches, codes.url_decode_uni),
    Transformation("urlEncode", codes.url_encode, codes.url_encode_touches),
    Transformation("utf8toUnicode", escapes.utf8_to_unicode, escapes.utf8_touches, escapes.utf8_to_unicode_in_lines),
)

TRANSFORMATIONS = {transformation.name: transformation for transformation in _ALL}
"""All transformations by canonical name."""

_BY_LOWER_NAME = {name.lower(): name for name in TRANSFORMATIONS} | {
    "normalisepath": "normalizePath",
    "normalisepathwin": "normalizePathWin",
    "htmlentitydecode": "htmlEntityDecode",
}


def chain_of(names: Iterable[str]) -> tuple[str, ...]:
    """The chain that `t:` actions of these names make, in their order: names in canonical spelling (case is ignored, as
    ModSecurity does), everything up to the last `none` dropped. Raises UnknownTransformation."""
    chain: list[str] = []
    for name in names:
        known = _BY_LOWER_NAME.get(name.lower())
        if known is None:
            raise UnknownTransformation(name)
        if known == "none":
            chain.clear()
        else:
            chain.append(known)
    return tuple(chain)


def transformed(chain: tuple[str, ...], value: bytes) -> bytes:
    """The value after a chain of canonical names; the same object where nothing changes most of the time."""
    if len(value) > LONG:
        for name in chain:
            value = MADE.after(name, value, TRANSFORMATIONS[name].apply)
        return value
    for name in chain:
        step = TRANSFORMATIONS[name]
        if step.touches(value, 0):
            value = step.apply(value)
    return value


LONG = 1 << 15
"""Octets of a value from which on it pays to remember, wherever it is looked at, what single transformations make of it."""

_KEPT = 32 << 20
"""Octets of long values that are remembered."""

_MOST_TOLD = 1 << 14
"""Verdicts of tests that are remembered. Their values are those of the exchange, or remembered anyway."""


def alike(name: str, value: bytes) -> str:
    """The name that stands for all transformations that do the same to this value."""
    if name == "urlDecodeUni":
        return name if b"%u" in value or b"%U" in value else "urlDecode"
    if name == "normalizePathWin":
        return name if BACKSLASH in value else "normalizePath"
    return name


class Made:
    """What long values become by single transformations, for all that look at them one after the other, and what tests say of
    them: hundreds of links ask for some dozen. Remembered only while somebody holds it, and bounded. Thread-safe: at worst
    something is worked out twice."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], bytes] = {}
        self._told: dict[tuple[str, bytes], bool] = {}
        self._size = 0
        self._holders: set[object] = set()

    def hold(self) -> object:
        """Remember from now on, until what this gives is given to `release`."""
        holder = object()
        self._holders.add(holder)
        return holder

    def release(self, holder: object) -> None:
        """With the last one who holds it everything is forgotten."""
        self._holders.discard(holder)
        if not self._holders:
            self._forget()

    def _forget(self) -> None:
        self._known.clear()
        self._told.clear()
        self._size = 0

    def after(self, name: str, value: bytes, apply: Apply) -> bytes:
        """What `apply`, of that name, makes of the value; the value itself where that is nothing else."""
        if name == "cmdLine":
            return self.after("lowercase", self.after("cmdLineButCase", value, text.command_line_but_case), text.lowercase)
        if not self._holders:
            found = apply(value)
            return value if found == value else found
        known = self._known
        remembered = known.get((name, value))
        if remembered is None:
            same = alike(name, value)
            remembered = known.get((same, value))
            if remembered is None:
                remembered = apply(value)
                if remembered == value:
                    remembered = value
                else:
                    self._size += len(remembered)
                if self._size > _KEPT:
                    self._forget()
                known[same, value] = remembered
            known[name, value] = remembered
        return remembered

    def told(self, test: str, value: bytes, ask: Callable[[bytes], bool]) -> bool:
        """What a test, `ask`, says of the value."""
        found = self._told.get((test, value))
        if found is None:
            found = ask(value)
            self.tell(test, value, found)
        return found

    def tell(self, test: str, value: bytes, found: bool) -> None:
        """That the test has said so of the value."""
        if self._holders and len(self._told) < _MOST_TOLD:
            self._told[test, value] = found

    def heard(self, test: str, value: bytes) -> bool | None:
        """What the test has said of the value; None where nobody remembers."""
        told = self._told
        return told.get((test, value)) if told else None


MADE = Made()


class Remembered:
    """Values after chains, each transformation of a long value worked out once. It holds all of them as long as it lives."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, ...] | str, bytes], bytes] = {}

    def transformed(self, chain: tuple[str, ...], value: bytes) -> bytes:
        """As `transformed`."""
        known = self._known
        at: tuple[tuple[str, ...] | str, bytes] = (chain, value)
        found = known.get(at)
        if found is None:
            found = known[at] = self._stepwise(chain, value) if LONG >= len(value) > _LONG else transformed(chain, value)
        return found

    def _stepwise(self, chain: tuple[str, ...], value: bytes) -> bytes:
        known = self._known
        for name in chain:
            at = (name, value)
            after = known.get(at)
            if after is None:
                step = TRANSFORMATIONS[name]
                after = known[at] = step.apply(value) if step.touches(value, 0) else value
            value = after
        return value


_LONG = 4_096
"""Octets from which on it pays to remember what single transformations make of a value."""
