"""crosvm's graphics device for a machine: Wayland by virtio-gpu's cross-domain, one process a VM.

It connects to the VM's own Wayland socket and to no other: which VM a client is of is decided by
that. cloud-hypervisor reaches it on a socket in a directory of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import sandbox, sandbox_process
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess

PROGRAM = "crosvm"
SOCKET = "gpu"
"""The name of its socket."""
DIRECTORY = "/run/gpu"
"""Where that is, in its sandbox."""

_RENDER_NODES = Path("/dev/dri")


def find_program(which: Callable[[str], str | None] = shutil.which) -> str:
    """crosvm on the host. Raises VMError when there is none."""
    found = which(PROGRAM)
    if found is None:
        raise VMError(
            'crosvm not found on PATH, which transport = "cross-domain" needs; Debian has no'
            ' package of it; transport = "auto" does without it'
        )
    return found


def command_line(found: str) -> list[str]:
    """`found`: the program on the host."""
    parameters = json.dumps({"context-types": "cross-domain"}, separators=(",", ":"))
    made = [sandbox.program(found)[0], "device", "gpu", "--socket", f"{DIRECTORY}/{SOCKET}"]
    return [*made, "--wayland-sock", sandbox.SOCKET, "--params", parameters]


def binds(found: str, directory: Path, render_nodes: Iterable[Path]) -> list[sandbox.Bind]:
    """All that it has of the host's files beside the VM's Wayland socket."""
    made = [sandbox.Bind(directory, DIRECTORY, writable=True)]
    made += sandbox.program(found)[1]
    return [*made, *(sandbox.Bind(node, str(node), device=True) for node in render_nodes)]


def render_nodes(directory: Path = _RENDER_NODES) -> list[Path]:
    """The GPUs' nodes for drawing alone, which show no screen and take no other's buffers."""
    try:
        found = sorted(node for node in directory.iterdir() if node.name.startswith("renderD"))
        return [node for node in found if stat.S_ISCHR(os.stat(node).st_mode)]
    except OSError:
        return []


def start(
    tools: sandbox.Tools,
    name: str,
    log: VMLog,
    socket: Path,
    directory: Path,
    on_exit: Callable[[SandboxProcess, Exit], None],
) -> SandboxProcess:
    """Start it for VM `name`, whose Wayland socket is `socket`; its own will be in `directory`.

    Raises VMError when it cannot be started.
    """
    found = find_program()
    return sandbox_process.start(
        tools,
        name,
        log,
        command_line(found),
        on_exit,
        socket=socket,
        binds=binds(found, directory, render_nodes()),
    )
