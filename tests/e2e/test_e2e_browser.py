"""A browser whose page of one origin calls the gateway on another: what CORS lets it do, and what it does not.

The page reports to its own server what became of each call. Nothing here simulates a browser: where none is installed, nothing
is tested, and says so.
"""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rooms import Rooms
from serving import Backend, Serving, environment, until

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
if BROWSER is None:
    pytest.skip("NO BROWSER IS INSTALLED: CORS IS NOT TESTED with one (apt-get install chromium)", allow_module_level=True)

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
)

POLICY = """
  api:
    match: {prefix: /echo}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{backend}"]}
    cors: &cors
      allow_origins: ["http://localhost:{app}"]
      methods: [GET, HEAD, POST]
      headers: [Content-Type, X-Kind, X-API-Key]
      expose: [X-Request-Id]
      credentials: true
  locked:
    match: {prefix: /locked}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{backend}"]}
    authenticate: [{api_key: {header: X-API-Key}}]
    cors: *cors
  events:
    match: {prefix: /events}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{backend}"]}
    cors: *cors
  rooms:
    match: {prefix: /rooms}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{rooms}"]}
    websocket_origins: ["http://localhost:{app}"]
  silent:
    match: {prefix: /status}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{backend}"]}
"""

PAGE = """<!doctype html><meta charset="utf-8"><script>
const api = location.search.slice(1);
const found = {};
async function call(name, path, options) {
  try {
    const answer = await fetch("http://" + api + path, options);
    const text = await answer.text();
    found[name] = {status: answer.status, text, id: answer.headers.get("x-request-id"), type: answer.headers.get("content-type")};
  } catch (error) { found[name] = {blocked: error.name}; }
}
function events() {
  return new Promise(done => {
    const source = new EventSource("http://" + api + "/events/5", {withCredentials: true});
    const seen = [];
    source.onmessage = event => seen.push(event.data);
    source.onerror = () => { source.close(); found.events = {seen}; done(); };
  });
}
function room() {
  return new Promise(done => {
    const socket = new WebSocket("ws://" + api + "/rooms", "chat.v2");
    const seen = [];
    socket.onopen = () => { socket.send("grüße"); };
    socket.onmessage = event => { seen.push(event.data); socket.send("close 4000"); };
    socket.onclose = event => { found.room = {seen, code: event.code, protocol: socket.protocol}; done(); };
  });
}
(async () => {
  const json = {"Content-Type": "application/json"};
  await call("simple", "/echo?simple");
  await call("credentials", "/echo?credentials", {credentials: "include"});
  await call("post", "/echo?post", {method: "POST", credentials: "include", headers: {...json, "X-Kind": "a"},
                                    body: JSON.stringify({a: 1})});
  await call("field", "/echo?field", {headers: {"X-Other": "a"}});
  await call("method", "/echo?method", {method: "DELETE"});
  await call("locked", "/locked", {credentials: "include"});
  await call("key", "/locked", {headers: {"X-API-Key": "wrong"}});
  await call("large", "/echo?large", {method: "POST", body: new Uint8Array(2000000)});
  await call("silent", "/status/200");
  await events();
  await room();
  await fetch("/report", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""


class App(ThreadingHTTPServer):
    """The server of a page's own origin; gets the page's report."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _AppHandler)
        self.report: dict[str, Any] = {}
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self.thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class _AppHandler(BaseHTTPRequestHandler):
    server: App

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", "session=of-alice")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def do_POST(self) -> None:
        self.server.report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def visit(app: App, serving: Serving, directory: Path) -> dict[str, Any]:
    """What a page of this origin could do."""
    address = f"http://localhost:{app.server_port}/page?localhost:{serving.port}"
    assert BROWSER is not None
    with (directory / "browser.output").open("wb") as output:
        browser = subprocess.Popen(
            [BROWSER, *FLAGS, f"--user-data-dir={directory / 'profile'}", address],
            stdout=output,
            stderr=output,
            env=environment(),
        )
        try:
            until(lambda: app.report, 40.0, "the page did not report")
        finally:
            browser.terminate()
            browser.wait(10)
    return app.report


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], dict[str, Any], Serving]]:
    """The reports of a page of the allowed origin and of another one."""
    directory = tmp_path_factory.mktemp("browser")
    app, other, rooms = App(), App(), Rooms()
    try:
        with (
            Backend(directory) as backend,
            Serving(
                directory / "gateway",
                POLICY,
                head="keys: keys.yaml",
                files={"keys.yaml": "version: 1\nkeys: []\n"},
                backend=backend.port,
                rooms=rooms.port,
                app=app.server_port,
            ) as serving,
        ):
            first, second = directory / "first", directory / "second"
            first.mkdir()
            second.mkdir()
            yield visit(app, serving, first), visit(other, serving, second), serving
    finally:
        for server in (app, other, rooms):
            server.stop()


Visits = tuple[dict[str, Any], dict[str, Any], Serving]


def test_a_page_of_the_allowed_origin_does_what_the_policy_says(visits: Visits) -> None:
    report, _, _ = visits
    for name in ("simple", "credentials", "post", "large"):
        assert report[name].get("status") == 200, (name, report[name])
        assert report[name]["id"]  # exposed
    sent = {name: dict(json.loads(report[name]["text"])["fields"]) for name in ("simple", "credentials", "post")}
    assert "cookie" not in sent["simple"]
    assert sent["credentials"]["cookie"] == sent["post"]["cookie"] == "session=of-alice"
    assert sent["post"]["content-type"] == "application/json" and sent["post"]["x-kind"] == "a"
    assert json.loads(report["large"]["text"])["size"] == 2_000_000
    assert report["field"] == report["method"] == {"blocked": "TypeError"}
    assert report["silent"] == {"blocked": "TypeError"}  # a service without `cors` is closed to pages


def test_pages_can_read_why_they_were_refused(visits: Visits) -> None:
    report, _, serving = visits
    for name in ("locked", "key"):
        assert report[name]["status"] == 401, report[name]
        assert report[name]["type"] == "application/problem+json"
        assert serving.record(report[name]["id"]).status == 401


def test_pages_get_events_and_websockets(visits: Visits) -> None:
    report, other, _ = visits
    assert report["events"]["seen"] == ["0", "1", "2", "3", "4"]
    assert report["room"] == {"seen": ["grüße"], "code": 4000, "protocol": "chat.v2"}
    assert other["events"]["seen"] == []
    assert other["room"] == {"seen": [], "code": 1006, "protocol": ""}


def test_a_page_of_another_origin_is_stopped_by_its_browser(visits: Visits) -> None:
    _, report, serving = visits
    names = ("simple", "credentials", "post", "field", "method", "locked", "key", "silent")
    assert all(report[name] == {"blocked": "TypeError"} for name in names), report
    records = serving.records()
    posts = [event for event in records if event.method == "POST" and event.target == "/echo?post"]
    assert len(posts) == 1  # that of the allowed page: the other one's preflight was refused
    refused = [event for event in records if event.method == "OPTIONS" and event.status == 403]
    assert {reason.rule for event in refused for reason in event.reasons} == {"cors"}
    assert any(event.upstream_status == 0 and event.target == "/echo?post" for event in refused)
