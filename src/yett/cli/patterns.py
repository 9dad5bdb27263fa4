"""Where compiled patterns are kept: with the user, so that all policies and gateways share them; else with the gateway's state."""

import os
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
