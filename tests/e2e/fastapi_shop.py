"""An API as people write it with FastAPI, which then describes it itself in OpenAPI 3.1: one operation for each thing that a
description can say. It must not know the gateway, nor be bent to please it.

`python fastapi_shop.py PORT` serves it on loopback; PORT 0 prints the description instead.
"""

import json
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import uvicorn
from fastapi import Body, Cookie, FastAPI, File, Form, Header, HTTPException, Path, Query, Response, UploadFile
from fastapi.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI(title="Shop", version="3")


class Colour(StrEnum):
    red = "red"
    blue = "blue"


class Card(BaseModel):
    kind: Literal["card"]
    number: str = Field(pattern=r"^\d{12,19}$")


class Transfer(BaseModel):
    kind: Literal["transfer"]
    iban: str = Field(min_length=15, max_length=34)


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=50)
    price: Decimal = Field(gt=0, max_digits=8, decimal_places=2)
    colours: set[Colour] = set()
    weight: float | None = None
    tags: dict[str, int] = {}
    parts: list["Item"] = []


class Order(BaseModel):
    id: int
    placed: datetime
    due: date | None = None
    patience: timedelta = timedelta(days=1)
    reference: UUID
    payment: Card | Transfer = Field(discriminator="kind")
    items: list[Item]
    note: str | None = Field(default=None, description="free text")


class NewOrder(BaseModel):
    payment: Annotated[Card | Transfer, Field(discriminator="kind")]
    items: list[Item] = Field(min_length=1, max_length=20)
    note: str | None = None
    due: date | None = None


ORDER: dict[str, Any] = {
    "id": 1,
    "placed": "2026-03-01T10:00:00Z",
    "reference": "6f7f1c1a-8c0f-4b57-9d5b-1f7a36a3d0c1",
    "payment": {"kind": "card", "number": "4111111111111111"},
    "items": [{"name": "a", "price": "1.50", "colours": ["red"]}],
}


@app.get("/orders/{order_id}")
def read_order(order_id: Annotated[int, Path(ge=1, le=1_000_000)]) -> Order:
    if order_id == 404:
        raise HTTPException(404, "no such order")
    return Order.model_validate({**ORDER, "id": order_id})


@app.post("/orders", status_code=201)
def place_order(order: NewOrder, idempotency_key: Annotated[UUID | None, Header()] = None) -> Order:
    return Order.model_validate({**ORDER, **order.model_dump()})


@app.patch("/orders/{order_id}")
def change_order(order_id: int, changes: Annotated[dict[str, str | int | None], Body()]) -> dict[str, str | int | None]:
    return changes


@app.delete("/orders/{order_id}", status_code=204)
def drop_order(order_id: int) -> None:
    return None


@app.get("/search")
def search(
    q: Annotated[str, Query(min_length=1, max_length=20, pattern="^[a-zü ]+$")],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    colour: Annotated[list[Colour] | None, Query()] = None,
    since: date | None = None,
    at: datetime | None = None,
    exact: bool = False,
    maximum: Annotated[float | None, Query(gt=0)] = None,
    page_token: Annotated[str | None, Query(alias="page-token")] = None,
) -> list[str]:
    return [q, str(limit), *(c.value for c in colour or []), str(since), str(at), str(exact), str(maximum), str(page_token)]


class Paging(BaseModel):
    model_config = ConfigDict(extra="forbid")
    offset: int = Field(0, ge=0)
    order: Literal["up", "down"] = "up"


@app.get("/paged")
def paged(paging: Annotated[Paging, Query()]) -> Paging:
    return paging


@app.get("/things/{uuid}/{colour}/{when}")
def things(uuid: UUID, colour: Colour, when: date) -> dict[str, str]:
    return {"uuid": str(uuid), "colour": colour.value, "when": str(when)}


@app.get("/fields")
def fields(
    x_count: Annotated[int, Header(ge=0)],
    x_list: Annotated[list[str] | None, Header()] = None,
    session: Annotated[str | None, Cookie(min_length=3)] = None,
) -> dict[str, Any]:
    return {"count": x_count, "list": x_list, "session": session}


@app.post("/login")
def login(
    name: Annotated[str, Form(max_length=20)], password: Annotated[str, Form()], remember: Annotated[bool, Form()] = False
) -> bool:
    return remember


@app.post("/upload")
async def upload(
    picture: UploadFile,
    more: Annotated[list[UploadFile] | None, File()] = None,
    title: Annotated[str, Form()] = "",
) -> dict[str, int | str]:
    return {"size": len(await picture.read()), "more": len(more or ()), "title": title}


@app.put("/raw")
async def raw(body: Annotated[bytes, Body(media_type="application/octet-stream")] = b"") -> int:
    return len(body)


@app.put("/embedded")
def embedded(
    item: Annotated[Item, Body()], amount: Annotated[int, Body(ge=1)], why: Annotated[str | None, Body()] = None
) -> int:
    return amount


@app.put("/list")
def many(items: list[Item]) -> int:
    return len(items)


@app.get("/text", response_class=PlainTextResponse)
def text() -> str:
    return "grüße"


@app.get("/stream")
def stream() -> StreamingResponse:
    return StreamingResponse((json.dumps({"n": n}) + "\n" for n in range(50)), media_type="application/x-ndjson")


@app.get("/moved", response_class=RedirectResponse, status_code=307)
def moved() -> str:
    return "/text"


@app.get("/cookie")
def cookie(response: Response) -> dict[str, str]:
    response.set_cookie("session", "a b", httponly=True)
    response.set_cookie("other", "c")
    response.headers["X-Total"] = "3"
    return {"set": "two"}


@app.get("/broken")
def broken() -> Order:
    return Order.model_construct(id="not a number")  # type: ignore[arg-type]


if __name__ == "__main__":
    if sys.argv[1] == "0":
        print(json.dumps(app.openapi()))
    else:
        uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", h11_max_incomplete_event_size=65_536)
