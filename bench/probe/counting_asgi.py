"""Serves Prefect's API on 127.0.0.1 and writes down each request. Runs with Prefect's own Python.

python counting_asgi.py --port 4200 --log requests.log
"""

import argparse
import time

import uvicorn
from prefect.server.api.server import create_app


class Counting:
    """The application; one line "seconds method path status" for each answer."""

    def __init__(self, inner, log):
        self.inner, self.log, self.began = inner, log, time.monotonic()

    async def __call__(self, scope, receive, send):
        async def sending(message):
            if message["type"] == "http.response.start":
                path = ascii(scope["path"][:200]).replace(" ", "%20")
                self.log.write(f"{time.monotonic() - self.began:.3f} {scope['method']} {path} {message['status']}\n")
                self.log.flush()
            await send(message)

        await self.inner(scope, receive, sending if scope["type"] == "http" else send)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", required=True)
    options = parser.parse_args()
    with open(options.log, "a", encoding="utf-8") as log:
        uvicorn.run(Counting(create_app(webserver_only=True), log), host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
