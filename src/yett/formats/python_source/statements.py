"""Statements of the parser's tree as values of `tree`. It must not know what is looked for."""

from collections.abc import Callable, Iterator

from tree_sitter import Node

from yett.formats.python_source.expressions import Expressions
from yett.formats.python_source.tree import (
    DEEPEST,
    Assertion,
    Assignment,
    Case,
    Class,
    Evaluated,
    Expression,
    Function,
    Handler,
    If,
    Import,
    Leave,
    Loop,
    Match,
    Other,
    Raise,
    Return,
    Statement,
    Try,
    With,
)

_SILENT = frozenset(("pass_statement", "global_statement", "nonlocal_statement", "comment", "type_alias_statement"))
_CAPTURING = frozenset(("class_pattern", "splat_pattern", "as_pattern", "dict_pattern", "list_pattern", "tuple_pattern"))


class Statements(Expressions):
    """Reads whole blocks of one source."""

    def __init__(self, source: bytes, file: str) -> None:
        super().__init__(source, file)
        self._kinds: dict[str, Callable[[Node, int], Statement]] = {
            "function_definition": self._function,
            "class_definition": self._class,
            "decorated_definition": self._decorated,
            "expression_statement": self._evaluated,
            "return_statement": self._return,
            "raise_statement": self._raise,
            "assert_statement": self._assert,
            "break_statement": self._leave,
            "continue_statement": self._leave,
            "if_statement": self._if,
            "for_statement": self._for,
            "while_statement": self._while,
            "try_statement": self._try,
            "with_statement": self._with,
            "match_statement": self._match,
            "import_statement": self._import,
            "import_from_statement": self._import_from,
        }

    def block(self, node: Node | None, depth: int) -> tuple[Statement, ...]:
        """All statements of a block; what an error of the grammar holds is read as far as it goes."""
        return tuple(self._statements(node, depth)) if node is not None else ()

    def _statements(self, node: Node, depth: int) -> Iterator[Statement]:
        for one in node.named_children:
            if one.type in _SILENT:
                continue
            if depth > DEEPEST:
                self.too_deep(one)
                return
            make = self._kinds.get(one.type)
            if make is not None:
                yield make(one, depth + 1)
            elif one.type in ("ERROR", "block"):
                yield from self.block(one, depth + 1)
            else:
                yield Evaluated(*self.place(one), self.expression(one, depth + 1))

    def _body(self, node: Node, depth: int) -> tuple[Statement, ...]:
        return self.block(node.child_by_field_name("body"), depth)

    def _function(self, node: Node, depth: int, decorators: tuple[Expression, ...] = ()) -> Statement:
        name, given = node.child_by_field_name("name"), node.child_by_field_name("parameters")
        returns = node.child_by_field_name("return_type")
        return Function(
            *self.place(node),
            self.text(name) if name is not None else "",
            self.parameters(given, depth) if given is not None else (),
            self.expression(returns, depth) if returns is not None else None,
            decorators,
            self._body(node, depth),
            node.end_point[0] + 1,
        )

    def _class(self, node: Node, depth: int, decorators: tuple[Expression, ...] = ()) -> Statement:
        name, given = node.child_by_field_name("name"), node.child_by_field_name("superclasses")
        bases = self.arguments(given, depth) if given is not None else ()
        return Class(*self.place(node), self.text(name) if name is not None else "", bases, decorators, self._body(node, depth))

    def _decorated(self, node: Node, depth: int) -> Statement:
        parts = self.parts(node)
        decorators = tuple(
            self.expression(self.parts(one)[0], depth) for one in parts if one.type == "decorator" and self.parts(one)
        )
        definition = node.child_by_field_name("definition")
        if definition is None:
            return Evaluated(*self.place(node), Other(*self.place(node), decorators))
        make = self._class if definition.type == "class_definition" else self._function
        return make(definition, depth, decorators)

    def _evaluated(self, node: Node, depth: int) -> Statement:
        parts = self.parts(node)
        if len(parts) != 1:
            return Evaluated(*self.place(node), Other(*self.place(node), tuple(self.expression(one, depth) for one in parts)))
        only = parts[0]
        if only.type == "assignment":
            return self._assignment(only, depth)
        if only.type == "augmented_assignment":
            operator = only.child_by_field_name("operator")
            target = self.expression(only.child_by_field_name("left"), depth)
            value = self.expression(only.child_by_field_name("right"), depth)
            return Assignment(*self.place(node), (target,), value, None, self.text(operator)[:-1] if operator else "+")
        return Evaluated(*self.place(node), self.expression(only, depth))

    def _assignment(self, node: Node, depth: int) -> Statement:
        targets: list[Expression] = []
        annotation = node.child_by_field_name("type")
        last: Node | None = node
        while last is not None and last.type == "assignment":
            targets.append(self.expression(last.child_by_field_name("left"), depth))
            last = last.child_by_field_name("right")
        return Assignment(
            *self.place(node),
            tuple(targets),
            self.expression(last, depth) if last is not None else None,
            self.expression(annotation, depth) if annotation is not None else None,
        )

    def _first(self, node: Node, depth: int) -> Expression | None:
        parts = self.parts(node)
        return self.expression(parts[0], depth) if parts else None

    def _return(self, node: Node, depth: int) -> Statement:
        return Return(*self.place(node), self._first(node, depth))

    def _raise(self, node: Node, depth: int) -> Statement:
        return Raise(*self.place(node), self._first(node, depth))

    def _assert(self, node: Node, depth: int) -> Statement:
        return Assertion(*self.place(node), self._first(node, depth) or Other(*self.place(node)))

    def _leave(self, node: Node, _: int) -> Statement:
        return Leave(*self.place(node))

    def _if(self, node: Node, depth: int) -> Statement:
        """elif becomes an If in the other branch, from the last to the first; they are siblings, so that a long row is not deep
        in the parser's tree, and is here: each counts as a level."""
        orelse: tuple[Statement, ...] = ()
        rows = [one for one in node.children_by_field_name("alternative") if one.type in ("elif_clause", "else_clause")]
        kept = rows[: max(0, DEEPEST - depth)]
        if len(kept) < len(rows):
            self.too_deep(rows[len(kept)])
        for one in reversed(kept):
            if one.type == "else_clause":
                orelse = self._body(one, depth)
            else:
                test = self.expression(one.child_by_field_name("condition"), depth)
                body = self.block(one.child_by_field_name("consequence"), depth)
                orelse = (If(*self.place(one), test, body, orelse),)
        test = self.expression(node.child_by_field_name("condition"), depth)
        return If(*self.place(node), test, self.block(node.child_by_field_name("consequence"), depth), orelse)

    def _else(self, node: Node, depth: int) -> tuple[Statement, ...]:
        found = node.child_by_field_name("alternative")
        return self._body(found, depth) if found is not None else ()

    def _for(self, node: Node, depth: int) -> Statement:
        target = self.expression(node.child_by_field_name("left"), depth)
        source = self.expression(node.child_by_field_name("right"), depth)
        return Loop(*self.place(node), target, source, self._body(node, depth), self._else(node, depth))

    def _while(self, node: Node, depth: int) -> Statement:
        test = self.expression(node.child_by_field_name("condition"), depth)
        return Loop(*self.place(node), None, test, self._body(node, depth), self._else(node, depth))

    def _try(self, node: Node, depth: int) -> Statement:
        handlers: list[Handler] = []
        orelse: tuple[Statement, ...] = ()
        final: tuple[Statement, ...] = ()
        for one in self.parts(node):
            blocks = [part for part in self.parts(one) if part.type == "block"]
            if one.type in ("except_clause", "except_group_clause"):
                handlers.append(self._handler(one, depth))
            elif one.type == "else_clause":
                orelse = self._body(one, depth)
            elif one.type == "finally_clause" and blocks:
                final = self.block(blocks[-1], depth)
        return Try(*self.place(node), self._body(node, depth), tuple(handlers), orelse, final)

    def _handler(self, node: Node, depth: int) -> Handler:
        kind, name = None, ""
        parts = self.parts(node)
        for one in parts[:1]:
            if one.type == "as_pattern":
                inner = self.parts(one)
                kind = self.expression(inner[0], depth)
                name = self.text(inner[-1])
            elif one.type != "block":
                kind = self.expression(one, depth)
        return Handler(*self.place(node), kind, name, self.block(parts[-1] if parts else None, depth))

    def _with(self, node: Node, depth: int) -> Statement:
        items: list[tuple[Expression, Expression | None]] = []
        for clause in self.parts(node):
            for one in self.parts(clause) if clause.type == "with_clause" else ():
                value = one.child_by_field_name("value")
                if value is not None and value.type == "as_pattern":
                    inner = self.parts(value)
                    items.append((self.expression(inner[0], depth), self.expression(inner[-1], depth)))
                else:
                    items.append((self.expression(value, depth), None))
        return With(*self.place(node), tuple(items), self._body(node, depth))

    def _match(self, node: Node, depth: int) -> Statement:
        subject = self.expression(node.child_by_field_name("subject"), depth)
        body = node.child_by_field_name("body")
        cases = [self._case(one, depth) for one in (self.parts(body) if body is not None else ()) if one.type == "case_clause"]
        return Match(*self.place(node), subject, tuple(cases))

    def _case(self, node: Node, depth: int) -> Case:
        names: list[str] = []
        literal = True
        waiting = [one for one in self.parts(node) if one.type == "case_pattern"]
        while waiting:
            one = waiting.pop()
            if one.type == "dotted_name":
                name = self.text(one)
                literal = literal and "." in name
                names += [name] if "." not in name else []
                continue
            literal = literal and one.type not in _CAPTURING and self.text(one) != "_"
            waiting += self.parts(one)
        guard = node.child_by_field_name("guard")
        test = self._first(guard, depth) if guard is not None else None
        return Case(*self.place(node), tuple(names), literal, test, self.block(node.child_by_field_name("consequence"), depth))

    def _import(self, node: Node, _: int) -> Statement:
        names: list[tuple[str, str, str]] = []
        for one in node.children_by_field_name("name"):
            name, alias = self._aliased(one)
            names.append((alias, name, "") if alias else (name.partition(".")[0], name.partition(".")[0], ""))
        return Import(*self.place(node), tuple(names))

    def _import_from(self, node: Node, _: int) -> Statement:
        origin = node.child_by_field_name("module_name")
        text = self.text(origin).replace(" ", "") if origin is not None else ""
        module = text.lstrip(".")
        names: list[tuple[str, str, str]] = []
        for one in node.children_by_field_name("name"):
            name, alias = self._aliased(one)
            names.append((alias or name, module, name))
        if any(one.type == "wildcard_import" for one in node.named_children):
            names.append(("*", module, "*"))
        return Import(*self.place(node), tuple(names), len(text) - len(module))

    def _aliased(self, node: Node) -> tuple[str, str]:
        if node.type != "aliased_import":
            return self.text(node).replace(" ", ""), ""
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        return (self.text(name).replace(" ", "") if name else ""), (self.text(alias) if alias else "")
