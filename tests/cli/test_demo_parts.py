"""The demo must not be able to say "as documented" where something else happened, and its shop must really be weak."""

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from yett.cli.demo import shop, stage
from yett.cli.demo.callers import Issuer, Wallet, request
from yett.cli.demo.scenarios import CUSTOMERS_OWN, SCENARIOS, Kind, Scenario
from yett.cli.demo.verdict import Played, differences, with_records
from yett.cli.demo.wire import Reply, call
from yett.formats.jose import parse
from yett.model.event import Event, Reason

WALLET = Wallet(alice="a", carol="c", revoked="r", bob="b.b.b", expired="e.e.e", forged="f.f.")
DEMO = Path(shop.__file__).parent


def reply(status: int, body: bytes = b"", request_id: str = "id") -> Reply:
    return Reply(status, {"x-request-id": request_id}, body, b"HTTP/1.1 %d X\r\n\r\n" % status + body)


def event(status: int, verdict: str = "allow", *rules: str, upstream: int = 0) -> Event:
    reasons = [Reason(rule, status, "because") for rule in rules]
    return Event(
        tag="gateway:request:allowed",
        status=status,
        verdict=verdict,
        reasons=reasons,
        enforced=len(rules),
        upstream_status=upstream,
        request_id="id",
    )


def denied(status: int = 400, rule: str = "http-syntax", times: int = 1, before: tuple[int, int] = (0, 0)) -> Scenario:
    return Scenario(
        kind=Kind.DENIED,
        caller="alice",
        title="tries",
        send=lambda _: b"",
        status=status,
        rule=rule,
        times=times,
        before=before,
        absent=(b"secret",),
    )


def test_what_happened_as_documented_differs_in_nothing() -> None:
    played = Played(denied(), (reply(400),), (event(400, "deny", "http-syntax"),))
    assert differences([played]) == []


@pytest.mark.parametrize(
    ("answer", "record", "what"),
    [
        (reply(200), event(200, "allow"), "answered [200], not 400"),
        (reply(400), None, "no record"),
        (reply(400), event(403, "deny", "http-syntax"), "the record says status 403"),
        (reply(400), event(400, "allow", "http-syntax"), "the record says allow, not deny"),
        (reply(400), event(400, "deny", "bounds"), "names bounds, not http-syntax"),
        (reply(400), event(400, "deny"), "names no rule"),
        (reply(400), event(400, "deny", "http-syntax", upstream=500), "it reached the shop"),
        (reply(400, b"the secret"), event(400, "deny", "http-syntax"), "tells secret"),
        (reply(400, b"by AcmeShop"), event(400, "deny", "http-syntax"), "tells AcmeShop"),
    ],
)
def test_every_difference_is_told(answer: Reply, record: Event | None, what: str) -> None:
    found = differences([Played(denied(), (answer,), (record,))])
    assert len(found) >= 1
    assert any(what in line for line in found), found


def test_an_objection_to_a_good_call_is_told() -> None:
    good = Scenario(kind=Kind.SERVED, caller="alice", title="looks", send=lambda _: b"", status=200)
    found = differences([Played(good, (reply(200),), (event(200, "allow", "cors"),))])
    assert found == ["alice looks: cors objected"]


@pytest.mark.parametrize(
    ("statuses", "well"),
    [
        ([401, 401, 429, 429], True),
        ([401, 401, 401, 429], True),  # a slow machine: the limit has refilled a little meanwhile
        ([401, 429, 429, 429], False),
        ([401, 401, 401, 401], False),
        ([401, 401, 200, 429], False),
        ([401, 401], False),
    ],
)
def test_a_series_ends_with_the_limit(statuses: list[int], well: bool) -> None:
    scenario = denied(429, "rate-limit", times=4, before=(401, 2))
    events = tuple(event(429, "deny", "rate-limit") if status == 429 else event(status) for status in statuses)
    found = differences([Played(scenario, tuple(reply(status) for status in statuses), events)])
    assert (found == []) is well


def test_records_that_never_come_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yett.cli.demo.verdict.PATIENCE", 0.0)
    found = with_records([Played(denied(), (reply(400),))], tmp_path)
    assert found[0].events == (None,)


def test_every_kind_is_shown_and_every_caller_has_a_name() -> None:
    assert {scenario.kind for scenario in SCENARIOS} == set(Kind)
    titles = [(scenario.caller, scenario.title) for scenario in SCENARIOS]
    assert len(set(titles)) == len(titles)
    for scenario in SCENARIOS:
        content = scenario.bytes_for(WALLET)
        assert b"\r\nHost: shop.example\r\n" in content
        fields = WALLET.fields(scenario.caller)
        assert (scenario.caller == "stranger") == (fields == ())
        assert all(field.encode() in content for field in fields)
        assert scenario.kind is not Kind.DENIED or scenario.rule


def test_the_policy_that_is_shipped_has_the_ports_that_are_replaced() -> None:
    text = (DEMO / "yett.yaml").read_text()
    for port in (stage.GATEWAY, stage.ADMIN, stage.SHOP):
        assert text.count(f"127.0.0.1:{port}") == 1
    operations = yaml.safe_load(text)["services"]["shop"]["operations"]
    contract = yaml.safe_load((DEMO / "openapi.yaml").read_text())
    declared = {
        method["operationId"] for path in contract["paths"].values() for method in path.values() if "operationId" in method
    }
    assert set(operations) <= declared


def test_tokens_are_signed_and_forged() -> None:
    issuer = Issuer()
    assert json.loads(issuer.key_set())["keys"][0]["crv"] == "Ed25519"
    good = parse(issuer.token("bob", 2_000_000_000).encode())
    assert good.header["alg"] == "EdDSA"
    header, _, signature = issuer.forged("bob", 2_000_000_000).split(".")
    assert header
    assert signature == ""


def test_requests_state_their_length() -> None:
    content = request("POST", "/v1/orders", "X-API-Key: k", body={"a": 1})
    assert content.endswith(b'\r\nContent-Length: 8\r\n\r\n{"a": 1}')
    assert b"Content-Length" not in request("GET", "/v1/orders")


# --- the shop ---------------------------------------------------------------------------------------------------------


def asks(method: str, target: str, body: object = None) -> tuple[int, str]:
    status, _, content = shop.answer(method, target, json.dumps(body).encode() if body is not None else b"")
    return status, content.decode()


def test_the_shop_gives_away_what_it_should_not() -> None:
    assert all(name.decode() in asks("GET", "/v1/customers/1")[1] for name in CUSTOMERS_OWN)
    assert "hunter2" in asks("GET", "/debug/environment")[1]
    status, text = asks("GET", "/v1/reports/sales?month=2025-01")
    assert (status, "Traceback" in text) == (500, True)


def test_the_shop_believes_what_it_is_told() -> None:
    before = dict(shop.CUSTOMERS[1])
    try:
        assert '"role": "owner"' in asks("PATCH", "/v1/customers/1", {"role": "owner"})[1]
    finally:
        shop.CUSTOMERS[1] = before
    status, text = asks("POST", "/v1/orders", {"customerId": 1, "productId": 1, "quantity": -1, "address": "x"})
    shop.ORDERS.pop(json.loads(text)["id"])
    assert status == 201
    assert json.loads(text)["total"] < 0


def test_the_shop_serves_good_calls() -> None:
    assert asks("GET", "/v1/products?category=kitchen&limit=1")[1].count('"id"') == 1
    assert asks("GET", "/v1/products/99")[0] == 404
    assert asks("GET", "/v2/products")[0] == 404
    assert asks("GET", "/v1/orders/1001")[0] == 200
    assert asks("GET", "/v1/reports/sales?month=2026-10")[0] == 200
    assert asks("POST", "/v1/login", {"name": "a", "password": "wrong"})[0] == 401
    assert asks("POST", "/v1/login", {"name": "a", "password": shop.PASSWORD})[0] == 200
    status, text = asks("POST", "/v1/products", {"name": "Rake", "price": 1, "category": "garden"})
    shop.PRODUCTS.pop(json.loads(text)["id"])
    assert status == 201


# --- the wire ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> "Callable[[bytes, int], int]":
    """Answers one connection with some bytes after having read so many."""

    def start(answer: bytes, after: int) -> int:
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            with listener, listener.accept()[0] as peer:
                received = 0
                while received < after and (piece := peer.recv(65_536)):
                    received += len(piece)
                peer.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    return start


def test_an_answer_is_read_by_its_length(server: Callable[[bytes, int], int]) -> None:
    port = server(b"HTTP/1.1 201 Made\r\nX-Request-Id: abc\r\nContent-Length: 2\r\n\r\nok", 1)
    got = call(port, b"GET / HTTP/1.1\r\n\r\n")
    assert (got.status, got.request_id, got.body) == (201, "abc", b"ok")


def test_an_answer_to_half_a_request_is_seen(server: Callable[[bytes, int], int]) -> None:
    port = server(b"HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n", 3)
    got = call(port, b"GET / HTTP/1.1\r\n\r\n", slow=0.02)
    assert got.status == 408


def test_the_id_of_a_refusal_is_in_its_body(server: Callable[[bytes, int], int]) -> None:
    body = b'{"status":400,"request_id":"0123456789abcdef"}'
    assert call(server(b"HTTP/1.1 400 No\r\n\r\n" + body, 1), b"x").request_id == "0123456789abcdef"


def test_no_answer_is_status_0(server: Callable[[bytes, int], int]) -> None:
    assert call(server(b"", 1), b"x").status == 0


def test_a_port_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(stage.StageError, match=f"port {port} is in use"), stage.staged(port):
            raise AssertionError("started")
