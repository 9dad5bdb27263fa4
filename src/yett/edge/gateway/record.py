"""The records of exchanges: what is remembered of them, without any credential."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from yett.engine.record import SampleBudget as SampleBudget
from yett.engine.record import masked_sample, masked_target
from yett.formats.messages import RequestHead
from yett.model.decision import Denial, Evaluation, unset
from yett.model.event import Event, Reason
from yett.model.exchange import Target, TLSFacts
from yett.rules.seclang.hits import told

if TYPE_CHECKING:
    from yett.edge.gateway.client import ClientConnection
    from yett.edge.gateway.exchange import LiveExchange
    from yett.edge.gateway.gateway import Gateway

TEXT = 256  # characters kept of what a client says of itself
MATCHED = 64
"""Rules and places of a scoring rule set that a record lists; so many come of a request that nobody excuses."""
SCORED = "crs-"


def _text(value: bytes | None) -> str:
    return value[:TEXT].decode("latin-1") if value else ""


def _tls(facts: TLSFacts | None) -> tuple[str, ...]:
    return (facts.version, facts.cipher, facts.server_name, facts.subject, facts.fingerprint) if facts else ()


def verdict(evaluation: Evaluation) -> str:
    """What was done: "allow", "deny" or "answer"."""
    if evaluation.denial is not None:
        return "deny"
    return "allow" if evaluation.answered is None else "answer"


def objected(evaluation: Evaluation) -> bool:
    """Whether any rule had something to say."""
    found = (evaluation.denial, evaluation.amended, evaluation.would, evaluation.noted)
    return any(one is not None for one in found)


def reasons(evaluation: Evaluation) -> tuple[int, list[Reason]]:
    """How many were enforced, and all: the enforced denial, what changed the response, what monitor mode let pass, what is
    noted."""
    if not objected(evaluation):
        return 0, []
    enforced = [evaluation.denial] if evaluation.denial is not None else []
    enforced += evaluation.amended or ()
    rows = [
        Reason(d.rule, d.status, d.reason, d.place, d.sample)
        for d in (*enforced, *(evaluation.would or ()), *(evaluation.noted or ()))
    ]
    return len(enforced), rows


def matched(evaluation: Evaluation, said: Sequence[Reason]) -> list[Reason]:
    """All rules of a scoring rule set that matched, where what is said names but one of them; at most MATCHED."""
    if evaluation.scoring is unset or not any(one.rule.startswith(SCORED) for one in said):
        return []
    found = islice(told(evaluation.scoring), MATCHED)
    return [Reason(one.rule, 0, one.message, one.place, one.sample) for one in found]


def of_exchange(exchange: "LiveExchange", tag: str, now: float) -> Event:
    """The record of an exchange, at its end or (with a tag) while it goes on. now: monotonic seconds."""
    gateway, evaluation, plan = exchange.gateway, exchange.evaluation, exchange.plan
    enforced, words = reasons(evaluation)
    done = verdict(evaluation)
    if not tag:
        tag = "gateway:request:failed" if exchange.failure else _TAGS[done]
    fields, credential = exchange.fields, evaluation.credential
    target = exchange.target
    key, names = gateway.fingerprint_key, gateway.snapshot.secret_parameters
    text = target.path if target.query is None else masked_target(target.path, target.query, key, names)
    request_sample, response_sample = samples(exchange, gateway) if gateway.sampling else (b"", b"")
    return Event(
        tag=tag,
        time=exchange.began,
        duration=now - exchange.started,
        decision_time=exchange.decided - exchange.started if exchange.decided else 0.0,
        request_id=exchange.request_id.decode(),
        trace_id=exchange.trace_id,
        snapshot=exchange.snapshot,
        service=plan.operation.service,
        operation=plan.operation.id,
        method=exchange.method,
        scheme=exchange.scheme,
        host=exchange.host,
        target=text,
        raw_target=raw_target(target, key, names),
        status=exchange.sent_status,
        upstream_status=exchange.status,
        upstream=exchange.upstream_name,
        request_size=exchange.request_size,
        response_size=exchange.response_size,
        field_names=list(map(bytes.decode, fields)),
        parameter_names=[] if target.query is None else parameter_names(target.query),
        content_type=_text(fields.get(b"content-type")),
        response_content_type=_text(exchange.response_fields.get(b"content-type")),
        user_agent=_text(fields.get(b"user-agent")),
        address=exchange.address,
        peer=exchange.client.peer,
        tls=_tls(exchange.tls),
        principal=evaluation.principal.id,
        credential_scheme=credential.scheme if credential else "",
        credential_fingerprint=credential.fingerprint if credential else "",
        credential_facts=credential.facts if credential else {},
        verdict=done,
        would="deny" if evaluation.would else done,
        enforced=enforced,
        reasons=words,
        not_evaluated=evaluation.not_evaluated or [],
        failure=exchange.failure,
        request_sample=request_sample,
        response_sample=response_sample,
        matched=matched(evaluation, words),
    )


def raw_target(target: Target, key: bytes, names: frozenset[str]) -> str:
    """The target as sent, its query masked like the canonical one. "" where it is the canonical one."""
    raw = target.raw.decode("latin-1")
    if raw == target.text:
        return ""
    path, mark, query = raw.partition("?")
    return masked_target(path, query, key, names) if mark else path


_TAGS = {"allow": "gateway:request:allowed", "deny": "gateway:request:denied", "answer": "gateway:request:answered"}
PARAMETERS = 64


def parameter_names(query: str) -> list[str]:
    """The names of the query's parameters, bounded, as they stand in the canonical query."""
    return [part.partition("=")[0][:TEXT] for part in query.split("&", PARAMETERS)[:PARAMETERS] if part]


def samples(exchange: "LiveExchange", gateway: "Gateway") -> tuple[bytes, bytes]:
    """Masked samples of both bodies, within the operation's budget for this minute."""
    settings = gateway.snapshot.policy.log.samples
    if not gateway.budget.take(exchange.plan.operation.id, exchange.evaluation.now):
        return b"", b""
    return (
        masked_sample(exchange.content, exchange.fields.get(b"content-type", b""), settings.size, settings.masked_fields),
        masked_sample(
            exchange.response_content, exchange.response_fields.get(b"content-type", b""), settings.size, settings.masked_fields
        ),
    )


def of_refusal(gateway: "Gateway", client: "ClientConnection", identity: str, status: int, reason: str) -> Event:
    """A request that could not be read."""
    why = Reason("http-syntax" if status not in (408, 413, 414, 431) else "bounds", status, reason)
    return Event(
        tag="gateway:request:refused",
        time=gateway.wall(),
        request_id=identity,
        snapshot=gateway.snapshot.digest,
        scheme=client.scheme,
        status=status,
        address=client.peer,
        peer=client.peer,
        tls=_tls(client.tls),
        verdict="deny",
        would="deny",
        enforced=1,
        reasons=[why],
    )


def of_unrouted(
    gateway: "Gateway", client: "ClientConnection", head: RequestHead, target: Target, host: str, denial: Denial, identity: str
) -> Event:
    """A request that belongs to no service."""
    query, names = target.query, gateway.snapshot.secret_parameters
    return Event(
        tag="gateway:request:denied",
        time=gateway.wall(),
        request_id=identity,
        snapshot=gateway.snapshot.digest,
        method=head.method,
        scheme=client.scheme,
        host=host,
        target=target.path if query is None else masked_target(target.path, query, gateway.fingerprint_key, names),
        status=denial.status,
        field_names=list(map(bytes.decode, head.fields)),
        user_agent=_text(head.fields.get(b"user-agent")),
        address=gateway.client_address(client.peer, head.fields),
        peer=client.peer,
        tls=_tls(client.tls),
        verdict="deny",
        would="deny",
        enforced=1,
        reasons=[Reason(denial.rule, denial.status, denial.reason, denial.place)],
    )
