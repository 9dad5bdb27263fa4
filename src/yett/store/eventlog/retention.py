"""Deletes whole segments, oldest first, so that the log stays below its size and age. Never one that is being written.

`share` is what makes the size hold while writers run: a segment in writing may grow to it, and all of them together get at
most half of the allowed size.
"""

from collections.abc import Iterable

from yett.model.policy import Log
from yett.store.eventlog.directory import Directory, SegmentFile
from yett.store.eventlog.frames import RECORD_LIMIT

DAY = 86_400.0
SEGMENTS = 4_096
"""Segments that a directory may hold, however small they are: a crash loop must not fill it with files."""


def share(log: Log, files: Iterable[SegmentFile]) -> int:
    """Bytes to which one segment may grow, given the workers whose segments are there."""
    workers = len({file.name.worker for file in files}) or 1
    return min(log.segment_size, log.retention_size // (2 * workers))


def record_limit(log: Log) -> int:
    """Bytes of the largest record that is kept whole: one record must not push out everything else."""
    return min(RECORD_LIMIT, log.segment_size, log.retention_size // 8)


def rotation_age(log: Log) -> float:
    """Seconds after which a segment is closed even if it is small, so that its oldest records can be deleted in time."""
    return min(DAY, log.retention_days * DAY / 8)


def retain(directory: Directory, log: Log, now: float) -> int:
    """Delete what is too old or too much; returns how many segments went. Several processes may do this at once.

    now: seconds since the Unix epoch. Raises OSError.
    """
    files = directory.segments()
    newest = {file.name.worker: file.name for file in files}
    writing = {name for name in newest.values() if directory.being_written(name)}
    idle = sorted((file for file in files if file.name not in writing), key=lambda file: (file.modified, file.name))
    least = share(log, files)
    size = sum(max(file.size, least) if file.name in writing else file.size for file in files)
    count, removed = len(files), 0
    for file in idle:
        expired = file.modified < now - log.retention_days * DAY
        if (expired or size > log.retention_size or count > SEGMENTS) and directory.remove(file.name):
            size -= file.size
            count -= 1
            removed += 1
    return removed
