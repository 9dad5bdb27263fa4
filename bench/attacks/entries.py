"""How payloads stand in files of public lists whose name does not tell it: spelt as in forms, in blocks, in scattered members.

`attacks.documents` has the shapes that a file's name tells. A reader takes a file's text and yields its payloads as they stand
there. It must not know which lists there are, nor rules.
"""

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

Reader = Callable[[str], Iterator[str]]

_BLOCK = re.compile(r"^[ \t]*```[^`\n]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
_REMARK = re.compile(r"<!--(?!\[|#).*?-->\s*", re.DOTALL)
_DIVISION = re.compile(r"<div id=\"\d+\">(.*?)//\[\"'`-->\]\]>\]</div>", re.DOTALL)
_KEYS = ("payload", "code", "vector")
_SQLMAP = {
    r"\[GENERIC_SQL_COMMENT\]": "-- -",
    r"\[(?:DELIMITER_START|DELIMITER_STOP)\]": "0x7176",
    r"\[(?:RANDSTR\d?)\]": "qzxv",
    r"\[SLEEPTIME\]": "5",
    r"\[DELAYED\]": "SLEEP(5)",
    r"\[(?:INFERENCE)\]": "7=7",
    r"\[QUERY\]": "SELECT 7",
    r"\[UNION\]": "UNION ALL SELECT NULL,NULL,NULL",
    r"\[SPACE_REPLACE\]": " ",
    r"\[(?:\w+)\]": "7",
}


def lines(text: str) -> Iterator[str]:
    """A line each; `{FILE}` stands for a file that is wanted."""
    yield from text.replace("{FILE}", "etc/passwd").split("\n")


def escaped_lines(text: str) -> Iterator[str]:
    """A line each, spelt as in a form: a plus sign is a space where the line has percent escapes and no space of its own."""
    for line in text.split("\n"):
        if not line.startswith("#"):
            encoded = " " not in line and re.search(r"%[0-9A-Fa-f]{2}", line)
            yield line.replace("+", "%20") if encoded else line


def blocks(text: str) -> Iterator[str]:
    """Whole blocks of code of a page in Markdown, without comments that explain."""
    for match in _BLOCK.finditer(text):
        yield _REMARK.sub("", match[1]).strip()


def block_lines(text: str) -> Iterator[str]:
    """Lines of the blocks of code of a page in Markdown."""
    for match in _BLOCK.finditer(text):
        yield from match[1].split("\n")


def divisions(text: str) -> Iterator[str]:
    """What stands in the numbered elements of H5SC."""
    yield from (match[1] for match in _DIVISION.finditer(text))


def members(text: str) -> Iterator[str]:
    """Members `payload`, `code` and `vector` of a JSON document, wherever they are."""
    yield from _members(json.loads(text, strict=False))


def _members(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for each in tree:
            yield from _members(each)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, str) and key in _KEYS:
                yield value
            else:
                yield from _members(value)


def pieces(text: str) -> Iterator[str]:
    """sqlmap's tests, each between some of its usual boundaries (`data/xml/boundaries.xml`)."""
    for test in ElementTree.fromstring(text).iter("test"):
        payload = test.findtext("request/payload") or ""
        if "[UNION]" in payload or not payload:
            payload = test.findtext("vector") or payload
        comment = test.findtext("request/comment") or ""
        for prefix, suffix in (
            ("1 ", "-- -"),
            ("1) ", " AND (7=7"),
            ("x' ", " AND 'qzxv'='qzxv"),
            ("x') ", " AND ('qzxv' LIKE 'qzxv"),
            ('x" ', ' AND "qzxv"="qzxv'),
        ):
            yield _spelt(f"{prefix.rstrip() if payload.startswith((';', ',', '|')) else prefix}{payload}{comment or suffix}")


def _spelt(text: str) -> str:
    for place, value in _SQLMAP.items():
        text = re.sub(place, value, text)
    return html.unescape(text)


READERS: dict[str, Reader] = {
    "lines": lines,
    "escaped lines": escaped_lines,
    "blocks": blocks,
    "block lines": block_lines,
    "divisions": divisions,
    "members": members,
    "pieces": pieces,
}
