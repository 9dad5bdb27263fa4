"""Sequences of exchanges on one program, which remembers what was harmless: nothing that was seen before hides anything afterwards.

Texts in all places and spellings of `attacks.everywhere`, texts made of what transformations undo, fields by name, names of several
levels, numbers, memories filled beyond their bounds, and what a contract proves.
"""

import json
from base64 import b64encode
from random import Random

import pytest
from described import only, openapi, read
from hypothesis import given, settings
from hypothesis import strategies as st
from seclang_rules import program

from attacks.both_ways import Comparing, as_usual, received, recorded
from attacks.everywhere import ANSWERS, CARRIERS, HOST, NUMBERED, NUMBERS, SPELLINGS, of_number
from yett.engine.recorded import RecordedView
from yett.formats.contract.proven import proven_places
from yett.model.exchange import Request
from yett.rules.inspection.memory import REMEMBERED
from yett.rules.seclang import run
from yett.rules.seclang.texts import LONGEST_KNOWN, MOST_KNOWN

TARGETS = (
    "ARGS|ARGS_NAMES|XML:/*|XML://@*",
    "ARGS_NAMES",
    "REQUEST_COOKIES|REQUEST_COOKIES_NAMES|ARGS",
    "REQUEST_FILENAME|REQUEST_BASENAME",
    "REQUEST_URI|REQUEST_URI_RAW|QUERY_STRING",
    "REQUEST_HEADERS",
    "REQUEST_HEADERS:Referer|REQUEST_HEADERS:User-Agent",
    "REQUEST_HEADERS:Content-Type|REQUEST_HEADERS_NAMES",
    "REQUEST_HEADERS|!REQUEST_HEADERS:Referer|ARGS:q",
    "FILES|FILES_NAMES|MULTIPART_PART_HEADERS",
    "REQUEST_BODY",
    "RESPONSE_BODY|RESPONSE_HEADERS",
)
CHAINS = (
    "",
    "t:lowercase",
    "t:urlDecodeUni,t:lowercase",
    "t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode,t:removeNulls",
    "t:utf8toUnicode,t:urlDecodeUni,t:cssDecode,t:normalizePath",
    "t:cmdLine",
    "t:removeWhitespace",
    "t:replaceComments,t:compressWhitespace",
    "t:base64Decode,t:lowercase",
    "t:urlDecodeUni,t:base64Decode",
    "t:removeWhitespace,t:base64Decode",
    "t:urlDecodeUni,t:lowercase,multiMatch",
)
OPERATORS = (
    r"@rx (?i)union[\s/*+]+select",
    r"@rx ^(?:json\.)?(?:list\.array_1|a)\b.*evil",
    r"@rx \A(?:root|-5|1e5|0|1\.5|100000\.0|12345678901234567890)\z",
    r"@rx [\r\n]\W*?set-cookie",
    "@pm evil <script set-cookie ../",
    "@streq exact",
    "@beginsWith /etc",
    "@endsWith passwd",
    "@contains /bin/",
    "@within evil exact root",
    "@detectSQLi",
    "@detectXSS",
    "@validateByteRange 9-10,13,32-126",
    "@validateUrlEncoding",
    "@gt 1024",
)
TEXTS = (
    b"1 union select 2",
    b"evil",
    b"a.evil.b",
    b"x\r\nset-cookie: a=b",
    b"exact",
    b"root",
    b"1e5",
    b"/etc/passwd",
    b"; /bin/sh",
    b"1' or '1'='1",
    b"<script>alert(1)</script>",
    b"../../x",
    b"harmless words of prose",
    b"x",
)


def written() -> str:
    """Each operator with half of the targets, each with one chain of transformations, or with its length."""
    author = Random(1)
    lines: list[str] = []
    for operator in OPERATORS:
        for target in author.sample(TARGETS, len(TARGETS) // 2):
            chain = "t:length" if "@gt" in operator else author.choice(CHAINS)
            phase = 4 if "RESPONSE" in target else 2
            actions = f"id:{len(lines) + 1},phase:{phase},pass,log{',' * bool(chain)}{chain}"
            lines.append(f'SecRule {target} "{operator}" "{actions}"')
    return "\n".join(lines)


@pytest.fixture(scope="module")
def comparing() -> Comparing:
    return Comparing(program(written()))


def test_texts_that_travel(comparing: Comparing) -> None:
    """Each text in many places, in no order, as it is in half of them."""
    author = Random(7)
    sent = []
    for name in CARRIERS:
        for text in author.sample(TEXTS, 3):
            spelling = author.choice(["as it is", author.choice(sorted(set(SPELLINGS) - {"very long"}))])
            sent.append((f"{name}, {spelling}", CARRIERS[name](SPELLINGS[spelling](text))))
    sent += [(number, of_number(document, number)) for number in NUMBERS for document in NUMBERED]
    author.shuffle(sent)
    met = set()
    for name, request in sent:
        if request is not None:
            assert not comparing.differences(request), name
            met.update(as_usual(comparing.program, received(request)).rules)
    assert len(met) > 40  # or nothing is told by it


def test_answers(comparing: Comparing) -> None:
    request = Request(method="GET", target=b"/", fields=HOST)
    for spelling in ("as it is", "after a line", "to 1,025 octets"):
        for text in TEXTS:
            for name in ANSWERS:
                assert not comparing.differences(request, ANSWERS[name](SPELLINGS[spelling](text))), (name, spelling)


PLACES = (
    "query",
    "form",
    "JSON",
    "JSON, name",
    "JSON, name in array",
    "field X-Unknown",
    "field Referer",
    "cookie",
    "path",
    "part",
    "XML",
)


@pytest.mark.parametrize("harmless", PLACES)
def test_what_was_harmless_there_is_none_here(harmless: str) -> None:
    """Rules that look at one place each, asked with the same text in another place before."""
    rules = (
        'SecRule ARGS|XML:/* "@rx evil" "id:1,phase:2,pass,log"\n'
        'SecRule ARGS_NAMES "@rx evil" "id:2,phase:2,pass,log"\n'
        'SecRule REQUEST_HEADERS:Referer "@rx evil" "id:3,phase:2,pass,log"\n'
        'SecRule REQUEST_COOKIES "@rx evil" "id:4,phase:2,pass,log"\n'
        'SecRule REQUEST_FILENAME "@rx evil" "id:5,phase:2,pass,log"\n'
        'SecRule REQUEST_HEADERS:X-Other "@rx evil" "id:6,phase:2,pass,log"\n'
    )
    for only_one in rules.splitlines():
        comparing = Comparing(program(only_one))
        for name in (harmless, *PLACES):
            request = CARRIERS[name](b"evil")
            assert request is not None
            for _ in range(2):
                assert not comparing.differences(request), (only_one, name)


SOUGHT = b"union select evil root exact /etc passwd <script set-cookie 1 ' or=or'".split()
BREAKS = rb"+ %20 %0a %2b %25 &#10; \n \x0a \u0020 \ /**/ -- ; . .. / = == %u0065 %zz &lt; QUFB".split()
OCTETS = (b" ", b"\n", b"\r\n", b"\t", b"\x0b", b"\0", b"\xff", b"\xc3", b"\xa0")
FOREIGN = "\u00a0 \u2028 \uff1c \u010a".encode().split(b" ")
ENCODED = (b64encode(b"union select"), b64encode(b"an evil one")[:-1], b64encode(b"root"))
PIECES = st.sampled_from((*SOUGHT, *BREAKS, *OCTETS, *FOREIGN, *ENCODED))
WORDS = st.lists(PIECES, max_size=7).map(b"".join)
"""Texts of what patterns look for, and of what transformations undo."""


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(sorted(CARRIERS)), WORDS), min_size=1, max_size=3))
def test_texts_of_what_transformations_undo(comparing: Comparing, sent: list[tuple[str, bytes]]) -> None:
    for name, text in sent:
        request = CARRIERS[name](text)
        if request is not None and "thousands" not in name:
            assert not comparing.differences(request), (name, text)


NAMES = st.one_of(
    st.sampled_from(["a", "list", "evil", "", "empty-key", "array_1", "json", "a.b", "x" * 200]), st.text(max_size=3)
)
TREES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "evil", "5"]),
    ),
    lambda inside: st.one_of(st.lists(inside, max_size=4), st.dictionaries(NAMES, inside, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=80)
@given(st.lists(TREES, min_size=1, max_size=3))
def test_documents(comparing: Comparing, trees: list[object]) -> None:
    for tree in trees:
        body = json.dumps(tree, ensure_ascii=len(str(tree)) % 2 == 0).encode("utf-8", "surrogatepass")
        fields = (*HOST, (b"Content-Type", b"application/json"))
        assert not comparing.differences(Request(method="POST", target=b"/", fields=fields, body=body)), tree


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        (r"union\s+select", b"union\x0bselect", True),
        (r"union[\s(]+select", b"union\x0b(select", True),
        (r"<\?xml[^\s]", b"<?xml\x0bversion", False),
        (r"a\Sb", b"a\x0bb", False),
        (r"a[\S]b", b"a\x0bb", False),
        (r"a[^\S]b", b"a\x0bb", True),
        (r"a[]\s]b", b"a\x0bb", True),
        (r"a[^]\s]b", b"a]b", False),
        (r"a[[:alpha:]\s-]b", b"a\x0bb", True),
        (r"a[\s-]b", b"a-b", True),
        (r"a[\s-z]b", b"a5b", False),
        (r"a\\\s", b"a\\\x0b", True),
        (r"a\[\s", b"a[\x0b", True),
        (r"a\\sb", b"a\\sb", True),
        (r"a\Sb", b"a\xffb", True),
        (r"a\vb", b"a\rb", True),
        (r"a[\v]b", b"a\nb", True),
        (r"a[\v-z]b", b"a-b", True),
        (r"a[\v-z]b", b"a5b", False),
        (r"a\Vb", b"a\x0cb", False),
        (r"a\hb", b"a\tb", True),
        (r"a[\h-z]b", b"a5b", False),
        (r"a\h", b"a\xa0", True),
        (r"a[^\H]b", b"a b", True),
        (r"a\Nb", b"axb", True),
        (r"a\Nb", b"a\nb", False),
    ],
)
def test_vertical_tabs_are_white_space(pattern: str, value: bytes, found: bool) -> None:
    for chain in ("t:none", "t:lowercase", "t:urlDecodeUni"):
        comparing = Comparing(program(f'SecRule ARGS "@rx {pattern}" "id:1,phase:2,pass,log,{chain}"'))
        for name in ("query", "JSON", "form"):
            request = CARRIERS[name](value)
            assert request is not None
            if name != "JSON" or value.isascii():
                assert not comparing.differences(request), chain
                assert as_usual(comparing.program, received(request)).rules == [1] * found, chain


OF_TARGETS = ("%65", "(?i)%2e%2E", "evil", "%20", r"\+", r"^/s\?q=[^%]*$", r"a b", r"&lt;", "%$", r"\.\./")
ESCAPED = (
    "/%65vil",
    "/s?q=%65vil",
    "/s?q=evi%6C",
    "/%2e%2E/x",
    "/s?q=a%20b",
    "/s?q=a+b",
    "/s?q=%26lt;",
    "/s?q=a%2520b",
    "/s?q=%2b",
    "/s?q=%0a",
)
ESCAPED += (
    "/s?q=%zz%65vil",
    "/s?q=%u0065vil",
    "/%",
    "/s?%71=evil",
    "http://api.example/%65vil?q=%20",
    "/..%2fx",
    "/s?q=%26%6ct;",
    "/s?q=%25%36%35",
    "/s?q=a%0ab&r=%65vil",
    "/s?q=a%5eb",
    "/s%3fq=%24",
    "/a//evil/ls",
)
OF_ESCAPED = ("@validateUrlEncoding", "@validateByteRange 32-35,38-93,97-126", "@contains %6", "@pm %65 evil /a/evil")


@pytest.mark.parametrize(
    "chain", ["", "t:urlDecodeUni", "t:lowercase,t:urlDecode", "t:htmlEntityDecode,t:urlDecodeUni", "t:urlDecodeUni,multiMatch"]
)
def test_targets_as_sent_and_with_encodings_undone(chain: str) -> None:
    actions = f"phase:1,pass,log{',' * bool(chain)}{chain}"
    rules = [
        f'SecRule {target} "{operator}" "id:{{}},{actions}"'
        for target in (
            "REQUEST_URI_RAW",
            "REQUEST_URI",
            "QUERY_STRING",
            "REQUEST_LINE|REQUEST_HEADERS:Referer",
            "REQUEST_FILENAME",
        )
        for operator in [*(f"@rx {pattern}" for pattern in OF_TARGETS), *OF_ESCAPED]
    ]
    comparing, met = Comparing(program("\n".join(rule.format(at) for at, rule in enumerate(rules, 1)))), set()
    alone = [Comparing(program(rule.format(1))) for rule in rules[::3]]
    for target in ESCAPED * 2:
        request = Request(method="GET", target=target.encode(), fields=HOST)
        for one in (comparing, *alone):
            assert not one.differences(request), target
        met.update(as_usual(comparing.program, received(request)).rules)
    assert len(met) > 20


ENCODES = (
    "t:base64Decode",
    "t:base64Decode,t:lowercase",
    "t:urlDecodeUni,t:base64Decode",
    "t:removeWhitespace,t:base64Decode",
    "t:jsDecode,t:base64Decode,t:urlDecodeUni",
    "t:lowercase,t:base64Decode",
    "t:none,t:base64Decode,multiMatch",
)


ENCODED_PATTERNS = ((1, "(?i)evil"), (2, r"[\r\n]x"))


@pytest.mark.parametrize("chain", ENCODES)
def test_what_is_encoded_is_found(chain: str) -> None:
    """Base64 of all lengths, whole and broken, with and without padding and white space, among harmless values of its kind."""
    rules = [
        f'SecRule ARGS|REQUEST_HEADERS "@rx {pattern}" "id:{at},phase:2,pass,log,{chain}"' for at, pattern in ENCODED_PATTERNS
    ]
    comparing = Comparing(program("\n".join(rules)))
    author, met = Random(chain), 0
    for length in range(12):
        text = b64encode(author.choice([b"an evil one", b"~~~>>>???\nx"]) + b"y" * length)
        at = author.randrange(len(text) + 1)
        broken = text[:at] + author.choice([b" ", b"\n", b"\t", b"\r\n", b"-", b"=", b"%20", b"\\n"]) + text[at:]
        for sent in (
            text,
            text.rstrip(b"="),
            text + b" ",
            b" " + text,
            text + b"\n",
            broken,
            text.replace(b"+", b" "),
            text + b"=",
        ):
            for name in ("query", "query, as sent", "form, as it is", "JSON", "field X-Unknown", "part"):
                request = CARRIERS[name](sent)
                assert request is not None and not comparing.differences(request), (name, sent)
                met += bool(as_usual(comparing.program, received(request)).rules)
    assert met > 20 or "lowercase,t:base64" in chain


DOCUMENTS = (
    '{"constructor": {"prototype": 1}}',
    '{"constructor": 1, "prototype": {}}',
    '{"a": [{"constructor": {"prototype": []}}]}',
    '{"list": [0, 1, 2, {"b": 1}]}',
    '{"list": [0, 1, {"b": 1}, 3]}',
    '{"list": {"array_3": {"b": ""}}}',
    json.dumps({"list": [{"b": 1}] * 80}),
    json.dumps({"list": [*range(69), {"b": 1}]}),
    json.dumps({"list": [*range(70), {"b": 1}]}),
    json.dumps({"list": list(range(80))}),
    '{"list": []}',
    '{"list": {}}',
    '{"": {"a": 1}}',
    '{"a": {"": 1}}',
    '{"a": ""}',
    '{"a": {}}',
    '{"a": {"b": {"c": {}}}}',
    '{"a": {"b": {"c": {"d": null}}}}',
    '{"a.b": {"c": true}}',
    "[[[], []]]",
    "[[1, {}]]",
    '[{"a.b": 1}]',
    json.dumps({"x" * 300: {"c": {"prototype": 1}}}),
    json.dumps({"x" * 300: {"constructor": {"prototype": 1}}}),
)
OF_NAMES = (
    r"constructor\.prototype$",
    r"^json\.list\.array_3\.b$",
    r"^json\.list\.array_70(?:\.b)?$",
    r"^json\.list$",
    r"\.empty-key(?:\.a)?$",
    r"^json\.a\.b\.c$",
    r"^json\.a\.b\.c\.d$",
    r"^json\.a$",
    r"^json\.array_0\.array_1$",
    r"^json\.array_0\.a\.b$",
)


def test_names_of_several_levels_come_again() -> None:
    rules = [f'SecRule ARGS_NAMES "@rx {pattern}" "id:{at},phase:2,pass,log"' for at, pattern in enumerate(OF_NAMES, 1)]
    together, author = Comparing(program("\n".join(rules))), Random(3)
    alone = [Comparing(program(rule)) for rule in rules]
    met = set()
    for document in author.choices(DOCUMENTS, k=4 * len(DOCUMENTS)):
        fields = (*HOST, (b"Content-Type", b"application/json"))
        request = Request(method="POST", target=b"/", fields=fields, body=document.encode())
        for comparing in (together, *alone):
            assert not comparing.differences(request), document
        met.update(as_usual(together.program, together.live(seen(request))).rules)
    assert met == set(range(1, len(OF_NAMES) + 1))


def test_memories_that_are_full(comparing: Comparing) -> None:
    """Values, names, lines of heads and paths, more than are remembered, and the same attacks again between them."""
    attacks = [request for name in PLACES if (request := CARRIERS[name](b"evil")) is not None]
    names = iter(range(10**9))

    def document(count: int) -> Request:
        tree = {f"name{next(names)}": [f"value {next(names)}"] for _ in range(count)}
        fields = (*HOST, (b"Content-Type", b"application/json"))
        return Request(method="POST", target=b"/", fields=fields, body=json.dumps(tree).encode())

    for filled in range(2 * MOST_KNOWN // 450 + 2):
        run.request(comparing.program, comparing.live(seen(document(450))))
        if filled % 15 == 0:
            assert not [one for attack in attacks for one in comparing.differences(attack)]
    for filled in range(2 * REMEMBERED // 80 + 2):
        lines = tuple((b"X-%d" % next(names), b"line %d" % next(names)) for _ in range(80))
        request = Request(method="GET", target=b"/p%d" % next(names), fields=(*HOST, *lines))
        run.request(comparing.program, comparing.live(seen(request)))
        if filled % 40 == 0:
            assert not [one for attack in attacks for one in comparing.differences(attack)]


def seen(request: Request) -> RecordedView:
    view = recorded(request)
    assert view is not None
    return view


@pytest.mark.parametrize("length", [LONGEST_KNOWN - 1, LONGEST_KNOWN, LONGEST_KNOWN + 1, 1_023, 1_024, 1_025])
def test_values_as_long_as_what_is_remembered(length: int) -> None:
    rules = Comparing(
        program(
            'SecRule ARGS "@rx ^x+y$" "id:1,phase:2,pass,log"\nSecRule REQUEST_HEADERS:X-Unknown "@rx y$" "id:2,phase:2,pass,log"'
        )
    )
    for last in (b"x", b"y", b"x", b"y"):
        for name in ("query", "JSON", "form", "field X-Unknown", "cookie"):
            request = CARRIERS[name](b"x" * (length - 1) + last)
            assert request is not None and not rules.differences(request)
            expected = [] if last == b"x" or name == "cookie" else [2] if "field" in name else [1]
            assert as_usual(rules.program, received(request)).rules == expected


# --- what a contract proves ---------------------------------------------------------------------------------------------------

SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["evil kind", "plain"]},
        "count": {"type": "integer"},
        "note": {"type": "string"},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"kind": {"enum": ["evil kind"]}, "note": {"type": "string"}}},
        },
    },
}
PARAMETERS = [
    {"name": "kind", "in": "query", "schema": {"enum": ["evil kind", "plain"]}},
    {"name": "note", "in": "query", "schema": {"type": "string"}},
]


def proven_operation() -> tuple[Comparing, int]:
    """A comparison with what the contract proves, and the number of the body's schema."""
    content = {"application/json": {"schema": SCHEMA}}
    operation = {"parameters": PARAMETERS, "requestBody": {"content": content}, "responses": {"200": {"description": ""}}}
    declared = only(read(openapi(paths={"/x": {"post": operation}})))
    rules = 'SecRule ARGS "@rx evil" "id:1,phase:2,pass,log"\nSecRule ARGS_NAMES "@rx evil" "id:2,phase:2,pass,log"'
    assert declared.detail.body is not None
    return Comparing(program(rules), proven_places(declared)), declared.detail.body.media[0].schema


@pytest.mark.parametrize(
    ("query", "tree", "found"),
    [
        (b"", {"kind": "evil kind", "count": 5}, []),
        (b"", {"kind": "evil kind", "note": "evil kind"}, [1]),
        (b"", {"lines": [{"kind": "evil kind"}]}, []),
        (b"", {"lines": [{"kind": "evil kind", "note": "x"}, {"note": "evil"}]}, [1]),
        (b"", {"other": "evil kind"}, [1]),
        (b"", {"evil": 1}, [2]),
        (b"?kind=evil%20kind", {"count": 1}, []),
        (b"?note=evil", {"kind": "evil kind"}, [1]),
        (b"?kind=plain&note=evil%20kind", {}, [1]),
    ],
)
def test_proven_values_are_passed_over_and_no_others(query: bytes, tree: object, found: list[int]) -> None:
    comparing, schema = proven_operation()
    fields = (*HOST, (b"Content-Type", b"application/json"))
    request = Request(method="POST", target=b"/x" + query, fields=fields, body=json.dumps(tree).encode())
    for _ in range(2):
        for comparing.valid_head, comparing.valid_body in (
            (True, schema),
            (False, -1),
            (True, -1),
            (False, schema),
            (True, schema),
        ):
            assert not comparing.differences(request)
            rules = as_usual(comparing.program, comparing.live(seen(request))).rules
            if comparing.valid_head and comparing.valid_body >= 0:
                assert rules == found
            elif not comparing.valid_head and comparing.valid_body < 0:
                assert rules == ([2] if tree == {"evil": 1} else [1])
