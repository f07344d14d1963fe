"""Bytes and descriptors over real sockets."""

from __future__ import annotations

import array
import errno
import os
import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest

from spectrum_session.gate.link import Ended, Passing, receive, send
from spectrum_session.gate.outbox import MAX_FDS, Outbox
from tests.open_descriptors import open_descriptors


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    for one in (ours, theirs):
        one.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def rights(*fds: int) -> list[tuple[int, int, array.array[int]]]:
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]


def held() -> int:
    return len(open_descriptors())


def test_what_arrives(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert receive(ours) == (b"", ())
    theirs.sendmsg([b"abc"], rights(0, 0))
    data, fds = receive(ours)
    assert data == b"abc" and len(fds) == 2
    for fd in fds:
        assert not os.get_inheritable(fd)
        os.close(fd)
    theirs.close()
    with pytest.raises(Ended, match="hang-up"):
        receive(ours)


def test_more_descriptors_than_fit_end_it_and_are_closed(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    before = held()
    theirs.sendmsg([b"abc"], rights(*[0] * (MAX_FDS + 5)))
    with pytest.raises(Ended, match="too many descriptors"):
        receive(ours)
    assert held() == before


def test_descriptors_travel_before_the_end_of_their_bytes(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    box = Outbox()
    box.data += bytes(range(100))
    box.add_fds(os.dup(0) for _ in range(2 * MAX_FDS + 3))
    before = held()
    assert send(ours, box)
    assert not box.data and not box.fds
    assert held() <= before  # sent, and no longer ours
    got = b""
    count = 0
    while len(got) < 100:
        data, fds = receive(theirs)
        got += data
        count += len(fds)
        for fd in fds:
            os.close(fd)
        # All that belongs to the bytes is there when the last of them is.
        assert count == 2 * MAX_FDS + 3 or len(got) < 100
    assert got == bytes(range(100))


def test_what_does_not_fit_stays(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    box = Outbox()
    box.data += bytes(4 << 20)
    assert not send(ours, box)
    left = len(box.data)
    assert 0 < left < 4 << 20
    while theirs.recv(1 << 20) and not send(ours, box):
        pass
    assert len(box.data) < left
    theirs.close()
    box.data += b"x"
    with pytest.raises(Ended):
        send(ours, box)
    box.close()


class Refusing:
    """A socket of which the kernel refuses everything with one error."""

    def __init__(self, number: int) -> None:
        self._number = number

    def _refuse(self, *_: object) -> Any:
        raise OSError(self._number, os.strerror(self._number))

    send = sendmsg = recvmsg = _refuse


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        *((number, Ended) for number in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN)),
        *((number, Passing) for number in (errno.ETOOMANYREFS, errno.ENOBUFS, errno.ENOMEM)),
        *((number, Passing) for number in (errno.EMFILE, errno.ENFILE)),
    ],
)
def test_only_a_hang_up_is_one(number: int, kind: type[Exception]) -> None:
    socket_ = cast("socket.socket", Refusing(number))
    with pytest.raises(kind):
        receive(socket_)
    for fds in (0, 1):
        box = Outbox()
        box.add_fds([os.dup(0)] * fds)
        box.data += b"message"
        with pytest.raises(kind):
            send(socket_, box)
        # What waits is kept.
        assert bytes(box.data) == b"message" and len(box.fds) == fds
        box.close()
