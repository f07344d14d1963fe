"""Kinds of descriptors."""

from __future__ import annotations

import fcntl
import os
import stat


def takes_data(fd: int) -> bool:
    """Is it the end of a pipe or socket that can be written to? Whoever writes to anything else
    could be made to wait for a disk, or to fill one."""
    mode = os.fstat(fd).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False
    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
