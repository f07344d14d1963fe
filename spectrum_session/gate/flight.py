"""Descriptors in flight: sent over a VM's sockets, and not received yet.

The kernel counts them for each user of the host, over all processes, and a process may send no
descriptor while its user's count is above its own RLIMIT_NOFILE (unix(7), ETOOMANYREFS); the usual
limit is 1,024. Gates of several VMs may run as one user, together with the programs of the host, so
that a VM that does not receive what it is sent would stop all of them. A gate therefore counts what
it has in flight and keeps the rest to itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct

TO_CLIENTS = 16
"""Descriptors in flight to all clients of a VM. With these and those to the compositor 40 VMs
stay below 1,024."""
TO_COMPOSITOR = 8
"""The same towards the compositor, which reads at each turn of its loop. Requests that it answers
with a descriptor, such as wl_seat.get_keyboard, are counted too."""

SIOCOUTQ = 0x5411
"""Request of ioctl(2): bytes that were sent and not received yet."""
_INT = struct.Struct("=i")


def unread(sent: socket.socket) -> bool:
    """Has the peer not received all that was sent to it?"""
    (size,) = _INT.unpack(fcntl.ioctl(sent, SIOCOUTQ, bytes(_INT.size)))
    return bool(size)


class Flight:
    """What is in flight in one direction: by socket, how many were sent since its peer was last
    seen to have received everything."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.total = 0
        self._sent: dict[socket.socket, int] = {}
        self._closing: set[socket.socket] = set()

    def room(self) -> int:
        """How many more may be sent now."""
        if self.total >= self.most:
            self._look()
        return self.most - self.total

    def add(self, target: socket.socket, count: int) -> None:
        """So many were sent."""
        self._sent[target] = self._sent.get(target, 0) + count
        self.total += count

    def of(self, target: socket.socket) -> int:
        """How many of this socket's are in flight."""
        if target in self._sent and not unread(target):
            self._received(target)
        return self._sent.get(target, 0)

    def close(self, target: socket.socket, *, linger: bool = False) -> None:
        """Close a socket. With `linger`, one whose descriptors its peer has not received only ends
        its connection: the kernel counts them until the peer closes its end, and so does this."""
        if linger and self.of(target):
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)
            self._closing.add(target)
            return
        self.total -= self._sent.pop(target, 0)
        target.close()

    def _look(self) -> None:
        for target in [one for one in self._sent if not unread(one)]:
            self._received(target)

    def _received(self, target: socket.socket) -> None:
        self.total -= self._sent.pop(target)
        if target in self._closing:
            self._closing.remove(target)
            target.close()
