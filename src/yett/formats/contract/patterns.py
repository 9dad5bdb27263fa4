"""Regular expressions of a contract: brought into a form that runs in linear time, or refused.

Contracts write ECMA-262 expressions; they run on an automaton (the Rust crate `regex`, through jsonschema-rs), which has no
look-around and no back-references. What it cannot compile within `SIZE` is not run at all, rather than run with backtracking.
"""

import re
from functools import lru_cache

import jsonschema_rs
import msgspec

SIZE = 512 << 10
"""Most bytes that one compiled expression may take, and again what its lazily built automaton may take."""
MAX_LENGTH = 4_096
"""Longest expression that is tried."""

OPTIONS = jsonschema_rs.RegexOptions(size_limit=SIZE, dfa_size_limit=SIZE)

_REPEATED = re.compile(
    r"\^(?P<atom>\[\^?(?:[^\[\]\\&~]|\\.)+\]|\\[dDwWsS]|\.)\{(?P<least>[0-9]{1,9})(?P<comma>,)?(?P<most>[0-9]{1,9})?\}\$"
)
_CLASS_HYPHEN = re.compile(r"(\\[dDwWsS])-(?=[^\]])")


class Pattern(msgspec.Struct, frozen=True):
    """A compiled expression as keywords: `pattern`, and the length bounds that were part of it."""

    pattern: str
    least: int = 0
    most: int | None = None


def runs(pattern: str) -> bool:
    """Whether the expression compiles to a linear automaton of bounded size."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=OPTIONS, offline=True)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


@lru_cache(maxsize=4_096)
def linear(pattern: str) -> Pattern | None:
    """The expression in linear form, or None where there is none.

    `^[class]{m,n}$` becomes `^[class]*$` and length bounds, because the automaton would have one state for each repetition.
    A hyphen after a class escape (`[\\w-.]`) is literal in ECMA-262 (annex B) and is escaped.
    """
    if len(pattern) > MAX_LENGTH:
        return None
    bounded = _REPEATED.fullmatch(pattern)
    if bounded is not None:
        least = int(bounded["least"])
        most = int(bounded["most"]) if bounded["most"] else (None if bounded["comma"] else least)
        pattern, result = f"^{bounded['atom']}*$", Pattern(f"^{bounded['atom']}*$", least, most)
    else:
        result = Pattern(pattern)
    if runs(pattern):
        return result
    escaped = _CLASS_HYPHEN.sub(r"\1\\-", pattern)
    if escaped != pattern and runs(escaped):
        return Pattern(escaped, result.least, result.most)
    return None
