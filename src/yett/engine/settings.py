"""Guards' settings: from what the policy says under a key ("cors", "limits", ...) to guards with their Options.

Which keys there are is not written here: guards say it themselves (`Rule.setting`, `Rule.entry`).

A setting is a mapping, given to every guard of that key (each gets the keys that its Options know); `true` is short for an
empty mapping, `false` turns it off. Where the guards of a key have an `entry`, the setting is a list, and each item belongs
to the guard whose entry it names: as the item's only key (`{api_key: {...}}`, or just "api_key"), or, where the guard's
Options have a field of that name, as one key among its options (`{rate: 100/s, by: principal}`).
"""

from collections.abc import Hashable, Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from yett.engine.convert import Report, convert, escape, fields_of, similar
from yett.model.policy import Secret
from yett.rules.registry import Guard, guards


class Chosen(msgspec.Struct, frozen=True):
    """One guard that a setting turns on, with its options and where in the policy they stand."""

    guard: Guard
    options: Any
    pointer: str

    @property
    def per_operation(self) -> bool:
        """Whether the guard must be prepared for each operation anew."""
        told = self.guard.rule.per_operation
        return told if isinstance(told, bool) else told(self.options)


@cache
def by_setting() -> dict[str, tuple[Guard, ...]]:
    """The guards of each setting; those under "" are always prepared."""
    found: dict[str, list[Guard]] = {}
    for guard in guards().values():
        found.setdefault(guard.rule.setting, []).append(guard)
    return {setting: tuple(group) for setting, group in found.items()}


def _names(guard: Guard) -> list[str]:
    return [field.encode_name for field in fields_of(guard.options)]


def _select(guard: Guard, options: Any, pointer: str, report: Report) -> Iterator[Chosen]:
    converted = convert(options, guard.options, pointer, report)
    if converted is not None:
        yield Chosen(guard, converted, pointer)


def choose(key: str, value: Any, pointer: str, report: Report, own: tuple[str, ...] = ()) -> list[Chosen]:
    """The guards that `key: value` turns on. Mistakes are reported; `own`: keys of a mapping that are not guards' business."""
    group = by_setting().get(key, ())
    if value is None or value is False:
        return []
    if any(guard.rule.entry for guard in group):
        return list(_choose_list(group, value, pointer, report))
    return list(_choose_mapping(group, {} if value is True else value, pointer, report, own))


def always() -> list[Chosen]:
    """The guards that need no setting, with their defaults."""
    return [Chosen(guard, guard.options(), "") for guard in by_setting().get("", ())]


def by_default(settings: dict[str, Any]) -> dict[str, Any]:
    """What a service does not say, and is on all the same: keys with their values."""
    return {
        key: True for key, group in by_setting().items() if key not in settings and any(guard.rule.default for guard in group)
    }


def _choose_mapping(
    group: tuple[Guard, ...], value: Any, pointer: str, report: Report, own: tuple[str, ...]
) -> Iterator[Chosen]:
    if not isinstance(value, dict):
        report(pointer, "expected a mapping", "")
        return
    known = {name for guard in group for name in _names(guard)} | set(own)
    for name in value:
        if name not in known:
            report(f"{pointer}/{escape(name)}#", f"unknown key {name!r}", similar(name, sorted(known)))
    for guard in group:
        names = _names(guard)
        yield from _select(guard, {name: item for name, item in value.items() if name in names}, pointer, report)


def _choose_list(group: tuple[Guard, ...], value: Any, pointer: str, report: Report) -> Iterator[Chosen]:
    entries = {guard.rule.entry: guard for guard in group}
    if not isinstance(value, list):
        report(pointer, "expected a list", f"write it as [{{{next(iter(entries))}: …}}]")
        return
    earlier: dict[Hashable, int] = {}
    for index, item in enumerate(value):
        place = f"{pointer}/{index}"
        if isinstance(item, str):
            item = {item: {}}
        if not isinstance(item, dict) or not item:
            report(place, "expected a mapping", "known: " + ", ".join(sorted(entries)))
            continue
        for chosen in _choose_entry(entries, item, place, report):
            if (distinct := chosen.guard.rule.distinct) is not None:
                first = earlier.setdefault(distinct(chosen.options), index)
                if first != index:
                    hint = "leave one of them out, or give them different names"
                    report(place, f"counts the same as entry {first + 1} of this list, so each request would count twice", hint)
            yield chosen


def _choose_entry(entries: dict[str, Guard], item: dict[str, Any], place: str, report: Report) -> Iterator[Chosen]:
    named = [entry for entry in entries if entry in item]
    if len(named) != 1:
        if named:
            report(place, "one entry cannot be " + " and ".join(map(repr, named)), "write them as two entries")
        else:
            first = next(iter(item))
            report(f"{place}/{escape(first)}#", f"unknown entry {first!r}", similar(first, sorted(entries)))
        return
    entry = named[0]
    guard = entries[entry]
    if entry in _names(guard):
        yield from _select(guard, item, place, report)
        return
    for name in item:
        if name != entry:
            report(f"{place}/{escape(name)}#", f"{name!r} does not belong beside {entry!r}", f"options stand below {entry!r}")
    options = {} if item[entry] is None else item[entry]
    yield from _select(guard, options, f"{place}/{escape(entry)}", report)


class Needs(msgspec.Struct):
    """What guards' options name that must be read from outside: files and directories by path as written, secrets by reference,
    key sets by URL; and query parameters that carry credentials. Each with the pointer to a place that names it."""

    files: dict[str, str] = {}
    secrets: dict[str, str] = {}
    key_sets: dict[str, str] = {}
    parameters: dict[str, str] = {}
    directories: dict[str, str] = {}

    def collect(self, options: Any, pointer: str) -> None:
        """Add what `options` (of a guard) name, found by the types of its fields."""
        if isinstance(options, Secret):
            self.secrets.setdefault(options.reference, pointer)
        elif isinstance(options, msgspec.Struct):
            kinds = _kinds(type(options))
            for field in msgspec.structs.fields(options):
                self._collect_field(getattr(options, field.name), kinds[field.name], f"{pointer}/{escape(field.encode_name)}")
        elif isinstance(options, (list, tuple, frozenset, set)):
            for index, item in enumerate(options):
                self.collect(item, f"{pointer}/{index}")
        elif isinstance(options, dict):
            for key, item in options.items():
                self.collect(item, f"{pointer}/{escape(str(key))}")

    def _collect_field(self, value: Any, kind: str, pointer: str) -> None:
        if not kind:
            self.collect(value, pointer)
            return
        kinds = {"file": self.files, "key_set": self.key_sets, "parameter": self.parameters, "directory": self.directories}
        wanted = kinds[kind]
        for item in [value] if isinstance(value, str) else value or ():
            wanted.setdefault(item, pointer)


def _kind(hint: Any) -> str:
    """ "file", "key_set", "parameter" or "directory" where the type mentions FilePath, KeySetUrl, SecretParameter or DirectoryPath,
    else ""."""
    for part in get_args(hint):
        if isinstance(part, msgspec.Meta):
            if part.extra and "yett" in part.extra:
                return str(part.extra["yett"])
        elif found := _kind(part):
            return found
    return ""


@cache
def _kinds(struct: type) -> dict[str, str]:
    return {name: _kind(hint) for name, hint in get_type_hints(struct, include_extras=True).items()}
