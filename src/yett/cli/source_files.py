"""The files of a program below one directory, for `yett probe --source`: what is read, and what is not and why. Nothing is run.

It must not know what the files say.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

MOST_FILES = 20_000
MOST_OCTETS = 256 * 1_048_576
LARGEST_DESCRIPTION = 4 * 1_048_576
MOST_DESCRIPTIONS = 20
DEEPEST = 40
"""Levels of directories."""
FOREIGN = frozenset((".git", ".hg", ".svn", "node_modules", "__pycache__", "site-packages", ".tox", ".nox", ".eggs"))
"""Directories of what others made, or that tools make."""
_TESTS = frozenset(("tests", "test", "testing"))
_DESCRIPTIONS = (".yaml", ".yml", ".json")


class Found(msgspec.Struct):
    """code, descriptions: paths with "/" below the directory. skipped: what is not read on purpose, with how often. problems:
    what could not be read, (path, why)."""

    code: list[str] = []
    descriptions: list[str] = []
    skipped: dict[str, int] = {}
    problems: list[tuple[str, str]] = []

    def skip(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1


def found_in(directory: Path) -> Found:
    """Look through a directory. Links are not followed, so nothing outside of it is read."""
    found = Found()
    octets = 0
    for path, name in _walk(directory, found):
        if len(found.code) >= MOST_FILES:
            found.problems.append((name, f"more than {MOST_FILES:,} files; the rest is not read"))
            break
        if name.endswith(".py"):
            if _is_test(name):
                found.skip("files of tests")
                continue
            octets += path.stat(follow_symlinks=False).st_size
            if octets > MOST_OCTETS:
                found.problems.append((name, f"more than {MOST_OCTETS >> 20} MiB; the rest is not read"))
                break
            found.code.append(name)
        elif name.endswith(_DESCRIPTIONS) and len(found.descriptions) < MOST_DESCRIPTIONS and _describes(path):
            found.descriptions.append(name)
    return found


def _walk(directory: Path, found: Found) -> Iterator[tuple[Path, str]]:
    def failed(error: OSError) -> None:
        found.problems.append((str(error.filename), error.strerror or "cannot be read"))

    for here, directories, files in os.walk(directory, onerror=failed, followlinks=False):
        below = os.path.relpath(here, directory).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        kept = [one for one in sorted(directories) if _enter(Path(here, one), one, found)]
        if prefix.count("/") >= DEEPEST and kept:
            found.problems.append((prefix, f"deeper than {DEEPEST} directories; what is below is not read"))
            kept = []
        directories[:] = kept
        for one in sorted(files):
            path = Path(here, one)
            if path.is_symlink():
                if one.endswith(".py"):
                    found.skip("links")
            elif path.is_file():
                yield path, prefix + one


def _enter(path: Path, name: str, found: Found) -> bool:
    if path.is_symlink():
        found.skip("links")
    elif name in FOREIGN:
        if name != "__pycache__":
            found.skip(name)
    elif (path / "pyvenv.cfg").exists():
        found.skip("virtual environments")
    elif name in _TESTS:
        found.skip("directories of tests")
    else:
        return True
    return False


def _is_test(name: str) -> bool:
    file = name.rpartition("/")[2]
    return file == "conftest.py" or file.startswith("test_") or file.endswith("_test.py")


def _describes(path: Path) -> bool:
    """Whether a file looks like an API description, by its beginning."""
    try:
        if path.stat(follow_symlinks=False).st_size > LARGEST_DESCRIPTION:
            return False
        with path.open("rb") as file:
            head = file.read(4_000)
    except OSError:
        return False
    return b"openapi" in head or b"swagger" in head
