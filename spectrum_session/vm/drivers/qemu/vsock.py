"""vsock for a guest in QEMU: vhost-device-vsock beside it, in the same sandbox.

The kernel's own vhost-vsock is not used: by it all guests reach the same ports of the host, and
only a number tells whose connection it is. Here a guest's connections come out of sockets that are
its alone, called as cloud-hypervisor calls them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from spectrum_session.config.schema import VM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.agent import AGENT_PORT
from spectrum_session.vm.guest.waypipe import WAYLAND_PORT
from spectrum_session.vm.processes import sandbox
from spectrum_session.vm.processes.sandbox import Bind

PROGRAM = "vhost-device-vsock"

_DIRECTORY = "/run/vsock"
"""In the memory of the sandbox; nothing of the host's can be written to."""
_VHOST, _HOST = "vhost", "host"
"""Where QEMU connects; what connections of the guest's go to, with `_PORT` behind it."""
_CID = 3
"""Every guest's: the number identifies nobody."""

_START = f"""
program=$1
mkdir {_DIRECTORY}
ln -s "$2" {_DIRECTORY}/{_HOST}_{AGENT_PORT}
ln -s "$3" {_DIRECTORY}/{_HOST}_{WAYLAND_PORT}
shift 3
(
    "$program" --guest-cid {_CID} --socket {_DIRECTORY}/{_VHOST} --uds-path {_DIRECTORY}/{_HOST}
    status=$?
    # It ends when the machine does, and with that all that is here.
    sleep 10
    echo "{PROGRAM} has ended with status $status" >&2
    kill -KILL $$
) &
until [ -S {_DIRECTORY}/{_VHOST} ]; do sleep 0.05; done
exec "$@"
"""
"""For a shell: lead the guest's connections to two sockets, of which the sandbox has no more than
that it can connect; start the device, and what follows once it listens. A guest without it could do
nothing."""


def find(definition: VM) -> str | None:
    """The program, when this machine is to have vsock. VMError: it is to, and there is none."""
    asked = definition.transport == "vsock"
    # Whoever made the guest has it look for one way to the host, and guestfwd is everywhere.
    if definition.transport == "guestfwd" or (definition.kernel and not asked):
        return None
    found = shutil.which(PROGRAM)
    if found is None and asked:
        raise VMError(
            f'transport = "vsock": {PROGRAM} not found on PATH (Debian 14: apt-get install'
            f' {PROGRAM}); transport = "auto" does without'
        )
    return found


def binds(program: str) -> list[Bind]:
    """What the sandbox needs besides: it has the host's /usr, and no other program."""
    return sandbox.program(program)[1]


def options(memory_mb: int) -> list[str]:
    """QEMU's. The device reads and writes the guest's memory, which is shared for that."""
    return [
        *("-object", f"memory-backend-memfd,id=memory,size={memory_mb}M,share=on"),
        *("-chardev", f"socket,id=vsock,path={_DIRECTORY}/{_VHOST}"),
        *("-device", "vhost-user-vsock-pci,chardev=vsock"),
    ]


MACHINE = ",memory-backend=memory"
"""Behind the machine's name."""


def beside(program: str, argv: Sequence[str], agent: str, link: str) -> list[str]:
    """The command line that starts `argv` with the device beside it.

    `agent` and `link` are the sockets for the guest's agent and for its transport.
    """
    there = sandbox.program(program)[0]
    return ["/bin/sh", "-c", _START, "sh", there, agent, link, *argv]
