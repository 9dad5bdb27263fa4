"""SecLang's front end beside libmodsecurity's: which texts both accept, which both refuse, and where and why they differ."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from yett.formats.seclang import read_seclang
from yett.model.mistake import PolicyErrors

ORACLE = Path(__file__).parent.parent / "support" / "seclang_oracle.py"

A = '"id:1,phase:1,pass,log"'
"""Actions of a good rule."""


def with_targets(*targets: str) -> list[str]:
    return [f'SecRule {target} "@rx x" {A}' for target in targets]


def with_operator(*operators: str) -> list[str]:
    return [f"SecRule ARGS {operator} {A}" for operator in operators]


def with_actions(*actions: str) -> list[str]:
    return [f'SecRule ARGS "@rx x" "id:1,phase:1,log,{action}"' for action in actions]


BOTH_ACCEPT = [
    "",
    "# nothing but a comment",
    "   # indented comment\n\n",
    '# SecRule ARGS x \\\n   "id:1,phase:1"',
    f'SecRule ARGS "@rx x" \\\n    {A}',
    f'SecRule ARGS "@rx x" \\\r\n    {A}\r\n',
    f'secrule args "@RX x" {A}',
    f'SecRule ARGS "@rx x" {A} # why',
    'SecRule ARGS "@rx x" "ID:1,PHASE:1,PASS,LOG,T:LOWERCASE"',
    'SecRule ARGS "@rx x" \\\n    "id:1,\\\n    phase:1,\\\n\tpass"',
    'SecRule ARGS "@rx x" "id:1,pass,chain"\nSecRule ARGS "@rx y"',
    'SecRule ARGS "@rx x" "id:1,pass,chain"\nSecRule ARGS "@rx y" "t:none,chain"\nSecRule TX:a "@eq 1" "setvar:tx.b=1"',
    'SecRule ARGS "@rx x" "id:1,phase:1,pass,skipAfter:END"\nSecMarker END',
    'SecRule ARGS "@rx x" "id:1,phase:1,pass,skipAfter:END-IT"\nSecMarker "END-IT"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleRemoveById 1',
    f'SecRule ARGS "@rx x" {A}\nSecRuleRemoveById 5 1-3',
    f'SecRuleRemoveById 1\nSecRule ARGS "@rx x" {A}',
    f'SecRule ARGS "@rx x" {A}\nSecRuleUpdateTargetById 1 "!ARGS:a"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleUpdateTargetById 1 "!ARGS:a|!ARGS:/^b/"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleUpdateTargetById 1-9 "REQUEST_URI"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleUpdateTargetByTag a/b "!ARGS:a"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleUpdateTargetByMsg "a b" "!ARGS:a"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleRemoveByTag "a/b"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleRemoveByMsg "a b"',
    f'SecRule ARGS "@rx x" {A}\nSecRuleUpdateActionById 1 "deny,status:404,t:none,t:lowercase"',
    'SecDefaultAction "phase:1,log,auditlog,deny,status:403"\nSecDefaultAction "phase:2,log,auditlog,pass"',
    'SecDefaultAction "log,pass"',
    'SecComponentSignature "A/1.0"',
    "SecRuleEngine DetectionOnly",
    "SecRequestBodyLimit 1000",
    "SecArgumentSeparator &",
    "SecCollectionTimeout 600",
    *with_targets(
        "ARGS",
        "ARGS|ARGS_NAMES",
        "ARGS:a",
        "ARGS:'a'",
        "ARGS:/^a/",
        "ARGS:'/^a|b/'",
        "&ARGS",
        "&ARGS:a",
        "ARGS|!ARGS:a",
        "ARGS|!ARGS:/^a/",
        '"ARGS|!ARGS:a"',
        "TX:0",
        "TX.0",
        "XML:/*",
        "XML://@*",
        "XML:/*|XML://@*|ARGS",
        "REQUEST_HEADERS:User-Agent",
        "MULTIPART_PART_HEADERS:_charset_",
        "REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/",
        "DURATION",
        "FILES_COMBINED_SIZE",
        "IP:a",
    ),
    *with_operator(
        "x",
        '"x"',
        '"!x"',
        '"@rx x"',
        '"!@rx x"',
        r'"@rx a\"b"',
        r'"@rx a\\"',
        '"@pm a b c"',
        '"@eq 1"',
        '"@eq %{tx.a}"',
        '"@ipMatch 192.0.2.0/24,::1"',
        '"@validateByteRange 1-255"',
        '"@detectSQLi"',
        '"@unconditionalMatch"',
        '"@within %{tx.allowed_methods}"',
        '"@rx %{tx.a}"',
    ),
    *with_actions(
        "t:none,t:urlDecodeUni,t:normalisePath,t:normalizePath",
        "msg:'it, is'",
        "msg:'it\\'s'",
        "msg:it is",
        "severity:CRITICAL",
        "severity:'critical'",
        "severity:2",
        "setvar:tx.a=1",
        "setvar:'tx.a=+%{tx.b}'",
        "setvar:!tx.a",
        "setvar:tx.a",
        "setvar:'tx.%{rule.id}-x=%{matched_var}'",
        "ctl:ruleEngine=Off",
        "ctl:ruleRemoveById=1-5",
        "ctl:ruleRemoveByTag=a/b",
        "ctl:ruleRemoveTargetById=1;ARGS:a[1][b]",
        "ctl:ruleRemoveTargetByTag=a/b;ARGS",
        "ctl:requestBodyProcessor=XML",
        "ctl:forceRequestBodyVariable=On",
        "ctl:auditLogParts=+E",
        "allow",
        "allow:phase",
        "redirect:http://a.example/x",
        "block,status:404",
        "capture,multiMatch,nolog,noauditlog",
        "initcol:ip=%{REMOTE_ADDR}",
        "ver:'A/1',rev:1",
        "maturity:1,accuracy:9",
        "logdata:'%{tx.0}'",
    ),
]

BOTH_REFUSE = [
    'SecRule ARGS "@rx x"',
    'SecRule ARGS "@rx x" "phase:1,pass"',
    'SecRule ARGS "@rx x" "id:0,pass"',
    'SecRule ARGS "@rx x" "id:a,pass"',
    f'SecRule ARGS "@rx x" {A}\nSecRule ARGS "@rx x" {A}',
    f'SecRule ARGS "@rx x" {A} junk',
    f'SecRule ARGS "@rx x" \\ \n {A}',
    "SecRules ARGS",
    'SecRule ARGS "@rx x" "id:1,chain"\nSecRule ARGS "@rx y" "deny"',
    'SecDefaultAction "phase:1,log"',
    'SecDefaultAction "phase:1,log,block"',
    'SecDefaultAction "phase:1,log,pass,chain"',
    'SecDefaultAction "phase:1,log,pass,t:none"',
    'SecDefaultAction "phase:1,log,pass"\nSecDefaultAction "phase:1,log,deny"',
    "SecRuleEngine Maybe",
    *with_targets("FOO", "ARGS:", "&!ARGS", "!&ARGS", "REMOTE_ADDR:x", "ARGS||ARGS", "HTTP_HOST"),
    *with_operator('""', '"!"', '"@ipMatch 1.2.3.400"', '"@validateByteRange 1-300"', '"@pmFromFile nope.data"'),
    *with_actions(
        "bar",
        "t:foo",
        ",pass",
        "pass,",
        "phase:6",
        "phase:foo",
        "severity:foo",
        "status:abc",
        "setvar:foo.a=1",
        "setvar:a=1",
        "ctl:ruleEngine=foo",
        "ctl:foo=1",
        "ctl:requestBodyProcessor=FOO",
        "ctl:ruleRemoveTargetById=1;ARGS:a,ARGS:b",
        "allow:foo",
        "deny:5",
        "log:1",
        "msg",
        "tag:",
        "'redirect:http://a.example'",
        "msg:'%{foo.bar}'",
    ),
]

ONLY_YETT_ACCEPTS = {
    "quoted selectors may hold blanks": with_targets("ARGS:'a b'"),
    "a pattern may hold | without quotes": with_targets("ARGS:/^(a|b)$/"),
    "actions without quotes": ["SecRule ARGS x id:1,phase:1,pass"],
    "a SecAction begins a chain, as in version 2": ['SecAction "id:1,phase:1,pass,chain"\nSecRule ARGS "@rx x"'],
    "blanks around actions and quoted numbers, as in version 2": [
        'SecRule ARGS "@rx x" " id:1 , phase:1 , pass "',
        "SecRule ARGS \"@rx x\" \"id:'1',phase:'1',t:'none'\"",
    ],
    "empty values": with_actions("setvar:tx.a="),
    "lists of ids, as in version 2": with_actions("ctl:'ruleRemoveById=1,3'"),
    "controls of version 2": with_actions(
        "ctl:ruleRemoveByMsg=a", "ctl:ruleRemoveTargetByMsg=a b;ARGS:x", "ctl:requestBodyLimit=5"
    ),
    "listed as not enforced instead": with_actions("proxy:http://a.example", "exec:/bin/x", "append:x", "sanitiseArg:a"),
    "variables of version 2, listed": with_targets("PERF_ALL|ARGS", "WEBSERVER_ERROR_LOG|ARGS"),
}

ONLY_MODSECURITY_ACCEPTS = {
    "an unknown operator is a regular expression there": with_operator('"@foo x"'),
    "white space before @ makes it a regular expression there": with_operator('" @streq x"', '"! @streq x"'),
    "a chain that is not continued is a rule there": ['SecRule ARGS "@rx x" "id:1,phase:1,pass,chain"'],
    "a marker within a chain": ['SecRule ARGS "@rx x" "id:1,phase:1,pass,chain"\nSecMarker A\nSecRule ARGS "@rx x"'],
    "the id of a rule in a chain has no effect": ['SecRule ARGS "@rx x" "id:1,chain"\nSecRule ARGS "@rx x" "id:2"'],
    "the phase of a rule in a chain has no effect": [
        'SecRule ARGS "@rx x" "id:1,phase:1,chain"\nSecRule ARGS "@rx x" "phase:2"'
    ],
    "what leads nowhere skips the rest of the phase": with_actions("pass,skipAfter:NOWHERE"),
    "two directives in a line": [f'SecRule ARGS "@rx x" {A} SecAction "id:2,phase:1"'],
    "numbers beyond what there is": with_actions("severity:8", "status:999", "phase:0"),
    "what is compared or added is no number": [*with_operator('"@eq foo"'), *with_actions("setvar:tx.a=-foo")],
    "a rule that only leaves out": with_targets("!ARGS"),
    "a pattern without its end": with_targets("ARGS:/a"),
    "a name of nothing": with_actions("setvar:tx.=1"),
    "Apache would go on with the comment, ModSecurity 3 does not": [f'# note \\\nSecRule ARGS "@rx x" {A}'],
    "targets that do not exist": with_actions("ctl:ruleRemoveTargetById=1;FOO:a", "ctl:ruleRemoveTargetById=1;/x/"),
    "ids and phases that an update changes in vain": [f'SecRule ARGS "@rx x" {A}\nSecRuleUpdateActionById 1 "phase:2"'],
}


def ours(text: str) -> str:
    try:
        read_seclang({"rules.conf": text.encode()}, ["rules.conf"])
    except PolicyErrors as errors:
        return str(errors)
    return ""


@pytest.fixture(scope="module")
def theirs() -> dict[str, str]:
    pytest.importorskip("libmodsecurity")
    texts = BOTH_ACCEPT + BOTH_REFUSE
    for group in (ONLY_YETT_ACCEPTS, ONLY_MODSECURITY_ACCEPTS):
        texts = texts + [text for several in group.values() for text in several]
    asked = subprocess.run(
        [sys.executable, ORACLE], input=json.dumps(texts), capture_output=True, text=True, timeout=60, check=True
    )
    return dict(zip(texts, json.loads(asked.stdout), strict=True))


@pytest.mark.parametrize("text", BOTH_ACCEPT)
def test_both_accept(text: str, theirs: dict[str, str]) -> None:
    assert (ours(text), theirs[text]) == ("", "")


@pytest.mark.parametrize("text", BOTH_REFUSE)
def test_both_refuse(text: str, theirs: dict[str, str]) -> None:
    assert ours(text)
    assert theirs[text]


@pytest.mark.parametrize(("why", "text"), [(why, text) for why, texts in ONLY_YETT_ACCEPTS.items() for text in texts])
def test_only_yett_accepts(why: str, text: str, theirs: dict[str, str]) -> None:
    assert ours(text) == "", why
    assert theirs[text], why


@pytest.mark.parametrize(("why", "text"), [(why, text) for why, texts in ONLY_MODSECURITY_ACCEPTS.items() for text in texts])
def test_only_modsecurity_accepts(why: str, text: str, theirs: dict[str, str]) -> None:
    assert theirs[text] == "", why
    assert ours(text), why
