"""`yett key` and `yett password`: make and revoke credentials. A secret is shown once, on standard output, and never taken
from the command line, which other users of the machine can read."""

import json
import math
import re
import secrets
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec
from argon2 import PasswordHasher, Type

from yett.cli.failing import reason
from yett.formats.claims import LATEST
from yett.formats.credentials import SECRET_SIZE, digest_of, format_key
from yett.formats.document import Document
from yett.formats.yaml import read
from yett.model.mistake import DocumentError
from yett.model.operation import ApiKey
from yett.store.keyfile import KeyFile, UnknownKeyError

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")  # RFC 6749, 3.3
_LABEL = re.compile(r"[^\x00-\x1f\x7f]{1,256}")  # as in `yett.model.operation`
_SPAN = re.compile(r"(\d{1,6})([smhdwy])")

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
"""19 MiB, 2 passes, 1 lane: OWASP's first choice for argon2id (Password Storage Cheat Sheet); a gateway verifies several at
once, so that memory counts."""


def _expiry(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """ "90d", "12h" from now on, or a date or time of ISO 8601 (UTC where it has no zone): seconds since the Unix epoch."""
    if value is None:
        return None
    now = time.time()
    span = _SPAN.fullmatch(value)
    if span is not None:
        end = now + int(span[1]) * _UNITS[span[2]]
    else:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            hint = f"{value!r} is neither a span such as 90d nor a date such as 2030-12-31"
            raise click.BadParameter(hint, context, parameter) from None
        end = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not now < end < LATEST:
        raise click.BadParameter(f"{value!r} is not in the future", context, parameter)
    return float(math.floor(end))


def _scopes(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for scope in value:
        if not _SCOPE.fullmatch(scope):
            raise click.BadParameter(f"{scope!r} has characters that a scope cannot have", context, parameter)
    return value


def _label(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _LABEL.fullmatch(value):
        hint = f"{value!r} must have 1 to 256 characters, and no control characters"
        raise click.BadParameter(hint, context, parameter)
    return value


def _key_file(config: Path | None, keys: Path | None) -> KeyFile:
    """The file that --keys names, else the one that the policy names, else keys.yaml here."""
    if keys is not None:
        return KeyFile(keys)
    if config is None:
        return KeyFile("keys.yaml")
    try:
        document: Document = read(config.read_bytes(), str(config))
    except (OSError, DocumentError) as error:
        raise click.ClickException(reason(error)) from None
    named = document.tree.get("keys") if isinstance(document.tree, dict) else None
    if not isinstance(named, str):
        raise click.ClickException(f"{config} names no key file: add `keys: keys.yaml`")
    return KeyFile(config.parent / named)


def _with_file(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name the key file, which the command gets as `file`."""

    @wraps(command)
    def run(config: Path | None, keys: Path | None, **rest: Any) -> None:
        command(file=_key_file(config, keys), **rest)

    path = click.Path(path_type=Path, dir_okay=False)
    named = click.option("-c", "--config", type=path, help="The policy that names the key file.")(run)
    return click.option("--keys", type=path, help="The key file (default: keys.yaml).")(named)


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command("new")
@click.option("--principal", required=True, callback=_label, help="Who the key is for.")
@click.option("--scope", "scopes", multiple=True, callback=_scopes, help="A scope of the key; may be given several times.")
@click.option("--role", "roles", multiple=True, help="A role of the key; may be given several times.")
@click.option("--expires", callback=_expiry, help="When the key ends: 90d, 12h, 2030-12-31. Without it, never.")
@click.option("--id", "id_", callback=_label, help="The key's id, to revoke it by (default: random).")
@_with_file
def new(
    file: KeyFile, principal: str, scopes: tuple[str, ...], roles: tuple[str, ...], expires: float | None, id_: str | None
) -> None:
    """Make a key. It is printed once, alone, on standard output; only its digest is stored."""
    secret = format_key(secrets.token_bytes(SECRET_SIZE))
    made = {
        "id": id_ or secrets.token_hex(4),
        "principal": principal,
        "sha256": digest_of(secret),
        "scopes": scopes,
        "roles": roles,
        "created": float(math.floor(time.time())),
        "expires": expires,
    }
    try:
        stored = msgspec.convert(made, ApiKey)
        file.add(stored)
    except (ValueError, OSError, DocumentError) as error:
        raise click.ClickException(reason(error)) from None
    click.echo(secret)
    until = "without expiry" if expires is None else f"until {_moment(expires)}"
    click.echo(f"Key {stored.id} for {principal}, {until}, is in {file.path}. It is not shown again.", err=True)


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for machines. Without digests.")
@_with_file
def list_(file: KeyFile, as_json: bool) -> None:
    """List the keys, without anything secret."""
    now = time.time()
    stored = _load(file)
    if as_json:
        click.echo(json.dumps([_described(key, now) for key in stored], indent=2, ensure_ascii=False))
        return
    header = ("ID", "PRINCIPAL", "STATE", "EXPIRES", "SCOPES", "ROLES")
    rows = [header, *(_row(key, now) for key in stored)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@key.command("revoke")
@click.argument("id_", metavar="ID")
@_with_file
def revoke(file: KeyFile, id_: str) -> None:
    """Revoke a key: it is refused from now on, wherever the file is read again."""
    try:
        revoked = file.revoke(id_, float(math.floor(time.time())))
    except UnknownKeyError:
        raise click.ClickException(f"there is no key with the id {id_!r} in {file.path}") from None
    except (OSError, DocumentError) as error:
        raise click.ClickException(reason(error)) from None
    click.echo(f"Key {revoked.id} of {revoked.principal} is revoked.", err=True)


def _load(file: KeyFile) -> tuple[ApiKey, ...]:
    try:
        return file.load()
    except (OSError, DocumentError) as error:
        raise click.ClickException(reason(error)) from None


def _state(key: ApiKey, now: float) -> str:
    if key.revoked is not None and key.revoked <= now:
        return "revoked"
    return "expired" if key.expires is not None and key.expires <= now else "active"


def _moment(seconds: float | None) -> str:
    return "never" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _row(key: ApiKey, now: float) -> tuple[str, ...]:
    scopes, roles = " ".join(sorted(key.scopes)), " ".join(sorted(key.roles))
    return key.id, key.principal, _state(key, now), _moment(key.expires), scopes or "-", roles or "-"


def _described(key: ApiKey, now: float) -> dict[str, object]:
    members = {name: value for name, value in msgspec.to_builtins(key, order="deterministic").items() if name != "sha256"}
    return {**members, "state": _state(key, now)}


@click.group()
def password() -> None:
    """Passwords of users for Basic authentication."""


@password.command("hash")
def hash_() -> None:
    """Ask for a password and print its argon2id hash, for a users' file. Reads standard input where it is no terminal."""
    if _is_terminal():
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\n")
    if not given or any(character < " " or character == "\x7f" for character in given):
        raise click.ClickException("a password has at least one character, and no control characters")
    click.echo(HASHER.hash(given))


def _is_terminal() -> bool:
    return sys.stdin.isatty()
