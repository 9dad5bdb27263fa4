"""Log injection: a line break in a value begins a new entry in a log.

Whoever writes entries of their own hides what they did, or accuses somebody else; programs that read the log believe them.

It can only be seen where the API shows its log. What is tried: where an operation whose name speaks of a log answers with a word
that was sent elsewhere before, a value with a line break is sent there; it is one where a line of the log begins with what stood
behind the break. A line break within the quotes of CSV ends no entry.

To fix: escape control characters in what is logged, or log as JSON.
"""

from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.target import Operation, Target
from yett.rules.probing.trying import Trial, trials
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="injection-log",
    title="A value begins a new line of the log",
    severity=Severity.MEDIUM,
    flaws=(Flaw.LOG_INJECTION,),
    requests=40,
    weight=4,
    owasp=("API8:2023",),
    cwe=(117,),
    references=("https://owasp.org/www-community/attacks/Log_Injection",),
)

_LOGS = listed("log logs journal audit history events trail activity trace")


def probe(target: Target, operation: Operation) -> Probing:
    logs = [one for one in target.operations if one.method == "GET" and _LOGS & one.words and target.workers(one)]
    if not logs:
        return
    for trial in (yield from trials(target, operation)):
        if not trial.number and trial.place.kind in ("body", "query"):
            yield from _one(trial, logs[:2])


def _one(trial: Trial, logs: list[Operation]) -> Probing:
    word = "yett" + trial.target.token()
    plain = yield from trial.send(word, "a word")
    for log in logs:
        call = next(filter(None, (trial.target.working(log, name) for name in trial.target.workers(log))), None)
        if call is None or call.path == trial.base.path:
            continue
        before: Answer = yield Send(call)
        if word not in _text(before):
            continue
        forged = "yett" + trial.target.token()
        sent = yield from trial.send(f"{word}\n{forged}", "a line break, and what is to begin a line")
        after: Answer = yield Send(call)
        starts = any(line.startswith(forged) for line in _text(after).splitlines())
        if starts and not any(line.startswith(word) for line in _text(before).splitlines()):
            proof = [sent, Exchanged(call, after, "a line begins with it")]
            raw = f"\n{forged}"
            shows = raw if raw.encode() in after.body else raw.replace("\n", "\\n")
            yield _claim(trial, log, proof, [plain, _seen(call, before)], shows)
            return


def _text(answer: Answer) -> str:
    """The log as text: JSON is taken apart, because a line break within a JSON text is one letter."""
    tree = answer.json()
    if isinstance(tree, list | dict):
        return ""  # entries of their own, which a line break does not end
    text = tree if isinstance(tree, str) else answer.body[:200_000].decode("utf-8", "replace")
    return _entries(text) if "csv" in answer.field("content-type") else text


def _entries(text: str) -> str:
    """CSV with one line for each record (RFC 4180, 2: a quoted field may hold line breaks)."""
    pieces = text.split('"')
    return '"'.join(piece.replace("\r", " ").replace("\n", " ") if index % 2 else piece for index, piece in enumerate(pieces))


def _seen(call: Call, before: Answer) -> Exchanged:
    return Exchanged(call, before, "a word stands within its line")


def _claim(trial: Trial, log: Operation, proof: list[Exchanged], control: list[Exchanged], shows: str) -> Claim:
    return Claim(
        flaw=Flaw.LOG_INJECTION,
        place=trial.place.text,
        identities=(trial.base.identity,),
        text=f"A line break in {trial.place.text} begins a new line in the log that {log.label} shows.",
        reasons=("entries can be forged",),
        proof=tuple(proof),
        control=tuple(control),
        shows=(shows,),
    )
