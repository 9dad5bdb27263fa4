"""JSON as arguments: the names and texts that libmodsecurity makes of the same document."""

import json
from collections import Counter
from typing import Any

import libmodsecurity
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yett.formats.inspected import json_arguments
from yett.formats.inspected.arguments import LONGEST_NAMES

RULES = """
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRequestBodyJsonDepthLimit 100
SecRule REQUEST_HEADERS:Content-Type "@unconditionalMatch" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule ARGS "@unconditionalMatch" "id:2,phase:2,pass,nolog,setvar:'tx.all=%{tx.all}~%{MATCHED_VAR_NAME}~%{MATCHED_VAR}'"
SecRule TX:all "@unconditionalMatch" "id:3,phase:2,pass,log,logdata:'%{MATCHED_VAR}'"
"""


@pytest.fixture(scope="module")
def rules() -> Any:
    made = libmodsecurity.RulesSet()
    assert made.load(RULES) >= 0, made.get_parser_error()
    return made


def theirs(rules: Any, document: Any) -> Counter[tuple[bytes, bytes]]:
    engine = libmodsecurity.ModSecurity()
    told: list[str] = []
    engine.set_rule_message_callback(lambda message: told.append(message.data))
    transaction = libmodsecurity.Transaction(engine, rules)
    transaction.process_connection("192.0.2.1", 1, "192.0.2.2", 80)
    transaction.process_uri("/x", "POST", "1.1")
    transaction.add_request_header("Content-Type", "application/json")
    transaction.process_request_headers()
    transaction.append_request_body(json.dumps(document).encode())
    transaction.process_request_body()
    pieces = told[0].split("~")[1:] if told else []
    return Counter((name.removeprefix("ARGS:").encode(), text.encode()) for name, text in zip(pieces[::2], pieces[1::2]))


NAMES = st.sampled_from(["", "a", "b", "a.b", "array_0", "é", "x y"])
LEAVES = st.none() | st.booleans() | st.integers(-99, 1 << 60) | st.sampled_from([1.5, -0.25, "", "text", "ünï", "1"])
DOCUMENTS = st.recursive(
    LEAVES, lambda parts: st.lists(parts, max_size=3) | st.dictionaries(NAMES, parts, max_size=3), max_leaves=10
)


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS)
@example({"items": [{"price": 1.5, "ok": True, "n": None, "o": {}, "a": [], "s": "x"}, [1, "y"]], "k.d": {"": "z"}})
@example("only")
@example(None)
@example([])
def test_names_and_texts(rules: Any, document: Any) -> None:
    found = json_arguments(document, 1_000)
    assert Counter(zip(found.names, found.texts, strict=True)) == theirs(rules, document)
    assert not found.truncated


@pytest.mark.parametrize(
    "document", [list(range(20)), {f"n{number}": number for number in range(20)}, [[[number] for number in range(20)]]]
)
def test_at_most_so_many(document: Any) -> None:
    found = json_arguments(document, 10)
    assert found.truncated and len(found.names) == len(found.texts) <= 10


def test_names_do_not_grow_without_end() -> None:
    found = json_arguments({"k" * 100_000: [[number] for number in range(500)]}, 1_000)
    assert found.truncated and sum(map(len, found.names)) <= LONGEST_NAMES


class Everything:
    """A proof of every text."""

    safe = (True,)

    def members(self, _: int) -> tuple[dict[str, int], int]:
        return {}, 0

    def items(self, _: int) -> int:
        return 0

    def list_of_flat(self, _: int) -> bool:
        return True


def test_what_is_proven_has_a_name_and_no_text() -> None:
    found = json_arguments({"a": "x", "b": ["y", 1, {"c": "\0"}], "d": None}, 1_000, Everything())
    assert dict(zip(found.names, found.texts, strict=True)) == {
        b"json.a": None,
        b"json.b.array_0": None,
        b"json.b.array_1": b"1",
        b"json.b.array_2.c": None,
        b"json.d": b"",
    }
    assert json_arguments("x", 1_000, Everything()).texts == [None] and json_arguments("x", 1_000).texts == [b"x"]
