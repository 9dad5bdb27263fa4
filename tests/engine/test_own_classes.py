"""Classes of sensitive data that an owner writes: what is right works, what is wrong is said where it stands."""

import pytest

from yett.engine.classes import classifier
from yett.engine.own_classes import MOST, own_classes
from yett.formats import yaml

GOOD = """
- id: loyalty-card
  title: Number of a loyalty card
  category: finance
  severity: high
  names: [Loyalty Card, club number]
  forms:
    - {pattern: 'LC-[0-9]{9}', check: luhn}
  matches: [{name: clubNumber, value: LC-123456782}, {value: LC-123456782}]
  passes: [{name: clubNumber, value: none}, {value: LC-123456783}]
- id: room
  title: Room of an employee
  hints: [room]
  broader: postal-address
  forms: [{pattern: '[A-Z][0-9]{3}', within: 'room [A-Z][0-9]{3}'}]
  matches: [{name: employee.room, value: B123}, {name: note, value: 'find me in room B123 today'}]
"""


def read(text: str):
    document = yaml.read(text.encode(), "own.yaml")
    mistakes = []
    found = own_classes(
        document.tree, "", lambda pointer, message, hint: mistakes.append(document.mistake(pointer, message, hint))
    )
    return found, mistakes


def test_own_classes_work_beside_the_built_in_ones():
    own, mistakes = read(GOOD)
    assert mistakes == []
    classify = classifier(own)
    assert classify("clubNumber", "", "LC-123456782") == ("loyalty-card",)
    assert classify("anything", "", "LC-123456782") == ("loyalty-card",)
    assert classify("email", "", "ana@example.org") == ("email",)
    assert classify("room", "employee", "B123") == ("room",)


def test_a_class_of_a_built_in_id_replaces_it():
    own, mistakes = read("- {id: email, title: Mail, names: [mail drop], forms: [{pattern: 'drop-[0-9]+'}]}")
    assert mistakes == []
    classify = classifier(own)
    assert classify("x", "", "ana@example.org") == ()
    assert classify("mailDrop", "", "drop-7") == ("email",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- {title: x}", 1, "id"),
        ("- {id: a, title: x, nmes: [b]}", 1, "nmes"),
        ("- {id: a b, title: x, names: [bb]}", 1, "regex"),
        ("- id: a\n  title: x\n  names: [bb]\n  forms:\n    - {pattern: '(?=a)b'}", 5, "not a regular expression"),
        ("- id: a\n  title: x\n  names: [bb]\n  forms:\n    - {pattern: 'a', within: '('}", 5, "not a regular expression"),
        ("- id: a\n  title: x\n  forms: [{pattern: 'a+'}]", 1, "nothing could find"),
        ("- id: a\n  title: x\n  names: [bb]\n  broader: emial", 4, "there is no class 'emial'"),
        ("- {id: a, title: x, names: [bb]}\n- {id: a, title: x, names: [bb]}", 2, "stands twice"),
        ("- id: a\n  title: x\n  names: [zork]\n  matches:\n    - {name: other, value: x}", 5, "is not found"),
        ("- id: a\n  title: x\n  names: [zork]\n  passes:\n    - {name: zork, value: y}", 5, "is found"),
        ("- id: a\n  title: x\n  names: [bb]\n  severity: worst", 4, "worst"),
        ("- id: a\n  title: x\n  names: [bb]\n  forms: [{pattern: a, check: crc}]", 4, "crc"),
        ("{}", 1, ""),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(text, line, words):
    own, mistakes = read(text)
    assert own == ()
    assert mistakes
    assert mistakes[0].line == line
    assert words in str(mistakes[0])


def test_a_hint_names_what_was_meant():
    _, mistakes = read("- id: a\n  title: x\n  names: [bb]\n  broader: emial")
    assert "email" in mistakes[0].hint


@pytest.mark.parametrize(
    ("check", "right"),
    [("mod97", "79444"), ("mod11-2", "079X"), ("mod37-36", "A12425GABC1234002M"), ("verhoeff", "2363"), ("mod11-10", "07945")],
)
def test_kinds_of_check_digits(check, right):
    own, mistakes = read(
        f"- {{id: a, title: x, forms: [{{pattern: '[0-9A-Z-]{{3,30}}', check: {check}, chance: 0.01}}], hints: [zork]}}"
    )
    assert mistakes == []
    classify = classifier(own)
    assert "a" in classify("zork", "", right)
    assert "a" not in classify("zork", "", right[:-1] + ("1" if right[-1] != "1" else "2"))


def test_too_many_are_refused():
    _, mistakes = read("\n".join(f"- {{id: a{number}, title: x, names: [bb]}}" for number in range(MOST + 1)))
    assert "more than" in str(mistakes[0])
