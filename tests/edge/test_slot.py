"""The place of a worker: what its process is started with."""

import asyncio
import json
import sys
from typing import Any

import pytest

from yett.edge.gateway.slot import MEMORY, Slot

TELL = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open({!r}, 'w'))"


def started_with(tmp_path: Any) -> tuple[list[str], dict[str, str]]:
    told = tmp_path / "told.json"

    async def start() -> None:
        slot = Slot(3)
        await slot.fill([sys.executable, "-c", TELL.format(str(told))], lambda _report, _files: None)
        assert slot.filled and slot.pid
        assert await slot.end() == 0
        slot.vacate()
        assert not slot.filled and not slot.pid

    asyncio.run(start())
    arguments, environment = json.loads(told.read_text())
    return arguments, environment


def test_a_worker_knows_its_number_and_its_channel(tmp_path: Any) -> None:
    arguments, _ = started_with(tmp_path)
    assert arguments[:3] == ["--worker", "3", "--control"] and arguments[3].isdigit()


def test_the_c_library_of_a_worker_gives_large_blocks_back(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    [name] = MEMORY
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ELSE", "kept")
    _, environment = started_with(tmp_path)
    assert environment[name] == "131072" and environment["ELSE"] == "kept"


def test_what_the_operator_says_of_memory_stays(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    [name] = MEMORY
    monkeypatch.setenv(name, "4096")
    assert started_with(tmp_path)[1][name] == "4096"
