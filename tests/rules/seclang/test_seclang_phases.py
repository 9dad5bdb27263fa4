"""Rules of later phases look at the request as well, and rules of earlier ones at what is not there yet."""

import msgspec
import pytest
from seclang_rules import program

from attacks.both_ways import Comparing, as_usual, received, recorded
from yett.model.exchange import Request, Response

REQUEST = Request(
    method="POST",
    target=b"/evil/path?a=evil",
    fields=((b"Host", b"api.example"), (b"X-A", b"evil"), (b"Content-Type", b"application/x-www-form-urlencoded")),
    body=b"b=evil",
)
RESPONSE = Response(status=500, fields=((b"Content-Type", b"text/html"), (b"X-A", b"evil")), body=b"evil")
OF_REQUESTS = (
    'REQUEST_METHOD "@streq POST"',
    'ARGS "@rx evil"',
    'ARGS "@rx evil" chain',
    'REQUEST_HEADERS "@contains evil"',
    'REQUEST_HEADERS:X-A|ARGS "@pm evil"',
    '&REQUEST_HEADERS:X-A "@eq 1"',
    'REQUEST_URI "@rx evil"',
    'REQUEST_FILENAME "@beginsWith /evil"',
    'REQUEST_BODY "@rx evil"',
    'ARGS_POST "@streq evil"',
)
OF_RESPONSES = ('RESPONSE_STATUS "@streq 500"', 'RESPONSE_HEADERS:X-A "@streq evil"', 'RESPONSE_BODY "@rx evil"')


def written(rule: str, phase: int) -> str:
    targets, chained, _ = rule.partition(" chain")
    more = ',chain"\nSecRule RESPONSE_STATUS|REQUEST_METHOD "@rx ." "t:none' if chained else ""
    return f'SecRule {targets} "id:1,phase:{phase},pass,log{more}"'


@pytest.mark.parametrize("phase", [3, 4, 5])
@pytest.mark.parametrize("rule", OF_REQUESTS + OF_RESPONSES)
def test_later_phases_see_the_request(rule: str, phase: int) -> None:
    rules = program(written(rule, phase))
    if "RESPONSE_BODY" in rule and phase == 3:
        assert not as_usual(rules, received(REQUEST), RESPONSE).rules
    else:
        assert as_usual(rules, received(REQUEST), RESPONSE).rules == [1]
    assert not Comparing(rules).differences(REQUEST, RESPONSE)


@pytest.mark.parametrize("phase", [1, 2])
@pytest.mark.parametrize("rule", ['RESPONSE_STATUS "@streq 0"', '&RESPONSE_HEADERS "@eq 0"', 'RESPONSE_BODY "!@rx ."'])
def test_earlier_phases_see_that_there_is_no_response(rule: str, phase: int) -> None:
    rules = program(written(rule, phase))
    assert as_usual(rules, received(REQUEST), RESPONSE).rules == [1]
    assert not Comparing(rules).differences(REQUEST, RESPONSE)


def sent(body: bytes = b"", media: bytes = b"application/json", word: bytes = b"evil") -> Request:
    fields: tuple[tuple[bytes, bytes], ...] = ((b"Host", b"api.example"), (b"X-Word", word))
    if body:
        fields += ((b"Content-Type", media),)
    return Request(method="POST" if body else "GET", target=b"/?a=evil", fields=fields, body=body)


def matched(rules: str, request: Request, response: Response | None = None) -> list[int]:
    """The rules that match; the same in all ways."""
    comparing = Comparing(program(rules))
    assert not comparing.differences(request, response)
    return as_usual(comparing.program, received(request), response).rules


@pytest.mark.parametrize("count", ["&FILES", "&MULTIPART_PART_HEADERS:x"])
@pytest.mark.parametrize("body", [b"", b'{"a": 1}'])
def test_where_there_are_no_files_there_are_none(count: str, body: bytes) -> None:
    assert matched(f'SecRule {count} "@eq 0" "id:1,phase:2,pass,log"', sent(body)) == [1]
    assert matched(f'SecRule {count} "@eq 0" "id:1,phase:1,pass,log"', sent(body)) == [1]
    assert matched(f'SecRule {count} "@gt 0" "id:1,phase:2,pass,log"', sent(body)) == []


def test_in_the_first_phase_there_is_no_body() -> None:
    rules = 'SecRule REQUEST_BODY_LENGTH "@eq 0" "id:{0},phase:{0},pass,log"'
    assert matched("\n".join(map(rules.format, (1, 2))), sent(b"{}")) == [1]
    assert matched("\n".join(map(rules.format, (1, 2))), sent()) == [1, 2]


SETS_WORD = 'SecAction "id:{number},phase:{phase},pass,nolog,setvar:tx.word={word}"\n'
LOOKS_FOR_WORD = 'SecRule {target} "@streq %{{tx.word}}" "id:1,phase:{phase},pass,log"\n'


def test_variables_as_they_are_when_they_are_read() -> None:
    first, then = (SETS_WORD.format(number=number, phase=1, word=word) for number, word in ((8, "evil"), (9, "other")))
    looks = LOOKS_FOR_WORD.format(target="REQUEST_HEADERS:X-Word", phase=1)
    assert matched(first + looks + then, sent()) == [1]
    assert matched(then + looks + first, sent()) == []
    in_answers = LOOKS_FOR_WORD.format(target="RESPONSE_HEADERS:X-A", phase=4)
    assert matched(SETS_WORD.format(number=8, phase=3, word="evil") + in_answers, sent(), RESPONSE) == [1]


@pytest.mark.parametrize(
    ("sets", "reads"), [("word", "TX:word"), ("word_1", "TX:/^word_/"), ("word_%{matched_var}", "TX:/^word_e/")]
)
def test_what_another_rule_set_counts_in_a_chain_of_one_line(sets: str, reads: str) -> None:
    rules = (
        f'SecRule ARGS "@rx evil" "id:8,phase:1,pass,nolog,setvar:tx.{sets}=1"\n'
        'SecRule REQUEST_HEADERS:X-Word "@streq evil" "id:1,phase:2,pass,log,chain"\n'
        f'SecRule {reads} "@eq 1" "t:none"\n'
    )
    assert matched(rules, sent()) == [1]


DENIES = 'SecRule RESPONSE_BODY "@rx evil" "id:1,phase:4,deny,log"\n'


@pytest.mark.parametrize("body", [b"", b"{}", b'["%b"]' % (b"long " * 10_000)], ids=["none", "short", "long"])
@pytest.mark.parametrize(
    "does", ["ctl:ruleEngine=Off", "ctl:ruleRemoveById=1", "ctl:ruleRemoveTargetById=1;RESPONSE_BODY", "allow"]
)
def test_what_a_request_was_granted_holds_for_its_response(does: str, body: bytes) -> None:
    rules = f'SecRule REQUEST_HEADERS:X-Word "@streq spare" "id:8,phase:1,pass,nolog,{does}"\n' + DENIES
    assert matched(rules, sent(body, word=b"spare"), RESPONSE) == []
    assert matched(rules, sent(body), RESPONSE) == [1]


def test_allowing_a_request_is_not_allowing_its_response() -> None:
    rules = 'SecRule REQUEST_HEADERS:X-Word "@streq spare" "id:8,phase:1,nolog,allow:request"\n' + DENIES
    assert matched(rules, sent(word=b"spare"), RESPONSE) == [1]


def test_bodies_of_other_kinds_are_not_looked_at() -> None:
    comparing = Comparing(program(DENIES))
    for kind, denied in ((b"text/plain", True), (b"image/png", False)):
        response = Response(status=200, fields=((b"Content-Type", kind),), body=b"evil")
        assert not comparing.differences(sent(), response)
        view = recorded(sent(), response)
        assert view is not None and (comparing.denial(view) is not None) is denied


def test_the_head_of_a_response_spares_its_body() -> None:
    rules = 'SecRule RESPONSE_STATUS "@streq 500" "id:8,phase:3,pass,nolog,ctl:ruleRemoveById=1"\n' + DENIES
    assert matched(rules, sent(), RESPONSE) == []
    assert matched(rules, sent(), Response(status=200, fields=RESPONSE.fields, body=b"evil")) == [1]


BODIES = {
    "JSON": b'{"a": "evil"}',
    "XML": b"<a>evil</a>",
    "URLENCODED": b"q=evil",
    "MULTIPART": b'--x\r\nContent-Disposition: form-data; name="q"; filename="evil"\r\n\r\nevil\r\n--x--\r\n',
}


@pytest.mark.parametrize("processor", BODIES)
@pytest.mark.parametrize(
    "kind", ["text/plain; boundary=x", "application/json", "text/xml", "application/x-www-form-urlencoded"]
)
def test_a_body_that_is_read_in_another_way(processor: str, kind: str) -> None:
    rules = (
        f'SecRule REQUEST_HEADERS:X-Word "@streq switch" "id:8,phase:1,pass,nolog,ctl:requestBodyProcessor={processor}"\n'
        'SecRule ARGS:/./|XML:/*|FILES "@rx evil" "id:1,phase:2,pass,log"\n'
        'SecRule REQUEST_BODY "@rx evil" "id:2,phase:2,pass,log"\n'
        f'SecRule REQBODY_PROCESSOR "@streq {processor}" "id:3,phase:2,pass,log"\n'
    )
    for word in (b"switch", b"leave", b"switch"):
        request = sent(BODIES[processor], kind.encode(), word)
        assert set(matched(rules, msgspec.structs.replace(request, target=b"/"))) >= ({3} if word == b"switch" else set())


@pytest.mark.parametrize(("value", "text"), [("true", "true"), ("false", "false"), ("null", "")])
@pytest.mark.parametrize("document", ['{"a": %s}', '{"a": [%s]}', '[{"b": {"c": %s}}]'])
def test_truth_values_and_null_are_values(document: str, value: str, text: str) -> None:
    """Of a document they are not among the texts that are looked at, since there are so few of them."""
    body = (document % value).encode()
    assert matched(f'SecRule ARGS "@rx ^{text}$" "id:1,phase:2,pass,log"', sent(body)) == [1]
    assert matched(f'SecRule ARGS_POST "@rx ^{text.upper()}$" "id:1,phase:2,pass,log,t:uppercase"', sent(body)) == [1]
    assert matched(f'SecRule ARGS "@rx ^{text}$" "id:1,phase:2,pass,log"', sent(b'{"a": "other"}')) == []
