"""Rims for tests of the event log: a clock to turn, a disk that fills up, a machine whose power can be cut."""

import errno
import random
from pathlib import Path

from yett.model.event import Event
from yett.model.policy import Durability, Log
from yett.store.eventlog.directory import Directory, LogFile, SegmentName
from yett.store.eventlog.journal import SegmentJournal


class Clock:
    """Seconds since the Unix epoch, turned by hand."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def event(number: int, **values: object) -> Event:
    return Event(**{"tag": "gateway:request:allowed", "time": float(number), "request_id": f"r{number}", **values})


def journal(
    path: Path | Directory, worker: int = 0, log: Log | None = None, clock: Clock | None = None, **more
) -> SegmentJournal:
    """A journal whose shared memory lies beside its directory."""
    place = path.path if isinstance(path, Directory) else path
    place.parent.joinpath("shm").mkdir(parents=True, exist_ok=True)
    return SegmentJournal(log or Log(), path, worker, clock=clock or Clock(), shared=place.parent / "shm", **more)


def crash(of: SegmentJournal) -> None:
    """End a journal as a kill -9 does: nothing is written, the kernel closes its files."""
    of._writer._abandon()
    of._let_go()
    of._closed = True


REQUEST = Log(durability=Durability.REQUEST)


class FailingFile(LogFile):
    def __init__(self, descriptor: int, disk: "FailingDirectory") -> None:
        super().__init__(descriptor)
        self.disk = disk

    def write(self, block: bytes) -> None:
        part = block[: self.disk.room] if self.disk.room is not None else block
        super().write(part)
        if self.disk.room is not None:
            self.disk.room -= len(part)
        if len(part) < len(block):
            raise OSError(self.disk.error, "no room")

    def truncate(self, size: int) -> None:
        if self.disk.no_truncate:
            raise OSError(errno.EIO, "cannot truncate")
        super().truncate(size)

    def sync(self) -> None:
        if self.disk.no_sync:
            raise OSError(errno.EIO, "cannot sync")
        super().sync()


class FailingDirectory(Directory):
    """room: bytes that can still be written (None: no end), then `error`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.room: int | None = None
        self.error = errno.ENOSPC
        self.no_sync = self.no_truncate = self.no_list = False

    def open(self, descriptor: int) -> LogFile:
        return FailingFile(descriptor, self)

    def segments(self):
        if self.no_list:
            raise OSError(errno.EIO, "cannot list")
        return super().segments()


class UnsyncedFile(LogFile):
    def __init__(self, descriptor: int, machine: "Machine") -> None:
        super().__init__(descriptor)
        self.machine = machine
        self.inode = machine.inode(descriptor)

    def sync(self) -> None:
        super().sync()
        self.machine.synced[self.inode] = self.machine.size(self._descriptor)


class Machine(Directory):
    """A directory that knows which bytes and which names a power cut would leave, and can cut the power."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.synced: dict[int, int] = {}
        self.names: set[str] = set()

    def inode(self, descriptor: int) -> int:
        import os

        return os.fstat(descriptor).st_ino

    def size(self, descriptor: int) -> int:
        import os

        return os.fstat(descriptor).st_size

    def open(self, descriptor: int) -> LogFile:
        return UnsyncedFile(descriptor, self)

    def sync(self) -> None:
        super().sync()
        self.names = {file.name.file for file in self.segments()}

    def cut(self, fate: random.Random) -> None:
        """Unsynced names are gone, unsynced bytes are gone, zeroed, or rubbish: each file as fate wills."""
        for file in self.segments():
            place = self.path / file.name.file
            safe = self.synced.get(place.stat().st_ino, 0)
            if file.name.file not in self.names:
                place.unlink()
                continue
            whole = place.read_bytes()
            kept = whole[: fate.randint(safe, len(whole))]
            rest = bytes(fate.randint(0, 40)) if fate.random() < 0.5 else fate.randbytes(fate.randint(0, 40))
            place.write_bytes(kept + rest if len(kept) > safe else whole[:safe] + rest)


def names(path: Path) -> list[SegmentName]:
    return [file.name for file in Directory(path).segments()]
