"""Compiles a rule set to a program: constants folded away, candidates arranged, patterns in one database per part of the exchange.

What cannot be run is in `Program.gaps`, never silently missing. It must not know policies: what a policy wants is handed in as
variables of TX.
"""

from collections.abc import Mapping, Sequence

from yett.formats.seclang.values import Marker, RuleSet
from yett.formats.transformations import UnknownTransformation
from yett.model.ports import PatternCache
from yett.rules.seclang.folding import PHASES, Kept, fold
from yett.rules.seclang.preparing import Preparing, phrases
from yett.rules.seclang.program import Gap, Program, Ruling
from yett.rules.seclang.sifting import Sieve
from yett.rules.seclang.triggers import Trigger, Triggering


def compile_rules(
    ruleset: RuleSet, variables: Mapping[str, str | int] | None = None, cache: PatternCache | None = None
) -> Program:
    """Compile. variables: of TX, by name; rules cannot set them. Raises Contradiction where the rules stop everything."""
    pinned = {name.lower().encode(): str(value).encode() for name, value in (variables or {}).items()}
    gaps = [Gap(one.rule, one.what, one.why, one.file, one.line) for one in ruleset.unenforced]
    preparing = Preparing(ruleset.items, ruleset.data, frozenset(pinned))
    rulings: dict[int, Ruling] = {}
    for position, item in enumerate(ruleset.items):
        if isinstance(item, Marker):
            continue
        try:
            rulings[position] = preparing.ruling(position)
        except (ValueError, UnknownTransformation) as error:
            gaps.append(Gap(item.id, f"rule {item.id}", str(error), item.file, item.line))
    folded = fold(ruleset.items, rulings, pinned, gaps)
    everything = [one for phase in PHASES for one in folded.kept[phase]]
    triggering = Triggering(ruleset.items, everything, folded.unknown, _forces_processor(everything, ruleset))
    triggering.all_rules()
    _strip(everything)

    def phrases_of(trigger: Trigger) -> Sequence[bytes]:
        return phrases(trigger.rule.operator, ruleset.data)

    sieve = Sieve(triggering.triggers, phrases_of, dict(folded.tx[2]), cache)
    phases = {phase: tuple(one.ruling for one in folded.kept[phase]) for phase in PHASES}
    return Program(phases, folded.tx, sieve, folded.start, tuple(gaps))


def _strip(kept: Sequence[Kept]) -> None:
    """Leave out links that always match and do nothing."""
    for one in kept:
        if one.first:
            one.ruling.links = one.ruling.links[one.first :]


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
