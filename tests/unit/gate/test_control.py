"""The line between gate and session, over real sockets."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest

from spectrum_session.gate.control import Control, HungUp
from tests.open_descriptors import open_descriptors


class Line:
    """The gate's end and the session's."""

    def __init__(self) -> None:
        mine, self.session = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine.setblocking(False)
        self.session.setblocking(False)
        self.control = Control(mine)
        self.mine = mine

    def heard(self) -> list[dict[str, object]]:
        """All that the session can read now; descriptors are closed."""
        found: list[dict[str, object]] = []
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self.session, 1 << 17, 4)
            except BlockingIOError:
                return found
            found.append({**json.loads(data), "fds": len(fds)})
            for fd in fds:
                os.close(fd)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.mine.close()
    made.session.close()


def test_messages_go_out_with_what_is_beside_them(line: Line) -> None:
    line.control.tell({"ready": []})
    line.control.tell({"connect": 1}, line.session)
    assert line.heard() == [{"ready": [], "fds": 0}, {"connect": 1, "fds": 1}]
    assert not line.control.waiting


def test_a_session_that_does_not_listen_loses_reports_and_no_connection(line: Line) -> None:
    beside, other = socket.socketpair()
    with beside, other:
        sent = 0
        while not line.control.waiting:
            line.control.tell({"refused": sent})
            sent += 1
        for number in range(3):
            line.control.tell({"connect": number}, beside)
        for _ in range(2000):
            line.control.tell({"refused": "more"})
        assert line.control.full and line.control.lost
        before = len(open_descriptors())
        heard: list[dict[str, object]] = []
        while line.control.waiting:
            heard += line.heard()
            line.control.flush()
        heard += line.heard()
    assert [one["refused"] for one in heard if "refused" in one][: sent] == list(range(sent))
    connects = [one for one in heard if "connect" in one]
    assert connects == [{"connect": number, "fds": 1} for number in range(3)]
    assert len(heard) + line.control.lost == sent + 3 + 2000
    # The copies that waited are closed.
    assert len(open_descriptors()) <= before - 3


def test_what_the_session_says(line: Line) -> None:
    assert line.control.receive() is None
    line.session.send(b'{"ask": 1}')
    assert line.control.receive() == ({"ask": 1}, None)
    with socket.socket() as beside:
        socket.send_fds(line.session, [b'{"connected": 1}'], [beside.fileno()])
        received = line.control.receive()
        assert received is not None and received[1] is not None
        received[1].close()


def test_a_session_that_is_gone(line: Line) -> None:
    line.session.close()
    with pytest.raises(HungUp):
        line.control.receive()
    with pytest.raises(HungUp):
        line.control.tell({"ready": []})
