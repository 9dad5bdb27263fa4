"""What the lab's score counts as found, missed and wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from labs import catalogue, score
from labs.serving import serving, write
from probe.measure import compare, there


def finding(house: Any, flaw: str, key: str, **more: Any) -> dict[str, Any]:
    route = house.routes[key]
    return {"class": flaw, "method": route.method, "template": route.path, "severity": "high", "place": ""} | more


def test_a_hole_is_found_where_class_operation_and_place_are_right() -> None:
    house = catalogue.build("objects", 1, fixed=False)
    told = [
        finding(house, "bola-read", "read_item", place="path ticketId"),
        finding(house, "bola-read", "copy_item", place="path ticketId"),
        finding(house, "bola-write", "delete_item", place="path ticketId"),
        finding(house, "cors", "offers", severity="low"),
    ]
    found, missed, wrong, twice = score.compare(house, "objects", told)
    assert [one.key for one in found] == ["read_item"]
    assert [one.key for one in missed] == ["change_item", "delete_item", "copy_item"]
    assert wrong == told[1:3]
    assert twice == []


def test_nothing_of_medium_or_higher_is_right_on_the_fixed_twin() -> None:
    house = catalogue.build("objects", 1, fixed=True)
    told = [finding(house, "bola-read", "read_item", place="path ticketId"), finding(house, "cors", "offers", severity="low")]
    assert score.compare(house, "objects", told) == ([], [], told[:1], [])


def test_what_no_contract_tells_of_may_be_told_in_several_ways() -> None:
    house = catalogue.build("inventory", 1, fixed=False)
    told = [finding(house, "undeclared-operation", "hidden"), finding(house, "anonymous-access", "old_items")]
    declared = finding(house, "anonymous-access", "list_items")
    found, missed, wrong, _ = score.compare(house, "inventory", [*told, declared])
    assert [one.key for one in found] == ["hidden"]
    assert [one.key for one in missed] == ["old_items", "document"]
    assert wrong == [declared]


def test_one_hole_told_twice() -> None:
    house = catalogue.build("objects", 1, fixed=False)
    one = finding(house, "bola-read", "read_item", place="path ticketId")
    assert score.compare(house, "objects", [one, dict(one)])[3] == [one]


def test_reports_are_read_as_lists_and_as_documents(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps([{"class": "cors"}]))
    assert score.read(report) == [{"class": "cors"}]
    report.write_text(json.dumps({"findings": []}))
    assert score.read(report) == []
    report.write_text("{}")
    with pytest.raises(ValueError, match="list of findings"):
        score.read(report)


def test_a_house_is_served_and_its_requests_are_counted(tmp_path: Path) -> None:
    import httpx

    house = catalogue.build("objects", 1, fixed=True)
    with serving(house) as served:
        contract, people = write(house, served.origin, tmp_path)
        assert httpx.get(served.origin + house.routes["offers"].path).status_code == 200
        assert [one[1:] for one in served.asked] == [("GET", house.routes["offers"].path, 200)]
    assert json.loads(contract.read_text())["openapi"] == house.style.version
    assert "alice" in people.read_text()


def test_findings_of_public_subjects_are_held_against_their_documented_holes() -> None:
    told = [
        {"class": "bola-read", "method": "GET", "template": "/books/v1/{book_title}", "place": "path", "severity": "high"},
        {"class": "bola-write", "method": "PUT", "template": "/users/v1/{username}/email", "place": "path", "severity": "high"},
    ]
    holes, wrong = compare("vampi", "weak", told)
    assert [name for name, one in holes if one] == ["broken object level authorization"]
    assert wrong == told[1:]
    assert compare("vampi", "hardened", told)[1] == told


def test_where_a_finding_is() -> None:
    field = {"method": "POST", "template": "/graphql#query.systemDebug"}
    assert there(field, "*")
    assert there(field, "POST /graphql#query.system")
    assert not there(field, "POST /graphql#mutation.login")
    assert there({"method": "GET", "template": "/graphiql"}, "* /graphiql")


def test_a_cause_is_found_at_each_operation_that_its_finding_names() -> None:
    house = catalogue.build("objects", 1, fixed=False)
    one = finding(house, "bola-read", "read_item", place="path ticketId")
    other = finding(house, "bola-read", "offers")
    told = {**other, "place": "", "also": [f"{one['method']} {one['template']}"]}
    assert [each.key for each in score.compare(house, "objects", [told])[0]] == ["read_item"]
