"""`yett probe`: send requests of our own to find what is really wrong, with proof. Options in, reports and an exit code out."""

import sys
from pathlib import Path
from typing import Any

import click

from yett.cli.showing import plain
from yett.model.rule import Severity
from yett.rules.registry import SourceCheck, probes, source_rules

CLEAN, FOUND, UNUSABLE, INCOMPLETE = 0, 1, 2, 3
_SEVERITIES = [severity.value for severity in Severity]
_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)
_READ = click.Path(path_type=Path, dir_okay=False, exists=True)
_LIVE = {"contracts": "contract", "recordings": "har"} | {
    one: one for one in ("catalog", "identities", "fuzz", "destructive", "listen", "resume", "rerun")
}
"""Options that mean nothing where there is no target."""
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(context: click.Context, parameter: click.Parameter, value: str) -> float:
    """ "300s", "5m", "1h" or "300"."""
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        found = float(number) * _UNITS[unit]
    except ValueError:
        found = 0.0
    if not 0 < found <= 7 * 86_400:
        raise click.BadParameter(f"{value!r} is no duration such as 300s, 5m or 1h", context, parameter)
    return found


def _maybe(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    return None if value is None else seconds(context, parameter, value)


@click.command()
@click.argument("url", required=False)
@click.option(
    "--contract", "contracts", multiple=True, metavar="FILE|URL", help="OpenAPI, Swagger or a GraphQL schema; several."
)
@click.option("--catalog", type=_READ, metavar="FILE", help="A catalog that `yett observe` made.")
@click.option(
    "--har", "recordings", multiple=True, type=_READ, metavar="FILE", help="Recorded traffic to learn operations from."
)
@click.option("--identities", type=_READ, metavar="FILE", help="Who can call: YAML, or a WFC authentication file.")
@click.option("--source", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Read the API's Python code.")
@click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write findings as JSON; - for standard output.")
@click.option("--sarif", "sarif_file", type=_FILE, metavar="FILE", help="Write SARIF 2.1.0; - for standard output.")
@click.option("--junit", "junit_file", type=_FILE, metavar="FILE", help="Write JUnit's XML; - for standard output.")
@click.option("--html", "html_file", type=_FILE, metavar="FILE", help="Write a page that stands alone.")
@click.option("--wfc", "wfc_file", type=_FILE, metavar="FILE", help="Write a report of Web Fuzzing Commons.")
@click.option("--fail-on", type=click.Choice([*_SEVERITIES, "never"]), default="medium", show_default=True)
@click.option("--baseline", type=_READ, metavar="FILE", help="Findings in this file do not count.")
@click.option("--write-baseline", type=_FILE, metavar="FILE", help="Accept everything that is found now.")
@click.option("--suppressions", type=_READ, metavar="FILE", help="Findings that somebody answers for, with reason and expiry.")
@click.option("--budget", callback=seconds, default="300s", show_default=True, help="Time for the walk and the probes.")
@click.option("--requests", type=click.IntRange(min=0), default=0, help="Requests at most; 0 for any number.")
@click.option("--rate", type=click.FloatRange(min=0.1), default=100.0, show_default=True, help="Requests a second at most.")
@click.option("--timeout", callback=seconds, default="15s", show_default=True, help="Time for one answer.")
@click.option("--fuzz", callback=_maybe, metavar="TIME", help="Then fuzz for so long by the description, with Schemathesis.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed sends the same.")
@click.option("--only", multiple=True, metavar="RULE", help="Only these probes, or classes of flaws; several.")
@click.option("--skip", multiple=True, metavar="RULE", help="Not these probes, or classes of flaws; several.")
@click.option("--destructive", is_flag=True, help="Also change and remove what the run did not make.")
@click.option("--insecure", is_flag=True, help="Do not verify the target's certificate.")
@click.option("--listen", default="", metavar="HOST[:PORT]", help="Where the target reaches this machine, for blind flaws.")
@click.option("--resume", is_flag=True, help="Go on with the run that was interrupted.")
@click.option("--state", type=_FILE, metavar="FILE", help="Keeps what --resume needs (default: .yett-probe-ORIGIN).")
@click.option("--rerun", metavar="FINGERPRINT", help="Only repeat this finding of --report.")
@click.option("--report", type=_READ, metavar="FILE", help="The JSON report of an earlier run, for --rerun.")
@click.option("--list", "listing", is_flag=True, help="List all probes.")
@click.option("--explain", metavar="RULE", help="Print the manual page of a probe.")
def probe(url: str | None, **options: Any) -> None:
    """Find the real holes of the API at URL, and prove each one. Only URL's origin is called.

    \b
    yett probe http://127.0.0.1:8000 --identities identities.yaml
    yett probe https://staging.example/api --contract openapi.yaml --identities identities.yaml --json probe.json
    yett probe URL --rerun FINGERPRINT --report probe.json
    yett probe --source src
    yett probe http://127.0.0.1:8000 --identities identities.yaml --source src

    What the run makes it removes where the API lets it, and lists the rest; what others made it does not change, unless
    --destructive. With --source, code is read (never run), and what it says is held against what the target does; without URL
    nothing is sent.

    \b
    Exit codes: 0 nothing as grave as --fail-on; 1 findings; 2 it could not begin; 3 the run is incomplete.
    """
    if options["listing"]:
        click.echo("\n".join(_table()))
        return
    if options["explain"] is not None:
        click.echo(_manual(options["explain"]))
        return
    if url is None and options["source"] is not None:
        needing = [shown for name, shown in _LIVE.items() if options[name]]
        if needing:
            raise click.UsageError(f"--{needing[0]} needs the URL of a target")
        from yett.cli.probing_source import probe_source

        sys.exit(probe_source(options["source"], options))
    if url is None:
        raise click.UsageError("name the URL of the target, such as http://127.0.0.1:8000")
    if options["rerun"] and not options["report"]:
        raise click.UsageError("--rerun needs --report, the JSON report that holds the finding")
    from yett.cli.probing import Run

    sys.exit(Run(url, options).run())


def _table() -> list[str]:
    every = sorted(probes().values(), key=lambda one: one.rule.id)
    lines = [f"{one.rule.severity.value:<9}{one.rule.scope:<10}{one.rule.id:<34}{one.rule.title}" for one in every]
    code = sorted(source_rules().values(), key=lambda one: one.rule.id)
    return [*lines, *(f"{one.rule.severity.value:<9}{'source':<10}{one.rule.id:<34}{one.rule.title}" for one in code)]


def _manual(name: str) -> str:
    if name in source_rules():
        return _manual_of_source(source_rules()[name])
    found = probes().get(name)
    if found is None:
        raise click.UsageError(f"there is no probe {plain(name)}; `yett probe --list` names all")
    rule = found.rule
    cwe = ", ".join(f"CWE-{number}" for number in rule.cwe)
    facts = f"severity {rule.severity.value}; confidence {rule.confidence.value}; {', '.join(rule.owasp)}; {cwe}"
    bounds = f"once for each {rule.scope}; at most {rule.requests} requests; claims {', '.join(rule.flaws)}"
    return "\n".join((f"{rule.id}: {rule.title}", facts, bounds, "", found.manual, "", *rule.references))


def _manual_of_source(found: SourceCheck) -> str:
    rule = found.rule
    cwe = ", ".join(f"CWE-{number}" for number in rule.cwe)
    facts = f"severity {rule.severity.value}; confidence {rule.confidence.value}; {', '.join(rule.owasp)}; {cwe}"
    bounds = f"on source code (--source); claims {', '.join(rule.flaws)}"
    return "\n".join((f"{rule.id}: {rule.title}", facts, bounds, "", found.manual, "", *rule.references))
