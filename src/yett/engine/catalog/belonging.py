"""Which service a host belongs to, where a person said so: what was learnt of the host becomes part of that service.

It must not know where corrections are kept, nor what operations are made of a service.
"""

from collections.abc import Iterable, Mapping

from yett.engine.learning import Service
from yett.model.catalog import Correction


def homes(corrections: Iterable[Correction]) -> dict[str, str]:
    """By name, the service that something belongs to in the end. The latest correction of a name counts; what leads back to where
    it began stays where it is."""
    said = {one.template: one.value for one in corrections if one.kind == "service"}
    found = {}
    for name in said:
        home, passed = name, {name}
        while home in said and said[home] not in passed:
            home = said[home]
            passed.add(home)
        if home not in said:
            found[name] = home
    return found


def gathered(services: Mapping[str, Service], home: Mapping[str, str]) -> dict[str, Service]:
    """Services with what belongs to them; those that are given stay as they are."""
    made: dict[str, Service] = {name: service for name, service in services.items() if name not in home}
    joined: set[str] = set()
    for name in sorted(home.keys() & services.keys()):
        target = home[name]
        if target not in joined:
            joined.add(target)
            given = made.get(target)
            model = services[name] if given is None else given
            made[target] = Service(target, model.settings, model.key)
            if given is not None:
                made[target].merge(_copy(given))
        made[target].merge(_copy(services[name]))
    return made


def _copy(service: Service) -> Service:
    return Service.from_state(service.state(), service.settings, service.key)
