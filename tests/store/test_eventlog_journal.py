"""The journal without its thread: what is written, what is dropped, what is promised."""

import errno
import os
import stat

import pytest
from eventlog_rims import REQUEST, Clock, FailingDirectory, crash, event, journal, names

from yett.model.event import Event, Reason
from yett.model.policy import Log
from yett.store.eventlog.directory import Directory
from yett.store.eventlog.encoding import TEXT
from yett.store.eventlog.journal import JournalError, SegmentJournal
from yett.store.eventlog.reader import read
from yett.store.eventlog.stream import Gap


def everything(path, notices=None):
    return [entry.event for entry in read(path, notice=(notices.append if notices is not None else lambda notice: None))]


def test_events_come_back_as_they_went_in_with_worker_and_sequence(tmp_path):
    path = tmp_path / "log"
    book = journal(path, worker=3)
    reason = Reason("api-key", 401, "unknown key", "header X-API-Key", "k…9")
    first = event(
        1, reasons=[reason], not_evaluated=[("r", "why")], tls=("1.3", "x"), credential_facts={"aud": ["a", "b"], "exp": 1.5}
    )
    assert [book.append(first), book.append(event(2))] == [1, 2]
    book.flush()
    one, two = everything(path)
    assert (one.worker, one.sequence, two.worker, two.sequence) == (3, 1, 3, 2)
    assert one.reasons == [reason]
    assert one.not_evaluated == [("r", "why")]
    assert one.tls == ("1.3", "x")
    assert one.credential_facts == {"aud": ["a", "b"], "exp": 1.5}
    assert (one.worker, first.worker) == (3, 0)
    book.close()


def test_files_are_for_the_owner_only(tmp_path):
    path = tmp_path / "a" / "b"
    book = SegmentJournal(Log(), path, 0, shared=tmp_path)
    book.append(event(1))
    book.flush()
    book.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}


def test_sequence_goes_on_over_orderly_restarts_without_gaps(tmp_path):
    notices = []
    for _ in range(3):
        book = journal(tmp_path / "log")
        book.append(event(1))
        book.flush()
        book.close()
    assert [event.sequence for event in everything(tmp_path / "log", notices)] == [1, 2, 3]
    assert notices == []
    assert list((tmp_path / "shm").iterdir()) == []


def test_a_journal_that_wrote_nothing_leaves_no_segment(tmp_path):
    journal(tmp_path / "log").close()
    book = journal(tmp_path / "log")
    book.close()
    book.close()
    assert names(tmp_path / "log") == []


def test_a_second_writer_with_the_same_number_is_refused(tmp_path):
    book = journal(tmp_path / "log")
    with pytest.raises(JournalError, match="another process"):
        journal(tmp_path / "log")
    journal(tmp_path / "log", worker=1).close()
    book.close()
    journal(tmp_path / "log").close()


def test_a_directory_that_cannot_be_used_is_an_error_at_start(tmp_path):
    (tmp_path / "log").write_text("a file")
    with pytest.raises(JournalError, match="cannot be written"):
        SegmentJournal(Log(), tmp_path / "log", 0)


def test_a_failing_start_lets_go_of_the_directory(tmp_path):
    disk = FailingDirectory(tmp_path / "log")
    disk.no_list = True
    with pytest.raises(JournalError, match="cannot list"):
        journal(disk)
    disk.no_list = False
    journal(disk).close()


def test_a_full_queue_drops_counts_and_says_so(tmp_path):
    clock = Clock()
    book = journal(tmp_path / "log", log=Log(queue=100), clock=clock)
    for number in range(130):
        assert book.append(event(number)) == number + 1
    counted = book.counted()
    assert (counted.appended, counted.dropped, counted.queued) == (130, 30, 100)
    book.flush()
    book.append(event(1_000))
    book.flush()
    notices = []
    events = everything(tmp_path / "log", notices)
    assert [event.sequence for event in events] == [*range(1, 101), 131, 132]
    assert notices == [Gap(0, 101, 130)]
    dropped = events[-2]
    assert dropped.tag == "gateway:log:dropped"
    assert dropped.time == clock.now
    assert dropped.detail["dropped"] == 30
    assert book.counted().written == 102
    book.close()


def test_a_queue_is_bounded_by_bytes_too(tmp_path):
    book = journal(tmp_path / "log")
    for number in range(12):
        book.append(event(number, request_sample=bytes(4 << 20)))
    assert book.counted().queued == 7
    assert book.counted().dropped == 5
    book.flush()
    book.append(event(100))
    assert book.counted().dropped == 5
    book.close()


def test_a_full_disk_drops_takes_back_and_goes_on(tmp_path):
    disk = FailingDirectory(tmp_path / "log")
    book = journal(disk)
    book.append(event(1))
    book.flush()
    disk.room = 100  # a part of the next frame fits
    for number in range(2, 12):
        book.append(event(number))
    book.flush()
    counted = book.counted()
    assert (counted.written, counted.dropped, counted.failures) == (1, 10, 1)
    assert "no room" in counted.last_error
    disk.room = None
    book.append(event(12))
    book.flush()
    book.flush()
    book.close()
    notices = []
    assert [event.sequence for event in everything(tmp_path / "log", notices)] == [1, 12, 13]
    assert notices == [Gap(0, 2, 11)]
    assert everything(tmp_path / "log")[-1].detail == {"dropped": 10, "total": 10, "error": f"[Errno {errno.ENOSPC}] no room"}
    assert len(names(tmp_path / "log")) == 1


@pytest.mark.parametrize("log", [Log(), REQUEST], ids=["batch", "request"])
def test_who_deletes_files_under_a_running_journal_loses_only_them(tmp_path, log):
    path = tmp_path / "log"
    book = journal(path, log=log)
    book.append(event(1))
    book.flush()
    for segment in path.glob("*.ylog"):
        segment.unlink()
    book.append(event(2))
    book.flush()
    assert [entry.event.sequence for entry in read(path)] == [2]
    book.close()


def test_a_disk_that_is_full_from_the_start_leaves_nothing_behind(tmp_path):
    disk = FailingDirectory(tmp_path / "log")
    disk.room = 50
    book = journal(disk)
    for number in range(5):
        book.append(event(number))
        book.flush()
    assert book.counted().dropped == 5
    assert [path.name for path in disk.path.iterdir()] == ["w0.lock"]
    disk.room = None
    book.append(event(6))
    book.flush()
    book.close()
    assert [event.sequence for event in everything(disk.path)] == [6, 7]


@pytest.mark.parametrize("no_truncate", [True, False])
def test_after_an_input_output_error_writing_goes_on_in_another_segment(tmp_path, no_truncate):
    disk = FailingDirectory(tmp_path / "log")
    disk.error = errno.EIO
    book = journal(disk)
    book.append(event(1))
    book.flush()
    disk.room, disk.no_truncate = 50, no_truncate
    book.append(event(2))
    book.flush()
    disk.room = None
    book.append(event(3))
    book.flush()
    book.close()
    notices = []
    assert [event.sequence for event in everything(disk.path, notices)] == [1, 3, 4]
    assert Gap(0, 2, 2) in notices
    assert len(notices) == 1 + no_truncate
    assert len(names(disk.path)) == 2


def answers(book, sequences):
    given = []
    for sequence in sequences:
        book.on_durable(sequence, lambda good, sequence=sequence: given.append((sequence, good)))
    return given


def test_durable_answers_come_in_order_once_synced(tmp_path):
    book = journal(tmp_path / "log", log=REQUEST)
    assert book.durable
    given = answers(book, [book.append(event(number)) for number in range(3)])
    assert given == []
    book.flush()
    assert given == [(1, True), (2, True), (3, True)]
    late = answers(book, [2])
    book.flush()
    assert late == [(2, True)]
    book.close()


def test_what_cannot_be_synced_is_answered_with_false_and_never_promised_again(tmp_path):
    disk = FailingDirectory(tmp_path / "log")
    book = journal(disk, log=REQUEST)
    disk.no_sync = True
    given = answers(book, [book.append(event(1))])
    book.flush()
    assert given == [(1, False)]
    disk.no_sync = False
    given = answers(book, [1, book.append(event(2))])
    book.flush()
    assert given == [(1, False), (2, True)]
    assert len(names(disk.path)) == 2  # what failed to sync is never written to again
    book.close()


def test_what_has_no_room_is_answered_with_false(tmp_path):
    book = journal(tmp_path / "log", log=Log(durability=REQUEST.durability, queue=100))
    given = answers(book, [book.append(event(number)) for number in range(102)])
    book.flush()
    assert given == [(number, number <= 100) for number in range(1, 103)]
    book.close()


def test_batch_durability_promises_nothing(tmp_path):
    book = journal(tmp_path / "log")
    assert not book.durable
    given = answers(book, [book.append(event(1))])
    book.flush()
    assert given == [(1, False)]
    book.close()


def test_after_the_end_everything_is_refused(tmp_path):
    book = journal(tmp_path / "log", log=REQUEST)
    book.close()
    given = answers(book, [book.append(event(1))])
    book.flush()
    assert given == [(1, False)]
    assert book.counted().dropped == 1


def test_lost_ranges_that_come_out_of_order_stay_apart(tmp_path):
    disk = FailingDirectory(tmp_path / "log")
    book = journal(disk, log=Log(durability=REQUEST.durability, queue=100))
    given = answers(book, [book.append(event(number)) for number in range(101)])
    disk.room = 0
    book.flush()
    assert [good for _, good in given] == [False] * 101
    disk.room = None
    given = answers(book, [book.append(event(7)), 101, 50])
    book.flush()
    assert given == [(102, True), (101, False), (50, False)]
    book.close()


@pytest.mark.parametrize(
    "strange",
    [
        {"host": "\ud800bad"},
        {"detail": {"exp": 1 << 70}},
        {"detail": {"exp": -(1 << 70)}},
        {"detail": {"exp": 1 << 40_000}},
        {"credential_facts": {"sub": object()}},
        {"user_agent": "a" * (9 << 20)},
        {"field_names": ["x" * 1_000] * 9_000},
        {"reasons": [Reason("rule", 403, "\udfff")]},
    ],
)
def test_no_event_is_unwritable(tmp_path, strange):
    book = journal(tmp_path / "log")
    book.append(event(1, **strange))
    book.flush()
    book.close()
    (one,) = everything(tmp_path / "log")
    assert one.request_id == "r1"
    assert one.detail["cut"] == 1
    assert len(one.user_agent) <= TEXT
    assert os.path.getsize(tmp_path / "log" / names(tmp_path / "log")[0].file) < 65_536


def test_a_small_log_cuts_records_that_would_push_out_everything_else(tmp_path):
    book = journal(tmp_path / "log", log=Log(retention_size=1 << 20, segment_size=1 << 20))
    book.append(event(1, request_sample=bytes(200_000)))
    book.flush()
    book.close()
    (one,) = everything(tmp_path / "log")
    assert one.request_sample == b""
    assert one.detail == {"cut": 1}


def test_a_failing_upkeep_is_counted_and_loses_nothing(tmp_path):
    disk = FailingDirectory(tmp_path / "log")
    clock = Clock()
    book = journal(disk, clock=clock)
    book.append(event(1))
    book.flush()
    disk.no_list = True
    clock.now += 61
    book.append(event(2))
    book.flush()
    assert book.counted().failures == 1
    assert book.counted().written == 2
    disk.no_list = False
    book.close()


def test_a_mistake_of_ours_is_counted_like_a_failing_disk(tmp_path, monkeypatch):
    book = journal(tmp_path / "log", log=REQUEST)
    monkeypatch.setattr(book._writer, "write", lambda *_: 1 / 0)
    given = answers(book, [book.append(event(1))])
    book.flush()
    assert given == [(1, False)]
    assert book.counted().last_error == "division by zero"
    crash(book)


def test_a_failing_end_is_repaired_at_the_next_start(tmp_path):
    disk = FailingDirectory(tmp_path / "log")
    book = journal(disk)
    book.append(event(1))
    book.flush()
    disk.room = 0
    book.append(event(2))
    book.close()
    assert book.counted().failures == 2
    book = journal(Directory(disk.path))
    assert book.append(event(3)) == 3
    book.flush()
    book.close()
    notices = []
    assert [event.sequence for event in everything(disk.path, notices)] == [1, 3]
    assert notices == [Gap(0, 2, 2)]


def test_the_default_event_is_small(tmp_path):
    book = journal(tmp_path / "log")
    book.append(Event(tag="gateway:policy:loaded"))
    book.flush()
    assert book.counted().bytes_written < 160
    book.close()
