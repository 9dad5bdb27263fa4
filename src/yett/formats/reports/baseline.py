"""Baselines: findings that somebody accepted as they were at one time, by fingerprint, with a line for people on each.

It must not know where findings come from.
"""

import json
from collections.abc import Iterable

import msgspec

from yett.formats.reports.values import Reported

ACCEPTED = "in the baseline"
VERSION = 1


class BaselineError(Exception):
    """A file that is no baseline: what is wrong."""


class _Baseline(msgspec.Struct):
    fingerprints: dict[str, str]
    version: int = VERSION


def baseline(reported: Iterable[Reported]) -> str:
    """A whole document: one line for each finding, sorted, so that differences read well."""
    lines = {one.finding.fingerprint: _line(one) for one in reported}
    ordered = dict(sorted(lines.items(), key=lambda item: (item[1], item[0])))
    return json.dumps({"version": VERSION, "fingerprints": ordered}, indent=1) + "\n"


def _line(one: Reported) -> str:
    finding = one.finding
    return " ".join((finding.rule, *filter(None, (finding.service, finding.operation, finding.place))))


def read_baseline(octets: bytes) -> dict[str, str]:
    """Fingerprints with their lines. Raises BaselineError."""
    try:
        found = msgspec.json.decode(octets, type=_Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BaselineError(f"not a baseline, which --write-baseline writes: {error}") from None
    if found.version != VERSION:
        raise BaselineError(f"a baseline of version {found.version}; {VERSION} is understood; write it again")
    return found.fingerprints
