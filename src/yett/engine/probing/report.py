"""Claims as findings for readers: masked, with control, a curl line, a reproducer and a fingerprint that stays.

It must not know how claims came about.
"""

import json
from collections.abc import Iterable, Sequence

import msgspec

from yett.engine.probing.curls import curl
from yett.engine.probing.outcome import Found, Outcome
from yett.engine.probing.provenance import leaves
from yett.engine.probing.reproducing import reproducer
from yett.engine.sensitive import without_cards
from yett.formats.reports.proofs import Left, Proof, ProofStep, Run, Tried
from yett.formats.reports.values import Reported, RuleText
from yett.model.finding import Evidence, Finding
from yett.model.probe import Answer, Call, Claim, Exchanged
from yett.model.rule import Confidence, Severity
from yett.rules.probing.encoding import target_text, unquoted
from yett.rules.probing.resources import plain
from yett.rules.probing.sensitive import opens
from yett.rules.probing.target import Target
from yett.rules.registry import Probe

_ANSWER = 1_500
_BODY = 4_000
_LONG = 8
"""Characters from which on a secret is taken out wherever it stands, and not only where it is a whole value."""
_SECRET = ("authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token", "proxy-authorization")
_NAMED = 12
"""Operations that a finding names beside its own."""
_ORDER = list(Severity)
_SURE = list(Confidence)
MASK = "***"


class Masking:
    """Takes secrets out of texts: those of all identities, credentials that probes had or made, and what answers hand out."""

    def __init__(self, target: Target, claims: Iterable[Claim] = ()) -> None:
        found = {secret for one in target.identities.values() for secret in one.secrets()}
        for claim in claims:
            found.update(one.text for one in claim.forged)
            for step in (*claim.proof, *claim.control):
                sent = [pair for pair in step.call.credential or () if not target.ours(pair[1])]
                found.update(part for name, value in sent for part in _parts(name, value))
        self._secrets = sorted((one for one in found if len(one) > 3), key=len, reverse=True)

    def answer(self, answer: Answer) -> str:
        """The beginning of an answer's body, without the tokens that it hands out."""
        text = answer.body[:_ANSWER].decode("utf-8", "replace")
        for pointer, leaf in leaves(answer.json()):
            name = pointer.rpartition("/")[2]
            if isinstance(leaf, str) and ((len(leaf) >= 12 and _handed(pointer)) or opens(name, leaf)):
                text = text.replace(json.dumps(leaf), f'"{MASK}"').replace(json.dumps(leaf, ensure_ascii=False), f'"{MASK}"')
                text = text.replace(leaf, MASK) if len(leaf) >= _LONG else text
        return self.text(without_cards(_assigned(text)))

    def text(self, text: str) -> str:
        """The text without secrets; what looks like a JWT loses its signature."""
        text = self.known(text)
        return _unsigned(text) if "eyJ" in text else text

    def known(self, text: str) -> str:
        """The text without the secrets that are known as such."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def fields(self, fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple((name, MASK if name.lower() in _SECRET else self.text(value)) for name, value in fields)


def _parts(name: str, value: str) -> list[str]:
    """What is secret in a field that carries a credential."""
    if name.lower() == "cookie":
        return [part.partition("=")[2] for part in value.split(";")]
    return [value.partition(" ")[2] or value]


def _assigned(text: str) -> str:
    """A text in which what lines assign to names of secrets is masked: environments, files of configuration."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        for sign in ("=", ": "):
            name, found, value = line.partition(sign)
            if found and len(name) <= 100 and value and opens(name.strip(" \"'<>-"), value.strip(" \"',;\r")):
                lines[at] = f"{name}{sign}{MASK}"
                break
    return "\n".join(lines)


def _handed(pointer: str) -> bool:
    """Whether a member is a credential by its name."""
    name = plain(pointer.rpartition("/")[2])
    return name.endswith(("token", "jwt", "apikey", "sessionid", "secret"))


def _unsigned(text: str) -> str:
    """A text in which the last part of every JWT (three parts, the first begins with "eyJ") is masked."""
    made: list[str] = []
    start = text.find("eyJ")
    while start >= 0:
        end = next((at for at in range(start, len(text)) if not (text[at].isalnum() or text[at] in "-_.=")), len(text))
        token = text[start:end]
        made += [text[:start], f"{token.rpartition('.')[0]}.{MASK}" if token.count(".") >= 2 else token]
        text = text[end:]
        start = text.find("eyJ")
    return "".join([*made, text])


def reported(outcome: Outcome, target: Target, now: float, known: dict[int, Reported] | None = None) -> list[Reported]:
    """All findings of a run, the gravest and surest first. now: seconds since the Unix epoch. known: those that were put together
    before, by their number in the outcome, which are not again unless they changed, because that takes long; others are added."""
    masking = Masking(target, (one.claim for one in outcome.found))
    made: dict[int, Reported] = known if known is not None else {}
    for number, one in enumerate(outcome.found):
        before = made[number].proof if number in made else None
        if before is None or (before.also, before.method, before.template) != (one.also, *one.about):
            made[number] = _reported(one, target, masking, now, outcome.trace)
    return sorted(
        made.values(),
        key=lambda one: (
            -_ORDER.index(one.finding.severity),
            -_SURE.index(one.finding.confidence),
            one.finding.rule,
            one.finding.operation,
        ),
    )


def _reported(found: Found, target: Target, masking: Masking, now: float, trace: Sequence[Exchanged]) -> Reported:
    claim, rule = found.claim, found.rule
    method, template = found.about
    steps, control = _steps(claim.proof, masking), _steps(claim.control, masking)
    mark = found.fingerprint
    finding = Finding(
        fingerprint=mark,
        rule=rule.id,
        operation=found.label,
        place=claim.place,
        title=rule.title,
        severity=claim.severity or rule.severity,
        confidence=claim.confidence or rule.confidence,
        evidence=tuple(Evidence(f"{one.method} {one.target}", _seen(one)) for one in (*steps, *control)),
        first_seen=now,
        last_seen=now,
        text=masking.text(claim.text),
        reasons=tuple(map(masking.text, (*claim.reasons, *_elsewhere(found), *_uncontrolled(claim)))),
    )
    proof = Proof(
        flaw=claim.flaw.value,
        method=method,
        template=template,
        owasp=rule.owasp,
        cwe=rule.cwe,
        identities=tuple(claim.identities),
        also=found.also,
        steps=steps,
        control=control,
        curl=masking.text(curl(claim, target)),
        reproducer=masking.text(reproducer(found, target, mark, trace)),
    )
    return Reported(finding, proof=proof)


def _elsewhere(found: Found) -> tuple[str, ...]:
    """Where else the same was seen, of which the first are named."""
    if not found.also:
        return ()
    named, more = ", ".join(found.also[:_NAMED]), len(found.also) - _NAMED
    return (f"{found.claim.cause}: one cause, also seen at {named}{f' and {more} more' if more > 0 else ''}",)


def joined(before: Reported, now: Reported) -> Reported:
    """A finding of a run that went on after an interruption, with the operations at which its cause was seen before that."""
    if before.proof is None or now.proof is None:
        return now
    labels = (*now.proof.also, before.finding.operation, *before.proof.also)
    also = tuple(one for one in dict.fromkeys(labels) if one != now.finding.operation)
    if also == now.proof.also:
        return now
    earlier = ", ".join(also[len(now.proof.also) :][:_NAMED])
    reasons = (*now.finding.reasons, f"before the run was interrupted also seen at {earlier}")
    finding = msgspec.structs.replace(now.finding, reasons=reasons)
    return msgspec.structs.replace(now, finding=finding, proof=msgspec.structs.replace(now.proof, also=also))


def _uncontrolled(claim: Claim) -> tuple[str, ...]:
    return () if claim.control else (f"no control: {claim.uncontrolled or 'its probe has none'}",)


def _seen(step: ProofStep) -> str:
    who = f"as {step.identity}" if step.identity else "anonymous"
    return " ".join(filter(None, (who, f"-> {step.status}" if step.status else f"-> {step.answer}", step.note)))


def _steps(proof: Sequence[Exchanged], masking: Masking) -> tuple[ProofStep, ...]:
    return tuple(_step(one, masking) for one in proof)


def _step(one: Exchanged, masking: Masking) -> ProofStep:
    call, answer = one.call, one.answer
    fields = [*call.fields, *(call.credential or ())]
    if call.content_type:
        fields.append(("Content-Type", call.content_type))
    answered = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.fields[:40]]
    said = masking.answer(answer) if answer.status else masking.text(answer.failure)
    return ProofStep(
        method=call.method,
        target=masking.text(target_text(call)),
        identity=call.identity,
        fields=masking.fields(fields),
        body=masking.text(call.body[:_BODY].decode("utf-8", "replace")),
        status=answer.status,
        answer_fields=masking.fields(answered),
        answer=said,
        seconds=round(answer.seconds, 3),
        note=one.note,
    )


def called(step: ProofStep) -> Call:
    """The call that a step of a report tells of, as far as it does: without its credential, masks where secrets stood."""
    path, _, query = step.target.partition("?")
    kind = next((value for name, value in step.fields if name.lower() == "content-type"), "")
    pairs = tuple((one.partition("=")[0], unquoted(one.partition("=")[2])) for one in query.split("&") if one)
    return Call(
        method=step.method, path=path or "/", query=pairs, body=step.body.encode(), content_type=kind, identity=step.identity
    )


def run_of(outcome: Outcome, target: Target, *, started: float, seed: int, version: str) -> Run:
    """The run itself, for reports."""
    statuses: dict[str, set[int]] = {}
    for operation, exchanged in target.exchanges():
        statuses.setdefault(operation.id, set()).add(exchanged.answer.status)
    return Run(
        target=target.origin,
        version=version,
        started=started,
        seconds=outcome.seconds,
        requests=outcome.requests,
        seed=seed,
        identities=target.names(),
        operations=tuple(
            Tried(name=one.label, statuses=tuple(sorted(statuses.get(one.id, ()))), works=bool(target.workers(one)))
            for one in target.operations
        ),
        incomplete=outcome.stopped,
        skipped=tuple(Left(place=" ".join(filter(None, (one.rule, one.where))), why=one.why) for one in outcome.left),
        remaining=tuple(Left(place=one.partition(": ")[0], why=one.partition(": ")[2]) for one in outcome.behind),
    )


def rule_text(probe: Probe) -> RuleText:
    """What reports say of a probe."""
    rule = probe.rule
    return RuleText(
        id=rule.id,
        title=rule.title,
        manual=probe.manual,
        family="probes",
        severity=rule.severity,
        confidence=rule.confidence,
        owasp=rule.owasp,
        cwe=rule.cwe,
        references=rule.references,
    )
