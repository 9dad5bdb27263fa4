"""Reads tests in go-ftw's YAML and makes of each the very octets that go-ftw would send.

Sources: the schema of https://github.com/coreruleset/ftw-tests-schema (version 2), and how go-ftw 2 completes a request: it adds
Connection, Content-Length and Content-Type where a test has none, and encodes plain form data. It must not know who judges.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import msgspec
import yaml

FORM = "application/x-www-form-urlencoded"
_WITH_BODY = re.compile("^POST|PUT|PATCH|DELETE$")
_REPEAT = re.compile(r'\{\{\s*"([^"]*)"\s*\|\s*repeat\s+(\d+)\s*\}\}')


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One request and what is expected of it. request: the octets on the wire. status: 0 where any will do. matches and
    no_match: regular expressions over the lines of the log, empty for none."""

    request: bytes
    expect: tuple[int, ...] = ()
    no_expect: tuple[int, ...] = ()
    matches: str = ""
    no_match: str = ""
    status: int = 0
    error: bool = False


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One test: it passes if each of its stages does."""

    rule: int
    number: int
    description: str
    stages: tuple[Stage, ...]

    @property
    def name(self) -> str:
        return f"{self.rule}-{self.number}"


def read_trials(directory: Path) -> Iterator[Trial]:
    """All tests below `directory`, in order of their files. Raises ValueError for what is not of the schema."""
    for path in sorted(directory.rglob("*.yaml")):
        # Scalars stay text, as go-ftw has them: "Content-Length: 7" is a string there, and so is "version: 1.1".
        document = yaml.load(path.read_bytes(), yaml.CBaseLoader)
        if not document:
            continue
        for place, test in enumerate(document["tests"], 1):
            try:
                yield _trial(int(document["rule_id"]), place, test)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path}, test {test.get('test_id', place)}: {error!r}") from error


def _trial(rule: int, place: int, test: dict[str, Any]) -> Trial:
    stages = tuple(_stage(stage["input"], stage.get("output") or {}) for stage in test["stages"])
    return Trial(rule=rule, number=int(test.get("test_id", place)), description=test.get("desc", "").strip(), stages=stages)


def _stage(sent: dict[str, Any], expected: dict[str, Any]) -> Stage:
    log = expected.get("log") or {}
    unknown = set(log) - {"expect_ids", "no_expect_ids", "match_regex", "no_match_regex"}
    unknown |= set(expected) - {"log", "status", "expect_error", "retry_once"}
    if unknown:
        raise ValueError(f"unknown expectations: {sorted(unknown)}")
    return Stage(
        request=_request(sent),
        expect=tuple(int(one) for one in log.get("expect_ids", ())),
        no_expect=tuple(int(one) for one in log.get("no_expect_ids", ())),
        matches=log.get("match_regex", ""),
        no_match=log.get("no_match_regex", ""),
        status=int(expected.get("status", 0)),
        error=expected.get("expect_error", "") == "true",
    )


def _request(sent: dict[str, Any]) -> bytes:
    if sent.get("encoded_request"):
        return base64.b64decode(sent["encoded_request"])
    headers = sent.get("headers") or {}
    if isinstance(headers, list):
        fields = [(one["name"], one["value"]) for one in headers]
    else:
        fields = list(headers.items())
    line = " ".join((sent.get("method", "GET"), sent.get("uri", "/"), sent.get("version", "HTTP/1.1")))
    body = _body(sent)
    complete = sent.get("autocomplete_headers", "true") != "false" and sent.get("stop_magic", "false") != "true"
    if body and complete:
        if not _has(fields, "content-type"):
            fields.append(("Content-Type", FORM))
        body = _encoded(fields, body)
    if any(name.lower() == "content-type" and "multipart/form-data;" in value.lower() for name, value in fields):
        body = body.replace(b"\n", b"\r\n")
    if complete:
        if not _has(fields, "connection"):
            fields.append(("Connection", "close"))
        if not _has(fields, "content-length") and (body or _WITH_BODY.search(sent.get("method", "GET"))):
            fields.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{line}\r\n{head}\r\n".encode() + body


def _has(fields: list[tuple[str, str]], name: str) -> bool:
    return any(one.lower() == name for one, _ in fields)


def _body(sent: dict[str, Any]) -> bytes:
    """`data` is a Go template; the one function that the tests use is `repeat`."""
    if "data" in sent:
        return _REPEAT.sub(lambda match: match[1] * int(match[2]), sent["data"]).encode()
    return base64.b64decode(sent.get("encoded_data", ""))


def _encoded(fields: list[tuple[str, str]], body: bytes) -> bytes:
    """Form data, encoded unless it seems to be already: unescaping it changes something, or is impossible."""
    if not any(name.lower() == "content-type" and value.lower() == FORM for name, value in fields):
        return body
    if b"+" in body or b"%" in body:
        return body
    tokens = []
    for token in body.split(b"&"):
        name, mark, value = token.partition(b"=")
        tokens.append(quote_plus(name, safe="") + (mark.decode() and "=" + quote_plus(value, safe="")))
    return "&".join(tokens).encode()
