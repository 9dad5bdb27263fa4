"""Lines of a log as containers and system logs carry them: with a stream and a time before them, or in an object of JSON.

Kubernetes (CRI), Docker's json-file, shippers that write `message`, and syslog (RFC 3164 and 5424) have wrappers, which are taken
off; a line that was cut in parts is joined again, and stays where its last part is. It must not know what the lines say.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from yett.formats.recordings.json_lines import split_lines
from yett.formats.recordings.logs.layouts import LONGEST_LINE

_CRI = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{5}) (stdout|stderr) ([FP])(?::[^ ]*+)? (.*)", re.DOTALL
)
_SYSLOG = re.compile(
    rb"(?:<[0-9]{1,3}>)?+(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]{8,24}) [^ ]{1,255}+ "
    rb"[A-Za-z0-9_./-]{1,64}+(?:\[[0-9]{1,10}\])?: (.*)",
    re.DOTALL,
)
_SYSLOG_5424 = re.compile(
    rb"<[0-9]{1,3}>1 [^ ]{1,40} [^ ]{1,255} [^ ]{1,48} [^ ]{1,128} [^ ]{1,32} "
    rb"(?:-|(?:\[(?:[^\]\"]++|\"(?:[^\"\\]++|\\.)*+\")*+\])++)(?: (.*))?+",
    re.DOTALL,
)

Unwrap = Callable[[bytes], "tuple[bytes, bytes, bool] | None"]
"""(stream, text, whether the line ends here) of a wrapped line; None of what is not wrapped so."""


class _Carrier(msgspec.Struct):
    log: str | None = None
    message: str | None = None
    stream: str = ""


_carrier = msgspec.json.Decoder(_Carrier).decode


def _of_json(line: bytes) -> tuple[bytes, bytes, bool] | None:
    if line[:1] != b"{" or not (b'"log"' in line or b'"message"' in line):
        return None
    try:
        said = _carrier(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    text = said.log if said.log is not None else said.message
    if text is None:
        return None
    ends = said.log is None or not said.stream or text.endswith("\n")  # Docker cuts lines of more than 16 KiB
    return said.stream.encode("utf-8", "replace"), text.encode("utf-8", "surrogatepass").rstrip(b"\r\n"), ends


def _of_cri(line: bytes) -> tuple[bytes, bytes, bool] | None:
    match = _CRI.fullmatch(line)
    return (match[1], match[3], match[2] == b"F") if match is not None else None


def _of_syslog(line: bytes) -> tuple[bytes, bytes, bool] | None:
    match = _SYSLOG.fullmatch(line) or _SYSLOG_5424.fullmatch(line)
    return (b"", (match[1] or b"").removeprefix(b"\xef\xbb\xbf"), True) if match is not None else None


def wrapper_of(lines: Sequence[bytes]) -> Unwrap | None:
    """The wrapper that most of these lines have, if any has one."""
    counts = [(sum(unwrap(line) is not None for line in lines), unwrap) for unwrap in (_of_json, _of_cri, _of_syslog)]
    most, unwrap = max(counts, key=lambda one: one[0])
    return unwrap if 2 * most > len(lines) else None


def bare(lines: Iterable[bytes | None], unwrap: Unwrap, stream: bytes = b"") -> Iterator[bytes]:
    """A line for each line, so that numbers stay: without its wrapper; empty for parts of a later one, and for those of another
    stream. What is not wrapped is left as it is."""
    parts: list[bytes] = []
    size = 0
    for line in lines:
        found = unwrap(line) if line is not None else None
        if line is None or found is None:
            yield b"?" if line is None else line
            continue
        origin, text, ends = found
        if stream and origin != stream:
            yield b""
            continue
        size += len(text)
        if size <= LONGEST_LINE:
            parts.append(text)
        yield b"".join(parts) if ends else b""
        if ends:
            parts, size = [], 0


def unwrapped_pieces(pieces: Iterable[bytes], unwrap: Unwrap, stream: bytes) -> Iterator[bytes]:
    """The text of a log without wrappers, line by line."""
    for line in bare(split_lines(pieces, LONGEST_LINE), unwrap, stream):
        yield line + b"\n"


def streams(lines: Sequence[bytes], unwrap: Unwrap) -> dict[bytes, list[bytes]]:
    """The bare lines by the stream that they came from."""
    found = (unwrap(line) for line in lines)
    names = dict.fromkeys(one[0] for one in found if one is not None)
    return {name: [line for line in bare(lines, unwrap, name) if line and unwrap(line) is None] for name in names}
