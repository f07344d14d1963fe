"""Collects the facts about running VMs, by trying where that is possible."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
from collections.abc import Set
from pathlib import Path

from spectrum_session.vm.processes import cgroups, sandbox, users

from .facts import Kvm, Machines

_DEADLINE_S = 10.0
_LANDLOCK_CREATE_RULESET = 444
"""The number of the system call, the same on every architecture."""
_LANDLOCK_VERSION = 1


def machines(programs: Set[str], kvm: Kvm) -> Machines:
    """The facts about virtualisation and confinement; `programs` are those on PATH."""
    return Machines(
        kvm=kvm,
        namespaces_error=_namespaces_error(programs),
        landlock=_landlock(),
        seccomp="Seccomp:" in Path("/proc/self/status").read_text(),
        waypipe=_waypipe_version() if "waypipe" in programs else "",
        groups_error=_groups_error(),
    )


def _groups_error() -> str:
    """Missing kernel support for control groups of VMs; "" when all is there."""
    try:
        there = (cgroups.ROOT / "cgroup.controllers").read_text().split()
    except OSError:
        return f"{cgroups.ROOT} is not the unified hierarchy of cgroup v2"
    missing = [name for name in cgroups.CONTROLLERS if name not in there]
    return f"no controller {' and '.join(missing)} in cgroup v2" if missing else ""


def _namespaces_error(programs: Set[str]) -> str:
    """Why bubblewrap cannot make a sandbox like the `local` driver's; "" when it can."""
    if "bwrap" not in programs:
        return ""
    argv = ["bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--proc", "/proc"]
    argv += ["--die-with-parent", "--", "/bin/true"]
    if os.getuid() == 0 and "setpriv" in programs:
        nobody = str(users.NOBODY)
        argv = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", *argv]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_DEADLINE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    known = sandbox.namespaces_problem(sandbox.read_sysctl)
    lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
    return known or lines[0].removeprefix("bwrap: ")


def _landlock() -> int:
    if platform.system() != "Linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION)
    return max(0, int(version))


def _waypipe_version() -> str:
    try:
        done = subprocess.run(
            ["waypipe", "--version"], capture_output=True, text=True, timeout=_DEADLINE_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return next((line.strip() for line in done.stdout.splitlines() if line.strip()), "")
