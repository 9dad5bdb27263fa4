"""Requests whose end can be read in two ways are served instead of refused.

Where a proxy and a server disagree about where a request ends, one caller's octets become the beginning of another's request:
smuggling. A server that serves what is ambiguous is one half of it, and harmless
without the other: hence slight.

What is tried, each on a connection of its own that is closed afterwards: two lengths that differ (RFC 9112, 6.3: must be
refused), a length with a sign, and a transfer coding that nobody knows. Against an ordinary request, which is served.

To fix: update the server, or refuse such requests in front of it.
"""

from collections.abc import Generator
from typing import Any

from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Raw, Sign, Step
from yett.model.rule import Severity
from yett.rules.probing.readers import readers
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="ambiguous-framing",
    title="Requests with two ends are served",
    severity=Severity.LOW,
    flaws=(Flaw.AMBIGUOUS_FRAMING,),
    scope="target",
    requests=8,
    weight=6,
    owasp=("API8:2023",),
    cwe=(444,),
    references=("https://www.rfc-editor.org/rfc/rfc9112#section-6.3",),
)

_SHAPES = (
    ("two lengths that differ", "Content-Length: 0\r\nContent-Length: 5\r\n"),
    ("two lengths in one field that differ", "Content-Length: 0, 5\r\n"),
    ("a length with a sign", "Content-Length: +0\r\n"),
    ("a transfer coding that nobody knows", "Transfer-Encoding: yett\r\nContent-Length: 0\r\n"),
)


def probe(target: Target) -> Probing:
    found = readers(target, 1, anonymous=True)
    path = found[0][1].call.path if found else "/"
    plain = yield from _sent(path, "Content-Length: 0\r\n")
    if plain is None or not plain.answer.status or plain.answer.status >= 500 or plain.answer.status == 400:
        return
    for what, lines in _SHAPES:
        one = yield from _sent(path, lines)
        again = yield from _sent(path, lines)
        if one is None or again is None or not one.answer.status == again.answer.status == plain.answer.status:
            continue
        yield Claim(
            flaw=Flaw.AMBIGUOUS_FRAMING,
            place="Content-Length" if "length" in what else "Transfer-Encoding",
            text=f"A request with {what} is served as if nothing were wrong.",
            reasons=("what stands in front may see another end of the request",),
            proof=(one,),
            control=(plain,),
            sign=Sign(kind="octets", names=(_octets(path, lines),)),
        )
        return


def _octets(path: str, lines: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\n{lines}\r\n"


def _sent(path: str, lines: str) -> Generator[Step, Any, Exchanged | None]:
    """The first answer to a GET with these lines; None where there is none."""
    answers: tuple[Answer, ...] = yield Raw(_octets(path, lines).encode())
    if not answers:
        return None
    fields = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines.split("\r\n") if line))
    return Exchanged(Call(method="GET", path=path, fields=fields), answers[0], lines.strip().replace("\r\n", ", "))
