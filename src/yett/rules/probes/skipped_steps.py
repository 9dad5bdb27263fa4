"""A later step of a flow works without the earlier one: shipped without being paid, published without being approved.

What is tried: objects that have two steps of their own below them, one that comes first by its name (pay, approve, verify) and
one that comes later (ship, publish, complete). The run makes an object and takes the later step at once. It is one where that
succeeds and changes the object, which is shown by reading it before and afterwards. What the run makes it removes.

Some flows allow it: who sells on account ships first. Hence its confidence.

To fix: check the state where the step is taken, in the same statement that changes it.
"""

from yett.formats.names import words
from yett.model.probe import Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Confidence, Severity
from yett.rules.probing.compare import same
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import caller
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="skipped-steps",
    title="A later step works without the earlier one",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    flaws=(Flaw.BUSINESS_FLOW,),
    requests=12,
    weight=5,
    owasp=("API6:2023",),
    cwe=(841, 840),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa6-unrestricted-access-to-sensitive-business-flows/",),
)

_FIRST = listed("pay payment checkout approve approval authorize authorise verify verification sign review accept charge")
_LATER = listed(
    "ship shipment deliver dispatch fulfil fulfill complete finish publish release payout refund download issue "
    "activate close confirm"
)


_PAID = listed("pay payment checkout charge approve approval authorize authorise")
_HANDED_OUT = listed("ship shipment deliver dispatch fulfil fulfill payout refund release publish issue")
"""Steps of which it is rarely meant that the second goes without the first; others are slight."""


def probe(target: Target, operation: Operation) -> Probing:
    if operation.method not in ("POST", "PUT", "PATCH") or not _step(operation, _LATER):
        return
    parent = operation.template.rpartition("/")[0]
    before = next((one for one in target.operations if one.template.rpartition("/")[0] == parent and _step(one, _FIRST)), None)
    if before is None or operation.perilous:
        return
    for noun in dict.fromkeys(ref.noun for ref in target.references(operation)):
        for create in target.find("create", noun):
            identity = caller(target, create)
            if identity is None:
                continue
            one = yield from target.create(create, identity)
            call = target.call_on(operation, one, identity) if one is not None else None
            reading = target.reading(one, identity) if one is not None else None
            if call is None or reading is None:
                continue
            seen: Answer = yield Send(reading)
            done: Answer = yield Send(call)
            after: Answer = yield Send(reading)
            if target.succeeded(seen) and target.succeeded(done) and target.succeeded(after) and not same(seen, after):
                steps = (Exchanged(call, done, "taken at once"), Exchanged(reading, after, "it changed"))
                yield Claim(
                    flaw=Flaw.BUSINESS_FLOW,
                    identities=(identity,),
                    text=f"{operation.label} works on what has not been through {before.label}.",
                    reasons=(f"{before.segments[-1]} comes first by its name",),
                    proof=steps,
                    control=(Exchanged(reading, seen, "before"),),
                    severity=None if _step(before, _PAID) and _step(operation, _HANDED_OUT) else Severity.LOW,
                )
            return


def _step(operation: Operation, said: frozenset[str]) -> bool:
    """Whether its last segment is a step of an object."""
    *_, parent, last = ("", "", *operation.segments)
    return "{" in parent and "{" not in last and bool(said & set(words(last))) and not operation.safe
