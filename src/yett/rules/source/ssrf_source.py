"""Server-side request forgery in source: a caller says where the server sends a request.

The server reaches what callers do not: the metadata of a cloud, other services, its own administration. Whoever names the host
uses it as a door.

The rule follows values from requests into the address that `requests`, `httpx`, `aiohttp`, `urllib` and their kin are given,
where the caller's part can change the host: at the beginning, or in a host that is not ended. A path or query behind a fixed
host is no finding.

To fix: choose the host from a list of your own. Where any host must be allowed, resolve it, refuse private and link-local
addresses, connect to the address that was checked, and do not follow redirects.
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.judging import anchored
from yett.rules.sourcing.sinks import BETWEEN, CLAIMED, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-ssrf",
    title="A caller says where the server sends a request",
    severity=Severity.HIGH,
    flaws=(Flaw.SSRF,),
    says="says where a request of the server goes",
    owasp=("API7:2023",),
    cwe=(918,),
    references=(
        "https://cwe.mitre.org/data/definitions/918.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
import httpx
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()

class Hook(BaseModel):
    url: str
    retries: int = 1

@app.post("/hooks")
async def hook(hook: Hook):
    async with httpx.AsyncClient() as client:
        return (await client.post(hook.url, json={})).status_code
""",
        ),
        Snippet(
            """
import requests
from flask import Flask, request

app = Flask(__name__)

@app.get("/preview")
def preview():
    session = requests.Session()
    return session.get("http://" + request.args["host"]).text
""",
        ),
    ),
    passes=(
        Snippet(
            """
import httpx
from fastapi import FastAPI, HTTPException

app = FastAPI()
HOSTS = {"a": "https://a.example", "b": "https://b.example"}

@app.get("/preview/{name}")
async def preview(name: str, page: str, url: str):
    async with httpx.AsyncClient() as client:
        await client.get(f"https://api.example/pages/{page}")
        if url not in ("https://a.example/x", "https://b.example/x"):
            raise HTTPException(422)
        await client.get(url)
        return (await client.get(HOSTS[name])).text
""",
        ),
    ),
)

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_CLIENTS = (
    "requests.Session()",
    "requests.session()",
    "requests.sessions.Session()",
    "httpx.Client()",
    "httpx.AsyncClient()",
    "*aiohttp.ClientSession()",
    "*aiohttp.client.ClientSession()",
)

SINKS = (
    Sink(tuple(f"{module}.{name}" for module in ("requests", "httpx", "requests.api") for name in _METHODS), (0, "url")),
    Sink(("requests.request", "httpx.request", "httpx.stream", "requests.api.request"), (1, "url")),
    Sink(tuple(f"{client}.{name}" for client in _CLIENTS for name in _METHODS), (0, "url")),
    Sink(tuple(f"{client}.{name}" for client in _CLIENTS for name in ("request", "stream")), (1, "url")),
    Sink(("urllib.request.urlopen", "urllib.request.Request", "urllib.request.urlretrieve", "urllib2.urlopen"), (0, "url")),
    Sink(("*PoolManager().request", "urllib3.request", "*PoolManager().urlopen"), (1, "url")),
    Sink(("http.client.HTTPConnection", "http.client.HTTPSConnection", "socket.create_connection"), (0, "host")),
    Sink(("aiohttp.request",), (1, "url")),
    Sink(("*AsyncHTTPClient().fetch", "tornado.httpclient.HTTPRequest", "wget.download", "feedparser.parse"), (0,)),
)


def judge(hit: Hit) -> Verdict | None:
    """Only where the host can be another one."""
    if anchored(hit.head) or BETWEEN in hit.text:
        return None
    if hit.head:
        reason = f"the address begins with {hit.head[:40]!r}, and the host goes on with what the caller sends"
        return Verdict(confidence=Confidence.MEDIUM, reasons=(reason,))
    return CLAIMED
