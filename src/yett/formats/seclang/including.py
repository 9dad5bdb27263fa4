"""In which order the files of a directory of rules are included: that of OWASP CRS's own instructions (its INSTALL.md).

First crs-setup.conf, then what plugins configure and do before, the rules by name, and what plugins do after. It must not read
any file.
"""

from collections.abc import Iterable

SETUP = "crs-setup.conf"
EXAMPLE = "crs-setup.conf.example"
"""Stands in for the setup where there is none: all of its settings are commented out, so that it is CRS's defaults."""

DIRECTORIES = ("rules", "plugins")
"""The only directories below that are looked into; CRS comes with others that hold no rules."""


def wanted(name: str) -> bool:
    """Whether a file of this path below the directory belongs to the rules."""
    return name.endswith((".conf", ".data")) or name == EXAMPLE


def include_order(names: Iterable[str]) -> tuple[str, ...]:
    """The files with directives among these, in the order of inclusion; the order of `names` does not matter."""
    known = sorted(name for name in names if name.endswith(".conf") or name == EXAMPLE)
    setup = [SETUP] if SETUP in known else [EXAMPLE] if EXAMPLE in known else []
    top = [name for name in known if "/" not in name and name not in (SETUP, EXAMPLE)]
    rules = [name for name in known if name.startswith("rules/")]
    plugins = [name for name in known if name.startswith("plugins/")]
    config = [name for name in plugins if name.endswith("-config.conf")]
    before = [name for name in plugins if name.endswith("-before.conf")]
    after = [name for name in plugins if name.endswith("-after.conf")]
    others = [name for name in plugins if name not in {*config, *before, *after}]
    if not rules:  # the directory holds the rules themselves
        top, rules = [], top
    return (*setup, *top, *config, *before, *others, *rules, *after)
