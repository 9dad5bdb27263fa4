"""SecLang becomes values: what every directive, target, operator and action means, and what a mistake looks like."""

import pytest

from yett.formats.seclang import (
    Action,
    Assignment,
    Control,
    Marker,
    Operator,
    RuleSet,
    SecAction,
    SecRule,
    Variable,
    raw,
    read_seclang,
)
from yett.formats.seclang.reading import Bounds
from yett.model.mistake import Mistake, PolicyErrors


def read(text: str | bytes, **others: bytes) -> RuleSet:
    content = text.encode() if isinstance(text, str) else text
    files = {name.replace("__", "."): body for name, body in others.items()}
    return read_seclang({"rules.conf": content, **files}, ["rules.conf"])


def rule(text: str | bytes, **others: bytes) -> SecRule:
    (found,) = read(text, **others).items
    assert isinstance(found, SecRule)
    return found


def errors(text: str | bytes, **others: bytes) -> tuple[Mistake, ...]:
    with pytest.raises(PolicyErrors) as caught:
        read(text, **others)
    return caught.value.errors


def error(text: str | bytes, **others: bytes) -> Mistake:
    (found,) = errors(text, **others)
    return found


def targets(text: str) -> tuple[Variable, ...]:
    return rule(f'SecRule {text} "@rx x" "id:1"').variables


def operator(text: str, **others: bytes) -> Operator:
    return rule(f'SecRule ARGS {text} "id:1"', **others).operator


def acting(text: str) -> SecRule:
    return rule(f'SecRule ARGS "@rx x" "id:1,{text}"')


class TestLines:
    def test_a_rule_over_several_lines(self) -> None:
        found = rule('SecRule ARGS|ARGS_NAMES \\\r\n   "@rx a" \\\r\n\t"id:7,\\\r\n    phase:1,\\\r\n  msg:\'m\'"\r\n')
        assert found.id == 7
        assert found.phase == 1
        assert found.message == "m"
        assert (found.file, found.line) == ("rules.conf", 1)

    def test_a_byte_order_mark_and_a_last_line_without_end(self) -> None:
        assert rule(b'\xef\xbb\xbfSecRule ARGS "@rx a" "id:7"\\').id == 7

    def test_line_numbers_count_comments_and_continued_lines(self) -> None:
        text = '# one\n\n  # two \\\n#three\nSecAction \\\n  "id:1"\nSecRule ARGS "@rx a" "id:2"\n'
        assert [item.line for item in read(text).items] == [5, 7]

    def test_a_directive_commented_out_with_its_lines(self) -> None:
        assert read('#SecRule ARGS "@rx a" \\\n    "id:1,\\\n    phase:2"\n  # SecAction \\\n#  "id:1"\n').items == ()

    @pytest.mark.parametrize("comment", ["# note \\", "#SecRule ARGS \\"])
    def test_a_comment_that_would_swallow_a_directive(self, comment: str) -> None:
        found = error(f'{comment}\nSecRule ARGS "@rx a" "id:2"')
        assert (found.line, found.column) == (2, 1)
        assert "comment" in found.message

    def test_a_comment_that_ends_in_a_backslash_before_a_comment(self) -> None:
        assert rule('# path C:\\\n# more\nSecRule ARGS "@rx a" "id:2"').id == 2

    def test_a_line_break_within_an_argument_is_no_part_of_it(self) -> None:
        found = rule('SecRule ARGS "@pm a \\\n b" "id:1,msg:\'one \\\n  two\'"')
        assert found.operator.argument == "a  b"
        assert found.message == "one   two"

    def test_octets_that_are_not_utf8_survive(self) -> None:
        assert raw(rule(b'SecRule ARGS "@rx \xff\xc3\xa4" "id:1"').operator.argument) == b"\xff\xc3\xa4"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('SecRule ARGS "@rx a', "never closes"),
            ('SecRule ARGS "@rx a" "id:1\nSecAction "id:2"', "never closes"),
            ('SecRule ARGS "@rx a""id:1"', "behind a closing quote"),
            ("SecRule ARGS 'a' \"id:1\"", "single quotes"),
            ('SecRule ARGS:\'a "x" "id:1"', "never closes"),
            ('SecRule ARGS a"b "id:1"', "quote within a word"),
            ('SecRule ARGS "a\0" "id:1"', "NUL"),
            ('"id:1"', "a directive is expected"),
            ('SecRule ARGS "@rx a" "id:1" "x"', "takes targets"),
            ("SecRule ARGS", "takes targets"),
            ("SecAction", "takes actions only"),
            ('SecAction "id:1" "x"', "takes actions only"),
            ("SecMarker", "takes one name"),
            ("SecMarker a b", "takes one name"),
            ("Include other.conf", "not read"),
            ("SecRuleInheritance Off", "not read"),
        ],
    )
    def test_mistakes(self, text: str, message: str) -> None:
        assert message in errors(text)[0].message

    def test_a_hint_for_an_unknown_directive(self) -> None:
        found = error("\n  SecRuleRemoveByID2 1")
        assert str(found) == "rules.conf:2:3: the directive SecRuleRemoveByID2 is not known (did you mean 'SecRuleRemoveById'?)"

    def test_all_mistakes_at_once_and_in_order(self) -> None:
        found = errors('SecFoo\nSecRule ARGS "@rx a" "id:x"\nSecRule ARGS "@foo" "id:1"')
        assert [mistake.line for mistake in found] == [1, 2, 3]

    def test_columns_within_an_argument(self) -> None:
        found = error('SecRule "ARGS|FOO" "@rx a" "id:1"')
        assert (found.line, found.column) == (1, 15)
        found = error('SecRule ARGS "@rx a\\"b" \\\n  "id:1,\\\n   msg:\'m\',\\\n   tagg:x"')
        assert (found.line, found.column) == (4, 4)
        assert found.hint == "did you mean 'tag'?"
        found = error('SecRule ARGS "@ipMatch ::1,x" "id:1"')
        assert (found.line, found.column) == (1, 28)


class TestTargets:
    def test_every_form(self) -> None:
        assert targets("args|!ARGS:a|&TX:b") == (
            Variable("ARGS"),
            Variable("ARGS", "a", exclude=True),
            Variable("TX", "b", count=True),
        )

    @pytest.mark.parametrize(
        ("text", "variable"),
        [
            ("REQUEST_HEADERS:User-Agent", Variable("REQUEST_HEADERS", "User-Agent")),
            ("TX.0", Variable("TX", "0")),
            ("ARGS:'a b|c'", Variable("ARGS", "a b|c")),
            (r"ARGS:'it\'s'", Variable("ARGS", "it's")),
            (r"ARGS:'\''", Variable("ARGS", "'")),
            (r"ARGS:'\'a'", Variable("ARGS", "'a")),
            ("ARGS:/^a(b|c)$/", Variable("ARGS", pattern=b"^a(b|c)$")),
            ("ARGS:'/^a b$/'", Variable("ARGS", pattern=b"^a b$")),
            (r"TX:'/LEAKAGE\\\/ERRORS/'", Variable("TX", pattern=rb"LEAKAGE\\\/ERRORS")),
            (r"ARGS:/a\/b/", Variable("ARGS", pattern=rb"a\/b")),
            ("XML:/*", Variable("XML", "/*")),
            ("XML://@*", Variable("XML", "//@*")),
            ("XML:'//@*'", Variable("XML", "//@*")),
            ("XML", Variable("XML")),
            ("&REQUEST_HEADERS:Host", Variable("REQUEST_HEADERS", "Host", count=True)),
        ],
    )
    def test_selectors(self, text: str, variable: Variable) -> None:
        assert targets(text) == (variable,)

    def test_separators(self) -> None:
        assert [str(variable) for variable in targets('"ARGS , ARGS_NAMES|XML:/*|TX:/x/"')] == [
            "ARGS",
            "ARGS_NAMES",
            "XML:/*",
            "TX:/x/",
        ]

    def test_as_text(self) -> None:
        for text in ("ARGS", "!ARGS:a", "&ARGS:/a|b/", "XML://@*"):
            assert str(targets(f"ARGS|{text}")[-1]) == text

    @pytest.mark.parametrize(
        ("text", "message", "hint"),
        [
            ("ARGZ", "'ARGZ' is not known", "did you mean 'ARGS'?"),
            ("ARGS|", "a variable is expected", ""),
            ("ARGS:", "a selector is expected", ""),
            ("ARGS:/a", "does not end in /", ""),
            ("ARGS:''", "a selector is expected", ""),
            ('"ARGS:\'"', "a selector is expected", ""),
            ("REQUEST_METHOD:x", "a single value", ""),
            ("!ARGS", "without a target", ""),
            ("&!ARGS", "either counted", ""),
            ("ARGS:'a'b", "separated by |", ""),
            ("X" * 100, "is not known", ""),
        ],
    )
    def test_mistakes(self, text: str, message: str, hint: str) -> None:
        found = error(f'SecRule {text} "@rx x" "id:1"')
        assert message in found.message
        assert hint in found.hint


class TestOperators:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("x", Operator("rx", "x")),
            ('"!x y"', Operator("rx", "x y", True)),
            ('"@rx ^a  b "', Operator("rx", "^a  b ")),
            ('"!@Rx x"', Operator("rx", "x", True)),
            ('"@rx  x"', Operator("rx", " x")),
            (r'"@rx \"\\\x5c"', Operator("rx", r'"\\\x5c')),
            (r'"@contains <h1 style=\"a\">"', Operator("contains", '<h1 style="a">')),
            ('"@detectSQLi"', Operator("detectsqli")),
            ('"@unconditionalMatch"', Operator("unconditionalmatch")),
            ('"@eq %{tx.a}"', Operator("eq", "%{tx.a}")),
            ('"@ge 5 "', Operator("ge", "5 ")),
            ('"@within GET HEAD"', Operator("within", "GET HEAD")),
            (
                '"@ipMatch 192.0.2.1,192.0.2.0/24,2001:db8::/32,%{tx.ip}"',
                Operator("ipmatch", "192.0.2.1,192.0.2.0/24,2001:db8::/32,%{tx.ip}"),
            ),
            ('"@validateByteRange 10,13, 32-126"', Operator("validatebyterange", "10,13, 32-126")),
            ('"@rx %{foo"', Operator("rx", "%{foo")),
        ],
    )
    def test_every_form(self, text: str, expected: Operator) -> None:
        assert operator(text) == expected
        assert operator(text).octets == expected.argument.encode()

    @pytest.mark.parametrize(
        ("text", "message", "hint"),
        [
            ('"@rxx a"', "@rxx is not known", "did you mean 'rx'?"),
            ('"@"', "the name of an operator", ""),
            ('"@ rx"', "the name of an operator", ""),
            ('""', "anything to look for", ""),
            ('"!"', "anything to look for", ""),
            ('" @rx a"', "white space before the operator", ""),
            ('"! @rx a"', "white space before the operator", ""),
            ('"@rx"', "@rx needs an argument", ""),
            ('"@pm  "', "@pm needs an argument", ""),
            ('"@eq five"', "whole number", ""),
            ('"@ipMatch 1.2.3.400"', "no address", ""),
            ('"@validateByteRange 1-256"', "no range", ""),
            ('"@validateByteRange 9-1"', "no range", ""),
            ('"@validateByteRange a"', "no range", ""),
            ('"@streq %{foo.x}"', "stands for nothing", ""),
            ('"@pmFromFile none.data"', "there is no file none.data", ""),
        ],
    )
    def test_mistakes(self, text: str, message: str, hint: str) -> None:
        found = error(f'SecRule ARGS {text} "id:1"')
        assert message in found.message
        assert hint in found.hint

    def test_phrases_of_files(self) -> None:
        found = read('SecRule ARGS "@pmf a.data b.data" "id:1"', a__data=b"# no\n\none\r\n two \n   \n  # no", b__data=b"three")
        assert found.data == {"a.data b.data": (b"one", b" two ", b"three")}
        assert next(found.rules).operator.name == "pmfromfile"

    def test_a_hint_for_a_file(self) -> None:
        assert error('SecRule ARGS "@pmFromFile php.data" "id:1"', php2__data=b"x").hint == "did you mean 'php2.data'?"

    def test_files_are_found_beside_their_rules(self) -> None:
        files = {"rules/a.conf": b'SecRule ARGS "@pmFromFile a.data" "id:1"', "rules/a.data": b"one", "a.data": b"two"}
        assert read_seclang(files, ["rules/a.conf"]).data == {"a.data": (b"one",)}
        files["plugins/b.conf"] = b'SecRule ARGS "@pmFromFile a.data" "id:2"'
        files["plugins/a.data"] = b"other"
        with pytest.raises(PolicyErrors, match="another file in another directory"):
            read_seclang(files, ["rules/a.conf", "plugins/b.conf"])

    def test_no_file_outside(self) -> None:
        assert "there is no file" in error('SecRule ARGS "@pmFromFile ../../etc/passwd" "id:1"').message


class TestActions:
    def test_metadata(self) -> None:
        found = acting(
            "phase:request,block,msg:'it\\'s, \\\"so\\\"',logdata:'%{MATCHED_VAR}',tag:'a/b',tag:c,severity:'critical',ver:'A/1',"
            "capture,multiMatch,nolog,status:404"
        )
        assert found.phase == 2
        assert found.message == 'it\'s, "so"'
        assert found.log_data == "%{MATCHED_VAR}"
        assert found.tags == ("a/b", "c")
        assert found.severity == 2
        assert found.version == "A/1"
        assert found.captures and found.multi_match
        assert not found.logs
        assert found.status == 404
        assert found.disruptive == Action("pass")

    def test_defaults(self) -> None:
        found = acting("t:lowercase")
        assert (found.phase, found.severity, found.message, found.log_data, found.version) == (2, None, "", "", "")
        assert (found.tags, found.status, found.skip_after, found.captures, found.multi_match) == ((), 403, None, False, False)
        assert found.disruptive == Action("pass")
        assert found.logs
        assert found.transformations == ("lowercase",)

    def test_severities_and_phases_by_number(self) -> None:
        assert acting("severity:7,phase:logging").severity == 7
        assert acting("phase:logging").phase == 5
        assert acting("phase:'response'").phase == 4

    def test_what_stands_last_counts(self) -> None:
        found = acting("deny,pass,log,nolog,status:400,status:401,msg:a,msg:b")
        assert found.disruptive.name == "pass"
        assert (found.logs, found.status, found.message) == (False, 401, "b")
        assert acting("nolog,log").logs

    def test_redirect(self) -> None:
        found = acting("redirect:'http://a.example/%{tx.a}'")
        assert (found.disruptive.argument, found.status) == ("http://a.example/%{tx.a}", 302)

    def test_transformations(self) -> None:
        assert acting("t:lowercase,t:none,t:urlDecodeUni,t:normalisepath").transformations == ("urlDecodeUni", "normalizePath")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("tx.a=1", Assignment("TX", "a", "=", "1")),
            ("TX:a.b=", Assignment("TX", "a.b", "=", "")),
            ("'tx.a=it is, so'", Assignment("TX", "a", "=", "it is, so")),
            ("tx.a=+%{tx.b}", Assignment("TX", "a", "+", "%{tx.b}")),
            ("tx.a=-12", Assignment("TX", "a", "-", "12")),
            ("!tx.a", Assignment("TX", "a", "!")),
            ("tx.a", Assignment("TX", "a", "=", "1")),
            ("'tx.%{matched_var_name}=x'", Assignment("TX", "%{matched_var_name}", "=", "x")),
        ],
    )
    def test_assignments(self, text: str, expected: Assignment) -> None:
        assert acting(f"setvar:{text}").assignments == (expected,)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("ruleEngine=Off", Control("ruleengine", "Off")),
            ("requestBodyProcessor=json", Control("requestbodyprocessor", "json")),
            ("ruleRemoveById=942100", Control("ruleremovebyid", "942100", ((942100, 942100),))),
            ("'ruleRemoveById=1, 5-7'", Control("ruleremovebyid", "1, 5-7", ((1, 1), (5, 7)))),
            ("ruleRemoveByTag=a/b", Control("ruleremovebytag", "a/b")),
            (
                "ruleRemoveTargetById=1-3;ARGS:a[1][b]",
                Control("ruleremovetargetbyid", "1-3", ((1, 3),), Variable("ARGS", "a[1][b]")),
            ),
            ("ruleRemoveTargetById=1;!args", Control("ruleremovetargetbyid", "1", ((1, 1),), Variable("ARGS"))),
            (
                "'ruleRemoveTargetByTag=CRS;ARGS:/a|b/'",
                Control("ruleremovetargetbytag", "CRS", (), Variable("ARGS", pattern=b"a|b")),
            ),
        ],
    )
    def test_controls(self, text: str, expected: Control) -> None:
        assert acting(f"ctl:{text}").controls == (expected,)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("foo", "'foo' is not known"),
            (",pass", "an action is expected"),
            ("pass,", "an action is expected"),
            ("msg:'a' b", "a comma is expected"),
            ("msg:'a", "never closes"),
            ("msg", "needs an argument"),
            ("msg:", "needs an argument"),
            ("deny:1", "takes no argument"),
            ("id:2", "one id"),
            ("t:lowercas", "not known"),
            ("phase:6", "no phase"),
            ("severity:12", "no severity"),
            ("severity:8", "no severity"),
            ("status:99", "100 to 599"),
            ("skip:0", "a number of rules"),
            ("skip:1x", "a number of rules"),
            ("allow:all", "not one of"),
            ("setvar:a", "with its collection"),
            ("setvar:tx.", "with its collection"),
            ("setvar:foo.a=1", "not known"),
            ("setvar:args.a=1", "cannot be written"),
            ("setvar:remote_addr.a=1", "cannot be written"),
            ("setvar:!tx.a=1", "has no value"),
            ("setvar:tx.a=+x", "no whole number"),
            ("setvar:'tx.a=%{foo.b}'", "stands for nothing"),
            ("ctl:foo=1", "not known"),
            ("ctl:ruleEngine", "needs a value"),
            ("ctl:ruleEngine=Maybe", "not one of"),
            ("ctl:ruleRemoveById=x", "no id"),
            ("ctl:ruleRemoveById=9-1", "no id"),
            ("'ctl:ruleRemoveById=1'", "an action is expected"),
            ("ctl:'ruleRemoveById= , '", "an id is expected"),
            ("ctl:ruleRemoveTargetById=1", "a target are expected"),
            ("ctl:ruleRemoveTargetById=1;", "a target are expected"),
            ("ctl:ruleRemoveTargetById=1;FOO", "'FOO' is not known"),
            ("ctl:ruleRemoveTargetById=1;ARGS:a|ARGS:b", "one target"),
        ],
    )
    def test_mistakes(self, text: str, message: str) -> None:
        assert message in error(f'SecRule ARGS "@rx x" "id:1,{text}"').message

    @pytest.mark.parametrize("text", ["id:0", "id:x", "id:9223372036854775808", "phase:1"])
    def test_ids(self, text: str) -> None:
        assert "id" in error(f'SecRule ARGS "@rx x" "{text}"').message

    def test_an_id_stands_once(self) -> None:
        found = error('SecAction "id:1"\nSecAction "id:1"')
        assert (found.message, found.hint) == ("the id 1 stands twice", "first in rules.conf:1")


class TestChains:
    def test_the_rest_in_order(self) -> None:
        found = rule(
            'SecRule ARGS "@rx a" "id:1,phase:1,deny,chain,msg:\'m\'"\n'
            'SecRule ARGS_NAMES "!@rx b" "phase:1,t:lowercase,chain,setvar:tx.a=1"\nSecRule TX:0 "@eq 1"'
        )
        assert [str(member.variables[0]) for member in found.chained] == ["ARGS_NAMES", "TX:0"]
        assert [(member.id, member.phase, member.line) for member in found.chained] == [(1, 1, 2), (1, 1, 3)]
        assert found.chained[0].transformations == ("lowercase",)
        assert found.chained[0].assignments == (Assignment("TX", "a", "=", "1"),)
        assert [member.chained for member in found.chained] == [(), ()]
        assert [action.name for action in found.chained[0].actions] == ["setvar"]

    def test_controls_wait_for_the_whole_chain(self) -> None:
        found = rule(
            'SecRule ARGS "@rx a" "id:1,chain,ctl:ruleRemoveById=1,setvar:tx.a=1"\n'
            'SecRule ARGS "@rx b" "chain,ctl:ruleEngine=Off"\nSecRule ARGS "@rx c" "ctl:ruleRemoveByTag=t"'
        )
        assert [len(link.controls) for link in (found, *found.chained)] == [0, 0, 3]
        assert [control.name for control in found.chained[1].controls] == ["ruleremovebyid", "ruleengine", "ruleremovebytag"]
        assert found.assignments

    def test_actions_in_a_chain_always_match(self) -> None:
        found = rule('SecAction "id:1,chain"\nSecRule ARGS "@rx a" "chain"\nSecAction "setvar:tx.a=1"')
        assert found.operator == found.chained[1].operator == Operator("unconditionalmatch")

    @pytest.mark.parametrize("follows", ["", "SecMarker A", "SecRuleRemoveById 1", 'SecDefaultAction "phase:1,pass"'])
    def test_a_chain_goes_on(self, follows: str) -> None:
        found = errors(f'SecRule ARGS "@rx a" "id:1,chain"\nSecRule ARGS "@rx b" "chain"\n{follows}')
        assert ("not continued" in found[0].message, found[0].line) == (True, 2)

    def test_a_chain_ends_with_its_file(self) -> None:
        files = {"a.conf": b'SecAction "id:1,chain"', "b.conf": b'SecAction "id:2"'}
        with pytest.raises(PolicyErrors, match="not continued"):
            read_seclang(files, ["a.conf", "b.conf"])

    @pytest.mark.parametrize("action", ["deny", "block", "pass", "id:2", "phase:2", "skip:1", "skipAfter:A"])
    def test_what_belongs_to_the_first_rule(self, action: str) -> None:
        found = error(f'SecMarker A\nSecRule ARGS "@rx a" "id:1,phase:1,chain"\nSecRule ARGS "@rx b" "{action}"')
        assert "within a chain" in found.message

    def test_a_mistake_within_a_chain_is_told_once(self) -> None:
        assert len(errors('SecRule ARGS "@rx a" "id:1,chain"\nSecRule FOO "@rx b"\nSecAction "id:2"')) == 1


class TestDefaults:
    TEXT = (
        'SecDefaultAction "phase:1,log,auditlog,deny,status:429,tag:all,t:lowercase"\n'
        'SecRule ARGS "@rx a" "id:1,phase:1,{0}"\nSecRule ARGS "@rx a" "id:2,phase:2,block"'
    )

    def first(self, actions: str) -> SecRule:
        return next(read(self.TEXT.format(actions)).rules)

    def test_block_and_nothing_are_the_default(self) -> None:
        for actions in ("block", "capture", "pass,block"):
            found = self.first(actions)
            assert (found.disruptive, found.status) == (Action("deny"), 429)
            assert sum(action.name in ("deny", "block", "pass") for action in found.actions) == 1

    def test_own_actions_come_first(self) -> None:
        found = self.first("pass,nolog,status:404,tag:own")
        assert (found.disruptive.name, found.status, found.logs, found.tags) == ("pass", 404, False, ("all", "own"))

    def test_transformations(self) -> None:
        assert self.first("t:urlDecode").transformations == ("lowercase", "urlDecode")
        assert self.first("t:none,t:urlDecode").transformations == ("urlDecode",)

    def test_only_for_its_phase(self) -> None:
        assert list(read(self.TEXT.format("pass")).rules)[1].disruptive == Action("pass")

    def test_in_chains_only_transformations(self) -> None:
        text = self.TEXT.format('chain"\nSecRule ARGS "@rx b" "t:urlDecode')
        (member,) = next(read(text).rules).chained
        assert member.transformations == ("lowercase", "urlDecode")
        assert member.actions == ()

    def test_behind_its_rules(self) -> None:
        found = read('SecAction "id:1,phase:1,block"\nSecDefaultAction "phase:1,drop"').items[0]
        assert isinstance(found, SecAction)
        assert found.disruptive == Action("drop")

    @pytest.mark.parametrize(
        "text",
        [
            "phase:1,log",
            "phase:1,block",
            "pass,id:1",
            "pass,chain",
            "pass,t:none",
            "pass,skip:1",
            "pass,skipAfter:A",
            'pass" "x',
        ],
    )
    def test_mistakes(self, text: str) -> None:
        assert error(f'SecDefaultAction "{text}"')

    def test_once_for_each_phase(self) -> None:
        assert "twice for phase 2" in error('SecDefaultAction "pass"\nSecDefaultAction "phase:2,deny"').message


class TestUpdates:
    RULES = (
        'SecRule ARGS "@rx a" "id:1,phase:1,tag:a/b,tag:c,msg:\'m n\',t:lowercase,chain"\nSecRule XML:/* "@rx b"\n'
        'SecRule ARGS "@rx a" "id:2,phase:1,tag:c,log,deny"\nSecAction "id:3,phase:1,tag:c"\n'
    )

    def ids(self, text: str) -> list[int]:
        return [item.id for item in read(self.RULES + text).items if not isinstance(item, Marker)]

    def first(self, text: str) -> SecRule:
        return next(read(self.RULES + text).rules)

    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("SecRuleRemoveById 2", [1, 3]),
            ("SecRuleRemoveById 1 3", [2]),
            ("SecRuleRemoveById 1,3", [2]),
            ('SecRuleRemoveById "2-9"', [1]),
            ("SecRuleRemoveByTag c", []),
            ('SecRuleRemoveByTag "a/b"', [2, 3]),
            ('SecRuleRemoveByMsg "m n"', [2, 3]),
        ],
    )
    def test_removals(self, text: str, left: list[int]) -> None:
        assert self.ids(text) == left

    def test_they_may_stand_before_their_rules(self) -> None:
        found = read(f'SecRuleRemoveById 2-3\nSecRuleUpdateTargetById 1 "!ARGS:a"\n{self.RULES}')
        (only,) = found.rules
        assert only.variables == (Variable("ARGS"), Variable("ARGS", "a", exclude=True))
        assert len(found.items) == 1

    @pytest.mark.parametrize("which", ["ById 1", "ById 1-1", 'ById "1"', "ByTag a/b", 'ByMsg "m n"', "ById 1:0"])
    def test_targets(self, which: str) -> None:
        found = self.first(f'SecRuleUpdateTarget{which} "!ARGS:a|REQUEST_URI,ARGS"')
        assert [str(variable) for variable in found.variables] == ["ARGS", "!ARGS:a", "REQUEST_URI"]
        assert [str(variable) for variable in found.chained[0].variables] == ["XML:/*"]

    def test_a_rule_within_a_chain(self) -> None:
        found = self.first('SecRuleUpdateTargetById 1:1 "ARGS"')
        assert [str(variable) for variable in found.chained[0].variables] == ["XML:/*", "ARGS"]
        assert "has 2 rules" in error(self.RULES + 'SecRuleUpdateTargetById 1:2 "ARGS"').message

    def test_actions(self) -> None:
        found = self.first('SecRuleUpdateActionById 1 "deny,status:404,t:none,t:urlDecode,severity:2"')
        assert (found.disruptive.name, found.status, found.transformations, found.severity) == ("deny", 404, ("urlDecode",), 2)
        changed = list(read(self.RULES + 'SecRuleUpdateActionById 2 "pass,nolog"').rules)[1]
        assert (changed.disruptive.name, changed.logs) == ("pass", False)

    @pytest.mark.parametrize(
        "text",
        [
            "SecRuleRemoveById 9",
            "SecRuleRemoveByTag a",
            "SecRuleRemoveByMsg m",
            'SecRuleUpdateTargetById 7:0 "ARGS"',
            'SecRuleUpdateTargetByTag "a.*" "!ARGS"',
            'SecRuleUpdateActionById 9 "pass"',
        ],
    )
    def test_what_changes_nothing_is_told(self, text: str) -> None:
        (gap,) = read(self.RULES + text).unenforced
        assert gap.line == 5
        assert gap.what == " ".join(text.split()[:2]).replace('"', "")
        assert "no rule has this" in gap.why

    @pytest.mark.parametrize(
        "text",
        [
            "SecRuleRemoveById",
            "SecRuleRemoveById x",
            "SecRuleRemoveById 5-1",
            "SecRuleUpdateTargetById 1",
            'SecRuleUpdateTargetById x "ARGS"',
            'SecRuleUpdateTargetById 1 "FOO"',
            'SecRuleUpdateTargetById 1 "ARGS" ARGS',
            'SecRuleUpdateActionById 1 "foo"',
            'SecRuleUpdateActionById 1 "id:5"',
            'SecRuleUpdateActionById 1 "phase:2"',
            'SecRuleUpdateActionById 1 "chain"',
        ],
    )
    def test_mistakes(self, text: str) -> None:
        assert error(self.RULES + text).line == 5

    def test_the_targets_of_an_action(self) -> None:
        found = read('SecAction "id:1"\nSecRuleUpdateTargetById 1 "!ARGS:a"')
        assert len(found.items) == 1
        assert [(gap.rule, gap.why) for gap in found.unenforced] == [(1, "a SecAction has no targets")]

    def test_changes_are_bounded(self) -> None:
        rules = "".join(f'SecAction "id:{number}"\n' for number in range(1, 3_000))
        text = rules + "SecRuleRemoveById 1-9999\n" * 400
        assert "changes of rules" in error(text).message


class TestSkipping:
    def names(self, text: str) -> list[str]:
        return [item.name if isinstance(item, Marker) else str(item.id) for item in read(text).items]

    def test_to_a_marker(self) -> None:
        text = 'SecAction "id:1,skipAfter:A"\nSecAction "id:2"\nSecMarker A\nSecMarker "B-C"'
        assert self.names(text) == ["1", "2", "A", "B-C"]
        assert read(text).items[0].skip_after == "A"  # type: ignore[union-attr]

    def test_over_a_number_of_rules_of_the_phase(self) -> None:
        text = 'SecAction "id:1,phase:1,skip:1"\nSecAction "id:2,phase:2"\nSecAction "id:3,phase:1"\nSecAction "id:4,phase:1"'
        assert self.names(text) == ["1", "2", "3", "skip of rule 1", "4"]
        assert read(text).items[0].skip_after == "skip of rule 1"  # type: ignore[union-attr]
        assert self.names(text.replace("skip:1", "skip:9")) == ["1", "2", "3", "4", "skip of rule 1"]

    def test_behind_a_rule(self) -> None:
        text = 'SecAction "id:1,skipAfter:3"\nSecAction "id:2,skipAfter:3"\nSecAction "id:3"\nSecAction "id:4"'
        assert self.names(text) == ["1", "2", "3", "3", "4"]

    def test_behind_a_rule_that_is_removed_or_left_out(self) -> None:
        text = 'SecAction "id:1,skipAfter:3"\nSecRule ARGS "@rbl x" "id:3"\nSecAction "id:4"'
        assert self.names(text) == ["1", "3", "4"]
        assert self.names(text + "\nSecRuleRemoveById 3") == ["1", "3", "4"]

    def test_to_nowhere(self) -> None:
        found = error('SecAction "id:1,skipAfter:END-AL"\nSecMarker END-ALL')
        assert "leads nowhere" in found.message
        assert found.hint == "did you mean 'END-ALL'?"


class TestSettings:
    def test_the_last_one_counts(self) -> None:
        found = read(
            "SecRuleEngine on\nSecruleengine DETECTIONONLY\nSecRequestBodyLimit 5\nSecArgumentSeparator ;\n"
            'SecResponseBodyMimeType text/plain text/html\nSecComponentSignature "A/1" \n'
        )
        assert found.settings == {
            "SecRuleEngine": "DetectionOnly",
            "SecRequestBodyLimit": "5",
            "SecArgumentSeparator": ";",
            "SecResponseBodyMimeType": "text/plain text/html",
        }
        assert found.signatures == ("A/1",)
        assert [(gap.what, gap.places) for gap in found.unenforced] == [
            ("SecRuleEngine", 2),
            ("SecRequestBodyLimit", 1),
            ("SecArgumentSeparator", 1),
            ("SecResponseBodyMimeType", 1),
        ]
        assert read("SecResponseBodyMimeType a/b\nSecResponseBodyMimeTypesClear").settings == {"SecResponseBodyMimeType": ""}

    @pytest.mark.parametrize(
        "text",
        [
            "SecRuleEngine",
            "SecRuleEngine 1",
            "SecRequestBodyLimit x",
            "SecRequestBodyLimit 1 2",
            "SecArgumentSeparator ab",
            "SecResponseBodyMimeTypesClear x",
            "SecRequestBodyLimitAction Maybe",
        ],
    )
    def test_mistakes(self, text: str) -> None:
        assert error(text)


class TestUnenforced:
    def gaps(self, text: str) -> list[str]:
        return [str(gap) for gap in read(text).unenforced]

    def test_an_operator(self) -> None:
        found = read('SecRule REMOTE_ADDR "!@rbl a.example" "id:5,chain"\nSecRule ARGS "@rx a" "t:none"\nSecAction "id:6"')
        assert [item.id for item in found.items if not isinstance(item, Marker)] == [6]
        (gap,) = found.unenforced
        assert (gap.rule, gap.what, gap.line, gap.whole) == (5, "@rbl", 1, True)
        assert str(gap).startswith("rules.conf:1: @rbl of rule 5 is not enforced: ")

    def test_a_target_among_others(self) -> None:
        found = read('SecRule ARGS|GEO:COUNTRY_CODE|!GEO "@rx a" "id:5"')
        assert [str(variable) for variable in next(found.rules).variables] == ["ARGS"]
        assert [(gap.what, gap.whole) for gap in found.unenforced] == [("GEO", False)]

    def test_the_only_target(self) -> None:
        found = read('SecRule ENV:PATH|!ARGS "@rx a" "id:5"')
        assert found.items == ()
        assert [(gap.what, gap.whole) for gap in found.unenforced] == [("ENV", True)]

    def test_expressions_of_xpath(self) -> None:
        found = read('SecRule ARGS|XML:/a/text() "@rx a" "id:5"\nSecRule XML:\'//b\'|XML:/c "@rx a" "id:6"')
        assert [str(variable) for variable in next(found.rules).variables] == ["ARGS"]
        assert [(gap.rule, gap.what, gap.whole) for gap in found.unenforced] == [
            (5, "XML:/a/text()", False),
            (6, "XML://b", True),
            (6, "XML:/c", True),
        ]

    def test_actions(self) -> None:
        found = read('SecRule ARGS "@rx a" "id:5,exec:/bin/x,append:x,proxy:http://a.example"')
        assert next(found.rules).actions == (Action("pass"),)
        assert [(gap.rule, gap.what) for gap in found.unenforced] == [(5, "append"), (5, "exec"), (5, "proxy")]

    def test_what_is_done_otherwise_is_told_once(self) -> None:
        text = 'SecRule &IP:a "@eq 0" "id:{0},setvar:ip.a=1,setvar:tx.a=1,expirevar:ip.a=5,ctl:auditLogParts=+E,initcol:ip=x"\n'
        found = read(text.format(1) + text.format(2) + "SecAuditLog /dev/null\n")
        assert len(found.items) == 2
        assert next(found.rules).assignments == (Assignment("TX", "a", "=", "1"),)
        assert next(found.rules).controls == ()
        assert [(gap.what, gap.places, gap.rule) for gap in found.unenforced] == [
            ("IP", 2, 0),
            ("ctl:auditLogParts", 2, 0),
            ("expirevar", 2, 0),
            ("initcol", 2, 0),
            ("setvar:ip", 2, 0),
            ("SecAuditLog", 1, 0),
        ]
        assert "rules.conf:1, and 1 more: IP is not enforced: always empty" in str(found.unenforced[0])

    def test_directives(self) -> None:
        assert "no scripts" in self.gaps('SecRuleScript /x.lua "id:1,phase:1,deny"')[0]
        assert "look-ups" in self.gaps("SecGeoLookupDb /x.mmdb")[0]

    def test_a_disruptive_default_that_is_not_enforced(self) -> None:
        found = read('SecDefaultAction "phase:1,proxy:http://a.example"\nSecRule ARGS "@rx a" "id:1,phase:1,block"')
        assert next(found.rules).disruptive == Action("pass")
        assert [gap.what for gap in found.unenforced] == ["proxy"]


class TestBounds:
    def test_octets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Bounds, "octets", 10)
        assert "MB" in error("# 0123456789").message

    def test_directives(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Bounds, "statements", 10)
        assert "more than 10 directives" in error("SecMarker A\n" * 11).message

    def test_lists(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = 'SecRule ARGS "@pmFromFile a.data a.data a.data" "id:1"'
        assert read(text, a__data=b"x\ny").data == {"a.data a.data a.data": (b"x", b"y") * 3}
        monkeypatch.setattr(Bounds, "phrases", 5)
        assert "more than 5 phrases" in error(text, a__data=b"x\ny").message
        monkeypatch.setattr(Bounds, "lists", 2)
        assert "more than 2 files" in error(text, a__data=b"x\ny").message

    def test_mistakes(self) -> None:
        assert len(errors("SecFoo\n" * 1_000)) == Bounds.mistakes
        assert (
            len(errors('SecAction "id:1,skipAfter:A"\n' + "".join(f'SecAction "id:{n},skipAfter:B"\n' for n in range(2, 500))))
            == 100
        )


CHAIN_WITH_SCRIPT = """
SecRule ARGS "@rx x" "id:1,phase:2,pass,chain"
    SecRuleScript plugin.lua "t:none,chain"
        SecRule TX:a "@eq 1" "setvar:tx.b=1"
SecRuleScript other.lua "id:2,phase:1,deny,chain"
    SecRule ARGS "@rx y" "t:none"
SecRule ARGS "@rx z" "id:3,phase:1,pass"
"""


def test_chains_with_scripts_are_left_out_as_a_whole() -> None:
    found = read(CHAIN_WITH_SCRIPT)
    assert [rule.id for rule in found.rules] == [3]
    assert [(gap.rule, gap.what, gap.whole) for gap in found.unenforced] == [
        (1, "SecRuleScript", True),
        (2, "SecRuleScript", True),
    ]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('SecAction "id:1,phase:1,pass,setvar:tx.now=%{TIME_EPOCH}"', "%{TIME_EPOCH}"),
        ('SecRule ARGS:port "@streq %{REMOTE_PORT}" "id:1,phase:1,pass"', "%{REMOTE_PORT}"),
        ('SecRule ARGS "@rx x" "id:1,phase:1,pass,msg:\'%{geo.country_name}\'"', "%{GEO}"),
        ('SecRule ARGS "@rx x" "id:1,phase:1,pass,chain"\nSecRule ARGS "@gt %{ip.count}" "t:none"', "%{IP}"),
        ('SecRule ARGS "@rx x" "id:1,phase:1,pass,logdata:\'%{rule.line}\'"', "%{RULE}"),
        ('SecRule INBOUND_DATA_ERROR "@eq 1" "id:1,phase:2,deny"', "INBOUND_DATA_ERROR"),
        ('SecRule MULTIPART_UNMATCHED_BOUNDARY "!@eq 0" "id:1,phase:2,deny"', "MULTIPART_UNMATCHED_BOUNDARY"),
        ('SecRule UNIQUE_ID "@rx ^(.)" "id:1,phase:1,pass"', "UNIQUE_ID"),
        ('SecAction "id:1,phase:1,pass,ctl:requestBodyAccess=Off"', "ctl:requestBodyAccess"),
        ('SecAction "id:1,phase:1,pass,ctl:responseBodyAccess=Off"', "ctl:responseBodyAccess"),
        ('SecAction "id:1,phase:1,pass,ctl:parseXmlIntoArgs=On"', "ctl:parseXmlIntoArgs"),
        ('SecAction "id:1,phase:1,pass,ctl:ruleRemoveByTag=ck,ctl:ruleRemoveById=7"', "ctl:ruleRemoveByTag=ck"),
        ('SecAction "id:1,phase:1,pass,ctl:ruleRemoveTargetByMsg=Att;ARGS:a"', "ctl:ruleRemoveTargetByMsg=Att"),
    ],
)
def test_what_has_no_value_or_no_aim_is_told(rule: str, told: str) -> None:
    found = read(rule + '\nSecRule ARGS "@rx evil" "id:9,phase:2,deny,tag:attack,msg:Attack"')
    assert [gap.what for gap in found.unenforced] == [told]
    assert found.unenforced[0].line == 1 + ("chain" in rule) and found.unenforced[0].why and len(list(found.rules)) >= 1


@pytest.mark.parametrize("macro", ["%{ tx.a}", "%{tx.a }", "%{}", "%{TX:/a/}", "%{tx.a{b}", "%{.a}"])
def test_macros_that_are_none(macro: str) -> None:
    assert "is no macro" in error(f'SecRule ARGS "@streq {macro}" "id:1,phase:1,pass"').message
    assert "is no macro" in error(f"SecAction \"id:1,phase:1,pass,setvar:'tx.b={macro}'\"").message
    assert not read(f'SecRule ARGS "@pm {macro}" "id:1,phase:1,pass"').unenforced


def test_macros_that_name_the_rule_itself() -> None:
    (rule,) = read("""
    SecRule ARGS "@rx x" "id:12,phase:1,pass,msg:'Found it',severity:ERROR,setvar:'tx.last=%{rule.msg}',chain"
        SecRule TX:a "@eq %{RULE.id}" "setvar:'tx.%{rule.id}-x=%{Rule.severity}'"
    """).rules
    assert rule.assignments[0].value == "Found it"
    assert rule.chained[0].operator.argument == "12"
    assert (rule.chained[0].assignments[0].key, rule.chained[0].assignments[0].value) == ("12-x", "ERROR")
