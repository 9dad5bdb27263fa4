"""What a policy does to many exchanges, in a table that people read: by rule, by operation, by place.

Counts only, and a bounded number of them: exchanges come one by one and are gone. It knows neither where they come from (from
recordings, or the event log) nor where the table goes.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from yett.cli.showing import plain
from yett.rules.inspection.exceptions import entry, general
from yett.rules.registry import attacks

KINDS = 10_000
"""Different rules, operations or places that are counted each; what comes later is counted as others."""
SHOWN = 15
SAMPLE = 60
OTHERS = "others"
NOWHERE = "(no operation)"


class Reason(msgspec.Struct, frozen=True):
    """One rule's objection. severity: empty where it is not known."""

    rule: str
    place: str = ""
    sample: str = ""
    severity: str = ""


class _Counts(dict[tuple[str, ...], int]):
    def count(self, *key: str) -> tuple[str, ...]:
        """Count one more; gives the key under which it was counted."""
        if key not in self and len(self) >= KINDS:
            key = (OTHERS,) * len(key)
        self[key] = self.get(key, 0) + 1
        return key

    def most(self) -> list[tuple[tuple[str, ...], int]]:
        return sorted(self.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]


class Tally:
    """Add exchanges; `lines` tells what became of them."""

    def __init__(self) -> None:
        self.exchanges = self.denied = self.acted = self.unreadable = 0
        self._rules = _Counts()
        self._alone = _Counts()
        self._recorded = _Counts()
        self._operations = _Counts()
        self._denied_operations = _Counts()
        self._places = _Counts()
        self._skipped = _Counts()
        self._samples: dict[tuple[str, ...], str] = {}
        self._severities: dict[str, str] = {}
        self._errors: list[str] = []

    def error(self, where: str, reason: str) -> None:
        """Something that could not be read."""
        self.unreadable += 1
        if len(self._errors) < SHOWN:
            self._errors.append(f"{where}: {reason}")

    def add(
        self, operation: str, denied: bool, acted: bool, reasons: Sequence[Reason], skipped: Iterable[tuple[str, str]] = ()
    ) -> None:
        """One exchange. operation: empty where no service has it. denied: what enforcement does; acted: whether it was, or would
        be, denied by the policy as it is."""
        self.exchanges += 1
        self.denied += denied
        self.acted += acted
        where = operation or NOWHERE
        self._operations.count(where)
        for rule, why in skipped:
            self._skipped.count(rule, why)
        if not reasons:
            return
        rules = dict.fromkeys(reason.rule for reason in reasons)
        for reason in reasons:
            self._severities.setdefault(reason.rule, reason.severity)
        if not denied:
            for rule in rules:
                self._recorded.count(rule)
            return
        self._denied_operations.count(where)
        for rule in rules:
            self._rules.count(rule)
        if len(rules) == 1:
            self._alone.count(*rules)
        for place, rule in dict.fromkeys((general(reason.place), reason.rule) for reason in reasons):
            self._places.count(where, place, rule)
        for reason in reasons:
            key = (where, general(reason.place), reason.rule)
            if reason.sample and key in self._places:
                self._samples.setdefault(key, reason.sample)

    def lines(self) -> Iterator[str]:
        yield from self._heading()
        yield from self._by_rule()
        yield from self._by_operation()
        yield from self._by_place()
        yield from self._exceptions()
        if self._recorded:
            yield "\nObjected without denying"
            yield from _table([(*key, f"{number:,}") for key, number in self._recorded.most()])
        if self._skipped:
            yield "\nNot evaluated"
            yield from _table([(rule, f"{number:,}", why) for (rule, why), number in self._skipped.most()])

    def _heading(self) -> Iterator[str]:
        share = f" ({self.denied / self.exchanges:.1%})" if self.exchanges and self.denied else ""
        allowed = self.exchanges - self.denied
        exchanges = f"{self.exchanges:,} exchange{'' if self.exchanges == 1 else 's'}"
        yield f"{exchanges}. Enforced, {allowed:,} would be allowed and {self.denied:,} denied{share}."
        if self.acted != self.denied:
            yield f"The policy as it is denies {self.acted:,}; the others it only records."
        if self.unreadable:
            yield f"\nNot readable ({self.unreadable:,})"
            yield from (f"  {plain(line)}" for line in self._errors)
            if self.unreadable > len(self._errors):
                yield f"  and {self.unreadable - len(self._errors):,} more"

    def _by_rule(self) -> Iterator[str]:
        if not self._rules:
            return
        yield "\nDenied by rule"
        rows: list[tuple[str, ...]] = [("", "severity", "exchanges", "only by it")]
        for (rule,), number in self._rules.most():
            rows.append((rule, self._severities.get(rule, ""), f"{number:,}", f"{self._alone.get((rule,), 0):,}"))
        yield from _table(rows)

    def _by_operation(self) -> Iterator[str]:
        if not self._denied_operations:
            return
        yield "\nDenied by operation"
        rows: list[tuple[str, ...]] = [("", "denied", "of")]
        for key, number in self._denied_operations.most():
            rows.append((*key, f"{number:,}", f"{self._operations.get(key, 0):,}"))
        yield from _table(rows)

    def _by_place(self) -> Iterator[str]:
        if not self._places:
            return
        yield "\nDenied by place"
        rows: list[tuple[str, ...]] = [("operation", "place", "rule", "exchanges", "such as")]
        for key, number in self._places.most():
            sample = self._samples.get(key, "")
            shown = sample if len(sample) <= SAMPLE else sample[: SAMPLE - 1] + "…"
            rows.append((key[0], key[1] or "-", key[2], f"{number:,}", shown))
        yield from _table(rows)

    def _exceptions(self) -> Iterator[str]:
        """What to paste where an attack rule is wrong, for the places that are denied most."""
        entries = self._entries(self._places.most())
        if not entries:
            return
        yield "\nWhere such requests are honest, exceptions for the policy's service"
        for setting, lines in entries:
            yield f"  {setting}:"
            yield "    except:"
            yield from (f"      - {line}" for line, _ in lines)

    def learnt(self) -> Iterator[str]:
        """All exceptions as YAML for a service of a policy, each with how many exchanges of those that enforcement would deny
        it is for; none is wider than one rule in one field of one operation. What has no place has no exception."""
        allowed = self.exchanges - self.denied
        yield f"# Of {self.exchanges:,} exchanges enforcement would allow {allowed:,} and deny {self.denied:,}."
        yield "# Each entry lets one rule pass in one field of one operation. Paste it only if this traffic is known to be honest."
        places = sorted(self._places.items(), key=lambda item: (-item[1], item[0]))
        for setting, lines in self._entries(places):
            yield f"{setting}:"
            yield "  except:"
            yield from (f"    - {line}  # {number:,}" for line, number in lines)

    def _entries(self, places: Iterable[tuple[tuple[str, ...], int]]) -> list[tuple[str, list[tuple[str, int]]]]:
        """Entries and how many exchanges they are for, by the setting that they belong to."""
        entries: dict[str, list[tuple[str, int]]] = {}
        for (operation, place, rule), number in places:
            setting = "crs" if rule.startswith("crs-") else "attacks" if rule in attacks() else ""
            if setting and place:
                where = "" if operation == NOWHERE else operation
                entries.setdefault(setting, []).append((entry(rule, where, place), number))
        return sorted(entries.items())


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns aligned, numbers to the right, the last column as long as it is."""
    shown = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    numeric = [all(not row[n] or row[n].replace(",", "").isdigit() for row in shown[1:]) for n in range(len(widths))]
    for row in shown:
        cells = [
            cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        yield ("  " + "  ".join(cells)).rstrip()
