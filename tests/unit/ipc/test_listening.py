"""Where sockets may be bound, and with which mode."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from spectrum_session.ipc.listening import SocketPathError, exclusive_socket, listening_socket


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session" / "control"


def test_modes(path: Path) -> None:
    with exclusive_socket(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_process_umask_does_not_matter(path: Path) -> None:
    before = os.umask(0)
    try:
        with exclusive_socket(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert os.umask(0) == 0
    finally:
        os.umask(before)


@pytest.mark.parametrize("mode", [0o755, 0o701, 0o770])
def test_a_directory_open_to_others_is_refused(path: Path, mode: int) -> None:
    path.parent.mkdir()
    path.parent.chmod(mode)
    with pytest.raises(SocketPathError, match=f"{mode:04o}"):
        exclusive_socket(path)
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a directory away")
def test_a_directory_of_another_user_is_refused(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.chown(path.parent, 65534, 65534)
    with pytest.raises(SocketPathError, match="uid 65534"):
        exclusive_socket(path)


def test_a_dead_socket_is_replaced(path: Path) -> None:
    exclusive_socket(path).close()
    with exclusive_socket(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(os.fspath(path))


def test_a_live_socket_is_left_alone(path: Path) -> None:
    with exclusive_socket(path):
        with pytest.raises(SocketPathError, match="another session"):
            exclusive_socket(path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.fspath(path))


def test_what_is_no_socket_is_left_alone(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_text("mine")
    with pytest.raises(SocketPathError, match="not a socket"):
        exclusive_socket(path)
    assert path.read_text() == "mine"


def test_a_path_that_no_socket_can_have(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 108)
    with pytest.raises(SocketPathError, match="107"):
        exclusive_socket(long)


@pytest.mark.parametrize("mask", [0, 0o777])
@pytest.mark.parametrize("name", ["socket", "x" * 80])
def test_a_socket_is_never_open_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: int, name: str
) -> None:
    """Not even between bind and listen: the mode is that of the file which bind makes."""
    modes = []
    listen = socket.socket.listen

    def note(made: socket.socket, backlog: int) -> None:
        modes.append(stat.S_IMODE((tmp_path / name).stat().st_mode))
        listen(made, backlog)

    monkeypatch.setattr(socket.socket, "listen", note)
    before = os.umask(mask)
    try:
        with listening_socket(tmp_path / name) as made:
            assert modes == [0o600 & ~mask]
            assert not made.getblocking()
        assert os.umask(mask) == mask
    finally:
        os.umask(before)


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.write_text("a file")
    with listening_socket(path), listening_socket(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(os.fspath(path))
