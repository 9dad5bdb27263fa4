"""The one check that all ways to authenticate become, on its own; with a policy around it in tests/engine/test_compile.py."""

from typing import cast

import pytest

from yett.model.decision import Authenticate, Denial, Evaluation, Mode, Outcome, VerifyPassword, Wait
from yett.model.exchange import View
from yett.model.operation import ANONYMOUS, UNVERIFIED, Operation, Principal
from yett.rules.guards.authentication_required import RULE, Method, Options, combine, prepare

VIEW = cast("View", object())
ALICE = Principal("alice", "api_key")
BAD = Denial("api-key", 401, "unknown")
WORSE = Denial("jwt", 401, "expired", fields=((b"WWW-Authenticate", b'Bearer error="invalid_token"'),))
WAIT = Wait(VerifyPassword("hash", b"password"))

Said = Principal | Denial | Wait | None


def method(said: Said, mode: Mode = Mode.ENFORCE, challenge: bytes = b"ApiKey") -> Method:
    return Method("rule", cast("Authenticate", lambda view, evaluation: said), challenge, mode)


def outcome(*methods: Method, mode: Mode | None = Mode.ENFORCE) -> tuple[Outcome, Evaluation]:
    evaluation = Evaluation(Operation("o", "s", "GET", "/"), 0.0, 0.0)
    return combine(methods, mode)(VIEW, evaluation), evaluation


@pytest.mark.parametrize(
    ("said", "principal"),
    [
        ((ALICE,), ALICE),
        ((None, ALICE), ALICE),
        ((BAD, ALICE), ALICE),
        ((ALICE, BAD), ALICE),
        ((ANONYMOUS, ALICE), ALICE),
        ((ANONYMOUS, None), ANONYMOUS),
        ((UNVERIFIED, ANONYMOUS), UNVERIFIED),
    ],
)
def test_the_first_good_credential_wins(said: tuple[Said, ...], principal: Principal) -> None:
    found, evaluation = outcome(*map(method, said))
    assert found is None
    assert evaluation.principal is principal
    assert evaluation.would is None


def test_no_credential_at_all() -> None:
    found, _ = outcome(method(None, challenge=b"ApiKey"), method(None, challenge=b"Bearer"), method(None, challenge=b"ApiKey"))
    assert isinstance(found, Denial)
    assert (found.rule, found.status) == (RULE.id, 401)
    assert found.fields == ((b"WWW-Authenticate", b"ApiKey"), (b"WWW-Authenticate", b"Bearer"))


def test_a_bad_credential_is_refused_by_its_own_rule() -> None:
    found, _ = outcome(method(None), method(BAD), method(WORSE), method(ANONYMOUS))
    assert isinstance(found, Denial)
    assert (found.rule, found.fields) == ("api-key", ((b"WWW-Authenticate", b"ApiKey"),))


def test_a_challenge_of_a_guards_own_is_kept() -> None:
    found, _ = outcome(method(WORSE))
    assert found is WORSE


def test_outages_name_no_challenge() -> None:
    outage = Denial("jwt", 503, "no keys")
    assert outcome(method(outage))[0] is outage


def test_waiting() -> None:
    assert outcome(method(None), method(WAIT), method(ALICE))[0] is WAIT


def test_recorded_credentials_are_as_if_not_presented() -> None:
    found, evaluation = outcome(method(BAD, Mode.MONITOR), method(None))
    assert isinstance(found, Denial) and found.rule == RULE.id
    assert evaluation.would == [BAD]
    found, evaluation = outcome(method(BAD, Mode.MONITOR), method(ANONYMOUS))
    assert (found, evaluation.would) == (None, [BAD])


def test_recorded_or_off() -> None:
    found, evaluation = outcome(method(None), mode=Mode.MONITOR)
    assert found is None
    assert [denial.rule for denial in evaluation.would or []] == [RULE.id]
    found, evaluation = outcome(method(None), mode=None)
    assert (found, evaluation.would) == (None, None)


def test_alone_it_prepares_nothing() -> None:
    assert prepare(Options(), cast("None", None)).steps == ()  # type: ignore[arg-type]
