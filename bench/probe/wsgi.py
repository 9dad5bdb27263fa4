"""Serves a WSGI application on 127.0.0.1 and writes down each request. Runs with the application's own Python and packages, as
somebody who may do little (applications that are weak on purpose run commands of their callers).

    python wsgi.py MODULE:NAME --port 5000 --log requests.log
"""

import argparse
import sys
import threading
import time


def counted(application, log):
    """The application; one line "seconds method path status" for each answer."""
    began, lock = time.monotonic(), threading.Lock()

    def call(environ, start_response):
        def start(status, headers, *more):
            with lock:
                path = environ.get("PATH_INFO", "").encode("unicode_escape").decode().replace(" ", "%20")
                log.write(f"{time.monotonic() - began:.3f} {environ['REQUEST_METHOD']} {path[:200]} {status.split()[0]}\n")
                log.flush()
            return start_response(status, headers, *more)

        return application(environ, start)

    return call


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("application")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--closing", action="store_true", help="HTTP/1.0, as Flask's own server: a connection for each request")
    options = parser.parse_args()
    sys.path.insert(0, ".")
    sys.setrecursionlimit(100_000)
    from starting import application as made

    application = made(options.application)
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.0" if options.closing else "HTTP/1.1"

        def log(self, *_):
            """Nothing."""

    with open(options.log, "a", encoding="utf-8") as log:
        make_server("127.0.0.1", options.port, counted(application, log), threaded=True, request_handler=Quiet).serve_forever()


if __name__ == "__main__":
    main()
