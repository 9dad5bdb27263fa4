"""The targets of a rule, `ARGS|!ARGS:name|&REQUEST_HEADERS:Host|TX:/pattern/`, as variables. It must not know rules."""

import re

from yett.formats.seclang.lexing import Mistaken
from yett.formats.seclang.values import Variable, raw
from yett.formats.seclang.vocabulary import VARIABLES, Takes, Word, suggestion

_NAME = re.compile(r"[A-Za-z0-9_]+")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*+)'", re.DOTALL)
_SLASHED = re.compile(r"/((?:[^/\\]|\\.)*+)/(?=[|,]|\Z)", re.DOTALL)
_PLAIN = re.compile(r"[^|,]*")
_XPATH = re.compile(r"[^|]*")


def read_targets(text: str) -> tuple[Variable, ...]:
    """Read targets separated by "|" or ",". Raises Mistaken. Takes time linear in the text."""
    found: list[Variable] = []
    at = 0
    while True:
        variable, at = _target(text, at)
        found.append(variable)
        while text[at : at + 1] == " ":
            at += 1
        if at >= len(text):
            return tuple(found)
        if text[at] not in "|,":
            raise Mistaken("targets are separated by |", at)
        at += 1


def read_target(text: str) -> Variable:
    """Read exactly one target. Raises Mistaken."""
    found = read_targets(text)
    if len(found) > 1:
        raise Mistaken("one target is expected", 0, "write one control for each")
    return found[0]


def variable_word(name: str, at: int = 0) -> Word:
    """What is known of a variable. Raises Mistaken where nothing is."""
    word = VARIABLES.get(name.lower())
    if word is None:
        raise Mistaken(
            f"the variable {name[:80]!r} is not known", at, suggestion(name, (known.name for known in VARIABLES.values()))
        )
    return word


def _target(text: str, at: int) -> tuple[Variable, int]:
    while text[at : at + 1] == " ":
        at += 1
    begin = at
    mark = text[at : at + 1]
    exclude, count = mark == "!", mark == "&"
    if exclude or count:
        at += 1
        if text[at : at + 1] in ("!", "&"):
            raise Mistaken("a target is either counted (&) or left out (!)", begin)
    name = _NAME.match(text, at)
    if name is None:
        raise Mistaken("a variable is expected", at, "such as ARGS, ARGS:name or TX:/pattern/")
    word = variable_word(name[0], at)
    at = name.end()
    selector: str | None = None
    pattern: bytes | None = None
    if text[at : at + 1] in (":", "."):
        if word.takes is Takes.NOTHING:
            raise Mistaken(f"{word.name} is a single value, nothing can be selected from it", at)
        selector, pattern, at = _selector(text, at + 1, word.name)
    return Variable(word.name, selector, pattern, count, exclude), at


def _selector(text: str, at: int, collection: str) -> tuple[str | None, bytes | None, int]:
    """A selector or a pattern, and where it ends."""
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        inner = quoted[1]
        if len(inner) > 2 and inner[0] == inner[-1] == "/" and collection != "XML":
            return None, raw(inner[1:-1]), quoted.end()
        selector, end = inner.replace("\\'", "'"), quoted.end()
    elif collection == "XML":
        plain = _XPATH.match(text, at)
        selector, end = (plain[0].rstrip(" "), plain.end()) if plain else ("", at)
    else:
        slashed = _SLASHED.match(text, at)
        if slashed is not None and slashed[1]:
            return None, raw(slashed[1]), slashed.end()
        plain = _PLAIN.match(text, at)
        selector, end = (plain[0].rstrip(" "), plain.end()) if plain else ("", at)
        if selector.startswith("/"):
            raise Mistaken("a pattern that does not end in /", at, "a slash within a pattern is written \\/")
    if not selector or (quoted is None and selector.startswith("'")):
        raise Mistaken("a selector is expected", at, "such as ARGS:name, ARGS:'a name' or ARGS:/pattern/")
    return selector, None, end
