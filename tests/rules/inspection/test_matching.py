"""The matcher: nothing that a pattern finds in a value is missing among the candidates, by any engine, and confirmation is exact."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from encoded_texts import texts
from hypothesis import given, settings
from hypothesis import strategies as st
from modsecurity_oracle import Oracle

from yett.formats.transformations import TRANSFORMATIONS, UnknownTransformation, transformed
from yett.model.ports import NoPatternCache
from yett.rules.inspection import engines
from yett.rules.inspection.engines import Engine, HyperscanEngine, Re2Engine
from yett.rules.inspection.matching import Match, Matcher, Needle

ENGINES: dict[str, Engine] = {"hyperscan": HyperscanEngine(), "re2": Re2Engine()}

PATTERNS = [
    rb"(?i)\bunion\b.{0,20}?\bselect\b",
    rb"(?i)<script[^>]*>",
    rb"^alert\(",
    rb"1\)$",
    rb"\Aselect\z",
    rb"or\Z",
    rb"[\n\r]",
    rb"[^\n]\n[^\n]",
    rb"(?m)^$",
    rb".",
    rb"(?-s)a.b",
    rb"\s{2,}",
    rb"[^a-z]or",
    rb"[^A-Z ]A",
    rb"[[:punct:]]{3}",
    rb"(['\"`])[^'\"`]*?(?:or|and)[\s(]",
    rb"\x{41}\x42?|\xff",
    rb"(?:a|b)*c{2,3}",
    rb"\.\./|\.\.\\",
    rb"[]a[]1|[^]]\]",
    rb"\0",
    rb"\Bor\b",
    rb"(?i:or)\s*1\s*=\s*1(?#a comment)",
    rb"(?x) a \  [ ] # spaces do not count",
    rb"\QUNION\E$",
    rb"a++|z*+Z",
    rb"(?>--|#).*?\h",
    rb"\R",
    rb"\N\w\W\d",
    rb"[\x80-\xff]{2}",
    "é".encode(),
    rb"",
    rb"%[0-9a-f]{2}",
    rb"ba{,3}c|(a{ 1, 2 }|{,})$",
    rb"(?i)[^A]Zz",
    rb"(?i)a b|^ /|/ {1,2}c?$",
    rb"or(?: [a-z]+ ){2}\(",
]
PYTHON = {
    rb"\Aselect\z": rb"\Aselect\Z",
    rb"or\Z": rb"or(?=\n?\Z)",
    rb"(?-s)a.b": rb"a[^\n]b",
    rb"[[:punct:]]{3}": rb"[!-/:-@\[-`{-~]{3}",
    rb"\x{41}\x42?|\xff": rb"AB?|\xff",
    rb"[]a[]1|[^]]\]": rb"[\]a\[]1|[^\]]\]",
    rb"(?x) a \  [ ] # spaces do not count": rb"a[ ]{2}",
    rb"\QUNION\E$": rb"UNION$",
    rb"a++|z*+Z": rb"a+|z*Z",
    rb"(?>--|#).*?\h": rb"(?:--|#).*?[ \t\xa0]",
    rb"ba{,3}c|(a{ 1, 2 }|{,})$": rb"ba{0,3}c|(a{1,2}|\{,\})$",
    rb"\R": rb"\r\n|[\n\v\f\r\x85]",
    rb"\N\w\W\d": rb"[^\n]\w\W\d",
}
"""How Python says the same where it has other words for it."""

CHAINS: list[tuple[str, ...]] = [
    (),
    ("lowercase",),
    ("urlDecodeUni",),
    ("urlDecodeUni", "lowercase"),
    ("lowercase", "urlDecodeUni"),
    ("utf8toUnicode", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode", "removeNulls"),
    ("lowercase", "urlDecodeUni", "htmlEntityDecode", "jsDecode"),
    ("cmdLine", "normalizePath"),
    ("cmdLine",),
    ("urlDecodeUni", "cmdLine", "normalizePath", "lowercase"),
    ("urlDecode", "replaceComments", "compressWhitespace"),
    ("utf8toUnicode", "urlDecodeUni", "removeNulls", "cmdLine"),
    ("urlDecodeUni", "cssDecode", "urlDecode"),
    ("urlDecodeUni", "removeWhitespace"),
    ("compressWhitespace", "lowercase"),
    ("urlDecodeUni", "replaceComments", "removeWhitespace"),
    ("urlDecodeUni", "jsDecode", "base64Decode", "urlDecodeUni", "jsDecode"),
    ("uppercase", "compressWhitespace"),
    ("escapeSeqDecode", "compressWhitespace", "lowercase"),
    ("normalizePathWin", "trim"),
    ("removeComments",),
    ("length",),
    ("utf8toUnicode", "urlDecodeUni", "cmdLine"),
    ("lowercase", "jsDecode", "uppercase"),
    ("hexDecode", "parityZero7bit"),
]

NEEDLES = [
    Needle(number * len(CHAINS) + place, pattern, chain)
    for number, pattern in enumerate(PATTERNS)
    for place, chain in enumerate(CHAINS)
]
FEW = [Needle(needle.id * 3 + 7, needle.pattern, needle.chain) for needle in NEEDLES[::19]]
COMPILED = {pattern: re.compile(PYTHON.get(pattern, pattern), re.DOTALL | re.MULTILINE) for pattern in PATTERNS}


@pytest.fixture(scope="module", params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


MATCHERS: dict[str, Matcher] = {}


def all_needles(name: str) -> Matcher:
    if name not in MATCHERS:
        MATCHERS[name] = Matcher(NEEDLES, engine=ENGINES[name])
    return MATCHERS[name]


def expected(values: list[bytes]) -> set[int]:
    """Each pattern by Python's own engine, on each value on its own."""
    found = set()
    after = {(chain, value): transformed(chain, value) for chain in CHAINS for value in values}
    for needle in NEEDLES:
        if any(COMPILED[needle.pattern].search(after[needle.chain, value]) for value in values):
            found.add(needle.id)
    return found


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_every_pattern_is_taken(name: str) -> None:
    assert all_needles(name).refused == ()


values = st.lists(texts | st.sampled_from(PATTERNS), min_size=1, max_size=5)


@pytest.mark.parametrize("name", sorted(ENGINES))
@settings(max_examples=120, deadline=None)
@given(values=values)
def test_no_match_is_missing_among_candidates(name: str, values: list[bytes]) -> None:
    assert not expected(values) - set(all_needles(name).candidates(values))


@pytest.mark.parametrize("name", sorted(ENGINES))
@settings(max_examples=60, deadline=None)
@given(
    values=values,
    lines=st.lists(st.lists(texts.map(lambda text: text.replace(b"\n", b"")), max_size=4).map(b"\n".join), max_size=2),
)
def test_lines_are_values(name: str, values: list[bytes], lines: list[bytes]) -> None:
    every = [*values, *(line for text in lines for line in text.split(b"\n"))]
    assert not expected(every) - set(all_needles(name).candidates(values, lines))


@settings(max_examples=150, deadline=None)
@given(value=texts)
def test_confirmation_is_exact(value: bytes) -> None:
    matcher = all_needles("hyperscan")
    after = {chain: transformed(chain, value) for chain in CHAINS}
    for needle in NEEDLES:
        found, theirs = matcher.confirm(needle.id, value), COMPILED[needle.pattern].search(after[needle.chain])
        assert (found is None) == (theirs is None), needle
        if found is not None and theirs is not None:
            assert found.value == after[needle.chain]
            assert (found.start, found.end, found.groups[0]) == (*theirs.span(), theirs[0])


@settings(max_examples=60, deadline=None)
@given(values=values)
def test_engines_agree_on_one_value_as_it_is(values: list[bytes]) -> None:
    """But for an empty line after the last line feed, which RE2 sees and Hyperscan and PCRE do not."""
    by_hyperscan, by_re2 = (set(all_needles(name).candidates(values[:1])) for name in ("hyperscan", "re2"))
    plain = {needle.id for needle in NEEDLES if needle.chain == () and needle.pattern != rb"(?m)^$"}
    assert by_hyperscan & plain == by_re2 & plain


def test_clean_values_have_few_candidates(engine: Engine) -> None:
    needles = [
        Needle(1, rb"[\n\r]"),
        Needle(2, rb"\n"),
        Needle(3, rb"(?i)or\s+1", ("cmdLine",)),
        Needle(4, rb"'\s*--"),
        Needle(5, rb"x\ny"),
    ]
    matcher = Matcher(needles, engine=engine)
    assert matcher.candidates([b"it's", b"x", b"y", b"-- a dash", b"or", b"1"]) <= {3}
    assert set(matcher.candidates([b"x\ny"])) == {1, 2, 5}
    assert set(matcher.candidates([b"a\rb", b"c"])) == {1}
    assert set(matcher.candidates([b"a", b"x,\r\ny;OR\t1"])) >= {1, 2, 3}
    assert set(matcher.candidates([])) == set()


def test_what_no_value_is_after_its_chain_does_not_count(engine: Engine) -> None:
    matcher = Matcher([Needle(1, b"%41", ("urlDecode",)), Needle(2, b"^A$", ("urlDecode",)), Needle(3, b"%41")], engine=engine)
    assert set(matcher.candidates([b"%41"])) == {2, 3}
    assert set(matcher.candidates([b"%41", b"%2541"])) == {1, 2, 3}


def test_literals_and_phrases(engine: Engine) -> None:
    needles = [
        Needle(10, b"a.b", literal=True),
        Needle(20, b"a\nB\0", literal=True, caseless=True),
        Needle(30, b"", caseless=True, phrases=(b"/etc/passwd", b"(x)*", "Ä".encode())),
        Needle(40, b"fo+", caseless=True),
        Needle(50, b"", phrases=(b"Case",)),
    ]
    matcher = Matcher(needles, engine=engine)
    assert set(matcher.candidates([b"axb", "ä".encode(), b"CASE"])) == set()
    assert set(matcher.candidates([b"a.b", b"A\nb\0", b"FOO"])) == {10, 20, 40}
    assert set(matcher.candidates([b"see /ETC/passwd"])) == {30}
    assert matcher.confirm(30, b"f(X)*(x)*") == Match(b"f(X)*(x)*", 1, 5, (b"(X)*",))
    assert matcher.confirm(50, b"a Case") == Match(b"a Case", 2, 6, (b"Case",))
    assert matcher.confirm(50, b"a case") is None


def test_groups_are_those_of_the_pattern() -> None:
    matcher = Matcher([Needle(1, rb"(?:x)(?<name>a)|(b)(?'other'c)?", ("lowercase",))], engine=ENGINES["re2"])
    assert matcher.confirm(1, b"zB") == Match(b"zb", 1, 2, (b"b", None, b"b", None))
    assert matcher.confirm_transformed(1, b"xa") == Match(b"xa", 0, 2, (b"xa", b"a", None, None))


@pytest.mark.parametrize(
    "pattern",
    [rb"(?=a)", rb"(?<!a)b", rb"(a)\1", rb"\k<a>", rb"(?1)", rb"(?(1)a)", rb"(*ACCEPT)", rb"\p{L}", b"(", b")", b"[a", b"a**?{2,1}", b"*a", rb"\x{100}",
     rb"\o{z}", rb"[b-a]", rb"\y", rb"a{70000}", b"(?z)a", b"\\", b"(?:" * 300 + b")" * 300, rb"(?#", rb"[\p{L}]", rb"\x{4"],
)  # fmt: skip
def test_what_cannot_be_matched_is_told(engine: Engine, pattern: bytes) -> None:
    matcher = Matcher([Needle(7, pattern), Needle(8, b"a")], engine=engine)
    assert [refused.id for refused in matcher.refused] == [7]
    assert matcher.refused[0].reason
    assert set(matcher.candidates([b"a"])) == {8}


def test_numbers_in_quantifiers_beyond_what_engines_take(engine: Engine) -> None:
    matcher = Matcher(
        [Needle(1, rb"^a{1500}$"), Needle(2, rb"b{10,2500}c"), Needle(3, rb"(?:dd){0,1200}e"), Needle(4, rb"^f{1500,}g")],
        engine=engine,
    )
    assert matcher.refused == ()
    for value, found in [(b"a" * 1500, 1), (b"b" * 2000 + b"c", 2), (b"e", 3), (b"f" * 1600 + b"g", 4)]:
        assert found in matcher.candidates([value])
        assert matcher.confirm(found, value) is not None
    assert matcher.confirm(1, b"a" * 1499) is None
    assert matcher.confirm(4, b"f" * 1499 + b"g") is None
    assert Matcher([Needle(1, rb"(?:d{2}){0,1200}e")], engine=engine).refused[0].reason == "invalid repetition size: {0,1000}"


HEAVY = rb"(?i)(?:^|[;|])\s*" + rb"""['"\\)]*(?:\$[a-z0-9_@?!#*]*)?\\?""".join(
    bytes((letter,)) for letter in b"removeeverythingfromthediskofthismachine" * 3
)


def test_heavy_patterns_are_treated_apart_and_still_found(engine: Engine) -> None:
    """Shells forgive so much between two letters that nothing is left that could be looked for first."""
    matcher = Matcher(
        [Needle(1, HEAVY), Needle(2, b"a^a$(?:a$)*b"), Needle(3, rb"^(?:a$|,)+$"), Needle(4, HEAVY + rb"(?:^a$)*")],
        engine=engine,
    )
    assert matcher.refused == ()
    plain = b"removeeverythingfromthediskofthismachine" * 3
    for value in [plain, b"x;" + plain.replace(b"e", b"e'"), plain.replace(b"v", b"v$x"), plain.replace(b"v", b"v\\").upper()]:
        assert {1, 4} <= set(matcher.candidates([b"other", value]))
        assert matcher.confirm(1, value) is not None
    assert set(matcher.candidates([b"costs $10; really", plain[1:]])) <= {3}
    assert 3 in matcher.candidates([b"x", b"a"])


def test_without_hyperscan_sets_of_re2_do_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "hyperscan", None)
    assert engines.default_engine().identity.startswith("re2")
    assert set(Matcher([Needle(5, b"a")]).candidates([b"a"])) == {5}


def test_mistakes_of_callers() -> None:
    with pytest.raises(UnknownTransformation):
        Matcher([Needle(1, b"a", ("alert",))])
    with pytest.raises(ValueError, match="unique"):
        Matcher([Needle(1, b"a"), Needle(1, b"b")])
    with pytest.raises(ValueError, match="within"):
        Matcher([Needle(-1, b"a")])
    with pytest.raises(KeyError):
        Matcher([]).confirm(1, b"a")
    assert set(Matcher([]).candidates([b"a"])) == set()


class Memory:
    """A cache in memory that can be damaged."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.loads = 0

    def load(self, digest: str) -> bytes | None:
        self.loads += digest in self.kept
        return self.kept.get(digest)

    def save(self, digest: str, data: bytes) -> None:
        self.kept[digest] = data


def test_what_was_built_is_kept(engine: Engine) -> None:
    cache = Memory()
    needles = [*FEW, Needle(1, rb"(?=a)")]
    first = Matcher(needles, cache, engine)
    assert cache.loads == 0
    second = Matcher(needles, cache, engine)
    assert (cache.loads, len(cache.kept)) == (1, 1)
    assert second.refused == first.refused
    for values in [[b"UNION SELECT", b"%3cscript>"], [b"alert(1)"]]:
        assert set(first.candidates(values)) == set(second.candidates(values))
    Matcher(FEW, cache, engine)
    Matcher([Needle(FEW[0].id, FEW[0].pattern, caseless=True), *FEW[1:]], cache, engine)
    assert len(cache.kept) == 3


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"\x94\x01", b"\x93\x80\x90\x94\x90\x90\x91\x92\xa11\xc4\x03abc\xc2"])
def test_what_cannot_be_read_is_built_again(engine: Engine, damage: bytes) -> None:
    cache = Memory()
    Matcher(FEW, cache, engine)
    whole = dict(cache.kept)
    for digest in whole:
        cache.kept[digest] = damage
    matcher = Matcher(FEW, cache, engine)
    assert cache.kept.keys() == whole.keys()
    assert set(matcher.candidates([b"UNION SELECT"])) == set(
        Matcher(FEW, NoPatternCache(), engine).candidates([b"UNION SELECT"])
    )


def test_threads_share_a_matcher(engine: Engine) -> None:
    matcher = Matcher(FEW, engine=engine)
    values = [[b"union select %d" % number, b"<ScRiPt>" * number, b"%27or 1=1"] for number in range(40)]
    alone = [set(matcher.candidates(value)) for value in values]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert [set(found) for found in pool.map(matcher.candidates, values)] == alone


def test_memory_of_ways_is_bounded() -> None:
    matcher = Matcher(
        [Needle(number, b"zz", (name,)) for number, name in enumerate(sorted(TRANSFORMATIONS))], engine=ENGINES["re2"]
    )
    marks = [b"%41", b"\\", b"&lt;", b"\0", b"A", b"a", b"/*", b"#", b"//", b" ", b"\t", b"0x41", b"\xe9", b"'"]
    for number in range(3000):
        matcher.candidates([b"".join(mark for place, mark in enumerate(marks) if number >> place & 1)])
    assert len(matcher._passes._root.ways) <= 256  # type: ignore[union-attr]


PLAIN_PATTERNS = [
    pattern
    for pattern in PATTERNS
    if pattern.isascii() and not set(b"\"'%#\n") & set(pattern) and pattern and b"]a[" not in pattern
]


@pytest.mark.parametrize("number", range(len(PLAIN_PATTERNS)))
@settings(max_examples=25, deadline=None)
@given(value=texts)
def test_patterns_mean_what_libmodsecurity_takes_them_for(number: int, value: bytes) -> None:
    pattern = PLAIN_PATTERNS[number]
    matcher = Matcher([Needle(1, pattern)], engine=ENGINES["re2"])
    oracle = Oracle("@rx " + pattern.decode(), ())
    if pattern == rb"(?m)^$" and value.endswith(b"\n"):
        return  # an empty line after the last line feed: none for PCRE
    assert (matcher.confirm(1, value) is None) == (not oracle.messages(value))


def test_the_installed_hyperscan_finds_far_ends() -> None:
    assert engines.finds_far_ends(), "this Hyperscan misses matches: attacks would pass unseen"


def test_a_hyperscan_that_misses_matches_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        def __init__(self, mode: int) -> None: ...
        def compile(self, **_: Any) -> None: ...
        def scan(self, text: bytes, found: Any, flags: int, hits: list[int]) -> None:
            if len(text) < 64:
                hits.append(0)

    monkeypatch.setattr(engines.hyperscan, "Database", Blind)
    engines.finds_far_ends.cache_clear()
    try:
        assert engines.default_engine().identity.startswith("re2")
    finally:
        engines.finds_far_ends.cache_clear()
