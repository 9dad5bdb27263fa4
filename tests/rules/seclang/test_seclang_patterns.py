"""What operators and selectors look for, as ModSecurity 3 has it: phrases with octets, lists with nothing in them, patterns that
cannot be matched."""

import pytest
from seclang_rules import ids, inspected, program

from yett.formats.seclang.judging import phrases_in

libmodsecurity = pytest.importorskip("libmodsecurity")


@pytest.mark.parametrize(
    ("argument", "phrases"),
    [
        (b"one two", [b"one", b"two"]),
        (b"a|42|c |64|", [b"aBc", b"d"]),
        (b"|4142|c", [b"ABc"]),
        (b"a|20|b", [b"a", b"b"]),
        (b"a||b", [b"ab"]),
        (b"a|42", [b"aB"]),
        (b"a|4 2|b", [b"a|4", b"2|b"]),
        (b"a|zz|b c", [b"a|zz|b", b"c"]),
        (rb"a\:b \\c \"d \;", [b"a:b", rb"\c", b'"d', b";"]),
        (rb"a\xb |41|", [rb"a\xb", b"|41|"]),
        (b"", []),
    ],
)
def test_phrases(argument: bytes, phrases: list[bytes]) -> None:
    assert phrases_in(argument) == phrases


@pytest.mark.parametrize("argument", ["x|41|y", "|61|", r"a\:b", "a||b", "q|zz|", r"w\\x"])
@pytest.mark.parametrize("value", [b"xAy", b"A", b"a:b", b"ab", b"a||b", b"q|zz|", rb"w\x", b"|61|", b"x|41|y"])
def test_phrases_beside_libmodsecurity(argument: str, value: bytes) -> None:
    rules = libmodsecurity.RulesSet()
    rule = f'SecRule REQUEST_HEADERS:X "@pm {argument} zzzz" "id:1,phase:1,pass,log"'
    assert rules.load("SecRuleEngine On\n" + rule) >= 0
    engine = libmodsecurity.ModSecurity()
    engine.set_log_callback(lambda _: None)
    transaction = libmodsecurity.Transaction(engine, rules)
    transaction.process_uri("/", "GET", "1.1")
    transaction.add_request_header("X", value)
    transaction.process_request_headers()
    assert bool(transaction.get_rule_messages()) == (ids(inspected(program(rule), fields=[(b"X", value)])) == [1])


def test_a_list_with_nothing_in_it_matches_nothing() -> None:
    text = 'SecRule ARGS "@pmFromFile no.data" "id:1,phase:1,pass,log"\nSecRule ARGS "!@pmFromFile no.data" "id:2,phase:1,pass,log"'
    compiled = program(text, no_data=b"# nothing\n\n")
    assert ids(inspected(compiled, b"GET /?a=x HTTP/1.1")) == [2]


@pytest.mark.parametrize(
    "text",
    [
        'SecRule ARGS|!ARGS:/^(?!a)/ "@rx x" "id:1,phase:1,pass,log"',
        'SecRule ARGS:/(a)\\1/ "@rx x" "id:1,phase:1,pass,log"',
        'SecRule TX:/a(?=b)/ "@rx x" "id:1,phase:1,pass,log"',
        'SecRule ARGS "@rx x" "id:1,phase:1,pass,log"\nSecRuleUpdateTargetById 1 "!ARGS:/^(?!a)/"',
        'SecAction "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:/(?<=a)b/"',
    ],
)
def test_selectors_that_cannot_be_matched_are_told(text: str) -> None:
    compiled = program(text + '\nSecRule ARGS "@rx y" "id:2,phase:1,pass,log"')
    assert [(gap.rule, gap.line) for gap in compiled.gaps] == [(1, 1)]
    assert "linear time" in compiled.gaps[0].why and "b'" not in compiled.gaps[0].why
    assert ids(inspected(compiled, b"GET /?a=xy HTTP/1.1")) == [2]
