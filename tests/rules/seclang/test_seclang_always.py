"""Rules that always match, or whose outcome hangs on variables alone: folding them away changes nothing that anybody sees."""

import pytest
from seclang_rules import HOST, ids, inspected, program

from yett.rules.seclang.folding import Contradiction

LOOKS = 'SecRule ARGS "@rx bad" "id:8,phase:1,pass,nolog,setvar:tx.bad=1"\n'
WHERE_NOTHING_WAS = 'SecRule &TX:bad "@eq 0" "id:9,phase:1,{action}"\n'
STOPS = 'SecRule ARGS "@rx evil" "id:1,phase:{phase},deny,log"\n'


def said(text: str, query: bytes, agent: bytes = b"") -> tuple[list[int], bool]:
    """The rules that matched, and whether the request was refused."""
    t = inspected(program(text), b"GET /?a=%b HTTP/1.1" % query, [*HOST, (b"User-Agent", agent)])
    return ids(t), t.refusal is not None


@pytest.mark.parametrize(
    "action",
    [
        "pass,nolog,ctl:ruleRemoveById=1",
        "pass,nolog,ctl:ruleRemoveTargetById=1;ARGS:a",
        "pass,nolog,ctl:ruleEngine=Off",
        "allow,nolog",
        "allow:request,nolog",
        "pass,nolog,skipAfter:END",
    ],
)
def test_what_holds_where_nothing_was_found_does_not_hold_for_all(action: str) -> None:
    text = LOOKS + WHERE_NOTHING_WAS.format(action=action) + STOPS.format(phase=1) + "SecMarker END"
    assert said(text, b"evil") == ([], False)
    assert said(text, b"bad+evil") == ([1], True)


def test_records_of_what_holds_where_nothing_was_found() -> None:
    text = LOOKS + WHERE_NOTHING_WAS.format(action="pass,log")
    assert said(text, b"good") == ([9], False)
    assert said(text, b"bad") == ([], False)


@pytest.mark.parametrize(("allow", "phases"), [("allow", ()), ("allow:request", (3, 5)), ("allow:phase", (2, 3, 5))])
@pytest.mark.parametrize("condition", ["", 'SecAction "id:7,phase:1,pass,nolog,setvar:tx.friend=1"\n'])
def test_what_is_always_allowed_is_not_looked_at(allow: str, phases: tuple[int, ...], condition: str) -> None:
    rule = f'SecRule TX:friend "@eq 1" "id:9,phase:1,{allow},nolog"' if condition else f'SecAction "id:9,phase:1,{allow},nolog"'
    others = [f'SecRule ARGS "@rx evil" "id:{phase},phase:{phase},pass,log"' for phase in (1, 2, 3, 5)]
    t = inspected(program("\n".join([condition + rule, *others])), b"GET /?a=evil HTTP/1.1", response=(200, [], b""))
    assert ids(t) == [phase for phase in (1, 2, 3, 5) if phase in phases or (phase == 5 and allow == "allow")]


def test_what_is_always_allowed_is_never_stopped() -> None:
    always = 'SecAction "id:2,phase:2,deny,log"\n'
    assert said('SecAction "id:9,phase:1,allow,log"\n' + always, b"evil") == ([9], False)
    with pytest.raises(Contradiction):
        program('SecAction "id:9,phase:1,allow:phase,log"\n' + always)


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        ("setvar:tx.agent=%{REQUEST_HEADERS.User-Agent}", 'TX:agent "@contains evil"'),
        ("setvar:tx.%{REQUEST_HEADERS.User-Agent}=1", 'TX:evil "@eq 1"'),
        ("setvar:tx.sum=+%{REQUEST_HEADERS.User-Agent}", '&TX:sum "@eq 1"'),
    ],
)
def test_what_is_always_set_may_be_of_the_request(action: str, rule: str) -> None:
    text = f'SecAction "id:9,phase:1,pass,nolog,{action}"\nSecRule {rule} "id:1,phase:1,deny,log"'
    assert said(text, b"", b"evil") == ([1], True)
    skips = f'SecAction "id:9,phase:1,pass,nolog,{action}"\nSecRule {rule} "id:2,phase:1,pass,nolog,skipAfter:END"\n'
    assert said(skips + STOPS.format(phase=1) + "SecMarker END", b"evil", b"evil") == ([], False)


def test_captures_of_variables() -> None:
    text = """
    SecAction "id:9,phase:1,pass,nolog,setvar:tx.all=abc"
    SecRule TX:all "@rx a(b)c" "id:8,phase:1,pass,nolog,capture,setvar:tx.part=%{tx.1}"
    SecRule TX:part "@streq b" "id:1,phase:1,pass,log"
    """
    assert said(text, b"") == ([1], False)


REMOVES = 'SecRule ARGS "@rx bad" "id:8,phase:1,pass,nolog,ctl:{control}"\n'
ON = 'SecAction "id:7,phase:1,pass,nolog,setvar:tx.on=1"\n'


@pytest.mark.parametrize(
    "control", ["ruleRemoveById=9", "ruleRemoveByTag=t", "ruleRemoveByMsg=m", "ruleRemoveTargetById=9;TX:on"]
)
def test_a_rule_that_always_matches_may_be_removed(control: str) -> None:
    always = 'SecRule TX:on "@eq 1" "id:9,phase:1,pass,nolog,tag:t,msg:m,{action}"\n'
    skips = (
        ON + REMOVES.format(control=control) + always.format(action="skipAfter:END") + STOPS.format(phase=1) + "SecMarker END"
    )
    assert said(skips, b"evil") == ([], False)
    assert said(skips, b"bad+evil") == ([1], True)
    allows = ON + REMOVES.format(control=control) + always.format(action="allow").replace("pass,", "") + STOPS.format(phase=1)
    assert said(allows, b"evil") == ([], False)
    assert said(allows, b"bad+evil") == ([1], True)
    sets = ON + REMOVES.format(control=control) + always.format(action="setvar:tx.done=1")
    sets += 'SecRule &TX:done "@eq 0" "id:1,phase:2,deny,log"'
    assert said(sets, b"good") == ([], False)
    assert said(sets, b"bad") == ([1], True)


def test_of_markers_of_one_name_the_next_is_meant() -> None:
    text = """
    SecRule ARGS "@rx evil" "id:1,phase:1,pass,log,skipAfter:END"
    SecRule ARGS "@rx evil" "id:2,phase:1,pass,log"
    SecMarker END
    SecRule ARGS "@rx evil" "id:3,phase:1,pass,log,skipAfter:END"
    SecRule ARGS "@rx evil" "id:4,phase:1,pass,log"
    SecMarker END
    SecRule ARGS "@rx evil" "id:5,phase:1,pass,log,skipAfter:END"
    SecRule ARGS "@rx evil" "id:6,phase:1,pass,log"
    """
    assert said(text, b"evil") == ([1, 3, 5], False)


def test_block_within_the_default_is_no_default() -> None:
    default = 'SecDefaultAction "phase:2,deny,block,status:400,log"\n'
    assert said(default + 'SecRule ARGS "@rx evil" "id:1,phase:2,block"', b"evil") == ([1], True)


@pytest.mark.parametrize("condition", ['REMOTE_ADDR "@unconditionalMatch"', '&TX:none "@eq 0"'])
def test_where_rules_only_observe_nothing_is_allowed(condition: str) -> None:
    observes = 'SecRule REMOTE_ADDR "@unconditionalMatch" "id:8,phase:1,pass,nolog,ctl:ruleEngine=DetectionOnly"\n'
    text = observes + f'SecRule {condition} "id:9,phase:1,allow,nolog"\n' + STOPS.format(phase=1)
    assert said(text, b"evil") == ([1], False)
