"""Changes of content are noticed, once, when they are complete; touches are not."""

import os
from pathlib import Path

import pytest

from yett.edge.gateway.watch import Watch


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "yett.yaml"
    path.write_text("version: 1")
    return path


def watching(*paths: Path) -> Watch:
    watch = Watch()
    watch.follow([str(path) for path in paths])
    assert watch.look() == ()
    return watch


def test_a_change_counts_once_it_stands_still(policy: Path) -> None:
    watch = watching(policy)
    policy.write_text("version: 1\nlisten")
    assert watch.look() == ()
    policy.write_text("version: 1\nlisten: []")
    assert watch.look() == ()
    assert watch.look() == (str(policy),)
    assert watch.look() == ()


def test_a_touch_is_no_change(policy: Path) -> None:
    watch = watching(policy)
    os.utime(policy, (1, 1))
    assert watch.look() == watch.look() == ()
    policy.write_text("version: 2")
    assert (watch.look(), watch.look()) == ((), (str(policy),))


def test_replaced_by_rename_and_by_symbolic_link(policy: Path, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(policy)
    watch = watching(link)
    other = tmp_path / "other"
    other.write_text("version: 3")
    (tmp_path / "new").symlink_to(other)
    (tmp_path / "new").rename(link)
    assert (watch.look(), watch.look()) == ((), (str(link),))


def test_removed_and_back_again(policy: Path) -> None:
    watch = watching(policy)
    text = policy.read_text()
    policy.unlink()
    assert watch.look() == ()
    policy.write_text(text)
    assert watch.look() == watch.look() == ()
    policy.unlink()
    assert (watch.look(), watch.look()) == ((), (str(policy),))
    policy.write_text(text)
    assert (watch.look(), watch.look()) == ((), (str(policy),))


def test_what_changed_while_it_was_being_read_has_changed(policy: Path) -> None:
    os.utime(policy, (1_000, 1_000))
    watch = Watch()
    watch.follow([str(policy)], since=999.5)
    assert watch.look() == (str(policy),)
    assert watch.look() == ()
    watch.follow([str(policy)], since=1_000.5)
    assert watch.look() == ()


def test_a_file_that_comes_later(tmp_path: Path) -> None:
    watch = watching(tmp_path / "later")
    (tmp_path / "later").write_text("x")
    assert (watch.look(), watch.look()) == ((), (str(tmp_path / "later"),))
