"""`yett check`: what a policy would enforce, operation by operation, and what not, and why. `yett schema`: its JSON Schema."""

import json
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import msgspec

from yett.cli import foretelling
from yett.cli.prepare import examine
from yett.cli.proving import Proofs, told
from yett.engine.schema import policy_schema
from yett.engine.snapshot import Enforced, Report
from yett.model.bundle import Bundle
from yett.model.decision import Mode
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.policy import Bounds, Service
from yett.model.rule import Gap
from yett.store.bundle import load_bundle

NAME = "yett.yaml"


@click.command()
@click.argument("policy", type=click.Path(path_type=Path), default=NAME)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for machines.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything that is asked for will not be enforced.")
def check(policy: Path, as_json: bool, strict: bool) -> None:
    """Say what POLICY (default: yett.yaml) would enforce, operation by operation, and what not, and why.

    \b
    Exit codes: 0 the policy is good; 1 there are gaps (with --strict); 2 the policy cannot be used.
    """
    try:
        bundle = load_bundle(policy)
        report = examine(bundle, partial(click.echo, err=True) if sys.stderr.isatty() else None)
    except PolicyErrors as error:
        _refuse(error.errors, as_json)
    if as_json:
        click.echo(json.dumps(_described(bundle, report), indent=2))
    else:
        click.echo("\n".join(_told(bundle, report)))
    if strict and (report.gaps or bundle.warnings):
        sys.exit(1)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the policy, for editors."""
    click.echo(json.dumps(policy_schema(), indent=2))


def _refuse(mistakes: Iterable[Mistake], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"errors": [msgspec.to_builtins(mistake) for mistake in mistakes]}, indent=2))
    else:
        click.echo("\n".join(complaints(mistakes)), err=True)
    sys.exit(2)


def complaints(mistakes: Iterable[Mistake]) -> Iterator[str]:
    """One line for each mistake, and one for its hint."""
    for mistake in mistakes:
        yield f"{mistake.place}: {mistake.message}" if mistake.place else mistake.message
        if mistake.hint:
            yield f"    {mistake.hint}"


def always(bounds: Bounds) -> list[tuple[str, str]]:
    """What holds in every mode: (status, what)."""
    return [
        ("400", "what has two readings: framing, target, Host, a body that a guard reads, a WebSocket handshake"),
        ("403", "a WebSocket from an Origin that is not allowed"),
        ("404", "a path that no service of the host has"),
        ("405", "CONNECT and TRACE"),
        (
            "408",
            f"a head slower than {bounds.head_timeout:g} s, a body slower than {bounds.body_timeout:g} s without progress,",
        ),
        ("", f"or either below {bounds.minimum_rate} bytes/s"),
        ("413", f"a body above {size(bounds.body_size)} (or the operation's own), decoded above {size(bounds.decoded_size)}"),
        ("", f"or {bounds.decoded_ratio} times its size"),
        ("414", f"a target above {bounds.target_length} bytes"),
        ("415", "an unknown or stacked content coding of a body that a guard reads"),
        ("421", "a host that no service has"),
        ("431", f"a head above {size(bounds.head_size)} or {bounds.fields} fields"),
        ("502-504", "an upstream that cannot be reached, or breaks the protocol"),
        ("closed", f"more than {bounds.connections} connections, or {bounds.connections_per_address} of one address"),
    ]


def size(number: int) -> str:
    """Bytes, in the largest unit that leaves a whole number."""
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if number and number % (1 << shift) == 0:
            return f"{number >> shift} {unit}"
    return f"{number} bytes"


# --- for people -----------------------------------------------------------------------------------------------------


def _told(bundle: Bundle, report: Report) -> Iterator[str]:
    yield f"{bundle.path} is good (snapshot {bundle.digest})"
    proofs = Proofs(bundle)
    names = foretelling.foretold(bundle, report, proofs)
    for service in bundle.policy.services:
        yield ""
        operations = [one for one in report.operations if one.service == service.name]
        yield from _told_service(service, operations)
        scanned = [*told(found for one in operations if (found := proofs.of(one)) is not None)]
        yield from ["", *scanned] if scanned else ()
        met = [*foretelling.told(names.get(service.name, ()))]
        yield from ["", *met] if met else ()
    yield ""
    if bundle.warnings:
        yield f"Wrong in contracts ({len(bundle.warnings)}): it is left out, opens nothing and proves nothing; all else is enforced"
        yield from (f"  {line}" for line in complaints(bundle.warnings))
        yield ""
    yield from _told_gaps(report.gaps, bool(bundle.warnings))
    yield ""
    yield "In every mode, monitor included"
    for status, what in always(bundle.policy.bounds):
        yield f"  {status:8} {what}"


def _told_service(service: Service, operations: list[Enforced]) -> Iterator[str]:
    hosts = ", ".join(service.match.hosts) or "any host"
    below = "" if service.match.prefix == "/" else f" below {service.match.prefix}"
    yield f"Service {service.name}: {hosts}{below}, to {', '.join(service.upstream.targets)}"
    declared = sum(one.operation.declared for one in operations)
    if not declared:
        yield "  It declares no operations, so every path is let through to its guards."
    width = max(len(one.operation.method) for one in operations)
    longest = min(60, max(len(one.operation.template) for one in operations))
    for (acting, recording), group in _grouped(operations):
        yield ""
        yield f"  Enforced: {', '.join(acting) or 'nothing by rule'}"
        if recording:
            yield f"  Only recorded: {', '.join(recording)}"
        for one in group:
            what = one.operation.id if one.operation.declared else "what is not declared" if declared else "everything"
            plain = f"{one.operation.method} {one.operation.template}" == what
            line = f"    {one.operation.method:{width}}  {one.operation.template:{longest}}  {'' if plain else what}"
            yield line.rstrip()


def _grouped(operations: list[Enforced]) -> Iterator[tuple[tuple[list[str], list[str]], Iterator[Enforced]]]:
    """Operations under the same rules, the most guarded first; within a group by path."""

    def rules(one: Enforced) -> tuple[list[str], list[str]]:
        acting = sorted(rule for rule, mode in one.rules if mode is Mode.ENFORCE)
        return acting, sorted(rule for rule, mode in one.rules if mode is Mode.MONITOR)

    def order(one: Enforced) -> Any:
        acting, recording = rules(one)
        return -len(acting), acting, recording, not one.operation.declared, one.operation.template, one.operation.method

    return groupby(sorted(operations, key=order), rules)


def _told_gaps(gaps: tuple[Gap, ...], slips: bool) -> Iterator[str]:
    """Gaps that many operations have in common are told once. slips: whether something was left out before."""
    if not gaps:
        yield f"Not enforced: nothing{' else' if slips else ''}. All that policy and contract ask for will be."
        return
    alike: dict[tuple[str, str, str], list[str]] = {}
    for gap in gaps:
        alike.setdefault(gap.thing, []).append(gap.operation)
    yield f"Not enforced ({len(alike)})"
    for (rule, what, why), operations in alike.items():
        shown = ", ".join(operations[:3]) + (f" and {len(operations) - 3} more" if len(operations) > 3 else "")
        yield f"  {shown}: {what}"
        yield f"      {why} [{rule}]"


# --- for machines ---------------------------------------------------------------------------------------------------


def _described(bundle: Bundle, report: Report) -> dict[str, Any]:
    proofs = Proofs(bundle)
    return {
        "policy": bundle.path,
        "snapshot": bundle.digest,
        "operations": [
            {
                "service": one.service,
                "id": one.operation.id,
                "method": one.operation.method,
                "template": one.operation.template,
                "declared": one.operation.declared,
                "mode": one.mode.value,
                "rules": {rule: mode.value for rule, mode in one.rules},
                "values": msgspec.to_builtins(proofs.of(one)),
            }
            for one in report.operations
        ],
        "names": [
            {"service": service, **msgspec.to_builtins(one)}
            for service, found in foretelling.foretold(bundle, report, proofs).items()
            for one in found
        ],
        "gaps": [msgspec.to_builtins(gap) for gap in report.gaps],
        "warnings": [msgspec.to_builtins(mistake) for mistake in bundle.warnings],
        "bounds": msgspec.to_builtins(bundle.policy.bounds),
        "errors": [],
    }
