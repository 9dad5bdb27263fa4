"""Fulfils the driver's steps one after the other: the loop between a pure generator and the world."""

import asyncio
from collections.abc import Callable
from typing import Any

from yett.edge.probing.callbacks import Listener
from yett.edge.probing.handshakes import handshake
from yett.edge.probing.login import LoginFailed, Logins
from yett.edge.probing.transport import Transport
from yett.engine.probing.drive import Act, Driver
from yett.engine.probing.outcome import Outcome, Renew
from yett.model.probe import Burst, Heard, Listen, Raw, Send, Sleep, Tls


class Performer:
    """transport: to the target. listener: None where nothing listens. look: called after each step, for progress."""

    def __init__(
        self, transport: Transport, logins: Logins, listener: Listener | None = None, look: Callable[[], None] = lambda: None
    ) -> None:
        self._transport, self._logins, self._listener, self._look = transport, logins, listener, look
        self.complaints: list[str] = []
        """What went wrong with renewals."""

    async def drive(self, driver: Driver) -> Outcome:
        """A whole run, until its end: `Driver.stop` ends it early."""
        running = driver.run()
        result: Any = None
        while True:
            try:
                step = running.send(result)
            except StopIteration:
                return driver.outcome
            result = await self.perform(step)
            self._look()

    async def perform(self, step: Act) -> Any:
        """What comes back for one step."""
        if isinstance(step, Send):
            return await self._transport.send(step.call)
        if isinstance(step, Burst):
            return await self._transport.burst(step.calls, step.at_once)
        if isinstance(step, Sleep):
            return await asyncio.sleep(min(step.seconds, 60.0))
        if isinstance(step, Raw):
            return await self._transport.raw(step.octets, min(step.seconds, 30.0))
        if isinstance(step, Tls):
            return await handshake(self._transport.origin, step.version)
        if isinstance(step, Listen):
            return self._listener.url() if self._listener is not None else ""
        if isinstance(step, Heard):
            return await self._listener.heard(step.url, step.seconds) if self._listener is not None else ()
        return await self._renewed(step) if isinstance(step, Renew) else None

    async def _renewed(self, step: Renew) -> Any:
        try:
            return await self._logins.renew(step.identity)
        except LoginFailed as error:
            if len(self.complaints) < 20:
                self.complaints.append(str(error))
            return None
