"""The two packs that all installed attack rules make: for requests, and for responses. Made once for each process.

It must not know policies.
"""

from yett.model.ports import PatternCache
from yett.rules.inspection.pack import Pack, split
from yett.rules.registry import attacks

_made: list[tuple[Pack, Pack]] = []


def packs(cache: PatternCache | None = None) -> tuple[Pack, Pack]:
    """The packs for requests and responses. Raises ValueError where a rule's pattern cannot be matched in linear time."""
    if not _made:
        requests, responses = split([(attack.rule, attack.signatures) for attack in attacks().values()])
        _made.append((Pack(requests, cache), Pack(responses, cache)))
    return _made[0]
