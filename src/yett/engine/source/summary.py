"""What is known of a function as a whole: what it gives, and what of its parameters reaches a sink. It must not know how it came
about."""

import msgspec

from yett.engine.source.members import Held
from yett.engine.source.values import PLAIN, Label, Value
from yett.model.source import Spot

ANY = "any"
"""The form of a parameter: that of what is handed in."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A value in a sink: with a label of a parameter, it waits for who calls; with one of a request, it is a hit. spot: of the
    sink; call: its text. argument: position or keyword. text: of that argument, with holes. options: the other arguments.
    cause: where the value was made into what the sink gets, when that is not the sink's own function: that function and the call
    in it that hands the value on."""

    rule: str
    callee: str
    spot: Spot
    call: str
    argument: int | str
    text: str
    options: dict[str, str]
    label: Label
    cause: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        spot = self.spot
        return self.rule, spot.file, spot.line, spot.column, self.argument, self.label.key, self.text, self.cause


class Summary(msgspec.Struct, frozen=True):
    """gives: what is returned, with labels of parameters and of requests. pending: what waits for a caller. held: what it leaves
    of its parameters in members of objects."""

    gives: Value = PLAIN
    pending: tuple[Pending, ...] = ()
    held: Held = {}

    @property
    def key(self) -> tuple[object, ...]:
        """What others see of it."""
        gives = self.gives
        members = tuple(tuple(sorted(label.key[:3] for label in one.labels)) for one in gives.members)
        labels = tuple(sorted(one.key[:3] for one in gives.labels))
        held = tuple(sorted((*key, *label.key[:3]) for key, found in self.held.items() for label in found))
        return gives.origin, gives.text, labels, members, tuple(one.key for one in self.pending), held
