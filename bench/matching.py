"""What multi-pattern matching costs: `python bench/matching.py RULES [paranoia]`, with a directory of CRS rules.

One matcher with all patterns and phrase lists up to a paranoia level: more than any request is asked for, because rules look at
parts of a request only. Times are the least of many, so that what else the machine does does not count.
"""

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from time import perf_counter

from yett.formats.seclang import RuleSet, SecRule, read_seclang
from yett.rules.inspection.engines import Engine, Re2Engine, default_engine
from yett.rules.inspection.matching import Matcher, Needle
from yett.store.pattern_cache import DiskPatternCache
from yett.store.rule_directory import read_rule_directory

PROSE = (
    b"It's been a long day for the team, and we've decided to order from the menu; "
    b"the committee (all five) will select a winner. "
)
FIELDS = (
    b"alice@example.org|Alice Munro|12 High Street|Edinburgh|2024-05-06|active|42|GBP|"
    b"a short remark, really|en-GB|https://example.org/a/b|x1y2"
)
TEXTS: dict[str, list[bytes]] = {
    "one short value": [b"hello world"],
    "twelve short values": FIELDS.split(b"|"),
    "1 KB of prose": [(PROSE * 9)[:1024]],
    "1 KB in 17 strings": [
        b"Anna Maria",
        b"Sankt P\xc3\xb6lten",
        *[b"The quick brown fox jumped over the lazy dog's back, again and again"] * 15,
    ],
    "1 KB in Russian": ["Привет, как дела? Всё хорошо, спасибо.".encode()] * 15,
    "an injection": [b"1%27%20or%201=1--", b"<script>alert(1)</script>"],
}
UNITS = [
    *b"a ' \" ( < { = \\ $ %27 \\u0041 &#65; ../ /**/ select <script \xff \xc0\x80 a..".split(),
    *(b" ", b"\n", b"\0"),
]
TOKENS = (
    b'curl wget busybox $x ; | && $( sudo a- c$abu"r[l /bin/ x=1 env time ` ^ nohup select from \' " or and < > ( ) -- /* script '
    b"on = % \\"
).split()


def needles(rules: RuleSet, paranoia: int) -> Iterator[Needle]:
    number, level = 0, 0
    for rule in rules.rules:
        for link in (rule, *rule.chained):
            tags = [action.argument or "" for action in rule.actions if action.name == "tag"]
            level = max([int(tag[-1]) for tag in tags if tag.startswith("paranoia-level/")], default=0)
            needle = _needle(link, number, rules)
            if 0 < level <= paranoia and needle is not None:
                yield needle
                number += 1


def _needle(rule: SecRule, number: int, rules: RuleSet) -> Needle | None:
    operator, chain = rule.operator, rule.transformations
    if operator.name == "rx" and "%{" not in operator.argument:
        return Needle(number, operator.octets, tuple(chain))
    if operator.name in ("pm", "pmfromfile"):
        phrases = operator.octets.split() if operator.name == "pm" else rules.data[operator.argument]
        return Needle(number, b"", tuple(chain), caseless=True, phrases=tuple(phrases))
    return None


def least(call: Callable[[], object], times: int) -> float:
    """Microseconds."""
    found = 1e9
    for _ in range(times):
        began = perf_counter()
        call()
        found = min(found, perf_counter() - began)
    return found * 1e6


def measure(engine: Engine, wanted: list[Needle]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        cache = DiskPatternCache(directory)
        built = least(lambda: Matcher(wanted, cache, engine), 1) / 1e6
        matcher = Matcher(wanted, cache, engine)
        loaded = least(lambda: Matcher(wanted, cache, engine), 3) / 1e3
        size = sum(path.stat().st_size for path in cache.directory.iterdir()) / 1e6
    print(f"\n{type(engine).__name__}: {len(wanted)} needles, {len(matcher.refused)} refused")
    print(f"  built in {built:.1f} s, loaded in {loaded:.0f} ms, {size:.1f} MB on disk")
    for name, values in TEXTS.items():
        taken = least(lambda values=values: matcher.candidates(values), 1000)  # type: ignore[misc]
        print(f"  {name:22} {taken:8.1f} µs, {len(matcher.candidates(values))} candidates")
    worst = sorted(
        ((least(lambda text=text: matcher.candidates([text]), 3) / 64, name) for name, text in hostile()), reverse=True
    )  # type: ignore[misc]
    print("  worst, µs per KB:  " + ",  ".join(f"{name} {taken:.0f}" for taken, name in worst[:8]))


def hostile() -> Iterator[tuple[str, bytes]]:
    source = random.Random(7)
    for unit in UNITS:
        yield repr(unit)[1:], (unit * 65536)[:65536]
    yield "all tokens", b"".join(source.choice(TOKENS) for _ in range(40000))[:65536]
    yield "all tokens but $", b"".join(source.choice(TOKENS) for _ in range(40000)).replace(b"$", b"")[:65536]
    yield "random", source.randbytes(65536)


def main() -> None:
    directory = read_rule_directory(sys.argv[1])
    wanted = list(needles(read_seclang(directory.files, directory.order), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
    measure(default_engine(), wanted)
    measure(Re2Engine(), wanted)


if __name__ == "__main__":
    main()
