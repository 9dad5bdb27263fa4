"""What the contract proves: never a text that could be an attack, whatever the schema looks like."""

import gc
import json
import re
import string
import time
import weakref
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from described import Seen, only, openapi, sound, with_body, with_parameters
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from yett.formats.contract import Contract, ContractOperation, open_contract
from yett.formats.contract.grounds import MAX_BRANCHES, SAFE, Grounds, is_safe
from yett.formats.contract.language import alphabet
from yett.formats.contract.proven import MAX_DECLARED, DeclaredValue, declared_values, proven_places
from yett.formats.inspected import InspectionLimits, Origin, body_values, head_texts, head_values, json_arguments
from yett.model.decision import Evaluation
from yett.model.operation import Operation
from yett.model.ports import Ports
from yett.model.rule import Scope
from yett.rules.guards import contract_request
from yett.store.counters.local import LocalCounters

FIXED = SAFE | set(".:+")
"""What texts of the proven formats may hold as well, at their places."""


class NoKeys:
    def find(self, digest: bytes) -> None:
        return None


# --- patterns


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("^[a-c]{2,3}$", "abc"), ("^abc$", "abc"), ("^(a|b)+?c*$", "abc"), ("^(?:a|(b))$|^c$", "abc"), ("^(?<n>a)(?P<m>b)$", "ab"), ("^[\\d]$", string.digits), ("^\\d{1,}-\\d$", string.digits + "-"), ("^\\w$", string.ascii_letters + string.digits + "_"),
        ("^$", ""), ("^[a-]$", "a-"), ("^[-a]$", "a-"), ("^a\\.b\\/c$", "a.b/c"), ("^[\\]\\-\\\\]$", "]-\\"), ("^[+--]$", "+,-"), ("^a{0}$", "a"), ("^[%-']$", "%&'"), ("^a b'$", "ab '"),
    ],
)  # fmt: skip
def test_alphabets(pattern: str, found: str) -> None:
    known = alphabet(pattern)
    assert known == frozenset(found) or (known is None and "--" in pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "", "a", "^a", "a$", "^a|b$", "^a$|b", "^a$b", "^a^$", "^(^a$)$", "^.$", "^[^a]$", "^\\s$", "^\\S$", "^\\D$", "^\\W$", "^\\b$", "^\\p{L}$", "^\\x41$", "^\\u0041$", "^\\n$", "^(?i)a$", "^(?i:a)$", "^(?=a)$", "^(?!a)$", "^(?<=a)$",
        "^(a)\\1$", "^[]a]$", "^[a[b]]$", "^[[:alpha:]]$", "^[a&&b]$", "^[a~~b]$", "^[a", "^(a$", "^a)$", "^*$", "^a{$", "^a}$", "^]$", "^é$", "^[a-é]$", "^[\\w-z]$", "^[a-\\d]$", "^[a-[]$", "^a\\", "^a$$", "^" + "(" * 40 + "a" + ")" * 40 + "$", "^" + "a" * 5_000 + "$",
        "(?m)^a$", "\\Aa\\z", "^[\\s]$", "^a$\n", "^a|$", "^(a|b", "^[a-",
    ],
)  # fmt: skip
def test_alphabets_that_are_not_known(pattern: str) -> None:
    assert alphabet(pattern) is None


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "[a-c]",
        "[0-9_]",
        "\\d",
        "\\w",
        "\\.",
        "-",
        "(a|b)",
        "(?:x|y)?",
        "[a-z-]",
        "\\-",
        "'",
        "[<-?]",
        " ",
        "[\\w.]",
        "[^a]",
        ".",
        "^",
        "$",
        "|",
        "\\s",
        "[a",
        ")",
        "{2}",
        "*",
    ]
)


@given(st.lists(PIECES, min_size=1, max_size=6).map("".join), st.booleans(), st.booleans(), st.data())
@example("a|b", True, True, None)
def test_texts_that_match_are_of_the_alphabet(pattern: str, begins: bool, ends: bool, data: Any) -> None:
    pattern = ("^" if begins else "") + pattern + ("$" if ends else "")
    known = alphabet(pattern)
    if known is None or data is None:
        return
    compiled = re.compile(pattern.replace("$", "\\Z"), re.ASCII)
    text = data.draw(st.from_regex(compiled) | st.text(string.printable, max_size=4))
    if compiled.search(text):
        assert set(text) <= known


def test_safe_patterns() -> None:
    assert all(
        is_safe(pattern) for pattern in ("^[A-Z]{3}$", "^[a-z0-9-]+$", "^\\d+$", "^[A-Z_]+$", "^ord-[0-9a-f]{8}$", "^[a-f_]*$")
    )
    assert not any(
        is_safe(pattern)
        for pattern in (
            "^[a-z_]+$",
            "^\\w+$",
            "^[0-9.]+$",
            "^[a-z/]+$",
            "^[a-z ]+$",
            "^[a-z:]+$",
            "^[^<>]+$",
            "^.{1,5}$",
            "^a+=$",
            "^[A-Za-z0-9+/]*$",
        )
    )


# --- schemas


def number_of(schema: Any, schemas: dict[str, Any] | None = None) -> tuple[Grounds, int]:
    operation = only(with_body(schema, schemas=schemas))
    body = operation.detail.body
    assert body is not None
    proven = proven_places(operation)
    return proven.grounds, proven.body(body.media[0].schema)


def proves_text(schema: Any, schemas: dict[str, Any] | None = None) -> bool:
    """Of a text that is all there is to a value."""
    grounds, number = number_of({"type": "object", "properties": {"v": schema}}, schemas)
    members, rest = grounds.members(number)
    return grounds.safe[members.get("v", rest)]


TEXT = {"type": "string"}
DATE = {"type": "string", "format": "date"}


@pytest.mark.parametrize(
    ("schema", "proven"),
    [
        ({"type": "integer"}, True), ({"type": "number"}, True), ({"type": "boolean"}, True), ({"enum": ["a", "<"]}, True), ({"const": "'"}, True), (DATE, True), ({"type": "string", "format": "uuid"}, True), ({"format": "date-time"}, True),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, True), ({"type": ["string", "null"], "format": "time"}, True), ({"anyOf": [{"type": "null"}, DATE]}, True), ({"oneOf": [{"type": "integer"}, DATE, {"enum": ["x"]}]}, True), ({"allOf": [TEXT, {"format": "date"}]}, True),
        ({"type": "string", "format": "int64"}, True), ({"type": "string", "format": "duration"}, True), ({"if": {"minLength": 3}, "then": DATE, "else": {"enum": ["x"]}}, True), (False, True), ({"$ref": "#/components/schemas/Day"}, True), ({"allOf": [{"$ref": "#/components/schemas/Day"}], "minLength": 1}, True),
        (TEXT, False), ({}, False), (True, False), ({"type": "string", "maxLength": 2}, False), ({"type": "string", "format": "email"}, False), ({"type": "string", "format": "ipv4"}, False), ({"type": "string", "format": "ipv6"}, False), ({"type": "string", "format": "uri"}, False),
        ({"type": "string", "format": "hostname"}, False), ({"type": "string", "format": "byte"}, False), ({"type": "string", "format": "binary"}, False), ({"type": "string", "pattern": "[A-Z]"}, False), ({"type": "string", "pattern": "^\\w+$"}, False), ({"anyOf": [DATE, TEXT]}, False), ({"oneOf": [DATE, {}]}, False),
        ({"not": DATE}, False), ({"if": DATE, "then": DATE}, False), ({"type": ["integer", "string"]}, False), ({"$ref": "#/components/schemas/Loop"}, False), ({"allOf": [{"anyOf": [DATE, {"$ref": "#/components/schemas/Loop"}]}]}, False),
    ],
)  # fmt: skip
def test_texts(schema: Any, proven: bool) -> None:
    loop = {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"minLength": 1}]}
    assert proves_text(schema, {"Day": DATE, "Loop": loop}) is proven


def told(schema: Any, document: Any, schemas: dict[str, Any] | None = None) -> list[str]:
    """The places of the texts that are scanned in a valid document."""
    content = json.dumps(document).encode()
    operation = only(with_body(schema, schemas=schemas))
    state = Evaluation(Operation("x", "s", "POST", "/x"), 0.0, 0.0)
    seen = Seen(fields={"Content-Type": "application/json"}, content=content)
    assert guard(operation)(seen, state) is None, "it is valid"
    proven = proven_places(operation)
    root = proven.body(state.valid_body)
    values = body_values(seen, state, proven=proven.grounds, root=root).values
    arguments = json_arguments(document, 1_000, proven.grounds, root)
    names = [name for name, text in zip(arguments.names, arguments.texts, strict=True) if text is None]
    assert len(names) + sum(value.origin is Origin.JSON for value in values if "#" not in value.name.decode()) == strings(
        document
    )
    return [value.name.decode() for value in values if value.origin is Origin.JSON]


def strings(document: Any) -> int:
    if isinstance(document, dict):
        return sum(map(strings, document.values()))
    return sum(map(strings, document)) if isinstance(document, list) else isinstance(document, str)


def guard(operation: ContractOperation) -> Any:
    options = msgspec.convert({}, contract_request.Options)
    ports = Ports(counters=LocalCounters(), keys=NoKeys())
    scope = Scope(operation=Operation("x", "s", "POST", "/x"), ports=ports, gap=lambda _, __: None, contract=operation)
    steps = contract_request.prepare(options, scope).steps

    def run(seen: Seen, state: Evaluation) -> Any:
        return next((outcome for step in steps if (outcome := step.run(seen, state)) is not None), None)  # type: ignore[call-arg]

    return run


def test_members_and_items() -> None:
    schema = {
        "type": "object",
        "properties": {"day": DATE, "note": TEXT, "days": {"type": "array", "items": DATE}, "pair": {"type": "array", "prefixItems": [DATE], "items": DATE}},
    }  # fmt: skip
    document = {
        "day": "2024-01-31",
        "note": "x",
        "days": ["2024-01-31"],
        "pair": ["2024-01-31"],
        "other": "y",
        "deep": {"day": "z"},
    }
    assert told(schema, document) == ["/note", "/pair/0", "/other", "/deep/day"]


def test_members_that_are_not_named() -> None:
    document = {"a": "2024-01-31", "x-b": "'", "c": "2024-01-31"}
    assert (
        told(
            {"type": "object", "properties": {"a": DATE}, "additionalProperties": DATE}, {"a": "2024-01-31", "c": "2024-01-31"}
        )
        == []
    )
    patterned = {"type": "object", "properties": {"a": DATE}, "patternProperties": {"^x-": TEXT}, "additionalProperties": DATE}
    assert told(patterned, document) == ["/x-b", "/c"]
    other = {
        "allOf": [
            {"type": "object", "properties": {"a": TEXT}},
            {"type": "object", "properties": {"c": TEXT}, "additionalProperties": {"maxLength": 10}},
            {"additionalProperties": DATE},
        ]
    }
    assert told(other, {"a": "2024-01-31", "c": "2024-01-31"}) == [], "one of those that hold is enough"


def test_members_that_a_pattern_takes_are_not_among_the_rest() -> None:
    patterned = {"patternProperties": {"^x-": TEXT}, "additionalProperties": DATE}
    schema = {"allOf": [{"type": "object", "properties": {"x-b": TEXT}}, patterned]}
    assert told(schema, {"x-b": "'", "c": "2024-01-31"}) == ["/x-b", "/c"]


def test_conditions_that_leave_a_value_to_nobody() -> None:
    def of(*kinds: str) -> dict[str, Any]:
        return {"type": "object", "required": ["k"], "properties": {"k": {"enum": list(kinds)}}}

    dated = {"properties": {"v": DATE}}
    branches = [{"if": of("a"), "then": dated}, {"if": of("b"), "then": dated}]
    open_to_c = {"if": of("a", "b", "c"), "then": {"allOf": branches}, "else": dated}
    assert told(open_to_c, {"k": "c", "v": "'"}) == ["/k", "/v"]
    alone = {"if": of("a", "b"), "then": {"allOf": branches[:1]}, "else": dated}
    assert told(alone, {"k": "b", "v": "'"}) == ["/k", "/v"]
    assert told({**alone, "if": of("a")}, {"k": "a", "v": "2024-01-31"}) == ["/k"]
    other_name = {"if": {"type": "object", "required": ["j"], "properties": {"j": {"enum": ["a"]}}}, "then": dated}
    assert told({"if": of("a"), "then": {"allOf": [other_name]}, "else": dated}, {"k": "a", "v": "'"}) == ["/k", "/v"]
    closed = {
        "if": of("a", "b"),
        "then": {"allOf": [{"if": of("a"), "then": dated}, {"if": of("b"), "then": dated}]},
        "else": dated,
    }
    assert told(closed, {"k": "b", "v": "2024-01-31"}) == ["/k"]


def test_choices_prove_what_all_their_branches_prove() -> None:
    cat = {"type": "object", "required": ["purr"], "properties": {"born": DATE, "name": TEXT, "purr": {"type": "boolean"}}}
    dog = {"type": "object", "required": ["bark"], "properties": {"born": DATE, "name": DATE, "bark": {"type": "integer"}}}
    assert told({"oneOf": [cat, dog]}, {"born": "2024-01-31", "name": "2024-01-31", "bark": 1}) == ["/name"]
    assert told({"anyOf": [cat, {}]}, {"born": "2024-01-31", "purr": True}) == ["/born"]


def test_discriminators() -> None:
    def pet(**properties: Any) -> dict[str, Any]:
        return {"type": "object", "required": ["kind"], "properties": {"kind": TEXT, "born": DATE, **properties}}

    references = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
    schema = {"oneOf": references, "discriminator": {"propertyName": "kind"}}
    schemas = {"Cat": pet(lives={"type": "integer"}), "Dog": pet(chip={"type": "string", "format": "uuid"})}
    chip = "123e4567-e89b-12d3-a456-426614174000"
    assert told(schema, {"kind": "Dog", "born": "2024-01-31", "chip": chip}, schemas) == ["/kind", "/chip"]


def test_schemas_that_contain_themselves() -> None:
    node = {
        "type": "object",
        "properties": {"id": DATE, "name": TEXT, "kids": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}},
    }
    document: dict[str, Any] = {"id": "2024-01-31", "name": "x"}
    for _ in range(25):
        document = {"id": "2024-01-31", "kids": [document]}
    assert told({"$ref": "#/components/schemas/Node"}, document, {"Node": node}) == ["/kids/0" * 25 + "/name"]
    grounds, number = number_of({"$ref": "#/components/schemas/Node"}, {"Node": node})
    for _ in range(1_000):
        number = grounds.items(grounds.members(number)[0]["kids"])
    assert grounds.safe[grounds.members(number)[0]["id"]] and len(grounds.safe) < 10


def test_what_is_too_large_to_follow_proves_less() -> None:
    choice = {"anyOf": [{"maxLength": 1}, {"maxLength": 20}, {"maxLength": 30}]}
    many = {"allOf": [choice] * 20}
    assert not proves_text({"type": "string", **many})
    assert proves_text({"allOf": [DATE, *many["allOf"]]}), "what is left out proves nothing, what stays does"
    assert not proves_text({"anyOf": [DATE] * (MAX_BRANCHES + 1)})
    assert not proves_text({"allOf": [{"maxLength": number} for number in range(20, 400)] + [DATE]})
    nested: Any = DATE
    for _ in range(60):
        nested = {"type": "object", "properties": {"a": nested}}
    grounds, number = number_of(nested)
    for _ in range(60):
        number = grounds.members(number)[0].get("a", 0)
    assert number == 0


# --- the proof is sound, whatever the schema

NAMES = st.sampled_from(["a", "b", "c"])
WORDS = st.sampled_from(
    [
        "2024-01-31",
        "ABC",
        "abc",
        "'",
        "<b>",
        "",
        "12:00:00Z",
        "5",
        "123e4567-e89b-12d3-a456-426614174000",
        "__proto__",
        "$ne",
        "x y",
        "a/b",
    ]
)
LEAVES = st.sampled_from(
    [{}, True, False, TEXT, DATE, {"format": "uuid"}, {"format": "time"}, {"type": "integer"}, {"type": ["string", "null"]}, {"type": "null"}, {"enum": ["ABC", 5, None]}, {"const": "abc"}, {"pattern": "^[A-Z]+$"}, {"type": "string", "pattern": "^[a-z_]+$"}, {"pattern": "[A-Z]"}, {"type": "boolean"}, {"type": "object"}, {"type": "array"}, {"minLength": 2}, {"$ref": "#/components/schemas/R"}]
)  # fmt: skip


def schemas_of(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(parts, min_size=1, max_size=3)
    members = st.dictionaries(NAMES, parts, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"properties": members}, optional={"type": st.just("object"), "additionalProperties": parts, "required": st.lists(NAMES, max_size=1)}),
        st.fixed_dictionaries({"properties": members, "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), parts, max_size=1), "additionalProperties": parts}),
        st.fixed_dictionaries({"items": parts}, optional={"type": st.just("array"), "prefixItems": lists}),
        st.fixed_dictionaries({}, optional={"allOf": lists, "anyOf": lists, "oneOf": lists, "not": parts}),
        st.fixed_dictionaries({"if": parts}, optional={"then": parts, "else": parts}),
        st.fixed_dictionaries({"$ref": st.just("#/components/schemas/R")}, optional={"properties": members, "format": st.just("date")}),
        st.fixed_dictionaries({"dependentSchemas": members, "unevaluatedProperties": parts}),
    )  # fmt: skip


SCHEMAS = st.recursive(LEAVES, schemas_of, max_leaves=8)
DOCUMENTS = st.recursive(
    WORDS | st.integers(0, 9) | st.none() | st.booleans(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(NAMES, parts, max_size=3),
    max_leaves=8,
)


def proven_texts(grounds: Grounds, number: int, document: Any) -> list[str]:
    if isinstance(document, str):
        return [document] if grounds.safe[number] else []
    if isinstance(document, dict):
        members, rest = grounds.members(number)
        return [text for name, part in document.items() for text in proven_texts(grounds, members.get(name, rest), part)]
    return (
        [text for part in document for text in proven_texts(grounds, grounds.items(number), part)]
        if isinstance(document, list)
        else []
    )


@settings(max_examples=400, deadline=None)
@given(SCHEMAS, SCHEMAS, st.lists(DOCUMENTS, min_size=1, max_size=8))
def test_no_valid_document_has_a_proven_text_that_could_be_an_attack(schema: Any, other: Any, documents: list[Any]) -> None:
    contract = with_body(schema, schemas={"R": other})
    assume(contract.problems == ())
    operation = only(contract)
    body = operation.detail.body
    assert body is not None
    media = body.media[0]
    check, proven = operation.live.check(media.schema), proven_places(operation)
    number = proven.body(media.schema)
    for document in documents:
        if check is None or check.valid(document):
            for text in proven_texts(proven.grounds, number, document):
                assert text in ("abc", "ABC") or (set(text) <= FIXED and text != "__proto__"), (schema, other, document)


@settings(max_examples=200)
@given(
    st.text(st.sampled_from("0123456789-:.+TZtz/*,'<x "), max_size=26) | WORDS,
    st.sampled_from(["date", "date-time", "time", "duration", "uuid"]),
    st.integers(0, 25),
    st.sampled_from("'\"<>/*;&|$`(){}\\%,= "),
)
def test_formats_hold_no_metacharacters(text: str, name: str, at: int, letter: str) -> None:
    valid = {
        "date": "2024-01-31",
        "date-time": "2024-01-31T12:00:00.5+01:00",
        "time": "12:00:00Z",
        "duration": "P1DT2H",
        "uuid": "123e4567-e89b-12d3-a456-426614174000",
    }[name]
    check = CHECKS[name]
    assert check(valid)
    for candidate in (text, valid[:at] + letter + valid[at + 1 :], valid[:at] + letter + valid[at:]):
        assert not check(candidate) or set(candidate) <= FIXED


def _check(name: str) -> Any:
    operation = only(with_body({"type": "string", "format": name}))
    assert operation.detail.body is not None
    found = operation.live.check(operation.detail.body.media[0].schema)
    assert found is not None
    return found.valid


CHECKS = {name: _check(name) for name in ("date", "date-time", "time", "duration", "uuid")}


# --- parameters


def scanned(
    contract: Contract, target: str, path: dict[str, str] | None = None, **fields: str
) -> tuple[list[tuple[str, str]], bool]:
    """What is scanned of a head, and whether the contract's guard found it valid."""
    operation = only(contract)
    state = Evaluation(Operation("x", "s", "GET", "/x"), 0.0, 0.0, path)
    seen = Seen(target, {name.replace("_", "-"): value for name, value in fields.items()}, method="GET")
    denial = guard(operation)(seen, state)
    proven = proven_places(operation)
    assert state.valid_head is (denial is None)
    values = head_values(seen, state, proven=proven)
    assert sorted(value.text for value in values) == sorted(head_texts(seen, state, proven=proven))
    return [
        (value.name.decode(), value.text.decode())
        for value in values
        if value.origin.name in ("QUERY", "PATH", "HEADER", "COOKIE")
    ], denial is None


def query(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


INTEGER = {"type": "integer"}


def test_parameters() -> None:
    contract = with_parameters(
        {"name": "id", "in": "path", "required": True, "schema": INTEGER},
        query("limit", INTEGER), query("q", TEXT), query("ids", {"type": "array", "items": INTEGER}), query("csv", {"type": "array", "items": INTEGER}, explode=False), query("bars", {"type": "array", "items": INTEGER}, style="pipeDelimited"),
        {"name": "X-Id", "in": "header", "schema": {"type": "string", "format": "uuid"}}, {"name": "sid", "in": "cookie", "schema": {"type": "string", "pattern": "^[0-9a-f]+$"}},
    )  # fmt: skip
    path = {"id": "7"}
    uuid = "123e4567-e89b-12d3-a456-426614174000"
    good = scanned(
        contract, "/x/7?limit=5&q=x&ids=1&ids=2&csv=1,2&other=5&bars=1", path, X_Id=uuid, Cookie="sid=ab; theme=dark"
    )
    assert good == ([("q", "x"), ("other", "5"), ("bars", "1"), ("theme", "dark")], True)
    bad = scanned(contract, "/x/7?limit='&q=x", path, X_Id=uuid, Cookie="sid=ab")
    assert bad == ([("id", "7"), ("limit", "'"), ("q", "x"), ("x-id", uuid), ("sid", "ab")], False), (
        "nothing is proven of what is not valid"
    )


@pytest.mark.parametrize(
    "parameters",
    [
        [query("filter", {"type": "object", "properties": {"limit": TEXT}}), query("limit", INTEGER)], [query("f", {"type": "object"}, style="deepObject"), query("f[limit]", INTEGER)], [query("limit", {"type": ["integer", "object"]})],
        [query("limit", {}, content={"application/json": {"schema": INTEGER}})], [query("limit", {"type": "array", "items": {"type": "object"}})], [query("limit", {"type": "array", "items": TEXT})], [query("limit", {"type": "array"})],
    ],
)  # fmt: skip
def test_names_that_may_be_read_otherwise_are_not_proven(parameters: list[dict[str, Any]]) -> None:
    for parameter in parameters:
        if "content" in parameter:
            del parameter["schema"]
    assert proven_places(only(with_parameters(*parameters))).query == frozenset()


def test_heads_of_requests_with_bodies() -> None:
    content = {"application/json": {"schema": {"type": "object", "properties": {"day": DATE}}}}
    operation = only(
        sound(
            openapi(
                paths={
                    "/x": {
                        "post": {"parameters": [query("limit", INTEGER)], "requestBody": {"content": content}, "responses": {}}
                    }
                }
            )
        )
    )
    for target, body, head, valid in (
        ("/x?limit=1", b'{"day": "2024-01-31"}', True, True),
        ("/x?limit=1", b'{"day": "\'"}', True, False),
        ("/x?limit='", b"{}", False, False),
    ):
        state = Evaluation(Operation("x", "s", "POST", "/x"), 0.0, 0.0)
        guard(operation)(Seen(target, {"Content-Type": "application/json"}, body), state)
        assert (state.valid_head, state.valid_body >= 0) == (head, valid)


def test_beyond_the_most_nothing_is_proven() -> None:
    operation = only(with_parameters(query("limit", INTEGER)))
    state = Evaluation(Operation("x", "s", "GET", "/x"), 0.0, 0.0)
    state.valid_head = True
    values = head_values(
        Seen("/x?a=1&b=2&limit=5&c=<", method="GET"), state, InspectionLimits(values=2), proven_places(operation)
    )
    assert (Origin.QUERY, b"", b"limit=5&c=<") in values and (Origin.QUERY, b"", b"<") in values


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["limit", "day", "tags", "q", "limit[]", "Limit", " limit", "f[limit]"]), st.sampled_from(["5", "2024-01-31", "'", "<", "1,2", "a,'", "", "%27", "ABC"])), max_size=5),
    st.booleans(),
)  # fmt: skip
def test_no_valid_query_has_a_proven_text_that_could_be_an_attack(pairs: list[tuple[str, str]], spread: bool) -> None:
    parameters = [
        query("limit", INTEGER),
        query("day", DATE),
        query("tags", {"type": "array", "items": INTEGER} if spread else {"enum": ["ABC"]}),
        query("q", TEXT),
    ]
    if spread:
        parameters.append(query("f", {"type": "object", "properties": {"day": TEXT}}, style="deepObject"))
    found, valid = scanned(with_parameters(*parameters), "/x?" + urlencode(pairs, quote_via=quote))
    every = [text for _, text in pairs if set(text) & set("'<%")]
    assert [text for _, text in found if set(text) & set("'<%")] == every
    if valid and not spread:
        assert not [text for name, text in found if name in ("limit", "day")]


# --- forms


FIELDS = {
    "n": INTEGER,
    "day": DATE,
    "t": TEXT,
    "flags": {"type": "array", "items": {"type": "boolean"}},
    "sub": {"type": "object", "properties": {"n": TEXT}},
    "any": {},
}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["n", "day", "t", "flags", "sub", "sub[n]", "any", "other", "flags[]", "flags[0]", "other[n]"]), st.sampled_from(["5", "2024-01-31", "'", "true", '{"n": "\'"}', "<", "true,'"])), max_size=4),
    st.sampled_from([{}, {"additionalProperties": INTEGER}, {"additionalProperties": False}]),
)  # fmt: skip
@example([("other[n]", "'")], {"additionalProperties": INTEGER})
def test_no_valid_form_has_a_proven_text_that_could_be_an_attack(pairs: list[tuple[str, str]], more: dict[str, Any]) -> None:
    operation = only(with_body({"type": "object", "properties": FIELDS, **more}, media="application/x-www-form-urlencoded"))
    state = Evaluation(Operation("x", "s", "POST", "/x"), 0.0, 0.0)
    seen = Seen(fields={"Content-Type": "application/x-www-form-urlencoded"}, content=urlencode(pairs).encode())
    valid = guard(operation)(seen, state) is None
    proven = proven_places(operation)
    found = body_values(seen, state, proven=proven.grounds, root=proven.body(state.valid_body))
    texts = [value.text.decode() for value in found.values if value.origin is Origin.FORM]
    assert [text for text in texts if set(text) & set("'<")] == [text for _, text in pairs if set(text) & set("'<")]
    assert set(texts) <= {text.decode() for text in found.texts}
    if valid and pairs:
        assert not [pair for pair in found.values if pair.name in (b"n", b"day") and pair.origin is Origin.FORM]
    elif not valid:
        assert state.valid_body == -1 and texts == [text for _, text in pairs]


def test_forms_written_in_other_ways_prove_nothing() -> None:
    content = {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": {"n": INTEGER}},
            "encoding": {"n": {"style": "spaceDelimited"}},
        }
    }
    operation = only(sound(openapi(paths={"/x": {"post": {"requestBody": {"content": content}, "responses": {}}}})))
    state = Evaluation(Operation("x", "s", "POST", "/x"), 0.0, 0.0)
    assert guard(operation)(Seen(fields={"Content-Type": "application/x-www-form-urlencoded"}, content=b"n=5"), state) is None
    assert state.valid_body == -1


# --- what there is to tell


def test_declared_values() -> None:
    content = {
        "application/json": {"schema": {"type": "object", "properties": {"a/b": DATE, "list": {"type": "array", "items": {"type": "object", "properties": {"n": INTEGER, "t": TEXT}}}, "free": {"type": "object"}}}},
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"n": {"type": "array", "items": INTEGER}, "t": TEXT}}},
        "text/plain": {"schema": TEXT},
    }  # fmt: skip
    parameters = [query("limit", INTEGER), {"name": "X-Id", "in": "header", "schema": TEXT}]
    operation = only(
        sound(openapi(paths={"/x": {"post": {"parameters": parameters, "requestBody": {"content": content}, "responses": {}}}}))
    )
    assert declared_values(operation) == [
        DeclaredValue("query limit", True),
        DeclaredValue("header X-Id", False),
        DeclaredValue("body /a~1b", True, "application/json"),
        DeclaredValue("body /list/*/n", True, "application/json"),
        DeclaredValue("body /list/*/t", False, "application/json"),
        DeclaredValue("body /free", False, "application/json"),
        DeclaredValue("body /n", True, "application/x-www-form-urlencoded"),
        DeclaredValue("body /t", False, "application/x-www-form-urlencoded"),
        DeclaredValue("body", False, "text/plain"),
    ]


def test_many_declared_values_are_cut() -> None:
    wide = {"type": "object", "properties": {f"n{number}": INTEGER for number in range(60)}}
    schema = {"type": "object", "properties": {f"o{number}": wide for number in range(60)}}
    assert len(declared_values(only(with_body(schema)))) == MAX_DECLARED


# --- cost


def test_operations_share_and_are_freed_without_the_garbage_collector() -> None:
    live = open_contract(
        with_body(
            {"$ref": "#/components/schemas/N"},
            schemas={"N": {"type": "object", "properties": {"n": {"$ref": "#/components/schemas/N"}, "d": DATE}}},
        )
    )
    one, two = (proven_places(live.operation(live.contract.operations[0])) for _ in range(2))
    assert one is two
    assert one.grounds.members(one.body(0)) == ({"n": one.body(0), "d": 1}, 0)
    gc.collect()
    gc.disable()
    try:
        kept = [weakref.finalize(each, lambda: None) for each in (live, one.grounds)]
        del live, one, two
        assert not any(each.alive for each in kept)
    finally:
        gc.enable()


def test_ten_thousand_operations_cost_little() -> None:
    schemas = {
        f"S{number}": {
            "type": "object",
            "properties": {
                f"p{index}": [DATE, TEXT, INTEGER, {"$ref": f"#/components/schemas/S{(number + 1) % 300}"}][index % 4]
                for index in range(12)
            },
        }
        for number in range(300)
    }
    paths = {
        f"/x{number}": {"post": {"parameters": [query("limit", INTEGER), query(f"q{number}", TEXT)], "requestBody": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/S{number}"}}}}, "responses": {}}}
        for number in range(300)
    }  # fmt: skip
    live = open_contract(sound(openapi(paths=paths, components={"schemas": schemas})))
    start = time.process_time()
    for entry in live.contract.operations:
        operation = live.operation(entry)
        proven = proven_places(operation)
        assert operation.detail.body is not None
        proven.grounds.members(proven.body(operation.detail.body.media[0].schema))
    assert (time.process_time() - start) / 300 < 0.003, "well below a millisecond; more on busy machines"
