"""QEMU's command line for a guest of ours. Pure."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass

from spectrum_session.vm.definition import CONSOLES, Bootable
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.agent import AGENT_PORT, SOCKET
from spectrum_session.vm.guest.waypipe import DIRECTORY as TRANSPORT
from spectrum_session.vm.guest.waypipe import LINK, WAYLAND_PORT

from . import vsock

HOST_ADDRESS = "10.0.2.100"
"""The one address that a guest reaches without a network: QEMU hands it to a socket of the host."""

MACHINE = "/run/machine"
"""Where QEMU finds, in its sandbox, the socket on which the session waits for the agent."""
CONSOLE, MONITOR = "console", "monitor"
"""What QEMU calls these two."""
KERNEL, INITRAMFS, DISK = "/run/boot/kernel", "/run/boot/initramfs", "/run/boot/disk"
"""Where it finds what it boots from; disks have a number from 0 on at the end. So no path of a
definition's stands in an option."""

_EMULATION = "tcg,thread=single"
"""With a thread for each processor one of them now and then runs into the middle of what another
rewrites of the kernel's own code, and a guest in some dozens ends in its first second (`int3`)."""

_PROGRAMS = {"x86_64": "qemu-system-x86_64", "aarch64": "qemu-system-aarch64"}
_MACHINES = {"x86_64": "q35", "aarch64": "virt"}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a guest gets."""

    name: str
    """The VM's, which check_name has let through."""
    boot: Bootable
    kvm: bool
    """Hardware virtualisation, when it was seen to work; else QEMU computes everything."""
    console: int
    monitor: int
    """Descriptors of sockets that listen already, and on which QEMU serves these."""
    network: Sequence[str] = ()
    """Options for its network devices."""
    kernel_words: Sequence[str] = ()
    """What the kernel of an image is told of them."""
    vsock: str | None = None
    """The program on the host that brings the guest's connections; else guestfwd does."""
    architecture: str = platform.machine()


def program(architecture: str = platform.machine()) -> str:
    """QEMU for guests of this machine's own kind. VMError: there is none."""
    found = _PROGRAMS.get(architecture)
    if found is None:
        raise VMError(f"no guest can be made for {architecture}: there are {', '.join(_PROGRAMS)}")
    return found


def command_line(machine: Machine) -> list[str]:
    """QEMU with its console and QMP on sockets, no display, and no network but the machine's.

    It waits with the guest until it is told `cont`: nothing of the console is lost.
    """
    boot = machine.boot
    made = [program(machine.architecture), "-nodefaults", "-no-user-config", "-no-reboot", "-S"]
    made += ["-name", f"guest={machine.name},debug-threads=off"]
    shared = vsock.MACHINE if machine.vsock else ""
    made += ["-machine", _MACHINES[machine.architecture] + shared]
    made += ["-accel", "kvm" if machine.kvm else _EMULATION]
    made += ["-cpu", "host" if machine.kvm else "max"]
    made += ["-smp", str(boot.vcpus), "-m", str(boot.memory_mb)]
    made += ["-display", "none", "-serial", f"chardev:{CONSOLE}"]
    for name, fd in ((CONSOLE, machine.console), (MONITOR, machine.monitor)):
        made += ["-chardev", f"socket,id={name},fd={fd},server=on,wait=off"]
    made += ["-mon", f"chardev={MONITOR},mode=control"]
    made += ["-kernel", KERNEL]
    if boot.initramfs is not None:
        made += ["-initrd", INITRAMFS]
    words = [boot.command_line]
    if boot.image:
        words = [f"console={CONSOLES[machine.architecture]}", *words, *machine.kernel_words]
    made += ["-append", " ".join(words)]
    for index in range(len(boot.disks)):
        drive = f"file={DISK}{index},format=raw,if=none,id=disk{index},readonly=on"
        made += ["-drive", drive, "-device", f"virtio-blk-pci,drive=disk{index}"]
    made += machine.network
    agent, link = f"{MACHINE}/{SOCKET}", f"{TRANSPORT}/{LINK}"
    if machine.vsock:
        made += vsock.options(boot.memory_mb)
        return vsock.beside(machine.vsock, made, agent, link)
    forwards = (_forward(AGENT_PORT, agent), _forward(WAYLAND_PORT, link))
    made += ["-netdev", ",".join(("user,id=host,restrict=on", *forwards))]
    return [*made, "-device", "virtio-net-pci,netdev=host,romfile="]


def _forward(port: int, path: str) -> str:
    # Each connection of the guest's is a process of its own, so that none waits for another.
    return f"guestfwd=tcp:{HOST_ADDRESS}:{port}-cmd:socat - UNIX-CONNECT:{path}"


def needed(which: Sequence[str]) -> str:
    """What to install for programs that are missing."""
    packages = {"socat": "socat", "waypipe": "waypipe", _PROGRAMS["aarch64"]: "qemu-system-arm"}
    names = [packages.get(name, "qemu-system-x86") for name in which]
    return "apt-get install " + " ".join(dict.fromkeys(names))
