"""The demo's traffic, decided live by the gateway and offline by `yett decide`'s engine: the same verdicts, by the same rules."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from yett.cli.demo.scenarios import SCENARIOS, Kind
from yett.cli.demo.stage import staged
from yett.cli.demo.verdict import Played, with_records
from yett.cli.demo.wire import call
from yett.cli.trying import Wanted, trial_of
from yett.engine.trial import Row, Trial
from yett.formats.recordings import read_raw
from yett.model.event import Event
from yett.model.exchange import Response

Pair = tuple[str, Event, Row]


def _offline(trial: Trial, content: bytes, event: Event, answer: Response | None) -> Row:
    recording = read_raw(content, event.time, strict=True)
    if recording.exchange is not None:
        exchange = msgspec.structs.replace(recording.exchange, address=event.address, response=answer)
        recording = msgspec.structs.replace(recording, exchange=exchange, timed=True)
    return trial.row(recording, "demo", 0)


def _answer(port: int, content: bytes) -> Response:
    """What the shop itself answers; asking changes nothing."""
    reply = call(port, content)
    fields = tuple((name.encode(), value.encode()) for name, value in reply.fields.items())
    return Response(status=reply.status, fields=fields, body=reply.body)


@pytest.fixture(scope="module")
def decided() -> Iterator[list[Pair]]:
    """(title, live record, offline row) of every call, in the order in which they were made."""
    with staged(None) as stage:
        played, sent = [], []
        for scenario in SCENARIOS:
            if scenario.slow:
                continue  # slowness is not recorded
            content = scenario.bytes_for(stage.wallet)
            played.append(Played(scenario, tuple(call(stage.gateway, content) for _ in range(scenario.times))))
            sent.append(content)
        trial, _ = trial_of(Wanted(policy=Path(stage.policy), stateless=False))
        pairs = []
        for one, content in zip(with_records(played, stage.log), sent, strict=True):
            for event in one.events:
                assert event is not None
                asked = event.upstream_status and event.method == "GET"
                answer = _answer(stage.shop, content) if asked else None
                pairs.append((one.scenario.title, event, _offline(trial, content, event, answer)))
        yield pairs


def test_verdicts_agree(decided: list[Pair]) -> None:
    assert len(decided) > 100
    live = [(title, event.verdict, "allow" if _is_changed(event) else event.would) for title, event, _ in decided]
    assert [(title, row.action, row.verdict) for title, _, row in decided] == live


def _is_changed(event: Event) -> bool:
    """Whether all that a record says of an exchange is what was, or would be, changed in its response."""
    rules = {reason.rule for reason in event.reasons}
    return event.verdict == "allow" and rules <= {"contract-response", "error-sanitising"}


def test_rules_and_statuses_agree(decided: list[Pair]) -> None:
    for title, event, row in decided:
        if event.verdict != "deny":
            continue
        reason = event.reasons[0]
        assert (row.rules[0].id, row.status) == (reason.rule, event.status), title
        if reason.place:
            assert row.rules[0].place == reason.place, title


def test_what_is_changed_in_answers_agrees(decided: list[Pair]) -> None:
    changed = [(title, event, row) for title, event, row in decided if event.verdict == "allow" and event.reasons]
    assert changed
    for title, event, row in changed:
        assert [(one.id, one.place) for one in row.rules] == [(one.rule, one.place) for one in event.reasons], title


def test_everything_is_evaluated(decided: list[Pair]) -> None:
    assert {row.not_evaluated for _, _, row in decided} == {()}
    assert {one.kind for one in SCENARIOS if not one.slow} == set(Kind)
