"""Torn ends, damage, crashes: what a writer repairs, what a reader shows, which numbers are never given out twice."""

import os
import random
import shutil

import pytest
from eventlog_rims import REQUEST, Clock, Machine, crash, event, journal, names
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.model.policy import Log
from yett.store.eventlog.directory import Directory
from yett.store.eventlog.frames import FRAME_MAGIC, SEGMENT_HEADER_SIZE, Flag
from yett.store.eventlog.reader import LogReader, read
from yett.store.eventlog.recovery import UNKNOWN_SKIP
from yett.store.eventlog.segment import Segment
from yett.store.eventlog.stream import Damage, Gap


def sequences(path, notices=None):
    return [
        entry.event.sequence for entry in read(path, notice=(notices.append if notices is not None else lambda notice: None))
    ]


def written(path, frames=3, each=2):
    """A crashed journal of some frames; returns its segment and where each frame ends."""
    book = journal(path)
    ends = []
    for frame in range(frames):
        for number in range(each):
            book.append(event(frame * each + number + 1))
        book.flush()
        ends.append((path / names(path)[0].file).stat().st_size)
    crash(book)
    return path / names(path)[0].file, ends


def test_a_torn_end_at_every_byte_is_cut_off_and_costs_only_the_torn_frame(tmp_path):
    segment, ends = written(tmp_path / "log")
    whole = segment.read_bytes()
    for cut in range(SEGMENT_HEADER_SIZE, len(whole) + 1):
        path = tmp_path / "case" / "log"
        path.mkdir(parents=True)
        torn = path / segment.name
        torn.write_bytes(whole[:cut])
        kept = 2 * sum(end <= cut for end in ends)
        assert sequences(path) == list(range(1, kept + 1))
        book = journal(path, clock=Clock(1_790_000_001.0))
        assert torn.stat().st_size == max((end for end in ends if end <= cut), default=SEGMENT_HEADER_SIZE)
        book.append(event(1))
        book.flush()
        book.close()
        notices = []
        assert sequences(path, notices) == [*range(1, kept + 1), kept + UNKNOWN_SKIP]
        assert notices == [Gap(0, kept + 1, kept + UNKNOWN_SKIP - 1, exact=False)]
        shutil.rmtree(tmp_path / "case")


def test_a_following_reader_waits_at_a_torn_end_at_every_byte_and_goes_on_when_it_grows(tmp_path):
    segment, ends = written(tmp_path / "log", frames=2)
    whole = segment.read_bytes()
    path = tmp_path / "case"
    path.mkdir()
    torn = path / segment.name
    for cut in range(SEGMENT_HEADER_SIZE, len(whole)):
        torn.write_bytes(whole[:cut])
        notices = []
        reader = LogReader(path, notice=notices.append)
        kept = 2 * sum(end <= cut for end in ends)
        assert [entry.event.sequence for entry in reader.poll()] == list(range(1, kept + 1))
        assert list(reader.poll()) == []
        with torn.open("ab") as file:
            file.write(whole[cut:])
        assert [entry.event.sequence for entry in reader.poll()] == list(range(kept + 1, 5))
        assert notices == []
        reader.close()


def test_a_flipped_byte_anywhere_costs_one_frame_and_is_shown(tmp_path):
    segment, ends = written(tmp_path / "log")
    whole = segment.read_bytes()
    for at in range(SEGMENT_HEADER_SIZE, ends[-2]):
        segment.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        hit = sum(end <= at for end in ends)
        notices = []
        assert sequences(segment.parent, notices) == [number for number in range(1, 7) if (number - 1) // 2 != hit]
        begin = ends[hit - 1] if hit else SEGMENT_HEADER_SIZE
        assert notices == [
            Damage(segment.name, begin, f"{ends[hit] - begin} bytes skipped"),
            Gap(0, 2 * hit + 1, 2 * hit + 2),
        ]


def test_damage_before_whole_frames_is_not_taken_for_a_torn_end(tmp_path):
    segment, ends = written(tmp_path / "log")
    whole = bytearray(segment.read_bytes())
    whole[ends[0] + 2] ^= 1
    segment.write_bytes(whole)
    book = journal(segment.parent)
    assert segment.stat().st_size == len(whole)
    assert book.append(event(1)) == 7
    book.close()


def test_a_damaged_segment_header_is_shown_and_skipped_and_left_for_a_person(tmp_path):
    segment, _ = written(tmp_path / "log")
    whole = bytearray(segment.read_bytes())
    for at in range(SEGMENT_HEADER_SIZE):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        segment.write_bytes(damaged)
        notices = []
        assert sequences(segment.parent, notices) == []
        assert [(notice.file, notice.offset) for notice in notices] == [(segment.name, 0)]
    segment.write_bytes(whole[:10])
    book = journal(segment.parent)
    book.append(event(1))
    book.flush()
    book.close()
    notices = []
    assert sequences(segment.parent, notices) == [7]  # the shared memory still knew
    assert str(notices[0]) == f"{segment.name}: damaged at byte 0: shorter than a segment header"
    assert segment.stat().st_size == 10


def test_a_segment_of_a_later_format_says_so(tmp_path):
    segment, _ = written(tmp_path / "log")
    whole = bytearray(segment.read_bytes())
    whole[8] = 2
    segment.write_bytes(whole)
    notices = []
    assert sequences(segment.parent, notices) == []
    assert "format 2 is not known" in str(notices[0])


def test_traffic_cannot_pose_as_a_frame(tmp_path):
    """Bytes of a frame inside a record are not read as a frame, even where damage makes a reader search for one."""
    other, _ = written(tmp_path / "other", frames=1)
    forged = other.read_bytes()[SEGMENT_HEADER_SIZE:]
    assert forged.startswith(FRAME_MAGIC)
    book = journal(tmp_path / "log")
    book.append(event(1, request_sample=forged * 3))
    book.flush()
    book.append(event(2))
    book.flush()
    book.close()
    segment = tmp_path / "log" / names(tmp_path / "log")[0].file
    whole = bytearray(segment.read_bytes())
    whole[SEGMENT_HEADER_SIZE + 5] ^= 1
    segment.write_bytes(whole)
    assert sequences(tmp_path / "log") == [2]


def test_a_search_finds_a_frame_across_the_borders_of_what_is_read_at_once(tmp_path):
    book = journal(tmp_path / "log")
    book.append(event(1, request_sample=random.Random(1).randbytes(3 << 20)))
    book.flush()
    book.append(event(2))
    book.flush()
    book.close()
    segment = tmp_path / "log" / names(tmp_path / "log")[0].file
    whole = segment.read_bytes()
    second = whole.rindex(FRAME_MAGIC, 0, whole.rindex(FRAME_MAGIC))
    for shift in range(-3, 3):
        padding = bytes((1 << 20) - SEGMENT_HEADER_SIZE + 1 + shift)
        segment.write_bytes(whole[:SEGMENT_HEADER_SIZE] + padding + whole[second:])
        assert sequences(tmp_path / "log") == [2]


def test_what_a_crash_loses_shows_as_exactly_that_many_missing_numbers(tmp_path):
    book = journal(tmp_path / "log")
    for number in range(4):
        book.append(event(number))
    book.flush()
    for number in range(7):
        book.append(event(number))
    crash(book)
    book = journal(tmp_path / "log", clock=Clock(1_790_000_001.0))
    assert book.append(event(1)) == 12
    book.flush()
    with Segment(tmp_path / "log" / names(tmp_path / "log")[1].file) as segment:
        assert segment.header.flags == Flag.CRASHED
        assert segment.header.previous == bytes(32)
    book.close()
    notices = []
    assert sequences(tmp_path / "log", notices) == [1, 2, 3, 4, 12]
    assert notices == [Gap(0, 5, 11)]
    assert str(notices[0]) == "worker 0: 7 records are missing (5 to 11)"


def test_a_crash_that_loses_nothing_shows_no_gap(tmp_path):
    written(tmp_path / "log")
    for _ in range(2):
        crash(journal(tmp_path / "log"))
    book = journal(tmp_path / "log")
    book.append(event(1))
    book.flush()
    book.close()
    notices = []
    assert sequences(tmp_path / "log", notices) == [1, 2, 3, 4, 5, 6, 7]
    assert notices == []


def test_where_the_shared_memory_is_gone_the_loss_is_unknown_and_numbers_jump(tmp_path):
    written(tmp_path / "log")
    shutil.rmtree(tmp_path / "shm")
    crash(journal(tmp_path / "log"))  # and again, without having written anything
    book = journal(tmp_path / "log")
    book.append(event(1))
    book.flush()
    book.close()
    notices = []
    assert sequences(tmp_path / "log", notices) == [*range(1, 7), 6 + UNKNOWN_SKIP]
    assert str(notices[0]) == "worker 0: an unknown number of records is missing after 6"


def test_numbers_go_on_when_every_segment_is_gone(tmp_path):
    book = journal(tmp_path / "log")
    book.append(event(1))
    book.flush()
    book.close()
    for name in names(tmp_path / "log"):
        Directory(tmp_path / "log").remove(name)
    book = journal(tmp_path / "log")
    assert book.append(event(1)) == 2
    book.flush()
    crash(book)
    shutil.rmtree(tmp_path / "shm")
    for name in names(tmp_path / "log"):
        Directory(tmp_path / "log").remove(name)
    book = journal(tmp_path / "log")
    assert book.append(event(1)) == 1 + UNKNOWN_SKIP
    crash(book)


def test_shared_memory_that_is_not_ours_is_not_used(tmp_path):
    shared = tmp_path / "shm"
    shared.mkdir()
    crash(journal(tmp_path / "log"))
    (cell,) = shared.iterdir()
    cell.unlink()
    target = tmp_path / "target"
    target.write_bytes(b"\xff" * 8)
    cell.symlink_to(target)
    crash(journal(tmp_path / "log"))
    cell.unlink()
    cell.hardlink_to(target)
    crash(journal(tmp_path / "log"))
    assert target.read_bytes() == b"\xff" * 8
    cell.unlink()
    cell.mkdir()
    crash(journal(tmp_path / "log"))
    assert cell.is_dir()


def test_shared_memory_of_logs_that_were_deleted_is_cleaned_up(tmp_path):
    shared = tmp_path / "shm"
    crash(journal(tmp_path / "gone"))
    crash(journal(tmp_path / "there"))
    running = journal(tmp_path / "unlinked")
    for directory in ("gone", "unlinked"):
        shutil.rmtree(tmp_path / directory)
    shared.joinpath(f"yett-{os.geteuid()}-x-w1").write_bytes(b"rubbish")
    shared.joinpath("other").write_bytes(bytes(8) + b"/nowhere")
    assert len(list(shared.iterdir())) == 5
    journal(tmp_path / "log").close()
    left = [path.read_bytes()[8:] for path in shared.iterdir()]
    assert sorted(left) == sorted([b"", b"/nowhere", *(bytes(tmp_path / name) for name in ("there", "unlinked"))])
    crash(running)


def test_shared_memory_that_another_process_holds_is_not_used(tmp_path):
    first = journal(tmp_path / "log")
    first._seat.release()
    second = journal(tmp_path / "log")
    assert second.append(event(1)) == 1
    assert second._water.found is None
    crash(second)
    first._water.release()


def test_what_a_writer_left_that_died_while_it_created_a_segment_is_removed(tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / ".w0-0000000000000001.ylog.new").write_bytes(b"half")
    (tmp_path / "log" / ".w1-0000000000000001.ylog.new").write_bytes(b"of another")
    journal(tmp_path / "log").close()
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == [".w1-0000000000000001.ylog.new", "w0.lock"]


def test_names_rise_even_when_the_clock_is_set_back(tmp_path):
    clock = Clock()
    for _ in range(3):
        book = journal(tmp_path / "log", clock=clock)
        book.append(event(1))
        book.flush()
        book.close()
        clock.now -= 1_000
    assert sequences(tmp_path / "log") == [1, 2, 3]


steps = st.lists(st.sampled_from(["append", "append", "flush", "cut", "close", "rotate"]), max_size=25)


@settings(max_examples=150, deadline=None)
@given(steps=steps, seed=st.integers(0, 1 << 32))
def test_no_promised_record_is_lost_and_no_number_given_twice_whenever_the_power_is_cut(tmp_path_factory, steps, seed):
    path = tmp_path_factory.mktemp("power") / "log"
    fate = random.Random(seed)
    machine = Machine(path)
    clock = Clock()
    promised, marks = set(), []
    log = Log(durability=REQUEST.durability, segment_size=65_536)
    book = journal(machine, log=log, clock=clock)
    text = 0

    def answered(number):
        return lambda good: promised.add(number) if good else None

    for step in [*steps, "cut"]:
        clock.now += 1
        if step in ("append", "rotate"):
            for size in [0] if step == "append" else [40_000] * 8:
                text += 1
                number = book.append(event(text, request_id=f"id{text}", request_sample=bytes(size)))
                marks.append((number, f"id{text}"))
                book.on_durable(number, answered((number, f"id{text}")))
        if step in ("flush", "rotate"):
            book.flush()
        elif step == "append":
            continue
        else:
            if step == "close":
                book.close()
            else:
                if fate.random() < 0.5:
                    book._writer.write(book._taken + 1, [b"\x80"] * 2, False)  # on its way, never synced
                crash(book)
                machine.cut(fate)
                shutil.rmtree(path.parent / "shm")
            book = journal(machine, log=log, clock=clock)
    crash(book)
    found = [(entry.event.sequence, entry.event.request_id) for entry in read(path)]
    assert promised <= set(found)
    assert len({number for number, _ in found}) == len(found)
    assert set(found) <= set(marks)
    assert found == sorted(found)


@pytest.mark.parametrize("name", ["w0-1.ylog", "w00-0000000000000001.ylog", "x", "w0-0000000000000001.ylog.new", "w0.lock"])
def test_other_files_are_not_segments(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert names(tmp_path) == []
