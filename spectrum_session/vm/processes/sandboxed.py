"""A program of a VM's on the host, in a sandbox, its output in the VM's log."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from spectrum_session.vm.log import Lines, VMLog

from . import sandbox, users
from .lasting import LastingProcess, Whereabouts, find_lasting
from .lasting import start_lasting as _start_lasting
from .process import Exit, Process, SandboxProcess

AnyProcess = TypeVar("AnyProcess", bound=Process)


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
    """Start `argv` in a sandbox of VM `name` (sandbox.build); its lines in `log` stay whole.

    `socket`: the Wayland socket that it has, if any. `on_exit` is as SandboxProcess has it. Raises
    VMError when it cannot be started.
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
        _flushed(lines, on_exit),
        name,
    )


def start_lasting(
    tools: sandbox.Tools,
    name: str,
    log: VMLog,
    argv: Sequence[str],
    on_exit: Callable[[LastingProcess, Exit], None],
    directory: Path,
    *,
    binds: Sequence[sandbox.Bind] = (),
    fds: Sequence[int] = (),
) -> LastingProcess:
    """As `start`, in a sandbox that outlives the session, and with these descriptors in it.

    `directory` is the session's alone (lasting.py). Raises VMError when it cannot be started.
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
    return _start_lasting(
        lambda open_report, open_file, open_info: build(
            open_report=open_report, open_file=open_file, open_info=open_info
        ),
        directory,
        lines,
        _flushed(lines, on_exit),
        fds,
        name,
    )


def find(
    where: Whereabouts,
    log: VMLog,
    on_exit: Callable[[LastingProcess, Exit], None],
    directory: Path,
) -> LastingProcess:
    """Have again what an earlier session started with `start_lasting`."""
    lines = Lines(log)
    return find_lasting(where, directory, lines, _flushed(lines, on_exit))


def _flushed(
    lines: Lines, on_exit: Callable[[AnyProcess, Exit], None]
) -> Callable[[AnyProcess, Exit], None]:
    """Have the last line that was begun in the log before `on_exit` is called."""

    def ended(process: AnyProcess, end: Exit) -> None:
        lines.flush()
        on_exit(process, end)

    return ended


def hand_over(tools: sandbox.Tools, name: str, path: Path) -> None:
    """Let the sandboxes of VM `name` use what the session made. Raises OSError.

    Root needs no permission for it; the sandbox is somebody else.
    """
    if tools.setpriv is not None:
        user = users.sandbox(name)
        os.chown(path, user, user, follow_symlinks=False)
