"""Which of the declared media types a body is of, and whether the parsed body matches that type's schema."""

from typing import Any

from yett.formats.contract.coercion import Unreadable, as_text, is_ambiguous, scalar
from yett.formats.contract.forms import form_value
from yett.formats.contract.live import LiveContract
from yett.formats.contract.outline import Outline
from yett.formats.contract.shapes import TEXT
from yett.formats.contract.validators import Check
from yett.formats.contract.values import Media
from yett.formats.contract.violations import Violation
from yett.formats.media_types import Kind, MediaType, kind_of, read_media_type

SPELLINGS = ("%s", "%s; charset=utf-8", "%s;charset=utf-8", "%s; charset=UTF-8", "%s;charset=UTF-8")
"""How clients spell a type whose charset is UTF-8; these are found without reading them."""


class PreparedMedia:
    """One declared media type for bodies of one kind.

    valid: the hot path for JSON: whether a parsed body is valid; None where every one is, or where `judge` must be asked.
    reads: whether the body must be parsed at all.
    """

    __slots__ = ("_ambiguous", "_check", "_encoding", "_live", "_outline", "_shape", "kind", "media", "reads", "valid")

    def __init__(self, live: LiveContract, media: Media, kind: Kind) -> None:
        self._live, self.media, self.kind = live, media, kind
        self._check = live.check(media.schema)
        self._outline: Outline | bool | None = False
        self._encoding = {parameter.name: parameter for parameter in media.encoding}
        self._shape = TEXT if kind is Kind.JSON or kind is Kind.OPAQUE else live.shape(media.schema)
        self._ambiguous = is_ambiguous(self._shape)
        self.reads = kind is not Kind.OPAQUE and (kind is not Kind.TEXT or self._check is not None)
        self.valid: Check | None = self._check.valid if kind is Kind.JSON and self._check is not None else None

    def judge(self, document: Any, place: str) -> Violation | None:
        """What is wrong with a parsed body; None if nothing is."""
        if self._check is None or self.kind is Kind.OPAQUE:
            return None
        try:
            value = self._value(document, self._shape)
            if self._check.valid(value):
                return None
            if (
                self._ambiguous
                and self.kind is not Kind.JSON
                and self._check.valid(self._value(document, as_text(self._shape)))
            ):
                return None
        except Unreadable as error:
            return Violation(place, str(error))
        return self._check.violation(value, place) or Violation(place, "the body does not match its schema")

    @property
    def outline(self) -> Outline | None:
        """What is declared of a JSON body; None where nothing could be taken out of it."""
        if self._outline is False:
            known = self._check is not None and self.kind is Kind.JSON
            self._outline = self._live.outlines.of_schema(self.media.schema) if known else None
        return self._outline if isinstance(self._outline, Outline) else None

    def _value(self, document: Any, shape: Any) -> Any:
        if self.kind in (Kind.FORM, Kind.MULTIPART):
            return form_value(document, shape, self._encoding)
        return scalar(document, shape.kinds) if self.kind is Kind.TEXT else document


def media_table(live: LiveContract, declared: tuple[Media, ...]) -> "MediaTable":
    """The table of these media types; bodies with the same ones share it."""
    return live.once(("media", declared), lambda: MediaTable(live, declared))


class MediaTable:
    """The declared media types of one body. An empty table accepts everything and reads nothing."""

    def __init__(self, live: LiveContract, declared: tuple[Media, ...]) -> None:
        self._live = live
        self._declared = {media.type: media for media in declared if not media.charset}
        self._with_charset = {(media.type, media.charset): media for media in declared if media.charset}
        self._prepared: dict[tuple[str, str, Kind], PreparedMedia] = {}
        self._spelt: dict[bytes | None, PreparedMedia] = {}
        for name, media in self._declared.items():
            if not name.endswith("/*"):
                prepared = self._prepare(media, name)
                self._spelt |= {(spelling % name).encode(): prepared for spelling in SPELLINGS}
        self.declared = tuple(dict.fromkeys(media.type for media in declared))
        self.reads = any(self._may_read(media) for media in declared)
        self.find = self._spelt.get

    def _may_read(self, media: Media) -> bool:
        return media.type.endswith("/*") or self._prepare(media, media.type).reads

    def _prepare(self, media: Media, actual: str) -> PreparedMedia:
        key = (media.type, media.charset, kind_of(actual))
        if key not in self._prepared:
            self._prepared[key] = PreparedMedia(self._live, media, kind_of(actual))
        return self._prepared[key]

    def search(self, content_type: bytes) -> PreparedMedia | None:
        """The media type that a Content-Type matches; the most specific wins. `find` is tried before, for speed."""
        parsed = read_media_type(content_type)
        if parsed is None:
            return None
        media = self._match(parsed)
        return None if media is None else self._prepare(media, parsed.type)

    def _match(self, parsed: MediaType) -> Media | None:
        charset = (parsed.parameter("charset") or "").lower()
        exact = self._with_charset.get((parsed.type, charset or "utf-8")) or self._declared.get(parsed.type)
        main = parsed.type.partition("/")[0]
        return exact or self._declared.get(f"{main}/*") or self._declared.get("*/*")
