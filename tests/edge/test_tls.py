"""TLS contexts of PEM bytes, what a handshake tells, and handshakes that fail."""

import asyncio
import hashlib
import os
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from authority import Authority, Pair

from yett.edge.gateway import tls as module
from yett.edge.gateway.accept import TLSAcceptor, reason
from yett.edge.gateway.tls import (
    Contexts,
    TLSError,
    listener_context,
    listener_files,
    tls_facts,
    upstream_context,
    upstream_files,
)
from yett.model.exchange import TLSFacts
from yett.model.policy import Bounds, ClientAuth, ListenTLS, UpstreamTLS

AUTHORITY = Authority()
SERVER = AUTHORITY.issue("server", "localhost", "127.0.0.1")
OTHER = AUTHORITY.issue("other", "localhost")
CLIENT = AUTHORITY.issue("billing, O=evil", "billing.example", "spiffe://example/billing", "billing@example", "192.0.2.1")
PLAIN = ListenTLS(certificate="s.pem", key="s.key")


def files(**more: bytes) -> Callable[[str], bytes]:
    known = {"s.pem": SERVER.certificate, "s.key": SERVER.key, "ca.pem": AUTHORITY.certificate}
    return (known | {name.replace("_", "."): content for name, content in more.items()}).__getitem__


def shake_hands(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str | None = "localhost"
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """A handshake in memory. Raises what either end raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(5):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[1], ends[0]


def caller(pair: Pair | None = None, tmp: Any = None, *, trust: bytes = AUTHORITY.certificate) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(cadata=trust.decode())
    if pair is not None:
        made.load_cert_chain(*pair.write(tmp, "client"))
    return made


def test_a_plain_listener_speaks_modern_tls_only() -> None:
    made = listener_context(PLAIN, files())
    server, client = shake_hands(made, caller())
    assert tls_facts(server) == TLSFacts(version="TLSv1.3", cipher=server.cipher()[0], server_name="localhost")  # type: ignore[index]
    assert client.version() == "TLSv1.3"
    old = caller()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    server, client = shake_hands(made, old)
    assert server.version() == "TLSv1.2"
    assert all(suite["protocol"] == "TLSv1.3" or (suite["kea"] == "kx-ecdhe" and suite["aead"]) for suite in made.get_ciphers())
    only_new = listener_context(ListenTLS(certificate="s.pem", key="s.key", minimum_version="1.3"), files())
    with pytest.raises(ssl.SSLError):
        shake_hands(only_new, old)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_1_1_is_refused() -> None:
    ancient = caller()
    ancient.set_ciphers("ALL:@SECLEVEL=0")
    ancient.minimum_version = ancient.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        shake_hands(listener_context(PLAIN, files()), ancient)


def test_alpn_offers_http_1_1() -> None:
    client = caller()
    client.set_alpn_protocols(["h2", "http/1.1"])
    server, _ = shake_hands(listener_context(PLAIN, files()), client)
    assert server.selected_alpn_protocol() == "http/1.1"


def test_without_a_server_name() -> None:
    client = caller()
    client.check_hostname = False
    server, _ = shake_hands(listener_context(PLAIN, files()), client, None)
    assert tls_facts(server).server_name == ""


def test_a_client_certificate_is_named_in_full(tmp_path: Any) -> None:
    settings = ListenTLS(certificate="s.pem", key="s.key", client_ca="ca.pem", client_auth=ClientAuth.REQUIRED)
    server, client = shake_hands(listener_context(settings, files()), caller(CLIENT, tmp_path))
    facts = tls_facts(server)
    assert facts.subject == "CN=billing\\, O=evil"
    assert facts.names == ("billing.example", "spiffe://example/billing", "billing@example", "192.0.2.1")
    assert facts.fingerprint == hashlib.sha256(ssl.PEM_cert_to_DER_cert(CLIENT.certificate.decode())).hexdigest()
    assert client.getpeercert(binary_form=True)


def test_a_client_certificate_without_alternative_names(tmp_path: Any) -> None:
    settings = ListenTLS(certificate="s.pem", key="s.key", client_ca="ca.pem", client_auth=ClientAuth.OPTIONAL)
    made = listener_context(settings, files())
    server, _ = shake_hands(made, caller(AUTHORITY.issue("alice"), tmp_path))
    assert (tls_facts(server).subject, tls_facts(server).names) == ("CN=alice", ())
    server, _ = shake_hands(made, caller())
    assert (tls_facts(server).subject, tls_facts(server).fingerprint) == ("", "")


def test_a_required_or_foreign_client_certificate_ends_the_handshake(tmp_path: Any) -> None:
    for auth, pair in [(ClientAuth.REQUIRED, None), (ClientAuth.OPTIONAL, Authority("Foreign").issue("billing"))]:
        settings = ListenTLS(certificate="s.pem", key="s.key", client_ca="ca.pem", client_auth=auth)
        with pytest.raises(ssl.SSLError):
            shake_hands(listener_context(settings, files()), caller(pair, tmp_path))


def test_what_cannot_be_used_is_named_without_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        (files(s_key=OTHER.key), "s.pem, s.key: .*key values mismatch"),
        (files(s_key=b"nonsense"), "s.pem, s.key: cannot be used"),
        (files(s_pem=b""), "s.pem, s.key: cannot be used"),
        (files(s_key=AUTHORITY.issue("x", password=b"secret").key), "s.key: the key is encrypted"),
        ({"s.pem": SERVER.certificate}.__getitem__, "s.key: cannot be read"),
    ]
    for read, why in cases:
        with pytest.raises(TLSError, match=why) as raised:
            listener_context(PLAIN, read)
        assert "PRIVATE" not in str(raised.value)
    with pytest.raises(TLSError, match="needs client_ca"):
        listener_context(ListenTLS(certificate="s.pem", key="s.key", client_auth=ClientAuth.REQUIRED), files())
    with pytest.raises(TLSError, match=r"ca\.pem: no usable certificates"):
        listener_context(ListenTLS(certificate="s.pem", key="s.key", client_ca="ca.pem"), files(ca_pem=b"x"))
    with pytest.raises(TLSError, match="both certificate and key"):
        upstream_context(UpstreamTLS(certificate="s.pem"), files())


def test_keys_reach_openssl_on_systems_without_memory_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    with module._in_memory(b"x") as path:
        with open(path, "rb") as file:
            assert file.read() == b"x"
        assert os.stat(path).st_mode & 0o77 == 0
    assert not os.path.exists(path)
    assert shake_hands(listener_context(PLAIN, files()), caller())


def test_upstreams_are_verified_unless_the_policy_says_otherwise(tmp_path: Any) -> None:
    server = listener_context(PLAIN, files())
    assert shake_hands(server, upstream_context(UpstreamTLS(ca="ca.pem"), files()))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, upstream_context(UpstreamTLS(), files()))  # the system's roots do not know this authority
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, upstream_context(UpstreamTLS(ca="ca.pem"), files()), "other.example")
    assert shake_hands(server, upstream_context(UpstreamTLS(verify=False), files()), "other.example")
    settings = UpstreamTLS(ca="ca.pem", certificate="c.pem", key="c.key")
    read = files(c_pem=CLIENT.certificate, c_key=CLIENT.key)
    mutual = listener_context(
        ListenTLS(certificate="s.pem", key="s.key", client_ca="ca.pem", client_auth=ClientAuth.REQUIRED), files()
    )
    ours, _ = shake_hands(mutual, upstream_context(settings, read))
    assert "billing.example" in tls_facts(ours).names


def test_paths_are_read_from_disk_where_nothing_else_is_given(tmp_path: Any) -> None:
    certificate, key = SERVER.write(tmp_path, "server")
    assert shake_hands(listener_context(ListenTLS(certificate=certificate, key=key)), caller())
    with pytest.raises(TLSError, match="cannot be read"):
        listener_context(ListenTLS(certificate=certificate, key=str(tmp_path / "absent")))


def test_the_files_of_settings() -> None:
    assert listener_files(PLAIN) == ("s.pem", "s.key")
    assert listener_files(ListenTLS(certificate="a", key="b", client_ca="c")) == ("a", "b", "c")
    assert upstream_files(UpstreamTLS()) == ()
    assert upstream_files(UpstreamTLS(ca="a", certificate="b", key="c")) == ("a", "b", "c")


def test_contexts_are_made_again_only_where_a_file_has_changed() -> None:
    contexts = Contexts()
    first = contexts.listener(PLAIN, files())
    upstream = contexts.upstream(UpstreamTLS(verify=False), files())
    contexts.keep_used()
    assert contexts.listener(PLAIN, files()) is first
    assert contexts.upstream(UpstreamTLS(verify=False), files()) is upstream
    second = contexts.listener(PLAIN, files(s_pem=OTHER.certificate, s_key=OTHER.key))
    assert second is not first
    contexts.keep_used()
    contexts.keep_used()
    assert contexts.listener(PLAIN, files()) is not first


# --- handshakes of real connections ---------------------------------------------------------------------------------


class Echo(asyncio.Protocol):
    def __init__(self, made: list[asyncio.BaseTransport]) -> None:
        self.made = made

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.made.append(transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class Server:
    """A TLSAcceptor on loopback."""

    def __init__(self, **bounds: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.made: list[asyncio.BaseTransport] = []
        self.failures: list[tuple[str, str]] = []
        self.current = listener_context(PLAIN, files())
        listening = socket.create_server(("127.0.0.1", 0))
        self.place = listening.getsockname()
        self.acceptor = TLSAcceptor(
            listening,
            self.loop,
            context=lambda: self.current,
            protocol=lambda: Echo(self.made),
            bounds=lambda: Bounds(head_timeout=0.3, **bounds),
            failed=lambda address, why: self.failures.append((address, why)),
        )

    async def failure(self) -> str:
        await self.until(lambda: self.failures)
        ((address, why),) = self.failures
        self.failures.clear()
        assert address == "127.0.0.1"
        return why

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not true():
                await asyncio.sleep(0.005)

    def distrust(self) -> None:
        """A client that does not know the authority, and says so before it goes."""
        foreign = caller(trust=Authority("Foreign").certificate)
        with socket.create_connection(self.place) as client:
            foreign.wrap_socket(client, server_hostname="localhost")

    async def echo(self) -> bytes:
        """One connection by the loop's own client. Gives the server's certificate."""
        reader, writer = await asyncio.open_connection(*self.place, ssl=caller(), server_hostname="localhost")
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return certificate


def run(main: Any) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def test_connections_come_after_their_handshake_and_with_the_present_certificate() -> None:
    async def main() -> None:
        server = Server()
        assert await server.echo() == ssl.PEM_cert_to_DER_cert(SERVER.certificate.decode())
        server.current = listener_context(PLAIN, files(s_pem=OTHER.certificate, s_key=OTHER.key))
        assert await server.echo() == ssl.PEM_cert_to_DER_cert(OTHER.certificate.decode())
        await server.until(lambda: not server.acceptor.handshakes)
        assert len(server.made) == 2
        assert server.failures == []
        server.acceptor.close()

    run(main())


def test_each_failed_handshake_is_told_with_its_reason() -> None:
    async def main() -> None:
        server = Server()
        reader, writer = await asyncio.open_connection(*server.place)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await server.failure() == "http request"
        writer.close()
        _, writer = await asyncio.open_connection(*server.place)
        writer.close()
        assert await server.failure() == "the client closed the connection"
        with socket.create_connection(server.place) as client:
            await server.until(lambda: server.acceptor.handshakes)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert await server.failure() == "the client closed the connection"
        reader, writer = await asyncio.open_connection(*server.place)
        assert await server.failure() == "timeout"
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(server.distrust)
        assert await server.failure() == "tlsv1 alert unknown ca"
        assert server.made == []
        server.acceptor.close()

    run(main())


def test_a_foreign_client_certificate_is_told_as_such(tmp_path: Any) -> None:
    async def main() -> None:
        server = Server()
        settings = ListenTLS(certificate="s.pem", key="s.key", client_ca="ca.pem", client_auth=ClientAuth.REQUIRED)
        server.current = listener_context(settings, files())
        foreign = caller(Authority("Foreign").issue("billing"), tmp_path)

        async def talk() -> None:
            reader, _ = await asyncio.open_connection(*server.place, ssl=foreign, server_hostname="localhost")
            await reader.readexactly(1)  # in TLS 1.3 the client is done before the server has seen its certificate

        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await talk()
        assert "certificate" in await server.failure()
        server.acceptor.close()

    run(main())


def test_handshakes_under_way_are_bounded_and_leave_nothing_open() -> None:
    async def main() -> None:
        server = Server(connections_per_address=3)
        await asyncio.sleep(0)
        before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        clients = [socket.create_connection(server.place) for _ in range(5)]
        await server.until(lambda: len(server.failures) == 5)
        assert [why for _, why in server.failures].count("too many handshakes under way") == 2
        for client in clients:
            client.close()
        await server.until(lambda: not server.acceptor.handshakes)
        assert await server.echo()
        await asyncio.sleep(0.05)
        assert not before or len(os.listdir("/proc/self/fd")) <= before + 1
        server.acceptor.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.place)

    run(main())


def test_reasons_hold_nothing_that_the_peer_has_sent() -> None:
    assert reason(ssl.SSLError(1, "[SSL] whatever")) == "tls error"
    assert reason(TimeoutError()) == "timeout"
    assert reason(OSError(104, "Connection reset by peer")) == "the client closed the connection"


def test_accepting_pauses_where_no_descriptor_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(socket.socket):
        full = True

        def accept(self) -> Any:
            if self.full:
                raise OSError(24, "Too many open files")
            return super().accept()

    async def main() -> None:
        monkeypatch.setattr("yett.edge.gateway.accept.PAUSE", 0.05)
        listening = Full()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        context = listener_context(PLAIN, files())
        made: list[asyncio.BaseTransport] = []
        acceptor = TLSAcceptor(
            listening,
            asyncio.get_running_loop(),
            context=lambda: context,
            protocol=lambda: Echo(made),
            bounds=Bounds,
            failed=lambda address, why: None,
        )
        opening = asyncio.create_task(
            asyncio.open_connection(*listening.getsockname(), ssl=caller(), server_hostname="localhost")
        )
        await asyncio.sleep(0.12)
        assert made == []
        Full.full = False
        _, writer = await asyncio.wait_for(opening, 5)
        assert len(made) == 1
        writer.close()
        Full.full = True
        with socket.create_connection(listening.getsockname()):
            await asyncio.sleep(0.02)
            acceptor.close()
            await asyncio.sleep(0.1)

    run(main())
