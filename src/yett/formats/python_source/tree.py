"""A module of Python as frozen values: only what an analysis of flows needs, with places.

Lines and columns count from 1; columns count characters of the decoded text. Operators that join many operands have all of them in
one value, so that a long sum is wide and not deep; everything else is at most `DEEPEST` levels deep. It must not know the parser.
"""

from typing import Literal

import msgspec

from yett.model.mistake import Mistake

DEEPEST = 140
"""Levels of nesting of statements and expressions together; what is deeper is left out and reported."""


class Node(msgspec.Struct, frozen=True, gc=False):
    """Anything with a place."""

    line: int
    column: int


class Constant(Node, frozen=True, gc=False):
    """A literal. value: bytes literals are given as their text in Latin-1, numbers that are no Python number as None."""

    value: str | int | float | bool | None


class Name(Node, frozen=True, gc=False):
    id: str


class Attribute(Node, frozen=True, gc=False):
    value: "Expression"
    name: str


class Argument(Node, frozen=True, gc=False):
    """name: of a keyword; "*" and "**" for what is unpacked; "" by position."""

    name: str
    value: "Expression"


class Call(Node, frozen=True, gc=False):
    """text: the call as written, white space folded, cut off at 200 characters."""

    function: "Expression"
    arguments: tuple[Argument, ...]
    text: str


class Joined(Node, frozen=True, gc=False):
    """An f-string, or texts side by side."""

    parts: tuple["Expression", ...]


class Operation(Node, frozen=True, gc=False):
    """Operands of one operator of arithmetic ("+", "%", "/" …), or of "and" and "or"; "not" and signs have one operand."""

    operator: str
    operands: tuple["Expression", ...]


class Comparison(Node, frozen=True, gc=False):
    """operators: "==", "in", "not in", "is" …, one less than operands."""

    operators: tuple[str, ...]
    operands: tuple["Expression", ...]


class Subscript(Node, frozen=True, gc=False):
    """index: one expression; a Sequence for several; a Sequence of kind "slice" for a slice."""

    value: "Expression"
    index: "Expression"


class Sequence(Node, frozen=True, gc=False):
    kind: Literal["list", "tuple", "set", "slice"]
    items: tuple["Expression", ...]


class Mapping(Node, frozen=True, gc=False):
    """pairs: a key of None unpacks the value."""

    pairs: tuple[tuple["Expression | None", "Expression"], ...]


class Clause(Node, frozen=True, gc=False):
    """One `for target in iterable` of a comprehension, with its conditions."""

    target: "Expression"
    iterable: "Expression"
    conditions: tuple["Expression", ...]


class Comprehension(Node, frozen=True, gc=False):
    """element: for a mapping, a Sequence of key and value."""

    kind: Literal["list", "set", "mapping", "generator"]
    element: "Expression"
    clauses: tuple[Clause, ...]


class Conditional(Node, frozen=True, gc=False):
    test: "Expression"
    body: "Expression"
    orelse: "Expression"


class Parameter(Node, frozen=True, gc=False):
    """kind: "" for an ordinary one, "*" and "**" for those that gather."""

    name: str
    kind: str = ""
    annotation: "Expression | None" = None
    default: "Expression | None" = None


class Lambda(Node, frozen=True, gc=False):
    parameters: tuple[Parameter, ...]
    body: "Expression"


class Named(Node, frozen=True, gc=False):
    """`target := value`."""

    target: Name
    value: "Expression"


class Starred(Node, frozen=True, gc=False):
    value: "Expression"


class Yielded(Node, frozen=True, gc=False):
    value: "Expression | None"


class Other(Node, frozen=True, gc=False):
    """An expression without a meaning of its own here: its parts."""

    parts: tuple["Expression", ...] = ()


Expression = (
    Constant
    | Name
    | Attribute
    | Call
    | Joined
    | Operation
    | Comparison
    | Subscript
    | Sequence
    | Mapping
    | Comprehension
    | Conditional
    | Lambda
    | Named
    | Starred
    | Yielded
    | Other
)


class Function(Node, frozen=True, gc=False):
    """end: its last line."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    body: tuple["Statement", ...]
    end: int


class Class(Node, frozen=True, gc=False):
    name: str
    bases: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: tuple["Statement", ...]


class Assignment(Node, frozen=True, gc=False):
    """targets: several for `a = b = value`. value: None for a mere annotation. operator: of `+=` and its kin, else ""."""

    targets: tuple[Expression, ...]
    value: Expression | None
    annotation: Expression | None = None
    operator: str = ""


class Evaluated(Node, frozen=True, gc=False):
    """An expression for its effect."""

    value: Expression


class Return(Node, frozen=True, gc=False):
    value: Expression | None


class Raise(Node, frozen=True, gc=False):
    value: Expression | None


class Assertion(Node, frozen=True, gc=False):
    test: Expression


class Leave(Node, frozen=True, gc=False):
    """break and continue."""


class If(Node, frozen=True, gc=False):
    test: Expression
    body: tuple["Statement", ...]
    orelse: tuple["Statement", ...]


class Loop(Node, frozen=True, gc=False):
    """`for target in source`, or `while source` with a target of None."""

    target: Expression | None
    source: Expression
    body: tuple["Statement", ...]
    orelse: tuple["Statement", ...]


class Handler(Node, frozen=True, gc=False):
    kind: Expression | None
    name: str
    body: tuple["Statement", ...]


class Try(Node, frozen=True, gc=False):
    body: tuple["Statement", ...]
    handlers: tuple[Handler, ...]
    orelse: tuple["Statement", ...]
    final: tuple["Statement", ...]


class With(Node, frozen=True, gc=False):
    items: tuple[tuple[Expression, Expression | None], ...]
    body: tuple["Statement", ...]


class Case(Node, frozen=True, gc=False):
    """literal: the pattern is made of literals and dotted names only, so that whatever passes is one of a list."""

    names: tuple[str, ...]
    literal: bool
    guard: Expression | None
    body: tuple["Statement", ...]


class Match(Node, frozen=True, gc=False):
    subject: Expression
    cases: tuple[Case, ...]


class Import(Node, frozen=True, gc=False):
    """names: (what is bound, dotted module, name in it). A name of "" is the module itself, "*" everything in it.
    level: dots of a relative import."""

    names: tuple[tuple[str, str, str], ...]
    level: int = 0


Statement = (
    Function | Class | Assignment | Evaluated | Return | Raise | Assertion | Leave | If | Loop | Try | With | Match | Import
)


class Module(msgspec.Struct, frozen=True):
    """One file. problems: what of it could not be read, with lines; the rest is there. lines: as text, for showing."""

    file: str
    body: tuple[Statement, ...]
    lines: tuple[str, ...] = ()
    problems: tuple[Mistake, ...] = ()
