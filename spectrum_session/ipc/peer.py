"""The process at the other end of a unix socket, from the kernel."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

_UCRED = struct.Struct("=iII")
"""`struct ucred`: pid, uid, gid."""
UCRED_SIZE = _UCRED.size


class Credentials(NamedTuple):
    """Of a process; 0 where it has no number in this process's namespaces."""

    pid: int
    uid: int
    gid: int

    @classmethod
    def unpack(cls, data: bytes) -> Credentials:
        """From a `struct ucred` of the kernel's, as SCM_CREDENTIALS carries it."""
        return cls(*_UCRED.unpack(data))


def peer(connection: socket.socket) -> Credentials:
    """The credentials that the peer had when it connected or listened (SO_PEERCRED).

    A socket without such a peer gives pid 0 and uid 4294967295. Raises OSError.
    """
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, UCRED_SIZE)
    return Credentials.unpack(data)


def peer_uid(connection: socket.socket) -> int:
    """The uid that the peer had when it connected. Raises OSError."""
    return peer(connection).uid


def may_connect(uid: int, own_uid: int) -> bool:
    """True for the session's own user and nobody else, root included."""
    return uid == own_uid
