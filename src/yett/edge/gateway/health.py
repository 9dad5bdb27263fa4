"""Active health checks: one task per target asks for a path on a fresh connection and counts good and bad answers in a row."""

import asyncio
import re
import ssl

from yett.edge.gateway.pool import Cluster, Target
from yett.model.policy import Health

_STATUS = re.compile(rb"HTTP/1\.[01] ([23])[0-9]{2}[ \r]")


class HealthChecks:
    """Runs the checks of the clusters it watches."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks: dict[Target, asyncio.Task[None]] = {}

    def watch(self, clusters: list[Cluster]) -> None:
        """From now on check exactly these clusters' targets."""
        wanted = {target: cluster for cluster in clusters for target in cluster.targets}
        for target in [target for target in self._tasks if target not in wanted]:
            self._tasks.pop(target).cancel()
        for target, cluster in wanted.items():
            health = cluster.settings.health
            if health is not None and target not in self._tasks:
                self._tasks[target] = self._loop.create_task(self._watch(cluster, target, health))

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _watch(self, cluster: Cluster, target: Target, health: Health) -> None:
        row = 0  # answers in a row that contradict what is believed
        while True:
            good = await self._ask(cluster, target, health)
            row = row + 1 if good == target.down else 0
            if row >= (health.healthy if good else health.unhealthy):
                target.down = not good
                row = 0
            await asyncio.sleep(health.interval)

    async def _ask(self, cluster: Cluster, target: Target, health: Health) -> bool:
        tls = cluster.ssl if target.scheme == "https" else None
        name = (cluster.settings.tls.server_name or target.host) if tls else None
        writer = None
        try:
            async with asyncio.timeout(health.timeout):
                address = (await cluster.resolve(target))[0]
                reader, writer = await asyncio.open_connection(address, target.port, ssl=tls, server_hostname=name, limit=8_192)
                writer.write(
                    b"GET %b HTTP/1.1\r\nhost: %b\r\nconnection: close\r\n\r\n" % (health.path.encode(), target.authority)
                )
                return _STATUS.match(await reader.readline()) is not None
        except (OSError, TimeoutError, ssl.SSLError, ValueError, IndexError):
            return False
        finally:
            if writer is not None:
                writer.close()
