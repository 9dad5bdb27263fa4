"""Yett as it is measured: policies, keys and contracts written into the directory of a run."""

import datetime
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import systems
from contract import Bench, generate
from systems import System, yett
from traffic import Traffic, principal

RATE = 100_000
"""Requests per second that the limit admits per principal: it is counted, and never reached."""


def key(index: int) -> str:
    """The API key of a principal: as long as a real one (256 bits), made from its number."""
    return hashlib.sha256(b"bench %d" % index).hexdigest()


class Subject(msgspec.Struct, frozen=True):
    """A system and the traffic that it gets."""

    system: System
    traffic: Traffic


def traffic(operations: int, principals: int) -> Traffic:
    return Traffic(generate(operations=operations).calls, [key(index) for index in range(principals)])


def plain(name: str = "Yett", program: Path | None = None) -> System:
    """No guard and no log, as the peers have none: the gateway's own work."""

    def write(directory: Path, port: int, upstream: int) -> Path:
        written = policy(port, upstream)
        written["log"] = {"enabled": False}
        return write_policy(directory, written)

    return yett(name, write, program)


def guarded(
    operations: int = 1000,
    principals: int = 100,
    name: str = "Yett, all guards",
    tls: bool = False,
    program: Path | None = None,
) -> System:
    """API key, limit, contract of requests and responses, security fields, event log."""
    return yett(name, guarded_policy(operations, principals, tls=tls), program)


def guarded_policy(operations: int, principals: int, revision: int = 0, tls: bool = False) -> Callable[[Path, int, int], Path]:
    """`revision` changes a number in the policy and adds as many keys, so that a reload has something to load and show."""

    def write(directory: Path, port: int, upstream: int) -> Path:
        write_contract(directory, generate(operations=operations))
        write_keys(directory, principals + revision)
        written = policy(port, upstream, guards(revision))
        written["keys"] = "keys.yaml"
        if tls:
            written["listen"][0]["tls"] = write_certificate(directory)
        return write_policy(directory, written)

    return write


def guards(revision: int) -> dict[str, Any]:
    return {
        "contract": {"file": "openapi.json", "requests": "enforce", "responses": "enforce"},
        "authenticate": [{"api_key": {"header": "X-API-Key"}}],
        "limits": [{"by": "principal", "rate": f"{RATE + revision}/s", "burst": RATE}],
        "security_fields": True,
    }


def policy(port: int, upstream: int, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    service = {
        "upstream": {"targets": [f"http://127.0.0.1:{upstream}"]},
        "mode": "enforce",
        "attacks": False,
        **(settings or {}),
    }
    return {
        "version": 1,
        "listen": [{"address": f"127.0.0.1:{port}"}],
        "admin": None,
        "state": "state",
        "log": {"directory": "log"},
        "bounds": {"connections_per_address": 20_000, "idle_timeout": 3600},
        "services": {"bench": service},
    }


def write_policy(directory: Path, written: dict[str, Any]) -> Path:
    """JSON is YAML. Replaced in one step, because a running gateway may be watching it."""
    target = directory / "yett.yaml"
    fresh = directory / "yett.yaml.new"
    fresh.write_text(json.dumps(written, indent=1))
    fresh.rename(target)
    return target


def write_contract(directory: Path, made: Bench) -> None:
    target = directory / "openapi.json"
    if not target.exists():
        target.write_text(json.dumps(made.document))


def write_keys(directory: Path, principals: int) -> None:
    keys = [
        {"id": f"k{index}", "principal": principal(index), "sha256": hashlib.sha256(key(index).encode()).hexdigest()}
        for index in range(principals)
    ]
    (directory / "keys.yaml").write_text(json.dumps({"keys": keys}))


def write_certificate(directory: Path) -> dict[str, str]:
    """A self-signed certificate for a day, P-256 as most servers have it."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.example")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        name, name, private.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1)
    )
    signed = builder.sign(private, hashes.SHA256())
    (directory / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    encoding, layout, open_key = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (directory / "key.pem").write_bytes(private.private_bytes(encoding, layout, open_key))
    return {"certificate": "certificate.pem", "key": "key.pem"}


def table(operations: int, principals: int, peers: Sequence[System]) -> list[Subject]:
    """Everything of the comparison, with the same traffic for all. The compiled wheel, where it was built, stands beside."""
    shared = traffic(operations, principals)
    chosen = [*peers, plain(), guarded(operations, principals)]
    if systems.COMPILED.exists():
        named = plain("Yett, compiled", systems.COMPILED)
        chosen += [named, guarded(operations, principals, "Yett, compiled, all guards", program=systems.COMPILED)]
    return [Subject(system, shared) for system in chosen]
