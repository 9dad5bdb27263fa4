"""The page about the policy names every key, and its example is one."""

import re
from pathlib import Path

import msgspec
import pytest

from yett.engine.policy import read_policy
from yett.formats.yaml import read
from yett.model import policy as model
from yett.rules.registry import guards

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "policy.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
STRUCTS = [one for one in vars(model).values() if isinstance(one, type) and issubclass(one, model.Struct)]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_key_is_on_the_page(struct: type[msgspec.Struct]) -> None:
    names = {field.encode_name for field in msgspec.structs.fields(struct)} - {"name", "settings"}
    missing = [name for name in names if not re.search(rf"\b{name}\b", PAGE)]
    assert missing == []


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_is_a_policy(block: str) -> None:
    mistakes: list[object] = []
    assert read_policy(read(block.encode()).tree, lambda *mistake: mistakes.append(mistake)) is not None, mistakes


def test_rules_that_the_page_names_exist() -> None:
    assert BLOCKS
    assert {"undeclared"} <= set(guards())
    assert all((DOCS / "reference" / name).suffix for name in re.findall(r"\]\(([a-z.]+)\)", PAGE))
