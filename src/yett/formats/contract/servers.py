"""Base paths of servers: what the URLs in a contract say of where its paths begin."""

import re
from collections.abc import Mapping
from itertools import product

MAX_BASES = 64
"""Most base paths that the variables of one server may stand for."""

_VARIABLE = re.compile(r"\{([^{}/]*)\}")


def expanded(url: str, choices: Mapping[str, list[str]]) -> list[str]:
    """All texts that a server's URL with variables stands for, at most MAX_BASES."""
    names = _VARIABLE.findall(url)
    texts = []
    for values in product(*(choices.get(name, [""]) for name in names)):
        text = url
        for name, value in zip(names, values, strict=True):
            text = text.replace(f"{{{name}}}", value)
        texts.append(text)
        if len(texts) == MAX_BASES:
            break
    return texts


def base_path(url: str) -> str:
    """The path of a server's URL, absolute or relative to the host, without trailing slash; "" for the root."""
    _, scheme, rest = url.partition("://")
    if scheme:
        path = "/" + rest.partition("/")[2] if "/" in rest else ""
    elif url.startswith("//"):
        path = "/" + url[2:].partition("/")[2]
    else:
        path = url if url.startswith("/") else f"/{url}"
    path = path.partition("?")[0].partition("#")[0]
    return "/".join(segment for segment in path.split("/") if segment not in (".",)).rstrip("/")
