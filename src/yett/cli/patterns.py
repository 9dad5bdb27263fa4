"""Where compiled patterns are kept: with the user, so that all policies and gateways share them; else with the gateway's state."""

import os
from collections.abc import Callable
from pathlib import Path

from yett.cli.state import own_patterns
from yett.model.ports import NoPatternCache, PatternCache
from yett.store.pattern_cache import DiskPatternCache


def pattern_cache(state: Path | None = None) -> PatternCache:
    """The cache in the first of the two directories that can be written. state: the gateway's, if there is one."""
    for directory in (own_patterns(), None if state is None else state / "patterns"):
        if directory is None:
            continue
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(directory, os.W_OK):
            return DiskPatternCache(directory)
    return NoPatternCache()


COMPILING = "compiling the patterns of the rules; they are kept, so that the next start is quick"


class Telling:
    """Satisfies PatternCache: another one, that says once when something is not there, because compiling it takes a while."""

    def __init__(self, cache: PatternCache, say: Callable[[str], object]) -> None:
        self._cache, self._say = cache, say
        self._told = False

    def load(self, digest: str) -> bytes | None:
        found = self._cache.load(digest)
        if found is None and not self._told:
            self._told = True
            self._say(COMPILING)
        return found

    def save(self, digest: str, data: bytes) -> None:
        self._cache.save(digest, data)
