"""Which requests are judged aside: long ones, and shorter ones of which much is to be looked at closely."""

import pytest

from yett.rules.inspection.aside import MUCH, takes_long


@pytest.mark.parametrize(
    "texts",
    [
        (b"",),
        (b'{"name": "A plain text, as people write it."} ' * 250,),
        ("Größe, Maß und Preis: 3 Stück. ".encode() * 120,),
        ("Доставка завтра утром".encode() * 50,),
        (b"a" * MUCH,),
        (b"' or " * 100,),
    ],
)
def test_most_requests_are_judged_at_once(texts: tuple[bytes, ...]) -> None:
    assert not takes_long(texts)


@pytest.mark.parametrize(
    "texts",
    [
        (b"a" * (MUCH + 1),),
        (b"a" * MUCH, b"b"),
        (b"' or " * 1_000,),
        (b"../" * 1_000,),
        (b"\\u0041" * 300,),
        (b"%27%20or%20" * 200,),
    ],
)
def test_long_and_odd_ones_are_not(texts: tuple[bytes, ...]) -> None:
    assert takes_long(texts)
