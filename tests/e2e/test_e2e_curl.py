"""curl through the running gateway: every way in which it frames a message."""

import hashlib
import json
import shutil
import subprocess
from typing import Any

import pytest
from serving import Serving, environment, until

if shutil.which("curl") is None:
    pytest.skip("curl is not installed: NOT TESTED with it", allow_module_level=True)

LARGE = bytes(range(256)) * 20_000  # 5 MB: curl asks for 100 (Continue) above 1 MB


def curl(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["curl", "-sS", "--max-time", "20", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=environment(), check=False)


def said(*arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    """What /echo received."""
    done = curl(*arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
def test_every_version_that_curl_may_ask_for_is_served(shop: Serving, version: str) -> None:
    echo = said(version, f"{shop.url}/echo?q=a%20b")
    assert (echo["method"], echo["target"]) == ("GET", "/echo?q=a%20b")
    assert not {"upgrade", "http2-settings", "connection"} & {name for name, _ in echo["fields"]}


def test_http2_without_asking_is_refused_and_not_misread(shop: Serving) -> None:
    assert curl("--http2-prior-knowledge", f"{shop.url}/echo").returncode != 0
    until(lambda: any(event.status == 505 for event in shop.records()))


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
@pytest.mark.parametrize("way", ["bytes", "chunked"])
def test_downloads_arrive_whole_in_both_versions(shop: Serving, version: str, way: str) -> None:
    done = curl(version, f"{shop.url}/{way}/3000000")
    assert (done.returncode, done.stdout) == (0, bytes(3_000_000))


def test_a_large_body_waits_for_100_continue(shop: Serving) -> None:
    done = curl("-v", "--data-binary", "@-", f"{shop.url}/echo", stdin=LARGE)
    assert b"> Expect: 100-continue" in done.stderr and b"< HTTP/1.1 100 Continue" in done.stderr
    echo = json.loads(done.stdout)
    assert echo["size"] == len(LARGE) and echo["sha256"] == hashlib.sha256(LARGE).hexdigest()
    assert ["content-length", str(len(LARGE))] in echo["fields"]


def test_what_is_refused_by_its_head_is_not_uploaded(shop: Serving) -> None:
    done = curl("-v", "-w", "%{http_code} %{size_upload}", "--data-binary", "@-", f"{shop.url}/small/echo", stdin=LARGE)
    assert b"100 Continue" not in done.stderr
    assert done.stdout.endswith(b"413 0")
    done = curl("-H", "Expect:", "-w", " %{http_code}", "--data-binary", "@-", f"{shop.url}/small/echo", stdin=LARGE)
    assert done.stdout.endswith(b" 413"), (done.returncode, done.stderr)


def test_an_upload_from_a_pipe_is_chunked_all_the_way(shop: Serving) -> None:
    echo = said("-T", "-", f"{shop.url}/echo", stdin=LARGE)
    assert (echo["method"], echo["size"], echo["sha256"]) == ("PUT", len(LARGE), hashlib.sha256(LARGE).hexdigest())
    assert ["transfer-encoding", "chunked"] in echo["fields"]
    assert said("-T", "-", "-H", "Expect:", f"{shop.url}/echo", stdin=b"")["size"] == 0


def test_a_chunked_upload_beyond_the_bound_is_413(shop: Serving) -> None:
    done = curl("-w", " %{http_code}", "-T", "-", f"{shop.url}/small/sink", stdin=LARGE)
    assert done.stdout.endswith(b" 413"), (done.returncode, done.stderr)


def test_head_has_the_fields_of_get_and_no_body(shop: Serving) -> None:
    done = curl("-I", f"{shop.url}/echo")
    assert done.returncode == 0 and done.stdout.startswith(b"HTTP/1.1 200 ")
    assert b"content-length: " in done.stdout and done.stdout.endswith(b"\r\n\r\n")
    two = curl("-I", "-w", "%{num_connects} ", f"{shop.url}/echo", f"{shop.url}/echo")
    assert two.stdout.split()[-1] == b"0"  # the second on the connection of the first


def test_many_urls_share_one_connection(shop: Serving) -> None:
    done = curl(
        "-w", " %{num_connects}\n", *[f"{shop.url}/who" for _ in range(50)], *[f"{shop.url}/chunked/10" for _ in range(9)]
    )
    assert sum(int(line.rsplit(b" ", 1)[1]) for line in done.stdout.splitlines()) == 1
    mixed = curl("--fail-early", "-w", "%{num_connects}", "-d", "x=1", f"{shop.url}/small/sink", f"{shop.url}/small/sink")
    assert mixed.stdout == b"3130"


def test_http_10_keeps_a_connection_only_where_it_is_asked_to(shop: Serving) -> None:
    urls = [f"{shop.url}/small/who"] * 3
    shut = curl("-0", "-w", " %{num_connects}\n", *urls)
    kept = curl("-0", "-H", "Connection: keep-alive", "-w", " %{num_connects}\n", *urls)
    assert [line.rsplit(b" ", 1)[1] for line in shut.stdout.splitlines()] == [b"1"] * 3
    assert [line.rsplit(b" ", 1)[1] for line in kept.stdout.splitlines()] == [b"1", b"0", b"0"]


def test_as_a_proxy_it_serves_its_own_hosts_by_absolute_targets(shop: Serving) -> None:
    echo = said("-x", shop.url, f"{shop.url}/echo?via=proxy")
    assert echo["target"] == "/echo?via=proxy"
    assert "proxy-connection" not in dict(echo["fields"])
    done = curl("-p", "-x", shop.url, f"{shop.url}/echo")
    assert done.returncode != 0 and b"405" in done.stderr  # CONNECT


def test_forms_ranges_and_odd_targets_arrive_as_they_are(shop: Serving) -> None:
    multipart = said("-F", "file=@-;filename=a.bin", "-F", "name=ünïcode", f"{shop.url}/echo", stdin=b"\0\xff" * 1000)
    assert dict(multipart["fields"])["content-type"].startswith("multipart/form-data; boundary=")
    assert multipart["size"] > 2000
    assert dict(said("-r", "5-9", f"{shop.url}/echo")["fields"])["range"] == "bytes=5-9"
    odd = said("-g", "--path-as-is", f"{shop.url}/echo//a;b=c/ü?x[]=1&y={{}}|&z=%C3%BC+%20")
    assert odd["target"] == "/echo//a;b=c/%C3%BC?x[]=1&y=%7B%7D%7C&z=%C3%BC+%20"


def test_server_sent_events_arrive_one_by_one(shop: Serving) -> None:
    with subprocess.Popen(
        ["curl", "-sSN", "--max-time", "20", f"{shop.url}/events/20"], stdout=subprocess.PIPE, env=environment()
    ) as client:
        assert client.stdout is not None
        first = client.stdout.readline()
        assert first == b"data: 0\n" and client.poll() is None
        assert client.stdout.read().count(b"data: ") == 19


def test_an_upgrade_to_a_websocket_is_not_granted_by_who_cannot(shop: Serving) -> None:
    done = curl("-i", "-N", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
                "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"{shop.url}/echo")  # fmt: skip
    assert done.stdout.startswith(b"HTTP/1.1 200 ")  # the backend answered, and did not switch
    lacking = curl("-i", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", f"{shop.url}/echo")
    assert lacking.stdout.startswith(b"HTTP/1.1 400 ")
