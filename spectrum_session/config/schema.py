"""The configuration as typed structs: every key, its type, range and default."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from spectrum_session.gate.limits import Limits as GateLimits
from spectrum_session.gate.policy import PERMISSIONS
from spectrum_session.shell.names import WORKSPACES, LayoutName

from .ranges import DELAY, PIXELS, SIZE, number, whole

_GATE = GateLimits()


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """Base of all tables: immutable, rejects unknown keys, keys are written with hyphens."""


class Session(Struct, frozen=True):
    """[session]"""

    terminal: list[str] = msgspec.field(default_factory=lambda: ["foot"])
    """Command of the host's terminal."""
    spawn_terminal: bool = True
    """Start one terminal when the session is ready."""
    autostart: list[list[str]] = []
    """Commands started when the session is ready, in order."""
    exit_deadline_ms: Annotated[int, whole(0, 60000, "milliseconds")] = 2000
    """How long clients get to close before they are killed at exit."""
    gate: bool = True
    """Put a gate between each VM and the compositor; turned off for development only."""
    events_max_delay_ms: Annotated[int, DELAY] = 0
    """The default of this key for VMs."""
    vms_at_exit: Literal["stop", "keep"] = "stop"
    """Whether machines stop or keep running at a clean exit; `local` VMs always end."""


class Keyboard(Struct, frozen=True):
    """[keyboard]: xkb names as in setxkbmap; empty strings mean xkb's defaults."""

    rules: str = ""
    model: str = ""
    layout: str = "us"
    variant: str = ""
    options: str = ""
    repeat_rate: Annotated[int, whole(0, 200, "a second; 0 is off")] = 30
    """Repeats a second; 0 turns repeat off."""
    repeat_delay_ms: Annotated[int, whole(1, 10000, "milliseconds")] = 300
    numlock: bool = False


class Pointer(Struct, frozen=True):
    """[pointer]: `None` leaves the device's default (libinput)."""

    theme: str = ""
    """xcursor theme; empty: $XCURSOR_THEME, then "default"."""
    size: Annotated[int, whole(8, 256, PIXELS)] = 24
    natural_scroll: bool | None = None
    tap: bool | None = None
    acceleration: Annotated[float, number(-1, 1)] | None = None
    """-1.0 … 1.0."""
    warp_on_output_change: bool = True


class Output(Struct, frozen=True):
    """[outputs.NAME]; NAME may be "*"."""

    enabled: bool = True
    mode: str = ""
    """"WIDTHxHEIGHT" or "WIDTHxHEIGHT@HZ"; empty: the preferred mode."""
    scale: Annotated[float, number(0.5, 4)] = 1.0
    transform: Literal[
        "normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"
    ] = "normal"
    position: tuple[int, int] | None = None
    """Layout coordinates of its top-left corner; None: right of the others."""
    adaptive_sync: bool = False


class Frame(Struct, frozen=True):
    """[frame]"""

    border: Annotated[int, whole(1, 32, PIXELS)] = 4
    """Logical pixels, 1 to 32."""
    title_height: Annotated[int, whole(16, 100, PIXELS)] = 28
    font: str = "sans-serif"
    font_size: Annotated[float, number(6, 32, "points")] = 10.5
    """Points at 96 dpi."""
    popup_border: Annotated[int, whole(1, 32, PIXELS)] = 2


class Layout(Struct, frozen=True):
    """[layout]"""

    default: LayoutName = "master-stack"
    gap: Annotated[int, whole(0, 200, PIXELS)] = 8
    """Between windows, logical pixels."""
    outer_gap: Annotated[int, whole(0, 200, PIXELS)] = 8
    master_ratio: Annotated[float, number(0.1, 0.9)] = 0.55
    background: str = "#1d2127"
    """Colour of the empty desktop."""
    workspaces: dict[str, LayoutName] = {}
    """Layout per workspace number, where it is not the default."""


class Focus(Struct, frozen=True):
    """[focus]"""

    follows_pointer: bool = False
    guard_ms: Annotated[int, whole(0, 5000, "milliseconds")] = 300
    """Input to a window is ignored for this long after it appeared under the pointer or took the
    focus by itself."""


class Label(Struct, frozen=True):
    """[labels.NAME]: name, colour and pattern of VMs, which refer to it with `label`."""

    color: str
    """One of red, orange, yellow, green, gray, blue, purple, black, or "#rrggbb"."""
    pattern: str = "solid"


class Rule(Struct, frozen=True):
    """[[rules]]: the first that matches a new window wins, field by field."""

    vm: str | None = None
    """VM name, glob; "" is the host."""
    app_id: str | None = None
    title: str | None = None
    floating: bool | None = None
    workspace: Annotated[int, whole(WORKSPACES[0], WORKSPACES[-1])] | None = None
    fullscreen: bool | None = None
    maximised: bool | None = None
    focus: bool | None = None
    """False: never takes the focus when it opens."""
    width: Annotated[int, SIZE] | None = None
    height: Annotated[int, SIZE] | None = None


class Binding(Struct, frozen=True):
    """The long form of a binding."""

    action: str
    repeat: bool = False
    release: bool = False
    """Fires when the key goes up and nothing else was pressed in between."""
    locked: bool = False
    """Works on the lock screen too."""
    keycode: bool = False
    """The chord names a place on the keyboard: its key is looked up in the first layout (us
    positions), whatever layout is active."""


Bindings = dict[str, str | Binding]


class Mode(Struct, frozen=True):
    """[modes.NAME]: bindings that hold while the mode is active."""

    bindings: Bindings = {}


class Permissions(Struct, frozen=True):
    """[permissions] of a VM; in session.toml the default for all VMs.

    The names are those of the gate's policy (gate/policy.py), which says what each grants.
    """

    clipboard: bool = PERMISSIONS["clipboard"]
    fullscreen: bool = PERMISSIONS["fullscreen"]
    idle_inhibit: bool = PERMISSIONS["idle-inhibit"]
    pointer_lock: bool = PERMISSIONS["pointer-lock"]
    shortcuts_inhibit: bool = PERMISSIONS["shortcuts-inhibit"]
    dmabuf: bool = PERMISSIONS["dmabuf"]
    tablet: bool = PERMISSIONS["tablet"]
    text_input: bool = PERMISSIONS["text-input"]
    activation: bool = PERMISSIONS["activation"]
    custom_cursors: bool = PERMISSIONS["custom-cursors"]

    @property
    def granted(self) -> frozenset[str]:
        """The granted permissions, by their names in the file."""
        return frozenset(
            field.encode_name
            for field in msgspec.structs.fields(type(self))
            if getattr(self, field.name)
        )


class Limits(Struct, frozen=True):
    """[limits] of a VM; in session.toml the default for all VMs.

    The same as the gate's own (gate/limits.py), which counts them. The upper end of each range is
    about what the gate's own process can hold.
    """

    toplevels: Annotated[int, whole(1, 10_000)] = _GATE.toplevels
    surfaces: Annotated[int, whole(1, 100_000)] = _GATE.surfaces
    buffers: Annotated[int, whole(1, 100_000)] = _GATE.buffers
    compositor_bytes: Annotated[int, whole(1 << 20, 1 << 40, "bytes")] = _GATE.compositor_bytes
    buffer_bytes: int = _GATE.buffer_bytes
    shm_bytes: Annotated[int, whole(1 << 20, 1 << 40, "bytes")] = _GATE.shm_bytes
    objects: Annotated[int, whole(100, 1_000_000)] = _GATE.objects
    fds: Annotated[int, whole(32, 65_536)] = _GATE.fds
    inhibitors: Annotated[int, whole(1, 10_000)] = _GATE.inhibitors
    connections: Annotated[int, whole(1, 10_000)] = _GATE.connections
    messages_per_second: Annotated[int, whole(100, 10_000_000)] = _GATE.messages_per_second
    commits_per_second: Annotated[int, whole(10, 1_000_000)] = _GATE.commits_per_second
    queued_bytes: Annotated[int, whole(64 << 10, 1 << 30, "bytes")] = _GATE.queued_bytes


class App(Struct, frozen=True):
    """[[apps]] of vms/NAME.toml: a program that a VM offers."""

    name: str
    command: list[str]
    icon: str = ""
    """Name of an icon of the host's theme; empty: none."""


class VM(Struct, frozen=True):
    """vms/NAME.toml: one virtual machine."""

    driver: Literal["local", "qemu", "cloud-hypervisor"] = "local"
    memory_mb: Annotated[int, whole(256, 1_048_576, "MiB")] = 768
    """MiB. Memory, processors and packages do not apply to `local`."""
    vcpus: Annotated[int, whole(1, 64)] = 2
    net: str = ""
    """Name of the VM that provides its network and starts before it; empty: none."""
    uplink: bool = False
    """Connects this VM, and those with it as `net`, to the host's network."""
    host_loopback: bool = False
    """Its uplink reaches services on the host's loopback."""
    transport: Literal["auto", "vsock", "guestfwd", "cross-domain"] = "auto"
    """Transport of the connections of its agent and windows; `auto` takes the first available.
    With `cross-domain` windows come without waypipe, through the virtio-gpu of Spectrum's
    cloud-hypervisor."""
    packages: list[str] = []
    """Debian packages of its image."""
    kernel: str = ""
    """Path of its kernel, absolute after loading, as the next two; empty: that of its image."""
    initramfs: str = ""
    disks: list[str] = []
    """Paths of its disks, in order; read-only."""
    kernel_command_line: str = ""
    api_socket: str = ""
    """Path of the API socket of a cloud-hypervisor that another service runs, absolute after
    loading; empty: the session runs its own."""
    apps: list[App] = []
    label: str = ""
    """Name of a label; empty: the most suspicious one."""
    command: list[str] = []
    """Command of the VM's first application."""
    terminal: list[str] = msgspec.field(default_factory=lambda: ["foot"])
    """Command of a terminal in the VM."""
    utf8_titles: bool = False
    true_fullscreen: bool = False
    """The user may make its windows fullscreen without a frame."""
    autostart: bool = False
    events_max_delay_ms: Annotated[int, DELAY] = 0
    """Upper bound of the random delay of its input events; 0: no delay."""
    permissions: Permissions = Permissions()
    """After loading, merged from session.toml and the VM's file, like `limits`."""
    limits: Limits = Limits()


class Spectrum(Struct, frozen=True):
    """[spectrum]: directories of Spectrum's own VMs. Absolute paths; empty: none."""

    definitions: str = ""
    """Holds a directory for each VM."""
    run: str = ""
    """Holds the sockets of VMs that the host's service manager runs."""


class Config(Struct, frozen=True):
    """The merged configuration."""

    session: Session = Session()
    keyboard: Keyboard = Keyboard()
    pointer: Pointer = Pointer()
    outputs: dict[str, Output] = {}
    frame: Frame = Frame()
    layout: Layout = Layout()
    focus: Focus = Focus()
    labels: dict[str, Label] = {}
    rules: list[Rule] = []
    bindings: Bindings = {}
    modes: dict[str, Mode] = {}
    permissions: Permissions = Permissions()
    limits: Limits = Limits()
    environment: dict[str, str] = {}
    """Environment variables of all programs that the session starts."""
    spectrum: Spectrum = Spectrum()
    vms: dict[str, VM] = {}
    """By name, from vms/*.toml and Spectrum's directories; not a key of session.toml."""
    ignored: list[str] = []
    """Entries of Spectrum's directories that are not VMs, a line each; not a key either."""

    def permissions_of(self, vm: str) -> Permissions:
        """The permissions of a VM, by name; the defaults for one removed from the configuration."""
        definition = self.vms.get(vm)
        return definition.permissions if definition is not None else self.permissions

    def limits_of(self, vm: str) -> Limits:
        """The limits of a VM, as `permissions_of`."""
        definition = self.vms.get(vm)
        return definition.limits if definition is not None else self.limits
