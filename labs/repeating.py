"""Repeats proofs as their reader would: every reproducer of a report, run on an instance that is new, weak and fixed.

On the weak one it must say that the hole is there, on the fixed one that it is not. It must not know how a proof is found.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from labs import catalogue, serving
from labs.house import House
from labs.identities import identities
from yett.edge.probing.login import Logins
from yett.edge.probing.origin import origin_of
from yett.edge.probing.transport import Transport
from yett.engine.probing.curls import variable
from yett.engine.probing.reproducing import SIGNING
from yett.formats.identities import read_identities
from yett.formats.yaml import read

OPEN, CLOSED, BROKEN = "open", "closed", "broken"
SECONDS = 90.0


class Repeated(NamedTuple):
    """One reproducer. weak, fixed: what it said there, OPEN, CLOSED or BROKEN; "" where it was not run. said: its last lines where
    that was not as it should be."""

    title: str
    weak: str
    fixed: str
    said: str

    @property
    def good(self) -> bool:
        return self.weak == OPEN and self.fixed in (CLOSED, "")


def repeat(name: str, seed: int, findings: list[dict[str, Any]], known: frozenset[str] = frozenset()) -> list[Repeated]:
    """Every finding of the weak twin, each on instances of its own. known: fingerprints of what is true of the fixed twin, too."""
    return [_one(name, seed, finding, str(finding.get("fingerprint")) in known) for finding in findings]


def _one(name: str, seed: int, finding: dict[str, Any], both: bool) -> Repeated:
    title = " ".join(str(finding.get(key, "")) for key in ("class", "method", "template", "place", "rule"))
    script = str(finding.get("reproducer", ""))
    if not script:
        return Repeated(title, BROKEN, "", "there is no reproducer")
    house = catalogue.build(name, seed, fixed=False)
    secret = getattr(house.doors, "secret", b"").decode("latin-1").replace("\0", "0")  # what its owner has changed since
    weak, said = run(house, script, secret)
    fixed, more = ("", "") if both else run(catalogue.build(name, seed, fixed=True), script, secret)
    one = Repeated(title, weak, fixed, "")
    return one if one.good else one._replace(said=said if weak != OPEN else more)


def run(house: House, script: str, secret: str = "") -> tuple[str, str]:
    """What a reproducer says of a new house, and the end of what it wrote. secret: with which tokens were signed before."""
    with tempfile.TemporaryDirectory() as temporary, serving.serving(house) as served:
        path = Path(temporary, "test_hole.py")
        path.write_text(script)
        known = asyncio.run(credentials(house, served.origin))
        environment = {**os.environ, "YETT_TARGET": served.origin, SIGNING: secret, **known}
        try:
            ended = subprocess.run(
                [sys.executable, str(path)], capture_output=True, text=True, timeout=SECONDS, check=False, env=environment
            )
        except subprocess.TimeoutExpired:
            return BROKEN, "it took too long"
    if ended.returncode == 0:
        return CLOSED, ""
    last = ended.stderr.strip()[-600:]
    return (OPEN if "AssertionError: it is still there" in last else BROKEN), last


async def credentials(house: House, origin: str) -> dict[str, str]:
    """What the reader of a report has in the environment: credentials and passwords of the identities on this instance."""
    declared = read_identities(read(yaml.safe_dump(identities(house)).encode(), "identities.yaml"), {})
    transport = Transport(origin_of(origin))
    logins = Logins(declared, transport)
    found: dict[str, str] = {}
    try:
        for identity in logins.identities():
            await logins.begin(identity)
            found |= {variable(identity.name, name): value for name, value in identity.credential}
            found |= {variable(identity.name, "password"): identity.password} if identity.password else {}
    finally:
        transport.close()
    return found
