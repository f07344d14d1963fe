"""The host's users for the processes of VMs, in a session of root.

The kernel counts much for each user and not for each process: descriptors in flight in sockets,
pages of pipes, inotify instances, epoll watches, pending signals, keys. VMs whose processes are one
user's can use these up for each other, so that each VM has two users of its own: one for its gate
and one for its sandboxes, that is for what the VM may control.

A VM's users follow from its name alone, so that another session knows them too: a machine outlives
the session that started it. No file lists them, and nothing of theirs is left on a disk. They are
from 1879048192 (0x70000000) on, in the range that systemd's list of user ids keeps unused. Debian
gives people ids from 1000 on, and system services ids below that; containers have those from 100000
to 600100000 and from 524288 to 1879048191.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

FIRST = 0x7000_0000
VMS = 1 << 26
"""So many names have users of their own; the chance that two of 200 share theirs is 1 to 3,000."""
NOBODY = 65534
"""Where the session's own user namespace has no such ids: nobody, in Debian and elsewhere."""


def gate(name: str) -> int:
    """The user of a VM's gate."""
    return _of(name, 0)


def sandbox(name: str) -> int:
    """The user of a VM's sandboxes: its programs, its machine, its transport, its terminal."""
    return _of(name, 1)


def shared() -> bool:
    """Have all VMs one user, for want of ids?"""
    return not _mapped()


def _of(name: str, which: int) -> int:
    if shared():
        return NOBODY
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return FIRST + 2 * (number % VMS) + which


@functools.cache
def _mapped() -> bool:
    """Has the user namespace that the session runs in these ids?"""
    for kind in ("uid_map", "gid_map"):
        try:
            text = Path("/proc/self", kind).read_text()
        except OSError:
            return False
        ranges = [tuple(map(int, line.split())) for line in text.splitlines()]
        if not any(
            first <= FIRST and first + count >= FIRST + 2 * VMS for first, _, count in ranges
        ):
            return False
    return True
