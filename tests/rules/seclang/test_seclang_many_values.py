"""Many rules to be judged on many values: which of them may match which value is found out in bulk, and nothing is lost by it."""

from random import Random

from seclang_rules import FORM, JSON, program

from attacks.both_ways import as_usual, with_all_rules
from yett.formats.transformations import LONG
from yett.rules.seclang.program import MANY
from yett.rules.seclang.run import FEW
from yett.rules.seclang.transaction import Transaction

WORDS = [f"word{number:02}" for number in range(4 * MANY)]
CHAINS = (
    "t:none",
    "t:lowercase",
    "t:urlDecodeUni",
    "t:cmdLine",
    "t:urlDecode,t:base64Decode",
    "multiMatch,t:urlDecodeUni,t:lowercase",
)
TARGETS = (
    "ARGS",
    "ARGS|ARGS_NAMES",
    "ARGS|!ARGS:a1",
    "REQUEST_COOKIES|ARGS|!ARGS:/^a2/|!REQUEST_COOKIES:b",
    "XML:/*|ARGS_POST",
)


def rules() -> str:
    found = ['SecAction "id:1,phase:1,pass,nolog,setvar:tx.score=0"']
    for number, word in enumerate(WORDS):
        operator = (f"@rx ({word})(.?)", f"@pm {word} other", f"@contains {word}", f"@rx ^{word}$")[number % 4]
        found.append(
            f'SecRule {TARGETS[number % len(TARGETS)]} "{operator}" "id:{100 + number},phase:2,pass,log,capture,severity:2,'
            f"msg:'%{{TX.1}}',logdata:'%{{MATCHED_VAR_NAME}}: %{{MATCHED_VAR}}',{CHAINS[number % len(CHAINS)]},"
            'setvar:tx.score=+1,setvar:tx.inbound_anomaly_score=+%{TX.score}"'
        )
    found.append('SecRule ARGS "!@rx ^[a-z0-9%]*$" "id:900,phase:2,pass,log,setvar:tx.score=+1"')
    found.append('SecRule TX:score "@gt 0" "id:901,phase:2,pass,log,logdata:\'%{TX.score}\'"')
    return "\n".join(found)


def test_many_rules_on_many_values_come_to_the_same_as_each_on_each() -> None:
    compiled = program(rules())
    ways = Random(5)
    for share in (0.0, 0.02, 0.3, 1.0):
        pieces = []
        for number in range(3 * FEW + 7):
            word = ways.choice(WORDS) if ways.random() < share or number < len(WORDS) else "harmless"
            spelt = ways.choice((word, word.upper(), word.replace("w", "%2577"), f"x {word} y", word + "'", f"%22{word}"))
            pieces.append(f"a{number % 40 if share else number}={spelt.replace(' ', '+')}")
        pieces.insert(5, "a=" + "x" * (LONG + 1) + WORDS[0])
        body = "&".join(pieces).encode()
        cookies = (b"Cookie", b"; ".join(b"b%d=%s" % (number, WORDS[number % 9].encode()) for number in range(20)))
        usual, plain = (Transaction.of_request(b"POST / HTTP/1.1", [*FORM, cookies], body) for _ in range(2))
        assert as_usual(compiled, usual) == with_all_rules(compiled, plain)
        assert usual.suspects is not None
        assert usual.suspects._known


def test_where_few_rules_or_few_values_are_there_each_is_judged() -> None:
    compiled = program(rules())
    for body in (
        b'{"a": ["word01"%b]}' % (b', "word04"' * 400),
        b'{"a": ["%b"]}' % b'", "'.join(word.encode() for word in WORDS),
    ):
        found, expected = (
            judge(compiled, Transaction.of_request(b"POST / HTTP/1.1", JSON, body)) for judge in (as_usual, with_all_rules)
        )
        assert found == expected
        assert found.rules
