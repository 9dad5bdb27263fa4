"""Compiles a rule set to a program: constants folded away, candidates arranged, patterns in one database per part of the exchange.

What cannot be run is in `Program.gaps`, never silently missing. It must not know policies: what a policy wants is handed in as
variables of TX.
"""

from collections.abc import Mapping, Sequence

import msgspec

from yett.formats.seclang.values import Control, Marker, RuleSet
from yett.formats.transformations import UnknownTransformation
from yett.model.ports import PatternCache
from yett.rules.seclang.folding import PHASES, Folded, Kept, fold
from yett.rules.seclang.preparing import Preparing, phrases
from yett.rules.seclang.program import READ, Gap, Program, Ruling
from yett.rules.seclang.sifting import Sieve
from yett.rules.seclang.triggers import Trigger, Triggering
from yett.rules.seclang.unread import idle, without_unread

REQUEST = 2
"""The last phase of a request."""


def compile_rules(
    ruleset: RuleSet,
    variables: Mapping[str, str | int] | None = None,
    cache: PatternCache | None = None,
    quiet: bool = False,
) -> Program:
    """Compile. variables: of TX, by name; rules cannot set them. quiet: nobody wants to know of rules that match and change
    nothing. Raises Contradiction where the rules stop everything."""
    pinned = {name.lower().encode(): str(value).encode() for name, value in (variables or {}).items()}
    gaps = [Gap(one.rule, one.what, one.why, one.file, one.line) for one in ruleset.unenforced]
    preparing = Preparing(ruleset.items, ruleset.data, frozenset(pinned))
    folded = _folded(preparing, pinned, gaps)
    everything = [one for phase in PHASES for one in folded.kept[phase]]
    ruleset = msgspec.structs.replace(ruleset, items=tuple(preparing.items))
    constants = dict(folded.tx[REQUEST])
    triggering = Triggering(ruleset.items, everything, folded.unknown, constants, _forces_processor(everything, ruleset))
    triggering.all_rules()
    _sparing(ruleset, preparing, folded, quiet)
    _strip(everything)

    def phrases_of(trigger: Trigger) -> Sequence[bytes]:
        return phrases(trigger.rule.operator, ruleset.data)

    sieve = Sieve(triggering.triggers, phrases_of, constants, cache)
    phases = {phase: tuple(one.ruling for one in folded.kept[phase]) for phase in PHASES}
    return Program(phases, folded.tx, sieve, folded.start, tuple(gaps))


def _folded(preparing: Preparing, pinned: Mapping[bytes, bytes], gaps: list[Gap]) -> Folded:
    """All rules folded, without what they set and nothing reads: where there is such, what is left may fold further."""
    while True:
        found = list(gaps)
        rulings: dict[int, Ruling] = {}
        for position, item in enumerate(preparing.items):
            if isinstance(item, Marker):
                continue
            try:
                rulings[position] = preparing.ruling(position)
            except (ValueError, UnknownTransformation) as error:
                found.append(Gap(item.id, f"rule {item.id}", str(error), item.file, item.line))
        folded = fold(preparing.items, rulings, pinned, found, preparing.meant)
        kept = [one.ruling.position for phase in PHASES for one in folded.kept[phase]]
        items = without_unread(preparing.items, rulings, kept, READ)
        if all(new is old for new, old in zip(items, preparing.items, strict=True)):
            gaps[:] = found
            for phase in PHASES:
                folded.kept[phase] = [one for one in folded.kept[phase] if not idle(one)]
            return folded
        preparing.items = items


def _strip(kept: Sequence[Kept]) -> None:
    """Leave out links that always match and do nothing."""
    for one in kept:
        if one.first:
            one.ruling.links = one.ruling.links[one.first :]


def _sparing(ruleset: RuleSet, preparing: Preparing, folded: Folded, quiet: bool) -> None:
    """Mark rules that do nothing but leave out others, for which candidates are looked for at the same time."""
    kept = [one for phase in PHASES for one in folded.kept[phase]]
    for one in kept:
        ruling = one.ruling
        if ruling.variables_only or ruling.verdict != "pass" or (ruling.logs and not quiet):
            continue
        if any(link.writes or link.captures for link in one.facts):
            continue
        item = ruleset.items[ruling.position]
        links = () if isinstance(item, Marker) else (item, *getattr(item, "chained", ()))
        if not all(_spares(control, ruling, ruleset, preparing, folded) for link in links for control in link.controls):
            continue
        within = [
            other.ruling.variables_only
            for other in kept
            if other.ruling.phase == ruling.phase and ruling.position < other.ruling.position < ruling.skip_to
        ]
        ruling.only_spares = not any(within)


def _spares(control: Control, ruling: Ruling, ruleset: RuleSet, preparing: Preparing, folded: Folded) -> bool:
    if control.name == "forcerequestbodyvariable":
        return True
    if not control.name.startswith("ruleremove"):
        return False
    positions = preparing.meant(control)
    meant = (ruleset.items[position] for position in positions)
    return positions.isdisjoint(folded.steered) and all(
        isinstance(one, Marker) or one.phase <= max(ruling.phase, REQUEST) for one in meant
    )


def _forces_processor(kept: Sequence[Kept], ruleset: RuleSet) -> bool:
    """Whether some rule may change how a body is read."""
    for one in kept:
        item = ruleset.items[one.ruling.position]
        chained = getattr(item, "chained", ())
        if any(
            control.name == "requestbodyprocessor" for link in (item, *chained) for control in getattr(link, "controls", ())
        ):
            return True
    return False
