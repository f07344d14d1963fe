"""Descriptors in flight over real sockets: how many, and what waits for its turn."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from spectrum_session.gate.flight import Flight, unread
from spectrum_session.gate.link import receive, send
from spectrum_session.gate.outbox import Outbox


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    for one in (ours, theirs):
        one.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def put(box: Outbox, data: bytes, fds: int = 0, *, answered: bool = False) -> None:
    """A message, as a connection adds it."""
    if fds:
        box.add_fds([os.dup(0) for _ in range(fds)])
    if answered:
        box.add_answered()
    box.data += data


def take(source: socket.socket) -> tuple[bytes, int]:
    """All that has arrived, and how many descriptors."""
    data, count = b"", 0
    while True:
        more, fds = receive(source)
        if not more:
            return data, count
        data += more
        count += len(fds)
        for fd in fds:
            os.close(fd)


def test_the_kernel_says_what_is_unread(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert not unread(ours)
    ours.send(b"abc")
    theirs.recv(2)
    assert unread(ours)
    theirs.recv(2)
    assert not unread(ours)


def test_what_is_over_the_bound_waits_in_order(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    box, flight = Outbox(), Flight(2)
    for number in range(5):
        put(box, b"%d" % number, 1)
        put(box, b".")
    assert not send(ours, box, flight) and box.held
    # All up to the message that is one too many, and nothing that stands behind it.
    assert take(theirs) == (b"0.1.", 2)
    assert not send(ours, box, flight) and box.held
    assert take(theirs) == (b"2.3.", 2)
    assert send(ours, box, flight) and not box.held
    assert take(theirs) == (b"4.", 1)
    assert not box.fds


def test_the_bound_is_for_all_sockets_together(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    other, far = socket.socketpair()
    flight = Flight(2)
    with other, far:
        box, late = Outbox(), Outbox()
        put(box, b"12", 2)
        assert send(ours, box, flight)
        put(late, b"x")
        put(late, b"y", 1)
        assert not send(other, late, flight) and late.held
        far.setblocking(False)
        assert take(far) == (b"x", 0)
        assert flight.of(ours) == 2 and flight.of(other) == 0
        take(theirs)
        assert send(other, late, flight)
        assert take(far) == (b"y", 1)


def test_what_is_answered_with_a_descriptor_costs_one(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    box, flight = Outbox(), Flight(1)
    put(box, b"a", answered=True)
    put(box, b"b", answered=True)
    assert not send(ours, box, flight) and box.held
    assert take(theirs) == (b"a", 0)
    assert send(ours, box, flight)
    assert take(theirs) == (b"b", 0)


def test_bytes_that_wait_elsewhere_are_counted(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    box, flight = Outbox(), Flight(1)
    # A delay line has ten bytes, and then this message.
    box.ahead = 10
    put(box, b"message", 1)
    late = bytes(box.data)
    box.data.clear()
    box.ahead = 0
    box.data += b"0123456789"
    assert send(ours, box, flight)
    assert take(theirs) == (b"0123456789", 0)
    box.data += late
    assert send(ours, box, flight)
    assert take(theirs) == (b"message", 1)


def test_a_closed_socket_counts_until_its_peer_has_gone() -> None:
    ours, theirs = socket.socketpair()
    box, flight = Outbox(), Flight(1)
    put(box, b"a", 1)
    assert send(ours, box, flight)
    flight.close(ours, linger=True)
    assert flight.room() == 0
    theirs.close()
    assert flight.room() == 1 and ours.fileno() == -1


def test_a_socket_that_has_been_read_is_closed_at_once() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        Flight(1).close(ours, linger=True)
        assert ours.fileno() == -1
