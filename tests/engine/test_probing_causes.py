"""One cause is one finding: what one switch explains at many operations is told once, names them all, and keeps its fingerprint."""

from typing import Any

import msgspec
import pytest

from yett.engine.probing.again import Wanted
from yett.engine.probing.drive import Driver
from yett.engine.probing.report import called, joined, reported
from yett.engine.probing.trial import Pure, replies, target_of
from yett.formats.reports.proofs import Run
from yett.formats.reports.proven_json import proven_json, read_proven_json
from yett.formats.reports.values import Reported
from yett.model.exchange import Request, Response
from yett.model.probe import Call, Claim, Exchanged, Flaw, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.target import Operation, Target
from yett.rules.registry import Probe, probes

TRACE = 'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in handle\nValueError: no'
JAVA = "java.lang.Error\n\tat com.example.Shop.sell(Shop.java:77)"


def contract(*names: str) -> str:
    paths = "".join(
        f"""
  /{name}:
    get:
      operationId: {name}
      parameters: [{{name: q, in: query, schema: {{type: string, example: x}}, required: true}}]
      responses: {{"200": {{description: ok}}}}
"""
        for name in names
    )
    return f'openapi: 3.0.3\ninfo: {{title: Loud, version: "1"}}\npaths:{paths}'


class Loud:
    """Shows a trace where a quote is sent. texts: which one, by path; fixed where there is none."""

    def __init__(self, **texts: str) -> None:
        self.texts, self.asked = texts, list[str]()

    def __call__(self, request: Request) -> Response:
        path, _, query = request.target.decode().partition("?")
        self.asked.append(path)
        if path[1:] not in self.texts:
            return replies(404, {"error": "no"})
        text = self.texts[path[1:]]
        return replies(500, {"error": text}) if text and "%27" in query else replies(200, {"of": path})


def run(server: Loud, *names: str, only: Wanted | None = None) -> list[Reported]:
    pure = Pure(server)
    driver = Driver(target_of(contract(*names)), [probes()["verbose-errors-live"]], pure.clock, strict=True, only=only)
    return reported(pure.drive(driver), driver.target, 0.0)


def wanted(one: Reported) -> Wanted:
    assert one.proof is not None
    return Wanted(
        flaw=one.proof.flaw,
        method=one.proof.method,
        template=one.proof.template,
        place=one.finding.place,
        calls=tuple(called(step) for step in (*one.proof.steps, *one.proof.control)),
        also=one.proof.also,
        fingerprint=one.finding.fingerprint,
    )


def test_one_kind_of_trace_is_one_finding_that_names_all_operations() -> None:
    server = Loud(a=TRACE, b=TRACE, c=JAVA, d="")
    found = run(server, "a", "b", "c", "d")
    assert [(one.finding.operation, one.proof and one.proof.also) for one in found] == [
        ("GET /a", ("GET /b",)),
        ("GET /c", ()),
    ]
    assert any("GET /b" in reason for reason in found[0].finding.reasons)
    assert not any("also seen" in reason for reason in found[1].finding.reasons)


def test_the_fingerprint_does_not_depend_on_which_operation_came_first() -> None:
    texts = {"a": TRACE, "b": TRACE}
    first, second = run(Loud(**texts), "a", "b"), run(Loud(**texts), "b", "a")
    assert first[0].finding.operation != second[0].finding.operation
    assert first[0].finding.fingerprint == second[0].finding.fingerprint == run(Loud(b=TRACE), "b")[0].finding.fingerprint
    assert first[0].finding.fingerprint != run(Loud(a=JAVA), "a")[0].finding.fingerprint


@pytest.mark.parametrize("still", ["a", "b", ""])
def test_it_is_looked_for_again_wherever_it_was_seen(still: str) -> None:
    before = run(Loud(a=TRACE, b=TRACE, z=""), "a", "b", "z")[0]
    server = Loud(**{"a": "", "b": "", "z": "", **({still: TRACE} if still else {})})
    again = run(server, "a", "b", "z", only=wanted(before))
    assert [one.finding.fingerprint for one in again] == ([before.finding.fingerprint] if still else [])
    assert "/z" not in server.asked


def test_reports_keep_the_operations_and_a_resumed_run_adds_its_own() -> None:
    one = run(Loud(a=TRACE, b=TRACE), "a", "b")[0]
    (read,) = read_proven_json(proven_json([one], Run(target="http://x.invalid", version="0")).encode())
    assert read.proof is not None
    assert read.proof.also == ("GET /b",)
    later = run(Loud(c=TRACE), "c")[0]
    whole = joined(read, later)
    assert whole.proof is not None
    assert (whole.finding.operation, whole.proof.also) == ("GET /c", ("GET /a", "GET /b"))
    assert "GET /a" in whole.finding.reasons[-1]
    assert joined(one, one) is one
    assert joined(msgspec.structs.replace(one, proof=None), later) is later


def test_the_gravest_of_a_cause_is_shown_and_many_are_counted() -> None:
    names = [f"n{number}" for number in range(20)]

    def claims(target: Target, operation: Operation) -> Probing:
        call = Call(method="GET", path=operation.template)
        answer: Any = yield Send(call)
        step = Exchanged(call, answer)
        grave = Severity.HIGH if operation.id == "n7" else None
        yield Claim(flaw=Flaw.VERBOSE_ERROR, text="x", proof=(step,), uncontrolled="a test", severity=grave, cause="a switch")

    rule = msgspec.structs.replace(probes()["verbose-errors-live"].rule, id="test-switch")
    pure = Pure(Loud(**dict.fromkeys(names, "")))
    probe = Probe(rule=rule, begin=claims, manual="x")
    driver = Driver(target_of(contract(*names)), [probe], pure.clock, strict=True)
    known: dict[int, Reported] = {}
    outcome = pure.drive(driver)
    (one,) = reported(outcome, driver.target, 0.0, known)
    assert (one.finding.operation, one.finding.severity) == ("GET /n7", Severity.HIGH)
    assert one.proof is not None
    assert len(one.proof.also) == 19
    assert any("and 7 more" in reason for reason in one.finding.reasons)
    assert reported(outcome, driver.target, 0.0, known) == [one]
    outcome.found[0] = msgspec.structs.replace(outcome.found[0], also=())
    assert reported(outcome, driver.target, 0.0, known)[0].proof != one.proof
