"""Where a caller's value does harm, and what is known of one that got there. It must not know how values are followed.

A function is named as its module is: "requests.get". What a call gave is "()" ("sqlite3.connect().cursor().execute"), a name of
which nothing is known begins with "?" ("?cursor.execute"), and what the program itself defines with "@" ("@app.models:User.find").
"""

import msgspec

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity

HOLE = "\x00"
"""In the text of a value: where the caller's part is."""
UNKNOWN = "\x01"
"""In the text of a value: something that is not the caller's, of which no more is known."""
BETWEEN = "\x02"
"""In the text of a value: between the members of a list."""


class Sink(msgspec.Struct, frozen=True):
    """calls: functions; "*.execute" is a method of anything, "*Session().get" of anything that ends so. arguments: positions and
    keywords through which the value comes; "*" for any, "self" for what the method is called on, "**" for what is unpacked."""

    calls: tuple[str, ...]
    arguments: tuple[int | str, ...] = (0,)


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A caller's value in a sink.

    callee: named as above. text: of the argument, with HOLE for the caller's part. form: "text"; "json" for a member of a body
    that may be of any kind; "object" for a whole body, "texts" for all parameters. place: where the caller puts it: "query q",
    "body /name", "path id", "header X". options: further arguments that are literals or named things, by name or position.
    beside: texts of the calls in the function of the sink.
    element: of a list, the position of the first member with a HOLE; -1 where it is no list.
    """

    callee: str
    text: str
    form: str
    place: str
    argument: int | str = 0
    options: dict[str, str] = {}
    beside: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """The text before the caller's part."""
        return self.text.partition(HOLE)[0]

    @property
    def element(self) -> int:
        return self.head.count(BETWEEN) if BETWEEN in self.text else -1


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule makes of a hit. text: in place of the sentence that every finding has. reasons: why it is as severe as it is."""

    severity: Severity | None = None
    confidence: Confidence | None = None
    flaw: Flaw | None = None
    text: str = ""
    reasons: tuple[str, ...] = ()


CLAIMED = Verdict()
"""As the rule says of itself."""


def lowered(severity: Severity, steps: int = 1) -> Severity:
    """A severity some steps down, at least info."""
    order = list(Severity)
    return order[max(0, order.index(severity) - steps)]
