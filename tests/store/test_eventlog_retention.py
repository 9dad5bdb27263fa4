"""Rotation and retention: the log stays below its size and age, also while it is written."""

import errno
import os

from eventlog_rims import Clock, crash, event, journal, names

from yett.model.policy import Log
from yett.store.eventlog.directory import Directory
from yett.store.eventlog.reader import read
from yett.store.eventlog.retention import DAY, SEGMENTS, retain, rotation_age, share

SMALL = Log(retention_size=1 << 20, segment_size=256 << 10)


def total(path):
    return sum(file.size for file in Directory(path).segments())


def test_segments_are_rotated_by_size_and_never_exceed_it(tmp_path):
    book = journal(tmp_path / "log", log=Log(segment_size=65_536))
    for number in range(40):
        book.append(event(number, request_sample=bytes(10_000)))
        book.flush()
    book.close()
    sizes = [file.size for file in Directory(tmp_path / "log").segments()]
    assert len(sizes) == 7
    assert max(sizes) <= 65_536
    assert [entry.event.sequence for entry in read(tmp_path / "log")] == list(range(1, 41))


def test_the_whole_log_stays_below_its_size_while_several_workers_write(tmp_path):
    path = tmp_path / "log"
    books = [journal(path, worker, log=SMALL) for worker in range(3)]
    for number in range(150):
        for book in books:
            book.append(event(number, request_sample=bytes(9_000)))
            book.flush()
        if number > 40:  # as of now, every worker knows of the others
            assert total(path) <= SMALL.retention_size
    newest = {name.worker: name for name in names(path)}
    for book in books:
        book.close()
    assert set(newest) == {0, 1, 2}
    last = {entry.mark.worker: entry.event.sequence for entry in read(path)}
    assert last == {0: 150, 1: 150, 2: 150}
    assert total(path) > SMALL.retention_size // 4


def test_what_goes_first_is_the_oldest_and_never_what_is_being_written(tmp_path):
    path = tmp_path / "log"
    old = journal(path, 1)
    old.append(event(1))
    old.flush()
    for number in range(3):
        book = journal(path)
        book.append(event(number))
        book.flush()
        book.close()
    for age, name in enumerate(names(path)):
        os.utime(path / name.file, (1_000.0 + age, 1_000.0 + age))
    os.utime(path / names(path)[-1].file, (1.0, 1.0))  # the one that worker 1 still writes
    directory = Directory(path)
    whole = names(path)
    assert retain(directory, Log(retention_days=1.0), 1_001.5 + DAY) == 2
    assert names(path) == whole[2:]
    assert retain(directory, Log(retention_days=1.0), 1e9) == 1
    assert names(path) == whole[3:]
    crash(old)
    assert retain(directory, Log(retention_days=1.0), 1e9) == 1
    assert names(path) == []


def test_the_number_of_files_is_bounded(tmp_path):
    for number in range(SEGMENTS + 5):
        (tmp_path / f"w0-{number:016x}.ylog").touch()
    for worker in range(1, 4):
        (tmp_path / f"w{worker}-{0:016x}.ylog").touch()
    assert retain(Directory(tmp_path), Log(), 0.0) == 8
    assert len(names(tmp_path)) == SEGMENTS


def test_a_segment_that_became_old_is_closed_so_that_it_can_be_deleted_in_time(tmp_path):
    clock = Clock()
    log = Log(retention_days=4.0)
    book = journal(tmp_path / "log", log=log, clock=clock)
    assert rotation_age(log) == DAY / 2
    assert rotation_age(Log()) == DAY
    book.append(event(1))
    book.flush()
    clock.now += DAY / 2
    book.flush()  # even where nothing is written
    clock.now += 1
    book.append(event(2))
    book.flush()
    assert len(names(tmp_path / "log")) == 2
    book.close()
    assert [entry.event.sequence for entry in read(tmp_path / "log")] == [1, 2]


def test_shares_leave_half_of_the_size_to_what_is_kept():
    assert share(Log(), []) == 64 << 20
    files = [file for worker in range(16) for file in [_file(worker)]]
    assert share(Log(), files) == (1 << 30) // 32
    assert share(SMALL, files) == (1 << 20) // 32


def _file(worker):
    from yett.store.eventlog.directory import SegmentFile, SegmentName

    return SegmentFile(SegmentName(worker, 1), 0, 0.0)


def test_a_segment_that_was_begun_alone_gives_room_to_workers_that_came_later(tmp_path):
    path, clock = tmp_path / "log", Clock()
    alone = journal(path, log=SMALL, clock=clock)
    alone.append(event(1, request_sample=bytes(90_000)))
    alone.flush()
    others = [journal(path, worker, log=SMALL, clock=clock) for worker in range(1, 8)]
    for book in others:
        book.append(event(1))
        book.flush()
    clock.now += 61
    alone.append(event(2))
    alone.flush()
    alone.append(event(3))
    alone.flush()
    assert [name.worker for name in names(path)].count(0) == 2
    for book in (alone, *others):
        book.close()


def test_two_may_clean_up_at_once(tmp_path):
    directory = Directory(tmp_path)
    (tmp_path / "w0-0000000000000001.ylog").touch()
    (name,) = names(tmp_path)
    assert not directory.being_written(name)
    assert directory.remove(name)
    assert directory.remove(name)
    assert not directory.being_written(name)


def test_the_disk_is_really_full(tmp_path):
    """The kernel refuses to let files grow (as a full disk does, with another number): nothing is lost but what is counted."""
    import subprocess
    import sys
    from pathlib import Path

    code = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from eventlog_rims import event, journal
book = journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
for number in range(30):
    book.append(event(number, request_sample=bytes(3_000)))
    book.flush()
counted = book.counted()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
book.close()
print(counted.written, counted.dropped, counted.failures, counted.last_error)
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "log"), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    written, dropped, failures, error = run.stdout.split(maxsplit=3)
    assert os.strerror(errno.EFBIG) in error
    assert int(dropped) == int(failures) > 0
    notices = []
    entries = list(read(tmp_path / "log", notice=notices.append))
    tags = [entry.event.tag for entry in entries]
    assert len(entries) == int(written)
    assert sum(notice.last - notice.first + 1 for notice in notices) == int(dropped)
    assert tags.count("gateway:log:dropped") > 0
