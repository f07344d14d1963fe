"""What is asked of a machine: plain values, so that judging them needs no machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Node:
    """A device file, or a socket."""

    path: str
    usable: bool
    """May we read and write it?"""
    group: str = ""
    """Whose members may, by the name of its group."""


@dataclass(frozen=True)
class Software:
    """The program itself and what it stands on."""

    python: str = ""
    wlroots: str = ""
    """Version and provider, as in "0.18.2 (system)"; "" when none loads."""
    wlroots_error: str = ""
    libwaylands: tuple[str, ...] = ()
    """The files of libwayland-server that are mapped once wlroots is loaded."""
    has_helpers: bool = True
    """Is our own C module there?"""


@dataclass(frozen=True)
class Person:
    """Who asks."""

    uid: int = 1000
    name: str = "user"
    groups: tuple[str, ...] = ()
    runtime_error: str = ""
    """What is wrong with XDG_RUNTIME_DIR."""
    runtime: str = ""


@dataclass(frozen=True)
class Seat:
    """The screens, keyboards and who hands them out."""

    seatd: Node | None = None
    """seatd's socket; None when there is none."""
    logind: bool = False
    """Does logind (or elogind) run, and have we a session of it on a seat?"""
    logind_runs: bool = False
    polkit: bool = True
    """Is polkit there? logind asks it whether this person may switch terminals."""
    cards: tuple[Node, ...] = ()
    render: tuple[Node, ...] = ()
    inputs: tuple[Node, ...] = ()
    udev: bool = False
    terminals: bool = True
    """Are there virtual terminals (/dev/tty0)?"""


@dataclass(frozen=True)
class Looks:
    """What windows are drawn with."""

    font: str = ""
    """The family that the configuration names."""
    font_found: str = ""
    """The family that fontconfig gives for it; "" when it has none at all."""
    font_error: str = ""
    cursor_theme: str = ""
    cursor_path: str = ""
    """Where that theme is; "" when it is nowhere."""
    xkb: str = ""
    """The directory of xkb's data; "" when it is nowhere."""
    layouts: tuple[str, ...] = ()
    layouts_missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kvm:
    """Hardware virtualisation, as it was tried."""

    node: Node | None = None
    state: Literal["absent", "works", "fails", "hangs", "untried"] = "absent"
    steps: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Machines:
    """What runs VMs."""

    kvm: Kvm = field(default_factory=Kvm)
    namespaces_error: str = ""
    """Why bubblewrap makes no sandbox; "" when it does, or is not there."""
    landlock: int = 0
    """The version of the kernel's interface; 0: none."""
    seccomp: bool = True
    waypipe: str = ""
    """Its version."""
    groups_error: str = ""
    """Why no VM can have a control group of its own; "" where the service manager can give them."""


ATTACHED = "attached"
"""In place of a driver: the machine is run by somebody else."""


@dataclass(frozen=True)
class Configuration:
    """What the configuration says, as far as it can be read."""

    errors: tuple[str, ...] = ()
    files: int = 0
    terminal: str = "foot"
    drivers: tuple[str, ...] = ()
    """Of the VMs that are defined, each once; ATTACHED for those that somebody else runs."""
    uplinks: tuple[str, ...] = ()
    """Names of those that have the host's network."""
    cross_domain: bool = False
    """A VM's windows come by virtio-gpu's cross-domain."""
    troubles: tuple[str, ...] = ()
    """What keeps VMs of Spectrum's from starting, a line each."""


@dataclass(frozen=True)
class Space:
    """Room for logs and reports."""

    path: str = ""
    free: int = 0
    """Bytes."""
    writable: bool = True


@dataclass(frozen=True)
class Facts:
    """Everything that was found out."""

    software: Software = field(default_factory=Software)
    person: Person = field(default_factory=Person)
    seat: Seat = field(default_factory=Seat)
    looks: Looks = field(default_factory=Looks)
    machines: Machines = field(default_factory=Machines)
    configuration: Configuration = field(default_factory=Configuration)
    space: Space = field(default_factory=Space)
    programs: frozenset[str] = frozenset()
    """Those of PROGRAMS, and the terminal, that are on PATH."""


PROGRAMS = (
    "foot",
    "grim",
    "waypipe",
    "bwrap",
    "setpriv",
    "qemu-system-x86_64",
    "qemu-system-aarch64",
    "cloud-hypervisor",
    "crosvm",
    "vhost-device-vsock",
    "socat",
    "passt",
    "mmdebstrap",
    "mksquashfs",
)
