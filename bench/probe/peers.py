"""How the tools that are compared are called: as a user would after reading their manuals, with every check on, and told more than
they ask for where that can help them. None of them is changed. It must not know what is true of a subject.

* All have the same contract, with the address of the running copy as its server, and the same two users.
* What begins the subject anew in mid-run is left out where a tool can be told so.
* Schemathesis: all checks, both users as peers in an authentication file with tokens (it changes a password, and could not log in
  again), two workers, runs for the given time.
* OFFAT: the first user's token for all requests, both users as actors, who are told whose objects are whose; 100 requests a second.
  It knows no limit of time; it is interrupted when the time is over.
* Wapiti: the contract and the first user's token; all modules that can tell something of an API
  (`MODULES`); out-of-band endpoints are loopback, as for everybody here. Its own limit of time is one of crawling, so it is
  interrupted when the time is over, and told to write its report.
* graphql-cop: all tests.
"""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from probe.subjects import Served, Subject, post

MODULES = (
    "sql", "timesql", "exec", "file", "ssrf", "xxe", "ldap", "xss", "permanentxss", "crlf", "redirect", "upload",
    "methods", "htaccess", "http_headers", "csp", "cookieflags",
)  # fmt: skip
"""Of Wapiti: those it uses by default but TLS, and all others that can tell something of an API. Left out are those that fetch
databases, guess paths, look for products, domains or an old hole of one framework: with them it did not come to injections in
60 seconds, and what they claimed of these subjects was untrue."""


class Task(NamedTuple):
    """One run. venvs: as `installing.py` makes them. sources: as subjects.py says. work: an empty directory. seconds: its time."""

    subject: Subject
    served: Served
    venvs: Path
    sources: Path
    work: Path
    seconds: int


def tokens(subject: Subject, origin: str) -> list[str]:
    """A bearer token of each user."""
    found = []
    for person in subject.identities.get("identities", []):
        login = person["login"]
        text = json.dumps(login["json"]).replace("{username}", person["username"]).replace("{password}", person["password"])
        answer = post(origin + login["path"], json.loads(text))
        for key in login["extract"]["token"].strip("/").split("/"):
            answer = answer[key]
        found.append(str(answer))
    return found


def contract(subject: Subject, served: Served, work: Path) -> Path:
    """The subject's own contract, with its running copy as the only server."""
    document = yaml.safe_load((served.directory / subject.contract).read_text())
    document["servers"] = [{"url": served.origin}]
    path = work / "contract.json"
    path.write_text(json.dumps(document, default=str))
    return path


def wfc(subject: Subject, origin: str) -> str:
    """The users as an authentication file of Web Fuzzing Commons, with tokens that outlive a password that the tool changes."""
    held = zip(subject.identities["identities"], tokens(subject, origin), strict=True)
    auth = [
        {"name": one["name"], "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]} for one, token in held
    ]
    return yaml.safe_dump({"auth": auth}, sort_keys=False)


def schemathesis(task: Task) -> list[str]:
    subject, served, work = task.subject, task.served, task.work
    words = [str(task.venvs / "schemathesis/bin/schemathesis")]
    if subject.identities:
        people, settings = work / "wfc.yaml", work / "schemathesis.toml"
        people.write_text(wfc(subject, served.origin))
        names = [one["name"] for one in subject.identities["identities"]]
        settings.write_text(f"[auth.wfc]\npath = {json.dumps(str(people))}\npeers = {json.dumps(names)}\n")
        words += ["--config-file", str(settings)]
    words += ["run"]
    if subject.contract:
        words += [str(contract(subject, served, work)), "--url", served.origin]
    else:
        words += [served.origin + subject.path]
    for path in subject.guarded:
        words += ["--exclude-path", path]
    words += ["--checks", "all", "--max-time", str(task.seconds), "--workers", "2", "--seed", "1", "--continue-on-failure"]
    return [*words, "--report", "ndjson,json,junit", "--report-dir", str(work / "reports")]


def actors(subject: Subject, origin: str) -> dict[str, Any]:
    """Both users as OFFAT's data: each calls with an own token, and with the names of what belongs to the other."""
    held = tokens(subject, origin)
    names = [one["name"] for one in subject.identities["identities"]]
    books = json.loads(urllib.request.urlopen(origin + "/books/v1", timeout=10).read())["Books"]
    titles = {one["user"]: one["book_title"] for one in books}
    made = []
    for index, (token, other) in enumerate(zip(held, reversed(names), strict=True), 1):
        foreign = [{"name": "username", "value": other}, {"name": "book_title", "value": titles[other]}]
        made.append(
            {
                f"actor{index}": {
                    "request_headers": [{"name": "Authorization", "value": f"Bearer {token}"}],
                    "body": [],
                    "query": [],
                    "path": foreign,
                    "unauthorized_endpoints": [f"/users/v1/{other}", f"/books/v1/{titles[other]}", "_debug"],
                }
            }
        )
    return {"actors": made}


def offat(task: Task) -> list[str]:
    subject, served, work = task.subject, task.served, task.work
    people = work / "actors.yaml"
    people.write_text(yaml.safe_dump(actors(subject, served.origin)))
    words = [str(task.venvs / "offat/bin/offat"), "-f", str(contract(subject, served, work)), "--server", served.origin]
    words += ["-H", f"Authorization: Bearer {tokens(subject, served.origin)[0]}", "-tdc", str(people), "-rl", "100"]
    for path in subject.guarded:
        words += ["-pr", f"^(?!.*{path})"]
    return [*words, "-o", str(work / "offat.json"), "-of", "json"]


def wapiti(task: Task) -> list[str]:
    subject, served, work = task.subject, task.served, task.work
    words = [str(task.venvs / "wapiti/bin/wapiti"), "-u", served.origin + "/", "-m", ",".join(MODULES), "--flush-session"]
    words += ["--store-session", str(work), "--store-config", str(work)]
    if subject.contract:
        words += ["--swagger", str(contract(subject, served, work))]
    if subject.identities:
        words += ["-H", f"Authorization: Bearer {tokens(subject, served.origin)[0]}"]
    for path in subject.guarded:
        words += ["-x", served.origin + path]
    words += ["--endpoint", "http://127.0.0.1:9/", "--max-scan-time", str(task.seconds), "--no-bugreport"]
    return [*words, "-f", "json", "-o", str(work / "wapiti.json")]


def graphql_cop(task: Task) -> list[str]:
    program = task.sources / "graphql-cop" / "graphql-cop.py"
    python = str(task.venvs / "graphql-cop/bin/python")
    return [python, str(program.resolve()), "-t", task.served.origin + task.subject.path, "-o", "json"]


Words = Callable[[Task], list[str]]
PEERS: dict[str, Words] = {"schemathesis": schemathesis, "offat": offat, "wapiti": wapiti, "graphql-cop": graphql_cop}
