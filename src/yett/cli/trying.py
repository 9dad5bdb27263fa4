"""From the options of `yett decide` to the policy that is tried. No file is read here but through `yett.store.bundle`."""

from pathlib import Path
from typing import Any

import msgspec

from yett.cli.state import own_patterns
from yett.edge.keysets import KeySets
from yett.edge.passwords import verify_now
from yett.engine.reducing import STATEFUL, with_contract, without
from yett.engine.trial import Trial
from yett.model.bundle import Bundle
from yett.model.decision import Need, Unanswered, VerifyPassword
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.policy import Policy
from yett.model.ports import NoPatternCache, Ports
from yett.store.bundle import bundle_of_tree, load_bundle
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing
from yett.store.pattern_cache import DiskPatternCache

OWN, CRS = "own", "crs"
SERVICE = "recorded"
UPSTREAM = "http://127.0.0.1:9"
"""Where nothing is ever sent."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be tried: a policy's file, or rule packs by name with the settings of the Core Rule Set.

    contract: in place of the policy's. stateless: only what needs neither counters nor keys.
    """

    policy: Path | None = None
    rules: tuple[str, ...] = (OWN,)
    crs: Path | None = None
    paranoia: int | None = None
    threshold: int | None = None
    contract: Path | None = None
    stateless: bool = True


def policy_tree(wanted: Wanted) -> dict[str, Any]:
    """The policy that stands in no file, as its YAML would be: one service for every host, everything enforced."""
    service: dict[str, Any] = {"upstream": {"targets": [UPSTREAM]}, "mode": "enforce"}
    service["attacks"] = {"mode": "enforce"} if OWN in wanted.rules else False
    if CRS in wanted.rules and wanted.crs is not None:
        said = {"directory": str(wanted.crs.absolute()), "paranoia": wanted.paranoia, "threshold": wanted.threshold}
        service["crs"] = {name: value for name, value in said.items() if value is not None}
    return {"services": {SERVICE: service}}


def trial_of(wanted: Wanted) -> tuple[Trial, tuple[Mistake, ...]]:
    """The policy, read and compiled, and what of its contracts is wrong and was left out. Raises PolicyErrors, and OSError where
    the current directory is gone."""
    policies: list[Policy] = []

    def reduced(policy: Policy) -> Policy:
        """What is left out need not be there: a trial needs no secrets of production."""
        if wanted.contract is not None:
            policy = _with_contract(policy, str(wanted.contract.absolute()))
        policies.append(policy)
        policy = msgspec.structs.replace(policy, listen=tuple(msgspec.structs.replace(one, tls=None) for one in policy.listen))
        return without(policy, STATEFUL) if wanted.stateless else policy

    if wanted.policy is None:
        bundle = bundle_of_tree(policy_tree(wanted), reduced)
    else:
        bundle = load_bundle(wanted.policy, reduced)
    return Trial(bundle, _ports(bundle), policies[0], wanted.stateless, fulfil), bundle.warnings


def _with_contract(policy: Policy, file: str) -> Policy:
    try:
        return with_contract(policy, file)
    except ValueError as error:
        raise PolicyErrors([Mistake(str(error), hint="name the contract in the policy")]) from None


def _ports(bundle: Bundle) -> Ports:
    """Counters of this process, and no key sets but those in files: nothing is fetched."""
    cache = own_patterns()
    return Ports(
        counters=LocalCounters(),
        keys=KeyRing(bundle.keys),
        key_sets=KeySets(),
        secrets=bundle.secrets,
        files=bundle.files,
        patterns=NoPatternCache() if cache is None else DiskPatternCache(cache),
    )


def fulfil(need: Need) -> bool | Unanswered:
    """What checks wait for, as far as this process can say."""
    if isinstance(need, VerifyPassword):
        return verify_now(need)
    return Unanswered("nothing is fetched offline")
