"""Installs what is compared, each into an environment of its own, as their manuals say. Nothing of it is part of this repository.

    PYTHONPATH=bench python -m probe.installing [--where bench/out/probe/venvs] [NAME …]

graphql-cop is on PyPI by name only (a placeholder without function), so only what its sources require is installed: they are
expected in SUBJECTS/graphql-cop (github.com/dolevf/graphql-cop). What cannot be installed is said with pip's last lines, and the
others are installed all the same. Exit code 0 where all were installed, 1 where not.
"""

import argparse
import subprocess
import sys
from pathlib import Path

WHERE = Path("bench/out/probe/venvs")
WANTED = {
    "schemathesis": ("schemathesis",),
    "offat": ("offat",),
    "wapiti": ("wapiti3",),
    "graphql-cop": ("requests", "simplejson", "termcolor", "PySocks"),
    "prefect": ("prefect", "fastapi<0.130"),
    "jupyter": ("jupyter-server",),
}
"""Requirements; the newest release of each that can be had here."""


def install(name: str, where: Path, python: str) -> str:
    """Makes the environment. What went wrong, "" where nothing did."""
    directory = where / name
    subprocess.run([python, "-m", "venv", str(directory)], check=True)
    command = [str(directory / "bin" / "pip"), "install", "--quiet", "--upgrade", *WANTED[name]]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    return "" if ended.returncode == 0 else "\n".join((ended.stderr or ended.stdout).splitlines()[-6:])


def version(name: str, where: Path) -> str:
    """Of what is installed there under the first name that is wanted; "" for none."""
    python = where / name / "bin" / "python"
    told = f"import importlib.metadata as m; print(m.version({WANTED[name][0]!r}))"
    return subprocess.run([str(python), "-c", told], capture_output=True, text=True, check=False).stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(WANTED))
    parser.add_argument("--where", type=Path, default=WHERE)
    parser.add_argument("--python", default=sys.executable, help="one that nobody may run, where servers are to run as nobody")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in WANTED]:
        parser.error(f"{unknown[0]!r} is not known here")
    failed = 0
    for name in options.names or WANTED:
        wrong = install(name, options.where, options.python)
        failed += bool(wrong)
        print(f"{name}: {wrong or version(name, options.where)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
