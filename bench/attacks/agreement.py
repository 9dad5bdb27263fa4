"""Yett's engine for rules and libmodsecurity with the same rules on the same requests, verdict by verdict and rule by rule.

`python -m attacks.agreement --crs DIR --corpus DIR [--paranoia N]`: how often both deny or both let pass, and of the development
half which rules matched on one side only, most frequent first, with an example of each.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from attacks import conforming, oracle
from attacks.corpus import HALVES, Case, read

VARIABLE_ONLY = frozenset(range(980000, 981000)) | {949110, 949111, 959100, 959101}
"""Rules that look at scores alone: they differ only where others do."""


class Agreement(msgspec.Struct):
    """verdicts: (denied by libmodsecurity, denied by Yett) by half. only: by side and rule of the development half."""

    verdicts: Counter[tuple[str, bool, bool]] = msgspec.field(default_factory=Counter)
    only: Counter[tuple[str, int]] = msgspec.field(default_factory=Counter)
    examples: dict[tuple[str, int], Case] = msgspec.field(default_factory=dict)

    def add(self, case: Case, theirs: oracle.Judgement, ours: frozenset[int], denied: bool) -> None:
        self.verdicts[case.half, theirs.denied, denied] += 1
        if case.half != HALVES[0]:
            return
        for side, rules in (("libmodsecurity", frozenset(theirs.rules) - ours), ("yett", ours - frozenset(theirs.rules))):
            for rule in rules - VARIABLE_ONLY:
                self.only[side, rule] += 1
                self.examples.setdefault((side, rule), case)


def compare(cases: Iterable[Case], crs: Path, paranoia: int) -> Agreement:
    """Both denying at the usual thresholds. Raises PolicyErrors, ValueError."""
    theirs, ours = oracle.crs(crs, paranoia=paranoia), conforming.YettEngine(crs, oracle.settings(paranoia))
    found = Agreement()
    for case in cases:
        request = case.request()
        transaction = ours.transaction(request)
        rules = frozenset(hit.rule.id for hit in transaction.hits)
        found.add(case, theirs.judge(request), rules, transaction.refusal is not None)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="attacks.agreement", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--crs", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--paranoia", type=int, default=1)
    options = parser.parse_args()
    for name in ("benign", "attacks"):
        found = compare(read(options.corpus / f"{name}.jsonl"), options.crs, options.paranoia)
        total = sum(found.verdicts.values())
        same = sum(count for (_, theirs, ours), count in found.verdicts.items() if theirs == ours)
        print(f"{name}: {same} of {total} verdicts agree ({100 * same / total:.3f} %)")
        for (half, theirs, ours), count in sorted(found.verdicts.items()):
            print(
                f"  {half:12} libmodsecurity {'denies' if theirs else 'passes'}, Yett {'denies' if ours else 'passes'}: {count}"
            )
        for (side, rule), count in found.only.most_common(40):
            case = found.examples[side, rule]
            print(
                f"  only {side}: {rule} {count} x, e.g. {case.id} {case.method} {case.target[:300]} {case.request().body[:300]!r}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
