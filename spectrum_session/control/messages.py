"""Messages of the control socket: results of commands, and events.

The keys are the stable schema of docs/CONTROL.md. A key may be added; none changes its meaning
while `names.PROTOCOL_VERSION` stays. Every key is always present, and null where there is nothing
to say. All rectangles are logical pixels in layout space unless a comment says otherwise.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from spectrum_session.shell.names import LayoutName

from .names import (
    PROTOCOL_VERSION,
    BootStage,
    BootVerdict,
    EventName,
    GateState,
    VMState,
)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all that goes out."""


class Geometry(Message, frozen=True, kw_only=True):
    """A rectangle: logical pixels, layout space, y grows downwards."""

    x: int
    y: int
    width: int
    height: int


class Label(Message, frozen=True, kw_only=True):
    """Marks a VM for the user; always from the host's configuration."""

    name: str
    color: str
    """"#rrggbb"."""
    pattern: str


class Window(Message, frozen=True, kw_only=True):
    """One toplevel window."""

    id: int
    """Unique for as long as the session runs; never reused."""
    vm: str | None
    """The origin: a VM's name, null for the host."""
    label: Label | None
    """null for the host."""
    title: str
    """Sanitised."""
    app_id: str
    """Sanitised text of the client: a claim, not an identity."""
    pid: int | None
    """The process at the other end of the client's socket; of a VM, its transport."""
    geometry: Geometry
    """The whole frame."""
    content: Geometry
    """The client's area in it."""
    workspace: int
    output: str | None
    """null while no output shows or holds its workspace."""
    focused: bool
    visible: bool
    floating: bool
    fullscreen: bool
    maximised: bool
    minimised: bool
    urgent: bool
    placeholder: bool = False
    """The session's own, in the VM's frame: until the VM's first window, or after it failed."""


class Mode(Message, frozen=True, kw_only=True):
    """The mode of an output, in physical pixels."""

    width: int
    height: int
    refresh_mhz: int
    """Thousandths of a hertz; 0 when not known."""


class Output(Message, frozen=True, kw_only=True):
    """One output."""

    name: str
    make: str
    model: str
    serial: str
    enabled: bool
    geometry: Geometry
    scale: float
    transform: str
    """As in the configuration: "normal", "90" … "flipped-270"."""
    mode: Mode | None
    """null while it is off."""
    workspace: int | None
    """The workspace that it shows."""
    focused: bool


class Workspace(Message, frozen=True, kw_only=True):
    """One workspace."""

    number: int
    layout: LayoutName
    output: str | None
    visible: bool
    focused: bool
    urgent: bool
    windows: list[int]
    """Ids, in the order of the layout."""


class Boot(Message, frozen=True, kw_only=True):
    """How far the start of a VM is."""

    stage: BootStage
    """As the driver knows; between "machine" and "program" as the VM says."""
    elapsed_ms: int
    expected_ms: int | None
    """By earlier starts; null when there were none that came to their end."""
    verdict: BootVerdict
    """"late": far longer than expected; "silent": nothing was heard of it for a minute."""


class LastStart(Message, frozen=True, kw_only=True):
    """How long a start took that is over."""

    total_ms: int
    stages_ms: dict[str, int]
    """Of each stage that it came to."""


class VM(Message, frozen=True, kw_only=True):
    """One virtual machine of the configuration."""

    name: str
    driver: str
    """"local" is a sandbox for development: it is not isolation."""
    state: VMState
    label: Label
    windows: list[int]
    """Ids."""
    pid: int | None = None
    """The process of the driver."""
    reason: str | None = None
    """Why it is in this state, for people."""
    since: str | None = None
    """When that began, by the host's clock: ISO 8601 with the zone."""
    net: str | None = None
    """The VM that it has its network from."""
    boot: Boot | None = None
    """null but from the start of a VM to its first window."""


class Gate(Message, frozen=True, kw_only=True):
    """The process between a VM and the compositor."""

    state: GateState
    pid: int | None = None
    sandbox: list[str] = []
    """The parts of its sandbox that this machine has."""
    restarts: int = 0
    """Since the VM was started."""
    last_end: str | None = None
    """The end of the last gate that ended, as text."""
    restart_ms: int | None = None
    """Until another is started: milliseconds, while it is "waiting"."""


class Usage(Message, frozen=True, kw_only=True):
    """A VM's use of its limits, as its gate counts it. Keys are those of [limits], and
    "keyboards"."""

    used: dict[str, int]
    most: dict[str, int]
    """The highest that each was since the gate was started."""
    refused: dict[str, int]
    """Refusals so far by limit or by request; those that never occurred are left out."""
    stalls: int
    """How often a rate limit was reached and reading paused."""
    stalled: bool
    automatic: dict[str, int] = {}
    """For limits that the configuration leaves open, by their keys: how much is allowed now."""


class VMStatus(Message, frozen=True, kw_only=True):
    """Result of `vm-status`."""

    vm: VM
    note: str | None = None
    """A warning for the user, such as that it is not isolated."""
    gate: Gate
    connections: int
    """As the compositor counts them."""
    permissions: dict[str, bool]
    """Those that new connections have, by the keys of [permissions]."""
    limits: dict[str, int]
    """By the keys of [limits]."""
    events_max_delay_ms: int
    last_start: LastStart | None = None
    """null before the first, and while it starts."""
    usage: Usage | None = None
    """null while no gate runs, or when it does not answer."""


class VMLog(Message, frozen=True, kw_only=True):
    """Result of `vm-log`."""

    path: str
    """Absolute."""
    text: str
    """Sanitised; empty when the VM was never started."""


class VMConsole(Message, frozen=True, kw_only=True):
    """Result of `vm-console`."""

    already_open: bool
    """It was: its window, if it is there by now, has been given the focus."""


class App(Message, frozen=True, kw_only=True):
    """One program that a VM offers, from the host's configuration."""

    name: str
    command: list[str]
    icon: str | None
    """Of the host's theme."""


class Launchable(Message, frozen=True, kw_only=True):
    """A program of a VM: a row of a launcher."""

    vm: str
    label: Label
    state: VMState
    """Of the VM."""
    name: str
    command: list[str]
    icon: str | None
    """Of the host's theme."""


class Ran(Message, frozen=True, kw_only=True):
    """Result of `vm-run`, all of it the VM's own word."""

    status: int
    """The program's exit status; below 0, the signal that ended it."""
    output: bytes
    """Its standard output, the first 512 KiB; when it was streamed, the part that no event has
    sent. Base64 in JSON."""
    errors: bytes
    """The same of standard error."""
    cut: bool
    """There was more."""


class Client(Message, frozen=True, kw_only=True):
    """One Wayland connection."""

    pid: int | None
    vm: str | None
    windows: list[int]
    """Ids."""
    connected_ms: int | None = None
    """For how long it has been connected: milliseconds."""


class Binding(Message, frozen=True, kw_only=True):
    """One key binding as it is in force."""

    mode: str
    chord: str
    action: str
    description: str
    flags: list[str]
    """Any of "repeat", "release", "locked", "keycode"."""


class Version(Message, frozen=True, kw_only=True):
    """Versions of the session and of the libraries under it."""

    version: str
    """Of the session."""
    wlroots: str
    provider: str
    """Where wlroots comes from, in words."""
    backend: str
    renderer: str
    python: str
    pid: int
    wayland_display: str
    protocol: int = PROTOCOL_VERSION


class TreeWorkspace(Message, frozen=True, kw_only=True):
    """A workspace with its windows in full."""

    number: int
    layout: LayoutName
    visible: bool
    focused: bool
    urgent: bool
    windows: list[Window]


class TreeOutput(Message, frozen=True, kw_only=True):
    """An output with its workspaces."""

    name: str
    enabled: bool
    focused: bool
    geometry: Geometry
    workspaces: list[TreeWorkspace]


class TreeConnection(Message, frozen=True, kw_only=True):
    """One program of a VM, as the VM's gate knows it."""

    number: int
    pid: int | None
    """As that of a Client."""
    objects: int
    """The number of its objects."""
    known: list[dict[str, Any]]
    """The objects with known properties: `id`, `interface`, and the properties."""
    cut: bool
    """More exist than fit into an answer."""


class TreeGate(Message, frozen=True, kw_only=True):
    """A VM's gate and the objects that it knows."""

    vm: str
    connections: list[TreeConnection]
    reason: str | None = None
    """Why nothing is known, for people."""


class Tree(Message, frozen=True, kw_only=True):
    """Everything by place, and the objects that the gates know of each VM."""

    outputs: list[TreeOutput]
    detached: list[TreeWorkspace]
    """Workspaces that no output holds and that have windows."""
    gates: list[TreeGate] = []


class Spawned(Message, frozen=True, kw_only=True):
    """Result of `spawn`."""

    pid: int | None
    """null when the process is not the session's own child."""


class SocketPath(Message, frozen=True, kw_only=True):
    """Result of `vm-socket`."""

    path: str
    """Absolute."""
    listening: bool
    """True while the VM is started: before that the path leads nowhere."""


class Screenshot(Message, frozen=True, kw_only=True):
    """Result of `screenshot`."""

    width: int
    """Physical pixels."""
    height: int
    png: bytes
    """Base64 in JSON."""


class Subscribed(Message, frozen=True, kw_only=True):
    """Result of `subscribe`."""

    events: list[EventName]


class Progress(Message, tag_field="event", frozen=True, kw_only=True):
    """Base of messages on a single connection, before the reply to a request that asks for them."""


class VMOutput(Progress, tag="vm-output", frozen=True, kw_only=True):
    """A program wrote something that `vm-run` streams."""

    stream: Literal["output", "errors"]
    data: bytes
    """Base64 in JSON."""


class Event(Message, tag_field="event", frozen=True, kw_only=True):
    """Base of messages to subscribers: the name stands under the key `event`."""


class WindowEvent(Event, tag="window", frozen=True, kw_only=True):
    """A window opened, closed (as it was last) or changed any of its keys."""

    change: Literal["opened", "closed", "changed"]
    window: Window


class WorkspaceEvent(Event, tag="workspace", frozen=True, kw_only=True):
    """A workspace was focused, or changed any of its keys."""

    change: Literal["focused", "changed"]
    workspace: Workspace


class OutputEvent(Event, tag="output", frozen=True, kw_only=True):
    """An output came, went (as it was last) or changed."""

    change: Literal["added", "removed", "changed"]
    output: Output


class VMEvent(Event, tag="vm", frozen=True, kw_only=True):
    """A VM changed its state."""

    vm: VM


class FocusEvent(Event, tag="focus", frozen=True, kw_only=True):
    """Keyboard focus went to a window, or to none."""

    window: int | None
    vm: str | None


class ModeEvent(Event, tag="mode", frozen=True, kw_only=True):
    """Another mode of bindings holds now."""

    mode: str


class ConfigEvent(Event, tag="config", frozen=True, kw_only=True):
    """The configuration was read again; with errors, the old one stays."""

    ok: bool
    errors: list[str]


class ExitEvent(Event, tag="exit", frozen=True, kw_only=True):
    """The session ends. Nothing comes after it."""
