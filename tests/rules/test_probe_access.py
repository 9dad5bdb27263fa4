"""Functions, credentials and answers: who may call what, with what, and what they are told."""

import pytest
from guarded_notes import DESCRIPTION
from note_trials import flaws, named, run

from yett.engine.probing.trial import header, replies, target_of, tried
from yett.model.exchange import Request, Response
from yett.model.rule import Severity
from yett.rules.probing.identity import Identity
from yett.rules.probing.roles import administrative
from yett.rules.probing.sensitive import internal, masked, sort_of

HOLES = {
    "bfla": ("bfla", ["bfla", "bfla"]),
    "excessive-data": ("hash", ["excessive-data"]),
    "broken-authentication": ("garbage", ["broken-authentication"]),
    "credentials-in-url": ("token-in-url", ["credentials-in-url"]),
}


@pytest.mark.parametrize("probe", HOLES)
@pytest.mark.parametrize("seed", [1, 4])
def test_the_hole_is_found_and_nothing_stays(probe: str, seed: int) -> None:
    hole, expected = HOLES[probe]
    claims, outcome, api = run(probe, [hole], seed=seed)
    assert flaws(claims) == expected
    assert all(one.proof for one in claims)
    assert not api.notes
    assert outcome.sent_by[probe] <= 60


@pytest.mark.parametrize("probe", HOLES)
@pytest.mark.parametrize("weak", ["", "read write delete", "anonymous", "enumeration", "assign", "unverified"])
def test_a_careful_server_is_left_in_peace(probe: str, weak: str) -> None:
    assert run(probe, weak.split())[0] == []


@pytest.mark.parametrize("names", [["alice"], ["alice", "bob"], []])
def test_functions_without_an_administrator_to_compare_with(names: list[str]) -> None:
    claims, _, _ = run("bfla", ["bfla"], names=names)
    assert "bfla" in flaws(claims)
    assert run("bfla", names=names)[0] == []


def test_an_administrator_alone_is_no_ordinary_user() -> None:
    claims, _, _ = run("bfla", ["bfla"], names=["root"])
    assert all("root" not in one.identities[:1] for one in claims)


@pytest.mark.parametrize(("roles", "found"), [((), []), (("admin",), []), (("user",), ["bfla"])])
def test_nothing_says_that_an_only_caller_without_a_role_is_ordinary(roles: tuple[str, ...], found: list[str]) -> None:
    def serve(request: Request) -> Response:
        if request.target != b"/admin/users":
            return replies(404, {"error": "there is nothing here"})
        known = header(request, "authorization")
        return (
            replies(200, [{"name": "Orla", "email": "orla@mail.example"}, {"name": "Piet", "email": "piet@mail.example"}])
            if known
            else replies(401, {"error": "who are you?"})
        )

    one = Identity(name="operator", roles=roles, credential=(("Authorization", "Basic b3A6b3A="),))
    outcome = tried(serve, PATHS, [one], [named("bfla")])
    assert sorted({str(each.claim.flaw) for each in outcome.found}) == found


PATHS = """
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /admin/users: {get: {responses: {"200": {description: a}}}}
  /order-management/orders: {get: {responses: {"200": {description: a}}}}
  /staff/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {"200": {description: a}}}}
  /staff: {get: {responses: {"200": {description: a}}}}
  /staff/users: {get: {responses: {"200": {description: a}}}}
  /users: {get: {summary: All users (Only Admins), responses: {"200": {description: a}}}}
  /api/admin-panel/stats: {get: {responses: {"200": {description: a}}}}
"""


def test_what_is_for_administrators() -> None:
    found = {one.template for one in target_of(PATHS).operations if administrative(one)}
    assert found == {"/admin/users", "/staff/users", "/users", "/api/admin-panel/stats"}


TELLING = """
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /people:
    get: {responses: {"200": {description: a, content: {application/json: {schema: {type: array, items: {allOf: [
      {type: object, properties: {name: {type: string}}}, {type: object, properties: {email: {type: string}}}]}}}}}}}
  /keys:
    get: {responses: {"200": {description: a}}}
  /mine:
    get: {responses: {"200": {description: a, content: {application/json: {schema: {type: object, properties: {
      api_key: {type: string}}}}}}}}
"""


def _told(path: str, value: object) -> list[tuple[str, Severity | None]]:
    def serve(request: Request) -> Response:
        return replies(200, value) if request.target.decode() == path else replies(404, {"error": "not found"})

    outcome = tried(
        serve, TELLING, [Identity(name="a", credential=(("Authorization", "Bearer a"),))], [named("excessive-data")]
    )
    return [(one.claim.text, one.claim.severity) for one in outcome.found]


def test_what_answers_tell() -> None:
    key = "9f8b7c6d5e4f3a2b1c0d"
    assert _told("/people", [{"name": "a", "password": "pass1"}]) == [("Answers hold password.", Severity.CRITICAL)]
    assert _told("/people", [{"name": "a", "password": "********"}]) == []
    assert _told("/people", [{"name": "a", "email": "a@mail.example"}]) == []
    assert _told("/people", [{"name": "a", "ssn": "078-05-1120"}]) == [("Answers hold ssn.", Severity.HIGH)]
    assert _told("/people", [{"name": "a", "cost_price": 31.5}]) == [("Answers hold cost_price.", Severity.MEDIUM)]
    assert _told("/people", [{"name": "a", "api_key": key}]) == [("Answers hold api_key.", Severity.HIGH)]
    assert _told("/keys", [{"name": "a", "api_key": key}]) == []
    assert _told("/mine", {"cost_price": 3, "colour": "red"}) == [("Answers hold cost_price.", Severity.MEDIUM)]


def test_names_and_values_tell_together() -> None:
    assert sort_of("password", "pass1") is not None
    assert sort_of("passwordHash", "hello") is None
    assert sort_of("next_page_token", "9f8b7c6d5e4f3a2b1c0d") is None
    assert sort_of("title", "anything") is None
    assert sort_of("password", None) is None
    assert internal("internalNote")
    assert not internal("note")
    assert masked("****1234")
    assert not masked("1234")


def test_credentials_that_the_description_wants_in_the_url() -> None:
    description = DESCRIPTION.replace(
        "  /me:\n    get: {",
        "  /me:\n    get: {security: [], parameters: [{name: access_token, in: query, required: true, schema: {type: string}}], ",
    )
    claims, _, _ = run("credentials-in-url", ["token-in-url"], description=description)
    assert [one.template for one in claims] == ["/me"]


KEYED = """
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /mine:
    get:
      parameters: [{name: X-Auth-Token, in: header, required: true, schema: {type: string, example: SAMPLE}}]
      responses: {"200": {description: a}}
"""


def test_a_credential_that_is_declared_as_a_parameter_is_sent_once() -> None:
    sent: list[list[bytes]] = []

    def serve(request: Request) -> Response:
        sent.append([value for name, value in request.fields if name.lower() == b"x-auth-token"])
        return replies(200, {"name": "Orla"}) if sent[-1] == [b"t1"] else replies(401, {"error": "who are you?"})

    one = Identity(name="orla", credential=(("X-Auth-Token", "t1"),))
    tried(serve, KEYED, [one], [named("anonymous-access")])
    assert [b"t1"] in sent
    assert [] in sent
    assert all(len(each) < 2 and b"SAMPLE" not in each for each in sent)
