"""The files of shared counters: kept, begun anew, moved or set aside; and who may sit on which seat."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from yett.model.ports import CountersUnavailable
from yett.store.counters.files import CountersDamaged, boot_id, map_table
from yett.store.counters.shared import SharedCounters, Sizes, create_files
from yett.store.counters.table import KEY, Layout, fold

SMALL = Sizes(32, 32, 32)
MONDAY, TUESDAY = b"boot on monday..", b"boot on tuesday."
KILL_POINTS = Path(__file__).parents[1] / "support" / "counters_kill_points.py"


def test_a_process_killed_at_any_line_leaves_nothing_wrong(tmp_path: Path) -> None:
    script = subprocess.run([sys.executable, str(KILL_POINTS), str(tmp_path)], capture_output=True, text=True, check=True)
    stories = [json.loads(line) for line in script.stdout.splitlines()]
    assert len(stories) == 8
    for name, points, wrong in stories:
        assert wrong == [], name
        assert points > 15, name


def test_a_restart_keeps_rates_of_the_same_boot(tmp_path: Path) -> None:
    for boot, admitted in [(MONDAY, True), (MONDAY, False), (TUESDAY, True)]:
        assert create_files(tmp_path, 2, SMALL, boot) == []
        counters = SharedCounters(tmp_path)
        assert counters.admit(b"alice", 100.0, 1, 1000.0).admitted is admitted
        counters.close()


def test_a_reboot_forgets_slots(tmp_path: Path) -> None:
    create_files(tmp_path, 2, SMALL, MONDAY)
    counters = SharedCounters(tmp_path)
    assert counters.acquire(b"alice", 1)
    create_files(tmp_path, 2, SMALL, TUESDAY)
    after = SharedCounters(tmp_path)
    assert after.acquire(b"alice", 1)
    counters.close()
    after.close()


def test_quotas_outlive_reboots(tmp_path: Path) -> None:
    for boot, remaining in [(MONDAY, 9), (TUESDAY, 8), (TUESDAY, 7)]:
        create_files(tmp_path, 2, SMALL, boot)
        counters = SharedCounters(tmp_path)
        assert counters.spend(b"alice", 10, 0.0, 3600.0, 60.0).remaining == remaining
        counters.sync()
        counters.close()


@pytest.mark.parametrize("buckets", [32, 256])
def test_quotas_move_into_a_table_of_another_size(tmp_path: Path, buckets: int) -> None:
    create_files(tmp_path, 2, Sizes(32, 128, 32))
    counters = SharedCounters(tmp_path)
    keys = [b"caller %d" % number for number in range(500)]
    for number, key in enumerate(keys):
        for _ in range(number % 3 + 1):
            counters.spend(key, 10, 0.0, 3600.0, 60.0)
    counters.close()
    assert create_files(tmp_path, 2, Sizes(32, buckets, 32)) == []
    counters = SharedCounters(tmp_path)
    assert counters.stats()[1].entries == 500
    assert [counters.spend(key, 10, 0.0, 3600.0, 60.0).remaining for key in keys] == [8 - n % 3 for n in range(500)]
    counters.close()


def test_quotas_that_do_not_fit_into_a_smaller_table_are_told(tmp_path: Path) -> None:
    create_files(tmp_path, 2, Sizes(32, 256, 32))
    counters = SharedCounters(tmp_path)
    for number in range(2000):
        counters.spend(b"caller %d" % number, 10, 0.0, 3600.0 if number < 1000 else 7200.0, 60.0)
    counters.close()
    (remark,) = create_files(tmp_path, 2, SMALL)
    assert "did not fit" in remark
    counters = SharedCounters(tmp_path)
    left = [counters.spend(b"caller %d" % number, 10, 3600.0, 7200.0, 3700.0).remaining for number in range(1000, 2000)]
    assert left.count(8) > 900, "the latest windows are kept first"
    counters.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda octets: b"",
        lambda octets: octets[:-1],
        lambda octets: octets + b"\0",
        lambda octets: b"something else" + octets[14:],
        lambda octets: octets[:40] + b"\xff" * 8 + octets[48:],
        lambda octets: octets[:32] + bytes(4) + octets[36:],
    ],
)
def test_a_damaged_file_of_quotas_is_set_aside_and_told(tmp_path: Path, damage) -> None:
    create_files(tmp_path, 2, SMALL)
    path = tmp_path / "quotas"
    octets = damage(path.read_bytes())
    path.write_bytes(octets)
    with pytest.raises(CountersDamaged, match="quotas"):
        map_table(path)
    (remark,) = create_files(tmp_path, 2, SMALL)
    assert "counted from zero" in remark and "quotas.damaged" in remark
    assert (tmp_path / "quotas.damaged").read_bytes() == octets
    map_table(path).close()


def test_a_damaged_file_of_rates_begins_anew(tmp_path: Path) -> None:
    create_files(tmp_path, 2, SMALL)
    (tmp_path / "rates").write_bytes(b"?")
    assert create_files(tmp_path, 2, SMALL) == []
    SharedCounters(tmp_path).close()


def test_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    create_files(tmp_path / "counters", 2, SMALL)
    SharedCounters(tmp_path / "counters").close()
    assert (tmp_path / "counters").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "counters").iterdir()} == {0o600}


def test_the_files_take_their_whole_room_at_once(tmp_path: Path) -> None:
    create_files(tmp_path, 2, SMALL)
    for name in ("rates", "quotas", "slots"):
        found = (tmp_path / name).stat()
        assert found.st_blocks * 512 >= found.st_size


def test_seats_are_for_the_living(tmp_path: Path) -> None:
    create_files(tmp_path, 1, SMALL)
    seated = [SharedCounters(tmp_path) for _ in range(6)]
    with pytest.raises(CountersUnavailable, match="seats"):
        SharedCounters(tmp_path)
    assert seated[0].acquire(b"alice", 1)
    assert not seated[1].acquire(b"alice", 1)
    seated[0].close()
    assert seated[1].acquire(b"alice", 1), "closing gives slots back"
    again = SharedCounters(tmp_path)
    for counters in (*seated[1:], again):
        counters.close()


def test_a_full_table_takes_back_the_slots_of_the_dead(tmp_path: Path) -> None:
    create_files(tmp_path, 1, SMALL)
    left, counters = SharedCounters(tmp_path), SharedCounters(tmp_path)
    keys = [bytes(8) + number.to_bytes(8, "big") for number in range(1, 33)]
    assert all(left.acquire(key, 1) for key in keys)
    left._seats.close()  # as its death would
    assert counters.acquire(bytes(8) + b"one more", 1)
    assert counters.stats()[2].evictions == 1
    counters.close()


@pytest.mark.parametrize("size", [0, 1, 15, 17, 100])
def test_other_keys_are_hashed(size: int) -> None:
    assert len(fold(b"x" * size)) == KEY
    assert fold(bytes(KEY)) != bytes(KEY)
    assert fold(b"0123456789abcdef") == b"0123456789abcdef"


def test_boot_ids(tmp_path: Path) -> None:
    source = tmp_path / "boot_id"
    assert boot_id(source) != boot_id(source)
    source.write_text("01234567-89ab-cdef-0123-456789abcdef\n")
    assert boot_id(source) == boot_id(source) == bytes.fromhex("0123456789abcdef0123456789abcdef")
    source.write_text("nonsense")
    assert boot_id(source) != boot_id(source)


def test_rows_fill_whole_cache_lines_and_numbers_are_aligned() -> None:
    for layout in (Layout("rates", "d", 42, 1, 32), Layout("slots", "I", 32, 6, 32), Layout("slots", "I", 32, 516, 32)):
        assert layout.stride % 64 == 0
        assert layout.stride >= layout.ways * (KEY + layout.width * layout.item)
        assert layout.ways * KEY % layout.item == 0


def test_local_counters_need_no_fcntl() -> None:
    code = "import sys; sys.modules['fcntl'] = None; import yett.store.counters.local, yett.rules.guards.concurrency"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
