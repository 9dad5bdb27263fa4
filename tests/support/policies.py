"""Snapshots and replays from texts, for tests: the real compiler, no files."""

from typing import Any

from yett.engine.compile import Building, compile_policy
from yett.engine.contracts import pack
from yett.engine.policy import read_policy
from yett.engine.recorded import Replayed, replay
from yett.engine.snapshot import Snapshot
from yett.formats.contract import read_contract
from yett.formats.credentials import read_keys
from yett.formats.yaml import read
from yett.model.bundle import Bundle
from yett.model.exchange import Exchange, Request, Response
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.ports import Ports
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NOW = 1_750_000_000.0

KEYS = """
keys:
- {id: a, principal: alice, scopes: [read, write], sha256: 0f729e08c048b0c20180bbddd0401f2e3eb20afb0e5816ada561bfddb5b64cae}
"""
KEY = "yett_an-example"
"""The key of alice."""


def bundle_of(policy: str, contract: str = "", **more: Any) -> Bundle:
    """A bundle from a policy's text. `contract`: what the file openapi.yaml holds. Raises PolicyErrors."""
    document = read(policy.encode(), "yett.yaml")
    mistakes: list[Mistake] = []
    made = read_policy(document.tree, lambda *mistake: mistakes.append(document.mistake(*mistake)))
    if made is None:
        raise PolicyErrors(mistakes)
    contracts = {}
    if contract:
        value = read_contract("openapi.yaml", {"openapi.yaml": read(contract.encode(), "openapi.yaml").tree})
        assert not value.problems, value.problems
        contracts["openapi.yaml"] = pack(value)
    keys = read_keys(KEYS.encode(), "keys.yaml")
    given = {"digest": "d", "path": "yett.yaml", "positions": document.positions, "contracts": contracts, "keys": keys}
    return Bundle(policy=made, **(given | more))


def ports_of(bundle: Bundle, **more: Any) -> Ports:
    given = {"counters": LocalCounters(), "keys": KeyRing(bundle.keys), "files": bundle.files, "secrets": bundle.secrets}
    return Ports(**(given | more))


def snapshot_of(policy: str, contract: str = "", **more: Any) -> Snapshot:
    bundle = bundle_of(policy, contract, **more)
    return compile_policy(bundle, ports_of(bundle))


def building_of(policy: str, contract: str = "") -> Building:
    bundle = bundle_of(policy, contract)
    return Building(bundle, ports_of(bundle))


def service_of(lines: str, contract: str = "") -> Snapshot:
    """A snapshot of one service, for any host."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    text = f'services:\n  s:\n    upstream: {{targets: ["http://127.0.0.1:1"]}}\n{indented}'
    return snapshot_of(text, contract)


def exchange_of(start: str, *lines: str, body: bytes = b"", response: Response | None = None) -> Exchange:
    """An exchange from "GET /path" and "Name: value" lines, with a response of 200."""
    method, target = start.split(" ")
    named = [line.split(": ", 1) for line in lines]
    fields = tuple((name.encode(), value.encode()) for name, value in named)
    if not any(name.lower() == "host" for name, _ in named):
        fields = ((b"Host", b"api.example"), *fields)
    if body:
        fields += ((b"Content-Length", b"%d" % len(body)),)
    request = Request(method=method, target=target.encode(), fields=fields, body=body)
    return Exchange(id="1", source="test", started=NOW, request=request, response=response or Response(status=200))


def told(snapshot: Snapshot, start: str, *lines: str, **more: Any) -> Replayed:
    """What a snapshot does with a request."""
    return replay(snapshot, exchange_of(start, *lines, **more), NOW)


def verdict(snapshot: Snapshot, start: str, *lines: str, **more: Any) -> tuple[int, str]:
    """(status, rule) of a denial or answer; (0, "") where the request passes."""
    found = told(snapshot, start, *lines, **more)
    said = found.denial or found.answer
    return (said.status, said.rule) if said is not None else (0, "")
