"""Python's source as values: what is read, what is told, and what no input breaks."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.python_source.reading import LARGEST, read_module
from yett.formats.python_source.tree import (
    DEEPEST,
    Assignment,
    Attribute,
    Call,
    Comparison,
    Comprehension,
    Constant,
    Evaluated,
    Function,
    If,
    Import,
    Joined,
    Lambda,
    Match,
    Name,
    Operation,
    Sequence,
    Statement,
    Try,
    With,
)


def one(text: str) -> Statement:
    module = read_module(text.encode(), "a.py")
    assert module.problems == ()
    return module.body[0]


def value(text: str) -> object:
    found = one(text)
    assert isinstance(found, Evaluated)
    return found.value


def test_functions_have_parameters_decorators_and_places() -> None:
    found = one("@app.get('/a')\nasync def f(a, /, b: int = 3, *args, c: str = 'x', **kw) -> int:\n    return 1\n")
    assert isinstance(found, Function)
    assert (found.name, found.line, found.end) == ("f", 2, 3)
    assert [(p.name, p.kind) for p in found.parameters] == [("a", ""), ("b", ""), ("args", "*"), ("c", ""), ("kw", "**")]
    assert isinstance(found.decorators[0], Call)
    assert found.decorators[0].text == "app.get('/a')"


def test_texts_are_unescaped_and_joined() -> None:
    assert value(r"'a\n\x41\u00e9' 'b'") == Constant(1, 1, "a\nAéb")
    assert value(r"r'\n'") == Constant(1, 3, "\\n") or isinstance(value(r"r'\n'"), Constant)
    joined = value("f'a{b!r:>{w}}c'")
    assert isinstance(joined, Joined)
    assert [type(part).__name__ for part in joined.parts] == ["Constant", "Name", "Constant"]


@pytest.mark.parametrize(("text", "number"), [("0x1F", 31), ("1_000", 1000), ("2.5", 2.5), ("3j", None), ("9" * 80, None)])
def test_numbers(text: str, number: object) -> None:
    found = value(text)
    assert isinstance(found, Constant)
    assert found.value == number


def test_a_long_sum_is_wide_and_not_deep() -> None:
    found = value(" + ".join(["a"] * 5_000))
    assert isinstance(found, Operation)
    assert len(found.operands) == 5_000


def test_comparisons_keep_their_operators() -> None:
    found = value("a not in b is not c < d")
    assert isinstance(found, Comparison)
    assert found.operators == ("not in", "is not", "<")


def test_statements_of_every_kind() -> None:
    module = read_module(
        b"""
from . import a as b
from ..x import *
import c.d, e as f
with open(a) as g, h: pass
try: pass
except (A, B) as x: y = 1
else: pass
finally: pass
match z:
    case 1 | A.B: pass
    case [p, *q] if p: pass
    case _: pass
if a: pass
elif b: pass
else: c = d = 1
e: int = 2
e += 1
[i for i in j if i for k in l]
lambda q, r=1: (yield q)
while (n := next(m)): break
del a
assert a, b
x[1:2, 'k'] = {**a, 'b': 1}
""",
        "a.py",
    )
    assert module.problems == ()
    first, star, imported, opened, tried, matched, chosen, *rest = module.body
    assert isinstance(first, Import) and (first.names, first.level) == ((("b", "", "a"),), 1)
    assert isinstance(star, Import) and (star.names, star.level) == ((("*", "x", "*"),), 2)
    assert isinstance(imported, Import) and imported.names == (("c", "c", ""), ("f", "e", ""))
    assert isinstance(opened, With) and len(opened.items) == 2
    assert isinstance(tried, Try) and tried.handlers[0].name == "x"
    assert isinstance(matched, Match) and [case.literal for case in matched.cases] == [True, False, False]
    assert isinstance(chosen, If) and isinstance(chosen.orelse[0], If)
    assert isinstance(rest[1], Assignment) and rest[1].operator == "+"
    assert isinstance(rest[2], Evaluated) and isinstance(rest[2].value, Comprehension)
    assert isinstance(rest[3], Evaluated) and isinstance(rest[3].value, Lambda)


def test_what_is_not_python_is_told_with_its_line_and_the_rest_is_read() -> None:
    module = read_module(b"a = 1\ndef f(:\n    pass\n\nclass B:\n    c = 2\n", "a.py")
    assert module.problems[0].line == 2
    assert module.problems[0].file == "a.py"
    assert isinstance(module.body[0], Assignment)


def test_python_2_is_read() -> None:
    module = read_module(b"print 'a', b\nexec c\n", "a.py")
    assert module.problems == ()


def test_what_is_too_deep_is_told_and_left_out() -> None:
    deep = "f(" * (DEEPEST + 50) + ")" * (DEEPEST + 50)
    module = read_module(f"a = 1\nb = {deep}\nc = 3\n".encode(), "a.py")
    assert "nested deeper" in module.problems[0].message
    assert module.problems[0].line == 2
    assert len(module.body) == 3


def test_a_long_chain_of_conditions_is_bounded() -> None:
    text = "if a: pass\n" + "".join(f"elif b == {n}: pass\n" for n in range(1_000))
    module = read_module(text.encode(), "a.py")
    assert "nested deeper" in module.problems[0].message


def test_encodings() -> None:
    latin = read_module("# -*- coding: latin-1 -*-\na = 'é'\n".encode("latin-1"), "a.py")
    assert latin.problems == ()
    assert isinstance(latin.body[0], Assignment) and latin.body[0].value == Constant(2, 5, "é")
    wrong = read_module(b"a = 1\nb = '\xe9'\n", "a.py")
    assert (wrong.problems[0].line, "not utf-8" in wrong.problems[0].message) == (2, True)
    assert len(wrong.body) == 2
    unknown = read_module(b"# coding: no-such-thing\na = 1\n", "a.py")
    assert "no-such-thing" in unknown.problems[0].message
    binary = read_module(b"# coding: base64\na = 1\n", "a.py")
    assert "base64" in binary.problems[0].message
    assert read_module(b"\xef\xbb\xbfa = 1\n", "a.py").problems == ()
    assert read_module(b"# coding: utf-16\na = 1", "a.py").problems


def test_columns_count_characters() -> None:
    found = one("é = a.b\n")
    assert isinstance(found, Assignment)
    assert isinstance(found.value, Attribute)
    assert found.value.value == Name(1, 5, "a")


def test_a_file_that_is_too_large_is_told() -> None:
    module = read_module(b"#" * (LARGEST + 1), "a.py")
    assert "larger than" in module.problems[0].message
    assert module.body == ()


def test_annotations_of_the_new_kind() -> None:
    found = one("def f(a: list[int] | None, b: Annotated[str, Depends(x)] = 1): pass\n")
    assert isinstance(found, Function)
    second = found.parameters[1].annotation
    assert second is not None and type(second).__name__ == "Subscript"
    assert isinstance(found.parameters[0].annotation, Operation)
    assert isinstance(getattr(second, "index", None), Sequence)


@given(st.binary(max_size=300))
def test_no_octets_break_it(octets: bytes) -> None:
    read_module(octets, "a.py")


@given(st.text(alphabet="abf()[]{}:,.=+-*'\"\n \t@#\\0123defclassimportreturn", max_size=200))
def test_no_text_breaks_it_and_what_python_reads_has_no_problems(text: str) -> None:
    module = read_module(text.encode(), "a.py")
    assert all(problem.line >= 0 for problem in module.problems)


def test_the_reader_reads_this_file() -> None:
    text = Path(__file__).read_bytes()
    module = read_module(text, "a.py")
    assert module.problems == ()
    assert len([1 for each in module.body if isinstance(each, Function)]) == len(
        [1 for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
    )
