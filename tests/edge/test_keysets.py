"""Key sets by URL against a real server that dies, hangs, lies, and rotates its keys."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from functools import wraps

import pytest
import uvloop
from authority import Authority
from identifying import Identifying, carrying, denied, named, ports
from issuer import Issuer, document, hang, ok
from jose_signing import jwk, private_key, token, verification_key

from yett.edge.fetching import FetchError, fetch
from yett.edge.keysets import Clocks, KeySets, Pace
from yett.model.decision import RefreshKeySet, Unanswered, Wait
from yett.rules.guards import jwt

QUICK = Pace(usual=60, shortest=0.01, first_retry=0.01, last_retry=0.05, on_demand=30, timeout=0.5)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def started(*urls: str, pace: Pace = QUICK, tls: ssl.SSLContext | None = None, clock: Clock | None = None):
    clock = clock or Clock()
    sets = KeySets(pace=pace, tls=tls, clocks=Clocks(clock, clock))
    sets.start(asyncio.get_running_loop())
    sets.retain(urls)
    try:
        yield sets
    finally:
        await sets.close()


async def until(condition, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def run(test):
    """Run a coroutine test on the loop that workers have."""

    @wraps(test)
    def call(*arguments, **named):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(asyncio.wait_for(test(*arguments, **named), 20))

    return call


@run
async def test_a_set_is_fetched_and_used():
    async with Issuer() as issuer, started(issuer.url) as sets:
        keys = sets[issuer.url]
        assert not keys.available
        assert keys.find("k", "EdDSA") == []
        await until(lambda: keys.available)
        assert keys.find("k", "EdDSA") == [verification_key("EdDSA")]
        assert keys.generation == 1
        assert sets[issuer.url] is keys
        (state,) = sets.states()
        assert (state.keys, state.generation, state.last_success, state.fetches, state.error) == (1, 1, 1_000.0, 1, "")
        head = issuer.requests[0]
        assert head.startswith(b"GET /keys?a=b HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"Authorization" not in head


@run
async def test_chunked_and_close_delimited_answers():
    body = document()
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for answer in (chunked, b"HTTP/1.1 200 OK\r\n\r\n" + body, b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok(body)):
        async with Issuer(answer) as issuer:
            assert (await fetch(issuer.url, timeout=5, limit=10_000)).body == body


@pytest.mark.parametrize(
    "answer, words",
    [
        (b"garbage\r\n\r\n", "HTTP/1.1"),
        (b"", "IncompleteReadError"),
        (b"HTTP/1.1 200 OK\r\n", "IncompleteReadError"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "LimitOverrun"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "IncompleteReadError"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n", "longer than 10000"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 20_000, "longer than 10000"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n" + b"x" * 20_000, "longer than 10000"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "content coding"),
        (b"HTTP/1.1 103 Hints\r\n\r\n" * 6, "interim"),
    ],
    ids=range(14),
)
@run
async def test_answers_that_are_none(answer, words):
    async with Issuer(answer) as issuer:
        with pytest.raises(FetchError, match=words):
            await fetch(issuer.url, timeout=5, limit=10_000)


@run
async def test_time_is_bounded_as_a_whole():
    async def drip(writer: asyncio.StreamWriter) -> None:
        for octet in ok(b"x" * 1_000):
            writer.write(bytes([octet]))
            await asyncio.sleep(0.02)

    for answer in (hang, drip):
        async with Issuer(answer) as issuer:
            with pytest.raises(FetchError, match=r"within 0\.2 s"):
                await fetch(issuer.url, timeout=0.2, limit=10_000)


@run
async def test_nobody_listens_and_no_such_host():
    async with Issuer() as issuer:
        url = issuer.url
    with pytest.raises(FetchError, match="Connect"):
        await fetch(url, timeout=5, limit=10)
    with pytest.raises(FetchError, match="Unicode"):
        await fetch("http://a..b/", timeout=5, limit=10)
    with pytest.raises(FetchError, match="TLS"):
        await fetch("https://localhost:1/", timeout=5, limit=10)


@run
async def test_tls_is_verified(tmp_path):
    authority = Authority()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*authority.issue("localhost", "localhost").write(tmp_path, "server"))
    trusting = ssl.create_default_context(cadata=authority.certificate.decode())
    async with Issuer(tls=server) as issuer:
        async with started(issuer.url, tls=trusting) as sets:
            await until(lambda: sets[issuer.url].available)
        async with started(issuer.url) as sets:
            await until(lambda: sets[issuer.url].state.error)
            assert "CERTIFICATE_VERIFY_FAILED" in sets[issuer.url].state.error
            assert not sets[issuer.url].available


@run
async def test_an_unknown_key_fetches_again_once():
    clock = Clock()
    async with Issuer() as issuer, started(issuer.url, clock=clock) as sets:
        keys = sets[issuer.url]
        await until(lambda: keys.available)
        issuer.answer = ok(document(jwk("EdDSA", 1, kid="new")))
        assert await sets.refresh(RefreshKeySet(issuer.url, "new")) is True
        assert keys.generation == 2
        assert keys.find("k", "EdDSA") == []
        assert keys.find("new", "EdDSA") == [verification_key("EdDSA", 1)]
        for number in range(100):  # anybody can invent key ids
            assert await sets.refresh(RefreshKeySet(issuer.url, f"x{number}")) is False
        assert len(issuer.requests) == 2
        clock.now += 30
        assert await sets.refresh(RefreshKeySet(issuer.url, "x")) is False  # fetched, and nothing is new
        assert len(issuer.requests) == 3
        assert keys.generation == 2  # the same octets: what was verified stays so


@run
async def test_all_who_wait_share_one_fetch():
    async with Issuer() as issuer, started(issuer.url) as sets:
        await until(lambda: sets[issuer.url].available)
        release = asyncio.Event()

        async def later(writer: asyncio.StreamWriter) -> None:
            await release.wait()
            writer.write(ok(document(jwk("EdDSA", 1, kid="new"))))
            await writer.drain()

        issuer.answer = later
        waiting = [asyncio.create_task(sets.refresh(RefreshKeySet(issuer.url, f"k{number}"))) for number in range(50)]
        await until(lambda: len(issuer.requests) == 2)
        waiting[0].cancel()  # whoever gives up does not take the others along
        release.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert answers[1:] == [True] * 49
        assert isinstance(answers[0], asyncio.CancelledError)
        assert len(issuer.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [hang, b"", b"junk\r\n\r\n", ok(b"<html>"), ok(b'{"keys": []}'), ok(b" " * (1 << 20) + b"{}"), ok(b"{}")],
    ids=range(7),
)
@run
async def test_the_last_good_set_stays(answer):
    clock = Clock()
    async with Issuer() as issuer, started(issuer.url, clock=clock) as sets:
        keys = sets[issuer.url]
        await until(lambda: keys.available)
        issuer.answer = answer
        clock.now += 60
        refreshed = await sets.refresh(RefreshKeySet(issuer.url, "new"))
        assert type(refreshed) is Unanswered
        assert keys.find("k", "EdDSA") == [verification_key("EdDSA")]
        assert keys.generation == 1
        state = keys.state
        assert (state.failures, state.last_success) == (1, 1_000.0)
        assert state.error == refreshed.reason != ""


@run
async def test_an_issuer_that_comes_late_or_comes_back():
    async with Issuer() as issuer:
        await issuer.die()
        async with started(issuer.url) as sets:
            keys = sets[issuer.url]
            assert type(await sets.refresh(RefreshKeySet(issuer.url, "k"))) is Unanswered
            assert not keys.available
            await until(lambda: keys.state.failures >= 3)
            await issuer.listen()
            await until(lambda: keys.available)
            assert keys.state.error == ""


@run
async def test_while_nothing_was_loaded_demand_is_answered_sooner():
    clock = Clock()
    async with Issuer(ok(b"not yet")) as issuer, started(clock=clock, pace=Pace(timeout=0.5)) as sets:
        keys = sets[issuer.url]
        await until(lambda: keys.state.failures == 1)
        need = RefreshKeySet(issuer.url, "k")
        assert type(await sets.refresh(need)) is Unanswered
        assert await sets.refresh(need) is False
        clock.now += 2.0
        issuer.answer = ok(document())
        assert await sets.refresh(need) is True


@run
async def test_it_is_fetched_again_as_its_server_says():
    async with Issuer(ok(document(), "Cache-Control: public, max-age=0")) as issuer, started(issuer.url) as sets:
        await until(lambda: len(issuer.requests) >= 4)
        issuer.answer = ok(document(jwk("EdDSA", 1, kid="new")), "Cache-Control: max-age=3600")
        await until(lambda: sets[issuer.url].generation == 2)


def test_paces():
    pace = Pace()
    assert [pace.until_next(age, 0) for age in (None, 0.0, 60.0, 3_600.0, 1e9)] == [300, 60, 60, 3_600, 86_400]
    assert [pace.until_next(None, failures) for failures in (1, 2, 3, 4, 5, 10_000)] == [2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    "field, age",
    [
        ("Cache-Control: max-age=120", 120.0),
        ('Cache-Control: public, Max-Age="7"', 7.0),
        ("Cache-Control: s-maxage=9", None),
        ("Cache-Control: no-store, max-age=120", 0.0),
        ("Cache-Control: max-age=x", None),
        ("X: y", None),
    ],
)
@run
async def test_freshness(field, age):
    async with Issuer(ok(b"{}", field)) as issuer:
        assert (await fetch(issuer.url, timeout=5, limit=10)).max_age == age


@run
async def test_what_no_policy_names_is_forgotten():
    async with Issuer() as issuer, Issuer() as other, started(issuer.url) as sets:
        await until(lambda: sets[issuer.url].available)
        sets.retain([other.url])
        assert list(sets) == [other.url]
        assert len(sets) == 1
        await until(lambda: sets[other.url].available)
        assert await sets.refresh(RefreshKeySet(issuer.url, "k")) is False
        assert len(issuer.requests) == 1


def test_nothing_is_fetched_before_start_nor_from_elsewhere():
    sets = KeySets()
    assert not sets["https://issuer.example/keys"].available
    assert "http://issuer.example/keys" not in sets
    assert "https://user@issuer.example/keys" not in sets
    assert "https://issuer.example:99999/keys" not in sets
    assert asyncio.run(sets.refresh(RefreshKeySet("https://issuer.example/keys", "k"))) is False
    asyncio.run(sets.close())
    assert len(sets) == 0


@run
async def test_a_token_from_the_first_request_over_rotation_to_an_outage():
    """The guard and its keys together, as the edge drives them."""
    clock = Clock()
    async with Issuer() as issuer, started(clock=clock) as sets:
        options = {"algorithms": ["EdDSA"], "jwks": {"url": issuer.url}, "remember": 3_600}
        identify = Identifying(jwt, {"jwt": options}, ports(key_sets=sets))

        async def answer(octets: bytes):
            view = carrying(authorization=b"Bearer " + octets)
            outcome = identify(view)
            if type(outcome) is Wait:
                identify.evaluation.supply(outcome.need, await sets.refresh(outcome.need))
                outcome = identify(view, evaluation=identify.evaluation)
            return outcome

        claims = {"sub": "alice", "exp": 4_000_000_000}
        old, new = token(claims, kid="k"), token(claims, "EdDSA", private_key("EdDSA", 1), kid="new")
        assert named(await answer(old)) == "alice"  # nothing was loaded before: the first request waits for it
        assert "no key" in denied(await answer(new))
        clock.now += 30
        issuer.answer = ok(document(jwk("EdDSA", 1, kid="new")))
        assert named(await answer(new)) == "alice"
        assert "no key" in denied(await answer(old))  # withdrawn, though it was remembered for an hour
        await issuer.die()
        clock.now += 30
        assert named(await answer(new)) == "alice"
        assert "no key" in denied(await answer(token(claims, kid="newer")))
