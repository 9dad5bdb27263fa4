"""Validators: shared between schemas that link to each other, built when first asked, never more than fit; and outlines."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from described import only, openapi, read, sound, with_body
from hypothesis import given
from hypothesis import strategies as st

import contract as bench
from yett.formats.contract import Contract, LiveContract, open_contract
from yett.formats.contract.grouping import HEAVY, LIGHT, grouped
from yett.formats.contract.media import media_table
from yett.formats.contract.values import NO_SCHEMA

OBJECT = {"type": "object"}


def linked(count: int, padding: int = 400) -> dict[str, Any]:
    """Schemas that link to each other in a ring, each with a text of its own."""
    return {
        f"S{index}": {
            "type": "object",
            "required": [f"own{index}"],
            "properties": {f"own{index}": {"type": "string", "enum": ["x" * padding]}, "next": {"$ref": f"#/components/schemas/S{(index + 1) % count}"}},
        }
        for index in range(count)
    }  # fmt: skip


def served(schemas: dict[str, Any]) -> Contract:
    """One operation for each schema."""
    paths = {}
    for name in schemas:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        paths[f"/{name}"] = {"post": {"requestBody": {"content": content}, "responses": {}}}
    return sound(openapi(paths=paths, components={"schemas": schemas}))


def check_of(live: LiveContract, index: int) -> Any:
    body = live.operation(live.contract.operations[index]).detail.body
    assert body is not None
    return live.check(body.media[0].schema)


def test_linked_schemas_share_a_validator_and_are_still_told_apart() -> None:
    contract = served(linked(40))
    assert len(contract.schemas) == 40 and len(contract.groups) == 1
    live = open_contract(contract)
    assert live.validators.loaded == 0
    for index in range(40):
        check = check_of(live, index)
        good = {f"own{index}": "x" * 400}
        assert check.valid(good) and not check.valid({}) and not check.valid({"own99": ""})
        assert check.violation(good, "body") is None
        found = check.violation({**good, "next": {}}, "body")
        assert found.place == "body /next" and "required property" in found.reason
    assert live.validators.loaded == 1


def test_schemas_apart_have_validators_apart() -> None:
    schemas = {f"S{index}": {"type": "object", "required": [f"own{index}"]} for index in range(10)}
    live = open_contract(served(schemas))
    for index in range(10):
        assert check_of(live, index).valid({f"own{index}": 1}) and not check_of(live, index).valid({})
        assert live.validators.loaded == index + 1
    assert check_of(live, 3) is check_of(live, 3)


def test_forgotten_validators_are_built_again() -> None:
    schemas = {f"S{index}": {"type": "object", "required": [f"own{index}" + "x" * 500]} for index in range(20)}
    live = open_contract(served(schemas), budget=3_000)
    for turn in range(3):
        for index in range(20):
            check = check_of(live, index)
            assert check.valid({f"own{index}" + "x" * 500: turn}) and not check.valid({})
            assert live.validators.loaded <= 6


def test_what_is_in_use_is_not_forgotten() -> None:
    schemas = {f"S{index}": {"type": "object", "required": ["x" * 500]} for index in range(20)}
    schemas = {name: {**schema, "title": name, "maxProperties": index} for index, (name, schema) in enumerate(schemas.items())}
    live = open_contract(served(schemas), budget=3_000)
    busy = check_of(live, 0)
    busy.valid({})
    first = busy._group.validator
    for index in range(1, 20):
        busy.valid({})
        check_of(live, index).valid({})
    assert busy._group.validator is first


def test_what_did_not_change_is_taken_over() -> None:
    schemas = {f"S{index}": {"type": "object", "required": ["x" * 500], "maxProperties": index + 5} for index in range(6)}
    before = open_contract(served(schemas))
    for index in range(4):
        check_of(before, index).valid({})
    changed = {**schemas, "S1": {"type": "object", "required": ["y" * 500]}}
    after = open_contract(served(changed))
    slices = sum(1 for _ in after.validators.take_over(before.validators))
    assert slices == len(after.contract.groups)
    for index in range(6):
        shared = check_of(after, index)._group.validator
        assert (shared is not None) == (index in (0, 2, 3))
        assert shared is None or shared is check_of(before, index)._group.validator
        assert not check_of(after, index).valid({})
    assert check_of(after, 1).valid({"y" * 500: 1}) and check_of(before, 1).valid({"x" * 500: 1})


def test_nothing_is_taken_over_from_what_was_never_used() -> None:
    contract = served(linked(4))
    after = open_contract(contract)
    assert list(after.validators.take_over(open_contract(contract).validators)) == []
    assert after.validators.loaded == 0


def test_taking_over_keeps_to_the_budget() -> None:
    schemas = {f"S{index}": {"type": "object", "required": [f"own{index}" + "x" * 500]} for index in range(20)}
    before, after = open_contract(served(schemas)), open_contract(served(schemas), budget=3_000)
    for index in range(20):
        check_of(before, index).valid({})
    list(after.validators.take_over(before.validators))
    assert 0 < after.validators.loaded <= 6


def test_a_group_beyond_the_budget_is_still_built() -> None:
    live = open_contract(served(linked(40)), budget=10)
    assert check_of(live, 0).valid({"own0": "x" * 400})
    assert live.validators.loaded == 1


def test_schemas_that_accept_everything_need_no_validator() -> None:
    live = open_contract(with_body({}))
    assert live.check(0) is None and live.check(NO_SCHEMA) is None


def test_reasons_hold_nothing_of_the_value() -> None:
    live = open_contract(
        with_body(
            {
                "properties": {
                    "pin": {"type": "string", "maxLength": 2, "pattern": "^[a-z]+$"},
                    "n": {"multipleOf": 2},
                    "~/": {"type": "integer"},
                }
            }
        )
    )
    check = live.check(0)
    assert check is not None
    for value, place, sample in (
        ({"pin": "1234"}, "body /pin", "9999"),
        ({"n": 41}, "body /n", "integer"),
        ({"~/": "secret"}, "body /~0~1", "aaaaaa"),
    ):
        found = check.violation(value, "body")
        assert found is not None and (found.place, found.sample) == (place, sample)
        assert not any(str(secret) in found.reason for secret in value.values())
    long = open_contract(with_body({"enum": ["x" * 1_000]})).check(0)
    assert long is not None
    refused = long.violation("y", "body")
    assert refused is not None and len(refused.reason) <= 300


def test_the_place_of_a_property_that_should_not_be_there_is_the_property() -> None:
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        check = open_contract(with_body({"properties": {"a": {"properties": {"b": {}}, keyword: False}}})).check(0)
        assert check is not None
        found = check.violation({"a": {"admin": "yes"}}, "body")
        assert found is not None and (found.place, found.sample) == ("body /a/admin", "aaa")
        hostile = check.violation({"a": {"\x1b[2J\n" + "x" * 1_000: 1}}, "body")
        assert (
            hostile is not None
            and hostile.place.startswith("body /a/?[2J x")
            and len(hostile.place) == len(hostile.reason) == 300
        )
        assert hostile.place.isprintable() and hostile.reason.isprintable()


# --- grouping


@given(
    st.integers(1, 30).flatmap(
        lambda count: st.tuples(
            st.lists(st.integers(1, 6_000), min_size=count, max_size=count),
            st.lists(st.sets(st.integers(0, count - 1), max_size=4), min_size=count, max_size=count),
        )
    )
)
def test_every_root_is_in_exactly_one_group(graph: tuple[list[int], list[set[int]]]) -> None:
    sizes, references = graph
    roots = list(range(0, len(sizes), 2))
    groups = grouped(sizes, references, roots)
    assert sorted(number for group in groups for number in group) == roots


def test_how_schemas_are_shared_out() -> None:
    heavy = LIGHT
    sizes = [heavy, heavy, 10, 10, heavy, 10]
    references: list[set[int]] = [{1}, {0}, {0}, set(), set(), {4, 3}]
    groups = grouped(sizes, references, [0, 1, 2, 3, 4, 5])
    assert set(groups) == {(3,), (4,), (0, 1, 2), (5,)}
    assert grouped([HEAVY, HEAVY, 5_000, 5_000], [{2}, {2}, {3}, set()], [0, 1]) == ((0,), (1,)), "half of it is not in common"


# --- the contract of the benchmark


@pytest.fixture(scope="module")
def made() -> bench.Bench:
    return bench.generate(200, 60, 7)


def test_the_benchmarks_contract_is_always_the_same(made: bench.Bench) -> None:
    again = bench.generate(200, 60, 7)
    assert again.document == made.document and again.calls == made.calls
    assert bench.generate(200, 60, 8).document != made.document
    assert len({call.template for call in made.calls}) == len(made.document["paths"]) == 200


def test_the_benchmarks_calls_are_valid(made: bench.Bench) -> None:
    contract = read(made.document)
    assert contract.problems == () and contract.unenforced == () and contract.bases == ("/v1",)
    live = open_contract(contract)
    for entry, call in zip(contract.operations, made.calls, strict=True):
        detail = live.operation(entry).detail
        assert entry.operation_id == call.operation_id and contract.templates(entry) == (call.template,)
        assert detail.body is not None
        check = live.check(detail.body.media[0].schema)
        assert check is not None and check.valid(msgspec.json.decode(call.body)) and not check.valid({})
        for answer in detail.answers:
            check = live.check(answer.media[0].schema)
            assert check is not None and check.valid(msgspec.json.decode(call.responses[int(answer.status)]))


def test_the_benchmarks_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["contract", "--operations", "6", "--schemas", "3", "--out", str(tmp_path)])
    bench.main()
    lines = (tmp_path / "calls.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=bench.Call).operation_id for line in lines] == [f"op{index}" for index in range(6)]
    assert len(msgspec.json.decode((tmp_path / "openapi.json").read_bytes())["paths"]) == 6


MEASURE = """
import sys, msgspec
from yett.formats.contract import Contract, open_contract

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20

with open(sys.argv[1], "rb") as file:
    packed = file.read()
with open(sys.argv[2], "rb") as file:
    calls = msgspec.json.decode(file.read())
before = resident()
live = open_contract(msgspec.msgpack.decode(packed, type=Contract))
for entry, (body, answers) in zip(live.contract.operations, calls):
    detail = live.operation(entry).detail
    assert live.check(detail.body.media[0].schema).valid(body)
    for answer in detail.answers:
        assert live.check(answer.media[0].schema).valid(answers[answer.status])
print(resident() - before, resident())
"""


def test_memory_after_every_operation_was_called(tmp_path: Path) -> None:
    made = bench.generate(1_000, 300, 1)
    (tmp_path / "contract").write_bytes(msgspec.msgpack.encode(read(made.document)))
    calls = [
        (msgspec.json.decode(call.body), {str(status): msgspec.json.decode(body) for status, body in call.responses.items()})
        for call in made.calls
    ]
    (tmp_path / "calls").write_bytes(msgspec.json.encode(calls))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "contract"), str(tmp_path / "calls")]
    grown, whole = map(float, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert grown < 40, "one validator for each of the linked schemas would take 160 MB"
    assert whole < 120


def test_ten_thousand_operations_decode_quickly() -> None:
    made = bench.generate(100, 30, 1)
    contract = read(made.document)
    many = msgspec.structs.replace(contract, operations=contract.operations * 100)
    packed = msgspec.msgpack.encode(many)
    decoder = msgspec.msgpack.Decoder(Contract)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        decoded = decoder.decode(packed)
        times.append(time.perf_counter() - started)
    assert len(decoded.operations) == 10_000
    assert min(times) < 0.05


# --- outlines


def stripped(schema: Any, value: Any, schemas: dict[str, Any] | None = None) -> tuple[Any, list[str]]:
    operation = only(with_body(schema, schemas=schemas))
    answer = operation.detail.answers[0]
    prepared = media_table(operation.live, answer.media).find(b"application/json")
    assert prepared is not None
    removed: list[str] = []
    return prepared.strip(value, removed), removed


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


def test_what_is_not_declared_is_taken_out() -> None:
    value = {"name": "alice", "hash": "x", "password": "y", "tags": ["a"]}
    assert stripped(PERSON, value) == ({"name": "alice", "tags": ["a"]}, ["/hash", "/password"])
    assert value["hash"] == "x", "the document itself is not touched"
    same = {"name": "alice", "tags": ["a"]}
    assert stripped(PERSON, same)[0] is same


def test_within_lists_objects_and_compositions() -> None:
    schemas = {
        "Person": PERSON,
        "Node": {
            "allOf": [
                {"$ref": "#/components/schemas/Person"},
                {
                    "properties": {
                        "next": {"$ref": "#/components/schemas/Node"},
                        "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                    }
                },
            ]
        },
    }
    node = {"$ref": "#/components/schemas/Node"}
    value = {
        "name": "a",
        "x": 1,
        "next": {"next": {"x": 2, "tags": []}},
        "all": [{"x": 3}, {"all": [{"name": "b", "x": 4}]}, 5],
    }
    found, removed = stripped(node, value, schemas)
    assert found == {"name": "a", "next": {"next": {"tags": []}}, "all": [{}, {"all": [{"name": "b"}]}, 5]}
    assert removed == ["/x", "/next/next/x", "/all/0/x", "/all/1/all/0/x"]
    assert stripped({"type": "array", "items": node}, [{"x": 1}], schemas) == ([{}], ["/0/x"])
    untouched = [{"name": "a"}]
    assert stripped({"type": "array", "items": node}, untouched, schemas)[0] is untouched


def test_any_branch_declares() -> None:
    choice = {
        "oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}],
        "if": {"properties": {"c": {}}},
        "then": {"properties": {"d": {}}},
        "dependentSchemas": {"a": {"properties": {"e": {}}}},
    }
    value = dict.fromkeys("abcdex", 1)
    assert stripped(choice, value) == (dict.fromkeys("abcde", 1), ["/x"])


def test_what_takes_in_more() -> None:
    for opening in (
        {"additionalProperties": True},
        {"additionalProperties": {"type": "integer"}},
        {"unevaluatedProperties": {}},
        {"patternProperties": {"^x": {}}},
    ):
        value = {"a": 1, "x1": 2}
        assert stripped({"properties": {"a": {}}, **opening}, value)[0] is value
    inner = {"additionalProperties": {"type": "object", "properties": {"a": {}}}}
    assert stripped(inner, {"k": {"a": 1, "b": 2}}) == ({"k": {"a": 1}}, ["/k/b"])
    patterns = {"properties": {"a": {}}, "patternProperties": {"^x": {"properties": {"b": {}}}}}
    assert stripped(patterns, {"a": 1, "x1": {"b": 1, "c": 2}, "y": 3}) == ({"a": 1, "x1": {"b": 1}}, ["/x1/c", "/y"])
    assert stripped({"additionalProperties": False}, {"a": 1}) == ({}, ["/a"])
    hidden = {"properties": {"p": {"writeOnly": True}}, "additionalProperties": True}
    assert stripped(hidden, {"p": 1, "q": 2}) == ({"q": 2}, ["/p"])


def test_objects_of_which_nothing_is_said_are_left_alone() -> None:
    for schema in ({}, OBJECT, {"properties": {"free": OBJECT, "any": {}}}, {"items": {}}, {"prefixItems": [PERSON, OBJECT]}):
        value = {"free": {"x": [{"y": 1}]}, "any": [{"z": 1}]}
        assert stripped(schema, value)[0] is value
    assert stripped({"prefixItems": [PERSON], "items": OBJECT}, [{"x": 1}, {"y": 1}])[1] == ["/0/x", "/1/y"]
    assert stripped(PERSON, "text") == ("text", [])


def test_too_many_schemas_for_one_value() -> None:
    many = {"anyOf": [{"properties": {f"p{index}": {}}} for index in range(300)]}
    assert stripped(many, {"x": 1}) == ({"x": 1}, [])


VALUES = st.recursive(
    st.integers(),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcx"), inner, max_size=4)),
    max_leaves=15,
)


@given(VALUES)
def test_stripping_twice_takes_out_nothing_more(value: Any) -> None:
    schemas = {
        "T": {
            "properties": {"a": {"$ref": "#/components/schemas/T"}, "b": {"items": {"$ref": "#/components/schemas/T"}}, "c": {}}
        }
    }
    once, removed = stripped({"$ref": "#/components/schemas/T"}, value, schemas)
    twice, nothing = stripped({"$ref": "#/components/schemas/T"}, once, schemas)
    assert twice is once and nothing == []
    assert bool(removed) is (once != value)


@pytest.mark.parametrize("name", ["0", "1445", "007", "000", "+5", "99999999999999999999999"])
def test_names_that_look_like_numbers(name: str) -> None:
    inner = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    live = open_contract(with_body({"type": "object", "additionalProperties": inner}))
    violation = check_of(live, 0).violation({name: {"a": "secret"}}, "body")
    assert violation.sample == "aaaaaa" and violation.place.endswith("/a")
