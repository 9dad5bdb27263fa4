"""What the demo prints: tables for somebody who sees this for the first time."""

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from yett.cli.demo.scenarios import Kind
from yett.cli.demo.stage import Stage
from yett.cli.demo.verdict import Played
from yett.model.event import Event

NAMES = {"guess": "somebody", "revoked": "dave", "expired": "bob", "forged": "mallory"}
"""Who presents the credential, where that is not the name of the caller."""

HEADINGS = {
    Kind.SERVED: ("Served: nobody notices the gateway", "green"),
    Kind.REPAIRED: ("Served, but the answer was repaired on its way back", "yellow"),
    Kind.DENIED: ("Refused before it reached the shop", "red"),
    Kind.OPEN: ("Not seen by this gateway yet", "magenta"),
}
OPEN_NOTE = """\
The gateway knows who calls and what may be called, not yet whose object it is (OWASP API1, broken object level
authorization). The call is in the log with its caller, so it can be found; it is not stopped."""


def show(played: Sequence[Played]) -> None:
    for kind, (heading, colour) in HEADINGS.items():
        rows = [_row(one) for one in played if one.scenario.kind is kind]
        click.secho(f"\n{heading}", fg=colour, bold=True)
        _table(("who", "what", "calls", "answer", "rule", "why"), rows)
        if kind is Kind.OPEN:
            click.echo(OPEN_NOTE)


def summary(played: Sequence[Played], seconds: float) -> None:
    events = [event for one in played for event in one.events if event is not None]
    denied = sum(event.verdict == "deny" for event in events)
    spent = sorted(event.decision_time for event in events if event.decision_time)
    median = f", deciding took {spent[len(spent) // 2] * 1e6:.0f} microseconds in the median" if spent else ""
    click.echo(f"\n{len(events)} calls in {seconds:.1f} s, {denied} refused, all of them in the event log{median}.")


def explanation(played: Sequence[Played], stage: Stage) -> None:
    """One record as `yett explain` tells it: the first refusal by the contract."""
    chosen = next((one for one in played if one.scenario.kind is Kind.DENIED and one.scenario.rule == "contract-request"), None)
    if chosen is not None:
        request_id = chosen.replies[-1].request_id
        click.secho(f"\nWhy? $ yett explain {request_id}", bold=True)
        click.echo(stage.yett("explain", request_id, "-c", str(stage.policy)).rstrip())


def invitation(stage: Stage) -> None:
    """Commands to try, with the credentials of this run."""
    here, yett = f"http://127.0.0.1:{stage.gateway}", _program()
    json = "-H 'Content-Type: application/json' -d"
    click.secho("\nYour turn. Everything below works until you press Ctrl-C.\n", bold=True)
    for who in ("alice", "bob", "carol"):
        click.echo(f"{who.upper()}='{stage.wallet.fields(who)[0]}'")
    for note, command in (
        ("anybody may browse", f"curl -i '{here}/v1/products?limit=2'"),
        ("a good order", f"curl -i -H \"$ALICE\" {json} '{_ORDER}' {here}/v1/orders"),
        ("a bad one", f"curl -i -H \"$ALICE\" {json} '{_ORDER.replace('1}', '-1}')}' {here}/v1/orders"),
        ("no key", f"curl -i {here}/v1/orders/1001"),
        ("Bob's phone", f'curl -i -H "$BOB" {here}/v1/orders/1002'),
        ("Alice may not, Carol may", f"curl -i -H \"$ALICE\" '{here}/v1/reports/sales?month=2026-10'"),
        ("", f"curl -i -H \"$CAROL\" '{here}/v1/reports/sales?month=2026-10'"),
        ("what the shop tells without the gateway", f"curl -i http://127.0.0.1:{stage.shop}/v1/customers/1"),
        ("why a request was refused: each answer has an X-Request-Id", f"{yett} explain -c {stage.policy} X-REQUEST-ID"),
        ("what was recorded", f"{yett} log -c {stage.policy}"),
        ("change the policy: it is loaded as soon as it is saved, or refused", f"${{EDITOR:-vi}} {stage.policy}"),
        ("what is enforced, and what is not", f"{yett} check {stage.policy}"),
    ):
        if note:
            click.secho(f"\n# {note}", dim=True)
        click.echo(command)


def _program() -> str:
    """What to type for `yett` where it is not on the PATH, as after `make demo`."""
    own = Path(sys.argv[0])
    return str(own) if own.name == "yett" and not shutil.which("yett") else "yett"


_ORDER = '{"customerId": 1, "productId": 3, "address": "1 Mill Lane", "quantity": 1}'


def _row(one: Played) -> tuple[str, ...]:
    scenario = one.scenario
    statuses = sorted({reply.status for reply in one.replies})
    rule, why = _reason(one.events)
    answer = ", ".join(str(status) for status in statuses)
    return NAMES.get(scenario.caller, scenario.caller), scenario.title, str(scenario.times), answer, rule, why


def _reason(events: Iterable[Event | None]) -> tuple[str, str]:
    for event in events:
        if event is not None and event.reasons:
            reason = event.reasons[0]
            place = f"{reason.place}: " if reason.place else ""
            return reason.rule, f"{place}{reason.reason}"
    return "", ""


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Columns that nobody fills are left out; what is wider than the terminal is cut."""
    room = max(80, shutil.get_terminal_size((160, 24)).columns)
    used = [index for index in range(len(header)) if any(row[index] for row in rows)]
    lines = [tuple(row[index] for index in used) for row in (header, *rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(used))]
    for number, line in enumerate(lines):
        text = "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        click.secho(text if len(text) <= room else text[: room - 1] + "…", dim=number == 0)
