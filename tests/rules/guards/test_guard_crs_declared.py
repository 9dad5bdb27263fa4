"""`in_declared: leave`: at places that the contract declares the own rules have the last word, and only there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yett.engine.compile import compile_policy
from yett.engine.recorded import Replayed, replay
from yett.model.exchange import Exchange, Fields, Request
from yett.model.mistake import PolicyErrors
from yett.model.ports import Ports
from yett.store.bundle import load_bundle
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NOW = 1_750_000_000.0
RULES = r"""
SecDefaultAction "phase:2,log,pass"
SecAction "id:900,phase:1,pass,nolog,setvar:'tx.blocking_inbound_anomaly_score=0'"
SecRule REQUEST_COOKIES|REQUEST_HEADERS|!REQUEST_HEADERS:Cookie|REQUEST_FILENAME|ARGS|ARGS_NAMES|XML:/* "@rx (?i)order\s+by|session" "id:942190,phase:2,block,\
    t:none,t:urlDecodeUni,tag:'attack-sqli',severity:'CRITICAL',setvar:'tx.blocking_inbound_anomaly_score=+5'"
SecRule ARGS "@rx \x01" "id:920270,phase:2,block,tag:'attack-protocol',severity:'CRITICAL',\
    setvar:'tx.blocking_inbound_anomaly_score=+5'"
SecRule TX:blocking_inbound_anomaly_score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403"
"""
CONTRACT = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    post:
      operationId: addNote
      parameters:
        - {name: q, in: query, schema: {type: string}}
        - {name: session, in: query, schema: {type: string}}
        - {name: X-Note, in: header, schema: {type: string}}
        - {name: memo, in: cookie, schema: {type: string}}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                note: {type: string}
                session: {type: string}
                any: {}
                lines: {type: array, items: {type: object, properties: {text: {type: string}}}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {note: {type: string}}}
          application/xml: {}
      responses: {"200": {description: Done}}
  /notes/session/{id}:
    post:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {}}}
      responses: {"200": {description: Done}}
"""
LEAVE = {"in_declared": "leave"}
WORDS = "in order by name"
Judge = Callable[..., Replayed]


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    (tmp_path / "crs" / "rules").mkdir(parents=True)
    (tmp_path / "crs" / "rules" / "rules.conf").write_text(RULES)
    (tmp_path / "openapi.yaml").write_text(CONTRACT)

    def judge(request: Request, options: dict[str, Any] = LEAVE, **service: Any) -> Replayed:
        told = {
            "upstream": {"targets": ["http://127.0.0.1:9"]},
            "mode": "enforce",
            "contract": {"file": "openapi.yaml", "requests": "monitor"},
            "attacks": {"mode": "enforce"},
            "crs": {"directory": "crs", **options},
        }
        path = tmp_path / "yett.yaml"
        path.write_text(json.dumps({"services": {"api": told | service}}))
        bundle = load_bundle(path)
        ports = Ports(counters=LocalCounters(), keys=KeyRing(bundle.keys), secrets=bundle.secrets, files=bundle.files)
        return replay(compile_policy(bundle, ports), Exchange(id="1", source="test", started=NOW, request=request), NOW)

    return judge


def post(body: bytes = b"", media: str = "application/json", target: str = "/notes", *fields: tuple[bytes, bytes]) -> Request:
    length = (b"Content-Length", str(len(body)).encode())
    sent: Fields = ((b"Host", b"a"), (b"Content-Type", media.encode()), length, *fields)
    return Request(method="POST", target=target.encode(), fields=sent, body=body)


def document(value: Any) -> Request:
    return post(json.dumps(value).encode())


DECLARED = {
    "a text": document({"note": WORDS}),
    "a name": document({"session": "x"}),
    "in a list": document({"lines": [{"text": "fine"}, {"text": WORDS}]}),
    "a parameter": post(b"{}", target="/notes?q=in+order+by+name"),
    "a parameter's name": post(b"{}", target="/notes?%73ession=1"),
    "a field": post(b"{}", "application/json", "/notes", (b"X-Note", WORDS.encode())),
    "a cookie": post(b"{}", "application/json", "/notes", (b"Cookie", b"memo=" + WORDS.encode())),
    "a form": post(b"note=in+order+by+name", "application/x-www-form-urlencoded"),
}
OTHER = {
    "a name that is not declared": document({"other": WORDS}),
    "what may be anything": document({"any": WORDS}),
    "below what may be anything": document({"any": {"note": WORDS}}),
    "a dot in a name that reads like a step": document({"lines": [], "lines.array_0.text": WORDS}),
    "an index as a name": document({"any": {"array_0": WORDS}}),
    "a value of another type": document({"note": {"note": WORDS}}),
    "a parameter that is not declared": post(b"{}", target="/notes?w=in+order+by+name"),
    "a name of a parameter in the body": post(b"q=in+order+by+name&q=1", "application/x-www-form-urlencoded", "/notes?q=1"),
    "the path": post(b"{}", target="/notes/session/1"),
    "another field": post(b"{}", "application/json", "/notes", (b"X-Other", WORDS.encode())),
    "another cookie": post(b"{}", "application/json", "/notes", (b"Cookie", b"other=" + WORDS.encode())),
    "XML": post(f"<note>{WORDS}</note>".encode(), "application/xml"),
    "a rule on how requests are written": document({"note": "\x01"}),
    "an invalid document": document({"note": WORDS, "lines": 1}),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_match_at_a_declared_place_is_left_to_the_own_rules(judged: Judge, name: str) -> None:
    assert judged(DECLARED[name]).denial is None
    assert judged(DECLARED[name], {"in_declared": "count"}).denial is not None


@pytest.mark.parametrize("name", OTHER)
def test_elsewhere_it_counts(judged: Judge, name: str) -> None:
    found = judged(OTHER[name]).denial
    assert found is not None
    assert found.rule.startswith("crs-9")


def test_an_attack_at_a_declared_place_is_denied_by_the_own_rules(judged: Judge) -> None:
    found = judged(document({"note": "1' union select password from users order by 1 -- "})).denial
    assert found is not None
    assert found.rule == "sql-injection"


def test_without_a_contract_every_match_counts(judged: Judge) -> None:
    assert judged(DECLARED["a text"], contract=None).denial is not None


@pytest.mark.parametrize("attacks", [False, {"mode": "monitor"}])
def test_what_is_left_to_the_own_rules_must_be_enforced_by_them(judged: Judge, attacks: Any) -> None:
    with pytest.raises(PolicyErrors, match="leaves something to `attacks`, which is not enforced"):
        judged(DECLARED["a text"], attacks=attacks)


def test_where_nothing_acts_nothing_needs_to_be_enforced(judged: Judge) -> None:
    assert judged(DECLARED["a text"], LEAVE | {"mode": "monitor"}, attacks={"mode": "monitor"}).denial is None
