"""httpx, aiohttp and http.client through the running gateway: streams both ways, connections kept, refusals understood."""

import asyncio
import gc
import gzip
import hashlib
import http.client
import io
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import aiohttp
import httpx
import pytest
from serving import Serving

BODY = bytes(range(256)) * 10_000
DIGEST = hashlib.sha256(BODY).hexdigest()
PIECES = [BODY[at : at + 50_000] for at in range(0, len(BODY), 50_000)]


@pytest.fixture
def session(shop: Serving) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shop.url, trust_env=False, timeout=20) as client:
        yield client


# --- httpx ----------------------------------------------------------------------------------------------------------


def test_httpx_sends_every_kind_of_body(session: httpx.Client) -> None:
    for sending in (
        {"content": BODY},
        {"content": iter(PIECES)},
        {"data": {"name": "ü & =", "list": ["1", "2"]}},
        {"files": {"file": ("a.bin", BODY, "application/octet-stream")}},
        {"json": {"deep": [{"er": None}]}},
    ):
        echo = session.post("/echo", **sending).raise_for_status().json()  # type: ignore[arg-type]
        fields = dict(echo["fields"])
        if "content" in sending:
            assert (echo["size"], echo["sha256"]) == (len(BODY), DIGEST)
            assert ("content-length" in fields) == isinstance(sending["content"], bytes)
        else:
            assert echo["size"] > 10 and fields["content-type"].startswith(("application/", "multipart/"))


def test_httpx_keeps_its_connection_through_answers_of_all_kinds(session: httpx.Client, shop: Serving) -> None:
    before = _connections(shop)
    for path in ("/echo", "/chunked/100000", "/status/204", "/status/304", "/status/500", "/status/404", "/small/who"):
        assert session.get(path).status_code in (200, 204, 304, 404, 500)
    assert session.head("/bytes/10").headers["content-length"] == "10"
    assert session.post("/small/echo", content=bytes(1_001)).status_code == 413
    assert session.options("/echo").json()["method"] == "OPTIONS"
    assert _connections(shop) == before + 1


def _connections(shop: Serving) -> int:
    """Connections of clients that are open now."""
    lines = shop.admin("/metrics")[1].splitlines()
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if line.startswith("yett_connections"))


def test_httpx_streams_a_download_that_it_leaves_in_the_middle(session: httpx.Client) -> None:
    with session.stream("GET", "/bytes/2000000000") as answer:
        assert answer.headers["content-length"] == "2000000000"
        read = 0
        for piece in answer.iter_raw():
            read += len(piece)
            if read > 1_000_000:
                break
    assert session.get("/small/who").status_code == 200


def test_httpx_understands_refusals_in_the_midst_of_its_upload(session: httpx.Client) -> None:
    large = session.post("/small/sink", content=bytes(30_000_000))
    assert large.status_code == 413 and large.headers["content-type"] == "application/problem+json"
    assert large.json()["status"] == 413 and large.json()["request_id"] == large.headers["x-request-id"]
    streamed = session.post("/small/sink", content=(bytes(10_000) for _ in range(3_000)))
    assert streamed.status_code == 413


def test_httpx_in_parallel(shop: Serving) -> None:
    async def ask() -> None:
        limits = httpx.Limits(max_connections=40)
        async with httpx.AsyncClient(base_url=shop.url, trust_env=False, timeout=20, limits=limits) as client:
            answers = await asyncio.gather(*(client.post("/echo", content=b"%d" % i) for i in range(200)))
            digests = [answer.json()["sha256"] for answer in answers]
            assert digests == [hashlib.sha256(b"%d" % i).hexdigest() for i in range(200)]

    asyncio.run(ask())


# --- aiohttp --------------------------------------------------------------------------------------------------------


async def _pieces() -> AsyncIterator[bytes]:
    for piece in PIECES:
        yield piece
        await asyncio.sleep(0)


def test_aiohttp_streams_up_and_down(shop: Serving) -> None:
    async def talk() -> None:
        async with aiohttp.ClientSession(shop.url) as client:
            async with client.post("/echo", data=_pieces()) as answer:
                echo = await answer.json()
                assert (echo["size"], echo["sha256"]) == (len(BODY), DIGEST)
                assert dict(echo["fields"])["transfer-encoding"] == "chunked"
            async with client.post("/echo", data=_pieces(), expect100=True) as answer:
                assert (await answer.json())["sha256"] == DIGEST
            async with client.get("/chunked/20000000") as answer:
                assert sum([len(piece) async for piece in answer.content.iter_any()]) == 20_000_000
            async with client.get("/events/30") as answer:
                lines = [line async for line in answer.content if line.strip()]
                assert lines == [b"data: %d\n" % i for i in range(30)]
            form = aiohttp.FormData({"name": "ü"})
            form.add_field("file", io.BytesIO(BODY), filename="a.bin")
            async with client.put("/echo", data=form, compress="gzip") as answer:
                assert dict((await answer.json())["fields"])["content-encoding"] == "gzip"

    asyncio.run(talk())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_aiohttp_gets_a_refusal_in_the_midst_of_its_upload(shop: Serving) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3_000):
            yield bytes(10_000)
            await asyncio.sleep(0)

    async def talk() -> None:
        async with aiohttp.ClientSession(shop.url) as client:
            async with client.post("/small/sink", data=endless()) as answer:
                assert answer.status == 413
            async with client.post("/early", data=endless()) as answer:
                assert answer.status == 413 and await answer.read() == b"enough"
            async with client.get("/echo") as answer:
                assert answer.status == 200

    asyncio.run(talk())
    gc.collect()  # the client never closes a connection on which some of its upload is still unsent: that is told here


def test_aiohttp_in_parallel_with_downloads_that_are_dropped(shop: Serving) -> None:
    async def one(client: aiohttp.ClientSession, number: int) -> int:
        if number % 5 == 0:
            async with client.get("/bytes/50000000") as answer:
                return len(await answer.content.read(10))  # and then it leaves
        async with client.post("/echo", data=b"x" * number) as answer:
            return int((await answer.json())["size"])

    async def talk() -> None:
        async with aiohttp.ClientSession(shop.url) as client:
            sizes = await asyncio.gather(*(one(client, number) for number in range(1, 200)))
        assert all(0 < size <= 10 if number % 5 == 0 else size == number for number, size in enumerate(sizes, 1))

    asyncio.run(talk())


# --- http.client, and bytes by hand ---------------------------------------------------------------------------------


def test_http_client_with_chunks_of_its_own_and_compressed_bodies(shop: Serving) -> None:
    client = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=20)
    client.request("POST", "/echo", iter(PIECES), {"Trailer": "X-Sum"}, encode_chunked=True)
    echo = json.loads(client.getresponse().read())
    assert echo["sha256"] == DIGEST and "trailer" not in dict(echo["fields"])
    packed = gzip.compress(BODY)
    client.request("POST", "/echo", packed, {"Content-Encoding": "gzip"})
    echo = json.loads(client.getresponse().read())
    assert echo["sha256"] == hashlib.sha256(packed).hexdigest()  # what was received goes on
    client.close()


def test_http_client_that_reads_only_after_it_has_sent_all(shop: Serving) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", shop.port, timeout=20)) as client:
        client.request("POST", "/small/sink", bytes(900_000), {"Content-Length": "900000"})
        answer = client.getresponse()
        assert answer.status == 413 and b"413" in answer.read()


def test_trailers_are_taken_in_and_go_nowhere(shop: Serving) -> None:
    with shop.connect() as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                       b"3\r\nabc\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\nAuthorization: root\r\n\r\n")  # fmt: skip
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    echo = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert echo["size"] == 3 and "6.6.6.6" not in answer.decode() and "authorization" not in dict(echo["fields"])


def test_a_pipeline_that_ends_with_half_a_close_is_answered_to_its_end(shop: Serving) -> None:
    refused = b"POST /small/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + bytes(1_001)
    for question, number in ((b"GET /small/who HTTP/1.1\r\nHost: h\r\n\r\n", 60), (refused, 60)):
        with shop.connect() as client:
            client.sendall(question * number)
            client.shutdown(socket.SHUT_WR)
            answers = b"".join(iter(lambda client=client: client.recv(65_536), b""))
        assert answers.count(b"HTTP/1.1 ") == number
