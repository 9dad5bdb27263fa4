"""Schemes of authentication that traffic showed, as OpenAPI security schemes and requirements.

A learnt scheme says what callers sent with accepted calls, not what the service would accept or refuse; the ratio stands beside it.
Schemes that OpenAPI has no words for, and keys of which nobody knows where they are carried, are left out of requirements.

Source: OpenAPI 3.1.1, sections 4.8.27 and 4.8.30; the registry of HTTP authentication schemes of IANA.
"""

from typing import Any

from yett.model.catalog import CatalogOperation

_HTTP = {
    "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "dpop": {"type": "http", "scheme": "dpop"},
    "negotiate": {"type": "http", "scheme": "negotiate"},
    "mtls": {"type": "mutualTLS"},
}
_CARRIED = frozenset(("api-key", "token", "session"))
"""Schemes that are described by where they are carried."""

Requirement = dict[str, list[str]]


class SecuritySchemes:
    """Collects what the operations of one description need."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}

    def components(self) -> dict[str, Any]:
        return dict(sorted(self._found.items()))

    def requirements(self, operations: list[CatalogOperation]) -> list[Requirement] | None:
        """Alternatives, sorted; None where nothing is known. An empty one: accepted calls came without any, too."""
        found: dict[str, Requirement] = {}
        for operation in operations:
            if not operation.authentication.successes:
                return None
            for together in operation.authentication.schemes:
                made = self._together(operation, together)
                if made is None:
                    return None
                found["+".join(made)] = made
        return [found[name] for name in sorted(found, key=lambda name: (not name, name))] or None

    def _together(self, operation: CatalogOperation, together: str) -> Requirement | None:
        if together == "none":
            return {}
        made: Requirement = {}
        for scheme in sorted(together.split("+")):
            name = self._scheme(operation, scheme)
            if name is None:
                return None
            made[name] = []
        return made

    def _scheme(self, operation: CatalogOperation, scheme: str) -> str | None:
        if scheme in _HTTP:
            self._found[scheme] = dict(_HTTP[scheme])
            return scheme
        carrier = _carrier(operation, scheme) if scheme in _CARRIED else None
        if carrier is None:
            return None
        place, field = carrier
        name = f"{scheme}-{place}-" + "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in field)
        known = self._found.setdefault(name, {"type": "apiKey", "in": place, "name": field})
        return name if known["name"] == field else None


def _carrier(operation: CatalogOperation, scheme: str) -> tuple[str, str] | None:
    """Where the credential is: the one carrier that is no Authorization field; None where several might be meant."""
    carriers = operation.facts.get("carriers", {})
    wanted = ("cookie",) if scheme == "session" else ("header", "query")
    found = []
    for carrier in sorted(carriers):
        place, _, field = carrier.partition(" ")
        if place in wanted and field and field.lower() != "authorization" and field.isascii():
            found.append((place, field))
    return found[0] if len(found) == 1 else None
