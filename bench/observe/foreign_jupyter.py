"""Drives a Jupyter server over its documented API, and records every exchange as JSON lines for `yett observe` and `foreign.py`.

    python bench/observe/foreign_jupyter.py http://127.0.0.1:14301 TOKEN exchanges.jsonl --rounds 25

The port is that of a Yett gateway in front of the server. A round is an hour of somebody's work: directories, notebooks and texts
are made, read, renamed, copied, saved, kept as checkpoints and, half of them, deleted; kernels and sessions are started, looked at,
interrupted and ended; settings and terminals, too. Names are words that the driver picks; ids are the server's. Needs nothing but
Python.
"""

import argparse
import base64
import http.client
import json
import random
import time
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

WORDS = (
    "amplitude",
    "budget",
    "census",
    "drift",
    "erosion",
    "forecast",
    "glacier",
    "harbour",
    "index",
    "journal",
    "kelp",
    "ledger",
)
BODILESS = ("content-length", "transfer-encoding", "content-encoding")


class Client:
    """One connection for each call, as scripts have it. refused: calls by status that were not accepted."""

    def __init__(self, url: str, token: str, out: IO[str]) -> None:
        self._host = urlsplit(url).netloc
        self._token = token
        self._out = out
        self.refused: dict[str, int] = {}

    def __call__(self, method: str, target: str, body: Any = None) -> Any:
        fields = {"Authorization": f"token {self._token}", "Accept": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            fields["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self._host, timeout=60)
        started = time.time()
        connection.request(method, target, content or None, fields)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        line = {
            "method": method,
            "target": target,
            "headers": [("Host", self._host), *fields.items()],
            "body_base64": base64.b64encode(content).decode(),
            "response": {
                "status": response.status,
                "headers": [pair for pair in response.getheaders() if pair[0].lower() not in BODILESS],
                "body_base64": base64.b64encode(answer).decode(),
            },
            "time": started,
        }
        self._out.write(json.dumps(line) + "\n")
        if response.status >= 400:
            name = f"{method} {target.split('?')[0]}: {response.status}"
            self.refused[name] = self.refused.get(name, 0) + 1
        return json.loads(answer) if response.status < 300 and answer[:1] in (b"{", b"[") else None


def cells(word: str, count: int) -> dict[str, Any]:
    code = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": f"{word} = {number}",
        }
        for number in range(count)
    ]
    text = {"cell_type": "markdown", "id": "t", "metadata": {}, "source": f"# About the {word}"}
    return {"cells": [text, *code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def files(call: Client, turn: int, chance: random.Random, nested: bool) -> None:
    word = f"{chance.choice(WORDS)}-{turn}"
    book, note = f"{word}.ipynb", f"{word}.txt"
    where = ""
    if nested:
        where = f"{word}/"
        call("PUT", f"/api/contents/{word}", {"type": "directory"})
        call("GET", f"/api/contents/{word}")
    at = f"/api/contents/{quote(where)}"
    call("GET", "/api/contents")
    made = call("POST", f"/api/contents/{where}".rstrip("/"), {"type": "notebook"})
    if made:
        call("PATCH", f"/api/contents/{quote(made['path'])}", {"path": f"{where}{book}"})
    call("PUT", at + book, {"type": "notebook", "format": "json", "content": cells(word, turn % 4 + 1)})
    call("PUT", at + note, {"type": "file", "format": "text", "content": f"{word} {turn}\n" * (turn % 5 + 1)})
    call("GET", at + book)
    call("GET", f"{at}{note}?type=file&format=text")
    call("GET", f"{at}{book}?content=0")
    call("GET", f"{at}{note}?content=0&hash=1")
    for name in (book, note):
        kept = call("POST", f"{at}{name}/checkpoints")
        call("GET", f"{at}{name}/checkpoints")
        if kept:
            call("POST", f"{at}{name}/checkpoints/{kept['id']}")
            if turn % 3 == 0:
                call("DELETE", f"{at}{name}/checkpoints/{kept['id']}")
    call("GET", f"/api/resolvePath?path={quote(where + note)}")
    call("GET", f"/api/contents/missing-{word}.txt")
    if turn % 2:
        call("DELETE", at + note)


def running(call: Client, turn: int, chance: random.Random) -> None:
    word = f"{chance.choice(WORDS)}-{turn}"
    call("GET", "/api/kernelspecs")
    call("GET", "/api/kernels")
    kernel = call("POST", "/api/kernels", {"name": "python3"} if turn % 2 else None)
    if kernel:
        one = f"/api/kernels/{kernel['id']}"
        for method, target in (
            ("GET", one),
            ("POST", f"{one}/interrupt"),
            ("POST", f"{one}/restart"),
            ("GET", one),
            ("DELETE", one),
        ):
            call(method, target)
    said = {
        "path": f"{word}.ipynb",
        "name": word,
        "type": chance.choice(["notebook", "console"]),
        "kernel": {"name": "python3"},
    }
    session = call("POST", "/api/sessions", said)
    call("GET", "/api/sessions")
    if session:
        one = f"/api/sessions/{session['id']}"
        call("GET", one)
        call("PATCH", one, {"path": f"again-{word}.ipynb", "name": f"again {word}"})
        call("GET", one)
        call("DELETE", one)
        call("GET", one)  # it is gone


def others(call: Client, turn: int, chance: random.Random) -> None:
    call("GET", "/api")
    call("GET", "/api/")
    call("GET", "/api/status")
    call("GET", "/api/me")
    call("GET", "/api/me?permissions=" + quote(json.dumps({"contents": ["read", "write"], "kernels": ["execute"]})))
    section = chance.choice(("notebook", "tree", "edit", "common", "terminal"))
    call("GET", f"/api/config/{section}")
    call("PATCH", f"/api/config/{section}", {"CodeCell": {"cm_config": {"indentUnit": turn % 4 + 2}}, "load": bool(turn % 2)})
    made = call("POST", "/api/terminals")
    call("GET", "/api/terminals")
    if made:
        call("GET", f"/api/terminals/{made['name']}")
        call("DELETE", f"/api/terminals/{made['name']}")
    if turn % 5 == 0:
        call("GET", "/api/spec.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nested", action="store_true", help="every file in a directory of its own")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with options.out.open("w") as out:
        call = Client(options.url, options.token, out)
        for turn in range(1, options.rounds + 1):
            files(call, turn, chance, options.nested)
            running(call, turn, chance)
            others(call, turn, chance)
    for name, count in sorted(call.refused.items()):
        print(f"refused {count}: {name}")


if __name__ == "__main__":
    main()
