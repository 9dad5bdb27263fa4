"""The catalog for people: tables for a terminal, and what one operation is, with why. Nothing of a caller's may steer a terminal.

It must not know where the catalog comes from.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from yett.cli.observing import Outcome
from yett.cli.showing import plain, when
from yett.model.catalog import VIEWS, Catalog, CatalogOperation, Moment
from yett.model.claim import Claim

REASONS = 5
WIDTH = 60
"""Columns of a template before it is cut."""


def summary(outcome: Outcome, made: Catalog, fresh: int, path: Path) -> Iterator[str]:
    """What a run of `yett observe` did, and what there is now."""
    read = [f"{_many(outcome.exchanges, 'exchange')} in {_many(outcome.files, 'source')}"]
    if outcome.descriptions:
        read.append(f"{outcome.declared:,} declarations in {_many(outcome.descriptions, 'description')}")
    yield "read      " + "; ".join(read)
    if outcome.skipped:
        yield f"skipped   {_many(outcome.skipped, 'file')} that held nothing new"
    if outcome.unreadable:
        what = "entry or file" if outcome.unreadable == 1 else "entries or files"
        yield f"unread    {outcome.unreadable:,} {what} could not be read"
    if outcome.ambiguous:
        reasons = sorted(outcome.ambiguous.items(), key=lambda one: (-one[1], one[0]))
        told = "; ".join(f"{plain(reason)} ({count:,})" for reason, count in reasons[:REASONS])
        more = f"; {_many(len(reasons) - REASONS, 'more reason')}" if len(reasons) > REASONS else ""
        count = _many(sum(outcome.ambiguous.values()), "exchange")
        yield f"ambiguous {count} with a request that has no single reading: {told}{more}"
    if outcome.misdated:
        yield f"misdated  {_many(outcome.misdated, 'exchange')} before 1990 or in the future: counted as of an unknown time"
    services = _many(len(made.services), "service")
    yield f"catalog   {plain(str(path))}: {_many(len(made.operations), 'operation')} ({fresh:,} new) of {services}"
    counts = {view: sum(view in one.views for one in made.operations) for view in VIEWS}
    told = ", ".join(f"{count:,} {view}" for view, count in counts.items() if count)
    if told:
        yield f"views     {told}"
    aside = sum(count for service in made.services for count in service.set_aside.values())
    if aside:
        yield f"set aside {_many(aside, 'exchange')} that {'proves' if aside == 1 else 'prove'} no operation"
    for lack in made.coverage.lacks:
        yield f"coverage  {lack}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def table(operations: Sequence[CatalogOperation], ids: bool = True) -> Iterator[str]:
    """One line for each: id, calls, authentication, method and template, views, data classes."""
    if not operations:
        return
    rows = [_row(one) for one in operations]
    head = ("ID", "CALLS", "AUTH", "OPERATION", "VIEWS", "DATA")
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    service = None
    for one, row in zip((None, *operations), (head, *rows), strict=True):
        if one is not None and one.service != service:
            service = one.service
            yield f"\n{plain(service) or '(no host)'}"
        cells = [
            cell.rjust(width) if place == 1 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells if ids else cells[1:]).rstrip()


def _row(one: CatalogOperation) -> tuple[str, ...]:
    authentication = one.authentication
    told = "-" if authentication.ratio is None else f"{authentication.ratio:.0%}"
    name = plain(one.name)
    if len(name) > WIDTH:
        name = name[: WIDTH - 1] + "…"
    classes = sorted({found.name for found in one.classes})
    data = ", ".join(classes[:3]) + (f" +{len(classes) - 3}" if len(classes) > 3 else "")
    return one.id, f"{one.count:,}", told, name, ",".join(view for view in one.views if view != "declared"), data


def details(one: CatalogOperation) -> Iterator[str]:
    """Everything about one operation that people ask first."""
    yield f"{plain(one.name)}   {one.id}"
    if one.title:
        yield f"  {plain(one.title)}"
    yield f"  service         {plain(one.service)}" + (f"  (hosts: {plain(', '.join(one.hosts))})" if one.hosts else "")
    yield f"  calls           {one.count:,}, from {_when(one.first_seen)} to {_when(one.last_seen)}"
    if one.statuses:
        yield "  statuses        " + ", ".join(
            f"{status if status != '0' else 'unseen'}: {count:,}" for status, count in one.statuses.items()
        )
    yield f"  authentication  {_authentication(one)}"
    yield f"  views           {', '.join(one.views) or '-'}"
    yield f"  exposure        {one.exposure}"
    if one.functions:
        yield f"  functions       {', '.join(one.functions)}"
    if one.version:
        yield f"  version         {plain(one.version)}"
    for said in one.declared:
        state = "declared in" if said.current else "was declared in"
        more = ", deprecated" if said.deprecated else ""
        what = plain(f"{said.method or 'any method'} {said.template}")
        yield f"  {state:<15} {plain(said.source)} {plain(said.place)} as {what}{more}"
    for parameter in one.parameters:
        kind = parameter.schema.get("format") or parameter.schema.get("type") or "any"
        seen = f"{parameter.distinct:,} different, in {parameter.ratio:.0%} of calls"
        yield f"  {parameter.place:<15} {plain(parameter.name)}: {kind}, {seen}"
    for found in one.classes:
        by = "a person said so" if found.by == "person" else f"{found.ratio:.0%} of {found.distinct:,} different values"
        yield f"  data            {plain(found.place)}: {found.name} ({by})"
    for consumer in one.consumers[:10]:
        label = plain(consumer.label or consumer.id)
        yield f"  consumer        {consumer.kind} {label}: {consumer.count:,} calls, last {_when(consumer.last_seen)}"
    if one.consumer_count > 10:
        yield f"  consumer        … {one.consumer_count:,} in all"
    for difference in one.drift:
        yield f"  drift           {plain(difference.place)}: {plain(difference.text)} ({difference.count:,})"
    yield f"  coverage        {one.coverage.recorded:,} records by {', '.join(one.coverage.sensors) or 'nobody'}"
    for lack in one.coverage.lacks:
        yield f"                  {lack}"


def why(one: CatalogOperation, claims: Iterable[Claim]) -> Iterator[str]:
    """Why an operation is as it is: reasons with the numbers that decided, claims with their sources, raw paths."""
    yield f"{plain(one.name)}   {one.id}   {plain(one.service)}"
    for reason in one.reasons:
        yield f"  {plain(reason.about)}: {plain(reason.text)}"
        if reason.numbers:
            yield "      " + ", ".join(f"{plain(name)} {_number(value)}" for name, value in reason.numbers.items())
    yield "  claims:"
    for claim in claims:
        count = f", {claim.count:,}×" if claim.count else ""
        origin = f" ({plain(claim.origin)})" if claim.origin else ""
        yield f"      {plain(claim.predicate)} = {plain(str(claim.value))}   {claim.source.value}{origin}{count}"
    if one.members:
        shown = list(one.members.items())[:20]
        yield f"  paths ({one.member_count:,}):"
        for path, calls in shown:
            yield f"      {calls:>8,}  {plain(path)}"
        if one.member_count > len(shown):
            yield f"      … {one.member_count - len(shown):,} more"


def _number(value: int | float | str) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else plain(value)


def _authentication(one: CatalogOperation) -> str:
    found = one.authentication
    if found.ratio is None:
        return "not known: no successful answer of a sensor that sees request fields"
    schemes = ", ".join(f"{plain(name)}: {count:,}" for name, count in found.schemes.items())
    return f"{found.verdict}, {found.ratio:.1%} of {found.successes:,} successful answers ({schemes})"


def _when(moment: Moment) -> str:
    return "never" if moment is None else when(moment)
