"""What people split off, for learning: from then on its calls are learnt by themselves, so that nothing has to be told apart later.

It must not know where corrections are kept, nor how anything is learnt.
"""

from collections.abc import Iterable

from yett.engine.catalog.belonging import homes
from yett.engine.catalog.pins import Pin, Pins, Rank
from yett.model.catalog import Correction


class Splits:
    """The splits that hold, by service as learning knows it."""

    def __init__(self, corrections: Iterable[Correction]) -> None:
        corrections = list(corrections)
        self._home = homes(corrections)
        pins: dict[str, list[Pin]] = {}
        for one in corrections:
            if one.kind == "split":
                home = self._home.get(one.service, one.service)
                pins.setdefault(home, []).append(Pin(one.template, Rank.PERSON, one.method, one.named))
        self._pins = {service: Pins(found) for service, found in pins.items()}

    def of(self, service: str) -> Pins | None:
        """None where nothing was split off."""
        return self._pins.get(self._home.get(service, service))
