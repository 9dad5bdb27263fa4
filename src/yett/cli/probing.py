"""One run of `yett probe`: reads what it is given, opens the way to the target, drives, and writes reports."""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

import yett.cli.target as targets
from yett import __version__
from yett.cli.failing import reason
from yett.cli.probe import CLEAN, FOUND, INCOMPLETE, UNUSABLE
from yett.cli.probing_fuzz import conformance, ready
from yett.cli.probing_reports import Reports
from yett.cli.probing_source import Code, Unusable, names_on_source, read_code, with_code
from yett.cli.probing_state import Keeper, Kept, StateError, default, with_credentials, without_credentials
from yett.cli.showing import plain
from yett.edge.probing.callbacks import Listener
from yett.edge.probing.login import LoginFailed, Logins
from yett.edge.probing.origin import client_context, origin_of
from yett.edge.probing.performing import Performer
from yett.edge.probing.transport import Transport
from yett.engine.probing.again import Wanted
from yett.engine.probing.described import Described
from yett.engine.probing.doubts import doubts
from yett.engine.probing.drive import Driver, Limits
from yett.engine.probing.report import called, joined, reported, run_of
from yett.formats.identities import Declared, read_identities
from yett.formats.reports.values import Reported
from yett.formats.yaml import read
from yett.model.mistake import DocumentError, PolicyErrors
from yett.model.probe import Call
from yett.model.rule import Severity
from yett.rules.probing.identity import Identity
from yett.rules.probing.target import Target
from yett.rules.registry import Probe, probes

LEAST_UNDO = 10.0
"""Seconds, at least, in which what was made is removed after the budget is used up."""
LOOK = 0.2
"""Seconds between two looks at how far it is."""


def fail(message: str) -> NoReturn:
    """End: nothing could begin."""
    click.echo(f"Error: {plain(message)}", err=True)
    sys.exit(UNUSABLE)


def note(message: str) -> None:
    """Something to know, which ends nothing."""
    click.echo(f"! {plain(message)}", err=True)


class Run:
    """One call of the command. Its one result is the exit code."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self._options = options
        try:
            self._origin = origin_of(url)
        except ValueError as error:
            fail(str(error))
        self._started = time.time()
        self._problems: list[str] = []
        self._keeper = Keeper(options["state"] or default(self._origin.text))
        self._reports = Reports(options, fail)
        self._again = self._reports.wanted(options["rerun"])
        self._source = self._read_code()
        self._probes = self._chosen()
        self._declared = self._identities()
        if options["fuzz"] is not None and (missing := ready()):
            fail(missing)

    def run(self) -> int:
        try:
            return asyncio.run(self._run())
        except targets.Unusable as error:
            fail(str(error))
        except KeyboardInterrupt:
            fail("interrupted before there was anything to keep")

    # What is given

    def _chosen(self) -> list[Probe]:
        known = probes()
        flaws = {flaw.value for one in known.values() for flaw in one.rule.flaws}
        only, skip = (frozenset(name for value in self._options[key] for name in value.split(",")) for key in ("only", "skip"))
        unknown = sorted((only | skip) - set(known) - flaws - (names_on_source() if self._options["source"] else frozenset()))
        if unknown:
            fail(f"there is no probe and no class {', '.join(unknown)}; `yett probe --list` names all")

        def named(one: Probe, names: frozenset[str]) -> bool:
            return one.rule.id in names or any(flaw.value in names for flaw in one.rule.flaws)

        chosen = [one for one in known.values() if (not only or named(one, only)) and not named(one, skip)]
        return [one for one in chosen if self._again is None or one.rule.id == self._again.finding.rule]

    def _read_code(self) -> Code | None:
        """What the program's source says, where there is any."""
        if self._options["source"] is None or self._again is not None:
            return None
        try:
            code = read_code(self._options, self._started)
        except Unusable as error:
            fail(str(error))
        if code.incomplete:
            self._problems.append(code.incomplete)
        return code

    def _identities(self) -> tuple[Declared, ...]:
        path: Path | None = self._options["identities"]
        if path is None:
            return ()
        try:
            return read_identities(read(path.read_bytes(), str(path)), os.environ)
        except PolicyErrors as error:
            fail("\n".join(str(mistake) for mistake in error.errors))
        except DocumentError as error:
            fail(str(error.mistake))
        except OSError as error:
            fail(reason(error))

    # The run

    async def _run(self) -> int:
        options, origin = self._options, self._origin
        tls = client_context(not options["insecure"]) if origin.secure else None
        transport = Transport(
            origin, tls=tls, rate=options["rate"], timeout=self._patience(), agent=f"yett-probe/{__version__}"
        )
        listener = await self._listener()
        try:
            await self._alive(transport)
            logins = Logins(self._declared, transport, not options["insecure"])
            identities = await self._logged_in(logins)
            described = await self._described(transport, identities)
            kept = self._kept()
            target = self._target(described, identities)
            driver = self._driver(target, kept)
            await self._driven(driver, transport, logins, listener, kept)
        finally:
            transport.close()
            if listener is not None:
                listener.close()
        return self._end(driver, kept)

    def _patience(self) -> float:
        """Seconds for one answer: so few that the budget is kept even where none comes."""
        return float(min(self._options["timeout"], max(1.0, self._options["budget"] / 5)))

    async def _alive(self, transport: Transport) -> None:
        answer = await transport.send(Call(method="GET", path=f"{self._origin.base}/"))
        if not answer.status:
            raise targets.Unusable(f"{self._origin.text} does not answer: {answer.failure}")

    async def _logged_in(self, logins: Logins) -> list[Identity]:
        """All identities that could log in; the others are told, and left out."""
        ready = []
        for identity in logins.identities():
            try:
                await logins.begin(identity)
                ready.append(identity)
            except LoginFailed as error:
                self._problems.append(str(error))
                note(str(error))
        if self._declared and not ready:
            raise targets.Unusable("no identity could log in")
        if len(ready) < 2:
            note(
                "fewer than two identities (--identities): of objects of others something can be said only where users may register"
            )
        return ready

    async def _described(self, transport: Transport, identities: list[Identity]) -> Described:
        options = self._options
        parts: list[Described] = []
        schemas: list[Path] = []
        for name in options["contracts"]:
            if "://" in name:
                parts.append(await targets.from_url(name, client_context(not options["insecure"])))
            elif (path := Path(name)).is_file():
                found = targets.from_file(path)
                parts.append(found)
                if not found.operations and not found.problems:
                    schemas.append(path)
            else:
                raise targets.Unusable(f"{name}: there is no such file")
        if options["catalog"] is not None or options["recordings"]:
            from yett.cli import target_learnt as learnt

            if options["catalog"] is not None:
                parts += learnt.from_catalog(options["catalog"], self._origin.authority)
            if options["recordings"]:
                parts += learnt.from_recordings(options["recordings"], self._origin.authority)
        if not parts:
            served = await targets.found_at(transport, self._origin)
            if served is not None:
                note(f"the description is the one that the target serves at {served[1]}")
                parts.append(served[0])
        fields = await targets.graphql(transport, schemas, self._endpoints(), identities)
        if not fields and not any(one.operations for one in parts):
            raise targets.Unusable("nothing is known of this API; name its description (--contract), a catalog or recordings")
        for problem in (text for one in parts for text in one.problems[:20]):
            note(problem)
        return targets.together([*(targets.under(one, self._origin.base) for one in parts), Described(operations=fields)])

    def _endpoints(self) -> list[str]:
        """Where GraphQL may be spoken, by the URL that was given."""
        base = self._origin.base.rstrip("/")
        return [base, *(base + place for place in ("/graphql", "/query", "/api/graphql"))] if base else []

    def _kept(self) -> Kept:
        if not self._options["resume"]:
            return Kept(origin=self._origin.text, seed=self._options["seed"])
        try:
            return self._keeper.load(self._origin.text, self._options["seed"])
        except StateError as error:
            raise targets.Unusable(str(error)) from None

    def _target(self, described: Described, identities: list[Identity]) -> Target:
        return Target(
            described.operations,
            identities,
            rng=random.Random(self._options["seed"]),  # noqa: S311  reproducible on purpose
            origin=self._origin.text,
            now=self._started,
            destructive=self._options["destructive"],
            schemes=described.schemes,
        )

    def _driver(self, target: Target, kept: Kept) -> Driver:
        budget = self._options["budget"]
        limits = Limits(seconds=budget, requests=self._options["requests"], undo=min(120.0, max(LEAST_UNDO, budget / 2)))
        pending = with_credentials(kept.pending, target.identities.values())
        return Driver(target, self._probes, time.monotonic, limits, kept.done, pending, only=self._only())

    def _only(self) -> Wanted | None:
        """The one finding that is looked for again; None where all are."""
        if self._again is None or self._again.proof is None:
            return None
        finding, proof = self._again.finding, self._again.proof
        return Wanted(
            flaw=proof.flaw,
            method=proof.method,
            template=proof.template,
            place=finding.place,
            calls=tuple(called(step) for step in (*proof.steps, *proof.control)),
            identities=proof.identities,
            also=proof.also,
            fingerprint=finding.fingerprint,
        )

    async def _driven(
        self, driver: Driver, transport: Transport, logins: Logins, listener: Listener | None, kept: Kept
    ) -> None:
        before = list(kept.findings)
        done = list(kept.done)
        made: dict[int, Reported] = {}
        shown = Shown(driver, self._options["budget"])

        def keep(at_once: bool = False) -> None:
            kept.done = [*done, *driver.outcome.done]
            kept.findings = _merged(before, reported(driver.outcome, driver.target, self._started, None if at_once else made))
            kept.pending = without_credentials(driver.outcome.pending, driver.target.identities.values())
            self._keeper.keep(kept, time.monotonic(), at_once)

        def look() -> None:
            if shown.due():
                shown.show()
                if self._keeper.due(time.monotonic()):
                    keep()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, driver.stop, "interrupted")
        performer = Performer(transport, logins, listener, look)
        try:
            await performer.drive(driver)
            if self._options["fuzz"] is not None and self._again is None:
                await conformance(driver, self._options, note)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            shown.end()
            keep(at_once=True)
        for complaint in performer.complaints:
            note(complaint)
        if self._keeper.failure:
            note(f"what --resume needs could not be kept: {self._keeper.failure}")

    async def _listener(self) -> Listener | None:
        """The out-of-band listener: on loopback where the target is there, else where --listen says."""
        said = self._options["listen"]
        local = self._origin.host in ("localhost", "127.0.0.1", "::1")
        if not said and not local:
            return None
        host, _, port = said.rpartition(":") if ":" in said and not said.endswith("]") else (said, "", "")
        host = (host or "127.0.0.1").strip("[]")
        listener = Listener(host)
        try:
            await listener.open("127.0.0.1" if local and not said else "", int(port) if port.isdecimal() else 0)
        except (OSError, OverflowError) as error:
            note(f"no listener for blind flaws: {error}")
            return None
        return listener

    # The end

    def _end(self, driver: Driver, kept: Kept) -> int:
        outcome = driver.outcome
        if not outcome.stopped:
            self._keeper.forget()
        run = run_of(outcome, driver.target, started=self._started, seed=self._options["seed"], version=__version__)
        if self._again is None:
            for doubt in doubts(driver.target, run, f"{self._origin.text}{self._origin.base}"):
                self._problems.append(doubt)
                note(doubt)
        if self._problems and not run.incomplete:
            run = msgspec.structs.replace(run, incomplete="; ".join(self._problems))
            outcome.stopped = run.incomplete
        findings, run = with_code(kept.findings, run, self._source)
        findings = self._reports.accepted(findings, self._started)
        if self._again is not None:
            findings = [one for one in findings if _same(one, self._again)]
            click.echo("it is still there" if findings else "it was not found again", err=True)
        self._reports.write(findings, run, outcome)
        return FOUND if self._again is not None and findings else self._code(findings, bool(outcome.stopped))

    def _code(self, findings: list[Reported], incomplete: bool) -> int:
        limit = self._options["fail_on"]
        grave = list(Severity)
        worst = [one for one in findings if not one.accepted]
        if limit != "never" and any(grave.index(one.finding.severity) >= grave.index(Severity(limit)) for one in worst):
            return FOUND
        return INCOMPLETE if incomplete else CLEAN


def _merged(before: list[Reported], now: list[Reported]) -> list[Reported]:
    """Findings of both, each once, the gravest first."""
    order = list(Severity)
    found = {one.finding.fingerprint: one for one in before}
    for one in now:
        mark = one.finding.fingerprint
        found[mark] = joined(found[mark], one) if mark in found else one
    return sorted(found.values(), key=lambda one: -order.index(one.finding.severity))


def _same(one: Reported, other: Reported) -> bool:
    """Whether two findings are of the same hole: by fingerprint, or by class, operation and place."""
    if one.finding.fingerprint == other.finding.fingerprint:
        return True
    keys = [(each.proof.flaw if each.proof else "", each.finding.operation, each.finding.place) for each in (one, other)]
    return keys[0] == keys[1]


class Shown:
    """One line on a person's terminal that tells how far the run is."""

    def __init__(self, driver: Driver, budget: float) -> None:
        self._driver, self._budget = driver, budget
        self._began = time.monotonic()
        self._next = 0.0
        self._told = 0
        self._visible = sys.stderr.isatty()

    def due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + LOOK
        return True

    def show(self) -> None:
        outcome = self._driver.outcome
        if not self._visible:
            return
        spent = time.monotonic() - self._began
        text = f"{outcome.phase}: {outcome.requests:,} requests, {len(outcome.found)} findings, {spent:.0f} of {self._budget:.0f} s"
        sys.stderr.write("\r" + text.ljust(78))
        sys.stderr.flush()

    def end(self) -> None:
        if self._visible:
            sys.stderr.write("\r" + " " * 78 + "\r")
