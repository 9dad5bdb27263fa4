"""SecLang under random texts: what is written is what is read, nothing but the documented error is raised, time is linear."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats.seclang import Action, Assignment, Marker, Operator, RuleSet, SecAction, SecRule, Variable, read_seclang
from yett.formats.seclang.values import raw
from yett.formats.seclang.vocabulary import VARIABLES, Fate, Takes
from yett.formats.transformations import TRANSFORMATIONS
from yett.model.mistake import Mistake, PolicyErrors

# --- writing: the inverse of reading, in this test only ----------------------------------------------------------------------------

COLLECTIONS = sorted(
    word.name for word in VARIABLES.values() if word.fate is Fate.HONOURED and word.takes is Takes.MAYBE and word.name != "XML"
)
SCALARS = sorted(word.name for word in VARIABLES.values() if word.fate is Fate.HONOURED and word.takes is Takes.NOTHING)

plain = st.text(st.characters(blacklist_characters="\0\n\r", blacklist_categories=("Cs",)), min_size=1, max_size=30)
"""Text without what no argument can hold: NUL and line ends."""

words = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True)


def quotable(text: str) -> bool:
    """Whether text survives quoting: a backslash stays one, so that none may stand before a quote or at the end."""
    return "\\'" not in text and '\\"' not in text and not text.endswith("\\") and "%{" not in text


def in_double_quotes(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def in_single_quotes(text: str) -> str:
    return "'" + text.replace("'", "\\'") + "'"


texts = plain.filter(quotable).filter(lambda text: text.strip() == text and text)
operators = st.one_of(
    st.builds(Operator, st.sampled_from(["rx", "streq", "contains", "pm", "within", "beginswith"]), texts, st.booleans()),
    st.builds(Operator, st.sampled_from(["eq", "ge", "lt"]), st.integers(-99, 10**9).map(str), st.booleans()),
    st.builds(
        Operator, st.sampled_from(["detectsqli", "unconditionalmatch", "validateutf8encoding"]), st.just(""), st.booleans()
    ),
)
selectors = texts.filter(lambda text: not (text.startswith("/") and text.endswith("/")))
patterns = st.from_regex(r"[a-z.^$|()\[\] ]{1,20}", fullmatch=True).map(str.encode)
variables = st.one_of(
    st.builds(Variable, st.sampled_from(SCALARS), count=st.booleans()),
    st.builds(Variable, st.sampled_from(COLLECTIONS), st.none() | selectors, count=st.booleans()),
    st.builds(Variable, st.sampled_from(COLLECTIONS), st.none(), patterns).filter(
        lambda variable: variable.collection != "XML"
    ),
    st.builds(Variable, st.sampled_from(COLLECTIONS), selectors, exclude=st.just(True)),
)
metadata = st.one_of(
    st.builds(Action, st.sampled_from(["msg", "logdata", "tag"]), texts),
    st.builds(Action, st.sampled_from(["capture", "multimatch", "nolog"])),
)
assignments = st.builds(Assignment, st.just("TX"), words, st.sampled_from("=+-"), st.integers(0, 10**6).map(str)) | st.builds(
    Assignment, st.just("TX"), words, st.just("="), texts.filter(lambda text: text[0] not in "+-")
)


def written_variable(variable: Variable) -> str:
    text = ("!" if variable.exclude else "&" if variable.count else "") + variable.collection
    if variable.pattern is not None:
        return f"{text}:'/{variable.pattern.decode()}/'"
    return text if variable.selector is None else f"{text}:{in_single_quotes(variable.selector)}"


def written_action(action: Action) -> str:
    return action.name if action.argument is None else f"{action.name}:{in_single_quotes(action.argument)}"


def written_assignment(one: Assignment) -> str:
    sign = "" if one.operation == "=" else one.operation
    return "setvar:" + in_single_quotes(f"tx.{one.key}={sign}{one.value}")


def parse(text: str | bytes) -> RuleSet:
    return read_seclang({"r.conf": text if isinstance(text, bytes) else text.encode()}, ["r.conf"])


@given(
    st.lists(variables, min_size=1, max_size=5).filter(lambda found: not all(one.exclude for one in found)),
    operators,
    st.lists(metadata, max_size=5),
    st.lists(assignments, max_size=3),
    st.lists(st.sampled_from(sorted(TRANSFORMATIONS.keys() - {"none"})), max_size=4),
    st.integers(1, 5),
    st.sampled_from([", ", ",", ",\\\n   "]),
)
def test_what_is_written_is_read(
    targets: list[Variable],
    operator: Operator,
    actions: list[Action],
    sets: list[Assignment],
    transformations: list[str],
    phase: int,
    comma: str,
) -> None:
    argument = f" {operator.argument}" if operator.argument else ""
    judged = f"{'!' if operator.negated else ''}@{operator.name}{argument}"
    done = ["id:7", f"phase:{phase}", "deny", *(f"t:{name}" for name in transformations)]
    done += [written_action(action) for action in actions] + [written_assignment(one) for one in sets]
    plain_actions = ",".join(done).replace('"', '\\"').replace(",t:", f"{comma}t:")
    aimed = in_double_quotes("|".join(written_variable(one) for one in targets))
    (found,) = parse(f'SecRule {aimed} {in_double_quotes(judged)} "{plain_actions}"').items
    assert isinstance(found, SecRule)
    assert found.variables == tuple(dict.fromkeys(targets))
    assert found.operator == operator
    assert (found.id, found.phase, found.disruptive) == (7, phase, Action("deny"))
    assert found.transformations == tuple(transformations)
    assert found.assignments == tuple(sets)
    assert found.tags == tuple(action.argument for action in actions if action.name == "tag")
    assert found.logs is not any(action.name == "nolog" for action in actions)


# --- nothing but the documented error ----------------------------------------------------------------------------------------------

PIECES = [
    *[
        "SecRule ",
        "SecAction ",
        "SecMarker ",
        "SecDefaultAction ",
        "SecRuleUpdateTargetById ",
        "SecRuleRemoveByTag ",
        "Include ",
    ],
    *[
        "SecRuleUpdateActionById ",
        "SecRuleEngine ",
        "#",
        "# SecRule ",
        "\n",
        "\\\n",
        "\\\r\n",
        " ",
        "\t",
        '"',
        "'",
        '\\"',
        "\\'",
    ],
    *[
        "ARGS",
        "TX:",
        "|",
        "!",
        "&",
        ":/a/",
        "/",
        "XML:/*",
        "@rx ",
        "@pmFromFile ",
        "@eq 1",
        "@ipMatch ",
        "@",
        "%{tx.a}",
        "%{",
        "}",
    ],
    *[
        "id:1",
        "id:",
        "phase:2",
        ",",
        ":",
        ";",
        "=",
        "t:none",
        "t:",
        "msg:'a'",
        "chain",
        "skip:1",
        "skipAfter:A",
        "setvar:tx.a=1",
    ],
    *["ctl:ruleRemoveTargetById=1;ARGS", "ctl:", "severity:", "deny", "block", "A", "1-2", "9" * 30, "\0", "\x80", "é", "1:0"],
]


def attempt(content: bytes) -> RuleSet | tuple[Mistake, ...]:
    try:
        return parse(content)
    except PolicyErrors as refused:
        return refused.errors


def fits(content: bytes) -> None:
    """Read something; a mistake must lead to a place in the file."""
    lines = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n")
    found = attempt(content)
    if not isinstance(found, RuleSet):
        assert found
        for mistake in found:
            assert mistake.file == "r.conf"
            assert 1 <= mistake.line <= len(lines), mistake
            assert 1 <= mistake.column <= len(lines[mistake.line - 1]) + 1, mistake
            assert str(mistake)
        return
    for item in found.items:
        assert isinstance(item, Marker | SecAction | SecRule)
        if not isinstance(item, Marker):
            assert item.id > 0
            assert 0 <= (item.severity or 0) <= 7
            assert item.status >= 100
            assert item.disruptive.name != "block"
            assert sum(action.name == item.disruptive.name for action in item.actions) == 1
            assert all(raw(action.argument or "") is not None for action in item.actions)
    for gap in found.unenforced:
        assert str(gap)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_pieces_in_any_order(pieces: list[str]) -> None:
    fits("".join(pieces).encode("utf-8", "surrogateescape"))


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_octets(content: bytes) -> None:
    fits(content)


GOOD = b"""SecRule ARGS|!ARGS:/a|b/|&TX:'x y' "!@rx a\\"b%{tx.a}" \\
    "id:1,phase:2,block,t:none,t:lowercase,msg:'it\\'s',setvar:'tx.a=+%{tx.b}',ctl:ruleRemoveTargetById=1-2;ARGS:a,chain"
SecRule XML:/* "@ipMatch 192.0.2.0/24" "capture,setvar:!tx.a"
SecDefaultAction "phase:2,log,deny,status:404"
SecRuleUpdateTargetById 1:1 "!REQUEST_COOKIES:a"
SecAction "id:3,skipAfter:END"
SecMarker END
"""


@settings(max_examples=400)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 3), st.sampled_from(PIECES))
def test_a_good_text_with_one_change(at: int, removed: int, piece: str) -> None:
    fits(GOOD[:at] + piece.encode("utf-8", "surrogateescape") + GOOD[at + removed :])


def test_the_good_text_is_good() -> None:
    assert len(parse(GOOD).items) == 3


# --- time --------------------------------------------------------------------------------------------------------------------------

MB = 1_000_000

LONG = {
    "a long line": 'SecRule ARGS "@rx ' + "a" * MB + '" "id:1"',
    "escaped quotes": 'SecRule ARGS "@rx ' + '\\"' * (MB // 2) + '" "id:1"',
    "backslashes that never end": 'SecRule ARGS "@rx ' + "\\" * MB,
    "many actions": 'SecRule ARGS "@rx a" "id:1' + ",tag:a" * 100_000 + '"',
    "openings of macros": 'SecRule ARGS "@rx a" "id:1,msg:\'' + "%{a." * (MB // 4) + "'\"",
    "targets with blanks": "SecRule " + "ARGS:' '|" * (MB // 9) + 'ARGS "@rx a" "id:1"',
    "a pattern without end": "SecRule ARGS:/" + "a|" * (MB // 2) + ' "@rx a" "id:1"',
    "blanks": "SecRule" + " " * MB + 'ARGS "@rx a" "id:1"',
    "continued lines": "SecRule ARGS \\\n" + "\\\n" * (MB // 2) + ' "@rx a" "id:1"',
    "a mistake at the end": 'SecRule ARGS "@rx a" "id:1,' + "tag:a,\\\n" * (MB // 8) + 'foo"',
    "a deep chain": 'SecRule ARGS "@rx a" "id:1,chain"\n' + 'SecRule ARGS "@rx a" "chain"\n' * 30_000 + 'SecRule ARGS "@rx a"',
    "comments": "# a \\\n" * (MB // 6),
    "directives in comments": "#SecA \\\n" * (MB // 8),
    "skips to one place": "".join(f'SecAction "id:{number},skip:99999"\n' for number in range(1, 20_000)),
    "updates of one rule": 'SecAction "id:1"\n' + 'SecRuleUpdateActionById 1 "tag:a"\n' * 20_000,
}


@pytest.mark.parametrize("what", LONG)
def test_a_megabyte_takes_a_moment(what: str) -> None:
    """At most some seconds, where anything but linear time would take minutes."""
    content = LONG[what].encode()
    begin = time.process_time()
    attempt(content)
    assert time.process_time() - begin < 10.0
