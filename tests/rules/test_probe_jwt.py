"""Tokens that were forged: taken where a check is missing, refused everywhere else."""

import pytest
from guarded_notes import DESCRIPTION, STRONG, Notes
from note_trials import flaws, identities, named, run

from yett.engine.probing.trial import Pure, target_of, tried
from yett.formats import forging
from yett.rules.probing.bearing import Bearer, bearer, garbage
from yett.rules.probing.identity import Identity
from yett.rules.probing.weak_secrets import weak_secrets

PLACES = {
    "unverified": "token signature",
    "none": "token alg",
    "stripped": "token signature",
    "jwk": "token jwk",
    "kid": "token kid",
}


@pytest.mark.parametrize("hole", PLACES)
def test_each_way_of_forging_is_found_once(hole: str) -> None:
    claims, outcome, _ = run("jwt-unverified", [hole])
    assert [(one.flaw.value, one.place) for one in claims] == [("jwt-unverified", PLACES[hole])]
    assert claims[0].control[0].answer.status == 200
    assert claims[0].control[1].answer.status == 401
    assert outcome.sent_by["jwt-unverified"] < 30


@pytest.mark.parametrize("probe", ["jwt-unverified", "jwt-weak-secret"])
@pytest.mark.parametrize("weak", ["", "read", "anonymous", "enumeration", "exp aud"])
def test_careful_servers_are_left_in_peace(probe: str, weak: str) -> None:
    assert run(probe, weak.split())[0] == []


@pytest.mark.parametrize("secret", [b"secret", b"random", b"my-secret-key", b"Password123", b"", b"supersecretkey"])
def test_a_secret_of_ordinary_words_is_found_and_not_told(secret: bytes) -> None:
    claims, _, _ = run("jwt-weak-secret", secret=secret)
    assert flaws(claims) == ["jwt-weak-secret"]
    assert [one.place for one in claims] == ["token signature"]
    if len(secret) > 1:
        assert secret.decode() not in claims[0].text


def test_a_strong_secret_is_not_found() -> None:
    assert STRONG not in set(weak_secrets(("notes", "Notes")))
    assert run("jwt-weak-secret")[0] == []
    assert len(set(weak_secrets())) == len(list(weak_secrets())) > 10_000
    assert b"Acme123" in set(weak_secrets(("Acme", "x" * 80)))


@pytest.mark.parametrize("hole", ["exp", "aud"])
def test_claims_that_nobody_checks(hole: str) -> None:
    claims, _, _ = run("jwt-weak-secret", [hole], secret=b"secret")
    assert f"token {hole}" in [one.place for one in claims if one.flaw.value == "jwt-claims-unchecked"]


def test_a_target_that_fetches_keys_is_heard() -> None:
    api = Notes()
    pure = Pure(api)

    def serve(request):  # type: ignore[no-untyped-def]
        line = next((value.decode() for key, value in request.fields if key.lower() == b"authorization"), "")
        token = forging.read(line.removeprefix("Bearer "))
        if token is not None and "jku" in token.header:
            pure.listened.append(token.header["jku"])
        return api(request)

    pure.serve = serve
    outcome = tried(serve, DESCRIPTION, identities(api), [named("jwt-unverified")], pure=pure)
    assert [one.claim.place for one in outcome.found] == ["token jku"]


def test_a_token_is_found_in_any_field_and_never_shown() -> None:
    text = forging.signed({"alg": "HS256"}, {"sub": "1"}, b"k")
    target = target_of("{openapi: 3.0.3, info: {title: a, version: '1'}, paths: {}}")
    target.add(Identity(name="opaque", credential=(("X-Key", "abc"),)))
    assert bearer(target) is None
    target.add(Identity(name="carol", credential=(("X-A", "b"), ("Cookie", f"a=b; session={text}"))))
    found = bearer(target)
    assert isinstance(found, Bearer)
    assert text not in repr(found)
    assert found.carrying("T")[1] == ("Cookie", "a=b; session=T")


def test_garbage_keeps_the_form() -> None:
    one = Identity(
        name="a", credential=(("Authorization", "Bearer abcdefghijkl"), ("Cookie", "s=1234567890; t=abcdefgh"), ("X-Key", "k"))
    )
    made = garbage(one, "qwert")
    assert made[0] == ("Authorization", "Bearer qwertqwertqw")
    assert made[1] == ("Cookie", "s=qwertqwert; t=qwertqwe")
    assert made[2] == ("X-Key", "qwertqwe")
