"""A layout of log lines as one regular expression that never goes back: every value ends where what follows it begins.

A value takes everything up to the literal after it, in possessive steps, so that matching is linear in the line, whatever stands in
it. It must not know the dialects in which layouts are written.
"""

import re
from collections.abc import Sequence

import msgspec

_ESCAPED_TEXT = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
_METHOD = r"[!#-'*+.0-9A-Z^_`a-z|~-]{1,32}+"
_UPSTREAMS = r"[^ ]*+(?:(?<=,) [^ ]*+| : [^ ]*+)*+"
"""nginx writes one value for each upstream that it asked, with commas, or colons after a redirect within it."""

_TYPED = {
    "method": "(?:(?!{end})[A-Za-z_-])*+",
    "status": "(?>[0-9]{1,3}+|-?+)",
    "size": "(?>[0-9]++|-?+)",
    "address": "[^ {end}]*+(?:(?<=,) [^ {end}]*+)*+",
    "peer": "[^ {end}]*+",
    "host": "[^ {end}]*+",
    "host?": "[^ {end}]*+",
    "user?": "[^ {end}]*+",
    "time:any": "[0-9TZ.:+-]*+",
}
"""Values that look so and in no other way, so that a line of another layout does not pass for one of this."""


class BadLayout(Exception):
    """A layout cannot be used. at: the place in it, counted from 0. The message says what is wrong, for its owner."""

    def __init__(self, reason: str, at: int = 0) -> None:
        super().__init__(reason)
        self.at = at


class Variable(msgspec.Struct, frozen=True):
    """role: see `yett.formats.recordings.logs.making`. spaces: that the value itself has, as some times do. listed: whether it may
    be a list with spaces. at: its place in the layout."""

    role: str
    spaces: int = 0
    listed: bool = False
    at: int = 0


Part = str | Variable
"""A literal or a variable; two literals never follow each other."""


def compiled(parts: Sequence[Part], escaped: bool, more: bool = False) -> "tuple[re.Pattern[bytes], tuple[str, ...]]":
    """The expression for a whole line, and the role of each of its groups.

    escaped: whether a quote within quotes has a backslash before it. more: whether anything may follow after a space. Raises
    BadLayout where two values have nothing between them that would tell them apart.
    """
    pattern: list[str] = []
    roles: list[str] = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            pattern.append(re.escape(part))
            continue
        before = parts[index - 1] if index else ""
        after: Part = parts[index + 1] if index + 1 < len(parts) else ""
        text = _value(part, before, after, escaped, more)
        if part.role == "request":
            target = r"(?:[^ \"\\]++|\\.)*+" if escaped else "[^ ]*+"
            end = re.escape(after) if isinstance(after, str) and after else r"\r?\Z"
            pattern.append(rf"(?>({_METHOD}) ({target}) (HTTP/[0-9.]++)(?={end})|({text}))")
            roles += ["method", "target", "version", "request"]
        elif part.role:
            pattern.append(f"({text})")
            roles.append(part.role)
        else:
            pattern.append(text)
    pattern.append(r"(?: [^\r]*+)?\r?" if more else r"\r?")
    return re.compile("".join(pattern).encode("utf-8"), re.DOTALL), tuple(roles)


def _value(one: Variable, before: Part, after: Part, escaped: bool, more: bool) -> str:
    if isinstance(after, Variable):
        return _beside(one, after)
    if escaped and isinstance(before, str) and before.endswith('"') and after.startswith('"'):
        return _ESCAPED_TEXT
    first, rest = re.escape(after[:1]) or r"\r", re.escape(after[1:])
    if one.role in _TYPED and not (isinstance(before, str) and before.endswith('"')):
        return _TYPED[one.role].replace("{end}", first)
    if not after:
        return r"[^ \r]*+" if more else r"[^\r]*+"
    if after[0] == " ":
        if one.spaces:
            return "[^ ]*+" + (r"(?: [+-][0-9]{4}\]?)?+" if one.role == "time:common" else "(?: [^ ]*+)" * one.spaces)
        if one.listed:
            return _UPSTREAMS
    return f"[^{first}]*+(?:{first}(?!{rest})[^{first}]*+)*+" if rest else f"[^{first}]*+"


def _beside(one: Variable, after: Variable) -> str:
    """The value of a variable that another one follows at once. Raises BadLayout."""
    if one.role in ("host", "host?", "peer") and after.role in ("target", "path", "url"):
        return "[^/ ]*+"
    if one.role == "path" and after.role in ("marked_query", "is_args"):
        return "[^? ]*+"
    if one.role == "is_args":
        return r"\??+"
    if one.role == "marked_query":
        return r"(?:\?[^ ]*+)?+"
    raise BadLayout("nothing stands between this variable and the next, so nobody can say where its value ends", one.at)
