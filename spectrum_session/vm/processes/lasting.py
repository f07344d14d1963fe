"""A sandbox that outlives the session: its start, and how a later session has it again.

What tells of it lies in a directory that no sandbox sees: a file in which bubblewrap notes how it
ended, also when nobody looks, and a named pipe that takes what its programs print. While nobody
reads that pipe, what they print is lost and they go on.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import Lines, VMLog
from spectrum_session.vm.processes.child import Kind, prepare

from .identity import Identity, number_inside, parent
from .output import Output
from .process import Exit

Builder = Callable[[Callable[[], int], Callable[[bytes], int], Callable[[], int]], list[str]]
"""`build(open_report, open_file, open_info)` returns a command line, as sandbox.build has it."""
OnExit = Callable[["LastingProcess", Exit], None]

STATUS = "status"
"""The file in which bubblewrap notes its exit status."""
OUTPUT = "output"
"""The pipe for what is printed."""

_READ_BYTES = 4096


class Whereabouts(msgspec.Struct, frozen=True):
    """What a later session needs to find a sandbox again."""

    bwrap: Identity
    init: Identity
    """The first process in the sandbox: when it ends, the kernel ends all others."""


class LastingProcess:
    """A running bubblewrap, our child or that of a session before us, and all that runs in it.

    It belongs to one asyncio loop. `on_exit` is called once, from the loop, when nothing of the
    sandbox runs and the output that was there has been read.
    """

    pid: int

    def __init__(
        self,
        directory: Path,
        log: VMLog | Lines,
        on_exit: OnExit,
        *,
        child: subprocess.Popen[bytes] | None = None,
        info: int | None = None,
        found: Whereabouts | None = None,
    ) -> None:
        """Use `start_lasting` or `find_lasting`."""
        self._loop = asyncio.get_running_loop()
        self._directory = directory
        self._on_exit = on_exit
        self._child = child
        self._info = info
        self._said = b""
        self._killed = False
        self.made: asyncio.Future[Whereabouts | None] = self._loop.create_future()
        """Done when the sandbox is there, or has ended before (None)."""
        self.gone = asyncio.Event()
        """Set when nothing of it runs any more."""
        pid = child.pid if child is not None else found.bwrap.pid if found is not None else 0
        self.pid = pid
        self._bwrap = found.bwrap if found is not None else Identity.of(pid)
        self._init_pidfd = found.init.open() if found is not None else None
        self._bwrap_pidfd = self._bwrap.open() if self._bwrap is not None else None
        self._output = _open_output(directory, log)
        if found is not None:
            self.made.set_result(found)
        if self._bwrap_pidfd is not None:
            self._loop.add_reader(self._bwrap_pidfd, self._bwrap_ended)
        else:
            self._loop.call_soon(self._end_inside)
        if info is not None:
            os.set_blocking(info, False)
            self._loop.add_reader(info, self._read_info)

    def ask(self) -> None:
        """End it: what a machine is asked, and how, its driver knows."""
        self.kill()

    def kill(self) -> None:
        """End everything in the sandbox now."""
        self._killed = True
        if self._init_pidfd is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._init_pidfd, signal.SIGKILL)
        elif self._info is not None:
            # Its first process may be there already, and would wait for bubblewrap for ever.
            return
        if self._bwrap_pidfd is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._bwrap_pidfd, signal.SIGKILL)

    def let_go(self) -> None:
        """Look after it no longer; it goes on."""
        for fd in (self._bwrap_pidfd, self._init_pidfd):
            if fd is not None:
                self._loop.remove_reader(fd)
                os.close(fd)
        self._bwrap_pidfd = self._init_pidfd = None
        self._close_info()
        if self._output is not None:
            self._output.close()
        if self._child is not None:
            # It is nobody's to wait for: the session that lets go of it ends.
            self._child.returncode = 0

    def _read_info(self) -> None:
        assert self._info is not None
        with suppress(BlockingIOError):
            self._said = (self._said + os.read(self._info, _READ_BYTES))[:_READ_BYTES]
        with suppress(ValueError):
            self._sandbox_made(json.loads(self._said)["child-pid"])

    def _sandbox_made(self, pid: int) -> None:
        self._close_info()
        init, found = Identity.of(pid), None
        # Its number may be another's by now: then the sandbox has ended already.
        if init is not None and self._bwrap is not None and self._is_first(init):
            self._init_pidfd = init.open()
            if self._init_pidfd is not None:
                found = Whereabouts(self._bwrap, init)
        if not self.made.done():
            self.made.set_result(found)
        if self._killed:
            self.kill()

    def _is_first(self, init: Identity) -> bool:
        """Is this the first process of a sandbox, and of this one?"""
        if parent(init.pid) == self.pid:
            return True
        # Bubblewrap was killed as soon as it had made one, which nobody looks after now.
        assert self._bwrap is not None
        return self._bwrap_pidfd is None and (
            init.started >= self._bwrap.started and number_inside(init.pid) == 1
        )

    def _close_info(self) -> None:
        if self._info is not None:
            self._loop.remove_reader(self._info)
            os.close(self._info)
            self._info = None

    def _bwrap_ended(self) -> None:
        assert self._bwrap_pidfd is not None
        self._loop.remove_reader(self._bwrap_pidfd)
        os.close(self._bwrap_pidfd)
        self._bwrap_pidfd = None
        self._end_inside()

    def _end_inside(self) -> None:
        """Bubblewrap is gone; of what it was to look after nothing may stay."""
        if self._info is not None:
            self._read_info()
        self._close_info()
        if self._init_pidfd is None:
            self._finish()
            return
        with suppress(OSError):
            signal.pidfd_send_signal(self._init_pidfd, signal.SIGKILL)
        self._loop.add_reader(self._init_pidfd, self._init_ended)

    def _init_ended(self) -> None:
        assert self._init_pidfd is not None
        self._loop.remove_reader(self._init_pidfd)
        os.close(self._init_pidfd)
        self._init_pidfd = None
        self._finish()

    def _finish(self) -> None:
        # Everyone who could write is gone: what the pipe still holds is all there will be.
        if self._output is not None:
            self._output.finish()
        status = exit_status(self._directory)
        if self._child is not None:
            own = self._child.wait()
            status = own if status is None else status
        if not self.made.done():
            self.made.set_result(None)
        self.gone.set()
        self._on_exit(self, Exit(status))


def start_lasting(
    build: Builder,
    directory: Path,
    log: VMLog | Lines,
    on_exit: OnExit,
    fds: Sequence[int] = (),
    vm: str = "",
) -> LastingProcess:
    """Start a sandbox of a VM, whose program has the descriptors `fds` under the same numbers.

    `directory` is the session's alone and holds nothing of an earlier one. Raises VMError when it
    cannot be started, or what `build` raises.
    """
    passed: list[int] = []
    ours: list[int] = []
    reports = [directory / STATUS]

    def open_report() -> int:
        # The outermost tells of all that is in it.
        path = reports.pop() if reports else Path(os.devnull)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        flags |= os.O_CREAT | os.O_EXCL if path.name == STATUS else 0
        passed.append(os.open(path, flags, 0o600))
        return passed[-1]

    def open_file(content: bytes) -> int:
        # Small enough for a pipe's buffer: nobody has to wait for a reader.
        source, sink = os.pipe()
        passed.append(source)
        os.write(sink, content)
        os.close(sink)
        return source

    def open_info() -> int:
        # It must not end for want of a reader when the session does: it is one itself.
        passed.append(os.open(f"/proc/self/fd/{info}", os.O_RDWR | os.O_CLOEXEC))
        return passed[-1]

    info, sink = os.pipe()
    ours.append(sink)
    try:
        os.mkfifo(directory / OUTPUT, 0o600)
        # A pipe can be opened for writing once somebody reads it.
        ours.append(os.open(directory / OUTPUT, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        output = os.open(directory / OUTPUT, os.O_WRONLY | os.O_CLOEXEC)
        ours.append(output)
        argv = build(open_report, open_file, open_info)
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[*passed, *fds],
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
            preexec_fn=prepare(Kind.VM, vm),
        )
        return LastingProcess(directory, log, on_exit, child=child, info=info)
    except BaseException as error:
        os.close(info)
        if isinstance(error, OSError):
            raise VMError(f"cannot start the sandbox: {error.strerror}") from error
        raise
    finally:
        for fd in (*passed, *ours):
            os.close(fd)


def find_lasting(
    where: Whereabouts, directory: Path, log: VMLog | Lines, on_exit: OnExit
) -> LastingProcess:
    """Look after a sandbox of an earlier session; its end follows when it is gone already."""
    return LastingProcess(directory, log, on_exit, found=where)


def is_alive(where: Whereabouts) -> bool:
    """Does anything of a sandbox run?"""
    for process in (where.bwrap, where.init):
        pidfd = process.open()
        if pidfd is not None:
            os.close(pidfd)
            return True
    return False


def exit_status(directory: Path) -> int | None:
    """What bubblewrap noted of its end in a sandbox's directory; None when it noted nothing."""
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


def _open_output(directory: Path, log: VMLog | Lines) -> Output | None:
    with suppress(OSError):
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(directory / OUTPUT, flags)
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            return Output(fd, log.write)
        os.close(fd)
    return None
