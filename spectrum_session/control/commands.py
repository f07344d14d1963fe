"""Every command, its arguments and its result.

Arguments are checked in full before the handler sees them, so a request that is wrong in any part
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from spectrum_session.shell.names import WORKSPACES, LayoutName

from .names import SWITCHED, EventName, Switch, WindowAction

Coordinate = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
"""Logical pixels; Wayland's 24.8 fixed point ends at 8,388,607."""
Size = Annotated[int, Meta(ge=1, le=32767)]
"""Logical pixels."""
WorkspaceNumber = Annotated[int, Meta(ge=WORKSPACES[0], le=WORKSPACES[-1])]
Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Word = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]
"""A word of a command line: the kernel takes no NUL."""


class Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all arguments: an unknown key is an error, not ignored."""


class NoArgs(Args, frozen=True, kw_only=True):
    """For commands that take nothing."""


class WindowArgs(Args, frozen=True, kw_only=True):
    """Of `window`. `x` and `y` go with move, `width` and `height` with resize (of the whole
    frame), `workspace` with workspace; `switch` with fullscreen, float and maximise."""

    id: Id
    action: WindowAction
    x: Coordinate | None = None
    y: Coordinate | None = None
    width: Size | None = None
    height: Size | None = None
    workspace: WorkspaceNumber | None = None
    switch: Switch | None = None
    """None is as "toggle"."""

    def __post_init__(self) -> None:
        wanted = _WINDOW_FIELDS.get(self.action, ())
        for field in ("x", "y", "width", "height", "workspace"):
            given = getattr(self, field) is not None
            if given != (field in wanted):
                problem = "does not take" if given else "needs"
                raise ValueError(f"Action `{self.action}` {problem} `{field}`")
        if self.switch is not None and self.action not in SWITCHED:
            raise ValueError(f"Action `{self.action}` does not take `switch`")


_WINDOW_FIELDS: dict[WindowAction, tuple[str, ...]] = {
    "move": ("x", "y"),
    "resize": ("width", "height"),
    "workspace": ("workspace",),
}


class WorkspaceArgs(Args, frozen=True, kw_only=True):
    """Of `workspace`."""

    number: WorkspaceNumber


class LayoutArgs(Args, frozen=True, kw_only=True):
    """Of `layout`: for the focused workspace."""

    name: LayoutName


class ActionArgs(Args, frozen=True, kw_only=True):
    """Of `action`: the text of a binding's action."""

    text: Annotated[str, Meta(min_length=1, max_length=4096)]


class SpawnArgs(Args, frozen=True, kw_only=True):
    """Of `spawn`."""

    argv: Annotated[list[Word], Meta(min_length=1)]
    vm: Name | None = None
    """None: on the host."""

    def __post_init__(self) -> None:
        if not self.argv[0]:
            raise ValueError("The program in `argv` is empty")


class VMArgs(Args, frozen=True, kw_only=True):
    """Of `vm-start`, `vm-stop`, `vm-kill`, `vm-socket`, `vm-status`, `vm-log` and `vm-apps`."""

    name: Name


class RunArgs(Args, frozen=True, kw_only=True):
    """Of `vm-run`."""

    name: Name
    argv: Annotated[list[Word], Meta(min_length=1)]
    stream: bool = False
    """Send its output as it comes, in events on this connection."""

    def __post_init__(self) -> None:
        if not self.argv[0]:
            raise ValueError("The program in `argv` is empty")


class ConsoleArgs(Args, frozen=True, kw_only=True):
    """Of `vm-console`."""

    name: Name
    wait: bool = False
    """Answer when the window is closed."""


class ScreenshotArgs(Args, frozen=True, kw_only=True):
    """Of `screenshot`. With neither, all outputs; both at once are refused."""

    output: Name | None = None
    window: Id | None = None

    def __post_init__(self) -> None:
        if self.output is not None and self.window is not None:
            raise ValueError("`output` and `window` exclude each other")


class SubscribeArgs(Args, frozen=True, kw_only=True):
    """Of `subscribe`. None at all: every event."""

    events: list[EventName] = []


Area = Literal["windows", "outputs", "vms", "session", "server"]
"""The module of `handlers/` that carries a command out, in a method of its name; `server` is
server.py itself."""


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table: `args` is the struct that the handler gets, `result` names the type of
    `messages` that it returns, or null."""

    name: str
    area: Area
    args: type[Args]
    result: str
    description: str


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("windows", "windows", NoArgs, "[Window]", "List the windows."),
        Command("outputs", "outputs", NoArgs, "[Output]", "List the outputs."),
        Command("workspaces", "windows", NoArgs, "[Workspace]", "List the ten workspaces."),
        Command("vms", "vms", NoArgs, "[VM]", "List the VMs of the configuration."),
        Command("apps", "vms", NoArgs, "[Launchable]", "List the programs of all VMs."),
        Command("clients", "windows", NoArgs, "[Client]", "List the Wayland connections."),
        Command("bindings", "session", NoArgs, "[Binding]", "List the key bindings in force."),
        Command("version", "session", NoArgs, "Version", "Say what runs."),
        Command("tree", "windows", NoArgs, "Tree", "Show windows by workspace and output."),
        Command("window", "windows", WindowArgs, "null", "Act on one window."),
        Command("workspace", "windows", WorkspaceArgs, "null", "Show a workspace and focus it."),
        Command(
            "layout", "windows", LayoutArgs, "null", "Set the layout of the focused workspace."
        ),
        Command("action", "windows", ActionArgs, "null", "Do what a key binding could do."),
        Command(
            "spawn", "session", SpawnArgs, "Spawned", "Start a program on the host or in a VM."
        ),
        Command("vm-start", "vms", VMArgs, "null", "Start a VM."),
        Command("vm-stop", "vms", VMArgs, "null", "Stop a VM."),
        Command("vm-kill", "vms", VMArgs, "null", "End a VM at once."),
        Command("vm-socket", "vms", VMArgs, "SocketPath", "Say where a VM's Wayland socket is."),
        Command(
            "vm-status", "vms", VMArgs, "VMStatus", "Say what a VM has, may do and was refused."
        ),
        Command("vm-log", "vms", VMArgs, "VMLog", "Say what a VM has printed."),
        Command("vm-apps", "vms", VMArgs, "[App]", "List what a VM offers."),
        Command("vm-run", "vms", RunArgs, "Ran", "Run a program in a VM to its end."),
        Command("vm-console", "vms", ConsoleArgs, "VMConsole", "Open a VM's console in a window."),
        Command("screenshot", "outputs", ScreenshotArgs, "Screenshot", "Take a picture as PNG."),
        Command(
            "subscribe", "server", SubscribeArgs, "Subscribed", "Have events sent from now on."
        ),
        Command("reload", "session", NoArgs, "null", "Read the configuration again."),
        Command("exit", "session", NoArgs, "null", "End the session."),
    )
}
"""By name."""
