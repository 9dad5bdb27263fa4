"""The policy as values: what the owner's `yett.yaml` says, with every default written here.

`yett.engine.policy` reads YAML into these; the JSON Schema for editors is generated from them. Guards' own settings are not
here: they stay as `Setting` trees until the compiler hands them to the guard that they belong to.
Sizes are bytes, times are seconds, everywhere.
"""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from yett.model.decision import Mode

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Size = Annotated[int, Meta(ge=0, le=1 << 40)]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that YAML is converted to: an unknown key is an error."""


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


class OperationPolicy(Struct, frozen=True, kw_only=True):
    """Overrides for one operation. A setting given here replaces the service's whole."""

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
