"""Everything in an expression, one after the other. It must not know what is looked for."""

from collections.abc import Iterator

import msgspec

from yett.formats.python_source.tree import Expression, Parameter


def children(one: Expression) -> list[Expression]:
    """What stands directly in an expression, parameters of lambdas left out."""
    found: list[Expression] = []
    waiting: list[object] = [getattr(one, name) for name in one.__struct_fields__[2:]]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting += each
        elif isinstance(each, msgspec.Struct) and not isinstance(each, Parameter):
            found.append(each)  # type: ignore[arg-type]
    return found


def inside(expression: Expression) -> Iterator[Expression]:
    """An expression and everything in it, lambdas included; iterative."""
    waiting = [expression]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children(one)
