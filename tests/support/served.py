"""A function Request -> Response behind a real socket on loopback, for tests that need one."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from yett.model.exchange import Request, Response


@contextlib.contextmanager
def served(serve: Callable[[Request], Response]) -> Iterator[str]:
    """The origin at which the function answers, until the block ends. One request at a time."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body go out together: otherwise each answer waits for a delayed acknowledgement

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items())
            request = Request(
                method=self.command, target=self.path.encode("latin-1"), fields=fields, body=self.rfile.read(length)
            )
            with lock:
                response = serve(request)
            self.send_response(response.status)
            for name, value in response.fields:
                self.send_header(name.decode("latin-1"), value.decode("latin-1"))
            empty = response.status == 204
            if not empty:
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD" and not empty:
                self.wfile.write(response.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
