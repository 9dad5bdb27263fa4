"""Members that only the server should decide about: set, read back, and told from what is merely kept."""

import pytest
from guarded_notes import DESCRIPTION
from note_trials import flaws, named, run

from yett.engine.probing.trial import target_of
from yett.model.rule import Severity
from yett.rules.probing.assigning import Wish, meaning, wishes
from yett.rules.probing.identity import Identity


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("weak", ["assign", "assign schemaless"])
def test_members_that_are_not_offered_are_set_and_read_back(weak: str, seed: int) -> None:
    claims, outcome, api = run("mass-assignment", weak.split(), seed=seed)
    assert flaws(claims) == ["mass-assignment", "mass-assignment"]
    assert [one.place for one in claims] == ["body /role", "body /approved"]
    assert {one.severity for one in claims} == {Severity.HIGH}
    assert all(one.proof and one.control for one in claims)
    assert not api.notes
    assert outcome.sent_by["mass-assignment"] <= 2 * named("mass-assignment").rule.requests


@pytest.mark.parametrize("weak", ["", "schemaless", "read write delete", "silent", "listed"])
def test_what_is_ignored_or_kept_without_meaning_is_no_finding(weak: str) -> None:
    assert run("mass-assignment", weak.split())[0] == []


def test_it_works_with_one_identity_and_with_none() -> None:
    assert [one.place for one in run("mass-assignment", ["assign"], names=["alice"])[0]] == ["body /role", "body /approved"]
    assert "body /role" in [one.place for one in run("mass-assignment", ["assign"], names=[])[0]]


def test_names_have_a_meaning_or_not() -> None:
    assert all(map(meaning, ("isAdmin", "role", "account_balance", "owner_id", "Approved", "user_role")))
    assert not any(map(meaning, ("title", "text", "administer", "x")))


def test_wishes_differ_from_what_is_shown_and_leave_alone_what_is_offered() -> None:
    target = target_of(
        DESCRIPTION, [Identity(name="a", username="ann"), Identity(name="r", username="rita", rank=1, roles=("chief",))]
    )
    operation = next(one for one in target.operations if one.label == "POST /notes")
    members = {
        "id": "n1", "title": "a", "role": "user", "paid": False, "score": 3, "rate": 1.5, "status": "approved", "owner": "ann",
        "note_of_house": "abc", "created_at": "2030", "list": [1],
    }  # fmt: skip
    found = {one.name: one.value for one in wishes(target, operation, members)}
    assert found["role"] == "chief"
    assert found["paid"] is True
    assert found["score"] > 990_000
    assert found["rate"] > 990_000
    assert found["status"] == "premium"
    assert found["owner"] == "rita"
    assert found["note_of_house"] != "abc"
    assert found["isAdmin"] is True
    assert not {"id", "title", "created_at", "list"} & set(found)


def test_a_wish_is_fulfilled_by_its_very_value() -> None:
    assert Wish("a", True).fulfilled({"a": False}, {"a": True})
    assert not Wish("a", True).fulfilled({"a": False}, {"a": 1})
    assert not Wish("a", 1).fulfilled({"a": 1}, {"a": 1})
    assert not Wish("a", 1).fulfilled({}, {})
