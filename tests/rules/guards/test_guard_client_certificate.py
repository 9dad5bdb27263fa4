"""Who a verified certificate is."""

import pytest
from identifying import Identifying, carrying, denied, named
from msgspec import ValidationError

from yett.model.exchange import TLSFacts
from yett.rules.guards import client_certificate

PRINT = "ab" * 32
FACTS = TLSFacts(
    version="TLSv1.3", subject="CN=billing,O=Example", names=("billing.example", "spiffe://example/billing"), fingerprint=PRINT
)


def identifying(*allow):
    return Identifying(client_certificate, {"client_certificate": {"allow": list(allow)}})


def presented(facts=FACTS):
    return carrying(tls=facts)


@pytest.mark.parametrize(
    "entry, name",
    [
        ({"fingerprint": PRINT}, PRINT),
        ({"fingerprint": ":".join(["AB"] * 32), "principal": "billing"}, "billing"),
        ({"name": "billing.example"}, "billing.example"),
        ({"name": "spiffe://example/billing", "principal": "billing"}, "billing"),
        ({"subject": "CN=billing,O=Example"}, "CN=billing,O=Example"),
    ],
)
def test_allowed(entry, name):
    identify = identifying({"name": "other.example"}, {**entry, "scopes": ["s"], "roles": ["r"]})
    principal = identify(presented())
    assert named(principal) == name
    assert (principal.scheme, principal.scopes, principal.roles) == ("client_certificate", {"s"}, {"r"})
    assert identify.evaluation.credential.facts == {"subject": "CN=billing,O=Example", "certificate": PRINT}
    assert identify.gaps == []


@pytest.mark.parametrize(
    "entry",
    [
        {"fingerprint": "cd" * 32},
        {"name": "illing.example"},
        {"name": "CN=billing,O=Example"},
        {"subject": "billing.example"},
        {"subject": "CN=billing"},
    ],
)
def test_not_allowed(entry):
    identify = identifying(entry)
    assert denied(identify(presented())) == "a certificate that is not allowed"
    assert identify.evaluation.credential.scheme == "client_certificate"


def test_no_certificate():
    identify = identifying({"name": "billing.example"})
    assert identify(carrying()) is None
    assert identify(carrying(tls=TLSFacts(version="TLSv1.3"))) is None


def test_everyone_with_a_certificate():
    identify = identifying()
    assert identify.gaps == ["allowed certificates"]
    assert named(identify(presented())) == "CN=billing,O=Example"
    assert named(identify(presented(TLSFacts(fingerprint=PRINT)))) == PRINT


@pytest.mark.parametrize("entry", [{}, {"name": "a", "subject": "b"}, {"fingerprint": "abc"}, {"name": ""}, {"principal": "a"}])
def test_options_that_make_no_sense(entry):
    with pytest.raises(ValidationError):
        identifying(entry)
