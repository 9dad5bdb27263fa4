"""Required scopes and roles."""

import msgspec
import pytest
from identifying import evaluated, ports
from small_view import SmallView, scope

from yett.model.decision import Stage
from yett.model.operation import ANONYMOUS, UNVERIFIED, Principal
from yett.rules.guards import require


def decided(options, principal):
    place = msgspec.structs.replace(scope(), ports=ports())
    (step,) = require.prepare(msgspec.convert(options, require.Options), place).steps
    assert step.stage is Stage.AUTHORIZE
    evaluation = evaluated()
    evaluation.principal = principal
    return step.run(SmallView(), evaluation)


def who(scopes=(), roles=(), scheme="api_key"):
    return Principal("alice", scheme, frozenset(scopes), frozenset(roles))


@pytest.mark.parametrize(
    "options, principal",
    [
        ({"scopes": ["a"]}, who(["a", "b"])),
        ({"scopes": ["a", "b"]}, who(["a", "b"])),
        ({"any_scope": ["a", "z"]}, who(["a"])),
        ({"roles": ["admin"]}, who([], ["admin", "staff"])),
        ({"any_role": ["admin", "staff"]}, who([], ["staff"])),
        ({"scopes": ["a"], "any_scope": ["b", "c"], "roles": ["r"], "any_role": ["r", "s"]}, who(["a", "c"], ["r"])),
    ],
)
def test_enough(options, principal):
    assert decided(options, principal) is None


@pytest.mark.parametrize(
    "options, principal, reason",
    [
        ({"scopes": ["a", "c", "b"]}, who(["a"]), "missing scopes: b c"),
        ({"scopes": ["a"]}, who(["A", "a:b", "aa"]), "missing scopes: a"),
        ({"any_scope": ["z", "y"]}, who(["a"]), "none of the scopes: y z"),
        ({"roles": ["admin"]}, who(["admin"], ["staff"]), "missing roles: admin"),
        ({"any_role": ["admin"]}, who(), "none of the roles: admin"),
        ({"scopes": ["a"]}, ANONYMOUS, "missing scopes: a"),
    ],
)
def test_not_enough(options, principal, reason):
    denial = decided(options, principal)
    assert (denial.rule, denial.status, denial.reason, denial.fields) == ("require", 403, reason, ())
    assert reason not in denial.title


def test_bearer_tokens_are_told_the_scope():
    denial = decided({"scopes": ["a", "b"], "any_scope": ["b", "c"]}, who(scheme="jwt"))
    assert denial.fields == ((b"WWW-Authenticate", b'Bearer error="insufficient_scope", scope="a b c"'),)
    denial = decided({"roles": ["r"]}, who(scheme="jwt"))
    assert denial.fields == ((b"WWW-Authenticate", b'Bearer error="insufficient_scope"'),)


def test_our_own_outage_is_not_the_callers_fault():
    denial = decided({"scopes": ["a"]}, UNVERIFIED)
    assert denial.status == 503
    assert dict(denial.fields)[b"Retry-After"] == b"30"


def test_nothing_required_costs_nothing():
    place = msgspec.structs.replace(scope(), ports=ports())
    assert require.prepare(require.Options(), place).steps == ()


@pytest.mark.parametrize("text", ["", "a b", 'a"b', "a\\b", "a\n", "é", "a\x7f"])
def test_scopes_that_cannot_exist(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"scopes": [text]}, require.Options)
