"""Command injection in source: a caller's value becomes part of a command for a shell.

A shell takes `;`, `|`, `$(…)` and line ends for its own. Once a value from a request is in its line, whoever calls runs
programs on the server.

The rule follows values from requests into `os.system`, `os.popen`, `subprocess` with `shell=True`, asyncio's
`create_subprocess_shell` and Fabric's and paramiko's remote shells, and into lists that begin with a shell and `-c`. A list of
arguments without a shell is no finding, unless the caller names the program itself. `shlex.quote` makes a value harmless.

To fix: call the program with a list of arguments and without a shell, after `--` where it knows that; hold what names a
program or a host against a list.

What it does not find: arguments that a program takes for options (`-oProxyCommand=…`).
"""

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import BETWEEN, CLAIMED, HOLE, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-command-injection",
    title="A caller writes part of a command",
    severity=Severity.CRITICAL,
    flaws=(Flaw.COMMAND_INJECTION,),
    says="becomes part of a command for a shell",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(
        78,
        77,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/78.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
import os
from flask import Flask, request

app = Flask(__name__)

@app.post("/ping")
def ping():
    host = request.get_json()["host"]
    return os.popen("ping -c 1 " + host).read()
""",
        ),
        Snippet(
            """
import subprocess
from fastapi import FastAPI, Query
from typing import Annotated

app = FastAPI()

class Tools:
    def run(self, line):
        return subprocess.check_output(line, shell=True, text=True)

@app.get("/logs")
def logs(day: Annotated[str, Query(max_length=20)]):
    return Tools().run(f"grep {day} /var/log/app.log")
""",
            note="through a method",
        ),
    ),
    passes=(
        Snippet(
            """
import shlex, subprocess
from fastapi import FastAPI

app = FastAPI()

@app.get("/ping")
def ping(host: str, count: int = 1):
    subprocess.run(["ping", "-c", "1", host])
    return subprocess.run(f"ping -c {count} {shlex.quote(host)}", shell=True)
""",
        ),
        Snippet(
            """
import re, subprocess
from flask import Flask, abort, request

app = Flask(__name__)

@app.get("/logs")
def logs():
    day = request.args["day"]
    if not re.fullmatch(r"\\d{4}-\\d\\d-\\d\\d", day):
        abort(422)
    return subprocess.check_output("grep " + day + " app.log", shell=True)
""",
        ),
    ),
)

_SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash", "zsh", "cmd", "cmd.exe", "powershell", "/usr/bin/env")
_ALWAYS = (
    "os.system",
    "os.popen",
    "commands.getoutput",
    "commands.getstatusoutput",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
    "popen2.popen3",
    "pty.spawn",
)
_PROGRAMS = (
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "asyncio.create_subprocess_exec",
    "os.execv",
    "os.execl",
    "os.execvp",
    "os.execlp",
    "os.spawnl",
    "os.spawnv",
)

SINKS = (
    Sink(_ALWAYS, (0, "cmd", "command")),
    Sink(_PROGRAMS, (0, "args", "cmd", "program")),
    Sink(
        ("*SSHClient().exec_command", "*.exec_command", "fabric.Connection().run", "invoke.run", "*Context().run"),
        (0, "command"),
    ),
)


def judge(hit: Hit) -> Verdict | None:
    """A shell's line, or the name of the program itself; arguments in a list are nobody's line."""
    if hit.callee not in _PROGRAMS:
        return CLAIMED
    shell = hit.options.get("shell", "False") not in ("False", "literal")
    members = hit.text.split(BETWEEN)
    if shell:
        return CLAIMED
    if hit.element == 0 or (hit.element < 0 and hit.head == "" and hit.text == HOLE and hit.form == "json"):
        return Verdict(severity=Severity.HIGH, confidence=Confidence.MEDIUM, reasons=("the caller names the program",))
    if hit.element > 1 and members[0] in _SHELLS and any(one in ("-c", "/c", "-Command") for one in members[:3]):
        return CLAIMED
    return None
