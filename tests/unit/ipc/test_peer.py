"""The process at the other end of a socket."""

from __future__ import annotations

import os
import socket

import pytest

from spectrum_session.ipc.peer import may_connect, peer, peer_uid


def test_credentials_are_the_kernels() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer(ours) == (os.getpid(), os.geteuid(), os.getegid())
        assert peer_uid(ours) == os.geteuid()


def test_a_socket_without_a_peer_of_that_kind() -> None:
    with socket.socket(socket.AF_INET) as other:
        assert peer(other) == (0, 0xFFFFFFFF, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("uid", "own", "allowed"),
    [(1000, 1000, True), (0, 0, True), (0, 1000, False), (1000, 0, False), (65534, 1000, False)],
)
def test_may_connect(uid: int, own: int, allowed: bool) -> None:
    assert may_connect(uid, own) is allowed
