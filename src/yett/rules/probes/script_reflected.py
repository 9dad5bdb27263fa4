"""Cross-site scripting: an answer that browsers read as HTML repeats a value of the request with its tags.

An API that answers with `text/html`, or with no type that forbids guessing it, runs the caller's script in the origin of the
API.

What is tried: inputs whose harmless value the answer repeats, where its type is HTML. It is one where a tag with an attribute
comes back unchanged twice, and the type is HTML then, too.

To fix: answer with `application/json` and `X-Content-Type-Options: nosniff`; encode what stands in HTML.
"""

from functools import partial

from yett.model.probe import Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.claiming import of_input
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, decided, trials

RULE = ProbeRule(
    id="injection-script",
    title="HTML repeats tags of the request",
    severity=Severity.MEDIUM,
    flaws=(Flaw.CROSS_SITE_SCRIPTING,),
    requests=56,
    weight=5,
    owasp=("API8:2023",),
    cwe=(79,),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",),
)


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if not trial.number:
            yield from _one(trial)


def _one(trial: Trial) -> Probing:
    harmless = yield from trial.harmless()
    sent = trial.operation.value(harmless.call, trial.place)
    html = "html" in harmless.answer.field("content-type").lower()
    if not html or not isinstance(sent, str) or sent.encode() not in harmless.answer.body:
        return
    word = trial.target.token()
    tag = f"<yett onload={word}>"
    proof, control = yield from decided(
        trial,
        (partial(str, f"yett{tag}"), "the tag comes back as it was sent, in HTML"),
        (partial(str, f"yett {word}"), "a word comes back as a word"),
        lambda one: tag.encode() in one.answer.body and "html" in one.answer.field("content-type").lower(),
    )
    if proof:
        text = f"HTML repeats {trial.place.text} with its tags."
        why = "a script of the caller runs in the API's origin"
        yield of_input(trial, Flaw.CROSS_SITE_SCRIPTING, text, proof[:1], control[:1], why, shows=(tag,))
