"""`contract: {security: honour}`: the contract chooses among the policy's ways to authenticate.

An operation keeps those entries of `authenticate` that the contract's security schemes ask for. Where the contract lets anybody
in, credentials become optional. That the principal has the scopes of the contract is for the contract's own guard to check. It
must not know how any of them works.
"""

from collections.abc import Callable, Iterable

import msgspec

from yett.engine.settings import Chosen
from yett.formats.contract.live import ContractOperation
from yett.formats.contract.values import SecurityScheme
from yett.rules.guards.contract_request import AUTHENTICATED_BY
from yett.rules.registry import guards

SETTING = "authenticate"
ANONYMOUS = "anonymous"

Say = Callable[[str, str], None]
"""Called with what will not be enforced and why."""


def is_asked(settings: Iterable[Chosen]) -> bool:
    """Whether the policy wants the contract's security to be honoured."""
    return any(getattr(chosen.options, "security", None) == "honour" for chosen in settings)


def honoured(entries: list[Chosen], operation: ContractOperation, say: Say) -> list[Chosen]:
    """The entries that the contract asks for. All of them, where it says nothing or asks for nothing that there is: then at
    least what the policy requires is required."""
    security = operation.detail.security
    if security is None:
        return entries
    if not security or any(not alternative for alternative in security):
        return _optional(entries)
    known = {chosen.guard.rule.entry for chosen in entries}
    schemes = operation.live.schemes
    wanted: set[str] = set()
    for name in dict.fromkeys(name for alternative in security for name, _ in alternative):
        scheme = schemes.get(name)
        entry = AUTHENTICATED_BY.get(scheme.type, "") if scheme is not None else ""
        if entry in known:
            wanted.add(entry)
            _compare(scheme, entries, say)
        else:
            say(f"the security scheme {name!r} of the contract", f"`authenticate` has no entry {entry or 'of that kind'!r}")
    kept = [chosen for chosen in entries if chosen.guard.rule.entry in wanted]
    return kept or entries


def _optional(entries: list[Chosen]) -> list[Chosen]:
    if not entries or any(chosen.guard.rule.entry == ANONYMOUS for chosen in entries):
        return entries
    guard = guards()[ANONYMOUS]
    return [*entries, Chosen(guard, msgspec.convert({}, guard.options), "")]


def _compare(scheme: SecurityScheme | None, entries: list[Chosen], say: Say) -> None:
    """An API key that the contract carries elsewhere than the policy is still read where the policy says."""
    if scheme is None or scheme.type != "apiKey":
        return
    places = [getattr(chosen.options, "api_key", None) for chosen in entries if chosen.guard.rule.entry == "api_key"]
    carried = [(getattr(place, scheme.place, None) or "") for place in places]
    if scheme.field.lower() not in (name.lower() for name in carried):
        say(f"the API key in {scheme.place} {scheme.field}", "the policy reads API keys from elsewhere")
