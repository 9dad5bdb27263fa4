"""Payloads out of documents with a shape of their own: the JSON and YAML of collections that test firewalls and of scanners.

Known shapes: a list of objects with `payload` (waftester), an object with a list `payload` of texts by the part of a request
(waf-bypass), `payload` or `payloads` in YAML (gotestwaf, nuclei) and `payload =` in INI (wapiti). What has none of them gives
nothing. It must not know classes of attacks nor rules.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

SUFFIXES = (".json", ".yml", ".yaml", ".ini")
_PAIR = re.compile(r"[\w%.\-]{1,60}=(.*)", re.DOTALL)
_WIRE = re.compile(r"[A-Z]{3,7} (?P<target>/.*?) HTTP/[0-9.]{1,3}(?P<rest>(?:\r\n.*)?)", re.DOTALL)
_PLACES = {"[NULL]": "%00", "[VALUE]": "1", "[LF]": "\n", "[TAB]": "\t", "[TIME]": "5"}
"""What a scanner puts into its payloads."""
_STRUCTURED = ("ARGS", "BODY")
"""Parts that hold pairs of names and values."""


def of_document(name: str, text: str) -> Iterator[str]:
    """The payloads of one document, as they stand there; none where it cannot be read."""
    try:
        if name.endswith(".json"):
            yield from _of_json(json.loads(text))
        elif name.endswith(".ini"):
            for line in re.findall(r"^payload *= *(.+)$", text, re.MULTILINE):
                for place, value in _PLACES.items():
                    line = line.replace(place, value)
                yield line
        else:
            yield from _of_yaml(yaml.safe_load(text.replace("\\'", "'")))  # an escape that only some readers know
    except (ValueError, yaml.YAMLError):
        return


def _of_json(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for one in tree:
            if isinstance(one, dict) and isinstance(one.get("payload"), str) and one.get("expected_block", True):
                yield from _unwrapped(one["payload"])
    elif isinstance(tree, dict) and isinstance(tree.get("payload"), list):
        for zones in tree["payload"]:
            if isinstance(zones, dict) and zones.get("BLOCKED", True) is True:
                yield from dict.fromkeys(
                    text for zone, value in zones.items() if isinstance(value, str) for text in _of_zone(zone, value)
                )


def _unwrapped(text: str) -> Iterator[str]:
    """What a whole request carries: its body, or the values of its query. One whose attack is its fields or framing has none."""
    found = _WIRE.fullmatch(text)
    if found is None:
        yield text
        return
    body = found["rest"].partition("\r\n\r\n")[2]
    if body:
        yield body
    for pair in found["target"].partition("?")[2].split("&"):
        yield pair.partition("=")[2]


def _of_zone(zone: str, value: str) -> Iterator[str]:
    """A part as it is, or what each of its pairs gives. A name that is an attack itself (`a[$ne]`) stays with its value."""
    value = value.replace("%RND%", "")
    if zone in ("METHOD", "ENCODE", "BOUNDARY"):
        return
    if zone not in _STRUCTURED or not _PAIR.fullmatch(value.partition("&")[0]):
        yield value
        return
    for pair in value.split("&"):
        found = _PAIR.fullmatch(pair)
        yield found[1] if found else pair


def _of_yaml(tree: Any) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            for key, value in part.items():
                if key in ("payload", "payloads"):
                    yield from _texts(value)
                else:
                    waiting.append(value)
        elif isinstance(part, list):
            waiting += part


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _texts(part)
