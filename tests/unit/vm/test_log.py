"""A VM's log is bounded, private, and shows a person nothing but text."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import Lines, VMLog


def test_it_is_private_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log" / "vm.log"
    path.parent.mkdir()
    path.write_text("earlier\n")
    path.chmod(0o666)
    log = VMLog(path)
    log.say("now")
    log.close()
    assert path.read_text() == "earlier\nnow\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_its_directory_is_private(tmp_path: Path) -> None:
    VMLog(tmp_path / "new" / "vm.log").close()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_it_follows_no_link_and_opens_no_fifo(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo"):
        with pytest.raises(VMError):
            VMLog(tmp_path / name)
    assert target.read_text() == "mine"


def test_what_a_terminal_would_act_on_is_replaced(tmp_path: Path) -> None:
    log = VMLog(tmp_path / "log")
    log.write("ok é 中 \x1b[31m\x9b\r\x00\u202etxt\u200b\x7f\n".encode() + b"\xff\n")
    log.close()
    assert (tmp_path / "log").read_text() == "ok é 中 ?[31m????txt??\n\ufffd\n"


def test_characters_cut_in_two_are_put_together(tmp_path: Path) -> None:
    log = VMLog(tmp_path / "log")
    for byte in "é€😀\n".encode():
        log.write(bytes([byte]))
    log.close()
    assert (tmp_path / "log").read_text() == "é€😀\n"


def test_the_tail_is_what_was_printed_since_the_start(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("earlier\n")
    log = VMLog(tmp_path / "log")
    assert log.tail() == []
    log.say("--- the driver's")
    log.write(b"one\n\ntwo\nthree\nfour" + b"x" * 300)
    log.say("--- the driver's")
    assert log.tail(2) == ["three", "four" + "x" * 196]
    log.close()
    assert (tmp_path / "log").read_text().endswith("x\n--- the driver's\n")


@given(st.lists(st.integers(0, 400), max_size=30))
def test_it_stays_within_its_limit_and_keeps_the_newest(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "log"
        log = VMLog(path, limit=512)
        for index, size in enumerate(sizes):
            log.write(b"." * size + b"\n")
            log.say(f"line {index}")
            assert path.stat().st_size <= 512
            assert path.read_bytes().endswith(f"line {index}\n".encode())
        log.close()


@pytest.mark.parametrize("cuts", [(), (1,), (2,), (3,), (2, 3), (1, 2, 3, 4)])
def test_ends_of_lines_of_a_serial_console(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    data = b"a\r\r\nb\r\n"
    log = VMLog(tmp_path / "log")
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        log.write(data[start:end])
    log.close()
    assert (tmp_path / "log").read_text() == "a\nb\n"


@pytest.mark.parametrize("parts", [[b"good\rbad\n"], [b"good\r", b"bad\n"]])
def test_a_carriage_return_elsewhere_is_shown_as_none(tmp_path: Path, parts: list[bytes]) -> None:
    log = VMLog(tmp_path / "log")
    for part in parts:
        log.write(part)
    log.close()
    assert (tmp_path / "log").read_text() == "good?bad\n"


def test_what_comes_after_the_end_is_lost_and_goes_nowhere(tmp_path: Path) -> None:
    log = VMLog(tmp_path / "log")
    log.write(b"a\n")
    log.close()
    # The next file that is opened gets the log's number.
    with (tmp_path / "other").open("w+b") as other:
        log.write(b"b\n")
        log.say("c")
        log.write(b"d" * 300_000)
        assert other.read() == b""
    assert (tmp_path / "log").read_text() == "a\n"


def test_lines_of_several_writers_stay_whole(tmp_path: Path) -> None:
    log = VMLog(tmp_path / "log")
    first, second = Lines(log), Lines(log)
    first.write(b"a")
    second.write(b"1\n2")
    first.write(b"b\r\nc\n")
    first.write(b"d")
    second.write(b"3\n\n")
    first.flush()
    first.flush()
    log.close()
    assert (tmp_path / "log").read_text() == "1\nab\nc\n23\n\nd"


def test_a_line_without_an_end_does_not_wait_for_ever(tmp_path: Path) -> None:
    log = VMLog(tmp_path / "log")
    lines = Lines(log)
    for _ in range(10):
        lines.write(b"x" * 1000)
    log.close()
    assert (tmp_path / "log").stat().st_size >= 5000


def test_a_listener_hears_what_was_printed_made_harmless(tmp_path: Path) -> None:
    log = VMLog(tmp_path / "log")
    heard: list[str] = []
    log.listener = heard.append
    log.say("--- the driver's own word is not the VM's")
    log.write(b"one\r\ntw")
    log.write("o \x1b[2J \u202e\n".encode())
    log.listener = None
    log.write(b"three\n")
    assert "".join(heard) == "one\ntwo ?[2J ?\n"
