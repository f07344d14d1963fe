"""On what kind of file system a descriptor is, which tells memory from files and from devices."""

from __future__ import annotations

import ctypes
import os

TMPFS = 0x01021994
"""Of memfd_create and shared memory, with pages of the ordinary size."""
DMABUF = 0x444D4142
"""Graphics memory that was exported as a dmabuf."""
# Both of linux/magic.h.

_SIZE = 256
"""More than struct statfs has anywhere; its first member is the kind, a long."""

_fstatfs = ctypes.CDLL(None, use_errno=True).fstatfs


def kind(fd: int) -> int:
    """The magic number of the file system that `fd` is on. Raises OSError."""
    buffer = (ctypes.c_long * (_SIZE // ctypes.sizeof(ctypes.c_long)))()
    if _fstatfs(fd, buffer):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(buffer[0])
