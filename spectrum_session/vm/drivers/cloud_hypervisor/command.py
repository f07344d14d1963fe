"""cloud-hypervisor's command line, and the host's files in its sandbox. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spectrum_session.vm.definition import Bootable
from spectrum_session.vm.drivers.kvm import KVM
from spectrum_session.vm.guest import waypipe
from spectrum_session.vm.guest.agent import AGENT_PORT
from spectrum_session.vm.guest.waypipe import WAYLAND_PORT
from spectrum_session.vm.processes import sandbox

from . import crosvm
from .config import VmConfig, vm_config

PROGRAM = "cloud-hypervisor"

API, VSOCK = "api", "vsock"
"""Sockets that it makes, in the only directory that it can write to."""
AGENT, SERIAL, EVENTS = "agent", "serial", "events"
"""What the session has made for it: a socket that the guest's agent is led to, and named pipes. A
file would grow as long as the guest prints."""

OWN = "vmm"
"""That directory, in the one of the VM."""

_OWN, _MACHINE, _BOOT = "/run/vmm", "/run/machine", "/run/boot"


@dataclass(frozen=True, slots=True)
class Directories:
    """What lies where on the host. Only `own` is the machine's to write to."""

    own: Path
    machine: Path
    transport: Path
    gpu: Path | None = None


def links() -> dict[str, str]:
    """Symbolic links for its own directory.

    A guest's connection to a port goes to the socket beside its vsock that is called after it, and
    from there to those that it cannot touch. The links lead somewhere in its sandbox alone.
    """
    return {
        f"{VSOCK}_{AGENT_PORT}": f"{_MACHINE}/{AGENT}",
        f"{VSOCK}_{WAYLAND_PORT}": f"{waypipe.DIRECTORY}/{waypipe.LINK}",
    }


def command_line(found: str) -> list[str]:
    """`found`: the program on the host. It waits for the API, and boots nothing by itself."""
    made = [sandbox.program(found)[0], "--api-socket", f"path={_OWN}/{API}"]
    return [*made, "--event-monitor", f"path={_MACHINE}/{EVENTS}"]


def binds(
    found: str, boot: Bootable, directories: Directories, kvm: Path = KVM
) -> list[sandbox.Bind]:
    """All that it has of the host's files."""
    made = [
        *sandbox.program(found)[1],
        sandbox.Bind(kvm, str(KVM), device=True),
        sandbox.Bind(directories.own, _OWN, writable=True),
        sandbox.Bind(directories.machine, _MACHINE),
        sandbox.Bind(boot.kernel, f"{_BOOT}/kernel"),
    ]
    if directories.gpu is None:
        made.append(sandbox.Bind(directories.transport, waypipe.DIRECTORY))
    else:
        made.append(sandbox.Bind(directories.gpu, crosvm.DIRECTORY))
    if boot.initramfs is not None:
        made.append(sandbox.Bind(boot.initramfs, f"{_BOOT}/initramfs"))
    for index, disk in enumerate(boot.disks):
        made.append(sandbox.Bind(disk, f"{_BOOT}/disk-{index}"))
    return made


def config(boot: Bootable, console: str, gpu: bool = False) -> VmConfig:
    """The machine. `console`: the serial port in the kernel's words, which an image is told."""
    return vm_config(
        kernel=f"{_BOOT}/kernel",
        initramfs=f"{_BOOT}/initramfs" if boot.initramfs is not None else None,
        disks=tuple(f"{_BOOT}/disk-{index}" for index in range(len(boot.disks))),
        command_line=f"console={console} {boot.command_line}" if boot.image else boot.command_line,
        memory_mb=boot.memory_mb,
        vcpus=boot.vcpus,
        serial=f"{_MACHINE}/{SERIAL}",
        vsock=f"{_OWN}/{VSOCK}",
        gpu=f"{crosvm.DIRECTORY}/{crosvm.SOCKET}" if gpu else None,
    )
