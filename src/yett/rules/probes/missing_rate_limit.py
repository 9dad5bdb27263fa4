"""Nothing slows a caller down: the same request is served as often and as fast as it is sent.

What costs (messages, codes, reports) costs the owner; what is cheap is copied whole, or kept too busy for others.

What is tried: 40 requests, one right after the other, of an operation that only reads; and ten of each operation whose name says
that it sends codes or messages. None was answered with 429 or 503, and no answer spoke of a limit (RateLimit, X-RateLimit,
Retry-After). Guessing of passwords is tried elsewhere.

A limit that begins later than after 40 requests is not seen. Reading without a limit is slight, sending without one is not.

To fix: limits for each caller in front of the application, and lower ones for what costs.
"""

from yett.formats.names import words
from yett.model.probe import Answer, Burst, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Sign
from yett.model.rule import Severity
from yett.rules.probing.readers import readers
from yett.rules.probing.target import Operation, Target
from yett.rules.probing.trying import caller
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="no-rate-limit",
    title="Nothing limits how often a caller may ask",
    severity=Severity.LOW,
    flaws=(Flaw.MISSING_RATE_LIMIT,),
    scope="target",
    requests=80,
    weight=8,
    owasp=("API4:2023",),
    cwe=(770, 799),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",),
)

_SENDS = listed("otp sms resend forgot verification invite invites invitation invitations")
_MAY_SEND = listed("code codes message messages mail mails email emails notify notification")
_ADDRESSES = listed("phone mobile email mail to recipient number telephone address")
_READS, _SENT = 40, 10
_MOST = 3


def probe(target: Target) -> Probing:
    done = 0
    for operation in target.operations:
        name = caller(target, operation)
        if (
            name is None
            or not _costs(operation)
            or done >= _MOST
            or target.doing(operation) in ("login", "register", "password")
        ):
            continue
        if target.doing(operation) == "create" and target.find("delete", target.noun(operation)):
            continue  # it makes objects rather than messages
        done += 1
        calls = tuple(target.fresh(operation, name) for _ in range(_SENT))
        yield from _tried(target, operation, calls, Severity.MEDIUM, "each of them may cost the owner something")
    found = readers(target, 1)
    if found:
        operation, known = found[0]
        yield from _tried(target, operation, (known.call,) * _READS, Severity.LOW, "it may be copied whole, or kept busy")


def _costs(operation: Operation) -> bool:
    """Whether it sends something to somebody, as far as names tell."""
    if operation.method != "POST" or operation.perilous or operation.path_names:
        return False
    fields = {word for place in operation.places if place.kind == "body" for word in words(place.name.rpartition("/")[2])}
    return bool(_SENDS & operation.words or (_MAY_SEND & operation.words and _ADDRESSES & fields))


def _tried(target: Target, operation: Operation, calls: tuple[Call, ...], severity: Severity, why: str) -> Probing:
    answers: tuple[Answer, ...] = yield Burst(calls)
    if not answers or any(_limits(one) for one in answers) or not all(target.succeeded(one) for one in answers):
        return
    yield Claim(
        flaw=Flaw.MISSING_RATE_LIMIT,
        method=operation.method,
        template=operation.template,
        identities=(calls[0].identity,),
        text=f"{operation.label} served {len(answers)} requests right after each other, and spoke of no limit.",
        reasons=(why,),
        proof=(Exchanged(calls[-1], answers[-1], f"the last of {len(answers)}"),),
        control=(Exchanged(calls[0], answers[0], "the first"),),
        sign=Sign(kind="unlimited", times=len(answers)),
        severity=severity,
    )


def _limits(answer: Answer) -> bool:
    """Whether an answer refuses for now, or speaks of a limit (draft-ietf-httpapi-ratelimit-headers, and older habits)."""
    spoken = any(name.lower().startswith((b"ratelimit", b"x-ratelimit", b"x-rate-limit")) for name, _ in answer.fields)
    return answer.status in (0, 429, 503) or spoken or bool(answer.field("retry-after"))
