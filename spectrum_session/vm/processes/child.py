"""Prepares child processes before their program runs: OOM score, control group, limits.

When memory runs out the kernel ends the process with the highest score: what it uses, in
thousandths of all memory, and what stands in `oom_score_adj`, which children inherit. A VM has to
go before its gate, a gate before a program of the host's, and each of these before the session,
without which nobody sees any of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import IntEnum
from functools import partial

from .cgroups import Groups
from .descriptor_limit import restore_limit

groups: Groups | None = None
"""Control groups of VMs, where the session has any."""

_FILE = "/proc/self/oom_score_adj"
_HIGHEST = 1000


class Kind(IntEnum):
    """The kind of a process; the value is added to its OOM score. The session's own stays."""

    PROGRAM = 200
    """Of the host: terminals, bars, what bindings start."""
    GATE = 500
    VM = 800
    """Sandboxes of VMs: QEMU, cloud-hypervisor, crosvm, waypipe, local programs, networks."""


def prepare(kind: Kind, vm: str = "") -> Callable[[], None]:
    """The function to call in a child before its program starts (`preexec_fn`). `vm`: its VM."""
    group = str(groups.path(vm) / "cgroup.procs") if groups is not None and vm else ""
    return partial(_prepare, kind, group)


def _prepare(kind: Kind, group: str) -> None:
    restore_limit()
    if group:
        _join(group)
    try:
        fd = os.open(_FILE, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return
    try:
        # The session's own may have been lowered for it, which is not for its children; and
        # nobody but root may go below what they began with.
        own = max(0, int(os.read(fd, 16)))
        os.pwrite(fd, str(min(_HIGHEST, own + kind)).encode(), 0)
    except (OSError, ValueError):
        return
    finally:
        os.close(fd)


def _join(group: str) -> None:
    try:
        fd = os.open(group, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        # The VM has none: it could not be made.
        return
    try:
        os.write(fd, b"0")
    except OSError:
        return
    finally:
        os.close(fd)
