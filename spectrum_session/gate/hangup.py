"""Which errors of a socket mean that its peer is gone, and which pass.

The kernel refuses to send or receive for reasons of its own: too many descriptors in flight in unix
sockets for one user (ETOOMANYREFS), no memory (ENOMEM, ENOBUFS), no free descriptor (EMFILE,
ENFILE). Other processes may have caused those, other VMs among them. What could not be sent is kept
and sent later.
"""

from __future__ import annotations

import errno

HANG_UP = frozenset(
    {errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.ESHUTDOWN, errno.ECONNABORTED}
)

RETRY_S = 0.05
"""Until what failed for another reason is tried again."""


def is_hang_up(error: OSError) -> bool:
    """Is the peer gone?"""
    return error.errno in HANG_UP
