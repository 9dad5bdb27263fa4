"""Directories that are watched: a file that comes or goes is a change, one that is only touched is none."""

from pathlib import Path

from yett.edge.gateway.watch import Watch
from yett.store.bundle import load_bundle

POLICY = """
version: 1
listen: [{address: "127.0.0.1:0"}]
services: {s: {upstream: {targets: ["http://127.0.0.1:9"]}, crs: {directory: rules}}}
"""
RULE = 'SecRule ARGS "@contains x" "id:1,phase:2,pass,nolog"\n'


def changed(watch: Watch) -> tuple[str, ...]:
    """What a look finds once everything stands still."""
    return watch.look() or watch.look()


def test_a_file_that_comes_or_goes(tmp_path: Path) -> None:
    watch = Watch()
    (tmp_path / "one.conf").write_text("1")
    watch.follow([str(tmp_path)])
    assert changed(watch) == ()
    (tmp_path / "two.conf").write_text("2")
    assert changed(watch) == (str(tmp_path),)
    assert changed(watch) == ()
    (tmp_path / "two.conf").unlink()
    assert changed(watch) == (str(tmp_path),)


def test_a_file_that_is_written_again_leaves_its_directory_alone(tmp_path: Path) -> None:
    watch = Watch()
    (tmp_path / "one.conf").write_text("1")
    watch.follow([str(tmp_path)])
    (tmp_path / "one.conf").unlink()
    (tmp_path / "one.conf").write_text("2")
    assert changed(watch) == ()


def test_a_new_file_of_rules_is_noticed_wherever_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "rules" / "rules").mkdir(parents=True)
    (tmp_path / "rules" / "rules" / "a.conf").write_text(RULE)
    (tmp_path / "yett.yaml").write_text(POLICY)
    watch = Watch()
    watch.follow(load_bundle(tmp_path / "yett.yaml").sources)
    assert changed(watch) == ()
    (tmp_path / "rules" / "rules" / "b.conf").write_text(RULE.replace("id:1", "id:2"))
    assert changed(watch) == (str(tmp_path / "rules" / "rules"),)
    (tmp_path / "rules" / "plugins").mkdir()
    assert str(tmp_path / "rules" / "plugins") in changed(watch)
