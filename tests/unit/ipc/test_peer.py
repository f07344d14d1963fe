"""Where the socket may stand, and who may connect."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from spectrum_session.ipc.peer import SocketPathError, listen, may_connect, peer_uid


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session" / "control"


def test_modes(path: Path) -> None:
    with listen(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_process_umask_does_not_matter(path: Path) -> None:
    before = os.umask(0)
    try:
        with listen(path):
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
        listen(path)
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a directory away")
def test_a_directory_of_another_user_is_refused(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.chown(path.parent, 65534, 65534)
    with pytest.raises(SocketPathError, match="uid 65534"):
        listen(path)


def test_a_dead_socket_is_replaced(path: Path) -> None:
    listen(path).close()
    with listen(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(os.fspath(path))


def test_a_live_socket_is_left_alone(path: Path) -> None:
    with listen(path):
        with pytest.raises(SocketPathError, match="another session"):
            listen(path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.fspath(path))


def test_what_is_no_socket_is_left_alone(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_text("mine")
    with pytest.raises(SocketPathError, match="no socket"):
        listen(path)
    assert path.read_text() == "mine"


def test_a_path_that_no_socket_can_have(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 108)
    with pytest.raises(SocketPathError, match="107"):
        listen(long)


def test_peer_uid_is_the_kernels() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_uid(ours) == os.geteuid()


@pytest.mark.parametrize(
    ("uid", "own", "allowed"),
    [(1000, 1000, True), (0, 0, True), (0, 1000, False), (1000, 0, False), (65534, 1000, False)],
)
def test_may_connect(uid: int, own: int, allowed: bool) -> None:
    assert may_connect(uid, own) is allowed
