"""Readers: merging, following, bookmarks, filters, the newest records, one request."""

import random

import msgspec
import pytest
from eventlog_rims import Clock, crash, event, journal, names
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.model.event import Reason
from yett.model.policy import Log
from yett.store.eventlog.bookmark import Bookmark, BookmarkError
from yett.store.eventlog.directory import Directory
from yett.store.eventlog.filter import Filter, parse_status
from yett.store.eventlog.frames import Kind, pack_frame
from yett.store.eventlog.newest import find_request, newest
from yett.store.eventlog.reader import POLL, WINDOW, LogReader, follow, read
from yett.store.eventlog.segment import Segment
from yett.store.eventlog.stream import Damage, Gap


def fill(path, worker, times, clock=None, each=3, log=None):
    """One worker's records at these times, `each` of them a frame."""
    book = journal(path, worker, clock=clock, log=log)
    for index, time in enumerate(times, 1):
        book.append(event(0, time=float(time), request_id=f"w{worker}-{time}"))
        if index % each == 0:
            book.flush()
    book.flush()
    return book


def times(entries):
    return [entry.event.time for entry in entries]


def test_workers_are_merged_by_the_moment_of_writing(tmp_path):
    path = tmp_path / "log"
    fill(path, 0, [1, 4, 7, 10]).close()
    fill(path, 1, [2, 5, 8]).close()
    fill(path, 12, [3, 6, 9]).close()
    assert times(read(path)) == list(range(1, 11))


def test_records_of_one_worker_never_change_places(tmp_path):
    book = journal(tmp_path / "log")
    book.append(event(5, duration=0.1))
    book.append(event(1, duration=9.0))
    book.append(event(7))
    book.flush()
    book.close()
    fill(tmp_path / "log", 1, [6]).close()
    assert times(read(tmp_path / "log")) == [5, 6, 1, 7]


def test_reading_stops_at_what_is_there_at_the_time_of_the_call(tmp_path):
    path = tmp_path / "log"
    book = fill(path, 0, [1, 2, 3])
    reader = LogReader(path, bounded=True)
    book.append(event(4))
    book.flush()
    assert times(reader.poll()) == [1, 2, 3]
    reader.close()
    book.close()
    assert times(read(path)) == [1, 2, 3, 4]


def test_a_missing_directory_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        next(read(tmp_path / "nowhere"))


def test_a_following_reader_sees_growth_rotation_and_new_workers(tmp_path):
    path = tmp_path / "log"
    book = journal(path, log=Log(segment_size=65_536))
    book.append(event(1))
    book.flush()
    waits = []
    todo = [
        lambda: [book.append(event(2, request_sample=bytes(60_000))), book.flush()],
        lambda: [book.append(event(3, request_sample=bytes(10_000))), book.flush()],
        lambda: fill(path, 1, [4]).close(),
        lambda: [book.append(event(5)), book.flush()],
    ]

    def wait(seconds):
        waits.append(seconds)
        if not todo:
            raise KeyboardInterrupt
        todo.pop(0)()

    seen = []
    reader = LogReader(path)
    with pytest.raises(KeyboardInterrupt):
        seen.extend(entry.event.time for entry in follow(reader, wait, Clock()))
    reader.close()
    book.close()
    assert seen == [1, 2, 3, 4, 5]
    assert waits == [POLL] * 5
    assert len(names(path)) > 2


def test_a_following_reader_waits_a_window_for_a_worker_that_has_nothing(tmp_path):
    path = tmp_path / "log"
    one, two = fill(path, 0, [10.0]), fill(path, 1, [10.1])
    reader = LogReader(path)
    assert times(reader.poll(10.1, WINDOW)) == [10.0]  # 10.1 stays: worker 0 may still write something older
    assert times(reader.poll(10.3, WINDOW)) == []
    one.append(event(0, time=10.05))
    one.flush()
    assert times(reader.poll(10.31, WINDOW)) == [10.05]
    assert times(reader.poll(10.4, WINDOW)) == [10.1]
    two.append(event(0, time=99.0))  # a clock that was set back: not held until then
    two.flush()
    assert times(reader.poll(10.5, WINDOW)) == [99.0]
    reader.close()
    for book in (one, two):
        book.close()


def test_a_bookmark_goes_on_exactly_after_the_last_record_wherever_reading_stopped(tmp_path):
    path = tmp_path / "log"
    for worker in range(3):
        fill(path, worker, [worker + 3 * number for number in range(1, 8)], each=2, log=Log(segment_size=65_536)).close()
    for worker in range(3):
        fill(path, worker, [30 + worker]).close()
    whole = [entry.mark for entry in read(path)]
    assert len(whole) == 24
    for stop in range(len(whole) + 1):
        reader = LogReader(path)
        seen = [entry.mark for entry, _ in zip(reader.poll(), range(stop), strict=False)][:stop]
        bookmark = Bookmark()
        for mark in seen:
            bookmark.advance(mark)
        reader.close()
        notices = []
        seen += [entry.mark for entry in read(path, bookmark, notice=notices.append)]
        assert sorted(seen, key=repr) == sorted(whole, key=repr)
        assert notices == []


def test_the_bookmark_of_a_reader_also_passes_what_the_filter_left_out(tmp_path):
    path = tmp_path / "log"
    book = fill(path, 0, [1, 2, 3, 4])
    reader = LogReader(path, wanted=Filter(request_id="w0-2"))
    polled = reader.poll()
    assert next(polled).event.time == 2
    assert reader.bookmark.marks[0].sequence == 2
    assert list(polled) == []
    assert reader.bookmark.marks[0].sequence == 4
    reader.close()
    book.close()


def test_a_bookmark_survives_on_disk(tmp_path):
    path = tmp_path / "log"
    fill(path, 0, [1, 2, 3]).close()
    file = tmp_path / "reader.json"
    assert Bookmark.load(file) == Bookmark()
    bookmark = Bookmark()
    for entry in read(path):
        bookmark.advance(entry.mark)
        bookmark.save(file)
        assert Bookmark.load(file) == bookmark
    assert list(read(path, Bookmark.load(file))) == []
    assert [other.name for other in tmp_path.iterdir() if "reader" in other.name] == ["reader.json"]


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"version":2,"marks":[]}', b"\xff"])
def test_what_is_no_bookmark_is_never_taken_for_the_beginning(tmp_path, raw):
    file = tmp_path / "reader.json"
    file.write_bytes(raw)
    with pytest.raises(BookmarkError, match=r"reader\.json"):
        Bookmark.load(file)


def test_a_bookmark_that_cannot_be_saved_leaves_the_old_one(tmp_path):
    file = tmp_path / "reader.json"
    file.mkdir()
    with pytest.raises(OSError):
        Bookmark().save(file)
    assert [path.name for path in tmp_path.iterdir()] == ["reader.json"]


def test_a_reader_that_retention_overtook_reports_what_it_missed(tmp_path):
    path = tmp_path / "log"
    for start in (1, 3, 5):
        fill(path, 0, [start, start + 1]).close()
    bookmark = Bookmark()
    bookmark.advance(next(read(path)).mark)
    for name in names(path)[:2]:
        Directory(path).remove(name)
    notices = []
    assert times(read(path, bookmark, notice=notices.append)) == [5, 6]
    assert notices == [Gap(0, 2, 4)]


def test_a_segment_that_goes_between_listing_and_opening_is_passed_over(tmp_path):
    path = tmp_path / "log"
    for start in (1, 2, 3):
        fill(path, 0, [start]).close()
    reader = LogReader(path, bounded=True)
    Directory(path).remove(names(path)[1])
    assert times(reader.poll()) == [1, 3]
    reader.close()


def test_numbers_that_begin_again_are_shown(tmp_path):
    path = tmp_path / "log"
    fill(path, 0, [1, 2]).close()
    (path / "w0.lock").unlink()
    first = names(path)[0]
    (path / first.file).rename(tmp_path / "aside")
    fill(path, 0, [3, 4], clock=Clock(1_790_000_009.0)).close()
    (tmp_path / "aside").rename(path / first.file)
    notices = []
    assert times(read(path, notice=notices.append)) == [1, 2, 3, 4]
    assert [str(notice) for notice in notices] == [
        f"{names(path)[1].file}: damaged at byte 0: numbers begin again at 1, after 2"
    ]


def test_records_that_were_copied_behind_themselves_are_not_read_twice(tmp_path):
    path = tmp_path / "log"
    book = fill(path, 0, [1, 2, 3])
    crash(book)
    file = path / names(path)[0].file
    whole = file.read_bytes()
    with Segment(file) as segment:
        (frame,) = segment.frames()
    file.write_bytes(whole + whole[frame.offset :])
    assert times(read(path)) == [1, 2, 3]


def test_a_frame_that_holds_no_events_is_damage(tmp_path):
    path = tmp_path / "log"
    crash(fill(path, 0, [1]))
    file = path / names(path)[0].file
    with Segment(file) as segment:
        seed = segment.header.seed
    with file.open("ab") as end:
        end.write(pack_frame(Kind.EVENTS, 2, [msgspec.msgpack.encode({"not": "an event"})], seed))
        end.write(pack_frame(Kind.EVENTS, 3, [msgspec.msgpack.encode([1, "a:b:c", 0, 0, 5.0])], seed))
    notices = []
    assert times(read(path, notice=notices.append)) == [1, 5]
    assert [type(notice) for notice in notices] == [Damage]
    assert "not a list of events" in str(notices[0])
    assert times(newest(path, 5)[0]) == [1, 5]


def test_records_of_a_later_version_with_more_fields_are_read(tmp_path):
    path = tmp_path / "log"
    crash(fill(path, 0, [1]))
    file = path / names(path)[0].file
    with Segment(file) as segment:
        seed = segment.header.seed
    longer = [*msgspec.msgpack.decode(msgspec.msgpack.encode(event(2))), "a field of tomorrow"]
    with file.open("ab") as end:
        end.write(pack_frame(Kind.EVENTS, 2, [msgspec.msgpack.encode(longer)], seed))
    assert times(read(path)) == [1, 2]


REASONS = [Reason("api-key", 401, "unknown"), Reason("limit", 429, "too many")]


@pytest.mark.parametrize(
    "wanted, matches",
    [
        ({}, True),
        ({"tag": "gateway:request:denied"}, True),
        ({"tag": "gateway:request:*"}, True),
        ({"tag": "gateway:stream:*"}, False),
        ({"tag": "gateway:request"}, False),
        ({"status": (400, 499)}, True),
        ({"status": (402, 499)}, False),
        ({"verdict": "deny"}, True),
        ({"verdict": "allow"}, False),
        ({"would": "deny"}, False),
        ({"operation": "createOrder", "principal": "alice", "service": "shop", "rule": "limit", "request_id": "r9"}, True),
        ({"operation": "createOrder", "principal": "bob"}, False),
        ({"service": "other"}, False),
        ({"rule": "cors"}, False),
        ({"request_id": "r8"}, False),
        ({"since": 9.0, "until": 9.5}, True),
        ({"since": 9.5}, False),
        ({"until": 9.0}, False),
    ],
)
def test_filters(wanted, matches):
    one = event(
        9,
        tag="gateway:request:denied",
        status=401,
        verdict="deny",
        operation="createOrder",
        principal="alice",
        service="shop",
        reasons=REASONS,
    )
    assert Filter(**wanted).matches(one) is matches


def test_statuses_are_read_in_three_ways():
    assert parse_status("404") == (404, 404)
    assert parse_status("4xx") == parse_status("4XX") == (400, 499)
    assert parse_status("500-503") == (500, 503)
    for wrong in ("", "x", "4x", "404-", "-404", "4xxx", "1-2-3", "٤xx0", "99999999999"):
        with pytest.raises(ValueError, match="not a status"):
            parse_status(wrong)


def test_the_newest_records_and_a_bookmark_that_goes_on_behind_them(tmp_path):
    path = tmp_path / "log"
    for round_ in range(3):
        for worker in range(2):
            fill(path, worker, [10 * round_ + 2 * number + worker for number in range(5)], each=2).close()
    whole = times(read(path))
    for limit in (0, 1, 3, 10, 29, 30, 99):
        entries, bookmark = newest(path, limit)
        assert times(entries) == whole[len(whole) - limit :] if limit < 30 else whole
        assert list(read(path, bookmark)) == []
    fill(path, 1, [100]).close()
    assert times(read(path, bookmark)) == [100]
    assert times(newest(path, 2, Filter(until=50.0))[0]) == whole[-2:]
    assert times(newest(path, 9, Filter(since=1e12))[0]) == []
    assert times(newest(path, 9, Filter(request_id="w1-100"))[0]) == [100]
    assert times(newest(path, 9, Filter(principal="nobody"))[0]) == []


def test_the_newest_of_nothing(tmp_path):
    assert newest(tmp_path, 5) == ([], Bookmark())
    (tmp_path / "w0-0000000000000001.ylog").write_bytes(b"rubbish")
    assert newest(tmp_path, 5) == ([], Bookmark())
    assert find_request(tmp_path, "r1") == []


def test_segments_older_than_what_is_asked_for_are_not_opened(tmp_path):
    path = tmp_path / "log"
    fill(path, 0, [1]).close()
    (path / names(path)[0].file).write_bytes(b"rubbish")
    notices = []
    assert list(read(path, wanted=Filter(since=1e12), notice=notices.append)) == []
    assert notices == []


def test_all_records_of_one_request_are_found_in_order(tmp_path):
    path = tmp_path / "log"
    now = (tmp_path).stat().st_mtime
    for worker in range(2):
        book = journal(path, worker)
        for number in range(50):
            book.append(event(0, request_id=f"w{worker}-{number}", time=now))
        if worker:
            book.append(event(0, tag="gateway:request:opened", request_id="wanted", time=now))
            book.flush()
            book.append(event(0, request_id="else", user_agent="wanted", time=now))
            book.flush()
        book.close()
    book = journal(path, 1)
    book.append(event(0, tag="gateway:stream:ended", request_id="wanted", time=now, duration=5.0))
    book.flush()
    book.close()
    assert [one.tag for one in find_request(path, "wanted")] == ["gateway:request:opened", "gateway:stream:ended"]
    assert find_request(path, "want") == []
    assert find_request(path, "") == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32), workers=st.integers(1, 4))
def test_a_reader_stopped_anywhere_while_writers_write_sees_everything_once(tmp_path_factory, seed, workers):
    fate = random.Random(seed)
    path = tmp_path_factory.mktemp("many") / "log"
    books = [journal(path, worker, log=Log(segment_size=65_536)) for worker in range(workers)]
    file = path.parent / "bookmark"
    seen, written = [], 0
    for _ in range(fate.randint(1, 12)):
        book = fate.choice(books)
        for _ in range(fate.randint(0, 5)):
            written += 1
            book.append(event(written, request_sample=bytes(fate.choice([0, 0, 40_000]))))
        if fate.random() < 0.7:
            book.flush()
        reader = LogReader(path, Bookmark.load(file))
        limit = fate.randint(0, 8)
        for count, entry in enumerate(reader.poll(), 1):
            seen.append((entry.mark.worker, entry.mark.sequence))
            if count >= limit:
                break
        reader.bookmark.save(file)
        reader.close()
    for book in books:
        book.close()
    seen += [(entry.mark.worker, entry.mark.sequence) for entry in read(path, Bookmark.load(file))]
    assert len(seen) == len(set(seen)) == written
    for worker in range(workers):
        own = [sequence for other, sequence in seen if other == worker]
        assert own == list(range(1, len(own) + 1))
