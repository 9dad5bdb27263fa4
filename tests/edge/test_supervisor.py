"""Real processes: start, death, reload, drain and end of supervisor and workers, with a stand-in for the gateway."""

import os
import signal
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from running import Load, Running, alive, read_answer, until

from yett.edge.gateway.supervisor import Settings, Supervisor

FIRST = (200, "first")


def test_starts_serves_and_stops_in_order(tmp_path: Path) -> None:
    with Running(tmp_path, listen=["127.0.0.1:0", "[::1]:0"]) as running:
        assert running.ask() == FIRST
        assert running.announced["listen"]["[::1]:0"].startswith("[::1]:")
        assert running.admin("/healthz") == (200, "alive\n")
        assert running.admin("/readyz") == (200, "ready\n")
        status = running.status()
        assert status["ready"] is True
        assert status["snapshot"] == "first"
        assert [worker["restarts"] for worker in status["workers"]] == [0, 0]
        assert len(set(running.pids())) == 2
        assert {running.ask("/pid")[1] for _ in range(60)} == {str(pid) for pid in running.pids()}
        assert running.metric("yett_requests_total") == 61
        assert running.metric("yett_worker_resident_bytes") > 2 * 10_000_000
        assert running.status()["requests"] == 61
        pids = running.pids()
        running.signal(signal.SIGTERM)
        code, errors = running.end()
        assert code == 0
        assert "gateway:policy:loaded" in errors
        assert errors.endswith("closed\n")
        assert not any(alive(pid) for pid in pids)
        with pytest.raises(ConnectionRefusedError):
            running.connect()


def test_drops_of_the_log_are_told_once_as_they_come(caplog: pytest.LogCaptureFixture) -> None:
    never = Settings(worker=(), prepare=(), equip=lambda *_: pytest.fail("not here"), announce=lambda *_: None)
    supervisor = Supervisor(never)
    for more in (0, 3, 0, 2):
        for _ in range(more):
            supervisor._totals.count("yett_log_dropped_total", "Records for which there was no room.")
        supervisor._tell_drops()
    assert [line.partition(" records")[0] for line in caplog.messages] == [
        "the event log had no room for 3",
        "the event log had no room for 2",
    ]


def test_a_bad_policy_is_refused_at_the_start(tmp_path: Path) -> None:
    with Running(tmp_path, expect=False, raw='{"listen":\n oops}') as running:
        code, errors = running.end()
    assert code == 2
    assert errors == f"{tmp_path}/policy.json:2:2: Expecting value\n"


def test_a_compiler_that_dies_is_an_error_and_not_a_start(tmp_path: Path) -> None:
    with Running(tmp_path, expect=False, crash=True) as running:
        code, errors = running.end()
    assert code == 2
    assert errors == "the policy could not be compiled: the compiler ended with signal 9\n"


@pytest.mark.parametrize("key", ["listen", "admin"])
def test_a_port_in_use_is_refused(tmp_path: Path, key: str) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        policy: dict[str, Any] = {key: [address] if key == "listen" else address}
        with Running(tmp_path, expect=False, **policy) as running:
            code, errors = running.end()
    assert code == 1
    assert errors == f"{address} is already in use by another process\nclosed\n"


def test_a_second_supervisor_cannot_share_the_port(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with Running(tmp_path) as running:
        address = running.announced["listen"]["127.0.0.1:0"]
        with Running(tmp_path / "other", expect=False, listen=[address]) as other:
            assert other.end()[0] == 1
        assert running.ask() == FIRST


def test_workers_that_cannot_start_end_the_start(tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    with Running(tmp_path, expect=False, environment={"STANDIN_CRASH": str(tmp_path / "crash")}) as running:
        code, errors = running.end()
    assert code == 1
    assert "the workers cannot be started: worker 1 is starting: ended with exit code 3" in errors
    assert "closed" in errors


def test_a_worker_that_cannot_build_the_first_policy_ends_the_start(tmp_path: Path) -> None:
    with Running(tmp_path, expect=False, unbuildable="2") as running:
        code, errors = running.end()
    assert code == 1
    assert "worker 2 is starting: ValueError: made not to build" in errors


# --- death of workers -----------------------------------------------------------------------------------------------


def test_killed_workers_are_replaced_and_no_request_of_a_new_connection_is_lost(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        with Load(running) as load:
            for victim in (0, 1):
                time.sleep(0.2)
                before = running.metric("yett_requests_total")
                os.kill(running.pids()[victim], signal.SIGKILL)
                until(lambda: len(running.pids()) == 2 and running.ready())
                assert running.metric("yett_requests_total") >= before
        lost = [answer for answer in load.answers if answer != FIRST]
        # A connection that the dead worker had accepted dies with it; at most one for each of four clients and two deaths.
        assert len(lost) <= 8
        assert len(load.answers) > 100
        status = running.status()
        assert [worker["restarts"] for worker in status["workers"]] == [1, 1]
        assert running.metric("yett_worker_restarts_total") == 2
        assert "worker 1 ended with signal 9" in running.errors.read_text()
        assert "gateway:worker:ended ended with signal 9" in running.errors.read_text()


def test_connections_in_the_queue_of_a_dead_worker_are_answered_by_another_one(tmp_path: Path) -> None:
    """The replacement is kept from starting, so that only the other worker can answer."""
    crash = tmp_path / "crash"
    with Running(tmp_path, environment={"STANDIN_CRASH": str(crash)}) as running:
        first, second = running.pids()
        crash.touch()
        os.kill(first, signal.SIGKILL)
        until(lambda: running.pids() == [second])
        assert {running.ask("/pid")[1] for _ in range(60)} == {str(second)}
        assert running.admin("/readyz")[0] == 503
        assert "worker 1 is starting" in running.admin("/readyz")[1]
        crash.unlink()
        until(running.ready)
        assert len({running.ask("/pid")[1] for _ in range(60)}) == 2  # each has its own socket again


def test_connections_wait_for_the_replacement_of_the_only_worker(tmp_path: Path) -> None:
    with Running(tmp_path, workers=1) as running:
        (pid,) = running.pids()
        os.kill(pid, signal.SIGSTOP)
        waiting = [running.connect() for _ in range(20)]
        for client in waiting:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        os.kill(pid, signal.SIGKILL)
        for client in waiting:
            with client:
                assert read_answer(client) == FIRST


def test_a_worker_that_is_told_to_end_drains_and_is_replaced(tmp_path: Path) -> None:
    with Running(tmp_path, workers=1) as running, running.connect() as client:
        (pid,) = running.pids()
        client.sendall(b"GET /slow/0.4 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        os.kill(pid, signal.SIGTERM)
        assert read_answer(client) == (200, "slow")
        until(lambda: running.pids() not in ([], [pid]))
        assert running.ask() == FIRST
        os.kill(running.pids()[0], signal.SIGINT)  # the terminal's signals are for the supervisor
        os.kill(running.pids()[0], signal.SIGHUP)
        assert running.ask() == FIRST
        assert running.status()["workers"][0]["restarts"] == 1


def test_a_worker_that_hangs_is_killed_and_replaced(tmp_path: Path) -> None:
    with Running(tmp_path, environment={"STANDIN_PERIOD": "0.2"}) as running, running.connect() as client:
        before = set(running.pids())
        client.sendall(b"GET /spin/60 HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: running.metric("yett_worker_restarts_total") == 1)
        assert client.recv(100) == b""
        until(running.ready)
        assert len(before & set(running.pids())) == 1
        assert "does not answer and is killed" in running.errors.read_text()


# --- reload ---------------------------------------------------------------------------------------------------------


def test_a_reload_by_signal_takes_over_without_losing_a_request(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        pids = running.pids()
        with running.connect() as kept, Load(running) as load:
            time.sleep(0.1)
            running.change(text="second")
            running.signal(signal.SIGHUP)
            until(lambda: running.status()["snapshot"] == "second" and running.ready())
            kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(kept) == (200, "second")
        assert set(load.answers) <= {FIRST, (200, "second")}
        assert {running.ask() for _ in range(20)} == {(200, "second")}
        assert running.pids() == pids
        assert running.status()["reloads"]["accepted"] == 1
        until(lambda: "policy loaded: snapshot second" in running.errors.read_text())


def test_a_changed_file_is_loaded_and_a_bad_one_is_not(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        running.write('{"listen": oops}')
        until(lambda: running.status()["reloads"]["refused"] == 1)
        assert running.ask() == FIRST
        assert running.ready()
        assert running.metric('yett_policy_reloads_total{result="refused"}') == 1
        errors = running.errors.read_text()
        assert "policy.json:1:12: Expecting value\nthe new policy is refused; snapshot first stays in force\n" in errors
        assert "gateway:policy:refused" in errors
        running.change(crash=True)
        until(lambda: running.status()["reloads"]["refused"] == 2)
        assert "signal 9" in running.status()["reloads"]["error"]
        del running.policy["crash"]
        running.change(text="second", workers=3)
        until(lambda: running.ask() == (200, "second"))
        until(running.ready)
        assert running.status()["reloads"]["error"] == ""
        assert len(running.pids()) == 2
        assert "a change of workers takes effect at the next start" in running.errors.read_text()


def test_a_worker_that_cannot_build_keeps_what_it_has(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        running.change(text="second", unbuildable="2")
        running.signal(signal.SIGHUP)
        until(lambda: running.status()["reloads"]["accepted"] == 1)
        status, reasons = running.admin("/readyz")
        assert status == 503
        assert reasons == "worker 2 serves snapshot first: ValueError: made not to build\n"
        assert {running.ask()[1] for _ in range(60)} == {"first", "second"}
        running.change(text="third", unbuildable="")
        running.signal(signal.SIGHUP)
        until(running.ready)
        assert {running.ask()[1] for _ in range(60)} == {"third"}


def test_a_reload_opens_and_closes_listeners(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        first = running.place()
        running.change(text="second", listen=[f"127.0.0.1:{port}"])
        running.signal(signal.SIGHUP)
        until(lambda: running.status()["listen"] == [f"127.0.0.1:{port}"] and running.ready())
        running.announced["listen"]["127.0.0.1:0"] = f"127.0.0.1:{port}"
        assert {running.ask()[1] for _ in range(20)} == {"second"}
        with pytest.raises(ConnectionRefusedError):
            until(lambda: not socket.create_connection(first).close() and None, 2.0)
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = f"127.0.0.1:{other.getsockname()[1]}"
            running.change(text="third", listen=[f"127.0.0.1:{port}", taken])
            running.signal(signal.SIGHUP)
            until(lambda: running.status()["reloads"]["refused"] == 1)
        assert running.status()["reloads"]["error"] == f"{taken} is already in use by another process"
        assert running.ask() == (200, "second")


def test_requests_go_on_while_a_large_policy_is_built(tmp_path: Path) -> None:
    with Running(tmp_path, workers=1) as running:
        with Load(running, 2) as load:
            running.change(text="second", steps=300, step=0.0005)
            running.signal(signal.SIGHUP)
            until(lambda: running.status()["snapshot"] == "second" and running.ready())
        assert set(load.answers) <= {FIRST, (200, "second")}
        (worker,) = running.status()["workers"]
        assert worker["loaded_in"] > 0.5  # it left most of the time to requests
        assert worker["longest_slice"] < 0.1  # a stalled test machine aside, it is 3 ms
        assert load.slowest < 2.0


def test_requests_go_on_while_something_large_is_loaded(tmp_path: Path) -> None:
    with Running(tmp_path, workers=1) as running:
        with Load(running, 2) as load:
            running.change(text="second", aside=1.5)
            running.signal(signal.SIGHUP)
            until(lambda: running.status()["snapshot"] == "second" and running.ready())
        (worker,) = running.status()["workers"]
        assert worker["loaded_in"] > 1.5
        assert worker["longest_slice"] < 0.5
        assert load.slowest < 1.0


def test_certificates_are_renewed_and_tls_comes_and_goes(tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.issue("one", "localhost").write(tmp_path, "server")
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(cadata=authority.certificate.decode())

    def ask_securely() -> tuple[str, str]:
        with trusting.wrap_socket(running.connect(), server_hostname="localhost") as client:
            client.sendall(b"GET /tls HTTP/1.1\r\nHost: x\r\n\r\n")
            subject = client.getpeercert()["subject"][0][0][1]  # type: ignore[index]
            return str(subject), read_answer(client)[1]

    with Running(tmp_path, tls={"certificate": certificate, "key": key}) as running:
        subject, facts = ask_securely()
        assert subject == "one"
        assert '"version":"TLSv1.3"' in facts
        assert '"server_name":"localhost"' in facts
        with trusting.wrap_socket(running.connect(), server_hostname="localhost") as kept:
            authority.issue("two", "localhost").write(tmp_path, "server")
            until(lambda: {ask_securely()[0] for _ in range(10)} == {"two"})
            kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(kept) == FIRST  # open connections stay
        with running.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100) == b""
        assert running.metric('yett_handshake_failures_total{reason="http request"}') == 1
        assert "gateway:handshake:failed {'address': '127.0.0.1'" in running.errors.read_text()
        (tmp_path / "server.pem").write_text("half a certif")
        until(lambda: running.status()["reloads"]["error"])
        assert ask_securely()[0] == "two"
        del running.policy["tls"]
        running.change(text="plain")
        running.signal(signal.SIGHUP)
        until(lambda: running.status()["snapshot"] == "plain" and running.ready())
        assert running.ask() == (200, "plain")


# --- the end --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_under_way_finish_before_the_end(tmp_path: Path, number: int) -> None:
    with Running(tmp_path) as running, running.connect() as client, running.connect() as idle:
        client.sendall(b"GET /slow/0.6 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        running.signal(number)
        assert idle.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            until(lambda: not running.connect().close() and None, 2.0)
        assert running.admin("/readyz")[0] == 503
        assert running.admin("/readyz")[1].startswith("draining")
        assert read_answer(client) == (200, "slow")
        assert running.end()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_while_the_policy_is_compiled(tmp_path: Path, number: int) -> None:
    told = tmp_path / "compiler"
    with Running(tmp_path, expect=None, hang=str(told)) as running:
        until(lambda: told.exists() and told.read_text())
        running.signal(number)
        assert running.end() == (0, "")
        assert not alive(int(told.read_text()))


def test_draining_ends_in_time_and_at_once_when_asked_again(tmp_path: Path) -> None:
    with Running(tmp_path, drain=0.5) as running, running.connect() as client:
        client.sendall(b"GET /slow/30 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        running.signal(signal.SIGTERM)
        began = time.monotonic()
        assert running.end()[0] == 0
        assert 0.4 < time.monotonic() - began < 5
    with Running(tmp_path, drain=30) as running, running.connect() as client:
        client.sendall(b"GET /slow/30 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        running.signal(signal.SIGTERM)
        time.sleep(0.3)
        assert running.process.poll() is None
        running.signal(signal.SIGTERM)
        assert running.end()[0] == 0


def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with Running(tmp_path) as running, running.connect() as client:
        pids = running.pids()
        client.sendall(b"GET /slow/0.5 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        running.process.kill()
        assert read_answer(client) == (200, "slow")
        until(lambda: not any(alive(pid) for pid in pids), 5.0)
    with Running(tmp_path, listen=[running.announced["listen"]["127.0.0.1:0"]]):
        pass  # the port is free again


def test_a_closed_terminal_ends_it_and_an_open_one_does_not(tmp_path: Path) -> None:
    ours, terminal = os.openpty()
    with Running(tmp_path, workers=1, terminal=terminal) as running:
        os.close(terminal)
        running.signal(signal.SIGHUP)
        until(lambda: running.status()["reloads"]["accepted"] == 1)
        os.close(ours)
        assert running.end()[0] == 0


def test_told_to_stop_while_it_starts(tmp_path: Path) -> None:
    with Running(tmp_path, expect=None, steps=3_000, step=0.01) as running:
        until(lambda: len(Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()) == 2)
        running.signal(signal.SIGTERM)
        code, errors = running.end()
    assert code == 0
    assert "policy:loaded" not in errors
