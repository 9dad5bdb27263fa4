"""Objects of others: read, changed, deleted; and everything that only looks like it."""

import pytest
from guarded_notes import DESCRIPTION
from note_trials import flaws, named, run

from yett.model.rule import Severity


@pytest.mark.parametrize("probe, hole", [("bola-read", "read"), ("bola-write", "write"), ("bola-delete", "delete")])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_hole_is_found_with_its_proof_and_nothing_stays(probe: str, hole: str, seed: int) -> None:
    claims, outcome, api = run(probe, [hole], seed=seed)
    assert flaws(claims) == [probe]
    (claim,) = claims
    assert claim.identities == ("alice", "bob")
    assert claim.proof
    assert claim.control
    assert any(one.call.identity == "" for one in claim.control)
    assert (claim.severity or Severity.HIGH) is Severity.HIGH
    assert not api.notes
    assert outcome.sent_by[probe] <= named(probe).rule.requests


@pytest.mark.parametrize("probe", ["bola-read", "bola-write", "bola-delete"])
@pytest.mark.parametrize("weak", ["", "anonymous", "silent", "listed", "open", "enumeration"])
def test_what_only_looks_like_it_is_no_finding(probe: str, weak: str) -> None:
    claims, _, api = run(probe, weak.split())
    assert claims == []
    assert not api.notes


def test_what_lists_show_is_not_counted_and_what_they_hide_weighs_less() -> None:
    claims, _, _ = run("bola-read", ["listed", "read"])
    assert [one.severity for one in claims] == [Severity.MEDIUM]
    assert run("bola-read", ["open", "read"])[0] == []


@pytest.mark.parametrize("probe", ["bola-read", "bola-write", "bola-delete"])
def test_without_a_second_identity_a_user_is_registered_for_it(probe: str) -> None:
    claims, _, _ = run(probe, [probe.removeprefix("bola-")], names=["alice"])
    assert flaws(claims) == [probe]
    assert claims[0].identities[1].startswith("throwaway")


@pytest.mark.parametrize("probe", ["bola-read", "bola-write", "bola-delete"])
def test_without_any_identity_users_are_registered_or_nothing_is_claimed(probe: str) -> None:
    claims, _, _ = run(probe, [probe.removeprefix("bola-")], names=[])
    assert flaws(claims) in ([probe], [])


def test_the_owner_s_values_are_put_back_after_a_change() -> None:
    claims, _, _ = run("bola-write", ["write"])
    first = claims[0].control[0].answer.json()
    assert first["title"] not in claims[0].proof[1].answer.body.decode()


@pytest.mark.parametrize("probe, hole", [("bola-read", "anonymous"), ("bola-write", "anonymous-write")])
def test_what_needs_no_credential_is_told_where_the_description_says_nothing(probe: str, hole: str) -> None:
    silent = DESCRIPTION.replace("security: [{bearer: []}]\n", "")
    claims, _, api = run(probe, [hole], description=silent)
    assert flaws(claims) == ["anonymous-access"]
    assert claims[0].control
    assert not api.notes
    assert run(probe, [hole])[0] == []  # the probe of anonymous access tells it
    assert run(probe, description=silent)[0] == []


COPIES = """  /copies:
    get:
      parameters: [{name: noteId, in: query, required: true, schema: {type: string}}]
      responses: {"200": {description: note}}
  /admin/users:"""


@pytest.mark.parametrize("weak, expected", [("read", ["path noteId", "query noteId"]), ("", [])])
def test_ids_in_queries_are_tried_too(weak: str, expected: list[str]) -> None:
    claims, _, _ = run("bola-read", weak.split(), description=DESCRIPTION.replace("  /admin/users:", COPIES))
    assert [one.place for one in claims] == expected
