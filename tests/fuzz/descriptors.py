"""Descriptors of every kind, opened once: what may come where shared memory is wanted."""

from __future__ import annotations

import fcntl
import os
import socket

F_SEAL_SHRINK = fcntl.F_SEAL_SHRINK
SIZE = 65536
"""Bytes of the files that have any."""


def _memory(size: int, seals: int = 0) -> int:
    fd = os.memfd_create("fuzz", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    if seals:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def _read_only() -> int:
    memory = _memory(SIZE)
    try:
        return os.open(f"/proc/self/fd/{memory}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(memory)


def _pipe_end(end: int) -> int:
    ends = os.pipe()
    os.close(ends[1 - end])
    return ends[end]


def _socket() -> int:
    one, other = socket.socketpair()
    other.close()
    return one.detach()


class Descriptors:
    """A descriptor of each kind; usual ones come more than once, so that chance favours them."""

    def __init__(self) -> None:
        plain, sealed = _memory(SIZE), _memory(SIZE, F_SEAL_SHRINK)
        self.kinds = [
            *(plain, plain, plain, sealed, sealed, sealed),
            _memory(0),
            _memory(16),
            _read_only(),
            _pipe_end(0),
            _pipe_end(1),
            os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC),
            os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC),
            os.open("/", os.O_PATH | os.O_CLOEXEC),
            _socket(),
        ]

    def open(self, kind: int) -> int:
        """A descriptor of one's own."""
        return fcntl.fcntl(self.kinds[kind], fcntl.F_DUPFD_CLOEXEC, 0)

    def close(self) -> None:
        """Close all."""
        for fd in set(self.kinds):
            os.close(fd)
        self.kinds.clear()
