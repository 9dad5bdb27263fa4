"""Expressions of the parser's tree as values of `tree`. It must not know statements, nor what is looked for."""

from collections.abc import Callable

from tree_sitter import Node

from yett.formats.python_source.literals import LONGEST, number, unescaped
from yett.formats.python_source.tree import (
    DEEPEST,
    Argument,
    Attribute,
    Call,
    Clause,
    Comparison,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Joined,
    Lambda,
    Mapping,
    Name,
    Named,
    Operation,
    Other,
    Parameter,
    Sequence,
    Starred,
    Subscript,
    Yielded,
)
from yett.model.mistake import Mistake

_CALL = 200
_SEQUENCES = {
    "list": "list",
    "list_pattern": "list",
    "tuple": "tuple",
    "tuple_pattern": "tuple",
    "pattern_list": "tuple",
    "expression_list": "tuple",
    "set": "set",
    "slice": "slice",
}
_WRAPPERS = frozenset(
    (
        "parenthesized_expression",
        "await",
        "type",
        "as_pattern_target",
        "interpolation",
        "expression_statement",
        "format_expression",
    )
)
_COMPREHENSIONS = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "mapping",
    "generator_expression": "generator",
}
_ATOMS: dict[str, bool | None] = {"true": True, "false": False, "none": None, "ellipsis": None}


class Expressions:
    """Reads nodes of one source. problems: what was left out."""

    def __init__(self, source: bytes, file: str) -> None:
        self.source, self.file = source, file
        self._ascii = source.isascii()
        self.problems: list[Mistake] = []
        self._makers: dict[str, Callable[[Node, int], Expression]] = {
            "identifier": self._name,
            "attribute": self._attribute,
            "member_type": self._attribute,
            "call": self._call,
            "string": self._string,
            "concatenated_string": self._texts,
            "integer": self._number,
            "float": self._number,
            "binary_operator": self._operation,
            "boolean_operator": self._operation,
            "union_type": self._union,
            "not_operator": self._unary,
            "unary_operator": self._unary,
            "comparison_operator": self._comparison,
            "subscript": self._subscript,
            "generic_type": self._generic,
            "dictionary": self._mapping,
            "conditional_expression": self._conditional,
            "lambda": self._lambda,
            "named_expression": self._named,
            "list_splat": self._starred,
            "list_splat_pattern": self._starred,
            "dictionary_splat": self._starred,
            "dictionary_splat_pattern": self._starred,
            "yield": self._yield,
            "dotted_name": self._dotted,
        }

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def place(self, node: Node) -> tuple[int, int]:
        """Line and column, from 1; the parser counts octets."""
        row, column = node.start_point
        if not self._ascii:
            column = len(self.source[node.start_byte - column : node.start_byte].decode("utf-8", "replace"))
        return row + 1, column + 1

    @staticmethod
    def parts(node: Node) -> list[Node]:
        """Named children, without comments."""
        return [one for one in node.named_children if one.type not in ("comment", "line_continuation")]

    def too_deep(self, node: Node) -> None:
        line, column = self.place(node)
        self.problems.append(Mistake(f"nested deeper than {DEEPEST} levels; left out", self.file, line, column))

    def expression(self, node: Node | None, depth: int) -> Expression:
        """Any expression; one that is nested too deeply is left out and told."""
        if node is None:
            return Other(0, 0)
        while node.type in _WRAPPERS:
            inner = self.parts(node)
            if not inner:
                return Other(*self.place(node))
            node = inner[0]
        if depth > DEEPEST:
            self.too_deep(node)
            return Other(*self.place(node))
        kind = node.type
        make = self._makers.get(kind)
        if make is not None:
            return make(node, depth + 1)
        if kind in _SEQUENCES:
            return Sequence(*self.place(node), _SEQUENCES[kind], self._each(self.parts(node), depth + 1))  # type: ignore[arg-type]
        if kind in _COMPREHENSIONS:
            return self._comprehension(node, depth + 1)
        if kind in _ATOMS:
            return Constant(*self.place(node), _ATOMS[kind])
        return Other(*self.place(node), self._each(self.parts(node), depth + 1))

    def _each(self, nodes: list[Node], depth: int) -> tuple[Expression, ...]:
        return tuple(self.expression(one, depth) for one in nodes)

    def _name(self, node: Node, _: int) -> Expression:
        return Name(*self.place(node), self.text(node))

    def _dotted(self, node: Node, _: int) -> Expression:
        first, *rest = self.text(node).replace(" ", "").split(".")
        made: Expression = Name(*self.place(node), first)
        for name in rest[:DEEPEST]:
            made = Attribute(*self.place(node), made, name)
        return made

    def _attribute(self, node: Node, depth: int) -> Expression:
        named = self.parts(node)
        if len(named) < 2:
            return Other(*self.place(node))
        line, column = self.place(named[-1])
        return Attribute(line, column, self.expression(named[0], depth), self.text(named[-1]))

    def _call(self, node: Node, depth: int) -> Expression:
        function = self.expression(node.child_by_field_name("function"), depth)
        given = node.child_by_field_name("arguments")
        found: tuple[Argument, ...] = ()
        if given is not None and given.type == "generator_expression":
            found = (Argument(*self.place(given), "", self.expression(given, depth)),)
        elif given is not None:
            found = self.arguments(given, depth)
        text = " ".join(self.text(node)[: 4 * _CALL].split())[:_CALL]
        return Call(*self.place(node), function, found, text)

    def arguments(self, node: Node, depth: int) -> tuple[Argument, ...]:
        """Of a call, or of a class's bases."""
        return tuple(self._argument(one, depth) for one in self.parts(node))

    def _argument(self, node: Node, depth: int) -> Argument:
        if node.type == "keyword_argument":
            name = node.child_by_field_name("name")
            value = self.expression(node.child_by_field_name("value"), depth)
            return Argument(*self.place(node), self.text(name) if name else "", value)
        stars = {"list_splat": "*", "dictionary_splat": "**"}.get(node.type, "")
        value = self.expression(self.parts(node)[0] if stars and self.parts(node) else node, depth)
        return Argument(*self.place(node), stars, value)

    def _string(self, node: Node, depth: int) -> Expression:
        pieces: list[Expression] = []
        raw = False
        for one in node.named_children:
            if one.type == "string_start":
                raw = b"r" in self.source[one.start_byte : one.end_byte].lower()
            elif one.type == "string_content":
                text = self.text(one)[:LONGEST]
                pieces.append(Constant(*self.place(one), text if raw else unescaped(text)))
            elif one.type == "interpolation":
                pieces.append(self.expression(one, depth))
        if all(isinstance(one, Constant) for one in pieces):
            return Constant(*self.place(node), "".join(str(one.value) for one in pieces if isinstance(one, Constant)))
        return Joined(*self.place(node), tuple(pieces))

    def _texts(self, node: Node, depth: int) -> Expression:
        parts = self._each(self.parts(node), depth)
        if all(isinstance(one, Constant) for one in parts):
            return Constant(*self.place(node), "".join(str(one.value) for one in parts if isinstance(one, Constant))[:LONGEST])
        return Joined(*self.place(node), parts)

    def _number(self, node: Node, _: int) -> Expression:
        return Constant(*self.place(node), number(self.text(node)[:80]))

    def _operation(self, node: Node, depth: int) -> Expression:
        """One operator's chain, from the left spine of the tree, which may be long."""
        operator = self._operator(node)
        spine: list[Node] = []
        left: Node | None = node
        while left is not None and left.type == node.type and self._operator(left) == operator:
            right = left.child_by_field_name("right")
            if right is not None:
                spine.append(right)
            left = left.child_by_field_name("left")
        operands = [self.expression(left, depth), *(self.expression(one, depth) for one in reversed(spine))]
        return Operation(*self.place(node), operator, tuple(operands))

    def _operator(self, node: Node) -> str:
        found = node.child_by_field_name("operator")
        return self.text(found) if found is not None else ""

    def _union(self, node: Node, depth: int) -> Expression:
        return Operation(*self.place(node), "|", self._each(self.parts(node), depth))

    def _unary(self, node: Node, depth: int) -> Expression:
        operator = "not" if node.type == "not_operator" else self._operator(node)
        return Operation(*self.place(node), operator, (self.expression(node.child_by_field_name("argument"), depth),))

    def _comparison(self, node: Node, depth: int) -> Expression:
        operators = [" ".join(self.text(one).split()) for one in node.children_by_field_name("operators")]
        words: list[str] = []
        for one in operators:  # "not in" and "is not" come as one or as two tokens
            if words and (words[-1], one) in (("not", "in"), ("is", "not")):
                words[-1] += f" {one}"
            else:
                words.append(one)
        return Comparison(*self.place(node), tuple(words), self._each(self.parts(node), depth))

    def _subscript(self, node: Node, depth: int) -> Expression:
        value, *index = self.parts(node)
        return Subscript(*self.place(node), self.expression(value, depth), self._index(node, index, depth))

    def _generic(self, node: Node, depth: int) -> Expression:
        """`List[int]` in an annotation."""
        first, *rest = self.parts(node)
        index = self.parts(rest[0]) if rest else []
        return Subscript(*self.place(node), self.expression(first, depth), self._index(node, index, depth))

    def _index(self, node: Node, index: list[Node], depth: int) -> Expression:
        if len(index) == 1:
            return self.expression(index[0], depth)
        return Sequence(*self.place(node), "tuple", self._each(index, depth))

    def _mapping(self, node: Node, depth: int) -> Expression:
        pairs: list[tuple[Expression | None, Expression]] = []
        for one in self.parts(node):
            if one.type == "pair":
                key = self.expression(one.child_by_field_name("key"), depth)
                pairs.append((key, self.expression(one.child_by_field_name("value"), depth)))
            elif self.parts(one):
                pairs.append((None, self.expression(self.parts(one)[0], depth)))
        return Mapping(*self.place(node), tuple(pairs))

    def _comprehension(self, node: Node, depth: int) -> Expression:
        element: Expression = Other(*self.place(node))
        clauses: list[Clause] = []
        for one in self.parts(node):
            if one.type == "for_in_clause":
                target, source = one.child_by_field_name("left"), one.child_by_field_name("right")
                clauses.append(Clause(*self.place(one), self.expression(target, depth), self.expression(source, depth), ()))
            elif one.type == "if_clause" and clauses and self.parts(one):
                last = clauses[-1]
                wanted = (*last.conditions, self.expression(self.parts(one)[0], depth))
                clauses[-1] = Clause(last.line, last.column, last.target, last.iterable, wanted)
            elif one.type == "pair":
                element = Sequence(*self.place(one), "tuple", self._each(self.parts(one), depth))
            elif not clauses:
                element = self.expression(one, depth)
        return Comprehension(*self.place(node), _COMPREHENSIONS[node.type], element, tuple(clauses))  # type: ignore[arg-type]

    def _conditional(self, node: Node, depth: int) -> Expression:
        parts = self._each(self.parts(node), depth)
        if len(parts) != 3:
            return Other(*self.place(node), parts)
        return Conditional(*self.place(node), parts[1], parts[0], parts[2])

    def _lambda(self, node: Node, depth: int) -> Expression:
        given = node.child_by_field_name("parameters")
        parameters = self.parameters(given, depth) if given is not None else ()
        return Lambda(*self.place(node), parameters, self.expression(node.child_by_field_name("body"), depth))

    def parameters(self, node: Node, depth: int) -> tuple[Parameter, ...]:
        """Of a function or lambda, in order."""
        found: list[Parameter] = []
        for one in self.parts(node):
            name = one.child_by_field_name("name") or (self.parts(one)[0] if self.parts(one) else one)
            kind = {"list_splat_pattern": "*", "dictionary_splat_pattern": "**"}
            stars = kind.get(one.type, "") or kind.get(name.type, "")
            if one.type in ("keyword_separator", "positional_separator"):
                continue
            annotation, default = one.child_by_field_name("type"), one.child_by_field_name("value")
            found.append(
                Parameter(
                    *self.place(one),
                    self.text(name).lstrip("*").strip(),
                    stars,
                    self.expression(annotation, depth) if annotation is not None else None,
                    self.expression(default, depth) if default is not None else None,
                )
            )
        return tuple(found)

    def _named(self, node: Node, depth: int) -> Expression:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        target = Name(*self.place(node), self.text(name) if name is not None else "")
        return Named(*self.place(node), target, self.expression(value, depth))

    def _starred(self, node: Node, depth: int) -> Expression:
        parts = self.parts(node)
        return Starred(*self.place(node), self.expression(parts[0] if parts else None, depth))

    def _yield(self, node: Node, depth: int) -> Expression:
        parts = self.parts(node)
        return Yielded(*self.place(node), self.expression(parts[0], depth) if parts else None)
