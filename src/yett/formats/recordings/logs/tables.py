"""Logs that name their columns in a line `#Fields:` (W3C extended log file format): CloudFront with tabs, IIS with spaces.

It must not know where the lines come from. Sources: W3C WD-logfile-960323; Amazon CloudFront, "Standard logging reference"; IIS.
"""

import re
from collections.abc import Iterable, Iterator

from yett.formats.recordings.json_lines import split_lines
from yett.formats.recordings.logs.layouts import LONGEST_LINE
from yett.formats.recordings.logs.making import NO_HOST, SENSOR, Maker
from yett.formats.recordings.logs.names import titled
from yett.formats.recordings.values import Recording

FIELDS = b"#Fields:"
MOST_COLUMNS = 200

_ROLES = {
    "date": "date", "time": "clock", "timestamp": "time:any", "timestamp(ms)": "time:ms", "c-ip": "address", "cs-method": "method",
    "cs-uri-stem": "path", "cs-uri-query": "query", "cs-uri": "target", "sc-status": "status", "sc-bytes": "size?",
    "sc-content-len": "size", "cs(Host)": "host?", "x-host-header": "host", "cs-host": "host?", "cs-protocol": "scheme",
    "cs-protocol-version": "version", "cs-version": "version", "cs-username": "user", "x-edge-request-id": "id",
    "sc-content-type": "answer:Content-Type", "x-forwarded-for": "field:X-Forwarded-For",
}  # fmt: skip
_FIELD = re.compile(r"(cs|sc)\(([A-Za-z0-9-]{1,100})\)")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_TWICE = re.compile(rb"%25(?=[0-9A-Fa-f]{2})")


class _Columns:
    """What one `#Fields:` line says."""

    def __init__(self, line: bytes, host: bytes) -> None:
        names = line[len(FIELDS) :].decode("utf-8", "replace").split()[:MOST_COLUMNS]
        self.cloudfront = any(name.startswith("x-edge-") for name in names)
        self.number = len(names)
        roles = [_role(name, self.cloudfront) for name in names]
        self._encoded = [role.startswith(("field:", "answer:")) for role in roles] if self.cloudfront else []
        self._paths = [role in ("path", "query") for role in roles] if self.cloudfront else []
        self._spaced = [] if self.cloudfront else [role == "field:User-Agent" for role in roles]
        self.maker = Maker(roles, "cloudfront" if self.cloudfront else "w3c", host)
        self.separator = b"\t" if self.cloudfront else None

    def values(self, line: bytes) -> list[bytes] | None:
        found = line.rstrip(b"\r").split(b"\t") if b"\t" in line else line.split()
        if len(found) != self.number:
            return None
        if self.cloudfront:  # it encodes what it writes, percent signs too
            return [
                _decoded(value) if encoded else _TWICE.sub(b"%", value) if path else value
                for value, encoded, path in zip(found, self._encoded, self._paths, strict=True)
            ]
        return [value.replace(b"+", b" ") if spaced else value for value, spaced in zip(found, self._spaced, strict=True)]


def read_table(
    pieces: Iterable[bytes], started: float, host: bytes = NO_HOST, largest: int = LONGEST_LINE, before: bytes = b""
) -> Iterator[Recording]:
    """One Recording for each line under its `#Fields:`, which may change in between. before: the beginning of the file, where
    `pieces` only go on in it. See `read_layout` for the rest."""
    named = [line for line in before.split(b"\n") if line.startswith(FIELDS)]
    columns = _Columns(named[-1], host) if named else None
    for number, line in enumerate(split_lines(pieces, largest), 1):
        reason = ""
        if line is None:
            reason = f"line {number} is larger than {largest} bytes"
        elif line.removeprefix(b"\xef\xbb\xbf")[:1] == b"#":
            if line.startswith(FIELDS):
                columns = _Columns(line, host)
                missing = columns.maker.missing
                reason = f"line {number}: #Fields does not have {missing}" if missing else ""
        elif line.strip():
            values = columns.values(line) if columns is not None else None
            if columns is not None and values is not None and not columns.maker.missing:
                yield columns.maker.make(values, number, started)
            elif columns is None:
                reason = f"line {number}: no #Fields line before it"
            elif not columns.maker.missing:
                reason = f"line {number}: not the {columns.number} columns that #Fields names"
        if reason:
            yield Recording(id=str(number), error=reason, sensor=SENSOR)


def _decoded(value: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), _TWICE.sub(b"%", value))


def _role(name: str, cloudfront: bool) -> str:
    if name == "time-taken":
        return "took:s" if cloudfront else "took:ms"
    if name in _ROLES:
        return _ROLES[name]
    match = _FIELD.fullmatch(name)
    if match is None or match[2].lower() == "cookie":  # CloudFront logs cookies only if asked, and then all of them in one
        return ""
    return f"{'field' if match[1] == 'cs' else 'answer'}:{titled(match[2])}"
