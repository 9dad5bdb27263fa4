"""GraphQL abuse: a query that asks for far more than a screen shows, or for the schema.

A few hundred octets can ask for a field a thousand times under other names (aliases), nest friends of friends until the server
gives up, repeat directives, or try a thousand passwords in one batch behind a limit of one request per second.

Found are: queries with more than 30 aliases of one field, nested deeper than 15, with the same directive more than 10 times;
batches of more than 10 operations; fragments that contain themselves; and questions for the schema (introspection).

To fix: limits of depth and cost in the server, batching off, introspection off in production. Where tools of developers ask for
the schema, `attacks: {rules: {graphql-abuse: monitor}}` lets them.

What it does not protect against: queries that are costly by what they mean. Limits per caller (`limits`) do.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from yett.formats.inspected import Origin, Value
from yett.model.rule import AttackRule, Confidence, Payload, Severity
from yett.rules.inspection.signature import PARAMETERS, Found, Signature, Structure

_ALIASES = " ".join(f"a{number}: login(p: {number})" for number in range(40))

RULE = AttackRule(
    id="graphql-abuse",
    title="GraphQL abuse",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    owasp=("API4:2023", "API8:2023"),
    cwe=(770, 674, 400),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html",
        "https://spec.graphql.org/October2021/",
    ),
    matches=(
        Payload('{"query": "{ ' + _ALIASES + ' }"}', "body"),
        Payload('{"query": "{ ' + "friends { " * 20 + "id" + " }" * 20 + ' }"}', "body"),
        Payload("[" + ", ".join(['{"query": "mutation { login(pin: 1) }"}'] * 20) + "]", "body"),
        Payload('{"query": "{ __schema { types { name } } }"}', "body"),
        Payload('query { __type(name: "User") { fields { name } } }', "query query"),
        Payload('{"query": "{ __schema @skip(if: false) { types { name } } }"}', "body"),
        Payload('{"query": "query Q { __schema { types { name } } }"}', "query q"),
        Payload('{"query": "fragment A on U { ...A } { me { ...A } }"}', "body"),
    ),
    passes=(
        Payload(
            '{"query": "query Q($id: ID!) { user(id: $id) { id name friends { id name } } }", "variables": {"id": 1}}', "body"
        ),
        Payload('{"query": "{ a: user(id: 1) { id } b: user(id: 2) { id } }"}', "body"),
        Payload('{"query": "hotels in Rome {4 stars}"}', "body"),
        Payload("query { me { __typename id } }", "query query"),
        Payload("the __schema field is described in the specification"),
    ),
)

MOST_ALIASES, MOST_DEPTH, MOST_DIRECTIVES, MOST_BATCH = 30, 15, 10, 10
_LOOKED_AT = 65_536

_STRING = re.compile(rb'"""[^"]*"""|"[^"\n]*"|#[^\n]*')
_ALIAS = re.compile(rb"\b[_A-Za-z]\w{0,63}\s{0,8}:\s{0,8}([_A-Za-z]\w{0,63})")
_DIRECTIVE = re.compile(rb"@([_A-Za-z]\w{0,63})")
_FRAGMENT = re.compile(rb"\bfragment\s{1,8}(\w{1,64})\s{1,8}on\s{1,8}\w{1,64}[^{]*\{")
_SPREAD = re.compile(rb"\.\.\.\s{0,8}(\w{1,64})")


def is_query(text: bytes) -> bool:
    """Whether it is likely a document of GraphQL."""
    bare = text.lstrip()
    return (
        bare.startswith((b"{", b"query", b"mutation", b"subscription", b"fragment"))
        and b"}" in bare
        and not bare.startswith(b'{"')
    )


def _is_greedy(text: bytes) -> bool:
    bare = _STRING.sub(b"", text[:_LOOKED_AT])
    depth = deepest = 0
    for octet in bare:
        if octet == 0x7B:
            depth += 1
            deepest = max(deepest, depth)
        elif octet == 0x7D:
            depth -= 1
    if deepest > MOST_DEPTH:
        return True
    without_arguments = re.sub(rb"\([^()]*\)", b"", bare)
    for found in (_ALIAS.findall(without_arguments), _DIRECTIVE.findall(bare)):
        most = MOST_DIRECTIVES if found and b"@" + found[0] in bare else MOST_ALIASES
        if found and Counter(found).most_common(1)[0][1] > most:
            return True
    return _is_circular(bare)


def _is_circular(text: bytes) -> bool:
    spreads: dict[bytes, set[bytes]] = {}
    starts = [(match[1], match.end()) for match in _FRAGMENT.finditer(text)][:64]
    for name, start in starts:
        spreads.setdefault(name, set()).update(_SPREAD.findall(text[start : _end(text, start)]))
    for first in spreads:
        reached, waiting = set(), list(spreads[first])
        while waiting:
            name = waiting.pop()
            if name == first:
                return True
            if name not in reached:
                reached.add(name)
                waiting += spreads.get(name, ())
    return False


def _end(text: bytes, start: int) -> int:
    """Where the braces are closed again."""
    depth = 1
    for at in range(start, len(text)):
        if text[at] == 0x7B:
            depth += 1
        elif text[at] == 0x7D:
            depth -= 1
            if not depth:
                return at
    return len(text)


def _greedy(values: Sequence[Value], _: Any) -> Iterator[Value]:
    return (value for value in values if value.origin in _PLACES and is_query(value.text) and _is_greedy(value.text))


_PLACES = PARAMETERS | {Origin.TEXT}


def _batch(_: Sequence[Value], document: Any) -> Iterator[Value]:
    """There is one batch at most: it is the whole document."""
    many = type(document) is list and len(document) > MOST_BATCH
    if many and all(type(one) is dict and type(one.get("query")) is str for one in document):
        yield Value(Origin.JSON_NAME, b"/0/query", b"query")


def _asks(found: Found) -> bool:
    """A query, also as a member of JSON within a value."""
    text = found.text.lstrip()
    return (
        is_query(text)
        or (text.startswith((b'{"', b'[{"')) and b'"query"' in text[:_LOOKED_AT])
        or found.text[found.start : found.start + 1] in b"_{f"
    )


SIGNATURES = (
    Structure(
        id="greedy",
        pattern=rb"[\w)]\s*\{[^{}]*[\w)]\s*\{[^{}]*[\w)]\s*\{|[{)}]\s*\w+\s*:\s*\w+\s*\(|(?:@\w+[^@{}]{0,60}){4}"
        rb"|\bfragment\s+\w+\s+on\b",
        reason="a query that asks for too much",
        where=_PLACES,
        judge=_greedy,
    ),
    Structure(
        id="batch",
        pattern=rb"^query$",
        reason="a batch of many operations",
        where=frozenset({Origin.JSON_NAME}),
        judge=_batch,
    ),
    Signature(
        id="introspection",
        pattern=rb"[{\s]__(?:schema\s*(?:@\w{1,30}\s*\([^()]*\)\s*)*\{|type\s*\(\s*name\s*:)|\b__schema\s*\{\s*(?:queryType|mutationType|types"
        rb"|directives)\b|\{\s*__schema\s*\}|\bfragment[\s+]+\w+[\s+]+on[\s+]+__Type\b",
        reason="a question for the schema",
        where=_PLACES,
        confirm=_asks,
    ),
)
