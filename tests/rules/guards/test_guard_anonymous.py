"""Anonymous access beside other methods."""

import pytest
from identifying import Identifying, carrying, run_policy

from yett.model.operation import ANONYMOUS
from yett.model.rule import Example
from yett.rules.guards import anonymous

REQUEST = "GET / HTTP/1.1\nHost: api.example\n%s\n\n"


def test_nobody_has_no_name():
    identify = Identifying(anonymous, {"anonymous": {}})
    assert identify(carrying()) == ANONYMOUS
    assert identify.step.challenge == b""


def test_scopes_for_everyone():
    principal = Identifying(anonymous, {"anonymous": {"scopes": ["read"], "roles": ["guest"]}})(carrying())
    assert (principal.id, principal.scheme, principal.scopes, principal.roles) == ("", "anonymous", {"read"}, {"guest"})


@pytest.mark.parametrize("entries", ["[{api_key: {header: X-Key}}, anonymous]", "[anonymous, {api_key: {header: X-Key}}]"])
def test_the_order_does_not_matter(entries):
    policy = f"authenticate: {entries}"
    outcome, evaluation = run_policy(Example(request=REQUEST % "Accept: */*", policy=policy))
    assert outcome is None
    assert evaluation.principal == ANONYMOUS
    outcome, _ = run_policy(Example(request=REQUEST % "X-Key: wrong", policy=policy))
    assert (outcome.status, outcome.rule) == (401, "api-key")
