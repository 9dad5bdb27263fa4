"""Who waits for patterns to be compiled is told so, once, and only then."""

from pathlib import Path

import pytest

from yett.cli import prepare, source
from yett.cli.patterns import COMPILING, Telling
from yett.model.ports import NoPatternCache
from yett.store.pattern_cache import DiskPatternCache

DIGEST, OTHER = "a" * 64, "b" * 64
POLICY = """version: 1
services:
  shop:
    upstream: {targets: ["http://127.0.0.1:9"]}
    attacks: false
    crs: {directory: crs}
"""
RULE = 'SecRule ARGS "@rx (?i)union\\s+select" "id:942190,phase:2,block,severity:CRITICAL"\n'


def test_it_is_said_once_and_only_where_something_is_missing(tmp_path: Path) -> None:
    said: list[str] = []
    cache = Telling(DiskPatternCache(tmp_path), said.append)
    cache.save(DIGEST, b"x")
    assert cache.load(DIGEST) == b"x" and said == []
    assert cache.load(OTHER) is None and cache.load(OTHER) is None and said == [COMPILING]
    assert Telling(NoPatternCache(), said.append).load(DIGEST) is None and len(said) == 2


def test_the_compiler_says_it_on_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "crs" / "rules").mkdir(parents=True)
    (tmp_path / "crs" / "crs-setup.conf").write_text("")
    (tmp_path / "crs" / "rules" / "rules.conf").write_text(RULE)
    (tmp_path / "yett.yaml").write_text(POLICY)
    wanted = source.Source(config=str(tmp_path / "yett.yaml"))
    prepare.verdict_on(wanted)
    assert capsys.readouterr().err == f"yett: {COMPILING}\n"
    prepare.verdict_on(wanted)
    assert capsys.readouterr().err == ""
