"""Records for a person's terminal and for machines. What callers sent can hold anything: nothing of it may steer a terminal.

It must not know where records come from.
"""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from yett.model.event import Event, Reason
from yett.rules.inspection.exceptions import narrowest

TARGET_WIDTH = 40
WHY_WIDTH = 300
SAMPLE_LENGTH = 2_000


def plain(text: str) -> str:
    """Text with every character escaped that is not printable, so controls, direction marks and line separators too
    (CWE-150). A backslash becomes two: nothing can be taken for an escape that was not one."""
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    point = ord(character)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def as_json(event: Event) -> str:
    """One JSON object in one line, ASCII only, all fields of the record; samples as text."""
    return _dump(_fields(event))


def all_as_json(request_id: str, events: list[Event]) -> str:
    return _dump({"request_id": request_id, "records": [_fields(event) for event in events]})


def _dump(value: Any) -> str:
    return json.dumps(value).replace("\x7f", "\\u007f")  # the only control character that JSON lets stand


def _fields(event: Event) -> dict[str, Any]:
    return {name: _simple(getattr(event, name)) for name in event.__struct_fields__}


def _simple(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Reason):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return [_simple(entry) for entry in value] if isinstance(value, list | tuple) else value


def when(seconds: float) -> str:
    """A moment in UTC, to the millisecond."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g}"


def span(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f}us"
    return f"{seconds * 1e3:.1f}ms" if seconds < 1 else f"{seconds:.1f}s"


def line(event: Event) -> str:
    """One line, columns aligned: when, status, verdict, method, target, principal, duration, request id, why."""
    if not event.request_id:
        return _other_line(event)
    verdict = event.verdict.upper() if event.verdict == "deny" else "would" if event.would == "deny" else event.verdict
    target = plain(event.target or event.raw_target or "-")
    if len(target) > TARGET_WIDTH:
        target = target[: TARGET_WIDTH - 1] + "…"
    columns = (
        f"{when(event.time)} {event.status or '-':>3} {plain(verdict):<6} {plain(event.method) or '-':<7} {target:<{TARGET_WIDTH}} "
        f"{plain(event.principal) or '-':<12} {span(event.duration):>7} {plain(event.request_id)}"
    )
    return "  ".join(filter(None, (columns, _kind(event), _why(event)))).rstrip()


def _kind(event: Event) -> str:
    """What the verdict does not say: that the record is one of a stream, or of a failure."""
    action = event.tag.removeprefix("gateway:request:")
    return "" if action in ("allowed", "denied", "answered", "refused") else f"[{plain(action)}]"


def _why(event: Event) -> str:
    words = [f"{reason.rule}: {reason.reason}" + (f" ({reason.place})" if reason.place else "") for reason in event.reasons]
    text = plain("; ".join(words + ([event.failure] if event.failure else [])))
    return text if len(text) <= WHY_WIDTH else text[: WHY_WIDTH - 1] + "…"


def _other_line(event: Event) -> str:
    facts = [("address", event.address), ("failure", event.failure), ("snapshot", event.snapshot), *event.detail.items()]
    words = [f"{name}={value}" for name, value in facts if value != ""]
    return plain(" ".join((when(event.time), event.tag, *words)))


def explanation(event: Event, titles: dict[str, str], attacks: Collection[str] = ()) -> Iterator[str]:
    """One decision in plain words, line by line. titles: of the rules, by id; attacks: which of them are attack rules, of which
    the policy can except places."""
    yield plain(f"Request {event.request_id} {_happened(event)}")
    yield ""
    for name, value in _facts(event):
        if value:
            yield f"  {name:<11}{plain(value)}"
    enforced, monitored = event.reasons[: event.enforced], event.reasons[event.enforced :]
    if enforced:
        yield "\nEnforced:"
        yield from _reasons(enforced, titles)
    if monitored:
        because = "monitor mode, or denied already" if enforced else "monitor mode"
        if event.would == "deny":
            yield f"\nOnly recorded, because of {because}. Enforcement would have denied by:"
        else:
            yield "\nOnly recorded; nothing would have been denied by:"
        yield from _reasons(monitored, titles)
    if len(event.matched) > 1:
        yield "\nEverything of the Core Rule Set that matched:"
        yield from _reasons(event.matched, titles)
    yield from _exceptions(event, attacks)
    if not event.reasons and event.would == "allow":
        yield "\nNo rule objected."
    if event.not_evaluated:
        yield "\nNot evaluated:"
        yield from (plain(f"  {rule}: {why}") for rule, why in event.not_evaluated)
    for name, sample in (("request", event.request_sample), ("response", event.response_sample)):
        if sample:
            yield f"\nBeginning of the {name} body, masked:"
            yield "  " + plain(sample.decode("utf-8", "replace")[:SAMPLE_LENGTH])


def unscored(event: Event) -> list[Reason]:
    """The reasons; in place of the one rule that speaks for a scoring rule set, all of it that matched."""
    known = {one.rule for one in event.matched}
    return [*(one for one in event.reasons if one.rule not in known), *event.matched]


def _happened(event: Event) -> str:
    sent = f"{event.status} was sent" if event.status else "nothing was sent"
    asked = "the upstream had been asked" if event.upstream_status else "the upstream was not asked"
    if event.verdict == "deny":
        return f"was denied: {sent}, {asked}."
    if event.failure:
        return f"was let through but failed ({event.failure}): {sent}."
    if event.verdict == "answer":
        return f"was answered by the gateway in the upstream's place: {sent}."
    if event.would == "deny":
        return f"was let through in monitor mode: {sent}. Enforcement would have denied it."
    return f"was let through, its response changed: {sent}." if event.enforced else f"was let through: {sent}."


def _facts(event: Event) -> Iterator[tuple[str, str]]:
    decided = f", deciding {span(event.decision_time)}" if event.decision_time else ""
    yield "when", f"{when(event.time)}, took {span(event.duration)}{decided}"
    origin = f"{event.scheme}://{event.host}" if event.host else ""
    yield "request", f"{event.method} {origin}{event.target}".strip()
    yield "as sent", event.raw_target
    yield "operation", f"{event.operation} of service {event.service}" if event.operation else event.service
    yield "caller", _caller(event)
    yield "address", event.address + (f", through {event.peer}" if event.peer not in ("", event.address) else "")
    yield "token", ", ".join(f"{name} {_listed(value)}" for name, value in event.credential_facts.items())
    yield "TLS", ", ".join(filter(None, event.tls))
    yield "client", event.user_agent
    yield "upstream", f"{event.upstream} answered {event.upstream_status}" if event.upstream_status else event.upstream
    yield "sizes", f"{event.request_size} bytes of request body, {event.response_size} of response body"
    types = (("request", event.content_type), ("response", event.response_content_type))
    yield "types", ", ".join(f"{value} ({name})" for name, value in types if value)
    yield "parameters", ", ".join(event.parameter_names)
    yield "fields", ", ".join(event.field_names)
    yield "failure", event.failure
    yield "trace", event.trace_id
    yield "policy", f"snapshot {event.snapshot}" if event.snapshot else ""
    yield "record", f"worker {event.worker}, number {event.sequence}, {event.tag}"
    yield "detail", ", ".join(f"{name} {value}" for name, value in event.detail.items())


def _caller(event: Event) -> str:
    how = f"by {event.credential_scheme}" if event.credential_scheme else ""
    mark = f"(fingerprint {event.credential_fingerprint})" if event.credential_fingerprint else ""
    return " ".join(filter(None, (f"{event.principal or 'nobody known'}{',' if how else ''}", how, mark)))


def _listed(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _exceptions(event: Event, attacks: Collection[str]) -> Iterator[str]:
    """What to paste into the policy so that exactly these findings count no more."""
    entries: dict[str, dict[str, None]] = {}
    for reason in unscored(event):
        setting = "crs" if reason.rule.startswith("crs-") else "attacks" if reason.rule in attacks else ""
        if setting and reason.place:
            entries.setdefault(setting, {})[narrowest(reason.rule, event.operation, reason.place)] = None
    if entries:
        yield f"\nIf this is an honest request, let it pass in the policy, under the service {plain(event.service)}:"
    for setting, lines in sorted(entries.items()):
        yield f"  {setting}:"
        yield "    except:"
        yield from (f"      - {line}" for line in lines)


def _reasons(reasons: list[Reason], titles: dict[str, str]) -> Iterator[str]:
    for reason in reasons:
        title = f" ({titles[reason.rule]})" if reason.rule in titles else ""
        status = f", {reason.status}" if reason.status else ""
        yield plain(f"  {reason.rule}{title}{status}" + (f", at {reason.place}" if reason.place else ""))
        yield plain(f"    {reason.reason}")
        if reason.sample:
            yield plain(f"    seen: {reason.sample}")
