"""Confinement of the gate's process by itself, once all its modules are loaded: limits of the
kernel, and no file system, no new process and no new socket from then on.

The namespaces are made before, by bubblewrap. Each of the rest is done where the kernel has it,
and what was done is told, so that it stands in the session's log and in `spectrumctl vm status`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import struct
import time

from . import bpf

CPU_S = 5
"""Seconds of CPU that the gate may take without coming back to its loop: then the kernel ends it.
A million messages take less."""
RENEW_S = 1.0
"""Between two renewals of that."""
MEMORY = 256 << 20
"""Bytes of its own memory: 12 MB with a browser, beside it the bytes that wait for clients."""
ADDRESSES = 4 << 30
"""Bytes of address space: beside its own memory the copies of buffers that clients could shrink."""
FILE_BYTES = 1 << 31
"""The largest memory file that it may make: a pool of buffers, whose size is a signed 32-bit
number. Other files it cannot make."""

_NO_NEW_PRIVS = 38
_DUMPABLE = 4
_SECCOMP_FILTER = 1
_CALLS = {"x86_64": {"seccomp": 317}, "aarch64": {"seccomp": 277}}
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""landlock: the same numbers everywhere."""
_FS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
"""Rights to files by the version of landlock that first had them."""
_NET, _NET_SINCE = 0b11, 4
_SCOPE, _SCOPE_SINCE = 0b11, 6


class Watchdog:
    """Ends a gate that computes for ever: the bound on its CPU time is moved on from the loop."""

    def __init__(self) -> None:
        self._next = 0.0

    def alive(self, now: float) -> None:
        """The loop was reached at `now` (monotonic seconds)."""
        if now < self._next:
            return
        self._next = now + RENEW_S
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = int(time.process_time() + RENEW_S) + CPU_S
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def confine(descriptors: int) -> list[str]:
    """Give up all that the gate has no use for. Returns what was applied.

    `descriptors`: how many it will need at most.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    done = ["namespaces"] if os.getpid() <= 2 else []
    _limit(descriptors)
    done.append("rlimits")
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        done.append("no-new-privs")
    libc.prctl(_DUMPABLE, 0, 0, 0, 0)
    version = _landlock(libc)
    if version:
        done.append(f"landlock-{version}")
    if _seccomp(libc):
        done.append("seccomp")
    return done


def _limit(descriptors: int) -> None:
    for what, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_AS, ADDRESSES),
        (resource.RLIMIT_NOFILE, descriptors),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _landlock(libc: ctypes.CDLL) -> int:
    """Give up the file system, TCP, and signals and abstract sockets of others. Returns the version
    of landlock, 0 where there is none."""
    version = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    if version < 1:
        return 0
    rights = max(bits for since, bits in _FS.items() if since <= version)
    fields = [rights]
    if version >= _NET_SINCE:
        fields.append(_NET)
    if version >= _SCOPE_SINCE:
        fields.append(_SCOPE)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return 0
    # No rule is added: nothing is allowed.
    failed = libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return 0 if failed else version


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _seccomp(libc: ctypes.CDLL) -> bool:
    name = os.uname().machine
    machine = bpf.MACHINES.get(name)
    if machine is None:
        return False
    code = bpf.program(machine)
    program = _Program(len(code) // 8, code)
    number = _CALLS[name]["seccomp"]
    failed = libc.syscall(number, _SECCOMP_FILTER, 0, ctypes.byref(program))
    if failed and ctypes.get_errno() not in (errno.ENOSYS, errno.EINVAL):
        raise OSError(ctypes.get_errno(), "seccomp")
    return not failed
