"""Path templates as shapes: which one holds which, whatever their parameters are called. Linear in the length of what is compared.

A segment is literal text with parameters in braces: "{id}", "{id}.json", "v{major}". It must not know where templates come from.
"""

import re
from functools import lru_cache

PARAMETER = re.compile(r"\{([^{}/]*)\}")
_VERSION = re.compile(
    r"v[0-9]{1,3}(?:[._][0-9]{1,3}){0,2}(?:(?:alpha|beta|rc)[0-9]{0,3})?|20[0-9]{2}-[01][0-9]-[0-3][0-9]", re.I
)


def segments(template: str) -> tuple[str, ...]:
    """Without the first slash; a last "" stands for a trailing slash."""
    return tuple(template.removeprefix("/").split("/"))


@lru_cache(65_536)
def shape(template: str) -> str:
    """The template without names of parameters: two templates of one shape hold the same paths."""
    return PARAMETER.sub("{}", template)


def names(template: str) -> tuple[str, ...]:
    """Names of parameters, in order."""
    return tuple(PARAMETER.findall(template))


def is_parameter(segment: str) -> bool:
    """The whole segment is one parameter."""
    return PARAMETER.fullmatch(segment) is not None


def holds(general: str, special: str) -> bool:
    """Whether every path of the template `special` is one of `general`, too."""
    ours, theirs = segments(general), segments(special)
    return len(ours) == len(theirs) and all(_segment_holds(one, other) for one, other in zip(ours, theirs, strict=True))


def matches(template: str, path: str) -> bool:
    """Whether a raw path is one of the template's. A parameter takes at least one character, and no slash."""
    return holds(template, path)


def _segment_holds(general: str, special: str) -> bool:
    """Greedy from the left, which is right: a parameter takes anything, so the earliest place of each literal is as good as any."""
    if general == special:
        return True
    if "{" not in general:
        return False
    special = PARAMETER.sub("\x00", special)  # a parameter of the other is one character that no literal has
    literals = PARAMETER.split(general)[::2]
    first, last = literals[0], literals[-1]
    if len(special) < len(first) + len(last) + len(literals) - 1 or not special.startswith(first) or not special.endswith(last):
        return False
    at, end = len(first), len(special) - len(last)
    for literal in literals[1:-1]:
        found = special.find(literal, at + 1, end - 1)
        if found < 0:
            return False
        at = found + len(literal)
    return end > at


def specificity(template: str) -> tuple[int, ...]:
    """Sorts templates of one length: the most specific first, from the left, as routers choose."""
    return tuple(0 if "{" not in segment else 2 if is_parameter(segment) else 1 for segment in segments(template))


def is_version(segment: str) -> bool:
    return _VERSION.fullmatch(segment) is not None


def version_of(template: str) -> str:
    """The first segment that is a version; "" where there is none."""
    return next((segment for segment in segments(template) if is_version(segment)), "")


def without_version(template: str) -> str:
    """The shape with the first version left out: what versions of one operation share."""
    kept = list(segments(shape(template)))
    for place, segment in enumerate(kept):
        if is_version(segment):
            del kept[place]
            break
    return "/" + "/".join(kept)


def renamed(template: str, wanted: str) -> str:
    """The template with the parameter names of another one of the same shape."""
    return wanted if shape(template) == shape(wanted) else template
