"""The attack rules in the gateway: what is denied, what is only recorded, and uploads that are longer than what is inspected."""

import asyncio
from pathlib import Path

import pytest
from house import House, run

from yett.cli.patterns import pattern_cache
from yett.rules.inspection.packs import packs

packs(pattern_cache())  # as a worker does before it serves

GUARDED = """
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: {attacks}
"""
ATTACK = b"GET /orders?id=1%27%20OR%20%271%27=%271 HTTP/1.1\r\nHost: h\r\n\r\n"


async def counts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with the number of octets of each request's body."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        await reader.readexactly(length)
        answer = b"%d" % length
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))


def test_denied_where_it_is_enforced(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, GUARDED, handler=counts, fill={"attacks": "{mode: enforce}"}) as house:
            client = await house.connect()
            await client.send(ATTACK)
            status, _, body = await client.response()
            assert status == 403 and b"sql" not in body.lower()
            reason = house.journal.events[-1].reasons[0]
            assert (reason.rule, reason.place) == ("sql-injection", "query id")

    run(talk())


def test_recorded_by_default(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, GUARDED, handler=counts, fill={"attacks": "true"}) as house:
            client = await house.connect()
            await client.send(ATTACK)
            assert (await client.response())[0] == 200
            event = house.journal.events[-1]
            assert (event.verdict, event.would, event.reasons[0].rule) == ("allow", "deny", "sql-injection")

    run(talk())


def test_an_upload_that_is_longer_than_what_is_inspected_streams(tmp_path: Path) -> None:
    length = 3 << 20

    async def talk() -> None:
        async with House(tmp_path, GUARDED, handler=counts, fill={"attacks": "{mode: enforce}"}) as house:
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % length)
            for _ in range(length >> 16):
                await client.send(b"harmless text; " * 4_369 + b"\n")
            assert (await client.response())[::2] == (200, b"%d" % length)
            assert house.journal.events[-1].not_evaluated[0][0] == "attacks"

    run(talk())


WITHOUT_BODY = (
    b"GET /?q=1%20union%20select%202 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"HEAD /?q=1%20union%20select%202 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /?q=1%20union%20select%202 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    b"POST /?q=1%20union%20select%202 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /?q=1%20union%20select%202 HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
)
SCORING = """
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: false
    crs: {{directory: crs}}
"""
RULES = r"""
SecDefaultAction "phase:2,log,pass"
SecAction "id:1,phase:1,pass,nolog,setvar:tx.score=0"
SecRule ARGS "@rx (?i)union\s+select" "id:942190,phase:2,block,msg:'SQL injection',severity:'CRITICAL',setvar:'tx.score=+5'"
SecRule TX:score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403"
"""


@pytest.mark.parametrize("attack", WITHOUT_BODY)
def test_requests_without_body_are_judged_by_rules_of_the_body_phase(tmp_path: Path, attack: bytes) -> None:
    (tmp_path / "crs" / "rules").mkdir(parents=True)
    (tmp_path / "crs" / "crs-setup.conf").write_text("")
    (tmp_path / "crs" / "rules" / "rules.conf").write_text(RULES)

    async def talk() -> None:
        async with House(tmp_path, SCORING, handler=counts) as house:
            client = await house.connect()
            await client.send(attack)
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 403 ")
            assert house.journal.events[-1].reasons[0].rule == "crs-942190"

    run(talk())


SECOND = """SecRule ARGS "@rx (?i)password" "id:942200,phase:2,block,msg:'A word',severity:'WARNING',setvar:'tx.score=+3'"\n"""


@pytest.mark.parametrize("mode", ["enforce", "monitor"])
def test_the_record_has_every_rule_that_matched_and_where(tmp_path: Path, mode: str) -> None:
    (tmp_path / "crs" / "rules").mkdir(parents=True)
    (tmp_path / "crs" / "crs-setup.conf").write_text("")
    (tmp_path / "crs" / "rules" / "rules.conf").write_text(RULES.replace("SecRule TX", SECOND + "SecRule TX"))

    async def talk() -> None:
        async with House(tmp_path, SCORING.replace("mode: enforce", f"mode: {mode}"), handler=counts) as house:
            client = await house.connect()
            await client.send(b"GET /?p=password&q=1%20union%20select%20password HTTP/1.1\r\nHost: h\r\n\r\n")
            await client.response()
            event = house.journal.events[-1]
            assert [one.rule for one in event.reasons] == ["crs-942190"]
            told = [(one.rule, one.place, one.reason) for one in event.matched]
            assert told == [("crs-942190", "query q", "SQL injection"), ("crs-942200", "query p", "A word")]
            await client.send(b"GET /?q=password HTTP/1.1\r\nHost: h\r\n\r\n")
            await client.response()
            assert house.journal.events[-1].matched == []  # below the threshold

    run(talk())


@pytest.mark.parametrize("kind", [b"text/event-stream", b"Application/JSON-seq"])
def test_streams_are_not_held_back(tmp_path: Path, kind: bytes) -> None:
    leaks = "SecRule RESPONSE_BODY \"@contains leak\" \"id:951100,phase:4,block,msg:'Leak',severity:'CRITICAL',deny\"\n"
    (tmp_path / "crs" / "rules").mkdir(parents=True)
    (tmp_path / "crs" / "crs-setup.conf").write_text("")
    (tmp_path / "crs" / "rules" / "rules.conf").write_text(RULES + leaks)
    more = asyncio.Event()

    async def streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n" % kind)
        await more.wait()
        writer.write(b"0\r\n\r\n")

    async def talk() -> None:
        async with House(tmp_path, SCORING, handler=streams) as house:
            client = await house.connect()
            await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            async with asyncio.timeout(5):
                assert b"first" in await client.reader.readuntil(b"first")
            more.set()

    run(talk())


@pytest.mark.parametrize(("size", "told"), [(60_000, 0), (3_000_000, 1)])
def test_of_a_long_response_the_record_says_how_much_was_looked_at(tmp_path: Path, size: int, told: int) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % size + b"text " * (size // 5)
        )

    async def talk() -> None:
        async with House(tmp_path, GUARDED, handler=answers, fill={"attacks": "{mode: enforce}"}) as house:
            client = await house.connect()
            await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            assert (await client.response())[0] == 200
            skipped = house.journal.events[-1].not_evaluated
            assert len(skipped) == told
            assert all(name == "response-body" and reason.startswith("only its first") for name, reason in skipped)

    run(talk())
