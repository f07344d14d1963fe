"""Whose a session's directory is, and what goes from those that are gone to those that live."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spectrum_session.vm.storage.leftovers import GUESTS, LOCK, Hold, collect, machines


def machine(session: Path, name: str, text: str = "") -> Path:
    made = session / GUESTS / name
    made.mkdir(parents=True)
    (made / "text").write_text(text)
    return made


def gone(sessions: Path, name: str) -> Path:
    """The directory of a session that has died."""
    Hold(sessions / name).release()
    return sessions / name


def test_machines_of_the_gone_move(tmp_path: Path) -> None:
    own = Hold(tmp_path / "wayland-2")
    left = gone(tmp_path, "wayland-1")
    inode = machine(left, "work", "it").stat().st_ino
    (left / "control").write_text("of a session that is gone")
    assert collect(tmp_path, own.directory) == []
    (found,) = machines(own.directory)
    assert found == own.directory / GUESTS / "work"
    assert (found / "text").read_text() == "it" and found.stat().st_ino == inode
    assert not left.exists()
    own.release()


def test_what_a_living_session_has_stays(tmp_path: Path) -> None:
    own, other = Hold(tmp_path / "wayland-2"), Hold(tmp_path / "wayland-1")
    machine(other.directory, "work")
    assert collect(tmp_path, own.directory) == []
    assert machines(own.directory) == [] and len(machines(other.directory)) == 1
    other.release()
    collect(tmp_path, own.directory)
    assert len(machines(own.directory)) == 1
    own.release()


def test_one_of_a_name_that_is_taken_stays(tmp_path: Path) -> None:
    own = Hold(tmp_path / "wayland-2")
    left = gone(tmp_path, "wayland-1")
    machine(own.directory, "work", "own")
    machine(left, "work", "other")
    machine(left, "play")
    (told,) = collect(tmp_path, own.directory)
    assert "work" in told and str(left) in told
    assert (own.directory / GUESTS / "work" / "text").read_text() == "own"
    assert (left / GUESTS / "work" / "text").read_text() == "other"
    assert [one.name for one in machines(own.directory)] == ["play", "work"]
    own.release()


def test_what_is_no_machine(tmp_path: Path) -> None:
    own = Hold(tmp_path / "wayland-1")
    guests = own.directory / GUESTS
    guests.mkdir()
    for name in ("UPPER", ".hidden", "a:b"):
        (guests / name).mkdir()
    (guests / "link").symlink_to("/")
    (guests / "file").write_text("")
    assert machines(own.directory) == []
    own.release()


@pytest.mark.parametrize("make", ["nothing", "link", "pipe", "directory"])
def test_what_was_never_a_session_is_left_alone(tmp_path: Path, make: str) -> None:
    own = Hold(tmp_path / "wayland-1")
    other = tmp_path / "other"
    machine(other, "work")
    lock = other / LOCK
    if make == "link":
        (tmp_path / "target").write_text("")
        lock.symlink_to(tmp_path / "target")
    elif make == "pipe":
        os.mkfifo(lock)
    elif make == "directory":
        lock.mkdir()
    (tmp_path / "a-file").write_text("")
    collect(tmp_path, own.directory)
    assert machines(own.directory) == [] and len(machines(other)) == 1
    own.release()


def test_a_directory_is_one_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spectrum_session.vm.storage.leftovers._TRIES", 2)
    own = Hold(tmp_path / "run" / "wayland-1")
    assert own.directory.stat().st_mode & 0o777 == 0o700
    with pytest.raises(OSError, match="another session uses"):
        Hold(own.directory)
    own.release()
    Hold(own.directory).release()


def test_the_kernel_lets_go_for_the_dead(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, time\n"
        "from spectrum_session.vm.storage.leftovers import Hold\n"
        "hold = Hold(pathlib.Path(sys.argv[1]))\n"
        "print('held', flush=True)\n"
        "time.sleep(1000)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "wayland-1")], stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    with other.stdout as said:
        assert said.readline() == b"held\n"
    machine(tmp_path / "wayland-1", "work")
    own = Hold(tmp_path / "wayland-2")
    collect(tmp_path, own.directory)
    assert machines(own.directory) == []
    other.kill()
    other.wait()
    collect(tmp_path, own.directory)
    assert len(machines(own.directory)) == 1
    own.release()
