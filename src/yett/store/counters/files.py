"""The files of shared counters: made by the supervisor, mapped by every worker.

A file is complete before it has its name, so nobody ever maps half a file. All its blocks are written, so that a full disk
fails here, at the start, and not as a SIGBUS at the first count. It must not know of locks or what is counted.
"""

import mmap
import os
from collections.abc import Callable
from pathlib import Path
from struct import Struct
from uuid import UUID

from yett.model.ports import CountersFull
from yett.store.counters.table import HEADER, STRIPES, Layout, Table

_MAGIC = b"yettcnt\x01"
_HEAD = Struct("<8s16s8s4sIIIIq")
_CHUNK = 1 << 20
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

NO_BOOT = bytes(16)
"""In place of a boot id, in a file that outlives reboots."""


class CountersDamaged(Exception):
    """A file of counters is not what it should be: which one, and why."""


def boot_id(source: Path = _BOOT_ID) -> bytes:
    """16 octets that are the same until the monotonic clock starts anew. Where the system tells none, they are new each time,
    so that what depends on that clock is rather forgotten than misread."""
    try:
        return UUID(source.read_text().strip()).bytes
    except (OSError, ValueError):
        return os.urandom(16)


def _head(layout: Layout, boot: bytes) -> bytes:
    name, code = layout.name.encode(), layout.code.encode()
    return _HEAD.pack(_MAGIC, boot, name, code, layout.ways, layout.width, layout.buckets, STRIPES, layout.size)


def read_layout(path: Path) -> tuple[Layout, bytes]:
    """The layout and boot id that a file states. Raises CountersDamaged, FileNotFoundError."""
    with path.open("rb") as file:
        head, size = file.read(_HEAD.size), os.fstat(file.fileno()).st_size
    if len(head) < _HEAD.size:
        raise CountersDamaged(f"{path}: too short")
    magic, boot, name, code, ways, width, buckets, stripes, stated = _HEAD.unpack(head)
    sound = ways and width and code.rstrip(b"\0") in (b"d", b"Q", b"I") and buckets >= STRIPES and not buckets & (buckets - 1)
    if magic != _MAGIC or stripes != STRIPES or not sound:
        raise CountersDamaged(f"{path}: not a file of counters, or of another version")
    layout = Layout(name.rstrip(b"\0").decode("ascii", "replace"), code.rstrip(b"\0").decode(), ways, width, buckets)
    if size != stated or size != layout.size:
        raise CountersDamaged(f"{path}: {size} octets long instead of {layout.size}")
    return layout, boot


def create(path: Path, layout: Layout, boot: bytes, fill: Callable[[Table], None] | None = None) -> None:
    """Write a new table, filled by `fill`, and put it in place of whatever has the name. Raises OSError."""
    unfinished = path.with_name(path.name + ".new")
    with os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb+") as file:
        file.write(_head(layout, boot).ljust(HEADER, b"\0"))
        for start in range(HEADER, layout.size, _CHUNK):
            file.write(bytes(min(_CHUNK, layout.size - start)))
        file.flush()
        if fill is not None:
            table = Table(mmap.mmap(file.fileno(), layout.size), layout)
            fill(table)
            table.flush()
            table.close()
        os.fsync(file.fileno())
    unfinished.replace(path)


def map_table(path: Path) -> Table:
    """Map a table for reading and writing, shared with all who do the same. Raises CountersDamaged, OSError."""
    layout, _ = read_layout(path)
    with path.open("rb+") as file:
        return Table(mmap.mmap(file.fileno(), layout.size), layout)


def ensure_volatile(path: Path, layout: Layout, boot: bytes) -> None:
    """Have a table that is valid until the next boot: keep one of the same layout and boot, else begin anew."""
    try:
        if read_layout(path) == (layout, boot):
            return
    except (CountersDamaged, FileNotFoundError):
        pass  # what it held was worth at most one burst
    create(path, layout, boot)


def ensure_durable(path: Path, layout: Layout) -> str:
    """Have a table that outlives reboots, with what an older one held, whatever its layout was.

    A damaged one is set aside. Returns what the owner should know, or "". The older table is read without locks: what workers
    of an older supervisor count while it is moved is lost.
    """
    remark = ""
    try:
        old = read_layout(path)[0]
    except FileNotFoundError:
        create(path, layout, NO_BOOT)
        return ""
    except CountersDamaged as error:
        aside = path.with_name(path.name + ".damaged")
        path.replace(aside)
        create(path, layout, NO_BOOT)
        return f"{error}; moved to {aside.name}, {layout.name} are counted from zero"
    if old != layout:
        table = map_table(path)
        lost = 0

        def fill(new: Table) -> None:
            nonlocal lost
            lost = _move(table, new)

        create(path, layout, NO_BOOT, fill)
        table.close()
        if lost:
            remark = f"{path}: {lost} of the oldest {layout.name} did not fit into the smaller table and count from zero"
    return remark


def _move(old: Table, new: Table) -> int:
    """Copy rows of one number, the largest first, because those are of the latest windows. Returns how many did not fit."""
    lost = 0
    rows = sorted(old.rows(), key=lambda row: old.numbers[row[1]], reverse=True)
    for key, at in rows:
        bucket = new.bucket(key)
        try:
            new.numbers[new.place(bucket, key, lambda _: False)] = old.numbers[at]
        except CountersFull:
            lost += 1
    return lost
