"""Rule sets at random, read, compiled and run here and by libmodsecurity: the same rules must match, the same requests be denied.

What the two are known to differ in is left out of the grammar, or told in a comment at its place. Texts come from a seed, so that a
failure can be repeated; the message holds everything.
"""

from random import Random
from typing import NamedTuple
from urllib.parse import quote

import pytest

from yett.formats.seclang import RuleSet, SecRule, read_seclang
from yett.rules.seclang import run
from yett.rules.seclang.compile import compile_rules
from yett.rules.seclang.folding import Contradiction
from yett.rules.seclang.program import Program
from yett.rules.seclang.transaction import Transaction

libmodsecurity = pytest.importorskip("libmodsecurity")

WORDS = ["a", "b", "A", "ab", "x", "1", "2", "foo", "a b", "<x>", "%61", "0", "12", "../a", "a/b"]
NAMES = ["a", "b", "c", "foo"]
"""Lower case only: in updates and `ctl` libmodsecurity compares names with regard to case, elsewhere without."""

COLLECTIONS = ["ARGS", "ARGS_NAMES", "ARGS_GET", "ARGS_POST", "ARGS_GET_NAMES", "REQUEST_HEADERS", "REQUEST_HEADERS_NAMES"]
COLLECTIONS += ["REQUEST_COOKIES", "REQUEST_COOKIES_NAMES", "MATCHED_VARS", "MATCHED_VARS_NAMES", "TX:/^[ab]$/"]
SCALARS = ["REQUEST_URI", "REQUEST_URI_RAW", "QUERY_STRING", "REQUEST_METHOD", "REQUEST_FILENAME", "REQUEST_BASENAME"]
SCALARS += ["REQUEST_BODY", "REQUEST_LINE", "REQUEST_PROTOCOL", "REMOTE_ADDR", "MATCHED_VAR", "MATCHED_VAR_NAME"]
SCALARS += ["REQBODY_PROCESSOR"]
SELECTED = [
    "ARGS:/^a/",
    "ARGS:/b$/",
    "ARGS:/o/",
    "REQUEST_HEADERS:X-A",
    "REQUEST_HEADERS:x-b",
    "REQUEST_COOKIES:B",
    "TX:0",
    "TX:1",
]
PATTERNS = ["a", "^a$", "(a)(b)?", "[0-9]+", "^$", "x|b", "(?i)FOO", "^(.*)$", "o+", "a.b", "^.{2,3}$"]
TRANSFORMATIONS = [
    "none",
    "lowercase",
    "uppercase",
    "urlDecode",
    "urlDecodeUni",
    "length",
    "trim",
    "removeWhitespace",
    "cmdLine",
]
TRANSFORMATIONS += [
    "compressWhitespace",
    "hexEncode",
    "normalizePath",
    "htmlEntityDecode",
    "base64Decode",
    "sha1",
    "removeNulls",
]
CAPTURING = ("rx", "pm")


class Sent(NamedTuple):
    """A request. fields: without those that say how long the body is."""

    method: str
    target: str
    fields: list[tuple[str, str]]
    body: bytes


class Outcome(NamedTuple):
    """rules: ids of those that matched, in order, chains by their first rule. status: 0 where nothing was denied."""

    rules: list[int]
    status: int


class Author:
    """Writes rule sets and requests."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.excluding = False
        """Whether this set leaves out targets afterwards. Counts then differ: libmodsecurity does not count at all."""

    def one(self, several: list[str]) -> str:
        return self.random.choice(several)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def target(self) -> str:
        kind = self.random.random()
        if kind < 0.3:
            return self.one(COLLECTIONS)
        if kind < 0.5:
            return f"ARGS:{self.one(NAMES)}"
        if kind < 0.65:
            return self.one(SELECTED)
        if kind < 0.75:
            return f"{self.one(['', '&'])}TX:{self.one(NAMES)}"
        if kind < 0.8 and not self.excluding:
            return self.one(["&ARGS", "&ARGS:a", "&REQUEST_HEADERS:X-A"])
        return self.one(SCALARS)

    def targets(self) -> str:
        found = [self.target() for _ in range(self.random.choice([1, 1, 1, 2, 3]))]
        if self.excluding and self.chance(0.3):
            found.append("!" + self.one(["ARGS:a", "ARGS:foo", "ARGS_NAMES:b", "REQUEST_HEADERS:X-A", "REQUEST_COOKIES:a"]))
        return "|".join(found)

    def operator(self) -> tuple[str, str]:
        """Its name, and all of it."""
        name = self.one(
            ["rx"] * 4
            + ["pm", "streq", "contains", "beginsWith", "endsWith", "within", "strmatch", "unconditionalMatch", "noMatch"]
            + ["eq", "ge", "gt", "le", "lt", "validateByteRange", "validateUrlEncoding"]
        )
        arguments = {
            "rx": PATTERNS,
            "pm": ["a b", "foo 12", "AB x"],
            "within": ["a b foo", "%{tx.a}", "GET POST", "ab12"],
            "validateByteRange": ["97-98", "32-126", "1-255"],
            **{one: ["0", "1", "2", "12", "%{tx.b}"] for one in ("eq", "ge", "gt", "le", "lt")},
            **{one: [""] for one in ("unconditionalMatch", "noMatch", "validateUrlEncoding")},
        }
        argument = self.one(arguments.get(name, [*WORDS, "%{tx.a}"]))
        return name, f"{'!' if self.chance(0.15) else ''}@{name} {argument}".strip()

    def actions(self, operator: str) -> list[str]:
        found = [f"t:{self.one(TRANSFORMATIONS)}" for _ in range(self.random.choice([0, 0, 1, 2]))]
        values = ["1", "2", "x", "ab", "%{matched_var}", "%{tx.a}", "+1", "-1", "+%{tx.b}"]
        for _ in range(self.random.choice([0, 0, 1, 2])):
            name = self.one(NAMES)
            found.append(self.one([f"setvar:tx.{name}={self.one(values)}", f"setvar:!tx.{name}", f"setvar:tx.{name}"]))
        if operator in CAPTURING and self.chance(0.3):
            found.append("capture")
        return found

    def control(self) -> str:
        number = self.random.randrange(1, 9)
        return "ctl:" + self.one(
            [
                f"ruleRemoveById={number}",
                "ruleRemoveById=3-5",
                "ruleRemoveByTag=t1",
                f"ruleRemoveTargetById={number};ARGS:a",
                "ruleRemoveTargetByTag=t2;ARGS:b",
            ]
        )

    def rule(self, number: int, markers: list[int]) -> list[str]:
        phase = self.random.choice([1, 2, 2])
        verdict = self.one(["pass"] * 8 + ["deny", "block"])
        operator, written = self.operator()
        actions = [f"id:{number}", f"phase:{phase}", "log", verdict, *self.actions(operator)]
        if self.chance(0.4):
            actions.append(f"tag:t{self.random.randrange(1, 4)}")
        if self.excluding and self.chance(0.15):
            actions.append(self.control())
        ahead = [marker for marker in markers if marker >= number]  # libmodsecurity looks for others in the next phase
        if ahead and self.chance(0.15):
            actions.append(f"skipAfter:M{self.random.choice(ahead)}")
        if self.chance(0.1):
            quiet = [action for action in actions if action != "capture" and action not in ("deny", "block", "log")]
            return [f'SecAction "{",".join([*quiet, "nolog", "pass"])}"']
        links = [(self.targets(), written, actions)]
        for _ in range(self.random.choice([0] * 6 + [1, 2])):
            links[-1][2].append("chain")
            operator, written = self.operator()
            links.append((self.targets(), written, self.actions(operator) or ["t:none"]))
        return [f'SecRule {targets} "{judged}" "{",".join(done)}"' for targets, judged, done in links]

    def rules(self) -> str:
        self.excluding = self.chance(0.5)
        count = self.random.randrange(1, 6)
        markers = sorted(self.random.sample(range(1, count + 2), 2))
        lines = ["SecRuleEngine On", "SecRequestBodyAccess On"]
        if self.chance(0.3):
            lines.append(f'SecDefaultAction "phase:2,log,{self.one(["pass", "deny"])}{self.one(["", ",t:lowercase"])}"')
        for number in range(1, count + 2):
            if number <= count:
                lines += self.rule(number, markers)
            lines += [f"SecMarker M{number}"] * (number in markers)
        number = self.random.randrange(1, count + 1)
        if self.excluding and self.chance(0.5):
            lines.append(f'SecRuleUpdateTargetById {number} "!ARGS:{self.one(NAMES)}"')
        if self.excluding and self.chance(0.3):
            lines.append('SecRuleUpdateTargetByTag t1 "!ARGS:b"')
        if self.chance(0.1):
            lines.append(self.one([f"SecRuleRemoveById {number}", "SecRuleRemoveByTag t3", "SecRuleRemoveById 2-3"]))
        if self.chance(0.1):
            lines.append(f'SecRuleUpdateActionById {number} "{self.one(["deny", "pass"])}"')
        return "\n".join(lines) + "\n"

    def request(self) -> Sent:
        words = [*map(quote, WORDS), "%3Cx%3E", "a+b", ""]
        query = "&".join(f"{self.one(NAMES)}={self.one(words)}" for _ in range(self.random.randrange(4)))
        target = self.one(["/", "/a", "/A/b.txt", "/%61/x"]) + (f"?{query}" if query else "")
        fields = [("Host", "h"), ("User-Agent", self.one(WORDS))]
        fields += [(name, self.one(WORDS)) for name in ("X-A", "X-B") if self.chance(0.5)]
        if self.chance(0.4):
            cookies = [f"{self.one(NAMES)}={self.one(['a', 'b', '1', 'x y'])}" for _ in range(self.random.randrange(1, 3))]
            fields.append(("Cookie", "; ".join(cookies)))
        if self.chance(0.5):
            return Sent("GET", target, fields, b"")
        body = "&".join(f"{self.one(NAMES)}={quote(self.one(WORDS))}" for _ in range(self.random.randrange(1, 4))).encode()
        fields += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body)))]
        return Sent("POST", target, fields, body)


def ours(program: Program, sent: Sent) -> Outcome:
    fields = [(name.encode(), value.encode()) for name, value in sent.fields]
    transaction = Transaction(sent.method.encode(), sent.target.encode(), b"HTTP/1.1", fields, sent.body, b"192.0.2.1", b"u")
    run.begin(program, transaction)
    run.request(program, transaction)
    refusal = transaction.refusal
    return Outcome([hit.rule.id for hit in transaction.hits], refusal.status if refusal else 0)


def theirs(engine: object, rules: object, sent: Sent) -> Outcome:
    transaction = libmodsecurity.Transaction(engine, rules)
    transaction.process_connection("192.0.2.1", 1024, "192.0.2.2", 80)
    transaction.process_uri(sent.target, sent.method, "1.1")
    for name, value in sent.fields:
        transaction.add_request_header(name, value)
    transaction.process_request_headers()
    found = transaction.intervention()
    if not found:
        transaction.append_request_body(sent.body)
        transaction.process_request_body()
        found = transaction.intervention()
    matched = [message.rule_id for message in transaction.get_rule_messages()]
    return Outcome(matched, found.status if found and found.disruptive else 0)


def silent(found: RuleSet) -> set[int]:
    """Rules that look at variables of rules only: as long as nothing else has matched, they are not recorded here."""
    links = {rule.id: [variable for link in (rule, *rule.chained) for variable in link.variables] for rule in found.rules}
    return {number for number, variables in links.items() if all(variable.collection == "TX" for variable in variables)}


@pytest.mark.parametrize("seed", range(8))
def test_the_same_rules_match(seed: int) -> None:
    author = Author(seed)
    engine = libmodsecurity.ModSecurity()
    engine.set_log_callback(lambda _: None)
    compared = 0
    for _ in range(60):
        text = author.rules()
        rules = libmodsecurity.RulesSet()
        assert rules.load(text) >= 0, (rules.get_parser_error(), text)
        read = read_seclang({"rules.conf": text.encode()}, ["rules.conf"])
        try:
            program = compile_rules(read)
        except Contradiction:  # everything would be denied
            continue
        quiet = silent(read)
        for _ in range(6):
            sent = author.request()
            found, expected = ours(program, sent), theirs(engine, rules, sent)
            assert [rule for rule in found.rules if rule not in quiet] == [
                rule for rule in expected.rules if rule not in quiet
            ], (text, sent)
            assert found.status == expected.status, (text, sent)
            compared += 1
    assert compared > 200


def test_there_are_rules_of_all_kinds() -> None:
    """That the author is no bore: chains, updates, skips and denials come up."""
    author = Author(0)
    texts = [author.rules() for _ in range(100)]
    for word in (
        "chain",
        "SecRuleUpdate",
        "skipAfter",
        "deny",
        "ctl:",
        "capture",
        "!@",
        "&",
        "SecDefaultAction",
        "SecRuleRemove",
    ):
        assert any(word in text for text in texts), word
    assert isinstance(next(read_seclang({"a": texts[0].encode()}, ["a"]).rules), SecRule)
