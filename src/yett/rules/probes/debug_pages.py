"""Pages for developers can be reached: environments, debuggers, profilers, management, files of version control.

They tell secrets and the inside of the program, and some of them run code.

What is tried: paths that common programs have by default, at the root and where the API begins, without a credential; and
operations of the description whose names say debug. What counts is what the answer shows, never that it is 200: the same path
with another last letter must not show it.

To fix: leave them out of what is built for production, or bind them to an address of their own.
"""

from yett.model.probe import Claim, Exchanged, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.pages import DEBUG, debugging, secrets
from yett.rules.probing.readers import bases, get
from yett.rules.probing.target import ANONYMOUS, Target

RULE = ProbeRule(
    id="debug-pages",
    title="A page for developers can be reached",
    severity=Severity.HIGH,
    flaws=(Flaw.EXPOSED_DEBUG,),
    scope="target",
    requests=130,
    weight=3,
    owasp=("API8:2023", "API9:2023"),
    cwe=(489, 215),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/",),
)

_SWITCHED = frozenset(("a page of a debugger or profiler", "a version control directory", "the state of the web server"))
"""What one switch shows at many paths."""
_WORDS = frozenset(("debug", "_debug", "heapdump", "phpinfo", "pprof"))


def probe(target: Target) -> Probing:
    yield from _declared(target)
    known = {operation.template for operation in target.operations}
    for base in bases(target):
        for path in (base + one for one in DEBUG):
            if path in known:
                continue
            one = yield from get(path, note="without a credential")
            what = debugging(one.answer) if target.succeeded(one.answer) else ""
            if not what:
                continue
            odd = yield from get(f"{path.rstrip('/')}{target.token(5)}", note="a path that nothing has")
            if debugging(odd.answer) != what or not target.succeeded(odd.answer):
                cause = what if what in _SWITCHED else ""
                yield _claim(path, one, odd, f"{path} shows {what}.", cause)


def _declared(target: Target) -> Probing:
    for operation in target.operations:
        if operation.method != "GET" or not _WORDS & operation.words:
            continue
        known = target.worked(operation, ANONYMOUS)
        if known is not None and len(known.answer.body) > 2:
            odd = yield from get(f"/yett-{target.token()}", note="a path that nothing has")
            if not target.succeeded(odd.answer):
                text = f"{operation.label} says by its name that it is for developers, and answers without a credential."
                yield _claim(operation.template, known, odd, text)


def _claim(path: str, one: Exchanged, odd: Exchanged, text: str, cause: str = "") -> Claim:
    told = secrets(one.answer)
    return Claim(
        flaw=Flaw.EXPOSED_DEBUG,
        method="GET",
        template=path,
        identities=(ANONYMOUS,),
        text=text,
        reasons=("names of secrets stand in it with values",) if told else ("it tells the inside of the program",),
        proof=(one,),
        control=(odd,),
        cause=cause,
        severity=Severity.HIGH if told else Severity.LOW if "metrics" in text else Severity.MEDIUM,
    )
