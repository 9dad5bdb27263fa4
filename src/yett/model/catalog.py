"""The catalog as values: what is known of every API, with reasons, numbers and what could not be seen.

These values are what `yett catalog export` writes, what checks judge and what the store's callers show. Everything is frozen,
converts to JSON, and is sorted: two catalogs of the same knowledge are the same octets. It must not know how anything was learnt.
"""

from typing import Any, Literal

import msgspec

from yett.model.claim import Claim

Moment = float | None
"""Seconds since the Unix epoch; None where nothing was seen, or nothing says when."""

VIEWS: dict[str, str] = {
    "declared": "a contract or a gateway's configuration describes it",
    "deprecated": "declared deprecated, or answered with a Deprecation or Sunset field (RFC 9745, RFC 8594)",
    "dormant": "was used, and then nobody called it for longer than `dormant_after` while its service was watched",
    "drifted": "declared, and traffic contradicts the declaration",
    "orphan": "declared, and no call was accepted in a window of known coverage",
    "shadow": "answered (2xx or 3xx, or 4xx to an authenticated call) and declared nowhere, although something is declared",
    "undeclared": "answered, and nothing at all was declared for its service: shadow cannot be told",
    "unused": "declared, and never seen; the window or the coverage is too small to call it orphan",
    "versioned": "other versions of the same operation are alive",
    "zombie": "declared deprecated, removed or retired, and still answering",
}
"""Every view and its definition (project document FIELD.md, section 2)."""

Exposure = Literal["internal", "partner", "public", "unknown"]


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is as it is. about: "template", "parameter:userId", "view:shadow", "exposure", "function:login" …

    text: one sentence. numbers: what decided, and the settings it was held against, by their names in the configuration.
    """

    about: str
    text: str
    numbers: dict[str, int | float | str] = {}


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """Authentication as a ratio over successful answers, never "a field was there".

    ratio: 0 to 1; None where no successful answer was seen by a sensor that sees request fields. schemes: for each set of
    schemes seen together, joined by "+" in the order of names ("none" for calls without), its number of successful exchanges.
    successes: the denominator. verdict: consistent | partial | none | unknown.
    """

    ratio: float | None = None
    schemes: dict[str, int] = {}
    successes: int = 0
    verdict: Literal["consistent", "partial", "none", "unknown"] = "unknown"


class FieldClass(msgspec.Struct, frozen=True, kw_only=True):
    """A data class of one field. place: "request.body/address/street", "response.200.body/items/*/email", "query/q",
    "path/userId", "request.header/x-key" ... ratio: of the distinct values looked at, 0 to 1. distinct: how many those were.
    by: "traffic", or "person" where somebody gave the verdict."""

    place: str
    name: str = msgspec.field(name="class")
    ratio: float
    distinct: int
    by: Literal["traffic", "person", "contract"] = "traffic"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter. place: path | query | header | cookie. ratio: in how many calls it was, 0 to 1. distinct: estimated number
    of distinct values. schema: JSON Schema 2020-12."""

    name: str
    place: Literal["path", "query", "header", "cookie"]
    ratio: float = 1.0
    distinct: int = 0
    schema: dict[str, Any] = {}


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of body. status: "" for requests. type: media type in lower case, without parameters; "" where there was no body.
    count: bodies of this kind that were read. schema: JSON Schema 2020-12, {} where nothing is known."""

    type: str
    status: str = ""
    count: int = 0
    schema: dict[str, Any] = {}


class Consumer(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls. id: keyed hash (hex) or a public name from a token's claims; kind: principal | client | session | certificate |
    key | address. receives: data classes that were in answers to it."""

    id: str
    kind: str
    count: int
    label: str = ""
    first_seen: Moment = None
    last_seen: Moment = None
    receives: tuple[str, ...] = ()


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """One place that declares an operation. source: file; place: line or pointer in it; kind: rest | graphql | soap | grpc | mcp …
    origin: contract | gateway. current: whether the newest reading of that source still has it. pattern: how `template` is meant
    (template | prefix | regex | exact). security: names of schemes, None where the source says nothing of it."""

    source: str
    place: str = ""
    kind: str = "rest"
    origin: str = "contract"
    method: str = ""
    template: str = ""
    pattern: str = "template"
    operation_id: str = ""
    deprecated: bool = False
    current: bool = True
    version: str = ""
    security: tuple[str, ...] | None = None


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between declaration and traffic. kind: added | removed | type | status | parameter | method …"""

    kind: str
    place: str
    text: str
    count: int = 0
    consumers: int = 0


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What was watched, so that no absence is claimed beyond it.

    exchanges: how many were counted. recorded: how many records those are (fewer, where a sensor samples). sensors: exchanges by
    sensor. parts: how many exchanges showed each part (request-fields, request-body, response-fields, response-body, query,
    status …). window: seconds between first and last. lacks: sentences on what no sensor could see.
    """

    exchanges: int = 0
    recorded: int = 0
    first_seen: Moment = None
    last_seen: Moment = None
    window: float = 0.0
    sensors: dict[str, int] = {}
    parts: dict[str, int] = {}
    lacks: tuple[str, ...] = ()


class CatalogOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. Sorted by (service, template, method, named).

    id: stable; it stays when the template changes. named: operation below the path, such as "query user" (GraphQL), a SOAP action,
    a JSON-RPC method or an MCP tool; "" where there is none. statuses: exchanges by status, "0" where nothing was answered.
    accepted: answers of 2xx and 3xx. members: raw paths with their counts, bounded; member_count: how many distinct there are
    (estimated beyond the bound). template_from: who said the template. version: of the API, from template, host or contract.
    """

    id: str
    service: str
    method: str
    template: str
    count: int = 0
    first_seen: Moment = None
    last_seen: Moment = None
    statuses: dict[str, int] = {}
    authentication: Authentication = Authentication()
    views: tuple[str, ...] = ()
    classes: tuple[FieldClass, ...] = ()
    reasons: tuple[Reason, ...] = ()
    coverage: Coverage = Coverage()
    kind: str = "rest"
    named: str = ""
    title: str = ""
    hosts: tuple[str, ...] = ()
    version: str = ""
    template_from: str = "traffic"
    accepted: int = 0
    deprecated: bool = False
    exposure: Exposure = "unknown"
    functions: tuple[str, ...] = ()
    declared: tuple[Declaration, ...] = ()
    drift: tuple[Drift, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    requests: tuple[Content, ...] = ()
    responses: tuple[Content, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    consumer_count: int = 0
    siblings: tuple[str, ...] = ()
    members: dict[str, int] = {}
    member_count: int = 0
    facts: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """What people call it: "GET /users/{userId}", with the operation below the path where there is one."""
        return f"{self.method} {self.template}" + (f" {self.named}" if self.named else "")

    @property
    def answered(self) -> int:
        """Calls that statuses, fields and signals rest on: more than `count` where a person split off what was learnt together."""
        return max(self.count, sum(self.statuses.values()))


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """One host name that calls were made to. declared: whether some description or configuration names it."""

    name: str
    service: str
    count: int = 0
    declared: bool = False
    exposure: Exposure = "unknown"
    first_seen: Moment = None
    last_seen: Moment = None


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service: its hosts, and counts over its operations. sources: files that declare it. set_aside: exchanges that made no
    operation (soft 404s, scanners, crawlers), by reason."""

    name: str
    hosts: tuple[str, ...] = ()
    operations: int = 0
    count: int = 0
    first_seen: Moment = None
    last_seen: Moment = None
    exposure: Exposure = "unknown"
    versions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    set_aside: dict[str, int] = {}
    coverage: Coverage = Coverage()


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. settings: every number that decided, by its name in the configuration. `claims` is what views were computed
    from; it is not part of exports."""

    operations: tuple[CatalogOperation, ...] = ()
    services: tuple[Service, ...] = ()
    hosts: tuple[Host, ...] = ()
    coverage: Coverage = Coverage()
    settings: dict[str, Any] = {}
    claims: tuple[Claim, ...] = ()

    def of(self, operation: str) -> tuple[Claim, ...]:
        """The claims about one subject."""
        return tuple(claim for claim in self.claims if claim.subject == operation)


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided; it holds against everything that is learnt later, until it is taken back.

    kind: merge (paths that `template` matches are one operation) | split (paths that `template` matches, with literals where
    the learnt one has parameters, are an operation of their own) | rename (the operation of `template` is shown as `value`: same
    segments, other parameter names, or a title) | verdict (the field at `place` has (`value` "yes") or has not ("no") the data
    class `label`) | service (what is called on host `template` belongs to the service `value`).
    template: as the segments matter, parameter names do not. method, named: "" for all.
    """

    kind: Literal["merge", "split", "rename", "verdict", "service"]
    service: str
    template: str
    method: str = ""
    named: str = ""
    value: str = ""
    place: str = ""
    label: str = ""
    note: str = ""
    id: int = 0
    made: Moment = None
