"""A sandbox that outlives the session: started by one session, found again by the next.

Its directory, which no sandbox sees, holds a file in which bubblewrap notes its exit status even
when no session runs, and a named pipe for output. While no session reads the pipe, output is lost
and the programs go on.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from spectrum_session.vm.log import Lines, VMLog

from . import sandbox
from .child import Kind
from .host_process import Exit, HostProcess, Spawn
from .identity import Identity, number_inside, parent
from .sandbox_process import ENVIRONMENT, flushed

Builder = Callable[[Callable[[], int], Callable[[bytes], int], Callable[[], int]], list[str]]
"""`build(open_report, open_file, open_info)` returns a command line, as sandbox.build has it."""
OnExit = Callable[["DetachedSandbox", Exit], None]

STATUS = "status"
"""The file in which bubblewrap notes its exit status."""
OUTPUT = "output"
"""The named pipe for output."""

_READ_BYTES = 4096


class Whereabouts(msgspec.Struct, frozen=True):
    """The record by which a later session finds a sandbox again."""

    bwrap: Identity
    init: Identity
    """The first process in the sandbox: when it ends, the kernel kills all others."""


class DetachedSandbox:
    """A running bubblewrap, our child or an earlier session's, and all that runs in it.

    It belongs to one asyncio loop. `on_exit` is called once, from the loop, when nothing of the
    sandbox runs and the remaining output has been read.
    """

    def __init__(
        self,
        directory: Path,
        log: VMLog | Lines,
        on_exit: OnExit,
        process: subprocess.Popen[bytes] | Whereabouts,
        info: int | None = None,
    ) -> None:
        """Use `start` or `find`. `info`: the pipe on which bubblewrap reports the sandbox's first
        process, of a child. Raises OSError when a child cannot be watched; then it is killed."""
        self._loop = asyncio.get_running_loop()
        self._directory = directory
        self._on_exit = on_exit
        self._info = info
        self._reported = b""
        self._killed = False
        self.made: asyncio.Future[Whereabouts | None] = self._loop.create_future()
        """Done when the sandbox is made, or has ended before (None)."""
        self.gone = asyncio.Event()
        """Set when nothing of it runs."""
        self._bwrap: Identity | None
        if isinstance(process, Whereabouts):
            self._bwrap = process.bwrap
            self._process = HostProcess(process.bwrap, self._ended)
            first = process.init.open()
            if first is not None:
                self._process.adopt(first)
            self.made.set_result(process)
        else:
            self._bwrap = Identity.of(process.pid)
            self._process = HostProcess(process, self._ended, self._read_last_info)
        self.pid = self._process.pid
        output = _open_output(directory)
        if output is not None:
            self._process.read(output, log.write)
        if info is not None:
            os.set_blocking(info, False)
            self._loop.add_reader(info, self._read_info)

    def ask(self) -> None:
        """Kill it: only its driver knows how to ask a machine to end."""
        self.kill()

    def kill(self) -> None:
        """Kill everything in the sandbox."""
        self._killed = True
        # Until bubblewrap has reported the first process, killing bubblewrap alone could leave
        # that waiting forever.
        if self._process.adopted or self._info is None:
            self._process.kill()

    def release(self) -> None:
        """Stop watching it; it goes on."""
        self._process.release()
        self._close_info()

    def _read_info(self) -> None:
        assert self._info is not None
        with suppress(BlockingIOError):
            self._reported = (self._reported + os.read(self._info, _READ_BYTES))[:_READ_BYTES]
        with suppress(ValueError):
            self._sandbox_made(json.loads(self._reported)["child-pid"])

    def _read_last_info(self) -> None:
        if self._info is not None:
            self._read_info()
        self._close_info()

    def _sandbox_made(self, pid: int) -> None:
        self._close_info()
        init, found = Identity.of(pid), None
        # The number may have been reused: then the sandbox has ended already.
        if init is not None and self._bwrap is not None and self._is_first(init):
            pidfd = init.open()
            if pidfd is not None:
                self._process.adopt(pidfd)
                found = Whereabouts(self._bwrap, init)
        if not self.made.done():
            self.made.set_result(found)
        if self._killed:
            self.kill()

    def _is_first(self, init: Identity) -> bool:
        """Is this the first process of a sandbox, and of this one?"""
        if parent(init.pid) == self.pid:
            return True
        # Bubblewrap was killed right after it had made the process, which nobody supervises now.
        assert self._bwrap is not None
        return self._process.ended and (
            init.started >= self._bwrap.started and number_inside(init.pid) == 1
        )

    def _close_info(self) -> None:
        if self._info is not None:
            self._loop.remove_reader(self._info)
            os.close(self._info)
            self._info = None

    def _ended(self, status: int | None) -> None:
        noted = exit_status(self._directory)
        if not self.made.done():
            self.made.set_result(None)
        self.gone.set()
        self._on_exit(self, Exit(status if noted is None else noted))


def start(
    tools: sandbox.Tools,
    name: str,
    log: VMLog,
    argv: Sequence[str],
    on_exit: OnExit,
    directory: Path,
    *,
    binds: Sequence[sandbox.Bind] = (),
    fds: Sequence[int] = (),
) -> DetachedSandbox:
    """Start `argv` in a sandbox of VM `name`, with the descriptors `fds` under the same numbers.

    `directory` is the session's alone. Raises VMError when it cannot be started.
    """
    lines = Lines(log)
    build = partial(
        sandbox.build,
        tools,
        name=name,
        socket=None,
        argv=argv,
        host_environment=os.environ,
        binds=binds,
    )
    return start_built(
        lambda open_report, open_file, open_info: build(
            open_report=open_report, open_file=open_file, open_info=open_info
        ),
        directory,
        lines,
        flushed(lines, on_exit),
        fds,
        name,
    )


def start_built(
    build: Builder,
    directory: Path,
    log: VMLog | Lines,
    on_exit: OnExit,
    fds: Sequence[int] = (),
    vm: str = "",
) -> DetachedSandbox:
    """Start the sandbox of a VM whose command line `build` makes.

    `directory` is the session's alone and holds nothing of an earlier sandbox. Raises VMError when
    it cannot be started, or what `build` raises.
    """
    reports = [directory / STATUS]

    def open_report() -> int:
        # The outermost bubblewrap reports for all nested ones.
        path = reports.pop() if reports else Path(os.devnull)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        flags |= os.O_CREAT | os.O_EXCL if path.name == STATUS else 0
        return spawn.inherit(os.open(path, flags, 0o600))

    def open_info() -> int:
        # Opened for reading too: without a reader, bubblewrap would end when the session does.
        return spawn.inherit(os.open(f"/proc/self/fd/{info}", os.O_RDWR | os.O_CLOEXEC))

    with Spawn("the sandbox") as spawn:
        info, _ = spawn.pipe()
        os.mkfifo(directory / OUTPUT, 0o600)
        # A named pipe can be opened for writing only while it has a reader.
        reading = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        spawn.close_after(os.open(directory / OUTPUT, reading))
        output = spawn.close_after(os.open(directory / OUTPUT, os.O_WRONLY | os.O_CLOEXEC))
        argv = build(open_report, spawn.inherit_file, open_info)
        child = spawn.run(argv, output, Kind.VM, vm, ENVIRONMENT, fds)
        return DetachedSandbox(directory, log, on_exit, child, info)


def find(where: Whereabouts, log: VMLog, on_exit: OnExit, directory: Path) -> DetachedSandbox:
    """Take over a sandbox of an earlier session; `on_exit` follows when it has ended already."""
    lines = Lines(log)
    return DetachedSandbox(directory, lines, flushed(lines, on_exit), where)


def is_alive(where: Whereabouts) -> bool:
    """Does anything of a sandbox run?"""
    for process in (where.bwrap, where.init):
        pidfd = process.open()
        if pidfd is not None:
            os.close(pidfd)
            return True
    return False


def exit_status(directory: Path) -> int | None:
    """The exit status that bubblewrap noted in a sandbox's directory; None when there is none."""
    with suppress(OSError):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(directory / STATUS, flags)
        try:
            lines = os.read(fd, _READ_BYTES).splitlines()
        finally:
            os.close(fd)
        for line in lines:
            with suppress(ValueError, RecursionError):
                noted = json.loads(line)
                status = noted.get("exit-code") if isinstance(noted, dict) else None
                if isinstance(status, int):
                    return status
    return None


def _open_output(directory: Path) -> int | None:
    with suppress(OSError):
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(directory / OUTPUT, flags)
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
    return None
