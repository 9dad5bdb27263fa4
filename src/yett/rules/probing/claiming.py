"""Claims on one input, put together in one way. It must not know any attack."""

from collections.abc import Iterable

from yett.model.probe import Claim, Exchanged, Flaw, Sign
from yett.model.rule import Confidence, Severity
from yett.rules.probing.trying import Trial

APART = Sign(kind="apart")
"""The proof and its control are answered differently."""


def of_input(
    trial: Trial,
    flaw: Flaw,
    text: str,
    proof: Iterable[Exchanged],
    control: Iterable[Exchanged] = (),
    *reasons: str,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    shows: tuple[str, ...] = (),
    sign: Sign = Sign(),  # noqa: B008  frozen
) -> Claim:
    """A claim on the input of a trial; that nobody needs a credential for it is a reason of its own."""
    who = trial.base.identity
    return Claim(
        flaw=flaw,
        place=trial.place.text,
        identities=(who,),
        text=text,
        reasons=(*reasons, *(() if who else ("no credential is needed",))),
        proof=tuple(proof),
        control=tuple(control),
        severity=severity,
        confidence=confidence,
        shows=shows,
        sign=sign,
    )
