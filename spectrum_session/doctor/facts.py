"""Facts about a machine: plain values, so that the checks are pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Node:
    """A device file, or a socket."""

    path: str
    usable: bool
    """Whether it is readable and writable for us."""
    group: str = ""
    """Name of its group."""


@dataclass(frozen=True)
class Software:
    """The program itself, Python and wlroots."""

    python: str = ""
    wlroots: str = ""
    """Version and provider, as in "0.18.2 (system)"; "" when none loads."""
    wlroots_error: str = ""
    libwaylands: tuple[str, ...] = ()
    """The files of libwayland-server that are mapped once wlroots is loaded."""
    has_helpers: bool = True
    """Whether our own C module is built."""


@dataclass(frozen=True)
class User:
    """The user that runs the doctor."""

    uid: int = 1000
    name: str = "user"
    groups: tuple[str, ...] = ()
    runtime_error: str = ""
    """Why XDG_RUNTIME_DIR cannot be used; "" when it can."""
    runtime: str = ""


@dataclass(frozen=True)
class Seat:
    """Screens, input devices, and the service that opens them."""

    seatd: Node | None = None
    """seatd's socket; None when there is none."""
    logind: bool = False
    """Whether this is a session of logind (or elogind) on a seat."""
    logind_runs: bool = False
    polkit: bool = True
    """Whether polkit is installed: logind asks it whether this user may switch terminals."""
    cards: tuple[Node, ...] = ()
    render: tuple[Node, ...] = ()
    inputs: tuple[Node, ...] = ()
    udev: bool = False
    terminals: bool = True
    """Whether there are virtual terminals (/dev/tty0)."""


@dataclass(frozen=True)
class Looks:
    """Fonts, cursors and keymaps."""

    font: str = ""
    """The family that the configuration names."""
    font_found: str = ""
    """The family that fontconfig matches; "" when it has none."""
    font_error: str = ""
    cursor_theme: str = ""
    cursor_path: str = ""
    """Directory of that theme; "" when it is not installed."""
    xkb: str = ""
    """Directory of xkb's data; "" when it is not installed."""
    layouts: tuple[str, ...] = ()
    layouts_missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kvm:
    """Result of the KVM probe."""

    node: Node | None = None
    state: Literal["absent", "works", "fails", "hangs", "untried"] = "absent"
    steps: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Machines:
    """Virtualisation and confinement."""

    kvm: Kvm = field(default_factory=Kvm)
    namespaces_error: str = ""
    """Why bubblewrap cannot make a sandbox; "" when it can, or is not installed."""
    landlock: int = 0
    """Version of the kernel's landlock ABI; 0: none."""
    seccomp: bool = True
    waypipe: str = ""
    """Its version."""
    groups_error: str = ""
    """Why VMs cannot have control groups; "" when they can."""


ATTACHED = "attached"
"""Stands for the driver of a machine that another service runs."""


@dataclass(frozen=True)
class Configuration:
    """The configuration, as far as it can be read."""

    errors: tuple[str, ...] = ()
    files: int = 0
    terminal: str = "foot"
    drivers: tuple[str, ...] = ()
    """Drivers of the defined VMs, each once; ATTACHED for machines that another service runs."""
    uplinks: tuple[str, ...] = ()
    """Names of the VMs that have the host's network."""
    cross_domain: bool = False
    """Whether a VM has transport = "cross-domain"."""
    troubles: tuple[str, ...] = ()
    """Errors of Spectrum's own VMs, a line each."""


@dataclass(frozen=True)
class Space:
    """Disk space for logs and reports."""

    path: str = ""
    free: int = 0
    """Bytes."""
    writable: bool = True


@dataclass(frozen=True)
class Facts:
    """All facts."""

    software: Software = field(default_factory=Software)
    user: User = field(default_factory=User)
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
