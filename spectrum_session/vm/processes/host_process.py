"""Starts, watches and ends processes of VMs on the host; sandboxes and gates are built on it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from spectrum_session.vm.errors import VMError

from .child import Kind, prepare
from .identity import Identity
from .output import CHUNK, Output


class Process(Protocol):
    """A process that belongs to a VM, as the VM's life sees it."""

    pid: int

    def ask(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it now."""


@dataclass(frozen=True)
class Exit:
    """How a process ended.

    `status`: 0 for success, -N when signal N killed the process itself, 128 + N when signal N ended
    the program in its sandbox; None when it is not known.
    """

    status: int | None

    def __str__(self) -> str:
        if self.status is None:
            return "ended, exit status unknown"
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


class Spawn:
    """One start of a child, as a context: owns the descriptors that are opened for it.

    On leaving, the child's copies are closed; ours are closed too when the start failed, and
    OSError becomes VMError.
    """

    def __init__(self, what: str) -> None:
        """`what` is started, for the error."""
        self._what = what
        self._inherited: list[int] = []
        self._always = ExitStack()
        self.failed = ExitStack()
        """Closed only when the start fails."""

    def __enter__(self) -> Spawn:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._always.close()
        if error is not None:
            self.failed.close()
        if isinstance(error, OSError):
            raise VMError(f"cannot start {self._what}: {error.strerror}") from error

    def close_after(self, fd: int) -> int:
        """Close `fd` on leaving; it is returned."""
        self._always.callback(os.close, fd)
        return fd

    def inherit(self, fd: int) -> int:
        """Let the child inherit `fd`, and close it here on leaving; it is returned."""
        self._inherited.append(fd)
        return self.close_after(fd)

    def inherit_file(self, content: bytes) -> int:
        """A descriptor of the child's from which it reads `content`, which must fit into a pipe."""
        source, sink = os.pipe()
        self.inherit(source)
        os.write(sink, content)
        os.close(sink)
        return source

    def pipe(self) -> tuple[int, int]:
        """A pipe whose reading end stays ours and whose writing end is closed on leaving."""
        source, sink = os.pipe()
        self.failed.callback(os.close, source)
        return source, self.close_after(sink)

    def run(
        self,
        argv: Sequence[str],
        output: int,
        kind: Kind,
        vm: str,
        environment: Mapping[str, str],
        fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start the child in a session of its own, printing into `output`.

        It inherits `fds` besides, which stay the caller's. Raises OSError.
        """
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[*self._inherited, *fds],
            env=environment,
            cwd="/",
            start_new_session=True,
            preexec_fn=prepare(kind, vm),
        )


class HostProcess:
    """A running process: a child of this session, or one that an earlier session started.

    It must be made where an asyncio loop runs. `on_end` is called once, from the loop, with the
    exit status (None for a process that is not a child), when the process and the first process of
    its sandbox (`adopt`) are gone and the remaining output has been read.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes] | Identity,
        on_end: Callable[[int | None], None],
        before_reap: Callable[[], None] = lambda: None,
    ) -> None:
        """`before_reap` is called when the process has ended but the numbers of its children cannot
        have been reused yet. Raises OSError when a child cannot be watched; then it is killed."""
        self._loop = asyncio.get_running_loop()
        self._on_end = on_end
        self._before_reap = before_reap
        self._child: subprocess.Popen[bytes] | None = None
        self._first: int | None = None
        self._output: Output | None = None
        self._released = False
        self._status: int | None = None
        self.pid = process.pid
        self.ended = False
        """The process is gone; processes of its sandbox may remain until `on_end`."""
        if isinstance(process, Identity):
            self._pidfd = process.open()
        else:
            self._child = process
            self._pidfd = _open_child(process)
        if self._pidfd is None:
            self._loop.call_soon(self._process_ended)
        else:
            self._loop.add_reader(self._pidfd, self._process_ended)

    def read(self, output: int, write: Callable[[bytes], None], chunk: int = CHUNK) -> None:
        """Read its output from the descriptor `output`, which is closed at the end."""
        self._output = Output(output, write, chunk)

    @property
    def adopted(self) -> bool:
        """Is there a first process of its sandbox?"""
        return self._first is not None

    def adopt(self, pidfd: int) -> None:
        """Take over the first process of its sandbox: it is killed with the process, and waited
        for."""
        self._first = pidfd
        self._loop.add_reader(pidfd, self._first_ended)

    def kill(self) -> None:
        """Kill the process with its process group, and all in its sandbox."""
        self._kill_first()
        if self._child is not None and not self.ended:
            # Not reaped yet: its number, which is its group's, is still its own.
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        elif self._pidfd is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def release(self) -> None:
        """Stop watching it; it goes on. `on_end` is not called."""
        self._released = True
        self._close_pidfd()
        self._close_first()
        if self._output is not None:
            self._output.close()
        if self._child is not None:
            # Not to be reaped: the session that releases it ends.
            self._child.returncode = 0

    def _kill_first(self) -> None:
        if self._first is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)

    def _process_ended(self) -> None:
        if self._released:
            return
        self._close_pidfd()
        self.ended = True
        self._before_reap()
        if self._child is not None:
            self._status = self._child.wait()
        self._kill_first()
        self._finish()

    def _first_ended(self) -> None:
        self._close_first()
        self._finish()

    def _finish(self) -> None:
        if not self.ended or self._first is not None:
            return
        # All writers are gone: the pipe's content is all there will be.
        if self._output is not None:
            self._output.finish()
        self._on_end(self._status)

    def _close_pidfd(self) -> None:
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = None

    def _close_first(self) -> None:
        if self._first is not None:
            self._loop.remove_reader(self._first)
            os.close(self._first)
            self._first = None


def _open_child(child: subprocess.Popen[bytes]) -> int:
    try:
        return os.pidfd_open(child.pid)
    except OSError:
        child.kill()
        child.wait()
        raise
