"""Probes without sockets: a function answers, and the clock goes on by itself. For tests of probes, and of the driver.

    def serve(request: Request) -> Response: ...        # yett.model.exchange; as weak as the test wants it; it may keep state

    alice = Identity(name="alice", credential=(("Authorization", "Bearer a"),), facts={"username": "alice"})
    outcome = tried(serve, DESCRIPTION, [alice], only=["bola-read"])
    [one.claim.flaw for one in outcome.found]

DESCRIPTION is YAML or JSON of OpenAPI. `replies(status, value)` makes a JSON response. It must not know any probe.
"""

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from yett.engine.probing.described import read_description
from yett.engine.probing.drive import Driver, Limits
from yett.engine.probing.outcome import Outcome, Renew
from yett.formats.yaml import read
from yett.model.exchange import Fields, Request, Response
from yett.model.probe import Answer, Burst, Call, Handshake, Heard, Listen, Raw, Send, Sleep, Tls
from yett.rules.probing.encoding import target_text
from yett.rules.probing.identity import Headers, Identity
from yett.rules.probing.target import Target
from yett.rules.registry import Probe, probes

Serve = Callable[[Request], Response]
SECONDS = 0.005
"""What every answer takes, where the server's function does not say otherwise by a field `x-seconds`."""


class Seeded:
    """A small generator of pseudorandom numbers for tests (a linear congruential one, Knuth's MMIX constants)."""

    def __init__(self, seed: int = 1) -> None:
        self._state = seed

    def random(self) -> float:
        """From 0 to below 1."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 11) / 2**53

    def randrange(self, stop: int, /) -> int:
        return int(self.random() * stop)

    def choice(self, seq: Any, /) -> Any:
        return seq[self.randrange(len(seq))]


class Pure:
    """Answers steps with a function. raw, tls: what answers those; listened: URLs that were called, put there by the server's
    function. renew: gives an identity's new credential. calls: everything that was sent, in order."""

    def __init__(self, serve: Serve, renew: Callable[[str], Headers | None] = lambda _: None) -> None:
        self.serve, self.renew = serve, renew
        self.raw: Callable[[bytes], tuple[Answer, ...]] = lambda _: ()
        self.tls: Callable[[str], Handshake] = lambda _: Handshake(accepted=False, failure="no TLS here")
        self.calls: list[Call] = []
        self.requests: list[Request] = []
        self.listened: list[str] = []
        self.now = 0.0
        self._urls = 0

    def clock(self) -> float:
        """Seconds that went by in this world."""
        return self.now

    def perform(self, step: Any) -> Any:
        """What comes back for a step."""
        if isinstance(step, Send):
            return self.sent(step.call)
        if isinstance(step, Burst):
            return tuple(self.sent(call) for call in step.calls)
        if isinstance(step, Sleep):
            self.now += step.seconds
            return None
        if isinstance(step, Listen):
            self._urls += 1
            return f"http://listener.invalid/{self._urls}"
        if isinstance(step, Heard):
            return tuple(f"GET {url}" for url in self.listened if url.startswith(step.url))
        if isinstance(step, Raw):
            return self.raw(step.octets)
        if isinstance(step, Tls):
            return self.tls(step.version)
        return self.renew(step.identity) if isinstance(step, Renew) else None

    def sent(self, call: Call) -> Answer:
        """The answer to one call."""
        request = request_of(call)
        self.calls.append(call)
        self.requests.append(request)
        response = self.serve(request)
        seconds = next((float(value) for name, value in response.fields if name == b"x-seconds"), SECONDS)
        self.now += seconds
        fields = tuple((name, value) for name, value in response.fields if name != b"x-seconds")
        return Answer(status=response.status, fields=fields, body=response.body, truncated=response.truncated, seconds=seconds)

    def drive(self, driver: Driver) -> Outcome:
        """A whole run."""
        running = driver.run()
        result: Any = None
        while True:
            try:
                step = running.send(result)
            except StopIteration as end:
                return driver.outcome if end.value is None else end.value
            result = self.perform(step)


def request_of(call: Call, host: str = "target.invalid") -> Request:
    """The request that a call becomes on the wire, its credential included."""
    lines = [("Host", host), *call.fields, *(call.credential or ())]
    if call.body or call.content_type:
        lines += [("Content-Type", call.content_type), ("Content-Length", str(len(call.body)))]
    fields: Fields = tuple((name.encode("latin-1"), value.encode("utf-8")) for name, value in lines if value or name == "Host")
    return Request(method=call.method, target=target_text(call).encode("latin-1"), fields=fields, body=call.body)


def replies(status: int, value: Any = None, fields: Fields = ()) -> Response:
    """A JSON response."""
    return Response(status=status, fields=((b"content-type", b"application/json"), *fields), body=json.dumps(value).encode())


def header(request: Request, name: str) -> str:
    """A field of a request, "" where it is not there."""
    return next((value.decode() for key, value in request.fields if key.lower() == name.lower().encode()), "")


def target_of(description: str, identities: Iterable[Identity] = (), *, seed: int = 1, destructive: bool = False) -> Target:
    """The target that a description makes. Raises ValueError where it is none."""
    said = read_description("openapi.yaml", {"openapi.yaml": read(description.encode(), "openapi.yaml").tree})
    return Target(
        said.operations, identities, rng=Seeded(seed), schemes=said.schemes, now=1_800_000_000.0, destructive=destructive
    )


def tried(
    serve: Serve,
    description: str,
    identities: Iterable[Identity] = (),
    only: Collection[str | Probe] = (),
    *,
    seed: int = 1,
    destructive: bool = False,
    limits: Limits = Limits(),  # noqa: B008  frozen
    pure: Pure | None = None,
) -> Outcome:
    """Walk and probe against a function. only: ids of built-in probes, or probes themselves; all where empty."""
    pure = pure if pure is not None else Pure(serve)
    chosen = [one if isinstance(one, Probe) else probes()[one] for one in only] or list(probes().values())
    target = target_of(description, identities, seed=seed, destructive=destructive)
    return pure.drive(Driver(target, chosen, pure.clock, limits, strict=True))
