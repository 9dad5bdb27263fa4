"""Small stand-ins for what injections reach: a shell, a directory, an XML query, a document store, a file tree. None of
them touches the machine: the shell knows a dozen words, files are in a dict, and what takes time sleeps a bounded while."""

import posixpath
import re
import time
from collections.abc import Callable
from typing import Any

from labs import fetching

LONGEST = 6.0
FILES = {
    "/srv/files/terms.txt": "Terms of use, as agreed.\n",
    "/srv/files/prices.csv": "sku,price\nP1,5\nP2,10\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
}


def read_file(path: str) -> str:
    """The text of a file of the tree; raises KeyError."""
    return FILES[posixpath.normpath(path)]


def shell(line: str) -> str:
    """What `sh -c` would print for simple commands with `;`, `&&`, `||`, `|`, `&`, newlines, `$(…)`, backquotes, `$((a*b))`."""
    line = re.sub(r"\$\(\((\d{1,6})\s*([*+-])\s*(\d{1,6})\)\)", lambda m: str(_count(int(m[1]), m[2], int(m[3]))), line[:500])
    for pattern in (r"\$\(([^()]{0,200})\)", r"`([^`]{0,200})`"):
        line = re.sub(pattern, lambda m: shell(m[1]).strip(), line)
    printed = ""
    for command in re.split(r"&&|\|\||[;|&\n]", line)[:10]:
        printed += _run(command.split("#")[0].split())
    return printed


def _count(left: int, sign: str, right: int) -> int:
    return {"*": left * right, "+": left + right, "-": left - right}[sign]


def _run(words: list[str]) -> str:
    words = [word.strip("\"'") for word in words]
    match words:
        case []:
            return ""
        case ["ping", *rest]:
            return f"PING {rest[-1] if rest else ''}: 1 packet sent, 1 received\n"
        case ["echo" | "printf", *rest]:
            return " ".join(word for word in rest if word != "-n") + "\n"
        case ["sleep", seconds, *_] if re.fullmatch(r"[\d.]{1,6}", seconds):
            time.sleep(min(float(seconds), LONGEST))
            return ""
        case ["id"]:
            return "uid=1001(app) gid=1001(app) groups=1001(app)\n"
        case ["whoami"]:
            return "app\n"
        case ["uname", *_]:
            return "Linux\n"
        case ["expr", left, sign, right] if left.isdecimal() and right.isdecimal() and sign.strip("\\") in "*+-":
            return f"{_count(int(left[:6]), sign.strip(chr(92)), int(right[:6]))}\n"
        case ["cat", path, *_]:
            return FILES.get(path, "")
        case ["curl" | "wget", *rest]:
            return _called(rest)
        case _:
            return f"sh: {words[0][:40]}: not found\n"


def _called(words: list[str]) -> str:
    address = next((word for word in words if word.startswith("http")), "")
    try:
        return fetching.get(address).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def documents(rows: list[dict[str, Any]], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a document store that match; operators as MongoDB has them ($ne, $gt, $in, $regex, $exists …)."""
    return [row for row in rows if all(_matches(row.get(name), value) for name, value in wanted.items())]


def _matches(held: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(held == wanted)
    tests: dict[str, Callable[[Any], bool]] = {
        "$eq": lambda value: held == value,
        "$ne": lambda value: held != value,
        "$gt": lambda value: isinstance(value, str) and str(held) > value,
        "$gte": lambda value: isinstance(value, str) and str(held) >= value,
        "$lt": lambda value: isinstance(value, str) and str(held) < value,
        "$in": lambda value: isinstance(value, list) and held in value,
        "$nin": lambda value: isinstance(value, list) and held not in value,
        "$exists": lambda value: bool(value) == (held is not None),
        "$regex": lambda value: (
            isinstance(value, str) and (value in ("", ".*", "^", ".+", "^.*") or value.strip("^$.*") in str(held))
        ),
    }
    unknown = [name for name in wanted if name not in tests]
    if unknown:
        raise ValueError(f"unknown operator: {unknown[0]}")
    return all(tests[name](value) for name, value in wanted.items())


class Broken(ValueError):
    """A query that is not one any more."""


def ldap(rows: list[dict[str, str]], text: str) -> list[dict[str, str]]:
    """Rows that match a filter of RFC 4515: (&…), (|…), (!…), (name=value) with `*`."""
    test, rest = _filter(text[:500], 0)
    if rest != len(text[:500]):
        raise Broken("ldap.FILTER_ERROR: Bad search filter (-7)")
    return [row for row in rows if test(row)]


def _filter(text: str, at: int) -> tuple[Any, int]:
    if at > 300 or text[at : at + 1] != "(":
        raise Broken("ldap.FILTER_ERROR: Bad search filter (-7)")
    sign = text[at + 1 : at + 2]
    if sign in ("&", "|", "!"):
        inner, at = [], at + 2
        while text[at : at + 1] == "(":
            test, at = _filter(text, at)
            inner.append(test)
        joined: Callable[[Any], bool] = {"&": all, "|": any, "!": lambda found: not any(found)}[sign]
        found = lambda row: joined(test(row) for test in inner)  # noqa: E731
    else:
        end = min((place for place in (text.find(")", at), text.find("(", at + 1)) if place >= 0), default=-1)
        name, equals, value = text[at + 1 : end].partition("=")
        if end < 0 or not equals or text[end] != ")":
            raise Broken("ldap.FILTER_ERROR: Bad search filter (-7)")
        pieces, at = value.split("*"), end
        found = lambda row: _like(row.get(name), pieces)  # noqa: E731
    if text[at : at + 1] != ")":
        raise Broken("ldap.FILTER_ERROR: Bad search filter (-7)")
    return found, at + 1


def _like(held: str | None, pieces: list[str]) -> bool:
    if held is None:
        return False
    if len(pieces) == 1:
        return held == pieces[0]
    if not held.startswith(pieces[0]) or not held.endswith(pieces[-1]):
        return False
    return all(piece in held for piece in pieces)


TERM = re.compile(
    r"\s*(?:(or|and)\b|(\(|\))|([a-z]+|'[^']*'|\"[^\"]*\"|\d+)\s*(=|!=)\s*([a-z]+|'[^']*'|\"[^\"]*\"|\d+)|(true|false)\(\))"
)


def xpath(rows: list[dict[str, str]], condition: str) -> list[dict[str, str]]:
    """Rows that match a condition of XPath 1.0: equalities of names and texts, `and`, `or`; raises Broken."""
    terms, at = [], 0
    condition = condition[:400]
    while condition[at:].strip():
        found = TERM.match(condition, at)
        if found is None:
            raise Broken("XPathException: unterminated string or unexpected token in expression")
        terms.append(found)
        at = found.end()
    return [row for row in rows if _any(terms, row)]


def _any(terms: list[re.Match[str]], row: dict[str, str]) -> bool:
    groups: list[list[bool]] = [[]]
    for position, term in enumerate(terms):
        if (position % 2 == 1) != bool(term[1]) or term[2]:
            raise Broken("XPathException: unexpected token in expression")
        if term[1] == "or":
            groups.append([])
        elif not term[1]:
            groups[-1].append(
                term[6] == "true" if term[6] else (_held(term[3], row) == _held(term[5], row)) == (term[4] == "=")
            )
    if not terms or not groups[-1]:
        raise Broken("XPathException: expression ends early")
    return any(all(group) for group in groups)


def _held(word: str, row: dict[str, str]) -> str:
    return word[1:-1] if word[0] in "'\"" else word if word.isdecimal() else row.get(word, "")
