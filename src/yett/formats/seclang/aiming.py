"""Which rules a `ctl:ruleRemove…` means, and those that mean none, which are told. It must not know what is done to them.

As in ModSecurity 3, tags and messages are compared as a whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from yett.formats.seclang.values import Control, Item, Marker, SecAction, SecRule, Unenforced
from yett.formats.seclang.vocabulary import CONTROLS


def aims_at(control: Control, item: SecRule | SecAction) -> bool:
    """Whether a rule is one of those that a removal means."""
    if "byid" in control.name:
        return any(low <= item.id <= high for low, high in control.ranges)
    return control.value in item.tags if "bytag" in control.name else item.message == control.value


def aimless(items: Sequence[Item]) -> Iterator[Unenforced]:
    """The removals by tag and message that no rule is meant by, each once: version 2 takes them for patterns. Ids are plain enough:
    what removes a rule that is not there has nothing to do."""
    rules = [item for item in items if not isinstance(item, Marker)]
    named = {"bytag": {tag for item in rules for tag in item.tags}, "bymsg": {item.message for item in rules}}
    first: dict[tuple[str, str], SecRule | SecAction] = {}
    places: Counter[tuple[str, str]] = Counter()
    for item in rules:
        for link in (item, *getattr(item, "chained", ())):
            for control in link.controls:
                known = named.get(control.name[-5:])
                if known is not None and control.value not in known:
                    key = control.name, control.value
                    first.setdefault(key, item)
                    places[key] += 1
    for (name, value), item in first.items():
        kind = "tag" if name.endswith("tag") else "message"
        why = f"no rule has this {kind}; it is compared as a whole, not as a pattern"
        what = f"ctl:{CONTROLS[name].name}={value[:80]}"
        yield Unenforced(item.file, item.line, 0, what, why, places=places[name, value])
