"""Attack payloads by class, from public lists and the Core Rule Set's own tests.

Nothing is copied into the repository: lists are read from directories or git repositories that the caller names, recognised by the
paths in `attacks.lists`. What is left out of a list is said in `SUBSTANCE`: lines that are no attack of their class by themselves
(a lone quote, a tool's command line), by the least that any such attack needs, whatever a rule may look for. It must not know
rules.
"""

import fnmatch
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from attacks.documents import SUFFIXES, of_document
from attacks.entries import READERS
from attacks.ftw import read_trials
from attacks.lists import CLASSES, FAMILIES, LISTS, SUBSTANCE, TESTED
from attacks.sources import Source, bit, rank

PER_LIST = 400
"""Most payloads of one class from one source; which, is decided by their hashes."""
LONGEST = 4_000

_FENCE = re.compile(r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.]*://[^\s?]+(?:\?\w+=(\S+)|\S*)")
_NO_PAYLOAD = frozenset(("bash", "sh", "python", "console", "yaml", "go", "java", "ruby", "csharp", "cs", "c", "diff", "http"))
_WHOLE = frozenset(("xxe", "graphql", "deserialisation"))
"""Classes of which a whole block of code is one payload."""


class Payload(msgspec.Struct, frozen=True):
    """text: as it would reach the application, decoded; raw: as it stands in the list, where that is percent-encoded."""

    kind: str
    source: str
    text: str
    raw: str = ""

    @property
    def half(self) -> int:
        return bit(self.text)


def gather(lists: Sequence[Source], crs: Path | None) -> tuple[list[Payload], dict[str, int]]:
    """All payloads, once each, and how many lines of each class were left out for want of substance."""
    found: dict[tuple[str, str], Payload] = {}
    dropped = dict.fromkeys(CLASSES, 0)
    for kind, source, line in [*_from_lists(lists), *(_from_tests(crs) if crs is not None else ())]:
        payload = _payload(kind, source, line)
        if payload is None or not re.search(SUBSTANCE[kind], payload.text):
            dropped[kind] += 1
        else:
            found.setdefault((kind, payload.text), payload)
    groups: dict[tuple[str, str], list[Payload]] = {}
    for payload in found.values():
        groups.setdefault((payload.kind, payload.source), []).append(payload)
    kept = []
    for group in groups.values():
        kept += sorted(group, key=lambda one: rank("payload", one.text))[:PER_LIST]
    return sorted(kept, key=lambda one: (one.kind, rank("payload", one.text))), dropped


def _payload(kind: str, source: str, line: str) -> Payload | None:
    line = line.strip("\r\n")
    for placeholder, value in (
        ("{cmd}", "id"),
        ("__TIME__", "5"),
        ("[RANDNUM]", "7"),
        ("[SLEEPTIME]", "5"),
        ("Exploit String: ", ""),
    ):
        line = line.replace(placeholder, value)
    if kind in ("ssrf", "php") and (found := _ADDRESS.search(line)):
        line = found[1] if kind == "php" and found[1] else found[0]
    if not line.strip() or len(line) > LONGEST:
        return None
    decoded = unquote_to_bytes(line) if re.search(r"%[0-9A-Fa-f]{2}", line) else line.encode("utf-8", "surrogateescape")
    try:
        text = decoded.decode()
    except UnicodeDecodeError:
        text = line  # not text once decoded: the encoded form is what is carried
    return Payload(kind, source, text, line if text != line or "%" in line else "")


def _from_lists(lists: Sequence[Source]) -> Iterator[tuple[str, str, str]]:
    for source in lists:
        names = source.names()
        for kind, pattern, *within in LISTS:
            if within and within[0] not in source.name:
                continue
            reader = READERS.get(within[1]) if len(within) > 1 else None
            chosen = [name for name in names if fnmatch.fnmatchcase(name, pattern) and not _foreign(kind, name)]
            for name, content in source.read(chosen):
                text = content.decode("utf-8", "replace")
                yield from ((kind, source.name, line) for line in (reader or _payloads_of(kind, name))(text))


def _payloads_of(kind: str, name: str) -> Callable[[str], Iterable[str]]:
    """The reader of a file whose name tells its shape."""
    if name.endswith(".md"):
        return partial(_fenced, kind)
    return partial(of_document, name) if name.endswith(SUFFIXES) else lambda text: text.split("\n")


def _foreign(kind: str, name: str) -> bool:
    """Pages that explain, and lists of another class within a directory."""
    return name.endswith(".doc.txt") or (kind == "sqli" and "NoSQL" in name)


def _fenced(kind: str, text: str) -> Iterator[str]:
    """Payloads of a page in Markdown: its blocks of code, line by line or whole, and code at the start of a list's items."""
    for match in _FENCE.finditer(text):
        if match[1].lower() in _NO_PAYLOAD and kind not in ("xxe", "deserialisation", "header-injection"):
            continue
        if kind in _WHOLE:
            yield match[2].strip()
        else:
            yield from (html.unescape(line) if kind != "xss" else line for line in match[2].split("\n"))
    for match in re.finditer(r"^[ \t]*(?:[-*][ \t]+(?:[^`\n]{0,60}:?[ \t]*)?)?`([^`\n]{3,400})`", text, re.MULTILINE):
        yield match[1]


def _from_tests(crs: Path) -> Iterator[tuple[str, str, str]]:
    """Values of requests that a rule of paranoia level 1 is expected to match."""
    first = _first_level(crs)
    for trial in read_trials(crs / "tests/regression/tests"):
        kind = TESTED.get(trial.rule) or FAMILIES.get(trial.rule // 1000)
        if kind is None or (trial.rule not in first and kind != "deserialisation"):
            continue
        for stage in trial.stages:
            if trial.rule in stage.expect:
                value = _carried(stage.request)
                if value:
                    yield kind, "coreruleset", value


def _first_level(crs: Path) -> frozenset[int]:
    """Ids of the rules of paranoia level 1."""
    found = set()
    for path in sorted((crs / "rules").glob("*.conf")):
        for block in re.split(r"\n[ \t]*\n", path.read_text()):
            identity = re.search(r"\bid:'?(\d+)", block)
            if identity and "paranoia-level/1'" in block:
                found.add(int(identity[1]))
    return frozenset(found)


def _carried(wire: bytes) -> str:
    """The longest value of query or body, decoded."""
    head, _, body = wire.partition(b"\r\n\r\n")
    target = head.split(b"\r\n")[0].split(b" ")[1] if head.count(b" ") > 1 else b""
    values: list[str] = []
    for text in (target.partition(b"?")[2], body):
        try:
            decoded = text.decode()
        except UnicodeDecodeError:
            continue
        if text is body and body[:1] in b"{[":
            try:
                values += _strings(json.loads(decoded))
                continue
            except ValueError:
                pass
        if text is body and (body[:1] == b"<" or b"multipart" in head.lower()):
            continue
        values += [value or name for name, value in parse_qsl(decoded, keep_blank_values=True, max_num_fields=50)]
    return max(values, key=len, default="")


def _strings(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [one for value in tree.values() for one in _strings(value)]
    if isinstance(tree, list):
        return [one for value in tree for one in _strings(value)]
    return [tree] if isinstance(tree, str) else []
