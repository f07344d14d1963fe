"""What --check-config prints and answers."""

from __future__ import annotations

import pytest

from spectrum_session.config.check import check

from .conftest import USER, Places


def test_valid_names_the_files_on_stdout(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    path = places.write(f"{USER}/session.toml", "")
    assert check(None, places.environ) == 0
    out, err = capsys.readouterr()
    defaults = places.root / "defaults/session.toml"
    assert out == f"configuration is valid: files read {defaults}, {path}\n"
    assert err == ""


def test_errors_are_a_line_each_on_stderr(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    path = places.write("given/session.toml", "[frame]\nborder = 0\ntitle-height = 1\n")
    assert check(places.root / "given", places.environ) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(": ")[:2] for line in err.splitlines()] == [
        [f"{path}:2", "frame.border"],
        [f"{path}:3", "frame.title-height"],
    ]
