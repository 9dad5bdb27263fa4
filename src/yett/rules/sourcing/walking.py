"""Everything in an expression, one after the other. It must not know what is looked for."""

from collections.abc import Iterator

import msgspec

from yett.formats.python_source.tree import Expression, Parameter


def inside(expression: Expression) -> Iterator[Expression]:
    """An expression and everything in it, lambdas included; iterative, the nearest first."""
    waiting: list[object] = [expression]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            waiting += one
        elif isinstance(one, msgspec.Struct):
            if not isinstance(one, Parameter):
                yield one  # type: ignore[misc]
            waiting += [getattr(one, name) for name in one.__struct_fields__[2:]]
