"""Reads a directory of SecLang rules, such as OWASP CRS's, from disk. The rim: what the files mean is read further in.

Only regular files in the directory, in `rules` and in `plugins` are read; a symbolic link that leads out of the directory is
refused, so that who may write rules cannot show what others keep.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from yett.formats.seclang.including import DIRECTORIES, EXAMPLE, SETUP, include_order, wanted
from yett.formats.seclang.values import RuleFiles
from yett.model.mistake import Mistake, PolicyErrors

MOST_FILES = 2_000
"""CRS 4 has 50."""

LARGEST = 16 << 20
"""Octets of one file."""

MOST = 64 << 20
"""Octets of all together; CRS 4 is 1 MB."""


def read_rule_directory(directory: str | Path, setup: str | Path | None = None) -> RuleFiles:
    """The files of a directory of rules: CRS's own directory, or one that holds *.conf files directly.

    setup: a file that takes the place of the directory's crs-setup.conf (Debian keeps it in /etc). Raises PolicyErrors: no such
    directory, no rules in it, a link out of it, something beyond the bounds.
    """
    root = Path(directory)
    found: dict[str, Path] = {}
    for name, path in _listed(root):
        found[name] = path
        if len(found) > MOST_FILES:
            raise PolicyErrors([Mistake(f"more than {MOST_FILES} files of rules", str(root))])
    if setup is not None:
        found.pop(EXAMPLE, None)
        found[SETUP] = Path(setup)
    elif SETUP in found:
        found.pop(EXAMPLE, None)
    files: dict[str, bytes] = {}
    left = MOST
    for name, path in found.items():
        files[name] = _content(path, min(left, LARGEST))
        left -= len(files[name])
    order = include_order(files)
    if not any(name not in (SETUP, EXAMPLE) for name in order):
        raise PolicyErrors(
            [Mistake("there are no rules", str(root), hint="a directory with *.conf files, or with rules/*.conf")]
        )
    return RuleFiles(files, order)


def _listed(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file that belongs to the rules: its name below the directory, and its path."""
    real = _real(root)
    for directory in ("", *DIRECTORIES):
        place = root / directory
        if directory and not place.is_dir():
            continue
        _inside(place, real)
        for path in _entries(place):
            name = f"{directory}/{path.name}" if directory else path.name
            if wanted(name) and (path.is_symlink() or not path.is_dir()):
                _inside(path, real)
                yield name, path


def _real(root: Path) -> Path:
    try:
        real = root.resolve(strict=True)
    except OSError as error:
        raise _refused(root, error) from None
    if not real.is_dir():
        raise PolicyErrors([Mistake("not a directory", str(root))])
    return real


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError as error:
        raise _refused(directory, error) from None


def _inside(path: Path, real: Path) -> None:
    if not path.resolve().is_relative_to(real):
        raise PolicyErrors(
            [Mistake("a symbolic link out of the directory of the rules", str(path), hint="copy the file there")]
        )


def _content(path: Path, most: int) -> bytes:
    """Read a regular file of at most so many octets; anything else (a pipe, a device) is refused without being opened to read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise PolicyErrors([Mistake("not a regular file", str(path))])
            content = file.read(most + 1)
    except OSError as error:
        raise _refused(path, error) from None
    if len(content) > most:
        raise PolicyErrors([Mistake(f"rules of more than {LARGEST >> 20} MB in a file, or {MOST >> 20} MB in all", str(path))])
    return content


def _refused(path: Path, error: OSError) -> PolicyErrors:
    return PolicyErrors([Mistake((error.strerror or str(error)).lower(), str(path))])
