"""What is remembered of earlier starts."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from spectrum_session.vm.boot_stages import Times
from spectrum_session.vm.boot_times import Boots
from spectrum_session.vm.errors import VMError


def test_what_was_kept_is_expected(tmp_path: Path) -> None:
    boots = Boots(tmp_path / "state" / "boots")
    assert boots.expected("work", "qemu") is None
    for seconds in (900.0, 10.0, 12.0, 11.0, 13.0, 12.5):
        boots.add("work", "qemu", Times(seconds, {"kernel": seconds / 2}))
    again = Boots(tmp_path / "state" / "boots")
    assert again.expected("work", "qemu") == Times(12.0, {"kernel": 6.0})
    assert again.expected("play", "qemu") is None
    kept = list((tmp_path / "state" / "boots").iterdir())
    assert [path.name for path in kept] == ["work.json"]
    assert kept[0].stat().st_mode & 0o777 == 0o600


def test_another_driver_takes_another_time(tmp_path: Path) -> None:
    boots = Boots(tmp_path)
    boots.add("work", "qemu", Times(60.0))
    assert boots.expected("work", "local") is None
    boots.add("work", "local", Times(1.0))
    assert boots.expected("work", "local") == Times(1.0)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"nonsense", b"[]", b'{"boots": [{"driver": "qemu"}]}', b"\xff" * 100_000),
        *(b'{"boots": [{"driver": "qemu", "times": {"total_s": ' + n + b"}}]}" for n in (
            b"-1", b"1e999", b'"x"')),
    ],
)  # fmt: skip
def test_a_damaged_file_is_as_none(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "work.json").write_bytes(content)
    boots = Boots(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert boots.expected("work", "qemu") is None
    boots.add("work", "qemu", Times(3.0))
    assert boots.expected("work", "qemu") == Times(3.0)


def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "boots").write_text("a file")
    Boots(tmp_path / "boots").add("work", "qemu", Times(3.0))
    assert "is not kept" in caplog.text


def test_a_name_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(VMError):
        Boots(tmp_path).expected("../work", "qemu")
