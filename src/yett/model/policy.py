"""The policy as values: what the owner's `yett.yaml` says, with every default written here.

`yett.engine.policy` reads YAML into these; the JSON Schema for editors is generated from them. Guards' own settings are not
here: they stay as `Setting` trees until the compiler hands them to the guard that they belong to.
Sizes are bytes, times are seconds, everywhere.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from yett.model.decision import Mode

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Size = Annotated[int, Meta(ge=0, le=1 << 40)]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that YAML is converted to: an unknown key is an error."""


FilePath = Annotated[str, Meta(min_length=1, extra={"yett": "file"}, extra_json_schema={"format": "path"})]
"""Type of a guard's option that names a file: its bytes are in `Ports.files`, by the path as written. Relative paths start
at the policy's directory."""

DirectoryPath = Annotated[str, Meta(min_length=1, extra={"yett": "directory"}, extra_json_schema={"format": "path"})]
"""Type of a guard's option that names a directory of rules: its files are in `Ports.files`, by the path as written, a slash, and
their own path below it. Relative paths start at the policy's directory."""

KeySetUrl = Annotated[str, Meta(pattern="^https?://", extra={"yett": "key_set"}, extra_json_schema={"format": "uri"})]
"""Type of a guard's option that names a JSON Web Key Set by URL: the set is in `Ports.key_sets`, by this URL."""

SecretParameter = Annotated[str, Meta(pattern=r"^[\x21-\x7e]+$(?!\n)", max_length=128, extra={"yett": "parameter"})]
"""Type of a guard's option that names a query parameter which carries a credential: no record ever shows its values."""


class Secret(Struct, frozen=True, kw_only=True):
    """Type of a guard's option that is secret: `{env: NAME}` or `{file: PATH}`, never the value itself.

    The rim resolves it; `value` looks it up in `Ports.secrets`. A file's secret is its text without the final line break.
    """

    HINT: ClassVar[str] = "a secret is never written here: {env: NAME} or {file: PATH}"

    env: Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    file: Annotated[str, Meta(min_length=1)] | None = None

    def __post_init__(self) -> None:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret is either {env: NAME} or {file: PATH}")

    @property
    def reference(self) -> str:
        """ "env:NAME" or "file:PATH": the key of the resolved value."""
        return f"env:{self.env}" if self.env is not None else f"file:{self.file}"

    def value(self, secrets: Mapping[str, str]) -> str:
        """The resolved value, out of `Ports.secrets`. Raises ValueError where there is none."""
        try:
            return secrets[self.reference]
        except KeyError:
            raise ValueError(f"the secret {self.reference} was not resolved") from None


class ClientAuth(StrEnum):
    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class ListenTLS(Struct, frozen=True, kw_only=True):
    """TLS of a listener; files are watched and read again when they change. TLS 1.2 and 1.3 only."""

    certificate: str
    key: str
    client_ca: str | None = None
    client_auth: ClientAuth = ClientAuth.NONE
    minimum_version: Annotated[str, Meta(pattern=r"^1\.[23]$")] = "1.2"


class Listen(Struct, frozen=True, kw_only=True):
    """One address to listen on: "127.0.0.1:8080" or "[::1]:8080"."""

    address: str
    tls: ListenTLS | None = None


class Bounds(Struct, frozen=True, kw_only=True):
    """Limits that are enforced in every mode, because without them nothing is bounded.

    Defaults follow common servers: nginx allows 4 x 8 KiB of head, Apache 100 fields and an 8,190 byte request line.
    minimum_rate: bytes per second below which a head or body counts as slow loris, after a grace of 5 s.
    """

    head_size: Annotated[int, Meta(ge=256, le=1 << 20)] = 32_768
    fields: Annotated[int, Meta(ge=1, le=10_000)] = 100
    target_length: Annotated[int, Meta(ge=16, le=1 << 20)] = 8_190
    body_size: Size = 10 << 20
    head_timeout: Seconds = 10.0
    body_timeout: Seconds = 30.0
    minimum_rate: Annotated[int, Meta(ge=0)] = 100
    idle_timeout: Seconds = 75.0
    connections: Count = 20_000
    connections_per_address: Count = 1_000
    decoded_size: Size = 10 << 20
    decoded_ratio: Annotated[int, Meta(ge=1, le=10_000)] = 100
    response_size: Size = 10 << 20
    tunnel_idle_timeout: Seconds = 3_600.0


class Match(Struct, frozen=True, kw_only=True):
    """Which requests belong to a service. hosts: exact or "*.example"; none means any. prefix: on segment borders."""

    hosts: tuple[str, ...] = ()
    prefix: str = "/"


class UpstreamTLS(Struct, frozen=True, kw_only=True):
    """How targets with https are verified. `ca`: a PEM file in place of the system's roots."""

    verify: bool = True
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    server_name: str | None = None


class Health(Struct, frozen=True, kw_only=True):
    """Active checks: GET `path` on every target; `healthy` good answers in a row take it in, `unhealthy` bad ones out."""

    path: str
    interval: Seconds = 10.0
    timeout: Seconds = 2.0
    healthy: Count = 2
    unhealthy: Count = 3


class Breaker(Struct, frozen=True, kw_only=True):
    """Passive check: after `failures` in a row a target is left alone for `open_for`, then tried with one request."""

    failures: Count = 5
    open_for: Seconds = 10.0


class Balance(StrEnum):
    ROUND_ROBIN = "round_robin"
    LEAST_PENDING = "least_pending"


class Upstream(Struct, frozen=True, kw_only=True):
    """Where a service really runs. host: "keep" the caller's Host field, or send the "target"'s, or a literal name."""

    targets: Annotated[tuple[str, ...], Meta(min_length=1)]
    strip_prefix: bool = False
    host: str = "keep"
    balance: Balance = Balance.ROUND_ROBIN
    connect_timeout: Seconds = 5.0
    read_timeout: Seconds = 60.0
    connections: Count = 256
    idle_connections: Count = 64
    idle_timeout: Seconds = 30.0
    waiting: Annotated[int, Meta(ge=0, le=100_000)] = 1_024
    resolve_interval: Seconds = 30.0
    health: Health | None = None
    breaker: Breaker = Breaker()
    tls: UpstreamTLS = UpstreamTLS()


class Durability(StrEnum):
    """batch: a crash loses at most the last 200 ms. request: no answer leaves before its record is on disk."""

    BATCH = "batch"
    REQUEST = "request"


class Samples(Struct, frozen=True, kw_only=True):
    """Body samples in the log: off unless `per_minute` (per operation) is above 0."""

    per_minute: Annotated[int, Meta(ge=0, le=10_000)] = 0
    size: Annotated[int, Meta(ge=0, le=1 << 20)] = 4_096
    masked_fields: tuple[str, ...] = ()


class Log(Struct, frozen=True, kw_only=True):
    """enabled: without it nothing is remembered and nothing can be explained; numbers are still counted."""

    enabled: bool = True
    directory: str = "yett-data/log"
    durability: Durability = Durability.BATCH
    segment_size: Annotated[int, Meta(ge=65_536)] = 64 << 20
    retention_size: Annotated[int, Meta(ge=1 << 20)] = 1 << 30
    retention_days: Annotated[float, Meta(gt=0)] = 30.0
    queue: Annotated[int, Meta(ge=100)] = 20_000
    samples: Samples = Samples()


class RuleSetting(Struct, frozen=True, kw_only=True):
    """`rules: {<rule id>: {mode: monitor}}`: softens one guard, or turns it off."""

    mode: Annotated[str, Meta(pattern="^(enforce|monitor|off)$")] = "enforce"


Setting = dict[str, Any]
"""Guards' settings by key ("cors", "authenticate", ...), as plain YAML values."""


class ContractUse(Struct, frozen=True, kw_only=True):
    """The engine's part of `contract:`; its other keys are settings of guards.

    base_path: in place of the base paths of the contract's `servers`.
    """

    file: Annotated[str, Meta(min_length=1)]
    base_path: Annotated[str, Meta(pattern="^/")] | None = None


class OperationPolicy(Struct, frozen=True, kw_only=True):
    """Overrides for one operation. A setting given here replaces the service's whole.

    declare: with a contract, a key that the contract does not have is an error, unless this says that it is meant.
    """

    declare: bool = False
    mode: Mode | None = None
    rules: dict[str, RuleSetting] = {}
    body_size: Size | None = None
    encoded_slash: Annotated[str, Meta(pattern="^(refuse|keep)$")] = "refuse"
    settings: Setting = {}


class Service(Struct, frozen=True, kw_only=True):
    """One API. operations: overrides by operationId or "METHOD /template" """

    name: str
    match: Match = Match()
    upstream: Upstream
    contract: ContractUse | None = None
    mode: Mode = Mode.ENFORCE
    body_size: Size | None = None
    websocket_origins: tuple[str, ...] | None = None
    rules: dict[str, RuleSetting] = {}
    settings: Setting = {}
    operations: dict[str, OperationPolicy] = {}


class Policy(Struct, frozen=True, kw_only=True):
    """The whole policy. `admin` serves /metrics, /healthz and /readyz, and should stay on loopback."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    listen: tuple[Listen, ...] = (Listen(address="127.0.0.1:8080"),)
    admin: str | None = "127.0.0.1:8081"
    workers: Annotated[int, Meta(ge=0, le=256)] = 0
    keys: str | None = None
    state: str = "yett-data"
    trusted_proxies: tuple[str, ...] = ()
    bounds: Bounds = Bounds()
    log: Log = Log()
    services: Annotated[tuple[Service, ...], Meta(min_length=1)]
