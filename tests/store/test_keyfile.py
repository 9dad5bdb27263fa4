"""The key file on disk: whole or not at all, one change after the other."""

import os
import stat
import subprocess
import sys
from hashlib import sha256

import pytest

from yett.formats.credentials import write_keys
from yett.model.mistake import DocumentError
from yett.model.operation import ApiKey
from yett.store.keyfile import KeyFile, KeyRing, UnknownKeyError

WRITER = """
import sys
from yett.model.operation import ApiKey
from yett.store.keyfile import KeyFile
file = KeyFile(sys.argv[1])
for number in range(20):
    name = f"{sys.argv[2]}-{number}"
    file.add(ApiKey(name, "alice", (sys.argv[2] + f"{number:02}").encode().hex().rjust(64, "0")))
"""


def made(name: str, **members: object) -> ApiKey:
    return ApiKey(name, "alice", sha256(name.encode()).hexdigest(), **members)


def test_keys_are_found_by_digest():
    one, other = made("one", scopes=frozenset({"a", "b"})), made("other", scopes=frozenset({"b", "a"}))
    ring = KeyRing([one, other])
    assert len(ring) == 2
    assert ring.find(sha256(b"one").digest()) is one
    assert ring.find(sha256(b"none").digest()) is None
    assert one.scopes is other.scopes  # shared, to save memory
    assert len(KeyRing()) == 0


def test_add_and_revoke(tmp_path):
    file = KeyFile(tmp_path / "keys.yaml")
    file.add(made("one"))
    file.add(made("two"))
    with pytest.raises(ValueError, match="two"):
        file.add(made("two"))
    assert file.revoke("one", 5.0).revoked == 5.0
    assert file.revoke("one", 9.0).revoked == 5.0
    with pytest.raises(UnknownKeyError):
        file.revoke("three", 5.0)
    assert [(key.id, key.revoked) for key in file.load()] == [("one", 5.0), ("two", None)]
    assert os.listdir(tmp_path) == ["keys.yaml"]


def test_only_the_owner_reads_it(tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_bytes(b"keys: []")
    path.chmod(0o644)
    KeyFile(path).add(made("one"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "keys.yaml").symlink_to(tmp_path / "real" / "keys.yaml")
    KeyFile(tmp_path / "keys.yaml").add(made("one"))
    assert (tmp_path / "keys.yaml").is_symlink()
    assert len(KeyFile(tmp_path / "real" / "keys.yaml").load()) == 1


def test_a_bad_file_is_left_alone(tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_bytes(b"keys: [")
    with pytest.raises(DocumentError, match=r"keys\.yaml:\d"):
        KeyFile(path).add(made("one"))
    assert path.read_bytes() == b"keys: ["


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = KeyFile(tmp_path / "keys.yaml")
    file.add(made("one"))
    before = file.path.read_bytes()

    def fail(source: str, target: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        file.add(made("two"))
    assert file.path.read_bytes() == before
    assert os.listdir(tmp_path) == ["keys.yaml"]


def test_a_missing_file_is_an_error_for_readers(tmp_path):
    with pytest.raises(FileNotFoundError):
        KeyFile(tmp_path / "keys.yaml").load()


def test_two_writers_lose_nothing(tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_bytes(write_keys(()))
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b", "c")]
    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    assert len(KeyFile(path).load()) == 60
