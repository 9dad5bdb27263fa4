"""Which of the declared media types a body is of, and whether the parsed body matches that type's schema."""

from typing import Any

from yett.formats.contract.coercion import Unreadable, as_text, is_ambiguous, scalar
from yett.formats.contract.forms import form_value
from yett.formats.contract.live import LiveContract
from yett.formats.contract.outline import NOTHING
from yett.formats.contract.proven import proves
from yett.formats.contract.shapes import Shape, shape_of
from yett.formats.contract.validators import Check
from yett.formats.contract.values import Media
from yett.formats.contract.violations import Violation
from yett.formats.media_types import Kind, kind_of, read_media_type

SPELLINGS = ("%s", "%s; charset=utf-8", "%s;charset=utf-8", "%s; charset=UTF-8", "%s;charset=UTF-8")
"""How clients spell a type whose charset is UTF-8; these are found without reading them."""

UNJUDGED = (Kind.OPAQUE, Kind.XML)
"""Kinds of bodies that no schema is held against."""


class PreparedMedia:
    """One declared media type for bodies of one kind.

    valid: the hot path for JSON: whether a parsed body is valid; None where every one is, or where `judge` must be asked.
    reads: whether the body must be parsed at all. proves: see `yett.formats.contract.proven.proves`.
    """

    __slots__ = ("_check", "_encoding", "_outline", "_shaped", "kind", "media", "outlines", "proves", "reads", "valid")

    def __init__(self, live: LiveContract, media: Media, kind: Kind) -> None:
        self.media, self.kind, self.outlines = media, kind, live.outlines
        self._check = live.check(media.schema)
        self._encoding = {parameter.name: parameter for parameter in media.encoding}
        self.proves = proves(media, kind)
        self._shaped: tuple[Shape, Shape | None] | None = None
        self._outline: int | None = NOTHING
        self.reads = kind not in UNJUDGED and (kind is not Kind.TEXT or self._check is not None)
        self.valid: Check | None = self._check.valid if kind is Kind.JSON and self._check is not None else None

    def judge(self, document: Any, place: str) -> Violation | None:
        """What is wrong with a parsed body; None if nothing is."""
        if self._check is None or self.kind in UNJUDGED:
            return None
        if self.kind is Kind.JSON:
            return self._check.violation(document, place)
        shape, text = self._shapes()
        try:
            value = self._value(document, shape)
            if self._check.valid(value) or (text is not None and self._check.valid(self._value(document, text))):
                return None
        except Unreadable as error:
            return Violation(place, str(error))
        return self._check.violation(value, place)

    def strip(self, document: Any, removed: list[str]) -> Any:
        """A JSON body without what is not declared, whose pointers are added to `removed`."""
        if self._outline == NOTHING:
            known = self._check is not None and self.kind is Kind.JSON
            self._outline = self.outlines.of_schema(self.media.schema) if known else None
        return document if self._outline is None else self.outlines.strip(self._outline, document, removed)

    def _shapes(self) -> tuple[Shape, Shape | None]:
        """The shape, and the one where what may be text is text, if that makes a difference."""
        if self._shaped is None:
            shape = shape_of(self.outlines.contract, self.media.schema)
            self._shaped = (shape, as_text(shape) if is_ambiguous(shape) else None)
        return self._shaped

    def _value(self, document: Any, shape: Shape) -> Any:
        if self.kind in (Kind.FORM, Kind.MULTIPART):
            return form_value(document, shape, self._encoding)
        return scalar(document, shape.kinds)


def media_table(live: LiveContract, declared: tuple[Media, ...]) -> "MediaTable":
    """The table of these media types; bodies with the same ones share it."""
    return live.once(("media", declared), lambda: MediaTable(live, declared))


class MediaTable:
    """The declared media types of one body. An empty table accepts everything and reads nothing.

    declared: the types as written. find: looks one up by the bytes of a Content-Type, for common spellings only.
    """

    def __init__(self, live: LiveContract, declared: tuple[Media, ...]) -> None:
        self._prepared: dict[tuple[str, str, Kind], PreparedMedia] = {}
        for media in declared:
            for kind in Kind if media.type.endswith("/*") else (kind_of(media.type),):
                self._prepared[media.type, media.charset, kind] = PreparedMedia(live, media, kind)
        self.declared = tuple(dict.fromkeys(media.type for media in declared))
        self.reads = any(prepared.reads for prepared in self._prepared.values())
        spelt: dict[bytes | None, PreparedMedia] = {}
        for (name, charset, _), prepared in self._prepared.items():
            if not charset and not name.endswith("/*"):
                spelt |= {(spelling % name).encode(): prepared for spelling in SPELLINGS}
        self.find = spelt.get

    def search(self, content_type: bytes) -> PreparedMedia | None:
        """The media type that a Content-Type matches; the most specific wins. `find` is tried before, for speed."""
        parsed = read_media_type(content_type)
        if parsed is None:
            return None
        kind, charset = parsed.kind, (parsed.parameter("charset") or "utf-8").lower()
        names = (parsed.type, parsed.type.partition("/")[0] + "/*", "*/*")
        keys = ((name, wanted, kind) for name in names for wanted in (charset, ""))
        return next((self._prepared[key] for key in keys if key in self._prepared), None)
