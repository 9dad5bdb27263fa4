"""Which labs there are, and what is wrong with their weak twins. It must not know how they are served or probed."""

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from labs.house import House
from labs.style import style

NAMES = (
    "objects", "authentication", "properties", "resources", "functions", "flows",
    "forgery", "configuration", "inventory", "consumption", "injection", "graph", "shop",
)  # fmt: skip
TRUTH = Path(__file__).with_name("truth.yaml")


class Planted(NamedTuple):
    """flaws: as what it may be told, the right one first. method, template: "*" for no single operation, "-" for one outside the
    contract. place: how the place of a claim begins; "" for any."""

    flaws: tuple[str, ...]
    method: str
    template: str
    place: str
    key: str


def build(name: str, seed: int, *, fixed: bool) -> House:
    """One twin. Raises KeyError for a lab that there is not."""
    if name not in NAMES:
        raise KeyError(name)
    module = import_module(f"labs.{name}")
    bases = getattr(module, "BASES", None)
    house = House(seed, fixed=fixed, login=getattr(module, "LOGIN", ()), base=bases[seed % len(bases)] if bases else None)
    module.build(house)
    return house


SEEDLESS = ("shop",)
"""Labs that look the same with every seed."""


def truth(name: str, house: House) -> tuple[list[Planted], list[Planted]]:
    """What must be found in this twin, and what may be told of it besides. Of a fixed one nothing must."""
    document = yaml.safe_load(TRUTH.read_text()).get(name, {})
    facts = style(house.style.seed)._asdict() | house.style._asdict() | house.variants
    kinds = ("nothing", "fixed") if house.fixed else ("planted", "noted")
    planted, noted = ([_planted(one, house) for one in document.get(kind, []) if _holds(one, facts)] for kind in kinds)
    return planted, noted


def _holds(entry: dict[str, Any], facts: dict[str, Any]) -> bool:
    return all(facts.get(name) in values for name, values in entry.get("when", {}).items())


def _planted(entry: dict[str, Any], house: House) -> Planted:
    key, look = entry["operation"], house.style
    flaws, place = (entry["flaw"], *entry.get("also", [])), entry.get("place", "")
    if key.startswith("#"):  # a field of a root type
        words = {"noun": look.case(look.noun), "plural": look.case(look.plural), "kind": look.case(look.noun).capitalize()}
        return Planted(flaws, "POST", (house.graphql or "") + key.format_map(words), place, key)
    method, template = (key, key) if key in ("*", "-") else (house.routes[key].method, house.routes[key].path)
    return Planted(flaws, method, template, place, key)
