"""Files and trees of recordings, as they are found: in order, with links, pipes, and what may not be read."""

import gzip
import io
import json
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from yett.edge.collectors import files
from yett.edge.collectors.files import Collector, Found
from yett.formats.recordings import layout_of
from yett.formats.recordings.readers import UNKNOWN
from yett.model.event import Event

GET = b"GET /a HTTP/1.1\nHost: x\n\n"
LINE = json.dumps({"id": "l", "method": "GET", "target": "/"}).encode() + b"\n"
HAR = json.dumps({"log": {"entries": [{"request": {"method": "GET", "url": "http://a/"}}] * 2}}).encode()


def told(found: list[Found]) -> list[tuple[str, int, str]]:
    """(file name, index, id or error)."""
    return [(Path(one.source).name, one.index, one.recording.error or one.recording.id) for one in found]


def collected(path: Path, **more: object) -> list[tuple[str, int, str]]:
    return told(list(Collector(**more).collect(path)))  # type: ignore[arg-type]


def test_kinds_in_one_tree_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "junk").write_bytes(b"\0")
    (tmp_path / "b" / "2.req").write_bytes(GET)
    (tmp_path / "b" / "10.req").write_bytes(GET)
    (tmp_path / "a.har").write_bytes(HAR)
    (tmp_path / "c.jsonl").write_bytes(LINE * 2)
    (tmp_path / ".hidden").write_bytes(GET)
    (tmp_path / "empty").write_bytes(b"")
    assert collected(tmp_path) == [
        (".hidden", 0, ".hidden"),
        ("a.har", 0, "0"),
        ("a.har", 1, "1"),
        ("10.req", 0, "10.req"),
        ("2.req", 0, "2.req"),
        ("c.jsonl", 0, "l"),
        ("c.jsonl", 1, "l"),
        ("empty", 0, "the file is empty"),
    ]


def test_links_and_pipes(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "a.req").write_bytes(GET)
    (tree / "file").symlink_to(tmp_path / "a.req")
    (tree / "gone").symlink_to(tmp_path / "nothing")
    (tree / "loop").symlink_to(tree)
    os.mkfifo(tree / "pipe")
    assert collected(tree) == [
        ("file", 0, "file"),
        ("gone", 0, "no such file or directory"),
        ("loop", 0, "a link to a directory, which is not followed"),
        ("pipe", 0, "not a file"),
    ]
    (tmp_path / "link").symlink_to(tree)
    assert len(collected(tmp_path / "link")) == 4


def test_a_pipe_that_is_named_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            for piece in (GET[:3], GET[3:9], GET[9:]):
                file.write(piece)

    writer = threading.Thread(target=write)
    writer.start()
    assert collected(pipe) == [("pipe", 0, "pipe")]
    writer.join()


def test_what_cannot_be_opened_or_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_bytes(GET)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "open", refuse, raising=False)
    assert collected(tmp_path / "b") == [("b", 0, "permission denied")]
    monkeypatch.setattr(files.os, "scandir", refuse)
    assert collected(tmp_path) == [(tmp_path.name, 0, "permission denied")]


def test_a_disk_that_fails_in_the_middle() -> None:
    class Failing(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            if self.tell() > 9_000:
                raise OSError(5, "Input/output error")
            return super().read(1_000)

    found = told(list(Collector().stream(Failing(LINE * 500), "disk")))
    assert found[-1][2] == "input/output error"
    assert found[-2][2] == "l"
    assert [index for _, index, _ in found] == list(range(len(found)))


def test_large_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(GET + b"x" * 700_000)
    (tmp_path / "b").write_bytes(b"\0" * 700_000)
    (tmp_path / "c").write_bytes(GET + b"x" * 500_000)
    (tmp_path / "w0-0000000000000001.ylog").write_bytes(b"\x89YLOG\r\n\x1a")
    assert [text for _, _, text in collected(tmp_path, largest=600_000)] == [
        "larger than 600000 bytes",
        UNKNOWN,
        "c",
        "no recording, but a part of an event log: name its directory",
    ]


def test_event_logs(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "x").write_bytes(b"")
    (tmp_path / "z").write_bytes(GET)

    def events(path: Path) -> Iterator[Event | str] | None:
        if path.name != "log":
            return None
        return iter(
            [
                Event(tag="gateway:request:allowed", request_id="1", method="GET", target="/"),
                Event(tag="gateway:policy:loaded"),
                "damaged",
                Event(tag="gateway:request:allowed", request_id="2", method="GET", target="/"),
            ]
        )

    assert collected(tmp_path, events=events) == [("log", 0, "1"), ("log", 1, "damaged"), ("log", 2, "2"), ("z", 0, "z")]


def test_progress_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(GET)
    (tmp_path / "b").write_bytes(LINE * 10_000)
    read: list[int] = []
    assert len(collected(tmp_path, read=read.append)) == 10_001
    assert sum(read) == len(GET) + len(LINE) * 10_000
    assert read.count(0) == 2


def test_strict_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(GET + b"body")
    (tmp_path / "b.jsonl").write_bytes(b'{"method":"GET","target":"/","body":"x"}')
    (tmp_path / "c.har").write_bytes(HAR.replace(b'"GET"', b'"GET", "postData": {"text": "x"}'))
    strict = {Path(one.source).name: one.recording.refused for one in Collector(strict=True).collect(tmp_path)}
    assert strict["a"] and strict["b.jsonl"]
    assert not strict["c.har"]  # a recording of exchanges that had their framing taken off
    assert not any(one.recording.refused for one in Collector().collect(tmp_path))


def test_what_is_compressed_and_what_is_damaged(tmp_path: Path) -> None:
    line = b'192.0.2.1 - - [22/Nov/2026:07:51:22 +0000] "GET /a HTTP/1.1" 200 5\n'
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(line * 2) + gzip.compress(b"junk\n" + line))
    (tmp_path / "b.gz").write_bytes(gzip.compress(GET))
    (tmp_path / "c.har.gz").write_bytes(gzip.compress(HAR))
    (tmp_path / "d.gz").write_bytes(gzip.compress(random.Random(7).randbytes(9_000) + line)[:-30])
    (tmp_path / "e.gz").write_bytes(gzip.compress(line * 9_000)[:-30])
    (tmp_path / "f.zip").write_bytes(b"PK\x03\x04")
    found = collected(tmp_path)
    assert found[:7] == [
        ("a.log.gz", 0, "1"),
        ("a.log.gz", 1, "2"),
        ("a.log.gz", 2, "line 3: not in the log format common"),
        ("a.log.gz", 3, "4"),
        ("b.gz", 0, "b.gz"),
        ("c.har.gz", 0, "0"),
        ("c.har.gz", 1, "1"),
    ]
    assert found[7][2] == UNKNOWN
    *whole, (_, _, last) = [one for one in found if one[0] == "e.gz"]
    assert len(whole) > 1_000
    assert last.startswith("gzip: it ends too early, behind ")
    assert found[-1] == ("f.zip", 0, "no recording, but a zip archive: unpack it first")


def test_layouts_and_hosts_that_are_given(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"GET /a?200\n")
    layouts = (layout_of("$request_method $uri?$status"),)
    (found,) = Collector(layouts=layouts, host=b"api.example").collect(tmp_path / "a")
    assert found.recording.exchange is not None
    assert found.recording.exchange.request.fields == ((b"Host", b"api.example"),)


def test_a_stream_that_goes_on_in_a_file() -> None:
    before = b"#Fields: cs-method cs-uri sc-status\nGET /a 200\n"
    (found,) = Collector().stream(io.BytesIO(b"GET /b 200\n"), "iis", before=before)
    assert found.recording.exchange is not None
    assert found.recording.exchange.request.target == b"/b"
