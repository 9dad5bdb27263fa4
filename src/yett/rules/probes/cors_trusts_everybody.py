"""Cross-origin requests are allowed to every page: the answer names whatever origin the request came from.

With `Access-Control-Allow-Credentials: true` any page that a logged-in user opens reads the API in their name. Without
credentials a page reads what anybody could read anyway, unless the API stands in an inner network.

What is tried, on a few operations that answer: an origin that nobody knows, another one, `null`, and origins that only look like
the target's own. Proof are two unrelated origins that are both allowed, against the answer to no origin at all.

To fix: keep a list of origins, compare whole values, and allow credentials to these only.
"""

from yett.model.probe import Claim, Exchanged, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.readers import ask, readers
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="cors-trusts-everybody",
    title="Any page may read the API's answers",
    severity=Severity.MEDIUM,
    flaws=(Flaw.CORS,),
    scope="target",
    requests=16,
    weight=4,
    owasp=("API8:2023",),
    cwe=(942,),
    references=("https://fetch.spec.whatwg.org/#http-cors-protocol",),
)


def probe(target: Target) -> Probing:
    for operation, known in [*readers(target, 2, anonymous=False), *readers(target, 1, anonymous=True)]:
        found: list[Exchanged] = []
        own = target.origin.partition("://")[2].partition(":")[0]
        word = target.token()
        first, second = f"https://{word}.example", f"https://{target.token()}.example"
        for origin in (first, second, "null", f"{target.origin}.{word}.example", f"https://{word}{own}"):
            one = yield from ask(known.call, f"from a page of {origin}", ("Origin", origin))
            if one.answer.field("access-control-allow-origin") == origin:
                found.append(one)
            elif origin == first and not one.answer.field("access-control-allow-origin"):
                continue
        if not found:
            continue
        plain = yield from ask(known.call, "from no page")
        credentials = [one for one in found if one.answer.field("access-control-allow-credentials").lower() == "true"]
        chosen = (credentials or found)[:2]
        origins = " and ".join(one.call.fields[-1][1] for one in chosen)
        yield Claim(
            flaw=Flaw.CORS,
            identities=(known.call.identity,),
            text=f"{operation.label} allows pages of {origins} to read it{' with credentials' if credentials else ''}.",
            reasons=(
                "with credentials: in the name of whoever opens such a page"
                if credentials
                else "without credentials: what anybody reads",
            ),
            proof=tuple(chosen),
            control=(plain,),
            shows=(f"access-control-allow-origin: {chosen[-1].call.fields[-1][1]}",),
            severity=Severity.MEDIUM if credentials and known.call.identity else Severity.LOW,
        )
        return
