"""Hosts that belong to a service because a person said so."""

from collections.abc import Iterable

import pytest

from yett.engine.catalog import CatalogSettings, catalog
from yett.engine.catalog.belonging import gathered, homes
from yett.engine.catalog.correcting import Refused, assigned
from yett.engine.classes import built_in
from yett.engine.learning import Learning
from yett.formats.recordings.values import Recording
from yett.model.catalog import Catalog, Correction
from yett.model.catalog_store import Identity
from yett.model.exchange import Exchange, Request, Response


def learnt(*hosts: str) -> Learning:
    learning = Learning(CatalogSettings().learning, b"k" * 32, built_in())
    for host in hosts:
        for number in range(3):
            request = Request(method="GET", target=b"/users/%d" % (100 + number), fields=((b"Host", host.encode()),))
            exchange = Exchange(id="", source="har", started=1.0, request=request, response=Response(status=200))
            learning.add(Recording(exchange=exchange, sensor="har"))
    return learning


def made(
    learning: Learning, corrections: Iterable[Correction], known: Iterable[Identity] = ()
) -> tuple[Catalog, list[Identity]]:
    return catalog(learning, [], corrections, known, CatalogSettings(), built_in())


def said(host: str, service: str) -> Correction:
    return assigned([host], host, service)


def test_hosts_become_one_service_and_operations_keep_their_ids() -> None:
    learning = learnt("a.example", "b.example", "c.example")
    state = learning.state()
    before, identities = made(learning, [])
    assert {one.service for one in before.operations} == {"a.example", "b.example", "c.example"}
    after, _ = made(learning, [said("b.example", "a.example")], identities)
    assert [(one.service, one.count) for one in after.operations] == [("a.example", 6), ("c.example", 3)]
    assert next(one for one in after.services if one.name == "a.example").hosts == ("a.example", "b.example")
    ids = {one.id for one in before.operations}
    assert {one.id for one in after.operations} <= ids
    assert learning.state() == state
    assert made(learning, [], identities)[0] == before


def test_a_service_that_is_only_named() -> None:
    after, _ = made(learnt("a.example", "b.example"), [said("a.example", "shop"), said("b.example", "shop")])
    assert [(one.service, one.count) for one in after.operations] == [("shop", 6)]


def test_corrections_go_with_the_service() -> None:
    rename = Correction(kind="rename", service="a.example", template="/users/{x}", value="/users/{login}")
    after, _ = made(learnt("a.example"), [rename, said("a.example", "shop")])
    assert [one.template for one in after.operations] == ["/users/{login}"]


def test_chains_are_followed_and_circles_are_not() -> None:
    assert homes([said("a", "b"), said("b", "c")]) == {"a": "c", "b": "c"}
    assert homes([said("a", "b"), said("a", "c")]) == {"a": "c"}
    assert homes([said("a", "b"), said("b", "a"), said("c", "a")]) == {}
    services = {service.name: service for service in learnt("a", "b").services()}
    assert gathered(services, {}) == services


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(Refused, match=r"did you mean 'api\.example'"):
        assigned(["api.example"], "apis.example", "shop")
    with pytest.raises(Refused, match="another one than itself"):
        assigned(["api.example"], "api.example", "api.example")
    with pytest.raises(Refused, match="name the service"):
        assigned(["api.example"], "api.example", " ")
