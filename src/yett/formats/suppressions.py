"""Suppressions: findings that somebody answers for, with a reason, until a day. YAML, written by people.

    suppressions:
      - fingerprint: "3f9a0c12"            # of the finding, its first 8 digits at least; or class, rule, operation and place
        owner: payments
        reason: the partner's firewall lets only our gateway in
        expires: 2027-03-31                # the last day on which it counts
      - class: missing-rate-limit
        operation: "GET /status/*"         # "*" stands for anything
        owner: platform
        reason: limited at the load balancer
        expires: 2027-01-31

Every one needs an owner, a reason and a day, so that nothing is forgotten. It must not know where findings come from.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import msgspec

from yett.formats.document import Document
from yett.formats.reports.values import Reported
from yett.model.mistake import Mistake, PolicyErrors

MOST = 10_000
LONGEST = timedelta(days=366)
"""Days for which one may be suppressed: once a year somebody looks again."""
SHORTEST = 8
"""Digits of a fingerprint that are enough."""

_NAMING = ("fingerprint", "class", "rule", "operation", "place")
_NEEDED = ("owner", "reason", "expires")
_EXAMPLE = "write a day such as 2027-03-31"


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """wanted: what a finding must be, by name: fingerprint (its beginning), class, rule, operation, place. expires: the last day.
    file, line: where it stands."""

    wanted: tuple[tuple[str, str], ...]
    owner: str
    reason: str
    expires: date
    file: str = ""
    line: int = 0

    @property
    def text(self) -> str:
        """As it stands in reports: "accepted by payments until 2027-03-31: reason"."""
        return f"accepted by {self.owner} until {self.expires.isoformat()}: {self.reason}"

    def fits(self, one: Reported) -> bool:
        """Whether it speaks of this finding."""
        finding = one.finding
        known = {
            "class": one.proof.flaw if one.proof else "",
            "rule": finding.rule,
            "operation": finding.operation,
            "place": finding.place,
        }
        return all(
            finding.fingerprint.startswith(value) if name == "fingerprint" else like(known[name], value)
            for name, value in self.wanted
        )


def like(text: str, pattern: str) -> bool:
    """Whether a text is as a pattern in which "*" stands for anything. Linear in both but for their product at worst."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return text.endswith(rest[-1]) and len(text) - len(rest[-1]) >= at


def read_suppressions(document: Document, today: date) -> tuple[Suppression, ...]:
    """All of a file. today: what is too far away is a mistake. Raises PolicyErrors with every mistake, each at its line."""
    tree = document.tree
    listed = tree.get("suppressions") if isinstance(tree, dict) else None
    if not isinstance(listed, list) or set(tree) != {"suppressions"}:
        raise PolicyErrors([document.mistake("", "a file of suppressions has one key, `suppressions`, with a list")])
    if len(listed) > MOST:
        raise PolicyErrors([document.mistake("/suppressions", f"more than {MOST} suppressions")])
    mistakes: list[Mistake] = []
    found = [_one(document, f"/suppressions/{index}", entry, today, mistakes) for index, entry in enumerate(listed)]
    if mistakes:
        raise PolicyErrors(mistakes)
    return tuple(one for one in found if one is not None)


def _one(document: Document, at: str, entry: Any, today: date, mistakes: list[Mistake]) -> Suppression | None:
    before = len(mistakes)
    if not isinstance(entry, dict):
        mistakes.append(document.mistake(at, "a suppression is a mapping", "with fingerprint, owner, reason and expires"))
        return None
    known = f"known: {', '.join(_NAMING + _NEEDED)}"
    unknown = [name for name in entry if name not in (*_NAMING, *_NEEDED)]
    mistakes += [document.mistake(f"{at}/{name}#", f"unknown key {name!r}", known) for name in unknown]
    lacking = [name for name in _NEEDED if not str(entry.get(name) or "").strip()]
    mistakes += [
        document.mistake(at, f"a suppression needs {name}", "somebody answers for it, until a day") for name in lacking
    ]
    wanted = tuple((name, str(entry[name])) for name in _NAMING if entry.get(name) not in (None, ""))
    if not any(name in ("fingerprint", "class", "rule") for name, _ in wanted):
        mistakes.append(document.mistake(at, "it names no finding", "give a fingerprint, a class or a rule"))
    mark = entry.get("fingerprint", "x" * SHORTEST)
    if not isinstance(mark, str):
        mistakes.append(document.mistake(f"{at}/fingerprint", "YAML reads this fingerprint as a number", "put it in quotes"))
    elif len(mark) < SHORTEST:
        mistakes.append(document.mistake(f"{at}/fingerprint", f"fewer than {SHORTEST} digits of a fingerprint"))
    expires = _day(document, f"{at}/expires", entry.get("expires"), today, mistakes)
    if expires is None or len(mistakes) > before:
        return None
    line, _ = document.position(at)
    owner, reason = str(entry["owner"]), str(entry["reason"])
    return Suppression(wanted=wanted, owner=owner, reason=reason, expires=expires, file=document.file, line=line)


def _day(document: Document, at: str, value: Any, today: date, mistakes: list[Mistake]) -> date | None:
    if value in (None, ""):
        return None
    try:
        found = date.fromisoformat(str(value))
    except ValueError:
        mistakes.append(document.mistake(at, f"{value!r} is no day", _EXAMPLE))
        return None
    if found - today > LONGEST:
        mistakes.append(document.mistake(at, f"{found} is more than a year away", "it is to be looked at once a year"))
    return found


def suppressed(
    reported: Iterable[Reported], suppressions: Iterable[Suppression], today: date
) -> tuple[list[Reported], list[str]]:
    """The findings, those marked that a suppression speaks of; and what to tell: suppressions that are over, or fit nothing."""
    every = list(suppressions)
    current = [one for one in every if one.expires >= today]
    used: set[int] = set()
    marked = []
    for one in reported:
        found = next((index for index, other in enumerate(current) if other.fits(one)), None)
        if found is not None:
            used.add(found)
        marked.append(
            msgspec.structs.replace(one, accepted=current[found].text) if found is not None and not one.accepted else one
        )
    told = [f"{_place(one)}: it ended on {one.expires}; its findings count again" for one in every if one.expires < today]
    told += [f"{_place(one)}: it fits no finding of this run" for index, one in enumerate(current) if index not in used]
    return marked, told


def _place(one: Suppression) -> str:
    return f"{one.file}:{one.line}" if one.line else one.file or "a suppression"
