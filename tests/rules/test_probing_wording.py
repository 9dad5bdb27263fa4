"""How things are named to people."""

import pytest

from yett.rules.probing.wording import an


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("order", "an order"),
        ("user", "a user"),
        ("upload", "an upload"),
        ("note", "a note"),
        ("URL", "a URL"),
        ("unit", "a unit"),
    ],
)
def test_articles(noun: str, said: str) -> None:
    assert an(noun) == said
