"""The log file is private, bounded and made of whole lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.logs.file import LogFile


def contents(path: Path) -> list[str]:
    """All lines that there are, oldest first."""
    files = sorted(path.parent.glob(path.name + ".*"), reverse=True)
    return [line for file in [*files, path] for line in file.read_text().splitlines()]


def test_it_goes_on_where_it_was_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "session.log"
    for text in ("one", "two"):
        file = LogFile(path)
        file.write(text)
        file.close()
    assert path.read_text() == "one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@given(st.lists(st.integers(0, 40), max_size=60))
def test_it_keeps_the_youngest_lines_in_bounded_files(lengths: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "session.log"
        file = LogFile(path, limit=100, kept=2)
        lines = [f"{n}" + "x" * length for n, length in enumerate(lengths)]
        for line in lines:
            file.write(line)
        file.close()
        kept = contents(path)
        assert kept == lines[len(lines) - len(kept) :]
        assert len(list(Path(name).iterdir())) <= 3
        assert all(each.stat().st_size <= 100 for each in Path(name).iterdir())
        if len(lines) != len(kept):
            assert len(list(Path(name).iterdir())) == 3


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        LogFile(tmp_path / "fifo")
    with pytest.raises(OSError):
        LogFile(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()
