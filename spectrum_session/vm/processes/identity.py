"""Identifies a process for good: its number alone is reused once it has ended.

With the time at which the process began, and the boot in which that is counted, it is one process
for good.
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from pathlib import Path

import msgspec


class Identity(msgspec.Struct, frozen=True):
    """A process on this machine, alive or not."""

    pid: int
    started: int
    """Ticks of the kernel's clock from the boot to its start (field 22 of /proc/PID/stat)."""

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """The process that has this number now; None when there is none."""
        started = start_time(pid)
        return None if started is None else cls(pid, started)

    def open(self) -> int | None:
        """A descriptor of the process (pidfd); None when it has ended."""
        if not 0 < self.pid < 1 << 31:
            return None
        try:
            pidfd = os.pidfd_open(self.pid)
        except OSError:
            return None
        # In this order: what the descriptor holds now has no other time of start later.
        if start_time(self.pid) == self.started and not _has_ended(pidfd):
            return pidfd
        os.close(pidfd)
        return None


def _has_ended(pidfd: int) -> bool:
    """Has a process ended? Its parent may still have to reap it."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


def _fields(pid: int) -> list[str]:
    """Those of /proc/PID/stat from the third on; empty when there is no such process."""
    text = ""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    # The second field, the name, may hold spaces and brackets; nothing after it does.
    return text.rpartition(")")[2].split()


def start_time(pid: int) -> int | None:
    """When a process began; None when there is none."""
    fields = _fields(pid)
    return int(fields[19]) if fields else None


def parent(pid: int) -> int | None:
    """The parent of a process; None when there is no such process."""
    fields = _fields(pid)
    return int(fields[1]) if fields else None


def number_inside(pid: int) -> int | None:
    """The number that a process has in its own process namespace; None when there is none."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    return None


def boot_id() -> str:
    """The id of this boot of the host. Empty where the kernel has none."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""
