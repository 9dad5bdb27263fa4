"""What an attack rule looks for: patterns over values, and judgements of what no pattern can say.

Patterns are of RE2's syntax, over octets; letters match in both cases, "." matches line breaks too, and "^" and "$" match at
line breaks. Each is looked for in every value as it was read, and without disguise (`yett.rules.inspection.unmask`).
It must not know policies, nor how values are gathered.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from yett.formats.inspected import Origin, Value

LINE_BREAK = rb"\x0c"
"""In a needle: a line break within a value. Needles are looked for in texts of which each value is a line, and where a value has
lines of its own, a form feed stands in a line between them. So a needle that spans lines has `\\s+` where its pattern has `\\n`."""

NAMES = frozenset(
    {Origin.QUERY_NAME, Origin.FORM_NAME, Origin.JSON_NAME, Origin.XML_NAME, Origin.PART_NAME, Origin.COOKIE_NAME}
)
"""Names that a caller chose, but for those of header fields."""

PARAMETERS = frozenset({Origin.QUERY, Origin.FORM, Origin.JSON, Origin.XML, Origin.PART, Origin.PATH, Origin.URL})
"""What operations take as input, name by name."""

REQUEST = frozenset(origin for origin in Origin if origin < Origin.RESPONSE_HEADER)
RESPONSE = frozenset(origin for origin in Origin if origin >= Origin.RESPONSE_HEADER)

TEXTS = REQUEST - {Origin.OPAQUE, Origin.UPLOAD}
"""All of a request but files."""


class Found(NamedTuple):
    """A pattern matched: text[start:end]. text: the value, or the value without disguise."""

    text: bytes
    start: int
    end: int
    value: Value


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One pattern of a rule. reason: what it says to the owner of the policy. where: the origins that count.

    needle: a cheaper pattern for the first look, which matches wherever `pattern` does; best with a few letters in a row. Empty:
    `pattern` itself. span: octets of a match; a longer one does not count.
    confirm: whether a match is meant; asked for each match of a value, up to a bound. It is called with what is hostile, must
    take time linear in what it looks at, and should look at a bounded piece around the match. whole: it speaks of the value as a
    whole, so it is asked once, with the first match.
    """

    id: str
    pattern: bytes
    reason: str
    needle: bytes = b""
    where: frozenset[Origin] = TEXTS
    span: int = 400
    whole: bool = False
    confirm: Callable[[Found], bool] | None = None


class Structure(msgspec.Struct, frozen=True, kw_only=True):
    """What only shows in several values or in a document's shape. pattern: matches some value, wherever there is something.

    judge: called with all values and the document (of JSON; None elsewhere) of the message; gives every value that is objected to,
    each with its own place, because an exception may excuse some of them. Not more is taken of it than is needed.
    """

    id: str
    pattern: bytes
    reason: str
    judge: Callable[[Sequence[Value], Any], Iterator[Value]]
    where: frozenset[Origin] = TEXTS
