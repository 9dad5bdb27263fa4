"""Deciding one request in the steps in which the gateway does, each timed: from one pause to the next nobody else has a turn."""

import gc
import time
from collections.abc import Iterator, Mapping
from typing import Any

from attacks.subject import HOST, NOW, Subject
from yett.edge.gateway.worker import MIDDLE, OLD, YOUNG
from yett.engine.decide import decide, resume
from yett.engine.recorded import RecordedView
from yett.model.decision import Denial, Evaluation, Pause, Phase, Wait
from yett.model.exchange import Exchange, Request

LIMIT = 1 << 20
"""Octets of a body that the guards ask for at most: the gateway lets the rest stream."""


class Aside(float):
    """Seconds of CPU of a step that leaves the loop: another thread does it."""


class Stepper:
    """One policy of one service."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Raises PolicyErrors."""
        self.subject = Subject({"all": settings})
        gc.collect()
        gc.freeze()  # as workers do: else a step now and then walks all that was loaded
        gc.set_threshold(YOUNG, MIDDLE, OLD)

    def steps(self, request: Request) -> Iterator[float]:
        """Seconds of CPU of each step of both phases of a request: what it takes where nothing else wants the core."""
        fields = tuple(one for one in request.fields if one[0].lower() != b"host")
        sent = Request(
            method=request.method,
            target=request.target,
            fields=((b"Host", HOST.format(name="all").encode()), *fields),
            body=request.body[:LIMIT],
        )
        snapshot = self.subject.snapshot
        view = RecordedView(Exchange(id="1", source="bench", started=NOW, request=sent), snapshot.policy.bounds)
        view.decode_body()
        found = snapshot.route(view.method, view.host, view.target.path)
        assert not isinstance(found, Denial)
        plan, parameters = found
        evaluation = Evaluation(plan.operation, NOW, NOW, parameters)
        for phase in (Phase.HEAD, Phase.BODY):
            began = time.thread_time()
            outcome = decide(plan.checks[phase], view, evaluation)
            yield time.thread_time() - began
            while isinstance(outcome, Wait) and isinstance(outcome.need, Pause):
                if outcome.need.work is not None:
                    began = time.thread_time()
                    outcome.need.work()
                    yield Aside(time.thread_time() - began)
                evaluation.supply(outcome.need, True)
                began = time.thread_time()
                outcome = resume(view, evaluation)
                yield time.thread_time() - began
            if outcome is not None:
                return
