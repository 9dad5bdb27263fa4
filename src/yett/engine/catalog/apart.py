"""Words among ids: what a contract's parameter would hold, and what is an operation of its own all the same.

A contract that declares /users/{id} does not declare /users/export, though its template holds that path. Where a parameter has ids
by their look, the few words there are kept apart, so that an operation that nobody declared is not hidden behind one that
somebody did. It must not know views.
"""

from collections.abc import Sequence

from yett.engine.catalog.settings import ViewSettings
from yett.engine.catalog.templates import is_parameter, segments
from yett.engine.learning.traffic import Traffic
from yett.model.catalog import Reason

Part = tuple[str, Traffic]


def apart(template: str, parts: Sequence[Part], settings: ViewSettings) -> tuple[list[Part], list[tuple[str, Traffic, Reason]]]:
    """What stays with the template, and (template, traffic, why) of what is kept apart. parts: what it holds, by place in the tree,
    where ids are "{number}" and the like and everything else stands as it is. settings: `apart_words` and `apart_ids`."""
    wanted = segments(template)
    strays: dict[str, tuple[str, Traffic, Reason]] = {}
    for place, segment in enumerate(wanted):
        if not is_parameter(segment):
            continue
        labels = [(segments(name)[place], name, traffic) for name, traffic in parts]
        words = {label for label, _, _ in labels if label.replace("-", "").replace("_", "").isalpha()}
        ids = sum(traffic.members.distinct for label, _, traffic in labels if label.startswith("{"))
        if not 0 < len(words) <= settings.apart_words or ids < settings.apart_ids:
            continue
        numbers: dict[str, int | float | str] = {
            "ids": ids,
            "apart_ids": settings.apart_ids,
            "words": len(words),
            "apart_words": settings.apart_words,
        }
        for label, name, traffic in labels:
            if label in words and name not in strays:
                own = "/" + "/".join([*wanted[:place], label, *wanted[place + 1 :]])
                text = f"a word among ids: {template} holds its path, but values of {segment} look otherwise"
                strays[name] = (own, traffic, Reason(about="template", text=text, numbers=numbers))
    return [part for part in parts if part[0] not in strays], list(strays.values())
