"""The syntax of API keys, of the file that stores them, and of the file of users with passwords.

The key file is JSON with one key a line, so that it loads fast and differences read well; people may write it as YAML. It
holds digests, the users' file holds argon2id hashes: neither gives a credential away. It must not know where files are, nor
make random numbers.
"""

import re
from hashlib import sha256
from typing import Annotated, Any, TypeVar
from zlib import crc32

import msgspec
from msgspec import Meta

from yett.formats.document import Document, step
from yett.formats.yaml import read
from yett.model.mistake import DocumentError, Mistake
from yett.model.operation import ApiKey, Label

Kind = TypeVar("Kind")

PREFIX = "yett_"
"""What every key begins with, so that scanners for leaked secrets find it."""

SECRET_SIZE = 32
"""Octets of randomness in a key: 256 bits."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"yett_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")

MAX_MEMORY = 1 << 20
"""KiB that one password hash may ask for: 1 GiB."""


def format_key(secret: bytes) -> str:
    """A key of `SECRET_SIZE` random octets: prefix, 43 digits of base 62, and 6 of its CRC-32. 54 letters and digits that
    a double click selects whole. The checksum tells a real key from something that looks like one; it protects nothing."""
    if len(secret) != SECRET_SIZE:
        raise ValueError(f"a key is made of {SECRET_SIZE} octets")
    body = _base62(int.from_bytes(secret, "big"), 43)
    return PREFIX + body + _base62(crc32(body.encode()), 6)


def is_key(text: str) -> bool:
    """Whether `text` has the form and checksum of a key that was made here."""
    found = _KEY.fullmatch(text)
    return found is not None and _base62(crc32(found[1].encode()), 6) == found[2]


def digest_of(key: str) -> str:
    """What is stored of a key: SHA-256, hex."""
    return sha256(key.encode()).hexdigest()


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


class _KeyFile(msgspec.Struct, forbid_unknown_fields=True):
    keys: tuple[ApiKey, ...] = ()
    version: Annotated[int, Meta(ge=1, le=1)] = 1


class _Outline(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[Any] = []
    version: Annotated[int, Meta(ge=1, le=1)] = 1


def read_keys(octets: bytes, file: str = "") -> tuple[ApiKey, ...]:
    """The keys of a key file; an empty file has none. `file` is for messages. Raises DocumentError.

    100,000 keys in JSON take half a second; in YAML, some ten seconds.
    """
    if not octets.strip():
        return ()
    keys = _read_json(octets)
    if keys is None:
        document = read(octets, file)
        entries = _convert(document, "", document.tree or {}, _Outline).keys
        keys = tuple(_convert(document, f"/keys/{index}", entry, ApiKey) for index, entry in enumerate(entries))
    for name, values in (("id", [key.id for key in keys]), ("sha256", [key.sha256 for key in keys])):
        if len(set(values)) != len(values):
            raise DocumentError(Mistake(f"two keys have the same {name}", file))
    return keys


def _read_json(octets: bytes) -> tuple[ApiKey, ...] | None:
    """None where it is not JSON, or wrong: then it is read again, slowly, by what knows where everything stands."""
    try:
        return msgspec.json.decode(octets, type=_KeyFile).keys
    except msgspec.DecodeError:
        return None


def _convert(document: Document, pointer: str, value: Any, kind: type[Kind]) -> Kind:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise DocumentError(document.mistake(pointer, str(error))) from None


def write_keys(keys: tuple[ApiKey, ...]) -> bytes:
    """A key file, as JSON with one key a line. Scopes and roles are sorted, so that the same keys give the same octets."""
    encoder = msgspec.json.Encoder(order="deterministic")
    lines = b",\n".join(encoder.encode(key) for key in keys)
    return b'{"version": 1, "keys": [\n' + lines + (b"\n" if lines else b"") + b"]}\n"


class User(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One user. hash: argon2id in its usual text form, as `yett password hash` prints it. Not shown by repr."""

    hash: str
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "User(...)"


class _UserFile(msgspec.Struct, forbid_unknown_fields=True):
    users: dict[Label, User]


_HASH = re.compile(r"(\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$)([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})")


def read_users(octets: bytes, file: str = "") -> dict[str, User]:
    """The users of a users' file by name. `file` is for messages. Raises DocumentError."""
    document = read(octets, file)
    users = _convert(document, "", document.tree, _UserFile).users
    if not users:
        raise DocumentError(document.mistake("", "there are no users"))
    for name, user in users.items():
        found = _HASH.fullmatch(user.hash)
        if found is None or not 8 <= int(found[2]) <= MAX_MEMORY or not int(found[3]) or not int(found[4]):
            hint = "make it with `yett password hash`"
            raise DocumentError(document.mistake(f"/users{step(name)}", "the hash is not argon2id within bounds", hint))
        if ":" in name:  # RFC 7617, 2
            raise DocumentError(
                document.mistake(f"/users{step(name)}#", "Basic authentication cannot carry a name with a colon")
            )
    return users


def decoy(hash_: str) -> str:
    """A hash that costs as much to verify as `hash_` and that no password has."""
    found = _HASH.fullmatch(hash_)
    if found is None:
        raise ValueError("not an argon2id hash")
    return f"{found[1]}{'A' * len(found[5])}${'A' * len(found[6])}"
