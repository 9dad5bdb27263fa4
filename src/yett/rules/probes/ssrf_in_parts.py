"""Server-side request forgery where the address comes in parts: host, port, scheme and path are inputs of their own.

What asks for a host alone looks harmless, and is as good as a whole address. All parts that an operation takes are set together,
to those of a listener that only this run knows; a request that arrives there proves it. The same with another path, at a host that
cannot exist (RFC 6761, 6.4), must not arrive.

Fix: as for whole addresses: choose hosts from a list, refuse loopback, private and link-local addresses after resolving, fixed
scheme and port.
"""

from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, Heard, Listen, ProbeRule, Probing, Send, Sign
from yett.model.rule import Severity
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="ssrf-in-parts",
    title="The target calls a host of the caller's choice",
    severity=Severity.HIGH,
    flaws=(Flaw.SSRF,),
    requests=4,
    weight=2,
    owasp=("API7:2023",),
    cwe=(918,),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/",),
)

_PARTS = {
    "host": ("host", "hostname", "domain", "server", "ip", "address"),
    "port": ("port",),
    "scheme": ("scheme", "protocol", "proto"),
    "path": ("path", "uri", "file", "resource"),
}
WAIT = 3.0


def probe(target: Target, operation: Operation) -> Probing:
    places = {part: place for part, names in _PARTS.items() if (place := _named(operation, names)) is not None}
    if "host" not in places or len(places) < 2 or operation.perilous:
        return
    name = next(iter(target.workers(operation)), None)
    if name is None:
        return
    url: str = yield Listen()
    if not url:
        return
    call = _filled(target, operation, name, places, url)
    answer: Answer = yield Send(call)
    if target.doing(operation) in ("create", "register") and target.succeeded(answer):
        yield target.made(operation, target.observe(operation, call, answer), name)
    if not (yield Heard(url, WAIT)):
        return
    other: str = yield Listen()
    path = other.partition("://")[2].partition("/")[2]
    plain = _filled(target, operation, name, places, f"http://127.0.0.1.invalid:80/{path}")
    control: Answer = yield Send(plain)
    if (yield Heard(other, WAIT / 2)):
        return
    yield Claim(
        flaw=Flaw.SSRF,
        place=places["host"].text,
        identities=(name,),
        text=f"{operation.label} calls the host that it is given: the listener of this run was called.",
        reasons=("the target reaches what its callers cannot",) + (() if name else ("no credential is needed",)),
        proof=(Exchanged(call, answer, "the listener's host; it was called"),),
        control=(Exchanged(plain, control, "another host: the listener is not called"),),
        sign=Sign(kind="called", names=(url,)),
    )


def _named(operation: Operation, names: tuple[str, ...]) -> Place | None:
    return next(
        (one for wanted in names for one in operation.places if words(one.name.rpartition("/")[2])[-1:] == (wanted,)), None
    )


def _filled(target: Target, operation: Operation, name: str, places: dict[str, Place], url: str) -> Call:
    """A call whose parts make that address."""
    authority = url.partition("://")[2].partition("/")[0]
    host, _, port = authority.rpartition(":") if authority.rpartition(":")[2].isdecimal() else (authority, "", "80")
    values: dict[str, Any] = {
        "host": host.strip("[]"),
        "port": int(port),
        "scheme": "http",
        "path": "/" + url.rpartition("/")[2],
    }
    if "port" not in places:
        values["host"] = authority
    call = target.fresh(operation, name)
    for part, place in places.items():
        number = part == "port" and place.type not in ("integer", "number")
        call = operation.put(call, place, str(values[part]) if number else values[part])
    return call
