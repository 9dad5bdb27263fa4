"""What disappears when rules are compiled, and what must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seclang_rules import HOST, ids, inspected, program

from yett.rules.seclang.folding import Contradiction
from yett.rules.seclang.program import Program

LEVELS = """
SecRule &TX:level "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.level=1"
SecRule &TX:critical "@eq 0" "id:2,phase:1,pass,nolog,setvar:tx.critical=5"
SecAction "id:3,phase:1,pass,nolog,setvar:tx.pl1=0,setvar:tx.pl2=0,setvar:tx.score=0"
SecRule TX:level "@lt 1" "id:11,phase:2,pass,nolog,skipAfter:END"
SecRule ARGS "@rx one" "id:100,phase:2,pass,log,setvar:'tx.pl1=+%{tx.critical}'"
SecRule TX:level "@lt 2" "id:12,phase:2,pass,nolog,skipAfter:END"
SecRule ARGS "@rx two" "id:200,phase:2,pass,log,setvar:'tx.pl2=+%{tx.critical}'"
SecMarker END
SecRule TX:level "@ge 1" "id:21,phase:2,pass,nolog,setvar:'tx.score=+%{tx.pl1}'"
SecRule TX:level "@ge 2" "id:22,phase:2,pass,nolog,setvar:'tx.score=+%{tx.pl2}'"
SecRule TX:score "@ge %{tx.threshold}" "id:30,phase:2,deny,log,msg:'%{tx.score}'"
"""


def run_ids(compiled: Program) -> list[int]:
    return [ruling.id for rulings in compiled.phases.values() for ruling in rulings]


def test_levels_and_defaults_fold_away() -> None:
    low, high = program(LEVELS, {"threshold": 5}), program(LEVELS, {"threshold": 5, "level": 2})
    assert run_ids(low) == [3, 100, 21, 30]
    assert run_ids(high) == [3, 100, 200, 21, 22, 30]
    assert ids(inspected(low, b"GET /?x=one+two HTTP/1.1")) == [100, 30]
    assert ids(inspected(high, b"GET /?x=two HTTP/1.1")) == [200, 30]
    assert ids(inspected(program(LEVELS, {"threshold": 6, "level": 2}), b"GET /?x=one HTTP/1.1")) == [100]


def test_the_policy_has_the_last_word_on_variables() -> None:
    text = 'SecAction "id:9,phase:1,pass,nolog,setvar:tx.threshold=1,setvar:tx.threshold=+7"\n' + LEVELS
    assert ids(inspected(program(text, {"THRESHOLD": 5}), b"GET /?x=one HTTP/1.1")) == [100, 30]
    assert ids(inspected(program(text), b"GET /?x=one HTTP/1.1")) == [100]


def test_rules_that_stop_everything_are_refused() -> None:
    with pytest.raises(Contradiction, match="rule 7 stops every request: not configured"):
        program('SecRule &TX:version "@eq 0" "id:7,phase:1,deny,log,msg:\'not configured\'"')
    with pytest.raises(Contradiction):  # the threshold is not above what nobody has reached
        program(LEVELS, {"threshold": 0})


def test_nothing_is_run_where_nothing_can_match() -> None:
    compiled = program(LEVELS, {"threshold": 5})
    t = inspected(compiled, b"GET /?x=harmless HTTP/1.1")
    assert t.clean and t.tx == {} and not compiled.chosen(1, 0).candidates


BOOKS = """
SecRule REQUEST_HEADERS:User-Agent "@rx ^.*$" "id:1,phase:1,pass,nolog,t:sha1,t:hexEncode,setvar:'tx.digest=%{MATCHED_VAR}'"
SecAction "id:2,phase:1,pass,nolog,initcol:ip=%{remote_addr}_%{tx.digest},setvar:'tx.address=%{remote_addr}'"
SecRule IP:SEEN "@eq 1" "id:3,phase:2,pass,nolog,skipAfter:END"
SecRule ARGS "@rx bad" "id:4,phase:2,pass,log,setvar:tx.copy=%{tx.mark},setvar:tx.mark=1"
SecMarker END
"""
"""What rules write down for what is not here."""


def test_rules_that_keep_books_nobody_reads_are_not_run() -> None:
    agent = [*HOST, (b"User-Agent", b"okhttp")]
    compiled = program(BOOKS)
    assert run_ids(compiled) == [4]
    assert not compiled.chosen(1, 0).candidates
    t = inspected(compiled, b"GET /?x=bad HTTP/1.1", agent)
    assert ids(t) == [4] and not t.tx


@pytest.mark.parametrize(
    "reader",
    [
        '''SecRule TX:copy|TX:address|TX:digest "@rx ." "id:9,phase:2,pass,nolog,setvar:tx.anomaly_score=5"''',
        '''SecRule TX:/^(copy|add|dig)/ "@rx ." "id:9,phase:2,pass,nolog,setvar:tx.anomaly_score=5"''',
        '''SecRule TX "@rx ." "id:9,phase:2,pass,nolog,setvar:tx.anomaly_score=5"''',
        '''SecRule ARGS "@rx bad" "id:9,phase:2,pass,log,msg:'%{tx.copy} %{tx.address} %{tx.digest}'"''',
        '''SecRule ARGS "@streq %{tx.copy}%{tx.address}%{tx.digest}" "id:9,phase:2,pass,nolog,setvar:tx.anomaly_score=5"''',
        '''SecAction "id:9,phase:2,pass,nolog,setvar:'tx.anomaly_score=%{tx.copy}%{tx.address}%{tx.digest}'"''',
    ],
)
def test_what_is_read_is_set(reader: str) -> None:
    t = inspected(program(BOOKS + reader), b"GET /?x=bad HTTP/1.1", [*HOST, (b"User-Agent", b"okhttp")])
    assert t.tx[b"address"] == b"127.0.0.1"
    assert len(t.tx[b"digest"]) == 40
    assert t.tx[b"mark"] == b"1"


def test_what_only_spares_others_waits_for_candidates() -> None:
    text = """
    SecRule REQUEST_FILENAME "@rx ^/harmless" "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:x"
    SecRule ARGS "@rx bad" "id:2,phase:2,pass,log"
    """
    compiled = program(text)
    assert ids(inspected(compiled, b"GET /harmless?x=bad HTTP/1.1")) == []
    assert ids(inspected(compiled, b"GET /harmless?y=bad HTTP/1.1")) == [2]
    assert ids(inspected(compiled, b"GET /?x=bad HTTP/1.1")) == [2]
    assert next(ruling for ruling in compiled.phases[1] if ruling.id == 1).only_spares


def test_what_spares_a_rule_of_the_response_is_always_run() -> None:
    text = """
    SecRule REQUEST_FILENAME "@rx ^/debug" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2"
    SecRule RESPONSE_BODY "@contains Traceback" "id:2,phase:4,pass,log"
    """
    compiled = program(text)
    for path, found in ((b"/debug", []), (b"/", [2])):
        t = inspected(compiled, b"GET %b HTTP/1.1" % path, response=(200, [], b"Traceback (most recent call last)"))
        assert ids(t) == found


def test_rules_that_log_and_change_nothing_can_be_left_out() -> None:
    text = """
    SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,pass,log"
    SecRule ARGS "@streq bad" "id:2,phase:2,pass,log,setvar:tx.anomaly_score=1"
    """
    assert ids(inspected(program(text), b"GET /?x=1 HTTP/1.1")) == [1]
    assert ids(inspected(program(text, quiet=True), b"GET /?x=1 HTTP/1.1")) == []
    assert ids(inspected(program(text, quiet=True), b"GET /?x=bad HTTP/1.1")) == [1, 2]


def test_a_gate_that_depends_on_a_score_is_asked_where_it_guards_rules() -> None:
    text = """
    SecAction "id:1,phase:1,pass,nolog,setvar:tx.score=0"
    SecRule ARGS "@streq suspicious" "id:2,phase:2,pass,nolog,setvar:tx.score=+5"
    SecRule TX:score "@lt 5" "id:3,phase:2,pass,nolog,skipAfter:END"
    SecRule ARGS "@rx ." "id:4,phase:2,pass,log"
    SecMarker END
    SecRule ARGS "@streq last" "id:5,phase:2,pass,log"
    """
    compiled = program(text)
    assert ids(inspected(compiled, b"GET /?x=1 HTTP/1.1")) == []
    assert ids(inspected(compiled, b"GET /?x=suspicious&y=last HTTP/1.1")) == [4, 5]


def test_constants_that_stand_behind_what_looks_at_the_exchange_are_there_when_needed() -> None:
    text = """
    SecRule ARGS:early "@rx ." "id:1,phase:1,pass,nolog,setvar:tx.seen=1"
    SecAction "id:2,phase:2,pass,nolog,setvar:tx.limit=3"
    SecRule ARGS:n "@gt %{tx.limit}" "id:3,phase:2,pass,log"
    """
    for query in (b"n=4", b"n=4&early=1"):
        assert ids(inspected(program(text), b"GET /?%b HTTP/1.1" % query)) == [3]
    assert ids(inspected(program(text), b"GET /?n=3&early=1 HTTP/1.1")) == []


def test_line_by_line_chains() -> None:
    text = """
    SecRule REQUEST_HEADERS_NAMES "@rx ^.*$" "id:1,phase:1,pass,log,capture,t:lowercase,setvar:'tx.name_%{tx.0}=/%{tx.0}/',chain"
        SecRule TX:/^name_/ "@within /proxy/ /x-override/" "t:none"
    """
    compiled = program(text)
    assert compiled.phases[1][0].needs
    assert ids(inspected(compiled, b"GET / HTTP/1.1", [*HOST, (b"X-Override", b"1")])) == [1]
    assert ids(inspected(compiled, b"GET / HTTP/1.1", [*HOST, (b"X-Other", b"1")])) == []


def test_what_a_line_sets_is_seen_by_others_that_look_at_all_names_of_some_kind() -> None:
    text = """
    SecRule REQUEST_HEADERS_NAMES "@rx ^.*$" "id:1,phase:2,pass,log,capture,t:lowercase,setvar:'tx.name_%{tx.0}=/%{tx.0}/',chain"
        SecRule TX:/^name_/ "@within /proxy/" "t:none"
    SecRule TX:/PARTS_*/ "!@rx ^[a-z/]+$" "id:2,phase:2,pass,log"
    SecRule &TX:/leak/ "@ge 1" "id:3,phase:2,pass,log"
    """
    compiled = program(text)
    assert compiled.phases[2][0].needs
    assert ids(inspected(compiled, b"GET / HTTP/1.1", [*HOST, (b"X-Other", b"1")])) == []
    assert ids(inspected(compiled, b"GET / HTTP/1.1", [*HOST, (b"My_Parts_1", b"1")])) == [2]
    assert ids(inspected(compiled, b"GET / HTTP/1.1", [*HOST, (b"X-Leak", b"1")])) == [3]
    counted = program(text + 'SecRule &TX:/leak/ "@eq 2" "id:4,phase:2,pass,log"')
    assert ids(inspected(counted, b"GET / HTTP/1.1", [*HOST, (b"X-Leak", b"1"), (b"Y-Leak", b"1")])) == [3, 4]
    everything = program(text + 'SecRule TX "@rx ^/x-other/$" "id:4,phase:2,pass,log"')
    assert ids(inspected(everything, b"GET / HTTP/1.1", [*HOST, (b"X-Other", b"1")])) == [4]


def test_what_cannot_be_run_is_told() -> None:
    text = """
    SecRule ARGS "@rx (?=a)b" "id:1,phase:2,pass,log"
    SecRule XML://item/name "@rx x" "id:2,phase:2,pass,log"
    SecRule ARGS "@rx ^%{tx.pattern}" "id:3,phase:2,pass,log"
    """
    assert {gap.rule for gap in program(text).gaps} == {1, 2, 3}
    assert "rules.conf:" in str(program(text).gaps[0])


RULES = st.lists(
    st.sampled_from(
        [
            'SecRule ARGS "@rx a" "id:{},phase:2,pass,log,setvar:tx.s=+1"',
            'SecRule ARGS "@rx b" "id:{},phase:1,pass,nolog,setvar:tx.s=+2"',
            'SecRule TX:s "@ge 2" "id:{},phase:2,pass,log"',
            'SecRule &TX:s "@eq 0" "id:{},phase:1,pass,nolog,setvar:tx.s=0"',
            'SecAction "id:{},phase:2,pass,nolog,setvar:tx.k=%{{tx.s}}"',
            'SecRule TX:k "@eq 3" "id:{},phase:2,pass,log"',
            'SecRule TX:s "@lt 1" "id:{},phase:2,pass,nolog,skipAfter:M"',
            'SecRule ARGS:x "@streq c" "id:{},phase:2,pass,nolog,skipAfter:M"',
            'SecRule ARGS "!@rx c" "id:{},phase:2,pass,log,chain"\n SecRule REQUEST_METHOD "@streq GET" "setvar:tx.k=3"',
            'SecMarker "M"',
        ]
    ),
    max_size=8,
)
QUERIES = st.lists(st.sampled_from([b"x=a", b"x=b", b"x=c", b"y=ab", b"y=abc", b"z=d"]), max_size=3)


@given(RULES, QUERIES)
def test_folding_never_changes_what_is_found(rules: list[str], query: list[bytes]) -> None:
    """The same rules with everything unknown: a variable that no request sets stands before all of them."""
    text = "\n".join([*(rule.format(index + 1) for index, rule in enumerate(rules)), "SecMarker M"])
    names = ("s", "k")
    touched = ",".join(f"setvar:!tx.{name}" for name in names)
    unknown = f'SecRule ARGS:never "@rx x" "id:900,phase:1,pass,nolog,{touched}"\n'
    always = 'SecRule REQUEST_METHOD "@unconditionalMatch" "id:901,phase:1,pass,nolog,setvar:tx.other=1"\n'
    line = b"GET /?%b HTTP/1.1" % b"&".join(query)
    assert ids(inspected(program(text), line)) == ids(inspected(program(unknown + always + text), line))
