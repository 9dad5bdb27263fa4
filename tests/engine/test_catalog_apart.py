"""Words among ids: an operation that nobody declared is not hidden behind a parameter of one that somebody did."""

import json

from yett.engine.catalog import CatalogSettings, Reading, ViewSettings, catalog
from yett.engine.classes import built_in
from yett.engine.learning import Learning
from yett.formats.descriptions import Declared, Description
from yett.formats.recordings import read_json_lines
from yett.model.catalog import CatalogOperation

DECLARED = Declared(kind="rest", method="GET", template="/users/{id}", hosts=("a.example",), source="c.yaml")

USUAL = ViewSettings()


def found(*names: str, views: ViewSettings = USUAL) -> dict[str, CatalogOperation]:
    learning = Learning(CatalogSettings().learning, b"k" * 32, built_in())
    text = "\n".join(
        json.dumps(
            {"method": "GET", "target": f"/users/{name}", "headers": [["Host", "a.example"]], "response": {"status": 200}}
        )
        for name in names
    )
    for one in read_json_lines([text.encode()], 0.0):
        learning.add(one)
    reading = Reading(description=Description(kind="openapi", source="c.yaml", declared=(DECLARED,)))
    made, _ = catalog(learning, [reading], [], [], CatalogSettings(views=views), built_in())
    return {one.name: one for one in made.operations}


def test_a_word_among_ids_is_an_operation_of_its_own() -> None:
    made = found(*map(str, range(100, 120)), "export", "export")
    assert made["GET /users/{id}"].count == 20
    assert made["GET /users/export"].count == 2
    assert made["GET /users/export"].views == ("shadow",)
    assert made["GET /users/export"].reasons[0].numbers["ids"] == 20


def test_many_words_are_values() -> None:
    made = found(*map(str, range(100, 120)), "ann", "bob", "eve", "joe")
    assert set(made) == {"GET /users/{id}"}


def test_words_without_ids_are_values() -> None:
    assert set(found("ann", "bob", "100")) == {"GET /users/{id}"}


def test_the_numbers_are_settings() -> None:
    ids = [str(number) for number in range(100, 120)]
    assert len(found(*ids, "ann", "bob", "eve", "joe", views=ViewSettings(apart_words=4))) == 5
    assert len(found(*ids, "export", views=ViewSettings(apart_ids=21))) == 1
