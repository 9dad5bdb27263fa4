"""The API's documentation can be read without a credential.

That may be meant: public APIs publish it. Where it is not, it lists every operation for whoever looks, also the inner ones.

What is tried: paths where frameworks put descriptions and their pages, without a credential. What counts is what the answer is.

To fix: where the API is not public, switch it off in production, or demand a credential.
"""

from yett.model.probe import Claim, Exchanged, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.pages import DOCUMENTS, describing
from yett.rules.probing.readers import bases, get
from yett.rules.probing.target import ANONYMOUS, Target

RULE = ProbeRule(
    id="documentation-public",
    title="The documentation can be read by anybody",
    severity=Severity.LOW,
    flaws=(Flaw.EXPOSED_DOCUMENTATION,),
    scope="target",
    requests=60,
    weight=6,
    owasp=("API9:2023", "API8:2023"),
    cwe=(200,),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/",),
)


def probe(target: Target) -> Probing:
    found: list[Exchanged] = []
    for base in bases(target):
        for path in DOCUMENTS:
            one = yield from get(base + path, note="without a credential")
            if target.succeeded(one.answer) and describing(one.answer):
                found.append(one)
    if found:
        odd = yield from get(f"/yett-{target.token()}.json", note="a path that nothing has")
        first = min(found, key=lambda one: describing(one.answer) != "a description of the API")
        also = ", ".join(one.call.path for one in found[:6])
        yield Claim(
            flaw=Flaw.EXPOSED_DOCUMENTATION,
            method="GET",
            template=first.call.path,
            identities=(ANONYMOUS,),
            text=f"{first.call.path} is {describing(first.answer)} that anybody reads ({also}).",
            reasons=("it lists all operations",),
            proof=(first,),
            control=(odd,),
        )
