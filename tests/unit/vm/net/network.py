"""A network for a test that wants one with a way out, of which nothing leaves the machine."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESS, MASK, ROUTER = "198.18.0.2", "255.255.255.0", "198.18.0.1"
"""Of a range that is for tests of networks (RFC 2544)."""

_NEWNET = 0x40000000
_TUNSETIFF, _TAP = 0x400454CA, 0x1002
_ADDROUTE, _SETFLAGS, _SETADDR, _SETMASK = 0x890B, 0x8914, 0x8916, 0x891C
_UP = 0x41
"""Up and running, of a device."""
_GATEWAY = 0x3
"""Up, and by way of a router, of a route."""

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _address(text: str) -> bytes:
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))


@contextmanager
def of_its_own() -> Iterator[None]:
    """This thread, and what it starts, in a network whose only way out leads to nobody.

    Raises OSError where that cannot be made: it takes root, and /dev/net/tun.
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.unshare(_NEWNET))
        try:
            # A device of it belongs to the network in which it was opened, and goes with it.
            tap = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            try:
                _make(tap)
                yield
            finally:
                os.close(tap)
        finally:
            _check(_libc.setns(before, _NEWNET))
    finally:
        os.close(before)


def _make(tap: int) -> None:
    fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", b"out0", _TAP))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SETADDR, struct.pack("16s16s", b"out0", _address(ADDRESS)))
        fcntl.ioctl(handle, _SETMASK, struct.pack("16s16s", b"out0", _address(MASK)))
        for name in (b"lo", b"out0"):
            fcntl.ioctl(handle, _SETFLAGS, struct.pack("16sH14x", name, _UP))
        anywhere = _address("0.0.0.0")
        route = struct.pack(
            "L16s16s16sHhLQhPLLH", 0, anywhere, _address(ROUTER), anywhere, _GATEWAY, 0,
            *(0, 0, 0, 0, 0, 0, 0),
        )
        fcntl.ioctl(handle, _ADDROUTE, route)
