"""Leaves out variables that rules set and nothing reads, so that rules which do nothing else need not be run.

A rule set keeps books for engines that have more than this one: addresses and digests for collections that outlive a request.
It must not know conventions of any rule set.
"""

from collections.abc import Iterable, Sequence

import msgspec

from yett.formats.seclang.values import Assignment, Item, Marker, SecAction, SecRule, raw
from yett.rules.seclang.facts import Reads
from yett.rules.seclang.folding import Kept
from yett.rules.seclang.macros import Macro

Rule = SecRule | SecAction


def without_unread(items: Sequence[Item], run: Iterable[int], kept: Iterable[int], read: frozenset[bytes]) -> list[Item]:
    """The items without assignments that nothing reads; the same objects where there are none. run: positions of rules that can
    be run; kept: of those that are not folded away, whose records may be read. read: names of TX that somebody else reads."""
    reads = _reads(_rules(items, run), _rules(items, kept), read)
    return [item if isinstance(item, Marker) else _stripped(item, reads) for item in items]


def _rules(items: Sequence[Item], positions: Iterable[int]) -> list[Rule]:
    return [item for position in positions if not isinstance(item := items[position], Marker)]


def idle(one: Kept) -> bool:
    """Whether nobody notices that a rule has matched."""
    ruling = one.ruling
    if ruling.verdict != "pass" or ruling.logs or ruling.skip_to or ruling.severity is not None:
        return False
    return not any(link.writes or link.acts or link.captures for link in one.facts)


def _reads(rules: Sequence[Rule], telling: Sequence[Rule], read: frozenset[bytes]) -> Reads:
    """All that rules, what some of them tell and others read, but for what is read only to set what nobody reads."""
    found = Reads(set(read))
    links = [link for head in rules for link in (head, *getattr(head, "chained", ()))]
    for head in telling:
        if head.logs:
            found.add(raw(head.message))
            found.add(raw(head.log_data))
    for link in links:
        if isinstance(link, SecRule):
            for variable in link.variables:
                found.add_variable(variable)
            found.add(link.operator.octets)
    left = [told for link in links for told in link.assignments]
    while True:
        needed = [told for told in left if _is_read(told, found)]
        if not needed:
            return found
        for told in needed:
            left.remove(told)
            found.add(raw(told.key))
            found.add(raw(told.value))


def _is_read(told: Assignment, reads: Reads) -> bool:
    """Whether a name that is set may be one that is read."""
    if told.collection != "TX":
        return False
    name = Macro(raw(told.key)).constant
    if name is None or reads.everything:
        return True
    name = name.lower()
    return name in reads.names or any(test(name) for test in reads.tests)


def _stripped(item: Rule, reads: Reads) -> Rule:
    left = tuple(told for told in item.assignments if _is_read(told, reads))
    changes: dict[str, object] = {} if len(left) == len(item.assignments) else {"assignments": left}
    if isinstance(item, SecRule) and item.chained:
        chained = tuple(_stripped(link, reads) for link in item.chained)
        if any(new is not old for new, old in zip(chained, item.chained, strict=True)):
            changes["chained"] = chained
    return msgspec.structs.replace(item, **changes) if changes else item
