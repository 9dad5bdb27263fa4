"""What rules do when they run: chains, captures, variables, skipping, controls, in all phases."""

import pytest
from seclang_rules import FORM, HOST, JSON, ids, inspected, program

GET = b"GET /a/b.php?x=1&y=two HTTP/1.1"


def said(text: str, *requests: object, **more: object) -> list[int]:
    return ids(inspected(program(text), *requests, **more))  # type: ignore[arg-type]


def test_a_rule_matches_each_value_and_counts_it() -> None:
    text = """
    SecRule ARGS "@rx o" "id:1,phase:2,pass,log,setvar:tx.found=+1"
    SecRule TX:found "@eq 2" "id:2,phase:2,pass,log"
    """
    assert said(text, b"GET /?a=foo&b=bar&c=zoo HTTP/1.1") == [1, 2]
    assert said(text, b"GET /?a=foo HTTP/1.1") == [1]
    assert said(text, b"GET /?a=bar HTTP/1.1") == []


def test_a_chain_hands_on_captures_and_what_matched() -> None:
    text = """
    SecRule REQUEST_HEADERS:Range "@rx (\\d+)-(\\d+)" "id:1,phase:1,pass,log,capture,chain,msg:'%{TX.0}',logdata:'%{MATCHED_VAR_NAME}'"
        SecRule TX:2 "@lt %{tx.1}" "setvar:tx.backwards=1"
    SecRule TX:backwards "@eq 1" "id:2,phase:1,pass,log"
    """
    assert said(text, GET, [*HOST, (b"Range", b"bytes=50-5")]) == [1, 2]
    assert said(text, GET, [*HOST, (b"Range", b"bytes=5-50")]) == []
    t = inspected(program(text), GET, [*HOST, (b"Range", b"bytes=50-5")])
    assert (t.hits[0].message, t.hits[0].data) == (b"50-5", b"TX:2")


def test_matched_vars_gather_over_a_chain() -> None:
    text = """
    SecRule ARGS "@rx a" "id:1,phase:2,pass,log,chain"
        SecRule MATCHED_VARS "@rx /" "chain"
        SecRule MATCHED_VARS "@rx z" "t:none"
    """
    assert said(text, b"GET /?x=a/b&y=az HTTP/1.1") == [1]
    assert said(text, b"GET /?x=a/b&y=b HTTP/1.1") == []


def test_macros_of_any_variable() -> None:
    text = """
    SecRule ARGS:host "!@endsWith %{request_headers.host}" "id:1,phase:2,pass,log"
    SecRule REQUEST_METHOD "@streq %{ARGS.method}" "id:2,phase:2,pass,log"
    SecRule ARGS:unknown "@streq %{tx.nothing}x" "id:3,phase:2,pass,log"
    """
    assert said(text, b"GET /?host=www.api.example&method=GET&unknown=x HTTP/1.1") == [2, 3]
    assert said(text, b"GET /?host=evil.example HTTP/1.1") == [1]


def test_skip_after_leaves_out_what_is_between() -> None:
    text = """
    SecRule ARGS:skip "@streq 1" "id:1,phase:2,pass,nolog,skipAfter:END"
    SecAction "id:2,phase:2,pass,log,setvar:tx.seen=1"
    SecRule ARGS "@rx ." "id:3,phase:2,pass,log"
    SecMarker END
    SecRule TX:seen "@eq 1" "id:4,phase:2,pass,log"
    SecRule ARGS "@rx ." "id:5,phase:2,pass,log"
    """
    assert said(text, b"GET /?a=1 HTTP/1.1") == [2, 3, 4, 5]
    assert said(text, b"GET /?a=1&skip=1 HTTP/1.1") == [5]


def test_multi_match_looks_after_each_transformation() -> None:
    text = """
    SecRule ARGS "@contains A%41" "id:1,phase:2,pass,log,t:urlDecodeUni,t:lowercase,multiMatch"
    SecRule ARGS "@contains aa" "id:2,phase:2,pass,log,t:urlDecodeUni,t:lowercase,multiMatch"
    SecRule ARGS "@contains A%41" "id:3,phase:2,pass,log,t:urlDecodeUni,t:lowercase"
    """
    assert said(text, b"GET /?x=A%2541 HTTP/1.1") == [1, 2]


def test_rules_and_targets_are_removed_while_running() -> None:
    text = """
    SecRule ARGS:off "@streq id" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=10-11"
    SecRule ARGS:off "@streq tag" "id:2,phase:1,pass,nolog,ctl:ruleRemoveByTag=letters"
    SecRule ARGS:off "@streq msg" "id:3,phase:1,pass,nolog,ctl:ruleRemoveByMsg=Ten"
    SecRule ARGS:off "@streq target" "id:4,phase:1,pass,nolog,ctl:ruleRemoveTargetById=10;ARGS:x"
    SecRule ARGS:off "@streq tagged" "id:5,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=letters;ARGS:/^x/"
    SecRule ARGS "@streq abc" "id:10,phase:2,pass,log,tag:letters,msg:'Ten'"
    SecRule ARGS "@streq abc" "id:12,phase:2,pass,log"
    """
    for off in (b"id", b"tag", b"msg", b"target", b"tagged"):
        assert said(text, b"GET /?x=abc&off=" + off + b" HTTP/1.1") == [12]
    assert said(text, b"GET /?x=abc HTTP/1.1") == [10, 12]
    assert said(text, b"GET /?z=abc&off=target HTTP/1.1") == [10, 12]


def test_the_engine_is_switched_off_and_to_observing() -> None:
    text = """
    SecRule ARGS:off "@streq 1" "id:1,phase:1,pass,nolog,ctl:ruleEngine=Off"
    SecRule ARGS:off "@streq 2" "id:2,phase:1,pass,nolog,ctl:ruleEngine=DetectionOnly"
    SecRule ARGS "@streq bad" "id:3,phase:2,deny,status:406,log"
    SecRule ARGS "@streq bad" "id:4,phase:2,pass,log"
    """
    compiled = program(text)
    t = inspected(compiled, b"GET /?x=bad HTTP/1.1")
    assert t.refusal is not None and t.refusal == (3, 2, 406) and ids(t) == [3]
    assert ids(inspected(compiled, b"GET /?x=bad&off=1 HTTP/1.1")) == []
    t = inspected(compiled, b"GET /?x=bad&off=2 HTTP/1.1")
    assert t.refusal is None and ids(t) == [3, 4]


@pytest.mark.parametrize(("what", "left"), [("allow", [1]), ("allow:phase", [1, 3, 4]), ("allow:request", [1, 4])])
def test_allow(what: str, left: list[int]) -> None:
    text = f"""
    SecRule ARGS:trusted "@streq 1" "id:1,phase:1,{what},log"
    SecRule ARGS "@rx ." "id:2,phase:1,pass,log"
    SecRule ARGS "@rx ." "id:3,phase:2,pass,log"
    SecRule RESPONSE_STATUS "@rx 2.." "id:4,phase:3,pass,log"
    """
    assert said(text, b"GET /?trusted=1 HTTP/1.1", response=(200, [], b"")) == left


def test_response_phases() -> None:
    text = """
    SecRule RESPONSE_STATUS "@rx ^5" "id:1,phase:3,pass,log,setvar:tx.bad=+4"
    SecRule RESPONSE_HEADERS:Content-Encoding "@pm gzip br" "id:2,phase:4,pass,nolog,skipAfter:END"
    SecRule RESPONSE_BODY "!@pm ORA- SQLSTATE" "id:3,phase:4,pass,nolog,skipAfter:END"
    SecRule RESPONSE_BODY "@rx ORA-\\d+" "id:4,phase:4,pass,log,setvar:tx.bad=+4"
    SecMarker END
    SecRule TX:bad "@ge 8" "id:5,phase:4,deny,status:502"
    """
    t = inspected(program(text), response=(500, [], b"ORA-00933: wrong"))
    assert ids(t) == [1, 4, 5] and t.refusal is not None and t.refusal.status == 502
    assert said(text, response=(200, [], b"ORA-00933: wrong")) == [4]
    assert said(text, response=(200, [(b"Content-Encoding", b"gzip")], b"ORA-00933: wrong")) == []
    assert said(text, response=(200, [], b"SQLSTATE, but no number")) == []


def test_the_last_phase_only_records() -> None:
    text = """
    SecRule ARGS "@streq bad" "id:1,phase:2,pass,nolog,setvar:tx.score=5"
    SecRule TX:score "@ge 5" "id:2,phase:5,deny,log,msg:'%{tx.score} at %{unique_id}'"
    """
    t = inspected(program(text), b"GET /?x=bad HTTP/1.1")
    assert ids(t) == [2] and t.refusal is None and t.hits[0].message == b"5 at "


def test_a_body_has_the_processor_of_its_type_or_of_a_control() -> None:
    text = """
    SecRule REQBODY_PROCESSOR "!@rx URLENCODED|JSON|XML|MULTIPART" "id:1,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
    SecRule REQUEST_HEADERS:X-Form "@streq 1" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=URLENCODED"
    SecRule ARGS_POST:a "@streq b c" "id:3,phase:2,pass,log"
    SecRule REQUEST_BODY "@contains a=b" "id:4,phase:2,pass,log"
    SecRule ARGS:json.a "@streq b c" "id:5,phase:2,pass,log"
    """
    post = b"POST / HTTP/1.1"
    assert said(text, post, FORM, b"a=b+c") == [3, 4]
    assert said(text, post, HOST, b"a=b+c") == [4]
    assert said(text, post, [*HOST, (b"X-Form", b"1")], b"a=b+c") == [3, 4]
    assert said(text, post, JSON, b'{"a": "b c", "x": "a=b"}') == [5]


def test_the_number_of_matches_that_count_is_bounded() -> None:
    text = 'SecRule ARGS "@rx x" "id:1,phase:2,pass,log,setvar:tx.n=+1,msg:\'%{tx.n}\'"'
    t = inspected(program(text), b"GET /?" + b"&".join(b"a%d=x" % n for n in range(900)) + b" HTTP/1.1")
    assert t.hits[0].message == b"64" or int(t.hits[0].message) <= 64 * 10


def test_variables_of_other_collections_and_unset() -> None:
    text = """
    SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=1,setvar:ip.count=+1"
    SecRule ARGS:x "@streq 1" "id:2,phase:2,pass,nolog,setvar:!tx.a,setvar:tx.b=7,setvar:tx.b=-2,setvar:tx.c_%{ARGS.x}=y"
    SecRule &TX:a "@eq 0" "id:3,phase:2,pass,log"
    SecRule TX:b "@eq 5" "id:4,phase:2,pass,log"
    SecRule TX:/^c_/ "@streq y" "id:5,phase:2,pass,log"
    SecRule IP:count "@gt 0" "id:6,phase:2,pass,log"
    """
    assert said(text, b"GET /?x=1 HTTP/1.1") == [3, 4, 5]
    assert said(text, b"GET /?x=2 HTTP/1.1") == []


def test_severity_of_what_matched() -> None:
    text = """
    SecRule ARGS "@rx a" "id:1,phase:2,pass,log,severity:'WARNING'"
    SecRule ARGS "@rx b" "id:2,phase:2,pass,log,severity:'CRITICAL'"
    SecRule HIGHEST_SEVERITY "@le 2" "id:3,phase:2,pass,log"
    """
    assert said(text, b"GET /?x=a HTTP/1.1") == [1]
    assert said(text, b"GET /?x=ab HTTP/1.1") == [1, 2, 3]


@pytest.mark.parametrize("length", [0, 24, 33, 500, 1_016, 1_017, 1_100, 9_000])
def test_what_was_harmless_hides_nothing_that_begins_like_it(length: int) -> None:
    """Paths, targets, lines of heads, cookies and arguments of one beginning, after one that was remembered."""
    compiled = program(
        """
        SecRule REQUEST_FILENAME "@endsWith .bak" "id:1,phase:2,pass,log"
        SecRule REQUEST_HEADERS "@rx evil$" "id:2,phase:2,pass,log"
        SecRule REQUEST_HEADERS:X-A "@rx wrong$" "id:3,phase:2,pass,log"
        SecRule ARGS "@rx ^x*y z$" "id:4,phase:2,pass,log,t:urlDecodeUni"
        SecRule REQUEST_COOKIES "@rx bad$" "id:5,phase:2,pass,log"
        SecRule REQUEST_URI_RAW "@rx end$" "id:6,phase:2,pass,log"
        """
    )
    same = b"x" * length

    def asked(path: bytes = b"", value: bytes = b"", field: bytes = b"", cookie: bytes = b"", end: bytes = b"") -> list[int]:
        line = b"GET /%b%b?a=%b%b%b HTTP/1.1" % (same, path, same, value, end)
        fields = [*HOST, (b"X-A", same + field), (b"Cookie", b"c=" + same + cookie)]
        return ids(inspected(compiled, line, fields))

    for _ in range(2):
        assert asked() == []
        assert asked(path=b"/a.bak") == [1]
        assert asked(field=b"evil") == [2]
        assert asked(field=b"wrong") == [3]
        assert asked(value=b"y%2bz") == [4]
        assert asked(value=b"y%252bz") == []
        assert asked(cookie=b"bad") == [5]
        assert asked(end=b"end") == [6]
        assert asked(path=b"/a.bak", field=b"evil", cookie=b"bad") == [1, 2, 5]
