"""Multipart bodies that readers take apart differently: rules see that something is wrong with them, live and recorded."""

import pytest
from seclang_rules import program

from attacks.both_ways import Comparing, recorded
from yett.model.exchange import Request

RULES = """
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:1,phase:2,pass,log"
SecRule REQBODY_ERROR "!@eq 0" "id:2,phase:2,pass,log"
SecRule FILES_COMBINED_SIZE "@eq 4" "id:3,phase:2,pass,log"
SecRule FILES_SIZES:f "@eq 4" "id:4,phase:2,pass,log"
SecRule FILES_TMP_CONTENT "@streq evil" "id:5,phase:2,pass,log"
"""
PARTS = b'--0000\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nevil\r\n--0000--\r\n'
FILE = [3, 4, 5]


def found(declared: bytes, body: bytes) -> list[list[int]]:
    """As received, and in the gateway (nothing where it refuses the head)."""
    fields = ((b"Host", b"api.example"), (b"Content-Type", declared), (b"Content-Length", b"%d" % len(body)))
    request = Request(method="POST", target=b"/", fields=fields, body=body)
    comparing = Comparing(program(RULES))
    assert not comparing.differences(request)
    rules = comparing.found(request)
    return rules if recorded(request) is not None else rules[:1]


def test_an_ordinary_body() -> None:
    assert found(b"multipart/form-data; boundary=0000", PARTS) == [FILE, FILE]
    assert found(b"multipart/form-data;boundary=0000; charset=utf-8", PARTS) == [FILE, FILE]
    assert found(b"Multipart/Form-Data; charset=utf-8; boundary=0000", PARTS) == [FILE, FILE]


@pytest.mark.parametrize("body", [PARTS.replace(b"\r\n", b"\n"), PARTS + b"more", b"before" + PARTS, PARTS[:-4], PARTS[:-8]])
def test_what_is_not_strictly_multipart(body: bytes) -> None:
    for rules in found(b"multipart/form-data; boundary=0000", body):
        assert rules[:2] == [1, 2]


@pytest.mark.parametrize(
    "declared",
    [
        b"multipart/form-data, boundary=0000",
        b"multipart/form-data boundary=0000",
        b"multipart/form-data; bOundAry=0000",
        b"multipart/form-data; boundary=0000; boundary=1111",
        b'multipart/form-data; boundary="0000"; boundary=1111',
        b"multipart/form-data; boundary=0000, boundary=1111",
        b"multipart/form-data; boundary =0000",
        b"multipart/form-data; boundary= 0000",
        b"multipart/form-data; boundary=0000 1111",
        b"multipart/form-data; boundary=1111, boundary=0000",
    ],
)
def test_boundaries_declared_in_unusual_ways(declared: bytes) -> None:
    assert found(declared, PARTS)[0][:2] == [1, 2]


def test_a_boundary_in_quotes_is_legal() -> None:
    assert found(b'multipart/form-data; boundary="0000"', PARTS)[0] == [1, *FILE]
