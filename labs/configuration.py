"""API8, security misconfiguration: origins trusted blindly, stacks in errors, forgotten pages, answers that caches keep."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from labs.house import Call, House, Reply


def build(house: House) -> None:
    look = house.style

    def convert(call: Call) -> Reply:
        amount = call.query.get("amount", "1")
        if house.fixed and not amount.isdecimal():
            return Reply(look.error(400, "amount must be a number"), 400)
        return Reply(look.one({"amount": int(amount) * 2}))

    def settings(_: Call) -> Reply:
        return Reply({"maintenance": False, "region": "north", "secret_key": f"{house.rng.getrandbits(96):x}"})

    number = {"amount": {"type": "integer"}}
    house.route("convert", "GET", house.path("convert"), convert, query=number, answer=number, secured=False)
    hidden = house.path("internal", "settings")
    house.route("settings", "GET", hidden, settings, secured=False, declared=False)
    house.app.middleware("http")(_front(house, hidden))
    if not house.fixed:
        _spoil(house)


def _spoil(house: House) -> None:
    house.verbose = True
    house.fields = {
        "Server": "acme-httpd/2.4.1",
        "X-Powered-By": "AcmeFramework 3.1.0",
        "Cache-Control": "public, max-age=3600",
    }

    def trust(headers: dict[str, str]) -> dict[str, str]:
        origin = headers.get("origin")
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"} if origin else {}

    house.answering = trust
    debug = house.rng.choice(("debug/vars", "actuator/env", "_debug"))
    secrets = {"DATABASE_URL": "postgresql://app:hunter2@db.internal/app", "DEBUG": "1", "AWS_SECRET_ACCESS_KEY": "x" * 40}
    house.variants["debug"] = debug
    house.route("debug", "GET", f"/{debug}", lambda _: Reply(secrets), secured=False, declared=False)
    house.route("document", "GET", "/openapi.json", lambda _: Reply(house.contract("/")), secured=False, declared=False)


def _front(house: House, hidden: str) -> Callable[..., Awaitable[Any]]:
    """A gate before the application that keeps a path from strangers; the weak application then listens to X-Original-URL."""

    async def front(request: Request, call_next: Callable[[Request], Awaitable[Any]]) -> Any:
        if request.scope["path"].startswith(hidden.rpartition("/")[0]):
            return JSONResponse(house.style.error(403, "not from outside"), 403, house.fields)
        wanted = request.headers.get("x-original-url")
        if wanted and not house.fixed:
            request.scope["path"] = wanted
            request.scope["raw_path"] = wanted.encode()
        return await call_next(request)

    return front
