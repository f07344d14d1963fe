"""A sandbox that ends with the session: bubblewrap and all that runs in it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from spectrum_session.vm.log import Lines, VMLog

from . import sandbox
from .child import Kind
from .host_process import Exit, HostProcess, Process, Spawn
from .identity import parent
from .output import CHUNK

Builder = Callable[[Callable[[], int], Callable[[bytes], int]], list[str]]
"""`build(open_report, open_file)` returns a command line. It calls `open_report()` for a descriptor
that a bubblewrap reports on, once for each of the nested sandboxes, the outermost first, and
`open_file(content)` for a descriptor from which the content is read."""

ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}
"""Of bubblewrap itself; the program's is made by sandbox.build."""

AnyProcess = TypeVar("AnyProcess", bound=Process)


class SandboxProcess:
    """A running bubblewrap and all that runs in it.

    It must be made where an asyncio loop runs. `on_exit` is called once, from the loop, when
    bubblewrap and the sandbox's first process are both gone and the remaining output has been read;
    by then the kernel has killed every other process of the sandbox.
    """

    def __init__(
        self,
        build: Builder,
        log: VMLog | Lines,
        on_exit: Callable[[SandboxProcess, Exit], None],
        vm: str = "",
    ) -> None:
        """Start it for VM `vm`. Raises VMError when that fails, or what `build` raises."""
        self._loop = asyncio.get_running_loop()
        self._on_exit = on_exit
        self._sandboxes = 0
        """Nested sandboxes."""
        self._made = 0
        """Nested sandboxes that have been reported."""
        self._init: int | None = None
        """The outermost sandbox's first process, in the host's numbering."""
        self._partial_line = b""
        self.up = self._loop.create_future()
        """Done when the sandbox is made, or when the process has ended without."""
        with Spawn("the sandbox") as spawn:
            report, report_sink = spawn.pipe()
            output, output_sink = spawn.pipe()

            def open_report() -> int:
                self._sandboxes += 1
                return spawn.inherit(os.dup(report_sink))

            argv = build(open_report, spawn.inherit_file)
            child = spawn.run(argv, output_sink, Kind.VM, vm, ENVIRONMENT)
            self._process = HostProcess(child, self._ended, self._read_report)
        self.pid = child.pid
        self._report_fd: int | None = report
        os.set_blocking(report, False)
        self._loop.add_reader(report, self._read_report)
        self._process.read(output, log.write)

    def ask(self) -> None:
        """Send SIGTERM to the programs inside; kill a sandbox in which none has begun."""
        if self._process.ended:
            return
        asked = False
        for pid in self.programs():
            with suppress(OSError):
                pidfd = os.pidfd_open(pid)
                try:
                    # Its number may have been reused since it was looked up.
                    if pid in self.programs():
                        signal.pidfd_send_signal(pidfd, signal.SIGTERM)
                        asked = True
                finally:
                    os.close(pidfd)
        if not asked:
            self.kill()

    def programs(self) -> list[int]:
        """The numbers on the host of the program and of orphans of its children.

        They are the children of the innermost sandbox's first process, which itself ignores
        SIGTERM.
        """
        found = [] if self._init is None else _children(self._init)
        for _ in range(self._sandboxes - 1):
            firsts = [first for bwrap in found for first in _children(bwrap)]
            found = [program for first in firsts for program in _children(first)]
        return found

    def kill(self) -> None:
        """Kill everything in the sandbox."""
        self._process.kill()

    def _ended(self, status: int | None) -> None:
        self._close_report()
        if not self.up.done():
            self.up.set_result(None)
        self._on_exit(self, Exit(status))

    def _read_report(self) -> None:
        if self._report_fd is None:
            return
        try:
            data = os.read(self._report_fd, CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._close_report()
        *lines, self._partial_line = (self._partial_line + data).split(b"\n")
        for line in lines:
            pid = json.loads(line).get("child-pid")
            if pid is not None:
                self._sandbox_made(int(pid))

    def _sandbox_made(self, pid: int) -> None:
        self._made += 1
        # Inner sandboxes report in the numbering of the outer ones, and end with them.
        if self._made == 1:
            self._init = pid
            with suppress(OSError):
                pidfd = os.pidfd_open(pid)
                # The number may have been reused: then the sandbox has ended already.
                if parent(pid) == self.pid:
                    self._process.adopt(pidfd)
                else:
                    os.close(pidfd)
        if self._made == self._sandboxes and not self.up.done():
            self.up.set_result(None)

    def _close_report(self) -> None:
        if self._report_fd is not None:
            self._loop.remove_reader(self._report_fd)
            os.close(self._report_fd)
            self._report_fd = None


def start(
    tools: sandbox.Tools,
    name: str,
    log: VMLog,
    argv: Sequence[str],
    on_exit: Callable[[SandboxProcess, Exit], None],
    *,
    socket: Path | None = None,
    binds: Sequence[sandbox.Bind] = (),
    network: bool = False,
    processes: int = sandbox.PROCESSES,
) -> SandboxProcess:
    """Start `argv` in a sandbox of VM `name` (sandbox.build); its lines stay whole in `log`.

    `socket`: the Wayland socket in the sandbox, if any. `on_exit` is as SandboxProcess has it.
    Raises VMError when it cannot be started.
    """
    lines = Lines(log)
    build = partial(
        sandbox.build,
        tools,
        name=name,
        socket=socket,
        argv=argv,
        host_environment=os.environ,
        binds=binds,
        network=network,
        processes=processes,
    )
    return SandboxProcess(
        lambda open_report, open_file: build(open_report=open_report, open_file=open_file),
        lines,
        flushed(lines, on_exit),
        name,
    )


def flushed(
    lines: Lines, on_exit: Callable[[AnyProcess, Exit], None]
) -> Callable[[AnyProcess, Exit], None]:
    """`on_exit`, called after the last incomplete line has been written to the log."""

    def ended(process: AnyProcess, end: Exit) -> None:
        lines.flush()
        on_exit(process, end)

    return ended


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        # A kernel without that file: look at the parent of every process.
        everyone = (int(entry) for entry in os.listdir("/proc") if entry.isdecimal())
        return [other for other in everyone if parent(other) == pid]
    return [int(child) for child in text.split()]
