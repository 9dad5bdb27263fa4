"""Drives a Prefect server with its own client, and writes what the client sent and received as JSON lines for `yett observe`.

    PREFECT_API_URL=http://127.0.0.1:8080/api python bench/observe/foreign_prefect.py exchanges.jsonl --rounds 25

In an environment of its own, with `prefect<3.9` and `fastapi<0.130`. Nothing of Yett is imported. Calls are those of a user who
keeps flows, deployments, work pools, blocks, artifacts, variables, limits, automations: objects are made, read by id and by name,
listed, changed and, half of them, deleted. Values are Prefect's own and words; nothing in here is sensitive but what is named so.
"""

import argparse
import asyncio
import base64
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import httpx
from prefect import flow, task
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas import actions, filters, schedules, sorting
from prefect.events.filters import EventFilter
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.states import Cancelled, Completed, Failed, Pending, Running, Scheduled

WORDS = (
    "billing",
    "ledger",
    "harvest",
    "nightly",
    "invoices",
    "catalogue",
    "shipment",
    "forecast",
    "audit",
    "rollup",
    "mirror",
    "backfill",
    "digest",
    "export",
    "intake",
)


@flow
def harvest(count: int = 1) -> int:
    return count


@task
def step(count: int = 1) -> int:
    return count


@contextmanager
def recorded(out: IO[str]) -> Iterator[None]:
    """Everything that httpx sends and receives, as lines of `out`."""
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def handle(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        started = time.time()
        response = await send(self, request)
        await response.aread()
        line = {
            "method": request.method,
            "target": request.url.raw_path.decode(),
            "headers": [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw],
            "body_base64": base64.b64encode(request.content).decode(),
            "response": {
                "status": response.status_code,
                "headers": [
                    (name.decode(), value.decode("latin-1"))
                    for name, value in response.headers.raw
                    if name.lower() not in (b"content-encoding", b"content-length", b"transfer-encoding")
                ],
                "body_base64": base64.b64encode(response.content).decode(),
            },
            "time": started,
        }
        out.write(json.dumps(line) + "\n")
        return response

    httpx.AsyncHTTPTransport.handle_async_request = handle
    try:
        yield
    finally:
        httpx.AsyncHTTPTransport.handle_async_request = send


class Calls:
    """Calls the client; what the server refuses is counted, and the rest goes on."""

    def __init__(self) -> None:
        self.refused: dict[str, int] = {}

    async def __call__(self, call: Callable[..., Awaitable[Any]], *values: Any, **named: Any) -> Any:
        try:
            return await call(*values, **named)
        except Exception as error:  # noqa: BLE001 - whatever a client raises for what its server says: the drive is what matters
            name = f"{getattr(call, '__name__', call)}: {type(error).__name__}: {str(error)[:100]}"
            self.refused[name] = self.refused.get(name, 0) + 1
            return None


async def flows(client: PrefectClient, call: Calls, turn: int, chance: random.Random) -> None:
    word = f"{chance.choice(WORDS)}-{turn}"
    flow_id = await call(client.create_flow_from_name, word)
    await call(client.read_flow, flow_id)
    await call(client.read_flow_by_name, word)
    await call(client.read_flows, limit=5, sort=chance.choice(list(sorting.FlowSort)))
    run = await call(
        client.create_flow_run,
        harvest,
        name=f"run-{word}",
        parameters={"count": turn},
        tags=chance.sample(WORDS, 2),
        state=Pending(),
    )
    await call(client.read_flow_run, run.id)
    await call(client.update_flow_run, run.id, name=f"again-{word}", tags=[word])
    await call(client.set_flow_run_name, run.id, f"named-{word}")
    await call(client.update_flow_run_labels, run.id, {"team": chance.choice(WORDS), "turn": turn})
    await call(client.set_flow_run_state, run.id, Running(), force=True)
    await call(client.create_flow_run_input, run.id, f"answer-{turn}", json.dumps({"yes": True}))
    await call(client.read_flow_run_input, run.id, f"answer-{turn}")
    await call(client.filter_flow_run_input, run.id, "answer", 5, set())
    work = await call(client.create_task_run, step, run.id, dynamic_key=str(turn), state=Pending())
    await call(client.read_task_run, work.id)
    await call(client.set_task_run_name, work.id, f"step-{word}")
    await call(
        client.set_task_run_state, work.id, chance.choice([Running(), Completed(), Failed(message="no rows")]), force=True
    )
    await call(client.read_task_run_states, work.id)
    await call(client.read_task_runs, limit=5)
    now = datetime.now(UTC)
    lines = [
        {
            "name": "prefect.flow_runs",
            "level": level,
            "message": f"{word} {level}",
            "timestamp": now.isoformat(),
            "flow_run_id": str(run.id),
        }
        for level in (10, 20, 40)
    ]
    await call(client.create_logs, lines)
    await call(client.read_logs, filters.LogFilter(flow_run_id=filters.LogFilterFlowRunId(any_=[run.id])), limit=10)
    made = await call(
        client.create_artifact,
        actions.ArtifactCreate(
            key=f"table-{word}", type="table", data=json.dumps([{"row": turn}]), description=word, flow_run_id=run.id
        ),
    )
    await call(client.read_artifacts, limit=5)
    await call(client.read_latest_artifacts, limit=5)
    await call(client.update_artifact, made.id, actions.ArtifactUpdate(description=f"about {word}"))
    for path in (f"/artifacts/{made.id}", f"/artifacts/table-{word}/latest", f"/flow_runs/{run.id}/graph-v2"):
        await call(client._client.get, path)
    await call(client.set_flow_run_state, run.id, chance.choice([Completed(), Failed(), Cancelled()]), force=True)
    await call(client.read_flow_run_states, run.id)
    await call(client.read_flow_runs, limit=5, sort=chance.choice(list(sorting.FlowRunSort)))
    await call(client.count_flow_runs)
    await call(client.delete_flow_run_input, run.id, f"answer-{turn}")
    if turn % 2:
        await call(client.delete_artifact, made.id)
        await call(client.delete_task_run, work.id)
        await call(client.delete_flow_run, run.id)
        await call(client.delete_flow, flow_id)


async def deployments(client: PrefectClient, call: Calls, turn: int, chance: random.Random) -> None:
    word = f"{chance.choice(WORDS)}-{turn}"
    pool = f"pool-{word}"
    await call(
        client.create_work_pool, actions.WorkPoolCreate(name=pool, type="process", description=chance.choice([None, word]))
    )
    await call(client.read_work_pool, pool)
    await call(client.read_work_pools, limit=10)
    await call(client.update_work_pool, pool, actions.WorkPoolUpdate(description=word, concurrency_limit=chance.randint(1, 90)))
    await call(client.send_worker_heartbeat, pool, f"worker-{chance.choice(WORDS)}", heartbeat_interval_seconds=30)
    await call(client.read_workers_for_work_pool, pool)
    await call(client.get_scheduled_flow_runs_for_work_pool, pool, ["default"])
    queue = await call(client.create_work_queue, f"queue-{word}", description=word, priority=turn + 1, work_pool_name=pool)
    await call(client.read_work_queue, queue.id)
    await call(client.read_work_queue_by_name, f"queue-{word}", pool)
    await call(client.read_work_queue_status, queue.id)
    await call(client.read_work_queues, pool, limit=5)
    await call(client.update_work_queue, queue.id, description=f"about {word}")
    await call(client.get_runs_in_work_queue, queue.id)
    await call(client.match_work_queues, ["queue-"], pool)
    flow_id = await call(client.create_flow_from_name, f"deployed-{word}")
    made = await call(
        client.create_deployment,
        flow_id,
        f"to-{chance.choice(['staging', 'production'])}-{turn}",
        version=f"1.{turn}",
        tags=[word],
        work_pool_name=pool,
        work_queue_name=f"queue-{word}",
        parameters={"count": turn},
        path="/srv/flows",
        entrypoint="flows.py:harvest",
        schedules=[
            actions.DeploymentScheduleCreate(schedule=schedules.CronSchedule(cron=f"{turn % 60} 4 * * *"), active=False)
        ],
    )
    read = await call(client.read_deployment, made)
    await call(client.read_deployment_by_name, f"deployed-{word}/{read.name}")
    await call(client.read_deployments, limit=5, sort=chance.choice(list(sorting.DeploymentSort)))
    await call(client.update_deployment, made, actions.DeploymentUpdate(description=f"about {word}"))
    every = schedules.IntervalSchedule(interval=timedelta(hours=turn + 1))
    [added] = await call(client.create_deployment_schedules, made, [(every, False)])
    await call(client.read_deployment_schedules, made)
    await call(client.update_deployment_schedule, made, added.id, active=True)
    await call(client.delete_deployment_schedule, made, added.id)
    await call(client.pause_deployment, made)
    await call(client.resume_deployment, made)
    started = await call(
        client.create_flow_run_from_deployment, made, parameters={"count": turn}, name=f"of-{word}", state=Scheduled()
    )
    await call(client.read_flow_run, started.id)
    await call(client.get_scheduled_flow_runs_for_deployments, [made])
    if turn % 2:
        await call(client.delete_deployment, made)
        await call(client.delete_work_queue_by_id, queue.id)
        await call(client.delete_work_pool, pool)


async def settings(client: PrefectClient, call: Calls, turn: int, chance: random.Random) -> None:
    word = f"{chance.choice(WORDS)}{turn}"
    value = chance.choice([word, turn, [word], {"of": word}])
    variable = await call(client.create_variable, actions.VariableCreate(name=f"setting_{word}", value=value, tags=["made"]))
    await call(client.read_variable_by_name, f"setting_{word}")
    await call(client.read_variables, limit=5)
    await call(client.update_variable, actions.VariableUpdate(name=f"setting_{word}", value=f"now {word}"))
    await call(client._client.get, f"/variables/{variable.id}")
    await call(client.create_concurrency_limit, f"tag-{word}", turn + 1)
    await call(client.read_concurrency_limit_by_tag, f"tag-{word}")
    await call(client.read_concurrency_limits, 5, 0)
    await call(client.reset_concurrency_limit_by_tag, f"tag-{word}")
    limit = f"limit-{word}"
    await call(client.create_global_concurrency_limit, actions.GlobalConcurrencyLimitCreate(name=limit, limit=turn + 2))
    await call(client.read_global_concurrency_limit_by_name, limit)
    await call(client.read_global_concurrency_limits, 5, 0)
    await call(client.update_global_concurrency_limit, limit, actions.GlobalConcurrencyLimitUpdate(limit=turn + 3))
    await call(client.increment_concurrency_slots, [limit], 1, "concurrency")
    await call(client.release_concurrency_slots, [limit], 1, 0.5)
    kind = await call(
        client.create_block_type,
        actions.BlockTypeCreate(
            name=f"Kind {word}", slug=f"kind-{word}", description="made", documentation_url="https://docs.example"
        ),
    )
    members = {name: {"type": "integer" if name == "port" else "string"} for name in ("host", "port", "email", "password")}
    fields = {"title": word, "type": "object", "properties": members, "secret_fields": ["password"]}
    schema = await call(
        client.create_block_schema, actions.BlockSchemaCreate(fields=fields, block_type_id=kind.id, capabilities=[])
    )
    await call(client.read_block_type_by_slug, f"kind-{word}")
    await call(client.read_block_types)
    await call(client.update_block_type, kind.id, actions.BlockTypeUpdate(description=f"about {word}"))
    await call(client.read_block_schema_by_checksum, schema.checksum)
    await call(client.get_most_recent_block_schema_for_block_type, kind.id)
    held = {"host": f"{word}.example", "port": turn, "email": f"{word}@mail.example", "password": f"{word}!{turn * 7919}"}
    create = actions.BlockDocumentCreate(name=f"block-{word}", data=held, block_schema_id=schema.id, block_type_id=kind.id)
    block = await call(client.create_block_document, create)
    await call(client.read_block_document, block.id)
    await call(client.read_block_document_by_name, f"block-{word}", f"kind-{word}")
    await call(client.read_block_documents, limit=5)
    await call(client.read_block_documents_by_type, f"kind-{word}")
    await call(client.update_block_document, block.id, actions.BlockDocumentUpdate(data={**held, "host": "other.example"}))
    trigger = {"type": "event", "posture": "Reactive", "expect": ["never.happens"], "threshold": 1, "within": 0}
    rule = Automation.model_validate(
        {"id": str(uuid4()), "name": f"rule-{word}", "trigger": trigger, "actions": [{"type": "do-nothing"}], "enabled": False}
    )
    core = AutomationCore.model_validate(rule.model_dump(exclude={"id"}))
    made = await call(client.create_automation, core)
    await call(client.read_automation, made)
    await call(client.read_automations)
    await call(client.read_automations_by_name, f"rule-{word}")
    await call(client.update_automation, made, core)
    await call(client.pause_automation, made)
    await call(client.resume_automation, made)
    await call(client.read_events, EventFilter(), limit=5)
    await call(client.api_healthcheck)
    await call(client.api_version)
    await call(client.hello)
    if turn % 2:
        await call(client.delete_variable_by_name, f"setting_{word}")
        await call(client.delete_concurrency_limit_by_tag, f"tag-{word}")
        await call(client.delete_global_concurrency_limit_by_name, limit)
        await call(client.delete_block_document, block.id)
        await call(client.delete_block_type, kind.id)
        await call(client.delete_automation, made)


async def drive(rounds: int, seed: int) -> dict[str, int]:
    call = Calls()
    chance = random.Random(seed)
    async with get_client() as client:
        for turn in range(1, rounds + 1):
            for part in (flows, deployments, settings):
                await call(part, client, call, turn, chance)
            await call(client._client.get, f"/flows/{uuid4()}")  # one that is not there
    return call.refused


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with options.out.open("w") as out, recorded(out):
        refused = asyncio.run(drive(options.rounds, options.seed))
    for name, count in sorted(refused.items()):
        print(f"refused {count}: {name}")


if __name__ == "__main__":
    main()
