"""Users, passwords and sessions: what strangers learn of them, how they are taken over, and when they end."""

import pytest
from guarded_notes import DESCRIPTION, Notes
from note_trials import flaws, identities, named, run

from yett.engine.probing.trial import tried
from yett.model.exchange import Request, Response
from yett.model.probe import Answer
from yett.model.rule import Severity
from yett.rules.probing.sessions import limited, said, slowed

HOLES = {
    "user-enumeration": ("enumeration", ["user-enumeration"]),
    "unlimited-guessing": ("guess", ["unlimited-guessing"]),
    "session-after-logout": ("logout", ["session-survives-logout"]),
    "password-change": ("takeover", ["bola-write", "weak-password-change"]),
}


@pytest.mark.parametrize("probe", HOLES)
@pytest.mark.parametrize("seed", [1, 5])
def test_the_hole_is_found(probe: str, seed: int) -> None:
    hole, expected = HOLES[probe]
    claims, outcome, _ = run(probe, [hole], seed=seed)
    assert flaws(claims) == expected
    assert all(one.proof and one.control for one in claims)
    assert outcome.sent_by[probe] <= named(probe).rule.requests


@pytest.mark.parametrize("probe", HOLES)
@pytest.mark.parametrize("weak", ["", "read write delete", "unverified"])
def test_a_careful_server_is_left_in_peace(probe: str, weak: str) -> None:
    assert flaws(run(probe, weak.split())[0]) == []


def test_a_change_of_one_s_own_password_is_no_takeover() -> None:
    claims, _, _ = run("password-change", ["lying"])
    assert flaws(claims) == ["weak-password-change"]


def test_the_old_password_is_asked_for_or_it_is_told() -> None:
    claims, _, _ = run("password-change", ["no-old"])
    assert {one.severity for one in claims} == {Severity.MEDIUM}
    assert {one.flaw.value for one in claims} == {"weak-password-change"}


def test_passwords_of_the_caller_s_users_stay() -> None:
    for probe in HOLES:
        _, _, api = run(probe, ["takeover", "no-old", "guess"])
        assert {name: api.users[name]["password"] for name in ("alice", "bob", "root")} == {
            name: f"{name}-Passw0rd" for name in ("alice", "bob", "root")
        }


def _timed(gap: float) -> list[str]:
    api = Notes(["guess"])

    def serve(request: Request) -> Response:
        response = api(request)
        known = request.target == b"/login" and any(name.encode() in request.body for name in api.users)
        return Response(
            status=response.status,
            fields=(*response.fields, (b"x-seconds", str(0.01 + gap * known).encode())),
            body=response.body,
        )

    outcome = tried(serve, DESCRIPTION, identities(api), [named("user-enumeration")])
    return [one.claim.place for one in outcome.found]


def test_users_are_told_by_time_where_the_gap_is_clear() -> None:
    assert _timed(0.1) == ["time"]
    assert _timed(0.005) == []


def test_without_registration_a_name_that_nobody_has_is_tried_and_weighs_little() -> None:
    description = DESCRIPTION.replace("/register:", "/unreachable:")
    claims, outcome, _ = run("unlimited-guessing", ["guess"], description=description)
    assert [one.severity for one in claims] == [Severity.LOW]
    assert flaws(run("user-enumeration", ["enumeration"], description=description)[0]) == ["user-enumeration"]
    for probe in ("password-change", "session-after-logout"):
        claims, outcome, _ = run(probe, ["takeover", "logout"], description=description)
        assert claims == []
        assert any(one.rule == probe for one in outcome.left)


def test_without_users_enumeration_says_so() -> None:
    description = DESCRIPTION.replace("/register:", "/unreachable:")
    _, outcome, _ = run("user-enumeration", names=[], description=description)
    assert any("no user is known" in one.why for one in outcome.left)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=429),
        Answer(status=200, body=b'{"m":"Too many tries"}'),
        Answer(status=200, fields=((b"Retry-After", b"3"),)),
    ],
)
def test_limits_are_recognised(answer: Answer) -> None:
    assert limited(answer)
    assert not limited(Answer(status=401, body=b'{"m":"wrong password"}'))


def test_delays_are_recognised() -> None:
    assert slowed([0.01] * 10 + [1.0] * 10)
    assert not slowed([0.01] * 20)
    assert not slowed([0.01, 2.0])


def test_what_is_said_is_compared_without_names_and_times() -> None:
    one = Answer(status=401, body=b'{"error":"no user alice","time":1}')
    other = Answer(status=401, body=b'{"time":2,"error":"no user bob"}')
    assert said(one, "alice", "") == said(other, "bob")
    assert said(Answer(status=200, body=b"hello eve"), "eve") == (200, "hello …")
