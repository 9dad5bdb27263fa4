"""Runs one probe against the notes API: what it claims, how, and that nothing of it stays behind."""

from collections.abc import Iterable
from importlib import import_module

from guarded_notes import DESCRIPTION, STRONG, Notes

from yett.engine.probing.outcome import Outcome
from yett.engine.probing.trial import tried
from yett.model.probe import Claim
from yett.rules.probing.identity import Identity
from yett.rules.registry import Probe, as_probe


def identities(api: Notes, names: Iterable[str] = ("alice", "bob", "root")) -> list[Identity]:
    """Identities that are logged in, as the edge would make them."""
    return [
        Identity(
            name=name,
            roles=(str(api.users[name]["role"]),),
            rank=int(api.users[name]["role"] == "admin"),
            credential=(("Authorization", f"Bearer {api.token(name)}"),),
            username=name,
            password=str(api.users[name]["password"]),
            facts={"username": name},
        )
        for name in names
    ]


def named(probe: str) -> Probe:
    """One probe by its id, which its module is named after."""
    return as_probe(import_module(f"yett.rules.probes.{probe.replace('-', '_')}"))


def run(
    probe: str,
    weak: Iterable[str] = (),
    *,
    names: Iterable[str] = ("alice", "bob", "root"),
    secret: bytes = STRONG,
    description: str = DESCRIPTION,
    seed: int = 1,
) -> tuple[list[Claim], Outcome, Notes]:
    """What one probe claims of the API with these holes."""
    api = Notes(weak, secret)
    outcome = tried(api, description, identities(api, names), [named(probe)], seed=seed)
    return [one.claim for one in outcome.found], outcome, api


def flaws(claims: Iterable[Claim]) -> list[str]:
    return [one.flaw.value for one in claims]
