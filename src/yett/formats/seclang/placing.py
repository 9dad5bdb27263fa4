"""The order of rules and markers, and where `skip` and `skipAfter` lead: always to a marker. It must not know what rules do."""

from collections.abc import Iterator

from yett.formats.seclang.acting import Written
from yett.formats.seclang.drafting import Draft
from yett.formats.seclang.values import Marker
from yett.formats.seclang.vocabulary import suggestion
from yett.model.mistake import Mistake


class Places:
    """Collects rules and markers in order."""

    def __init__(self) -> None:
        self._items: list[Draft | Marker] = []
        self._behind: dict[int, dict[str, Marker]] = {}
        """Markers that are added behind the item of this index, by name."""
        self._leads: dict[int, str] = {}
        """The marker that the rule of this id skips to."""

    def add(self, item: Draft | Marker) -> None:
        self._items.append(item)

    def resolve(self) -> Iterator[Mistake]:
        """Find out where everything leads, after all updates. Yields what leads nowhere."""
        markers = {item.name for item in self._items if isinstance(item, Marker)}
        index_of = {item.id: index for index, item in enumerate(self._items) if isinstance(item, Draft)}
        phases: dict[int, list[int]] = {}
        rank: dict[int, int] = {}
        for index, item in enumerate(self._items):
            if isinstance(item, Draft):
                same = phases.setdefault(item.phase, [])
                rank[index] = len(same)
                same.append(index)
        for index, item in enumerate(self._items):
            if not isinstance(item, Draft):
                continue
            written = next((one for one in reversed(item.actions) if one.action.name in ("skip", "skipafter")), None)
            if written is None:
                continue
            argument = written.action.argument or ""
            if written.action.name == "skip":
                same = phases[item.phase]
                last = same[min(rank[index] + int(argument), len(same) - 1)]
                self._lead(item, f"skip of rule {item.id}", last)
            elif argument in markers:
                self._leads[item.id] = argument
            elif argument.isdecimal() and int(argument) in index_of:
                self._lead(item, argument, index_of[int(argument)])
            else:
                yield _nowhere(item, written, markers)

    def _lead(self, draft: Draft, name: str, index: int) -> None:
        self._leads[draft.id] = name
        target = self._items[index]
        place = target if isinstance(target, Marker) else target.statement
        self._behind.setdefault(index, {}).setdefault(name, Marker(name, place.file, place.line))

    def skip_to(self, draft: Draft) -> str | None:
        return self._leads.get(draft.id)

    def items(self) -> Iterator[Draft | Marker]:
        """All in order, with the markers that were added."""
        for index, item in enumerate(self._items):
            yield item
            yield from self._behind.get(index, {}).values()


def _nowhere(draft: Draft, written: Written, markers: set[str]) -> Mistake:
    name = written.action.argument or ""
    hint = suggestion(name, markers)
    message = f"{written.word.name} leads nowhere: there is no marker {name[:80]!r}"
    return draft.statement.mistake(message, hint=hint)
