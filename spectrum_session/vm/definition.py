"""Resolves a definition to the files that a machine boots from, or to the machine to attach to."""

from __future__ import annotations

import os
import platform
import stat
from pathlib import Path

import msgspec

from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.images.recipe import Recipe, RecipeError, this_architecture
from spectrum_session.images.store import Image, Store

from .errors import VMError

CONSOLES = {"x86_64": "ttyS0", "aarch64": "ttyAMA0"}
"""The kernel's name of the serial port, by architecture."""


class Bootable(msgspec.Struct, frozen=True):
    """The parts of a machine that the session makes. Its files existed and were readable when they
    were resolved; links are not resolved."""

    kernel: Path
    initramfs: Path | None
    disks: tuple[Path, ...]
    """In the order in which the guest sees them. It can only read them."""
    command_line: str
    """The kernel's. That of an image names no console: a driver puts its own before it."""
    memory_mb: int
    vcpus: int
    image: bool
    """It is an image of ours, in which our agent runs; other guests may have none."""


class Attachment(msgspec.Struct, frozen=True):
    """Paths of a cloud-hypervisor that the host runs. Nothing needs to exist there."""

    api_socket: Path
    vsock: Path
    """Connections go to this, and the guest's come to it with `_PORT` appended."""


def attachment(definition: VM) -> Attachment | None:
    """The machine that this definition attaches to; None when the session makes one.

    Reads the file system, and its answer may change: a VM of Spectrum's is one to attach to while
    the host's service manager runs it, or when nothing else is known of it.
    """
    if isinstance(definition, SpectrumVM):
        places = [Path(place) for place in definition.api_sockets]
        there = [place for place in places if place.exists()]
        if not definition.kernel:
            there = there or places
        api_socket = there[0] if there else None
    else:
        api_socket = Path(definition.api_socket) if definition.api_socket else None
    # Spectrum's own place for the other, in both of its layouts.
    return Attachment(api_socket, api_socket.with_name("vsock")) if api_socket else None


def resolve(name: str, definition: VM, store: Store, *, as_nobody: bool) -> Bootable:
    """Resolve VM `name` to its own kernel, or to its image in `store`.

    `as_nobody`: the machine runs as nobody, who must be able to read its files. Raises VMError
    that names the key and the file when a file is missing or not a regular one.
    """
    if isinstance(definition, SpectrumVM) and not definition.kernel:
        raise VMError(f"nothing is known of it but {definition.origin}, and nobody runs it there")
    if not definition.kernel:
        image = _image(name, definition, store)
        return Bootable(
            image.kernel,
            image.initramfs,
            (image.root,),
            # Up to notices, of which the kernel's first line is one: by it a start is followed.
            f"loglevel=6 panic=1 spectrum.vm={name}",
            definition.memory_mb,
            definition.vcpus,
            True,
        )
    kernel = _file("kernel", definition.kernel, as_nobody)
    initramfs = definition.initramfs
    return Bootable(
        kernel,
        _file("initramfs", initramfs, as_nobody) if initramfs else None,
        tuple(_file("disks", disk, as_nobody) for disk in definition.disks),
        definition.kernel_command_line or default_command_line(),
        definition.memory_mb,
        definition.vcpus,
        False,
    )


def default_command_line(architecture: str = platform.machine()) -> str:
    """The command line of a kernel without one: messages to the console, and a crash ends the
    machine."""
    return f"console={CONSOLES.get(architecture, 'ttyS0')} panic=1"


def _image(name: str, definition: VM, store: Store) -> Image:
    packages = tuple(definition.packages)
    recipe = Recipe(name, packages, architecture=this_architecture())
    try:
        recipe.check()
    except RecipeError as error:
        raise VMError(str(error)) from error
    try:
        image = store.find(recipe)
    except OSError as error:
        raise VMError(f"its image in {store.directory}: {error.strerror}") from error
    if image is None:
        raise VMError(
            "it has no image, or one of other packages; build it with"
            f" `spectrumctl image build {name}`"
        )
    return image


def _file(key: str, text: str, as_nobody: bool) -> Path:
    try:
        mode = os.stat(text).st_mode
        readable = os.access(text, os.R_OK)
    except OSError as error:
        raise VMError(f"its {key}: {text}: {error.strerror}") from error
    # A block device neither: who escaped from a machine could write to it.
    if not stat.S_ISREG(mode):
        raise VMError(f"its {key}: {text} is not a regular file")
    if not readable:
        raise VMError(f"its {key}: {text} cannot be read by the session")
    if as_nobody and not mode & stat.S_IROTH:
        raise VMError(
            f"its {key}: {text} cannot be read by all, and the machines of root's session run as"
            f" nobody: chmod o+r {text}"
        )
    return Path(text)
