"""One exchange judged twice: by the gateway, cut and framed at random, and offline, as its recording. The same rules, places and
reasons (which hold the score), and the upstream gets what was sent."""

import asyncio
import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from house import House, read_message, run

from yett.cli.patterns import pattern_cache
from yett.edge.keysets import KeySets
from yett.edge.needs import fulfiller
from yett.edge.passwords import PasswordVerifier
from yett.engine.recorded import Replayed, replay
from yett.formats.recordings import read_raw
from yett.model.event import Event
from yett.model.exchange import Response
from yett.rules.inspection.packs import packs

packs(pattern_cache())  # as a worker does before it serves

POLICY = """
services:
  enforced:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: {{mode: enforce}}
    crs: &crs {{directory: crs}}
  watched:
    match: {{hosts: [m.test]}}
    mode: monitor
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: {{mode: enforce}}
    crs: *crs
  short:
    match: {{hosts: [s.test]}}
    mode: monitor
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: {{mode: enforce, inspect: {{size: 3000, values: 50, beyond: deny}}}}
    crs: {{directory: crs, inspect: {{size: 3000, values: 50, beyond: truncate}}}}
"""
RULES = r"""
SecDefaultAction "phase:1,log,pass"
SecDefaultAction "phase:2,log,pass"
SecDefaultAction "phase:4,log,pass"
SecAction "id:1,phase:1,pass,nolog,setvar:tx.score=0,setvar:tx.leaks=0"
SecRule REQUEST_HEADERS|ARGS_NAMES|ARGS|REQUEST_COOKIES|XML:/* "@rx (?i)union\s+select" "id:942190,phase:2,block,\
    t:none,t:urlDecodeUni,msg:'SQL',severity:'CRITICAL',setvar:'tx.score=+5'"
SecRule REQUEST_FILENAME|ARGS "@contains /etc/passwd" "id:930120,phase:1,block,t:none,t:urlDecodeUni,msg:'A file',\
    severity:'CRITICAL',setvar:'tx.score=+5'"
SecRule &REQUEST_HEADERS:Accept "@eq 0" "id:920300,phase:1,block,msg:'No Accept',severity:'NOTICE',setvar:'tx.score=+2'"
SecRule FILES|FILES_NAMES|MULTIPART_FILENAME "@rx \.php" "id:933110,phase:2,block,msg:'PHP',severity:'CRITICAL',\
    setvar:'tx.score=+5'"
SecRule TX:score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403,msg:'Score %{tx.score}'"
SecRule RESPONSE_BODY "@contains ORA-00933" "id:951120,phase:4,block,msg:'Oracle',severity:'CRITICAL',setvar:'tx.leaks=+5'"
SecRule TX:leaks "@ge %{tx.outbound_anomaly_score_threshold}" "id:959100,phase:4,deny,msg:'Score %{tx.leaks}'"
"""
PAYLOADS = (
    "1 union select 2",
    "1' OR '1'='1",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "harmless words",
    "",
    "12",
    "x y",
)
LEAKS = (b'{"error":"ORA-00933: not ended"}', b'{"a":1}', b"<p>hi</p>", b"")


def _written(rng: Random) -> tuple[bytes, bytes, bytes]:
    """Media type, content coding and body: well-formed ones of all kinds, some damaged."""
    word = rng.choice(PAYLOADS)
    many = {f"k{number}": "harmless " * 4 for number in range(rng.choice((0, 3, 60, 1_200)))}
    kind = rng.randrange(8)
    if kind == 0:
        found = b"application/json", json.dumps({**many, "q": {"a": [word]}}).encode()
    elif kind == 1:
        found = b"application/json; charset=utf-16", json.dumps({"q": word}).encode("utf-16")
    elif kind == 2:
        found = b"application/x-www-form-urlencoded", "&".join(f"{n}={v}" for n, v in {**many, "q": word}.items()).encode()
    elif kind == 3:
        part = f'--b\r\nContent-Disposition: form-data; name="q"; filename="{rng.choice(("a.php", "a.txt"))}"\r\n\r\n{word}\r\n'
        found = b"multipart/form-data; boundary=b", (part + rng.choice(("--b--\r\n", "--b--", ""))).encode()
    elif kind == 4:
        found = b"application/xml", f"<a><![CDATA[{word}]]></a>".encode()
    elif kind == 5:
        found = rng.choice((b"text/plain", b"application/x-unknown", b"", b"application/json, text/plain")), word.encode()
    elif kind == 6:
        found = b"application/json", b'\xef\xbb\xbf{"q":"%b","q":NaN}' % word.encode()
    else:
        found = b"text/plain", (word + " padding" * rng.choice((10, 400, 6_000)) + word).encode()
    if rng.random() < 0.15:
        return found[0], rng.choice((b"gzip", b"GZIP", b"br", b"gzip, gzip")), gzip.compress(found[1])
    return found[0], b"", found[1]


def _request(rng: Random) -> bytes:
    """With Content-Length, as `read_raw` takes it by the letter."""
    method = rng.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"))
    target = rng.choice(("/", "/a?q=1", "/a?q=1%20union%20select%202", "/..;/etc/passwd", "/a%2fb", "/a?f=/etc/passwd"))
    lines = [f"{method} {target} HTTP/1.{rng.choice('1110')}", f"Host: {rng.choice(('a.test', 'm.test', 'm.test', 's.test'))}"]
    lines += rng.choices(
        ("Accept: */*", "Cookie: a=1%20union%20select%202", "X-A: 1 union select 2", "Expect: 100-continue", "X-B: \xe9"),
        k=rng.randrange(3),
    )
    body = b""
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n"
    if method in ("POST", "PUT") or rng.random() < 0.3:
        media, coding, body = _written(rng)
        head += b"Content-Type: %b\r\n" % media if media else b""
        head += b"Content-Encoding: %b\r\n" % coding if coding else b""
    if body or rng.random() < 0.5:
        head += b"Content-Length: %d\r\n" % len(body)
    return head + b"\r\n" + body


def _chunked(rng: Random, content: bytes) -> bytes:
    """The same request in chunks of odd sizes, with extensions and trailers."""
    head, _, body = content.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    pieces, at = [], 0
    while at < len(body):
        size = rng.choice((1, 2, 7, rng.randint(1, len(body)), 5_000))
        piece = body[at : at + size]
        at += size
        pieces.append(
            rng.choice((b"%x", b"%X", b"%06x")) % len(piece) + rng.choice((b"", b";a=b", b';a="x"')) + b"\r\n" + piece + b"\r\n"
        )
    end = rng.choice((b"0", b"00", b"0;x=y")) + b"\r\n" + rng.choice((b"", b"X-Trailer: 1 union select 2\r\n")) + b"\r\n"
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked"]) + b"\r\n\r\n" + b"".join(pieces) + end


def _answer(rng: Random) -> tuple[bytes, Response]:
    body = rng.choice(LEAKS)
    media = rng.choice((b"application/json", b"text/html", b"application/octet-stream", b"text/event-stream"))
    fields = [(b"Content-Type", media)]
    if body and rng.random() < 0.3:
        body = gzip.compress(body)
        fields.append((b"Content-Encoding", b"gzip"))
    fields.append((b"Content-Length", b"%d" % len(body)))
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n"
    return head + body, Response(status=200, fields=tuple(fields), body=body)


def _differences(event: Event, found: Replayed) -> list[Any]:
    live = [(reason.rule, reason.status, reason.place, reason.reason, reason.sample) for reason in event.reasons]
    offline = [(one.rule, one.status, one.place, one.reason, one.sample) for one in found.said]
    pairs = [
        (event.verdict, found.verdict),
        (live, offline),
        (set(map(tuple, event.not_evaluated)), set(map(tuple, found.not_evaluated))),
    ]
    return [pair for pair in pairs if pair[0] != pair[1]]


class Both(House):
    """A house that gives the answer which the test wants next, and keeps what its upstream got."""

    def __init__(self, directory: Path) -> None:
        (directory / "crs" / "rules").mkdir(parents=True)
        (directory / "crs" / "crs-setup.conf").write_text("")
        (directory / "crs" / "rules" / "rules.conf").write_text(RULES)
        self.next = b""
        self.got: list[tuple[bytes, bytes]] = []
        super().__init__(directory, POLICY, handler=self._answers, fulfil=fulfiller(KeySets(), PasswordVerifier()))

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                self.got.append(await read_message(reader))
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            head_only = self.got[-1][0].startswith(b"HEAD ")
            writer.write(self.next.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head_only else self.next)

    async def judged(self, rng: Random, content: bytes) -> list[Any]:
        """How the gateway's judgement differs from that of the recording."""
        self.got.clear()
        self.next, answer = _answer(rng)
        before = len(self.journal.events)
        sent = _chunked(rng, content) if rng.random() < 0.4 and b" HTTP/1.0" not in content else content
        cuts = sorted(rng.randrange(len(sent)) for _ in range(rng.choice((0, 1, 3))))
        client = await self.connect()
        await client.send(*(sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True) if b > a))
        await self.until(lambda: len(self.journal.events) > before)
        client.close()
        event = self.journal.events[-1]
        recording = read_raw(_replaced(sent, content), event.time, strict=True)
        assert recording.exchange is not None
        if recording.exchange.request.method == "HEAD":
            answer = msgspec.structs.replace(answer, body=b"")
        exchange = msgspec.structs.replace(recording.exchange, address="127.0.0.1", response=answer if self.got else None)
        found = _differences(event, replay(self.gateway.snapshot, exchange, event.time))
        if self.got and self.got[0][1] != exchange.request.body:
            found.append(("the upstream got", self.got[0][1][:200]))
        return found


def _replaced(sent: bytes, content: bytes) -> bytes:
    """What recordings hold of what was sent: chunked bodies without their chunks, under the head that they had."""
    if sent is content:
        return sent
    body = content.partition(b"\r\n\r\n")[2]
    chunks = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    return sent.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + chunks


def test_random_exchanges(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Both(tmp_path) as both:
            denied = 0
            for seed in range(250):
                rng = Random(seed)
                content = _request(rng)
                assert not await both.judged(rng, content), (seed, content[:600])
                denied += both.journal.events[-1].would == "deny"
            assert 50 < denied < 220

    run(talk())
