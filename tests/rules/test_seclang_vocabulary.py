"""What the vocabulary promises is what the engine of the rule language can do, and the other way round."""

from yett.formats.seclang.vocabulary import ACTIONS, CHOICES, CONTROLS, DIRECTIVES, OPERATORS, VARIABLES, Fate, suggestion
from yett.rules.seclang import operators, variables


def test_every_variable_that_is_honoured_has_values() -> None:
    promised = {word.name for word in VARIABLES.values() if word.fate in (Fate.HONOURED, Fate.OWN)}
    assert promised == set(variables.KNOWN)


def test_every_operator_that_is_honoured_can_be_asked() -> None:
    promised = {name for name, word in OPERATORS.items() if word.fate is Fate.HONOURED}
    assert promised == set(operators._OPERATORS) | set(operators._SPECIAL) | operators.EXPRESSIONS


def test_what_is_not_honoured_says_why() -> None:
    for table in (DIRECTIVES, VARIABLES, OPERATORS, ACTIONS, CONTROLS):
        for name, word in table.items():
            assert name == word.name.lower()
            assert word.fate is Fate.HONOURED or word.why, word.name
    assert set(CHOICES) <= set(ACTIONS) | set(CONTROLS)


def test_suggestions_are_bounded() -> None:
    assert suggestion("ARGZ", ["ARGS"]) == "did you mean 'ARGS'?"
    assert suggestion("something", ["else"]) == ""
    assert suggestion("A" * 65, ["A" * 66]) == ""
