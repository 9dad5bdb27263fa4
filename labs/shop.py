"""The shop of `yett demo` as a lab: weak as it is shipped, and the same behind a gateway that enforces its policy.

Its weaknesses are listed in its source. It has no seeds: it looks the same each time. What is made in it stays until it is stopped,
because it has no operation that removes anything. It must not know how it is probed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import yaml

from labs.contract import Route
from labs.house import House
from yett.cli.demo.stage import Stage, staged

_METHODS = ("get", "post", "patch", "put", "delete")


def build(house: House) -> None:
    """The house becomes the shop."""
    text = resources.files("yett.cli.demo").joinpath("openapi.yaml").read_text("utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    house.routes.clear()
    house.users.clear()
    house.objects.clear()
    for path, item in document["paths"].items():
        for method in (one for one in _METHODS if one in item):
            key = item[method]["operationId"]
            house.routes[key] = Route(key=key, method=method.upper(), path=f"/v1{path}")
    house.contract = lambda origin: document | {"servers": [{"url": f"{origin}/v1"}]}  # type: ignore[method-assign]
    house.stage = lambda: _standing(house)


@contextmanager
def _standing(house: House) -> Iterator[str]:
    with staged(None) as stage:
        house.people = _people(stage)
        yield f"http://127.0.0.1:{stage.gateway if house.fixed else stage.shop}"


def _people(stage: Stage) -> dict[str, Any]:
    """Two customers and a clerk, with what the gateway wants of them; the shop itself asks nobody."""
    said = {"alice": ("customer", "1"), "bob": ("customer", "2"), "carol": ("clerk", "3")}
    identities = []
    for name, (role, number) in said.items():
        field, _, value = stage.wallet.fields(name)[0].partition(": ")
        identities.append({"name": name, "role": role, "headers": {field: value}, "owns": {"id": number}})
    return {"roles": ["customer", "clerk"], "identities": identities}
