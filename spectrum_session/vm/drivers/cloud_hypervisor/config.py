"""The body of vm.create, as Spectrum writes it. Pure."""

from __future__ import annotations

import msgspec

CID = 3
"""The same for every guest: the path of its socket identifies a machine."""


class Cpus(msgspec.Struct, frozen=True):
    """How many processors there are at boot, and ever."""

    boot_vcpus: int
    max_vcpus: int


class Memory(msgspec.Struct, frozen=True):
    """The guest's memory."""

    size: int
    """Bytes."""
    shared: bool = True
    """Devices of the guest's may be processes of their own, and those have to reach it."""


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is booted. Paths are those in the sandbox."""

    kernel: str
    cmdline: str
    initramfs: str | None = None


class Disk(msgspec.Struct, frozen=True):
    """A disk, which the guest cannot write to."""

    path: str
    readonly: bool = True


class Serial(msgspec.Struct, frozen=True):
    """The serial port: where the kernel's messages go."""

    file: str
    mode: str = "File"


class Console(msgspec.Struct, frozen=True):
    """The virtio console, on a terminal whose path vm.info tells."""

    mode: str = "Pty"


class Vsock(msgspec.Struct, frozen=True):
    """The guest's way to sockets of the host: `socket` with `_PORT` after it."""

    socket: str
    cid: int = CID


class Gpu(msgspec.Struct, frozen=True):
    """A graphics device that is another process. It is a patch of Spectrum's: a cloud-hypervisor
    without it takes no notice of the key."""

    socket: str


class VmConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it."""

    cpus: Cpus
    memory: Memory
    payload: Payload
    disks: tuple[Disk, ...]
    serial: Serial
    console: Console
    vsock: Vsock
    gpu: tuple[Gpu, ...] = ()

    def encode(self) -> bytes:
        """The JSON that is sent."""
        return msgspec.json.encode(self)


def vm_config(
    *,
    kernel: str,
    initramfs: str | None,
    disks: tuple[str, ...],
    command_line: str,
    memory_mb: int,
    vcpus: int,
    serial: str,
    vsock: str,
    gpu: str | None = None,
) -> VmConfig:
    """What a machine gets. Paths are those that cloud-hypervisor sees; `gpu` is the socket of the
    process that is its graphics device, if it has one."""
    return VmConfig(
        Cpus(vcpus, vcpus),
        Memory(memory_mb << 20),
        Payload(kernel, command_line, initramfs),
        tuple(Disk(path) for path in disks),
        Serial(serial),
        Console(),
        Vsock(vsock),
        () if gpu is None else (Gpu(gpu),),
    )
