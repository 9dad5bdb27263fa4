"""Rule sets at random, of all phases and with what makes candidates hard to tell, on sequences of exchanges: the first look hides nothing."""

from random import Random

import pytest
from seclang_rules import program

from attacks.both_ways import Comparing
from yett.model.exchange import Request, Response
from yett.rules.seclang.folding import Contradiction

OF_REQUESTS = [
    "ARGS",
    "ARGS_NAMES",
    "ARGS:a",
    "ARGS_GET",
    "ARGS_POST",
    "REQUEST_HEADERS",
    "REQUEST_HEADERS:X-A",
    "REQUEST_HEADERS_NAMES",
]
OF_REQUESTS += [
    "REQUEST_COOKIES",
    "REQUEST_COOKIES_NAMES",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "REQUEST_FILENAME",
    "REQUEST_BASENAME",
]
OF_REQUESTS += ["REQUEST_LINE", "QUERY_STRING", "REQUEST_BODY", "REQUEST_PROTOCOL", "FILES", "MULTIPART_PART_HEADERS", "XML:/*"]
OF_REQUESTS += [
    "&ARGS",
    "&REQUEST_HEADERS:X-A",
    "&REQUEST_COOKIES",
    "&FILES",
    "REQUEST_BODY_LENGTH",
    "REQBODY_PROCESSOR",
    "REQUEST_HEADERS:/^X-/",
]
OF_RESPONSES = [
    "RESPONSE_STATUS",
    "RESPONSE_HEADERS",
    "RESPONSE_HEADERS:X-A",
    "RESPONSE_BODY",
    "RESPONSE_PROTOCOL",
    "&RESPONSE_HEADERS",
]
OF_RULES = ["TX:a", "TX:/^b/", "&TX:a", "MATCHED_VAR", "MATCHED_VARS", "TX:0", "TX:1"]
OPERATORS = [
    "@rx a",
    "@rx ^$",
    "@rx (a)(b)?",
    "@rx ^.{2,4}$",
    "@pm a foo",
    "@streq a",
    "@streq %{tx.a}",
    "@contains b",
    "@within a b foo GET",
]
OPERATORS += [
    "@within %{tx.b}",
    "@beginsWith /a",
    "@endsWith b",
    "@eq 0",
    "@eq 1",
    "@gt 0",
    "@ge 2",
    "@lt 1",
    "@validateByteRange 32-126",
]
OPERATORS += [
    "@validateUrlEncoding",
    "@validateUtf8Encoding",
    "@detectSQLi",
    "@detectXSS",
    "@unconditionalMatch",
    "@noMatch",
    "@strmatch fo",
]
CHAINS = [
    "",
    "",
    "t:lowercase",
    "t:urlDecodeUni",
    "t:length",
    "t:removeWhitespace",
    "t:base64Decode",
    "t:htmlEntityDecode,multiMatch",
]
WORDS = [
    "a",
    "b",
    "ab",
    "A B",
    "foo",
    "",
    "0",
    "1",
    "1.50",
    "x" * 32,
    "x" * 33,
    "%61",
    "1' or '1'='1",
    "<script>a</script>",
    "YQ==",
    "a\tb",
]


class Author:
    """Writes rule sets and exchanges."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, several: list[str]) -> str:
        return self.random.choice(several)

    def targets(self) -> str:
        pools = [OF_REQUESTS] * 6 + [OF_RESPONSES] * 3 + [OF_RULES]
        return "|".join(self.one(self.random.choice(pools)) for _ in range(self.random.choice([1, 1, 1, 2, 3])))

    def link(self, actions: list[str]) -> str:
        negated = "!" if self.random.random() < 0.15 else ""
        done = [*actions, *filter(None, [self.one(CHAINS)])]
        if self.random.random() < 0.3:
            done.append(
                self.one(
                    ["setvar:tx.a=a", "setvar:tx.a=%{matched_var}", "setvar:tx.b_%{tx.0}=1", "setvar:!tx.a", "setvar:tx.b=+1"]
                )
            )
        if self.random.random() < 0.2:
            done.append("capture")
        return f'SecRule {self.targets()} "{negated}{self.one(OPERATORS)}" "{",".join(done or ["t:none"])}"'

    def rule(self, number: int) -> str:
        phase = self.random.choice([1, 2, 2, 2, 3, 4, 5])
        if self.random.random() < 0.15:
            return f'SecAction "id:{number},phase:{phase},pass,nolog,setvar:tx.{self.one(["a", "b"])}={self.one(["a", "b", "GET"])}"'
        actions = [f"id:{number}", f"phase:{phase}", self.one(["pass"] * 6 + ["deny"]), "log"]
        if self.random.random() < 0.15:
            actions.append(
                "ctl:" + self.one(["ruleRemoveById=3-5", "ruleRemoveTargetById=4;ARGS:a", "ruleEngine=Off", *SWITCHES])
            )
        if self.random.random() < 0.1:
            actions.append("skipAfter:END")
        chained = self.random.choice([0, 0, 0, 1, 2])
        links = [self.link([*actions, "chain"] if chained else actions)]
        links += [self.link(["chain"] if left else []) for left in range(chained - 1, -1, -1)]
        return "\n".join(links)

    def rules(self) -> str:
        count = self.random.randrange(2, 8)
        marked = self.random.randrange(1, count + 1)
        return "\n".join(self.rule(number) + ("\nSecMarker END" if number == marked else "") for number in range(1, count + 1))

    def exchange(self) -> tuple[Request, Response]:
        word = self.one(WORDS).encode()
        fields = [(b"Host", b"api.example"), (b"X-A", word.replace(b"\t", b""))]
        if self.random.random() < 0.4:
            fields.append((b"Cookie", b"a=%b; b" % word.replace(b"\t", b"")))
        query = (
            b"?"
            + self.one(["a=%s", "%s=1", "%s", "b=1&a=%s", ""])
            .replace("%s", "{}")
            .format(self.one(["a", "b", "%61", "foo+x", "%"]))
            .encode()
        )
        target = self.one(["/", "/a", "/foo/ab", "http://api.example/a"]).encode() + (query if len(query) > 1 else b"")
        kind, body = self.random.choice(BODIES)
        if kind:
            fields.append((b"Content-Type", kind))
        request = Request(
            method="POST" if body else "GET", target=target, fields=tuple(fields), body=body.replace(b"WORD", word)
        )
        answered = self.one(WORDS).encode()
        told = ((b"Content-Type", b"text/html"), (b"X-A", answered.replace(b"\t", b"")))
        return request, Response(status=self.random.choice([200, 404, 500]), fields=told, body=answered)


SWITCHES = [f"requestBodyProcessor={name}" for name in ("JSON", "XML", "URLENCODED", "MULTIPART")]
BODIES = [
    (b"", b""),
    (b"application/json", b'{"a": "WORD", "WORD": [1.50, {"b": true}]}'),
    (b"application/x-www-form-urlencoded", b"a=WORD&WORD=b"),
    (b"text/xml", b"<a>WORD</a>"),
    (
        b"multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="WORD"\r\n\r\nfoo\r\n--x--\r\n',
    ),
    (b"text/plain", b"a=WORD"),
    (b"", b'["WORD"]'),
]


@pytest.mark.parametrize("seed", range(6))
def test_candidates_are_never_too_few(seed: int) -> None:
    author = Author(seed)
    compared = 0
    for _ in range(60):
        text = author.rules()
        try:
            comparing = Comparing(program(text))
        except Contradiction:  # everything would be denied
            continue
        for _ in range(10):
            request, response = author.exchange()
            assert not comparing.differences(request, response), text
        compared += comparing.compared
    assert compared > 1_000
