"""A seccomp filter for the gate, as bytes. No IO: `confine` installs it.

The gate's loop needs a few dozen system calls and gets no other. One that it might make by mistake
fails (EPERM); one that nobody makes by mistake ends the process, so that it shows.

Not libseccomp: another library to load in every gate, for one fixed filter.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from .flight import SIOCOUTQ

KILL = 0x8000_0000
ALLOW = 0x7FFF_0000
REFUSE = 0x0005_0000 | errno.EPERM

_PROT_EXEC = 4
_AT_EMPTY_PATH = 0x1000
_RLIMIT_CPU = 0
_FIONBIO, _FIONCLEX, _FIOCLEX = 0x5421, 0x5450, 0x5451
_F_SETFL = 4
_DUPLICATE, _SEAL, _SEALS = 1030, 1033, 1034
"""fcntl: F_DUPFD_CLOEXEC, F_ADD_SEALS, F_GET_SEALS."""


@dataclass(frozen=True)
class Machine:
    """An architecture: its name for seccomp, and the numbers of its system calls."""

    audit: int
    """AUDIT_ARCH_…"""
    calls: Mapping[str, int]
    foreign: int | None = None
    """Numbers from here up are those of another ABI on the same machine (x32)."""


_X86_64 = {
    "read": 0,
    "write": 1,
    "close": 3,
    "fstat": 5,
    "lseek": 8,
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "ioctl": 16,
    "pread64": 17,
    "pwrite64": 18,
    "sched_yield": 24,
    "mremap": 25,
    "madvise": 28,
    "dup": 32,
    "getpid": 39,
    "socket": 41,
    "connect": 42,
    "sendto": 44,
    "recvfrom": 45,
    "sendmsg": 46,
    "recvmsg": 47,
    "shutdown": 48,
    "bind": 49,
    "getsockname": 51,
    "getsockopt": 55,
    "clone": 56,
    "fork": 57,
    "vfork": 58,
    "execve": 59,
    "exit": 60,
    "fcntl": 72,
    "ftruncate": 77,
    "gettimeofday": 96,
    "getrlimit": 97,
    "getrusage": 98,
    "ptrace": 101,
    "fstatfs": 138,
    "setrlimit": 160,
    "mount": 165,
    "init_module": 175,
    "gettid": 186,
    "futex": 202,
    "restart_syscall": 219,
    "clock_gettime": 228,
    "clock_getres": 229,
    "exit_group": 231,
    "epoll_wait": 232,
    "epoll_ctl": 233,
    "kexec_load": 246,
    "add_key": 248,
    "keyctl": 250,
    "newfstatat": 262,
    "unshare": 272,
    "epoll_pwait": 281,
    "accept4": 288,
    "perf_event_open": 298,
    "prlimit64": 302,
    "preadv": 295,
    "open_by_handle_at": 304,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "finit_module": 313,
    "getrandom": 318,
    "memfd_create": 319,
    "bpf": 321,
    "preadv2": 327,
    "execveat": 322,
    "userfaultfd": 323,
    "io_uring_setup": 425,
    "clone3": 435,
    "pidfd_getfd": 438,
}

_AARCH64 = {
    "epoll_ctl": 21,
    "epoll_pwait": 22,
    "dup": 23,
    "fcntl": 25,
    "ioctl": 29,
    "mount": 40,
    "fstatfs": 44,
    "ftruncate": 46,
    "close": 57,
    "lseek": 62,
    "read": 63,
    "write": 64,
    "pread64": 67,
    "pwrite64": 68,
    "preadv": 69,
    "newfstatat": 79,
    "fstat": 80,
    "exit": 93,
    "exit_group": 94,
    "unshare": 97,
    "futex": 98,
    "kexec_load": 104,
    "init_module": 105,
    "clock_gettime": 113,
    "clock_getres": 114,
    "ptrace": 117,
    "sched_yield": 124,
    "restart_syscall": 128,
    "rt_sigprocmask": 135,
    "rt_sigreturn": 139,
    "getrlimit": 163,
    "setrlimit": 164,
    "getrusage": 165,
    "gettimeofday": 169,
    "getpid": 172,
    "gettid": 178,
    "socket": 198,
    "bind": 200,
    "connect": 203,
    "getsockname": 204,
    "sendto": 206,
    "recvfrom": 207,
    "getsockopt": 209,
    "shutdown": 210,
    "sendmsg": 211,
    "recvmsg": 212,
    "brk": 214,
    "munmap": 215,
    "mremap": 216,
    "add_key": 217,
    "keyctl": 219,
    "clone": 220,
    "execve": 221,
    "mmap": 222,
    "mprotect": 226,
    "madvise": 233,
    "perf_event_open": 241,
    "accept4": 242,
    "prlimit64": 261,
    "open_by_handle_at": 265,
    "setns": 268,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "finit_module": 273,
    "getrandom": 278,
    "memfd_create": 279,
    "bpf": 280,
    "execveat": 281,
    "userfaultfd": 282,
    "preadv2": 286,
    "io_uring_setup": 425,
    "clone3": 435,
    "pidfd_getfd": 438,
}

MACHINES = {
    "x86_64": Machine(0xC000_003E, _X86_64, 0x4000_0000),
    "aarch64": Machine(0xC000_00B7, _AARCH64),
}
"""By os.uname().machine."""

ALLOWED = (
    # the loop, the busiest first
    *("epoll_wait", "epoll_pwait", "recvmsg", "sendto", "sendmsg", "epoll_ctl", "clock_gettime"),
    *("close", "accept4", "recvfrom", "read", "write", "shutdown", "dup"),
    *("getsockopt", "getsockname", "getrandom"),
    # buffers that are looked at or copied
    *("fstat", "fstatfs", "lseek", "pread64", "preadv", "preadv2", "pwrite64"),
    *("memfd_create", "ftruncate"),
    # Python and its allocator
    *("brk", "munmap", "mremap", "madvise", "futex", "sched_yield", "restart_syscall"),
    *("rt_sigprocmask", "rt_sigreturn", "getpid", "gettid", "gettimeofday", "clock_getres"),
    *("getrlimit", "getrusage", "exit", "exit_group"),
)
"""With any arguments."""


@dataclass(frozen=True)
class Only:
    """A call that is allowed when one argument (its lower half) is as said."""

    argument: int
    values: tuple[int, ...] = ()
    """It is one of these;"""
    without: int = 0
    """or has none of these bits;"""
    holding: int = 0
    """or has one of these."""


CONDITIONS = {
    "mmap": Only(2, without=_PROT_EXEC),
    "mprotect": Only(2, without=_PROT_EXEC),
    "fcntl": Only(1, values=(*range(_F_SETFL + 1), _DUPLICATE, _SEAL, _SEALS)),
    "ioctl": Only(1, values=(_FIONBIO, _FIOCLEX, _FIONCLEX, SIOCOUTQ)),
    "newfstatat": Only(3, holding=_AT_EMPTY_PATH),
    "setrlimit": Only(0, values=(_RLIMIT_CPU,)),
    "prlimit64": Only(1, values=(_RLIMIT_CPU,)),
}

DEADLY = (
    *("execve", "execveat", "clone", "clone3", "fork", "vfork", "socket", "connect", "bind"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "open_by_handle_at"),
    *("mount", "unshare", "setns", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup"),
    *("add_key", "keyctl", "init_module", "finit_module", "kexec_load"),
)
"""Nobody makes these by mistake."""

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in struct seccomp_data."""
_LOAD, _EQUAL, _AT_LEAST, _HOLDS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_INSTRUCTION = struct.Struct("=HBBI")


def program(machine: Machine) -> bytes:
    """The filter: an array of struct sock_filter."""
    made = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine.foreign is not None:
        made += [(_AT_LEAST, 0, 1, machine.foreign), (_RETURN, 0, 0, KILL)]
    for verdict, names in ((ALLOW, ALLOWED), (KILL, DEADLY)):
        for name in names:
            # What an architecture does not have, as fork on the newer ones, cannot be called.
            if name in machine.calls:
                made += [(_EQUAL, 0, 1, machine.calls[name]), (_RETURN, 0, 0, verdict)]
    for name, only in CONDITIONS.items():
        if name in machine.calls:
            judged = _condition(only)
            made += [(_EQUAL, 0, len(judged), machine.calls[name]), *judged]
    made.append((_RETURN, 0, 0, REFUSE))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in made)


def _condition(only: Only) -> list[tuple[int, int, int, int]]:
    made = [(_LOAD, 0, 0, _ARGUMENTS + 8 * only.argument)]
    for value in only.values:
        made += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, ALLOW)]
    if only.holding:
        made += [(_HOLDS, 0, 1, only.holding), (_RETURN, 0, 0, ALLOW)]
    if only.without:
        made += [(_HOLDS, 1, 0, only.without), (_RETURN, 0, 0, ALLOW)]
    return [*made, (_RETURN, 0, 0, REFUSE)]
