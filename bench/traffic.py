"""The calls of the benchmark: bytes to send and bytes to expect, spread evenly over operations and principals.

Shared by client and upstream, so that each can check what the proxy made of the other's bytes. Knows no proxy.
"""

import random
from collections.abc import Sequence

import msgspec

from contract import Call

HOST = "api.example"
STATUSES = (200, 400, 404)
MIX = 20
"""Of this many calls of an operation's turn, one is answered 400 and one 404, the others 200."""


class Exchange(msgspec.Struct, frozen=True):
    """One call with its one right answer. `line` is the request line; `before` ends where the API key's value belongs."""

    operation_id: str
    line: bytes
    before: bytes
    body: bytes
    status: int
    answer: bytes

    def request(self, key: str) -> bytes:
        return b"%b%b\r\n\r\n%b" % (self.before, key.encode(), self.body)


def exchange(call: Call, status: int) -> Exchange:
    """`call` as it is when the upstream answers `status`. The limit in the query tells the upstream which of its answers to
    give (1, 2 or 3: all are valid by the contract)."""
    line = f"{call.method} {call.target.partition('?')[0]}?limit={STATUSES.index(status) + 1} HTTP/1.1".encode()
    fields = {"Host": HOST, "User-Agent": "bench/1", "Accept": "application/json", **call.fields}
    body = call.body.encode()
    lines = [f"{name}: {value}".encode() for name, value in fields.items()]
    before = b"\r\n".join([line, *lines, b"Content-Length: %d" % len(body), b"X-API-Key: "])
    return Exchange(call.operation_id, line, before, body, status, call.responses[status].encode())


def principal(index: int) -> str:
    return f"caller{index}"


class Traffic:
    """Requests in the order in which they are sent, cycled: each operation equally often, each principal equally often.

    The order is shuffled (by a fixed seed), because neighbours in a contract are not neighbours in real traffic.
    """

    def __init__(self, calls: Sequence[Call], keys: Sequence[str], length: int = 0, seed: int = 7) -> None:
        length = max(length, 20_000, len(calls), len(keys))
        order = random.Random(seed)
        self.operations = len(calls)
        self.principals = len(keys)
        turns = [index % len(calls) for index in range(length)]
        callers = [index % len(keys) for index in range(length)]
        order.shuffle(turns)
        order.shuffle(callers)
        known = {(index, status): exchange(call, status) for index, call in enumerate(calls) for status in STATUSES}
        chosen = [known[turn, _status(place)] for place, turn in enumerate(turns)]
        self.requests = [one.request(keys[caller]) for one, caller in zip(chosen, callers, strict=True)]
        self.statuses = [b"%d" % one.status for one in chosen]
        self.answers = [one.answer for one in chosen]
        self.every = [(known[index, status], keys[index % len(keys)]) for index in range(len(calls)) for status in STATUSES]

    def once(self) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """Every operation once with each of its answers, in the order of the contract."""
        return (
            [one.request(key) for one, key in self.every],
            [b"%d" % one.status for one, _ in self.every],
            [one.answer for one, _ in self.every],
        )


def _status(place: int) -> int:
    return {7: 400, 13: 404}.get(place % MIX, 200)
