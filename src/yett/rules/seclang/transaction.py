"""One exchange as the rule language sees it: the octets received, read as leniently as ModSecurity reads them, and the variables
that rules set on the way. It must not know any rule, nor whether the exchange is live or recorded.

What ModSecurity 2 and 3 do differently follows what the Core Rule Set's own tests expect; see `yett.rules.seclang.variables`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from yett.formats.inspected import form_pairs, unquoted
from yett.formats.signs import QUESTION, SPACE
from yett.formats.transformations import Remembered
from yett.rules.seclang.bodies import MOST_ARGUMENTS, BodyReading, processor_of, read
from yett.rules.seclang.names import FreshNames, NameTree

if TYPE_CHECKING:
    from yett.rules.seclang.hits import Matched
    from yett.rules.seclang.program import Hit
    from yett.rules.seclang.texts import Suspects

Pairs = Sequence[tuple[bytes, bytes]]
Named = list[tuple[bytes, bytes, bytes]]
"""Values with their names: as rules and records have it ("ARGS:name"), the bare key in lower case, the value."""


Exclusion = tuple[str, Callable[[bytes], bool] | None]
"""A collection, and which of its (lower-case) keys are meant; None for all."""


PROTOCOL: Final = b"HTTP/1.1"
"""Of responses for which nothing else is said."""


class Refusal(NamedTuple):
    """A rule stopped the exchange. phase: 1 to 4; status: what the rule says to answer."""

    rule: int
    phase: int
    status: int


class Transaction:
    """The state of one inspection.

    method, uri, protocol: the parts of the request line as received ("HTTP/1.1"); uri is the raw target. fields: names as
    received, values without surrounding white space. body: without transfer and content codings.
    Until `has_body` is set, the variables that need the body are empty, as in the first phase.
    tx: the TX collection by lower-case name. removed: positions of rules that are switched off; excluded: targets left out by
    position of the rule, each as (collection, test of the key). steered: whether a rule has said how those after it are run.
    excuse: whether a match of the rule at a position on the value of a name does not count. suspects: which links may match which
    values, where that is worth finding out. elsewhere: the rules that matched the request in another process that judged it.
    """

    # Defaults stand on the class: most transactions never change them.
    status = 0
    response_protocol = PROTOCOL
    response_fields: Pairs = ()
    response_body = b""
    has_body = False
    has_response_body = False
    body_forced = False
    clean = True
    steered = False
    held = False
    refusal: Refusal | None = None
    phase = 1
    engine = True
    acts = True
    allowed_until = 0
    severity = 255
    excuse: Callable[[int, bytes], bool] | None = None
    suspects: "Suspects | None" = None
    elsewhere: "Sequence[Matched]" = ()
    _path_texts: tuple[bytes, ...] = ()

    def __init__(
        self,
        method: bytes,
        uri: bytes,
        protocol: bytes,
        fields: Pairs,
        body: bytes = b"",
        address: bytes = b"127.0.0.1",
        identifier: bytes = b"",
        reading: BodyReading | None = None,
    ) -> None:
        self.method, self.uri, self.protocol, self.fields = method, uri, protocol, fields
        self.body = body
        self.address = address
        self.identifier = identifier
        self.processor = processor_of(self.field(b"content-type"))
        self.gathered: dict[str, Named] = {}
        self.transformed = Remembered()
        self.tx: dict[bytes, bytes] = {}
        self.removed: set[int] = set()
        self.excluded: dict[int, list[Exclusion]] = {}
        self.matched: list[tuple[bytes, bytes]] = []
        self.hits: list[Hit] = []
        self._reading = reading

    @classmethod
    def of_request(cls, line: bytes, fields: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> "Transaction":
        """From a raw request line (without its end) and the fields as they were received, whatever they look like."""
        method, _, rest = line.partition(b" ")
        uri, _, protocol = rest.rpartition(b" ") if SPACE in rest else (rest, b"", b"")
        return cls(method, uri, protocol, list(fields), body)

    @property
    def line(self) -> bytes:
        return b" ".join([part for part in (self.method, self.uri, self.protocol) if part])

    def field(self, name: bytes) -> bytes:
        """The first request field of this (lower-case) name, or b""."""
        for own, value in self.fields:
            if own == name or own.lower() == name:
                return value
        return b""

    def enter_body(self) -> None:
        """The body is there: variables that depend on it are gathered anew."""
        self.has_body = True
        for name in ("ARGS", "ARGS_NAMES", "ARGS_COMBINED_SIZE"):
            self.gathered.pop(name, None)

    def forget_body(self) -> None:
        """It is to be read in another way."""
        self._reading = None
        self.gathered.clear()

    @property
    def reading(self) -> BodyReading:
        """The body as its processor reads it."""
        if self._reading is None:
            self._reading = read(self.processor, self.field(b"content-type"), self.body)
        return self._reading

    def answer(self, status: int, fields: Pairs, protocol: bytes = b"HTTP/1.1") -> None:
        """The head of the response is there."""
        self.status, self.response_fields, self.response_protocol = status, fields, protocol

    def targets(self) -> tuple[bytes, ...]:
        """The target as a whole, as sent and as decoded, and what of it is a value by itself: patterns may be anchored there."""
        uri = self.uri
        decoded = unquoted(uri)
        found = [self.line, uri]
        if decoded is not uri:
            found.append(decoded)
        if QUESTION in uri:
            found.append(uri.partition(b"?")[2])
        if uri[:1] != b"/":  # without scheme and authority
            slash = decoded.find(b"/", decoded.find(b"://") + 3)
            found.append(decoded[max(slash, 0) :])
        return tuple(found)

    def names(self, known: NameTree) -> FreshNames | None:  # noqa: ARG002
        """Of JSON whose `texts` are its strings and numbers alone: names of arguments that are not known."""
        return None

    def texts(self, more: list[bytes], _: bool = True) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """All arguments, names included, texts of XML, the path, and `more`, in portions: values; and texts of which each line
        is looked at like a value. The flag: whether short numbers of JSON are wanted, too."""
        yield more + self.target_texts() + (self.reading.values() if self.body else []), []

    @property
    def path(self) -> bytes:
        """Decoded."""
        return self.path_texts()[0]

    def path_texts(self) -> tuple[bytes, ...]:
        """The path, its last segment, and the path without scheme and authority."""
        found = self._path_texts
        if not found:
            path = unquoted(self.uri.partition(b"?")[0])
            found = (path, path[max(path.rfind(b"/"), path.rfind(b"\\")) + 1 :])
            if path[:1] != b"/":
                found = (*found, path[max(path.find(b"/", path.find(b"://") + 3), 0) :])
            self._path_texts = found
        return found

    def target_texts(self) -> list[bytes]:
        """The texts of the path, and the arguments of the query."""
        found = [*self.path_texts()]
        query = self.uri.partition(b"?")[2]
        for pair in form_pairs(query, MOST_ARGUMENTS) if query else ():
            found += pair
        return found

    def query_arguments(self) -> list[tuple[bytes, bytes]]:
        """Decoded names and values of the query."""
        query = self.uri.partition(b"?")[2]
        return form_pairs(query, MOST_ARGUMENTS) if query else []

    def assign(self, key: bytes, value: bytes | None) -> None:
        """Set a variable of TX, or drop it."""
        if self.clean:
            self.start_from(self.tx)
        if value is None:
            self.tx.pop(key, None)
        else:
            self.tx[key] = value

    def set_engine(self, state: str) -> None:
        """`ctl:ruleEngine`: "on", "off" or "detectiononly"."""
        self.engine, self.acts = state != "off", state != "detectiononly" and self.acts

    def start_from(self, tx: Mapping[bytes, bytes]) -> None:
        """Take over the variables as the rules that look at nothing but variables have left them so far."""
        if self.clean:
            self.tx = dict(tx)
            self.clean = False


def cookie_pairs(value: bytes) -> list[tuple[bytes, bytes]]:
    """As ModSecurity 3: white space before a name goes, what has no "=" is a name without a value."""
    found = []
    for piece in value.rstrip().split(b";", MOST_ARGUMENTS):
        key, _, text = piece.partition(b"=")
        key = key.lstrip()
        if key:
            found.append((key, text))
    return found
