"""False positives and recall: `python -m attacks.measure --corpus DIR --subject NAME … [--crs DIR] [--list DIR]`.

DIR is what `attacks.corpus` or `attacks.recorded` wrote; files that are not there count nothing. Where responses were recorded,
they are judged as well, behind requests that pass. Subjects:

  libmodsecurity  the Core Rule Set at paranoia level 1 on libmodsecurity
  crs             the same rules in Yett
  crs+contract    the same, with the API's contract telling where nothing needs to be looked for
  crs+tuned       the same, with exceptions learnt from the ordinary requests of the development half, as `yett decide --exceptions`
                  gives them: one rule in one field of one operation each. What the held-out half says then is the effect of a week
                  of monitor mode; the other half says nothing
  own             Yett's own pack
  own+crs         both, without contracts
  own+crs+contract  both, with contracts and `in_declared: leave`: on what the contract declares the own pack has the last word

Both halves are counted; of the held-out half nothing but the counts is ever printed or written. With `--list DIR`, what of the
development half came out wrong is written there by rule and class, for those who improve rules.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from attacks import oracle
from attacks.corpus import HALVES, Case, read
from attacks.subject import Subject, Verdict
from yett.model.exchange import Response
from yett.model.mistake import PolicyErrors
from yett.rules.inspection.exceptions import narrowest

SUBJECTS = ("libmodsecurity", "crs", "crs+contract", "crs+tuned", "own", "own+crs", "own+crs+contract")
_CRS = re.compile(r"(?:crs-)?(9[0-9]{2})[0-9]{3}")
"""Rules of the Core Rule Set by their files: 920 is on the protocol, 949 to 980 add up, the others are on attacks and leaks."""
Judge = Callable[[Case, Response | None], Verdict]


class Count(msgspec.Struct):
    """Requests seen and denied, by group and half."""

    seen: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    denied: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    by_rule: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    rules: dict[str, list[tuple[Case, Verdict]]] = msgspec.field(default_factory=dict)

    def add(self, groups: Iterable[str], half: str, denied: bool) -> None:
        for group in groups:
            self.seen[group, half] += 1
            self.denied[group, half] += denied

    def share(self, group: str, half: str) -> str:
        seen, denied = self.seen[group, half], self.denied[group, half]
        return f"{100 * denied / seen:6.2f} % ({denied}/{seen})" if seen else "     -"


class Measured(msgspec.Struct):
    """What one subject did. seconds: of judging alone."""

    name: str
    benign: Count
    answers: Count
    attacks: Count
    seconds: float


def oracle_judge(crs: Path) -> Judge:
    made = oracle.crs(crs)

    def judge(case: Case, response: Response | None) -> Verdict:
        found = made.judge(case.request(), response)
        rules = tuple(str(rule) for rule in found.rules)
        return Verdict(found.denied, found.status, rules[0] if rules else "", rules)

    return judge


def settings(subject: str, crs: Path | None) -> dict[str, Any]:
    """The keys of the service that the subject is."""
    if subject == "own":
        return {"attacks": {"mode": "enforce"}}
    rules: dict[str, Any] = {"directory": str(crs), "paranoia": 1, "threshold": 5}
    if subject == "own+crs+contract":
        rules["in_declared"] = "leave"
    return {"crs": rules, "attacks": {"mode": "enforce"} if subject.startswith("own") else False}


def subject_judge(name: str, corpus: Path, crs: Path | None) -> Judge:
    """With contracts each API is a service of its own, else there is one for all, which also judges what a contract does not
    declare: such requests are recorded from a newer API than the one described. Raises PolicyErrors."""
    services = {"all": settings(name, crs)}
    if name.endswith(("+contract", "+tuned")):
        for path in sorted((corpus / "contracts").glob("*.json")):
            services[path.stem] = settings(name, crs) | {"contract": {"file": str(path), "requests": "monitor"}}
    subject = Subject(services)
    if name == "crs+tuned":
        for service, entries in learnt(subject, corpus).items():
            services[service]["crs"] = services[service]["crs"] | {"except": entries}
        subject = Subject(services)

    def judge(case: Case, response: Response | None) -> Verdict:
        found = subject.judge(case.group if case.group in services else "all", case.request(), response)
        return subject.judge("all", case.request(), response) if found.rule == "undeclared" else found

    return judge


def learnt(subject: Subject, corpus: Path) -> dict[str, list[dict[str, str]]]:
    """Exceptions by service, from what is denied of the development half's ordinary requests."""
    found: dict[str, dict[str, None]] = {}
    for case in read(corpus / "benign.jsonl"):
        if case.half == HALVES[0]:
            for rule, operation, place in subject.judge(case.group, case.request()).exceptions:
                if place:
                    found.setdefault(case.group, {})[narrowest(rule, operation, place)] = None
    count = sum(map(len, found.values()))
    print(
        f"exceptions learnt: {count} in {len(found)} of {len(list((corpus / 'contracts').glob('*.json')))} APIs",
        file=sys.stderr,
    )
    return {service: [yaml.safe_load(entry) for entry in entries] for service, entries in found.items()}


def run(name: str, corpus: Path, crs: Path | None) -> Measured:
    """Judge all corpora. Raises PolicyErrors."""
    if name == "libmodsecurity":
        assert crs is not None
        judge = oracle_judge(crs)
    else:
        judge = subject_judge(name, corpus, crs)
    started = time.perf_counter()
    benign, answers, attacks = Count(), Count(), Count()
    for case in _written(corpus / "benign.jsonl"):
        found = judge(case, None)
        labels = [label if " " in label else f"with {label}" for label in set(case.labels)]
        benign.add(("all", *labels, f"method {case.method}"), case.half, found.denied)
        _keep(benign, case, found)
        if case.response is not None and not found.denied:
            found = judge(case, case.response.response())
            answers.add(("all", *labels, f"status {case.response.status // 100}xx"), case.half, found.denied)
            _keep(answers, case, found)
    for case in _written(corpus / "attacks.jsonl"):
        found = judge(case, None)
        attacks.add(("all", case.group, f"carrier {case.labels[1]}", f"from {case.labels[0]}"), case.half, found.denied)
        if not found.denied and case.half == HALVES[0]:
            attacks.rules.setdefault(case.group, []).append((case, found))
    for case in _written(corpus / "planted.jsonl"):
        attacks.add(("planted", f"planted {case.labels[0]}"), case.half, judge(case, None).denied)
    return Measured(name, benign, answers, attacks, time.perf_counter() - started)


def _written(path: Path) -> Iterator[Case]:
    return read(path) if path.exists() else iter(())


def _keep(count: Count, case: Case, found: Verdict) -> None:
    """What is wrong, by rule: the cases of the development half, of both halves how many. Of the Core Rule Set also whether a rule
    on attacks was among them."""
    if not found.denied:
        return
    numbers = [match[1] for rule in found.rules if (match := _CRS.fullmatch(rule))]
    if numbers:
        attack = any(number not in ("920", "949", "959", "980") for number in numbers)
        count.by_rule["rules of attacks" if attack else "rules of protocol only", case.half] += 1
    for rule in found.rules:
        count.by_rule[rule, case.half] += 1
        if case.half == HALVES[0]:
            count.rules.setdefault(rule, []).append((case, found))


def table(measured: Measured) -> str:
    """Counts of both halves. Groups of more than one part ("text html") come after the whole."""
    lines = [f"{measured.name}: {measured.seconds:.0f} s", f"{'':28} {HALVES[0]:>24} {HALVES[1]:>24}", "false positives"]
    for count, title in (
        (measured.benign, ""),
        (measured.answers, "false positives in responses"),
        (measured.attacks, "recall"),
    ):
        lines += [title] if title and count.seen else []
        groups = sorted({group for group, _ in count.seen}, key=lambda group: (group != "all", " " in group, group))
        lines += [f"  {group:26} {count.share(group, HALVES[0]):>24} {count.share(group, HALVES[1]):>24}" for group in groups]
        rules = sorted({rule for rule, _ in count.by_rule}, key=lambda rule: -sum(count.by_rule[rule, half] for half in HALVES))
        lines += [f"  by {rule:23} {count.by_rule[rule, HALVES[0]]:>24} {count.by_rule[rule, HALVES[1]]:>24}" for rule in rules]
    return "\n".join(lines)


def wrong(count: Count, title: str) -> Iterator[str]:
    """The development half's cases, most frequent rule or class first."""
    for rule, cases in sorted(count.rules.items(), key=lambda one: -len(one[1])):
        yield f"=== {title} {rule}: {len(cases)}"
        for case, found in cases[:2000]:
            body = case.request().body.decode("utf-8", "replace")
            told = f" | {found.place}: {found.sample} ({found.reason})" if found.place or found.reason else ""
            yield f"{case.id} [{' '.join(dict.fromkeys(case.labels))}] {case.method} {case.target} {body[:700]!r}{told}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="attacks.measure", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--subject", nargs="+", choices=SUBJECTS, default=["own"])
    parser.add_argument("--crs", type=Path)
    parser.add_argument("--list", type=Path)
    parser.add_argument("--json", type=Path, help="also write the counts there")
    options = parser.parse_args()
    told: dict[str, Any] = {}
    for name in options.subject:
        try:
            measured = run(name, options.corpus, options.crs)
        except PolicyErrors as error:
            print(f"{name}: {[str(one.message) for one in error.errors]}", file=sys.stderr)
            return 2
        print(table(measured), end="\n\n", flush=True)
        told[name] = _counts(measured)
        if options.list:
            options.list.mkdir(parents=True, exist_ok=True)
            (options.list / f"fp_{name}.txt").write_text("\n".join(wrong(measured.benign, "rule")))
            (options.list / f"fp_responses_{name}.txt").write_text("\n".join(wrong(measured.answers, "rule")))
            (options.list / f"miss_{name}.txt").write_text("\n".join(wrong(measured.attacks, "class")))
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))
    return 0


def _counts(measured: Measured) -> dict[str, Any]:
    told: dict[str, Any] = defaultdict(dict)
    for part, count in (("benign", measured.benign), ("answers", measured.answers), ("attacks", measured.attacks)):
        for group, half in count.seen:
            told[part].setdefault(group, {})[half] = [count.denied[group, half], count.seen[group, half]]
    return dict(told)


if __name__ == "__main__":
    sys.exit(main())
