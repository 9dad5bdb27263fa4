"""How much of a body is read: the limit of values holds for all kinds alike."""

import json

import pytest
from small_view import SmallView

from yett.formats.inspected import InspectionLimits
from yett.model.decision import Evaluation
from yett.model.exchange import Target
from yett.model.operation import Operation
from yett.rules.seclang.live import LiveTransaction

MOST = 20
PART = b'--B\r\nContent-Disposition: form-data; name="p%d"\r\n\r\nvalue %d\r\n'
FILE = b'--B\r\nContent-Disposition: form-data; name="f%d"; filename="a%d"\r\n\r\nvalue %d\r\n'


def reading(kind: bytes, body: bytes) -> tuple[int, bool]:
    """How many values of a body are read, and whether it is said that there are more."""
    fields = [(b"host", b"api.example"), (b"content-type", kind)]
    view = SmallView("POST", target=Target("/", None, b"/"), lines=fields, fields=dict(fields), content=body)
    t = LiveTransaction(view, Evaluation(Operation("o", "shop", "POST", "/"), 0.0, 0.0), InspectionLimits(values=MOST))
    found = t.reading
    return len(found.arguments) + len(found.files) + len(found.attributes), t.truncated


def made(kind: str, count: int, end: bytes) -> tuple[bytes, bytes]:
    """Content-Type and body with so many values. end: what there is behind them, such as a mistake."""
    numbers = range(count)
    if kind == "json":
        return b"application/json", json.dumps({f"a{n}": f"value {n}" for n in numbers}).encode() + end
    if kind == "parts":
        return b"multipart/form-data; boundary=B", b"".join(PART % (n, n) for n in numbers) + b"--B--\r\n" + end
    if kind == "files":
        return b"multipart/form-data; boundary=B", b"".join(FILE % (n, n, n) for n in numbers) + b"--B--\r\n" + end
    return b"application/xml", b"<a>" + b"".join(b"<b c='value %d'/>" % n for n in numbers) + b"</a>" + end


@pytest.mark.parametrize("kind", ["json", "parts", "files", "attributes"])
def test_so_many_values_are_read(kind: str) -> None:
    assert reading(*made(kind, MOST, b"")) == (MOST, False)


@pytest.mark.parametrize("kind", ["json", "parts", "files", "attributes"])
def test_more_values_are_not_read_which_is_said(kind: str) -> None:
    count, truncated = reading(*made(kind, 2 * MOST, b""))
    assert MOST <= count <= MOST + 1
    assert truncated


@pytest.mark.parametrize("kind", ["json", "parts", "files"])
def test_likewise_where_there_is_no_strict_reading(kind: str) -> None:
    count, truncated = reading(*made(kind, 20 * MOST, b"x"))
    assert count <= 5 * MOST
    assert truncated


def test_xml_without_a_strict_reading_is_one_value() -> None:
    assert reading(*made("attributes", 2 * MOST, b"x")) == (1, False)


def test_texts_of_elements_are_one_value() -> None:
    assert reading(b"application/xml", b"<a>" + b"<b>text</b>" * 2 * MOST + b"</a>") == (0, False)


def test_a_form_is_read_to_its_end() -> None:
    """Beyond the limit the rest is one value."""
    body = b"&".join(b"a%d=b" % number for number in range(2 * MOST))
    assert reading(b"application/x-www-form-urlencoded", body) == (MOST + 1, False)
