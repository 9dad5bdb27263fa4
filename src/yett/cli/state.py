"""The directory of a gateway's own state: where what is in it, and what must be there before workers start."""

import os
from contextlib import suppress
from pathlib import Path

FINGERPRINT_KEY = 32
"""Bytes of the key of the keyed hashes in records. It stays the same, so that one credential has one fingerprint over time."""


def counters_directory(state: Path) -> Path:
    return state / "counters"


def own_patterns() -> Path | None:
    """Where commands without a state keep compiled patterns: below XDG_CACHE_HOME (XDG Base Directory 0.8), else ~/.cache.
    None where there is no home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    try:
        cache = Path(named) if os.path.isabs(named) else Path.home() / ".cache"
    except RuntimeError:
        return None
    return cache / "yett" / "patterns"


def make_state(state: Path) -> None:
    """Make the directory and the key of fingerprints, readable for the owner only. What is there stays. Raises OSError."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    hidden = state / f".fingerprint.key.{os.getpid()}"
    try:
        file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with open(file, "wb") as key:
            key.write(os.urandom(FINGERPRINT_KEY))
            key.flush()
            os.fsync(file)
        with suppress(FileExistsError):
            os.link(hidden, state / "fingerprint.key")  # whole, or not at all, and never in the place of another
    finally:
        hidden.unlink(missing_ok=True)


def fingerprint_key(state: Path) -> bytes:
    """The key that `make_state` made. Raises OSError, and ValueError where it is not one."""
    key = (state / "fingerprint.key").read_bytes()
    if len(key) != FINGERPRINT_KEY:
        raise ValueError(f"{state / 'fingerprint.key'}: not a key of {FINGERPRINT_KEY} bytes; remove it to have a new one made")
    return key
