"""Trees to Structs: every mistake at its place, in words for people, and settings of guards of any shape."""

from enum import Enum
from typing import Annotated, Any, Literal, cast

import msgspec
import pytest
from msgspec import Meta

from yett.engine import settings
from yett.engine.convert import convert, escape, similar
from yett.engine.settings import choose
from yett.model.rule import Confidence, Prepared, Rule, Scope, Severity
from yett.rules.registry import Guard


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    number: Annotated[int, Meta(ge=1)]
    colour: Colour = Colour.RED


class Open(msgspec.Struct, frozen=True):
    anything: int = 0


class Outer(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    inner: Inner | None = None
    many: list[Inner] = []
    named: dict[str, Inner] = {}
    pair: tuple[int, str] = (1, "")
    either: int | list[str] = 0
    word: Literal["yes", "no"] | None = None
    two_parts: str = ""
    open: Open = Open()

    def __post_init__(self) -> None:
        if self.two_parts == "bad":
            raise ValueError("not that")


def mistakes(tree: Any) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    result = convert(tree, Outer, "/at", lambda *mistake: found.append(mistake))
    assert (result is None) == bool(found)
    return found


def test_what_fits() -> None:
    tree = {"inner": {"number": 1}, "named": {"a": {"number": 2, "colour": "blue"}}, "two-parts": "x", "open": {"other": 1}}
    found = convert(tree, Outer, "", lambda *mistake: pytest.fail(str(mistake)))
    assert found == Outer(inner=Inner(1), named={"a": Inner(2, Colour.BLUE)}, two_parts="x")


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"inner": {"number": 0}}, ("/at/inner/number", "expected a whole number >= 1", "")),
        ({"inner": {}}, ("/at/inner#", "'number' is missing", "")),
        ({"inner": 3}, ("/at/inner", "expected a mapping, got a whole number", "")),
        ({"inner": {"number": 1, "color": "red"}}, ("/at/inner/color#", "unknown key 'color'", "did you mean 'colour'?")),
        (
            {"inner": {"number": 1, "colour": "rot"}},
            ("/at/inner/colour", "'rot' is not one of the choices", "known: blue, red"),
        ),
        ({"many": [{"number": 1}, {"number": "1"}]}, ("/at/many/1/number", "expected a whole number, got text", "")),
        ({"many": {"number": 1}}, ("/at/many", "expected a list, got a mapping", "")),
        ({"named": {"a/b": {"number": 1.5}}}, ("/at/named/a~1b/number", "expected a whole number, got a number", "")),
        ({"pair": [1, 2]}, ("/at/pair/1", "expected text, got a whole number", "")),
        ({"either": "x"}, ("/at/either", "expected a whole number or a list, got text", "")),
        ({"either": [True]}, ("/at/either/0", "expected text, got true or false", "")),
        ({"word": "maybe"}, ("/at/word", "'maybe' is not one of the choices", "known: no, yes")),
        ({"two-parts": "bad"}, ("/at", "not that", "")),
        ({"two_parts": "x"}, ("/at/two_parts#", "unknown key 'two_parts'", "did you mean 'two-parts'?")),
    ],
)
def test_what_does_not_fit(tree: Any, expected: tuple[str, str, str]) -> None:
    (found,) = mistakes(tree)
    assert found == expected


def test_everything_at_once() -> None:
    assert [pointer for pointer, _, _ in mistakes({"inner": {"number": 0, "x": 1}, "many": [1, {}], "y": 2})] == [
        "/at/inner/number",
        "/at/inner/x#",
        "/at/many/0",
        "/at/many/1#",
        "/at/y#",
    ]


def test_hints() -> None:
    assert similar("mod", ["mode", "rules"]) == "did you mean 'mode'?"
    assert similar("zzz", ["b", "a"]) == "known: a, b"
    assert similar("zzz", [f"key{n}" for n in range(31)]) == ""
    assert similar("zzz", []) == ""
    assert escape("a/b~c") == "a~1b~0c"


# --- guards of third parties ----------------------------------------------------------------------------------------


class Plain(msgspec.Struct, forbid_unknown_fields=True):
    """Options that do not repeat the entry."""

    realm: str = ""


class Needy(msgspec.Struct, forbid_unknown_fields=True):
    level: int


def guard(rule: str, entry: str, options: type[msgspec.Struct]) -> Guard:
    made = Rule(id=rule, title=rule, severity=Severity.LOW, confidence=Confidence.LOW, setting="doors", entry=entry)
    return Guard(made, options, lambda options, scope: cast("Scope", scope) and Prepared(), "manual")


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> None:
    group = (guard("a", "plain", Plain), guard("b", "needy", Needy))
    monkeypatch.setattr(settings, "by_setting", lambda: {"doors": group})


def chosen(value: Any) -> tuple[list[tuple[str, Any, str]], list[tuple[str, str, str]]]:
    found: list[tuple[str, str, str]] = []
    made = choose("doors", value, "/doors", lambda *mistake: found.append(mistake))
    return [(one.guard.rule.id, one.options, one.pointer) for one in made], found


@pytest.mark.usefixtures("doors")
def test_entries_whose_options_stand_below_their_name() -> None:
    made, found = chosen(["plain", {"plain": None}, {"plain": {"realm": "x"}}, {"needy": {"level": 1}}])
    assert found == []
    assert made == [
        ("a", Plain(), "/doors/0/plain"),
        ("a", Plain(), "/doors/1/plain"),
        ("a", Plain("x"), "/doors/2/plain"),
        ("b", Needy(1), "/doors/3/needy"),
    ]


@pytest.mark.usefixtures("doors")
def test_what_does_not_belong_beside_an_entry() -> None:
    _, found = chosen([{"plain": {}, "realm": "x"}, "needy"])
    assert found == [
        ("/doors/0/realm#", "'realm' does not belong beside 'plain'", "options stand below 'plain'"),
        ("/doors/1/needy#", "'level' is missing", ""),
    ]


def test_settings_that_two_guards_share(monkeypatch: pytest.MonkeyPatch) -> None:
    group = (guard("a", "", Plain), guard("b", "", Needy))
    monkeypatch.setattr(settings, "by_setting", lambda: {"doors": group})
    made, found = chosen({"realm": "x", "level": 2})
    assert found == []
    assert [options for _, options, _ in made] == [Plain("x"), Needy(2)]
    _, found = chosen({"reelm": "x", "level": 2})
    assert found == [("/doors/reelm#", "unknown key 'reelm'", "did you mean 'realm'?")]
