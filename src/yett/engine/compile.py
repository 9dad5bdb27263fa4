"""compile: a bundle becomes a snapshot. Pure: whatever must be read was read into the bundle.

`compile_policy` does it at once; `Building` gives the same in slices, so that a worker can go on serving. Plans are built
when first needed, or all together by `Snapshot.build_all`, which is how a bad policy is found before it is used.
"""

from collections.abc import Iterator

import msgspec

from yett.engine.contracts import unpack
from yett.engine.convert import escape
from yett.engine.hosts import Hosts
from yett.engine.operations import Routes
from yett.engine.places import Places
from yett.engine.preparation import Planner
from yett.engine.sensitive import plain_name
from yett.engine.snapshot import Plans, Serving, Snapshot
from yett.engine.table import Table
from yett.formats.contract.values import Contract
from yett.model.bundle import Bundle
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.policy import Service
from yett.model.ports import Ports
from yett.model.rule import Gap


class Building:
    """A snapshot under way: exhaust `slices`, then `snapshot` is there. Mistakes are gathered in `mistakes`.

    ports.shared is replaced by a new one: nothing learnt under another snapshot is seen by this one.
    """

    def __init__(self, bundle: Bundle, ports: Ports) -> None:
        self.bundle = bundle
        self.ports = msgspec.structs.replace(ports, shared={})
        self.places = Places(bundle.path, bundle.positions)
        self.mistakes: list[Mistake] = []
        self.gaps: list[Gap] = []
        self.snapshot: Snapshot | None = None

    def slices(self) -> Iterator[None]:
        """Build the routing tables, a few hundred microseconds at a time."""
        hosts: Hosts[Serving] = Hosts()
        servings: list[Serving] = []
        contracts: dict[str, Contract] = {}
        for service in self.bundle.policy.services:
            contract = None
            if service.contract is not None:
                file = service.contract.file
                if file not in contracts:
                    for read in unpack(self.bundle.contracts[file]):
                        yield None
                        if read is not None:
                            contracts[file] = read
                contract = contracts[file]
            table = Table(service.match.prefix)
            yield from self._routes(table, service, contract)
            planner = Planner(service, contract, self.places, self.ports, self.bundle.policy.bounds.body_size)
            servings.append(Serving(service, Plans(table, planner)))
            self._add_hosts(hosts, servings[-1])
        secret = frozenset(map(plain_name, self.bundle.parameters))
        self.snapshot = Snapshot(self.bundle.digest, self.bundle.policy, hosts, tuple(servings), tuple(self.gaps), secret)

    def _routes(self, table: Table, service: Service, contract: Contract | None) -> Iterator[None]:
        routes = Routes(table, service, contract)
        yield from routes.slices()
        self.mistakes.extend(self.places.mistake(*mistake) for mistake in routes.mistakes)
        self.gaps.extend(routes.gaps)

    def _add_hosts(self, hosts: Hosts[Serving], serving: Serving) -> None:
        match = serving.service.match
        for pattern in match.hosts or (None,):
            if not hosts.add(pattern, match.prefix, serving):
                message = f"another service answers already for {pattern or 'any host'} with the prefix {match.prefix!r}"
                self.mistakes.append(self.places.mistake(f"/services/{escape(serving.service.name)}#", message))


def compile_policy(bundle: Bundle, ports: Ports) -> Snapshot:
    """The snapshot of a bundle. Raises PolicyErrors with every mistake but those that only show when a plan is built."""
    building = Building(bundle, ports)
    for _ in building.slices():
        pass
    if building.mistakes or building.snapshot is None:
        raise PolicyErrors(building.mistakes)
    return building.snapshot
