"""Server-side request forgery: the target calls an address that the caller chose.

It calls from inside: what only it can reach (metadata of clouds, administration on loopback, databases) is reached through it.

What is tried: inputs whose names or values speak of addresses (and, once for an operation, all its other texts together in their
likeliest input) get the address of a listener that only this run knows. A request that arrives there proves it; a second
address, given to the same input in a text that is no address, must not be called.

Some operations call addresses by design, such as webhooks. The listener runs on the tester's machine: where that is loopback or
a private network, the target calls inside, which even those must refuse.

To fix: choose addresses from a list; else resolve the name once, refuse loopback, private and link-local addresses, connect to
what was resolved, and follow no redirects.

What it misses: addresses that are called later than a few seconds, and targets that cannot reach the listener.
"""

from yett.formats.names import words
from yett.model.probe import Flaw, Heard, Listen, ProbeRule, Probing, Sign, Skipped
from yett.model.rule import Severity
from yett.rules.probing.claiming import of_input
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, trials
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="ssrf-called",
    title="The target calls an address of the caller's choice",
    severity=Severity.HIGH,
    flaws=(Flaw.SSRF,),
    requests=30,
    weight=2,
    owasp=("API7:2023",),
    cwe=(918,),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/",),
)

_NAMES = listed(
    "url uri link href src source callback webhook hook host hostname domain target endpoint feed rss proxy fetch "
    "redirect next return "
    "site website image img avatar picture logo icon import remote origin server address download preview page continue dest "
    "destination path file ref reference api upstream location notify notification"
)
WAIT = 2.0
"""Seconds in which a call must come."""


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if _speaks_of_addresses(trial):
            yield from _one(trial)


def _speaks_of_addresses(trial: Trial) -> bool:
    if trial.number or trial.place.kind == "path":
        return False
    address = trial.text.startswith(("http://", "https://", "//")) or trial.place.schema.get("format") in (
        "uri",
        "url",
        "hostname",
    )
    return address or bool(_NAMES & set(words(trial.place.name.rpartition("/")[2])))


def _one(trial: Trial) -> Probing:
    url: str = yield Listen()
    if not url:
        yield Skipped("no listener, so nothing tells whether addresses are called")
        return
    bare = url.partition("://")[2]
    for value in (url, bare):
        sent = yield from trial.send(value, "the address of a listener that only this run knows")
        heard: tuple[str, ...] = yield Heard(url, WAIT)
        if heard:
            other: str = yield Listen()
            plain = yield from trial.send(
                f"yett {other.partition('://')[2].replace('/', ' ')}", "no address: nothing is called"
            )
            if (yield Heard(other, WAIT / 2)):
                continue
            text = f"The target called the address in {trial.place.text}: {heard[0][:120]}"
            reasons = ("it calls from inside its network", *(("it called a private address",) if _private(bare) else ()))
            sign = Sign(kind="called", names=(url,))
            yield of_input(trial, Flaw.SSRF, text, [sent], [plain], *reasons, sign=sign)
            return
        if "host" not in words(trial.place.name) and trial.text.startswith("http"):
            return


def _private(bare: str) -> bool:
    return bare.startswith(("127.", "10.", "192.168.", "localhost", "[::1]"))
