"""One process tree in a sandbox: its start, its output, its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import Lines, VMLog
from spectrum_session.vm.processes.child import Kind, prepare

from .identity import parent
from .output import CHUNK, Output

Builder = Callable[[Callable[[], int], Callable[[bytes], int]], list[str]]
"""`build(open_report, open_file)` returns a command line. It calls `open_report()` for a descriptor
that a bubblewrap reports on, once for each that there is inside another, the outermost first, and
`open_file(content)` for one that the content is read from."""


class Process(Protocol):
    """Something that runs in a sandbox."""

    pid: int

    def ask(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it now."""


@dataclass(frozen=True)
class Exit:
    """How a process ended: `status` is 0 for well, below 0 when a signal ended bubblewrap itself,
    128 and the signal's number when one ended the program; None when nobody knows."""

    status: int | None

    def __str__(self) -> str:
        if self.status is None:
            return "ended, how is not known"
        if self.status < 0:
            return f"was killed by {signal_name(-self.status)}"
        if 128 < self.status <= 128 + 64:
            return f"was ended by {signal_name(self.status - 128)} (exit status {self.status})"
        return f"exited with status {self.status}"


def signal_name(number: int) -> str:
    """SIGSEGV for 11; "signal 40" for those without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class SandboxProcess:
    """A running bubblewrap and all that runs in it.

    It must be made where an asyncio loop runs. `on_exit` is called once, from the loop, when
    bubblewrap and the sandbox's first process are both gone and the output that was there has been
    read; by then every other process of the sandbox has been killed by the kernel.
    """

    def __init__(
        self,
        build: Builder,
        log: VMLog | Lines,
        on_exit: Callable[[SandboxProcess, Exit], None],
        vm: str = "",
    ) -> None:
        """Start it, for this VM. Raises VMError when it cannot be started, or what `build` raises.
        """
        self._loop = asyncio.get_running_loop()
        self._on_exit = on_exit
        self._sandboxes = 0
        """How many there are, one inside the other."""
        self._made = 0
        """How many of them have been reported."""
        self._init: int | None = None
        """The outermost one's first process, in the host's numbering."""
        self._init_pidfd: int | None = None
        self._status: int | None = None
        self._report = b""
        self.up = self._loop.create_future()
        """Done when the sandbox is made, or when the process has ended without."""
        self._start(build, log, vm)

    def _start(self, build: Builder, log: VMLog | Lines, vm: str) -> None:
        theirs: list[int] = []
        report, report_sink = os.pipe()
        output, output_sink = os.pipe()

        def open_report() -> int:
            self._sandboxes += 1
            theirs.append(os.dup(report_sink))
            return theirs[-1]

        def open_file(content: bytes) -> int:
            # Small enough for a pipe's buffer: nobody has to wait for a reader.
            source, sink = os.pipe()
            theirs.append(source)
            os.write(sink, content)
            os.close(sink)
            return source

        try:
            argv = build(open_report, open_file)
            self._popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output_sink,
                stderr=output_sink,
                pass_fds=theirs,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                cwd="/",
                start_new_session=True,
                preexec_fn=prepare(Kind.VM, vm),
            )
            self._pidfd = self._watch()
        except BaseException as error:
            os.close(report)
            os.close(output)
            if isinstance(error, OSError):
                raise VMError(f"cannot start the sandbox: {error.strerror}") from error
            raise
        finally:
            for fd in (*theirs, report_sink, output_sink):
                os.close(fd)
        self.pid = self._popen.pid
        self._report_fd: int | None = report
        os.set_blocking(report, False)
        self._loop.add_reader(self._pidfd, self._bwrap_ended)
        self._loop.add_reader(report, self._read_report)
        self._output = Output(output, log.write)

    def _watch(self) -> int:
        try:
            return os.pidfd_open(self._popen.pid)
        except OSError:
            self._popen.kill()
            self._popen.wait()
            raise

    def ask(self) -> None:
        """Ask the programs inside to end (SIGTERM). One that has not begun is killed."""
        if self._status is not None:
            return
        asked = False
        for pid in self.programs():
            with suppress(OSError):
                pidfd = os.pidfd_open(pid)
                try:
                    # Its number may have become another's since it was looked up.
                    if pid in self.programs():
                        signal.pidfd_send_signal(pidfd, signal.SIGTERM)
                        asked = True
                finally:
                    os.close(pidfd)
        if not asked:
            self.kill()

    def programs(self) -> list[int]:
        """The numbers on the host of the program and of what was left behind by its children.

        They are the children of the innermost sandbox's first process, which is itself deaf to
        SIGTERM.
        """
        found = [] if self._init is None else _children(self._init)
        for _ in range(self._sandboxes - 1):
            firsts = [first for bwrap in found for first in _children(bwrap)]
            found = [program for first in firsts for program in _children(first)]
        return found

    def kill(self) -> None:
        """End everything in the sandbox now."""
        if self._init_pidfd is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._init_pidfd, signal.SIGKILL)
        if self._status is None:
            # Its own session since it started, and not waited for yet: the number is still its.
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def _bwrap_ended(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        # Before it is waited for: until then no other process can get its children's numbers.
        self._read_report()
        self._status = self._popen.wait()
        if self._init_pidfd is None:
            self._finish()
            return
        self.kill()
        self._loop.add_reader(self._init_pidfd, self._init_ended)

    def _init_ended(self) -> None:
        assert self._init_pidfd is not None
        self._loop.remove_reader(self._init_pidfd)
        os.close(self._init_pidfd)
        self._init_pidfd = None
        self._finish()

    def _finish(self) -> None:
        # Everyone who could write is gone: what the pipe still holds is all there will be.
        self._output.finish()
        self._close_report()
        if not self.up.done():
            self.up.set_result(None)
        assert self._status is not None
        self._on_exit(self, Exit(self._status))

    def _read_report(self) -> None:
        if self._report_fd is None:
            return
        try:
            data = os.read(self._report_fd, CHUNK)
        except BlockingIOError:
            return
        self._report += data
        if not data:
            self._close_report()
        *lines, self._report = self._report.split(b"\n")
        for line in lines:
            pid = json.loads(line).get("child-pid")
            if pid is not None:
                self._sandbox_made(int(pid))

    def _sandbox_made(self, pid: int) -> None:
        self._made += 1
        # Those inside report in the numbering of those around them, and end with them.
        if self._made == 1:
            self._init = pid
            with suppress(OSError):
                pidfd = os.pidfd_open(pid)
                # The number may be another's by now: then the sandbox has ended already.
                if parent(pid) == self.pid:
                    self._init_pidfd = pidfd
                else:
                    os.close(pidfd)
        if self._made == self._sandboxes and not self.up.done():
            self.up.set_result(None)

    def _close_report(self) -> None:
        if self._report_fd is not None:
            self._loop.remove_reader(self._report_fd)
            os.close(self._report_fd)
            self._report_fd = None


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        # A kernel without that file: ask everyone for their parent.
        everyone = (int(entry) for entry in os.listdir("/proc") if entry.isdecimal())
        return [other for other in everyone if parent(other) == pid]
    return [int(child) for child in text.split()]
