"""What all limits have in common: who is counted, under which key, and what a refused caller is told.

A key is 16 octets: BLAKE2b, keyed with the installation's own key, of what the limit is and whom it counts. So neither
addresses nor names nor device ids are ever stored, and nobody outside can choose keys that collide.

The response fields follow draft-ietf-httpapi-ratelimit-headers-10 (sections 3 and 4; structured fields of RFC 9651) and
RFC 9110, 10.2.3 (Retry-After). This module must not know how limits are counted.
"""

from collections.abc import Callable, Hashable
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address
from typing import Annotated

import msgspec
from msgspec import Meta

from yett.formats.parameters import cookies
from yett.model.decision import Denial, Evaluation, Mode, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.ports import CountersUnavailable
from yett.model.rule import Scope

TITLE = "Too many requests."
UNAVAILABLE_TITLE = "Requests cannot be counted at the moment."

OUTAGE_RETRY = 5
"""Seconds that a caller is asked to wait where nothing can be counted: long enough not to add to the trouble."""

Key = Callable[[View, Evaluation], bytes]
"""The key under which an exchange is counted."""

Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", max_length=128)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._/-]{0,40}$(?!\n)")]  # in Python, "$" alone lets a line break through


class By(StrEnum):
    """Whose requests are counted together."""

    ADDRESS = "address"
    PRINCIPAL = "principal"
    KEY = "key"
    OPERATION = "operation"
    DEVICE = "device"
    SERVICE = "service"


STAGES = {
    By.ADDRESS: Stage.THROTTLE,
    By.DEVICE: Stage.THROTTLE,
    By.OPERATION: Stage.LIMIT,
    By.SERVICE: Stage.LIMIT,
    By.PRINCIPAL: Stage.LIMIT,
    By.KEY: Stage.LIMIT,
}
"""Before authentication where nothing of it is needed: what keeps floods and guesses off must not cost a signature check. What
all callers share comes after it, or strangers could use it up for those who are known."""


class Across(StrEnum):
    """What shares one count: each operation has its own, or all operations of the service that have the same limit."""

    OPERATION = "operation"
    SERVICE = "service"


class OnFull(StrEnum):
    """What happens to a request that cannot be counted."""

    ALLOW = "allow"
    DENY = "deny"


class Device(Struct, frozen=True, kw_only=True):
    """The field in which a client names its device: exactly one of header and cookie."""

    header: Token | None = None
    cookie: Token | None = None

    def __post_init__(self) -> None:
        if (self.header is None) == (self.cookie is None):
            raise ValueError("a device is named by exactly one of header and cookie")


class Limit(Struct, frozen=True, kw_only=True):
    """What every limit may say.

    name: what clients see in the RateLimit fields. A named limit keeps its counts when its numbers change, and shares them
    with limits of the same name; any other limit begins anew. fields: whether to send RateLimit fields.
    """

    by: By
    device: Device | None = None
    on_full: OnFull = OnFull.ALLOW
    scope: Across = Across.SERVICE
    fields: bool = True
    name: Name = ""
    mode: Mode = Mode.ENFORCE

    def __post_init__(self) -> None:
        if (self.by is By.DEVICE) != (self.device is not None):
            raise ValueError("`by: device` and `device: {header: …}` belong together")

    def counted(self) -> tuple[str, tuple[int | str, ...]]:
        """The kind of limit, and the numbers that tell it from others without a name."""
        raise NotImplementedError


def counts_by_operation(limit: Limit) -> bool:
    """Whether each operation has its own count (`Rule.per_operation`)."""
    return limit.scope is Across.OPERATION or limit.by is By.OPERATION


def identity(limit: Limit, service: str = "", operation: str = "*") -> tuple[Hashable, ...]:
    """What a limit counts: those that are equal in this have one count, so that no two of a list may be (`Rule.distinct`)."""
    kind, numbers = limit.counted()
    own = operation if counts_by_operation(limit) else ""
    device = (limit.device.header, limit.device.cookie) if limit.device is not None else ()
    return kind, service, own, limit.by, device, limit.name, () if limit.name else numbers


def key_of(limit: Limit, scope: Scope) -> Key:
    """A function that gives the key of an exchange.

    Costs 0.4 to 0.9 µs per call. Callers that cannot be told apart as asked are counted by address instead, so that leaving
    something out never escapes a limit.
    """
    counted = identity(limit, scope.operation.service, scope.operation.id)
    # MessagePack says where it ends, so no name can run into what is counted.
    start = blake2b(msgspec.msgpack.encode(counted), key=scope.ports.fingerprint_key, digest_size=16)
    if limit.by is By.OPERATION or limit.by is By.SERVICE:
        fixed = start.digest()
        return lambda view, evaluation: fixed  # noqa: ARG005

    copy, who = start.copy, _WHO[limit.by] if limit.device is None else _device(limit.device)

    def key(view: View, evaluation: Evaluation) -> bytes:
        state = copy()
        state.update(who(view, evaluation))
        return state.digest()

    return key


@lru_cache(maxsize=4096)
def _network(address: str) -> bytes:
    """The /64 of an IPv6 address: what one subscriber or host is commonly given (RFC 6177, RFC 4291, 2.5.4)."""
    try:
        parsed = IPv6Address(address.partition("%")[0])
    except ValueError:
        return b"a" + address.encode("utf-8", "replace")
    return b"a" + str(parsed.ipv4_mapped).encode() if parsed.ipv4_mapped else b"a" + parsed.packed[:8]


def _address(view: View, evaluation: Evaluation) -> bytes:  # noqa: ARG001
    address = view.address
    return _network(address) if ":" in address else b"a" + address.encode("utf-8", "replace")


def _principal(view: View, evaluation: Evaluation) -> bytes:
    principal = evaluation.principal
    if not principal.id:
        return _address(view, evaluation)
    return f"p{principal.scheme}\0{principal.id}".encode("utf-8", "surrogatepass")


def _credential(view: View, evaluation: Evaluation) -> bytes:
    credential = evaluation.credential
    # One that nobody accepted (monitor mode, an outage) is the caller's own choice, and may be another one each time.
    if credential is None or not credential.fingerprint or not evaluation.principal.id:
        return _principal(view, evaluation)
    return b"k" + credential.fingerprint.encode()


def _device(device: Device) -> Key:
    header, cookie = (device.header or "").lower().encode(), (device.cookie or "").encode()

    def who(view: View, evaluation: Evaluation) -> bytes:
        value = view.fields.get(header or b"cookie")
        if value and cookie:
            value = cookies(value).get(cookie)
        return b"d" + value if value else _address(view, evaluation)

    return who


_WHO: dict[By, Key] = {By.ADDRESS: _address, By.PRINCIPAL: _principal, By.KEY: _credential}


def place_of(limit: Limit) -> str:
    """What a record names as the place of a refusal."""
    if limit.device is not None:
        return f"header {limit.device.header}" if limit.device.header else f"cookie {limit.device.cookie}"
    return limit.by.value


def seconds(delay: float) -> int:
    """delay-seconds (RFC 9110, 10.2.3): rounded up, so that who waits that long is served, and at least 1."""
    return max(1, -int((1e-6 - delay) // 1))


def policy_line(name: str, quota: int, window: int | None, unit: bytes = b"") -> bytes:
    """The RateLimit-Policy field, a whole line. window: seconds; unit: where not requests."""
    length = b"" if window is None else b";w=%d" % window
    return b'RateLimit-Policy: "%s";q=%d%s%s\r\n' % (name.encode(), quota, b';qu="%s"' % unit if unit else b"", length)


def refusal(rule: str, limit: Limit, name: str, policy: bytes, reason: str) -> Callable[[int], Denial]:
    """A function from the seconds to wait to a 429. policy: the line of `policy_line`. Costs 0.6 µs per call."""
    place = place_of(limit)
    stated = policy[:-2].partition(b": ")
    about, start = (b"RateLimit-Policy", stated[2]), b'"%s";r=0;t=' % name.encode()

    def refuse(wait: int) -> Denial:
        shown = b"%d" % wait
        fields = ((b"Retry-After", shown), about, (b"RateLimit", start + shown)) if limit.fields else ((b"Retry-After", shown),)
        return Denial(rule, 429, reason, place, "", TITLE, fields)

    return refuse


def uncounted(rule: str, limit: Limit, evaluation: Evaluation, error: CountersUnavailable) -> Denial | None:
    """What the policy says about a request that cannot be counted. A 503 where it is denied: the fault is ours."""
    evaluation.skip(rule, f"not counted: {error}")
    if limit.on_full is OnFull.ALLOW:
        return None
    fields = ((b"Retry-After", b"%d" % OUTAGE_RETRY),)
    return Denial(rule, 503, f"not counted: {error}", place_of(limit), "", UNAVAILABLE_TITLE, fields)


def refused_later(evaluation: Evaluation) -> bool:
    """Whether another limit refused the exchange: then this one gives back what it counted."""
    return evaluation.denial is not None and evaluation.denial.status == 429
