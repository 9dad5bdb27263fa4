"""What can be called, and who calls it."""

from typing import Annotated

import msgspec
from msgspec import Meta


class Operation(msgspec.Struct, frozen=True):
    """Method and path template of a service. `id` is stable: the contract's operationId, else "METHOD template".

    `method` is "*" for the operation that stands for everything a service does not declare.
    """

    id: str
    service: str
    method: str
    template: str
    declared: bool = True
    deprecated: bool = False


class Principal(msgspec.Struct, frozen=True):
    """Who calls. `id` is unique within `scheme` ("api_key", "jwt", "basic", "client_certificate", "anonymous")."""

    id: str
    scheme: str
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


ANONYMOUS = Principal(id="", scheme="anonymous")

UNVERIFIED = Principal(id="", scheme="unverified")
"""A caller whose credential could not be verified because of an outage of ours, let in because the policy says so."""


class Credential(msgspec.Struct, frozen=True):
    """What may be remembered of a credential: never the secret itself.

    `fingerprint` is a keyed hash (hex); `facts` holds chosen public facts of a token: alg, iss, sub, aud, exp, kid.
    """

    scheme: str
    fingerprint: str = ""
    facts: dict[str, str | int | float | list[str]] = {}


Label = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+\Z", max_length=256)]
"""A name that may stand in records and fields: not empty, no control characters."""


class ApiKey(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One stored key. `sha256` is the hex digest of the key, in lower case; `created`, `expires` (the first moment at which
    the key is refused) and `revoked` are in seconds since the Unix epoch."""

    id: Label
    principal: Label
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    created: float = 0.0
    expires: float | None = None
    revoked: float | None = None
