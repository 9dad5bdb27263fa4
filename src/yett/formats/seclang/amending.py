"""SecRuleUpdate* and SecRuleRemove*: what is said of rules elsewhere, applied to them.

As in ModSecurity 3 it does not matter whether they stand before or behind their rules; tags and messages are compared as a whole.
Within a chain the first rule is meant; "id:offset" (version 2) names another. It must not know what rules mean.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from yett.formats.seclang.acting import Written, read_ids
from yett.formats.seclang.drafting import Draft, Refused, draft_actions, read_at
from yett.formats.seclang.lexing import Statement, Word
from yett.formats.seclang.targets import read_targets
from yett.formats.seclang.values import Unenforced, Variable

MOST_CHANGES = 1_000_000
"""Of all updates and removals together, each counted once for every rule that it changes."""

_OFFSET = re.compile(r"([0-9]{1,18}):([0-9]{1,6})")
_FIXED = ("id", "phase", "chain", "skip")


class Amendments:
    """Collects updates and removals while the files are read, and applies them once all rules are known."""

    def __init__(self) -> None:
        self._removals: list[Statement] = []
        self._targets: list[tuple[Statement, tuple[Variable, ...]]] = []
        self._actions: list[tuple[Statement, list[Written]]] = []

    def add(self, statement: Statement) -> None:
        """Take note of one. Raises Refused."""
        name, words = statement.name.lower(), statement.words
        if name.startswith("secruleremove"):
            if not words:
                raise Refused(statement.mistake("which rules are removed?", hint=f"{statement.name} …"))
            if name.endswith("byid"):
                for index in range(len(words)):
                    read_at(statement, index, read_ids)
            self._removals.append(statement)
            return
        if len(words) != 2:
            raise Refused(statement.mistake(f"{statement.name} takes rules, and what is changed"))
        if name.endswith("byid") and not _OFFSET.fullmatch(words[0].text):
            read_at(statement, 0, read_ids)
        if name == "secruleupdateactionbyid":
            actions = draft_actions(statement, 1)
            for written in actions:
                if written.action.name in _FIXED:
                    raise Refused(statement.mistake(f"{written.word.name} cannot be changed", 1, written.at))
            self._actions.append((statement, actions))
        else:
            self._targets.append((statement, read_at(statement, 1, read_targets)))

    def apply(self, drafts: Sequence[Draft]) -> tuple[set[int], list[Unenforced]]:
        """Change the drafts. Returns the ids of those that are removed, and what had nothing to change. Raises Refused."""
        index = _Index(drafts)
        missed: list[Unenforced] = []
        removed: set[int] = set()
        changes = 0
        for statement in self._removals:
            for word in statement.words:
                found = list(index.heads(statement, word))
                removed.update(draft.id for draft in found)
                changes += _counted(statement, changes, found)
                missed += _missed(statement, word, found)
        for statement, variables in self._targets:
            found = list(index.named(statement))
            changes += _counted(statement, changes, found)
            missed += _missed(statement, statement.words[0], found)
            for draft in found:
                if draft.operator is None:
                    why = "a SecAction has no targets"
                    missed.append(Unenforced(statement.file, statement.line, draft.id, statement.name, why))
                else:
                    draft.variables += variables
        for statement, actions in self._actions:
            found = list(index.named(statement))
            changes += _counted(statement, changes, found)
            missed += _missed(statement, statement.words[0], found)
            for draft in found:
                draft.actions += actions
        return removed, missed


def _counted(statement: Statement, before: int, found: Sequence[Draft]) -> int:
    if before + len(found) > MOST_CHANGES:
        raise Refused(statement.mistake(f"more than {MOST_CHANGES} changes of rules"))
    return len(found)


def _missed(statement: Statement, word: Word, found: Sequence[Draft]) -> Iterator[Unenforced]:
    if not found:
        kind = {"id": "id", "ag": "tag", "sg": "message"}[statement.name[-2:].lower()]
        why = f"no rule has this {kind}" + ("" if kind == "id" else "; it is compared as a whole, not as a pattern")
        yield Unenforced(statement.file, statement.line, 0, f"{statement.name} {word.text[:80]}", why)


class _Index:
    """Finds rules by id, tag and message."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self._by_id = {draft.id: draft for draft in drafts}
        self._ids = sorted(self._by_id)
        self._by_tag: dict[str, dict[int, Draft]] = {}
        self._by_message: dict[str, dict[int, Draft]] = {}
        for draft in self._by_id.values():
            for tag in draft.every("tag"):
                self._by_tag.setdefault(tag, {})[draft.id] = draft
            for message in draft.every("msg")[-1:]:
                self._by_message.setdefault(message, {})[draft.id] = draft

    def heads(self, statement: Statement, word: Word) -> Iterator[Draft]:
        """The rules that one word of a directive names."""
        name = statement.name.lower()
        if name.endswith("bytag"):
            yield from self._by_tag.get(word.text, {}).values()
        elif name.endswith("bymsg"):
            yield from self._by_message.get(word.text, {}).values()
        else:
            for low, high in read_ids(word.text):
                for at in range(bisect_left(self._ids, low), bisect_right(self._ids, high)):
                    yield self._by_id[self._ids[at]]

    def named(self, statement: Statement) -> Iterator[Draft]:
        """The rules that an update names. Raises Refused."""
        word = statement.words[0]
        offset = _OFFSET.fullmatch(word.text)
        if offset is None or not statement.name.lower().endswith("byid"):
            yield from self.heads(statement, word)
            return
        head = self._by_id.get(int(offset[1]))
        if head is not None:
            chain = [head, *head.members]
            if int(offset[2]) >= len(chain):
                raise Refused(statement.mistake(f"the chain of rule {head.id} has {len(chain)} rules", 0))
            yield chain[int(offset[2])]
