"""Reads a directory of SecLang into a `RuleSet`: all mistakes at once, and a list of what is not enforced.

Pure: the files come in as octets, by name, with the order in which they are included. It must not open any.
"""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from yett.formats.seclang.acting import Written, phase_number
from yett.formats.seclang.aiming import aimless
from yett.formats.seclang.amending import Amendments
from yett.formats.seclang.drafting import Draft, Refused, draft_action, draft_actions, draft_rule, draft_script
from yett.formats.seclang.finishing import Gaps, finished
from yett.formats.seclang.judging import FILES
from yett.formats.seclang.lexing import Statement, statements
from yett.formats.seclang.placing import Places
from yett.formats.seclang.settings import Settings
from yett.formats.seclang.values import DISRUPTIVE, Item, Marker, RuleSet
from yett.formats.seclang.vocabulary import DIRECTIVES, Fate, suggestion
from yett.model.mistake import Mistake, PolicyErrors


class Bounds:
    """What a directory of rules may be at most. octets: of all files together. mistakes: after these, reading ends.
    lists: files that one operator names. phrases: of all operators."""

    octets = 64 << 20
    statements = 200_000
    mistakes = 100
    lists = 100
    phrases = 2_000_000


def read_seclang(files: Mapping[str, bytes], order: Sequence[str]) -> RuleSet:
    """Read rules.

    files: everything in the directory by its path below it, with "/" between. order: the files with directives, as they are
    included; the others are those that @pmFromFile and @ipMatchFromFile name, relative to the file of the rule.
    Takes about 1 s per 3 MB. Raises PolicyErrors with every mistake, up to `Bounds.mistakes`.
    """
    if sum(map(len, files.values())) > Bounds.octets:
        raise PolicyErrors([Mistake(f"rules of more than {Bounds.octets >> 20} MB")])
    reader = _Reader(files)
    try:
        for name in order:
            reader.read(name)
        found = reader.result({name: index for index, name in enumerate(order)})
    except _Enough:
        found = RuleSet()
    if reader.mistakes:
        raise PolicyErrors(reader.mistakes)
    return found


_DRAFTS = {"secrule": draft_rule, "secaction": draft_action, "secrulescript": draft_script}


class _Enough(Exception):
    """So many mistakes that more would not help."""


class _Reader:
    """The state of one reading."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.mistakes: list[Mistake] = []
        self._gaps = Gaps()
        self._amendments = Amendments()
        self._settings = Settings()
        self._places = Places()
        self._defaults: dict[int, list[Written]] = {}
        self._signatures: list[str] = []
        self._lists: dict[str, tuple[str, ...]] = {}
        """The paths of the files that operators name, by their argument."""
        self._ids: dict[int, Draft] = {}
        self._open: Draft | None = None
        """The first rule of a chain that goes on."""
        self._count = 0
        self._handlers: dict[str, Callable[[Statement], None]] = {
            "secrule": self._rule,
            "secaction": self._rule,
            "secrulescript": self._rule,
            "secmarker": self._marker,
            "secdefaultaction": self._default,
            "seccomponentsignature": self._signature,
        }

    def read(self, name: str) -> None:
        for statement in statements(self._files[name], name):
            self._count += 1
            if self._count > Bounds.statements:
                self._mistake(Mistake(f"more than {Bounds.statements} directives", name))
                raise _Enough
            if isinstance(statement, Mistake):
                self._mistake(statement)
                self._open = None
                continue
            try:
                self._directive(statement)
            except Refused as refused:
                self._mistake(refused.mistake)
                self._open = None
        self._chain_ends("the file ends")

    def _mistake(self, mistake: Mistake) -> None:
        self.mistakes.append(mistake)
        if len(self.mistakes) >= Bounds.mistakes:
            raise _Enough

    def _directive(self, statement: Statement) -> None:
        name = statement.name.lower()
        word = DIRECTIVES.get(name)
        if word is None:
            hint = suggestion(statement.name, (known.name for known in DIRECTIVES.values()))
            raise Refused(statement.mistake(f"the directive {statement.name[:80]} is not known", hint=hint))
        if name not in _DRAFTS:
            self._chain_ends(f"{word.name} follows in line {statement.line}")
        handler = self._handlers.get(name)
        if handler is not None:
            handler(statement)
        elif word.fate is Fate.HONOURED:
            self._amendments.add(statement)
        elif word.fate is Fate.SETTING:
            self._settings.add(statement, word)
            self._gaps.note(word, word.name, statement.file, statement.line)
        elif word.fate is Fate.REFUSED:
            raise Refused(statement.mistake(f"{word.name} is not read", hint=word.why))
        else:
            self._gaps.note(word, word.name, statement.file, statement.line)

    def _chain_ends(self, how: str) -> None:
        if self._open is not None:
            last = self._open.members[-1] if self._open.members else self._open
            self._open = None
            self._mistake(
                last.statement.mistake("the chain is not continued", hint=f"{how}; remove the action chain, or add a rule")
            )

    # --- directives -------------------------------------------------------------------------------------------------------------

    def _rule(self, statement: Statement) -> None:
        head = self._open
        draft = _DRAFTS[statement.name.lower()](statement, head)
        if head is not None:
            head.members.append(draft)
        else:
            other = self._ids.get(draft.id)
            if other is not None:
                hint = f"first in {other.statement.file}:{other.statement.line}"
                raise Refused(statement.mistake(f"the id {draft.id} stands twice", hint=hint))
            self._ids[draft.id] = draft
            self._places.add(draft)
        self._list(draft)
        self._open = (head or draft) if draft.has("chain") else None

    def _list(self, draft: Draft) -> None:
        """Keep the names of the files that an operator names."""
        operator, statement = draft.operator, draft.statement
        if operator is None or operator.name not in FILES:
            return
        directory = posixpath.dirname(statement.file)
        names = operator.argument.split()
        if len(names) > Bounds.lists:
            raise Refused(statement.mistake(f"more than {Bounds.lists} files", 1))
        for name in names:
            if posixpath.normpath(posixpath.join(directory, name)) not in self._files:
                index = statement.words[1].text.index(name)
                hint = suggestion(name, (posixpath.relpath(path, directory or ".") for path in self._files))
                raise Refused(statement.mistake(f"there is no file {name[:80]}", 1, index, hint))
        paths = tuple(posixpath.normpath(posixpath.join(directory, name)) for name in names)
        if self._lists.setdefault(operator.argument, paths) != paths:
            raise Refused(statement.mistake(f"{operator.argument[:80]} is another file in another directory", 1))

    def _marker(self, statement: Statement) -> None:
        if len(statement.words) != 1 or not statement.words[0].text:
            raise Refused(statement.mistake("SecMarker takes one name"))
        self._places.add(Marker(statement.words[0].text, statement.file, statement.line))

    def _signature(self, statement: Statement) -> None:
        self._signatures += [word.text for word in statement.words]

    def _default(self, statement: Statement) -> None:
        if len(statement.words) != 1:
            raise Refused(statement.mistake("SecDefaultAction takes actions only"))
        actions = draft_actions(statement, 0)
        phase = 2
        disruptive = False
        for written in actions:
            name = written.action.name
            if name in ("id", "chain", "skip", "skipafter") or (
                name == "t" and (written.action.argument or "").lower() == "none"
            ):
                raise Refused(statement.mistake(f"{written.word.name} cannot be a default", 0, written.at))
            if name == "phase":
                phase = phase_number(written.action.argument or "")
            disruptive = disruptive or (name in DISRUPTIVE and name != "block")
        if not disruptive:
            raise Refused(statement.mistake("SecDefaultAction needs a disruptive action", 0, hint="such as pass or deny"))
        if phase in self._defaults:
            raise Refused(statement.mistake(f"SecDefaultAction stands twice for phase {phase}"))
        self._defaults[phase] = actions

    # --- the whole --------------------------------------------------------------------------------------------------------------

    def result(self, order: Mapping[str, int]) -> RuleSet:
        """Everything together. Raises _Enough."""
        try:
            removed, missed = self._amendments.apply(tuple(self._ids.values()))
        except Refused as refused:
            self._mistake(refused.mistake)
            raise _Enough from None
        for gap in missed:
            self._gaps.add(gap)
        for mistake in self._places.resolve():
            self._mistake(mistake)
        items: list[Item] = []
        for item in self._places.items():
            if isinstance(item, Marker):
                items.append(item)
            elif item.id not in removed:
                rule = finished(item, self._defaults, self._places.skip_to(item), self._gaps)
                if rule is not None:
                    items.append(rule)
        for gap in aimless(items):
            self._gaps.add(gap)
        return RuleSet(
            items=tuple(items),
            settings=self._settings.values,
            data=self._data(),
            unenforced=self._gaps.all(order),
            signatures=tuple(self._signatures),
        )

    def _data(self) -> dict[str, tuple[bytes, ...]]:
        """What the named files hold."""
        read = {path: phrases(self._files[path]) for paths in self._lists.values() for path in set(paths)}
        if sum(len(read[path]) for paths in self._lists.values() for path in paths) > Bounds.phrases:
            self._mistake(Mistake(f"more than {Bounds.phrases} phrases in files"))
            raise _Enough
        return {argument: tuple(line for path in paths for line in read[path]) for argument, paths in self._lists.items()}


_PHRASE = re.compile(rb"[ \t]*[^ \t#\r]")


def phrases(content: bytes) -> list[bytes]:
    """The lines of a phrase file without comments and empty lines. White space is part of a phrase, as in ModSecurity 3."""
    return [line.removesuffix(b"\r") for line in content.split(b"\n") if _PHRASE.match(line)]
