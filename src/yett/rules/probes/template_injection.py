"""Template injection: a value of a request becomes a part of a template, and what stands in it is evaluated on the server.

From arithmetic to reading the configuration and running commands is one step in most engines.

What is tried: one value with a product of two numbers in the braces of several engines at once; where the answer holds the result,
which stands nowhere in the request, each form alone, three times with other numbers, against the same text without its braces.

To fix: give values to a template as variables; never build a template out of them.

What it misses: templates that are rendered later, in mails and reports.
"""

from yett.model.probe import Exchanged, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.claiming import of_input
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, trials

RULE = ProbeRule(
    id="injection-template",
    title="Template injection",
    severity=Severity.CRITICAL,
    flaws=(Flaw.TEMPLATE_INJECTION,),
    requests=60,
    weight=3,
    owasp=("API8:2023",),
    cwe=(1336, 94),
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/07-Input_Validation_Testing/18-Testing_for_Server-side_Template_Injection",
    ),
)

_FORMS = ("{{{{{0}*{1}}}}}", "${{{0}*{1}}}", "#{{{0}*{1}}}", "<%= {0}*{1} %>", "@({0}*{1})", "{{{0}*{1}}}", "*{{{0}*{1}}}")
"""Jinja2, Twig and others; FreeMarker, expression languages; Ruby, Thymeleaf; ERB, EJS; Razor; Smarty; Spring."""


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if not trial.number or trial.place.kind == "path":
            yield from _one(trial)


def _numbers(trial: Trial) -> tuple[int, int]:
    return tuple(30_000 + trial.target.rng.randrange(60_000) for _ in range(2))  # type: ignore[return-value]


def _one(trial: Trial) -> Probing:
    first, second = _numbers(trial)
    several = "yett " + " ".join(form.format(first, second) for form in _FORMS[:4])
    one = yield from trial.send(several, "a product in the braces of several engines")
    if not _evaluated(one, first * second):
        return
    for form in _FORMS:
        proof: list[Exchanged] = []
        for _ in range(3):
            first, second = _numbers(trial)
            shown = yield from trial.send(
                "yett" + form.format(first, second), f"the answer holds {first * second}, the product"
            )
            if not _evaluated(shown, first * second):
                break
            proof.append(shown)
        else:
            first, second = _numbers(trial)
            plain = yield from trial.send(f"yett{first}*{second}", "without braces nothing is computed")
            if not _evaluated(plain, first * second):
                text = f"The value of {trial.place.text} is evaluated as a template: {form.format('7', '7')} becomes 49."
                yield of_input(trial, Flaw.TEMPLATE_INJECTION, text, proof[:2], [plain], "expressions run on the server")
                return


def _evaluated(one: Exchanged, product: int) -> bool:
    return str(product).encode() in one.answer.body or any(str(product).encode() in value for _, value in one.answer.fields)
