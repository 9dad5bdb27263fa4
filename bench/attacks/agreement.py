"""How far Yett's detectors of SQL and script injection agree with libinjection, in both directions of error and on both halves.

    PYTHONPATH=bench python -m attacks.agreement [--count N] [--show N] [--texts DIRECTORY]... [--payloads DIRECTORY]...

Subjects are sentences of the grammars in `attacks.injections` and lines of text files in the directories named: harmless texts
below --texts, public payload lists below --payloads (a bare git repository will do). Each belongs to the half that its hash says:
the development half, from which shapes and words were derived, or the held-out half. libinjection is the one inside the PyPI wheel
`libmodsecurity`, called by its exported functions. Only tests and benches know it.

Where Yett differs on purpose:
* Handlers of events that browsers document and libinjection does not know (`ondeactivate`, `onbegin`, `onpointerrawupdate` ...) are
  script, and so are `javascript:` with tabs or references to control characters between its letters, and null octets anywhere.
* A backtick within `<% ... %>` is no script: program text has it, and no browser in use closes a comment there.
* Inside a tag, what comes after the first 128 KB is not read, as text everything is.
* After 4,096 tokens that fold to fewer than five letters, and lists and sums passed over, a value is not taken for SQL.
Differences left: a name that is a function before a parenthesis, where folding had already joined it with others; operators
side by side beyond the fifth letter; program text with quoted operators (`'='`), where a backslash stands outside of strings.
"""

import argparse
import ctypes
import hashlib
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import files
from pathlib import Path

from attacks.injections import script_injections, sql_injections
from attacks.sources import Source
from yett.rules.inspection.sqli import sqli
from yett.rules.inspection.xss import xss

_LONGEST = 4_000
_FILES = 20_000
_SCRIPT = re.compile(r"xss|script", re.IGNORECASE)


class Libinjection:
    """The functions of the library, by what they say of a value."""

    def __init__(self) -> None:
        importlib.import_module("libmodsecurity")  # loads what the library needs
        library = next(
            one for one in files("libmodsecurity") or () if one.name.startswith("libmodsecurity-") and ".so" in one.name
        )
        loaded = ctypes.CDLL(str(library.locate()))
        self._sqli, self._xss = loaded.libinjection_sqli, loaded.libinjection_xss
        self._sqli.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
        self._xss.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
        self._fingerprint = ctypes.create_string_buffer(16)

    def sqli(self, value: bytes) -> str:
        """The fingerprint, or the empty string."""
        return self._fingerprint.value.decode("latin-1") if self._sqli(value, len(value), self._fingerprint) == 1 else ""

    def xss(self, value: bytes) -> bool:
        return self._xss(value, len(value)) == 1


def half(value: bytes) -> int:
    """0 for development, 1 for held out: the lowest bit of the first octet of the value's SHA-256."""
    return hashlib.sha256(value).digest()[0] & 1


def lines(directories: Sequence[Path], wanted: Callable[[str], bool] = lambda _: True) -> Iterator[bytes]:
    """Lines and paragraphs of the text files below the directories."""
    for directory in directories:
        source = Source(directory)
        for _, content in source.read([name for name in source.names() if wanted(name)][:_FILES], 200_000):
            if b"\0" in content[:2_000]:
                continue
            yield from (line.strip() for line in content.split(b"\n") if 0 < len(line.strip()) < _LONGEST)
            yield from (part for part in content.split(b"\n\n") if 0 < len(part) < _LONGEST and b"\n" in part)


def compare(
    name: str, values: Iterable[bytes], ours: Callable[[bytes], object], theirs: Callable[[bytes], object], show: int
) -> None:
    """Print one line for each half, and some of the values of the development half that are judged differently."""
    counts = (Counter[tuple[bool, bool]](), Counter[tuple[bool, bool]]())
    differing = []
    for value in sorted(set(values)):
        verdicts = bool(theirs(value)), bool(ours(value))
        counts[half(value)][verdicts] += 1
        if verdicts[0] != verdicts[1] and not half(value):
            differing.append((theirs(value), ours(value), value))
    for which, count in zip(("development", "held out"), counts, strict=True):
        total = sum(count.values()) or 1
        print(
            f"{name:24} {which:12} {total:8} values, {count[True, True] + count[True, False]:7} flagged by libinjection, "
            f"agreement {100 * (count[True, True] + count[False, False]) / total:7.3f} %, "
            f"missed {count[True, False]:5}, more {count[False, True]:5}"
        )
    for theirs_say, ours_say, value in differing[:: max(1, len(differing) // show)][:show] if show else ():
        print(f"    libinjection {theirs_say!r:8} Yett {ours_say!r:8} {value[:120]!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000, help="sentences of each grammar")
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--show", type=int, default=0, help="differing values of the development half to show for each subject")
    parser.add_argument("--texts", type=Path, action="append", default=[])
    parser.add_argument("--payloads", type=Path, action="append", default=[])
    asked = parser.parse_args()
    oracle = Libinjection()
    texts = list(lines(asked.texts))
    compare("SQL, grammar", sql_injections(asked.count, asked.seed), sqli, oracle.sqli, asked.show)
    compare("SQL, payload lists", lines(asked.payloads, lambda name: "sql" in name.lower()), sqli, oracle.sqli, asked.show)
    compare("SQL, texts", texts, sqli, oracle.sqli, asked.show)
    compare("script, grammar", script_injections(asked.count, asked.seed), xss, oracle.xss, asked.show)
    compare(
        "script, payload lists", lines(asked.payloads, lambda name: bool(_SCRIPT.search(name))), xss, oracle.xss, asked.show
    )
    compare("script, texts", texts, xss, oracle.xss, asked.show)


if __name__ == "__main__":
    main()
