"""WebSockets through the running gateway: the `websockets` library as server, and it and aiohttp as clients."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
import websockets
from rooms import Rooms
from serving import Backend, Serving, until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

LARGE = 5_000_000

POLICY = """
  rooms:
    match: {prefix: /rooms}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{rooms}"]}
    websocket_origins: ["https://app.example"]
  open:
    match: {prefix: /open}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{rooms}"]}
    websocket_origins: ["*"]
  same:
    match: {prefix: /same}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{rooms}"]}
  locked:
    match: {prefix: /locked}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{rooms}"]}
    authenticate: [{api_key: {header: X-API-Key}}]
  plain:
    match: {prefix: /plain}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{backend}"]}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    directory: Path = tmp_path_factory.mktemp("rooms")
    rooms = Rooms()
    keys = {"keys.yaml": "version: 1\nkeys: []\n"}
    try:
        with (
            Backend(directory) as backend,
            Serving(
                directory / "gateway", POLICY, head="keys: keys.yaml", files=keys, rooms=rooms.port, backend=backend.port
            ) as serving,
        ):
            yield serving
    finally:
        rooms.stop()


def talk(gateway: Serving, path: str, conversation: Callable[[ClientConnection], Awaitable[None]], **settings: object) -> str:
    """Hold a conversation; gives the id of its request."""

    async def run() -> str:
        async with (
            asyncio.timeout(20),
            connect(f"ws://127.0.0.1:{gateway.port}{path}", max_size=None, proxy=None, **settings) as client,
        ):  # type: ignore[arg-type]
            assert client.response is not None
            await conversation(client)
            return str(client.response.headers["x-request-id"])

    return asyncio.run(run())


@pytest.mark.parametrize("compression", ["deflate", None])
def test_texts_bytes_and_large_messages_come_back_as_they_were(gateway: Serving, compression: str | None) -> None:
    async def conversation(client: ClientConnection) -> None:
        assert bool(client.protocol.extensions) == (compression is not None)  # agreed on by both ends, through the gateway
        large = bytes(range(256)) * (LARGE // 256)
        for message in ("grüße", b"\0\xff", "", "x" * 125, "x" * 126, "x" * 65_536, large):
            await client.send(message)
            assert await client.recv() == message
        await client.send(["one ", "message ", "in parts"])
        assert await client.recv() == "one message in parts"
        for number in range(500):
            await client.send(str(number))
        assert [await client.recv() for _ in range(500)] == [str(number) for number in range(500)]

    identity = talk(gateway, "/open", conversation, compression=compression)
    until(
        lambda: (
            [e.tag for e in gateway.records() if e.request_id == identity] == ["gateway:request:opened", "gateway:stream:ended"]
        )
    )
    opened, ended = (event for event in gateway.records() if event.request_id == identity)
    assert (opened.status, ended.status, ended.failure) == (101, 101, "")
    assert ended.request_size > (LARGE if compression is None else 100) < ended.response_size


def test_pings_are_answered_from_end_to_end(gateway: Serving) -> None:
    async def conversation(client: ClientConnection) -> None:
        for payload in (b"", b"payload"):
            assert await (await client.ping(payload)) < 5

    talk(gateway, "/open", conversation)


def test_close_codes_and_reasons_arrive_on_both_sides(gateway: Serving) -> None:
    async def theirs(client: ClientConnection) -> None:
        await client.send("close 4321")
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4321, "as you wish")

    async def ours(client: ClientConnection) -> None:
        await client.close(3000, "enough")
        assert client.close_code == 3000

    talk(gateway, "/open", theirs)
    talk(gateway, "/open", ours)


def test_what_the_server_says_first_is_not_lost(gateway: Serving) -> None:
    async def conversation(client: ClientConnection) -> None:
        assert await client.recv() == "hello"

    for _ in range(20):
        talk(gateway, "/open/hello", conversation)


def test_subprotocols_are_agreed_on(gateway: Serving) -> None:
    async def conversation(client: ClientConnection) -> None:
        assert client.subprotocol == "chat.v2"

    talk(gateway, "/open", conversation, subprotocols=["chat.v1", "chat.v2"])


@pytest.mark.parametrize(
    ("path", "origin", "status"),
    [
        ("/rooms", "https://app.example", 0),
        ("/rooms", "https://evil.example", 403),
        ("/rooms", "https://app.example.evil.example", 403),
        ("/rooms", "null", 403),
        ("/same", "http://127.0.0.1", 0),
        ("/same", "http://evil.example", 403),
        ("/open", "http://evil.example", 0),
        ("/locked", None, 401),
        ("/nowhere", None, 404),
        ("/plain/echo", None, 200),
    ],
)
def test_who_may_open_one(gateway: Serving, path: str, origin: str | None, status: int) -> None:
    async def conversation(client: ClientConnection) -> None:
        await client.send("in")
        assert await client.recv() == "in"

    if not status:
        talk(gateway, path, conversation, origin=origin)
        return
    with pytest.raises(InvalidStatus) as refused:
        talk(gateway, path, conversation, origin=origin)
    assert refused.value.response.status_code == status
    identity = refused.value.response.headers["x-request-id"]
    assert gateway.record(identity).status == status


def test_a_slow_reader_slows_the_server_and_not_the_gateway(gateway: Serving) -> None:
    async def conversation(client: ClientConnection) -> None:
        await client.send("large 30000000")
        await asyncio.sleep(0.3)
        assert len(await client.recv()) == 30_000_000

    talk(gateway, "/open", conversation, max_queue=1)


def test_a_client_that_vanishes_ends_the_tunnel_on_both_sides(gateway: Serving) -> None:
    identity = ""

    async def vanish(client: ClientConnection) -> None:
        await client.send("quiet")
        client.transport.abort()

    identity = talk(gateway, "/open", vanish)
    until(lambda: [e.tag for e in gateway.records() if e.request_id == identity][-1:] == ["gateway:stream:ended"])


def test_aiohttp_as_a_client_of_many_rooms(gateway: Serving) -> None:
    async def one(session: aiohttp.ClientSession, number: int) -> None:
        async with session.ws_connect("/open", autoping=True) as client:
            await client.send_json({"number": number})
            assert await client.receive_json() == {"number": number}
            await client.send_bytes(bytes(number * 1_000))
            assert await client.receive_bytes() == bytes(number * 1_000)
            await client.send_str("close 1001")
            message = await client.receive()
            assert (message.type, client.close_code) == (aiohttp.WSMsgType.CLOSE, 1001)

    async def run() -> None:
        async with aiohttp.ClientSession(gateway.url) as session, asyncio.timeout(20):
            await asyncio.gather(*(one(session, number) for number in range(100)))

    asyncio.run(run())


def test_the_version_of_the_library_is_one_that_this_was_written_for() -> None:
    assert int(websockets.__version__.split(".")[0]) >= 14
