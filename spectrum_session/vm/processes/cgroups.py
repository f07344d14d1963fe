"""A control group (cgroup v2) for each VM, where the service manager gave the session a tree of its
own: the kernel then charges the VM's memory to it, and ends all of it together at its limit.

systemd delegates the session's unit with `Delegate=yes`, and with `DelegateSubgroup=session` starts
the session one level further down, so that groups of VMs can stand beside it:

    spectrum-session.service/   delegated: user.delegate or trusted.delegate is 1
      session/                  the session and the programs that it starts
      vm-NAME/                  sandboxes, transport and gate of a VM

Nothing is moved, and a tree that was not delegated is left alone: a session that finds none works
without. A VM that outlives the session stays in its group, and the next session uses that again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
SESSION = "session"
"""The name of the group that the session itself is in."""
CONTROLLERS = ("memory", "pids")
MOST_PROCESSES = 8192
"""Processes and threads of a VM's on the host."""
ROOM = 1 << 30
"""Bytes of a machine's group beyond the machine's memory: QEMU, waypipe, the gate, and buffers,
which are charged to whichever process touches them first."""

_DELEGATED = ("user.delegate", "trusted.delegate")


class NoGroups(Exception):
    """No control groups were delegated to the session; the text says why."""


class Groups:
    """Groups of VMs."""

    def __init__(self, base: Path) -> None:
        """`base` is what was delegated. Raises NoGroups."""
        self._base = base
        self._left: set[str] = set()
        """VMs that have ended and had processes left."""
        there = set(_read(base / "cgroup.controllers").split())
        missing = [name for name in CONTROLLERS if name not in there]
        if missing:
            raise NoGroups(f"{base} has no controller {' and '.join(missing)}")
        try:
            (base / "cgroup.subtree_control").write_text(
                " ".join(f"+{name}" for name in CONTROLLERS)
            )
        except OSError as error:
            raise NoGroups(f"cannot enable controllers in {base}: {error.strerror}") from error

    def make(self, vm: str, memory: int | None) -> None:
        """Have a group for a VM; `memory`: bytes that it may take, None: as much as there is.

        Raises OSError.
        """
        self.sweep()
        self._left.discard(vm)
        group = self.path(vm)
        group.mkdir(exist_ok=True)
        (group / "memory.max").write_text("max" if memory is None else str(memory))
        (group / "memory.oom.group").write_text("1")
        (group / "pids.max").write_text(str(MOST_PROCESSES))

    def path(self, vm: str) -> Path:
        """A VM's group, which need not be there. `vm` must have passed check_name."""
        return self._base / f"vm-{vm}"

    def remove(self, vm: str) -> None:
        """A VM ended. Its group goes now, or once the last of its processes has gone."""
        self._left.add(vm)
        self.sweep()

    def sweep(self) -> None:
        """Remove groups whose last process has ended."""
        for vm in list(self._left):
            with suppress(OSError):
                with suppress(FileNotFoundError):
                    self.path(vm).rmdir()
                self._left.discard(vm)


def find(
    root: Path = ROOT,
    own: Path = OWN,
    attribute: Callable[[Path, str], bytes] = os.getxattr,
) -> Path:
    """The tree that was delegated to this process. Raises NoGroups."""
    if not (root / "cgroup.controllers").is_file():
        raise NoGroups(f"{root} is not the unified hierarchy of cgroup v2")
    lines = [line for line in _read(own).splitlines() if line.startswith("0::/")]
    path = lines[0].removeprefix("0::/") if lines else ""
    group = root / path
    if group.name != SESSION or not path:
        raise NoGroups(
            f"the session's control group is /{path}, not a delegated subgroup {SESSION!r}"
        )
    for name in _DELEGATED:
        with suppress(OSError):
            if attribute(group.parent, name) == b"1":
                return group.parent
    raise NoGroups(f"{group.parent} was not delegated to the session")


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
