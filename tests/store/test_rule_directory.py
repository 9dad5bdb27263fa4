"""A directory of rules comes from disk: in CRS's order, bounded, and nothing from outside of it."""

import os
from pathlib import Path

import pytest

from yett.formats.seclang import read_seclang
from yett.formats.seclang.including import include_order
from yett.model.mistake import PolicyErrors
from yett.store import rule_directory
from yett.store.rule_directory import read_rule_directory


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def refusal(directory: Path, setup: Path | None = None) -> str:
    with pytest.raises(PolicyErrors) as caught:
        read_rule_directory(directory, setup)
    (mistake,) = caught.value.errors
    assert mistake.file
    return mistake.message


class TestOrder:
    def test_of_a_release(self) -> None:
        text = "rules/REQUEST-901.conf rules/a.data plugins/x-after.conf plugins/x-before.conf plugins/x-config.conf plugins/x.conf "
        names = (
            text
            + "crs-setup.conf crs-setup.conf.example rules/REQUEST-900.conf.example rules/RESPONSE-950.conf local.conf README.md"
        ).split()
        for given in (names, names[::-1]):
            assert include_order(given) == (
                "crs-setup.conf",
                "local.conf",
                "plugins/x-config.conf",
                "plugins/x-before.conf",
                "plugins/x.conf",
                "rules/REQUEST-901.conf",
                "rules/RESPONSE-950.conf",
                "plugins/x-after.conf",
            )

    def test_of_rules_by_themselves(self) -> None:
        names = ["b.conf", "a.conf", "crs-setup.conf.example", "plugins/p-before.conf", "plugins/p-after.conf"]
        assert include_order(names) == (
            "crs-setup.conf.example",
            "plugins/p-before.conf",
            "a.conf",
            "b.conf",
            "plugins/p-after.conf",
        )


class TestReading:
    def test_what_belongs_to_the_rules(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            {
                "crs-setup.conf": "# setup",
                "crs-setup.conf.example": "# example",
                "rules/a.conf": 'SecRule ARGS "@pmFromFile a.data" "id:1"',
                "rules/a.data": "one\n",
                "rules/b.conf.example": "SecFoo",
                "tests/t.conf": "SecFoo",
                "plugins/p-after.conf": 'SecAction "id:2"',
                "README.md": "x",
            },
        )
        found = read_rule_directory(tmp_path)
        assert found.order == ("crs-setup.conf", "rules/a.conf", "plugins/p-after.conf")
        assert set(found.files) == {*found.order, "rules/a.data"}
        assert read_seclang(found.files, found.order).data == {"a.data": (b"one",)}

    def test_a_setup_from_elsewhere(self, tmp_path: Path) -> None:
        write(tmp_path / "crs", {"rules/a.conf": 'SecAction "id:2"', "crs-setup.conf.example": "SecFoo"})
        write(tmp_path, {"own.conf": 'SecAction "id:1"'})
        found = read_rule_directory(tmp_path / "crs", tmp_path / "own.conf")
        assert found.order == ("crs-setup.conf", "rules/a.conf")
        assert found.files["crs-setup.conf"] == b'SecAction "id:1"'

    def test_links_within_the_directory(self, tmp_path: Path) -> None:
        write(tmp_path / "crs", {"rules/a.conf": 'SecAction "id:2"'})
        (tmp_path / "crs/rules/b.conf").symlink_to("a.conf")
        (tmp_path / "link").symlink_to(tmp_path / "crs", target_is_directory=True)
        assert read_rule_directory(tmp_path / "link").order == ("rules/a.conf", "rules/b.conf")

    @pytest.mark.parametrize("name", ["rules/b.conf", "rules/b.data"])
    def test_links_out_of_it(self, tmp_path: Path, name: str) -> None:
        write(tmp_path / "crs", {"rules/a.conf": 'SecAction "id:2"'})
        write(tmp_path, {"secret": "root:x:0:0"})
        (tmp_path / "crs" / name).symlink_to(tmp_path / "secret")
        assert "symbolic link" in refusal(tmp_path / "crs")

    def test_a_directory_that_is_a_link_out_of_it(self, tmp_path: Path) -> None:
        write(tmp_path, {"other/a.conf": 'SecAction "id:2"', "crs/a.conf": 'SecAction "id:2"'})
        (tmp_path / "crs/rules").symlink_to(tmp_path / "other", target_is_directory=True)
        assert "symbolic link" in refusal(tmp_path / "crs")

    def test_a_link_to_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.conf": 'SecAction "id:2"'})
        (tmp_path / "b.conf").symlink_to("none.conf")
        assert refusal(tmp_path) == "no such file or directory"

    def test_no_directory(self, tmp_path: Path) -> None:
        assert refusal(tmp_path / "none") == "no such file or directory"
        write(tmp_path, {"a": "x"})
        assert refusal(tmp_path / "a") == "not a directory"

    def test_no_rules(self, tmp_path: Path) -> None:
        write(tmp_path, {"crs-setup.conf": "# only this", "rules/a.data": "x"})
        assert refusal(tmp_path) == "there are no rules"

    def test_no_setup(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.conf": 'SecAction "id:2"'})
        assert refusal(tmp_path, tmp_path / "none.conf") == "no such file or directory"

    def test_a_pipe_does_not_make_it_wait(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.conf": 'SecAction "id:2"'})
        os.mkfifo(tmp_path / "b.conf")
        assert refusal(tmp_path) == "not a regular file"

    def test_directories_with_such_names(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.conf": 'SecAction "id:2"', "b.conf/c": "x"})
        assert read_rule_directory(tmp_path).order == ("a.conf",)

    def test_bounds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, {"a.conf": "#" * 100, "b.conf": "#" * 100, "c.conf": "#"})
        with monkeypatch.context() as patch:
            patch.setattr(rule_directory, "MOST_FILES", 2)
            assert refusal(tmp_path) == "more than 2 files of rules"
        with monkeypatch.context() as patch:
            patch.setattr(rule_directory, "LARGEST", 99)
            assert "MB in a file" in refusal(tmp_path)
        monkeypatch.setattr(rule_directory, "MOST", 150)
        assert "MB in a file" in refusal(tmp_path)
