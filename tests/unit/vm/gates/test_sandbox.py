"""The gate's own sandbox: a probe runs in it, in the gate's place, and tries what it may not."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from spectrum_session.vm.gates import command
from spectrum_session.vm.processes.sandbox import find_tools

MODULES = "import ctypes, fcntl, json, mmap, os, resource, select, socket, sys, time"
CONFINED = (
    f"{MODULES}; from spectrum_session.gate import process, rules; "
    "from spectrum_session.gate.confine import Watchdog, confine; done = confine(100); "
    "exec(sys.argv[1])"
)
OPEN = f"{MODULES}; exec(sys.argv[1])"
"""The same sandbox, before the gate confines itself."""


def probe(code: str, entry: str = CONFINED, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a piece of Python where a gate would run."""
    argv = command.build(
        find_tools(),
        command.Interpreter.running(),
        command.package_directory(),
        entry=entry,
        arguments=(code,),
    )
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        argv,
        env={"PATH": os.defpath},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
        **options,
    )


def test_it_says_what_was_applied() -> None:
    done = probe("print(' '.join(done))")
    assert done.returncode == 0, done.stderr
    applied = done.stdout.split()
    assert {"namespaces", "rlimits", "no-new-privs", "seccomp"} <= set(applied)
    # The kernel's own word on it, from outside.
    kernel = Path("/sys/kernel/security/lsm")
    expected = kernel.exists() and "landlock" in kernel.read_text()
    assert not expected or any(feature.startswith("landlock-") for feature in applied)


@pytest.mark.parametrize(
    "code",
    [
        "os.listdir('/')",
        "open('/app/spectrum_session/__init__.py')",
        "open('/usr/lib/os-release')",
        "open('/x', 'w')",
        "os.stat('/')",
        "os.mkdir('/x')",
        "os.kill(1, 9)",
        "os.kill(os.getppid(), 9)",
        "socket.socketpair()",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))",
        "resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)",
        "os.setuid(0)",
        "os.chroot('/')",
        "fcntl.fcntl(0, fcntl.F_SETOWN, 1)",
        "fcntl.ioctl(0, 0x5412, b'x')",
        "sys.modules.pop('csv', None); import csv",
    ],
)
def test_what_is_no_business_of_a_gate_fails(code: str) -> None:
    done = probe(f"try:\n    {code}\nexcept (OSError, ValueError, ImportError) as e: print(e)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "it was allowed"


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "os.fork()",
        "os.execv('/usr/bin/true', ['true'])",
        "ctypes.CDLL(None).unshare(0x10000000)",
        "ctypes.CDLL(None).ptrace(0, 0, 0, 0)",
        "ctypes.CDLL(None).mount(b'/', b'/', b'tmpfs', 0, None)",
    ],
)
def test_what_nobody_does_by_mistake_ends_it(code: str) -> None:
    done = probe(f"{code}; print('still here')")
    assert done.returncode == 128 + signal.SIGSYS, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""


@pytest.mark.parametrize(
    "code",
    [
        # The rest of Python is not hurt by it.
        "print(json.dumps([time.monotonic(), len(os.urandom(4))]))",
        "print(len([bytearray(1000) for _ in range(50_000)]))",
        "fd = os.memfd_create('x'); os.ftruncate(fd, 1 << 20); os.pwrite(fd, b'abc', 5);"
        " print(os.pread(fd, 3, 5), os.fstat(fd).st_size)",
        "fd = os.memfd_create('x', os.MFD_ALLOW_SEALING); fcntl.fcntl(fd, fcntl.F_ADD_SEALS,"
        " fcntl.F_SEAL_SHRINK); print(fcntl.fcntl(fd, fcntl.F_GET_SEALS))",
        "m = mmap.mmap(-1, 4096); m[0] = 1; print(m[0])",
        # Buffers in files that cannot be sealed are copied, in files as large as a film's frames.
        "from spectrum_session.gate.shared_file import SharedFile; fd = os.memfd_create('x', 0);"
        " os.ftruncate(fd, 1 << 30); os.pwrite(fd, b'abc', 1 << 29); f = SharedFile(fd, 1 << 30);"
        " f.update(1 << 29, 3); assert f.copied; print(os.pread(f.for_compositor(), 3, 1 << 29))",
        "from spectrum_session.gate.rules import dmabuf;"
        " print(os.lseek(os.memfd_create('x'), 0, 2))",
        "print(1 / 3, '\\u2603'.encode(), b'x'.decode('ascii', 'replace'))",
    ],
)
def test_what_a_gate_does_works(code: str) -> None:
    done = probe(code, stdin=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_what_goes_wrong_is_still_told() -> None:
    done = probe("raise ValueError('what went wrong')")
    assert done.returncode == 1
    assert "ValueError: what went wrong" in done.stderr


def test_the_namespaces_hold_without_the_rest() -> None:
    code = (
        "import os; seen = sorted(os.listdir('/'));"
        "print([name for name in seen if name in ('proc', 'dev', 'run', 'tmp', 'home', 'sys')]);"
        "print(os.getuid(), os.environ.get('HOME'), socket.if_nameindex())"
    )
    done = probe(code, entry=OPEN)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "[]"
    assert second == "65534 None [(1, 'lo')]"
    written = probe("open('/app/x', 'w')", entry=OPEN)
    assert "Read-only file system" in written.stderr
    packages = probe("import msgspec", entry=OPEN)
    assert "No module named 'msgspec'" in packages.stderr


def test_memory_is_bounded() -> None:
    done = probe("x = bytearray(600 << 20)")
    assert "MemoryError" in done.stderr


def test_descriptors_are_bounded() -> None:
    done = probe("held = [os.dup(0) for _ in range(200)]", stdin=subprocess.PIPE)
    assert "Too many open files" in done.stderr


def test_one_that_computes_for_ever_is_ended() -> None:
    code = (
        "import spectrum_session.gate.confine as c; c.CPU_S = 0;"
        "Watchdog().alive(time.monotonic())\nwhile True: pass"
    )
    done = probe(code)
    assert done.returncode == 128 + signal.SIGXCPU


def test_one_that_comes_back_to_its_loop_is_not() -> None:
    # The kernel counts in ticks, and may be ahead of the process's own count: a second is to spare.
    code = (
        "import spectrum_session.gate.confine as c; c.CPU_S = 2; c.RENEW_S = 0.01\n"
        "w = Watchdog()\n"
        "while time.process_time() < 3.2: w.alive(time.monotonic())\n"
        "print('done')"
    )
    done = probe(code)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
