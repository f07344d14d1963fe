"""CompositorPort: the compositor as the rest of the session sees it. Plain data, no wlroots.

`compositor/facade.py` implements it on the server; tests implement it on lists.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spectrum_session.config.schema import Config
from spectrum_session.labels.label import Label
from spectrum_session.labels.placeholder import Panel
from spectrum_session.shell.actions import Action
from spectrum_session.shell.commands import Place
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.keybindings import BindingTable
from spectrum_session.shell.options import ShellOptions
from spectrum_session.shell.views import WorkspaceView
from spectrum_session.trusted.notices import Draw


@dataclass(frozen=True, slots=True)
class WindowView:
    """A window as it is now. Layout space, logical pixels."""

    id: int
    vm: str | None
    """The origin; None for the host."""
    label: Label | None
    title: str
    app_id: str
    pid: int | None
    frame: Rect
    content: Rect
    place: Place | None
    """Set by the shell; None before."""
    mapped: bool
    placeholder: bool
    """The compositor's own, in place of a window of its VM."""


@dataclass(frozen=True, slots=True)
class OutputView:
    """An output as it is now."""

    name: str
    make: str
    model: str
    serial: str
    enabled: bool
    """In the layout."""
    area: Rect
    """Layout space, logical pixels."""
    scale: float
    transform: str
    mode: tuple[int, int, int] | None
    """Width and height in physical pixels, and refresh rate in mHz; None while it is
    switched off."""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A Wayland connection."""

    pid: int
    vm: str | None
    windows: tuple[int, ...]
    since: float
    """As time.monotonic() has it."""


@dataclass(frozen=True, slots=True)
class VMView:
    """A VM as the session shows it to Wayland clients of the host."""

    driver: str
    note: str
    """A warning about the driver for the user, or empty."""
    label: Label
    state: str
    """A name of the enum `state` in spectrum_session_vm_v1."""
    reason: str


@dataclass(frozen=True, slots=True)
class Versions:
    """The libraries under the compositor."""

    wlroots: str
    provider: str
    renderer: str
    """As WLR_RENDERER has it."""


class CompositorPort(Protocol):
    """Everything that the session asks of the compositor."""

    # Windows and outputs

    def windows(self) -> Sequence[WindowView]:
        """The mapped windows, in the order in which they were mapped."""

    def window(self, number: int) -> WindowView | None:
        """A window, mapped or not; None when there is none of this number."""

    def outputs(self) -> Sequence[OutputView]:
        """The outputs in the order in which they appeared."""

    @property
    def focused_output(self) -> str | None:
        """The output where new windows open."""

    def workspaces(self) -> Sequence[WorkspaceView]:
        """The ten workspaces."""

    def connections(self) -> Sequence[ConnectionView]:
        """The Wayland connections."""

    def bindings(self) -> BindingTable:
        """The key bindings in force."""

    def versions(self) -> Versions:
        """The libraries under the compositor."""

    def act(self, action: Action, window: int | None = None) -> None:
        """Carry out an action, on the focused window or on this one."""

    def reconfigure(self, config: Config, options: ShellOptions) -> None:
        """Take over a new configuration."""

    # VMs and their connections

    def add_vm(self, vm: str) -> None:
        """Prepare for the clients of a VM."""

    def listen(self, path: Path, vm: str | None) -> None:
        """Accept clients on a socket: the host's (None), or those of a VM without a gate.

        Raises OSError.
        """

    def is_listening(self, vm: str) -> bool:
        """Is a VM's socket accepted on without a gate?"""

    def connect(self, vm: str, pid: int, uid: int) -> socket.socket | None:
        """A new connection of a VM; None when it has as many as policy allows."""

    def disconnect(self, vm: str) -> None:
        """Disconnect a VM's clients; more may come."""

    def drop_vm(self, vm: str) -> None:
        """Disconnect a VM's clients and forget the VM."""

    # Placeholders: at most one of each VM

    def open_placeholder(
        self,
        vm: str,
        panel: Callable[[], tuple[Panel, bool]],
        chosen: Callable[[str], None],
        *,
        asked: bool,
        instead_of: int | None,
    ) -> bool:
        """Open a window of the compositor's own that the VM's first window replaces.

        `panel` returns the contents, and whether they change by themselves; `chosen` is called with
        the name of a button. `asked`: the user asked for the VM just now. `instead_of`: the number
        of a window whose place it takes. False while the compositor ends.
        """

    def refresh_placeholder(self, vm: str) -> None:
        """Draw a placeholder anew."""

    def renew_placeholder(self, vm: str) -> None:
        """Have the placeholder that is open replaced by the VM's next window."""

    def close_placeholder(self, vm: str) -> None:
        """Close a placeholder, if it is open."""

    def last_focused_of(self, vm: str) -> int | None:
        """The window of a VM that had the focus last."""

    def tell_consoles(self, is_console: Callable[[str, int | None], bool]) -> None:
        """Tell windows of consoles from others by VM and pid: they replace no placeholder."""

    # Trusted surfaces

    def show(self, name: str, draw: Draw, *, centered: bool, seconds: float | None = None) -> None:
        """Show a picture above everything, until `hide` or for some seconds."""

    def hide(self) -> None:
        """Hide the picture that is shown."""

    @property
    def shown(self) -> str:
        """Name of the picture that is shown, or empty."""

    # Input

    def set_mode(self, mode: str) -> None:
        """Put another set of bindings in force."""

    def release_keyboard(self) -> None:
        """Take shortcuts and the pointer back from the focused window."""

    def spawn_token(self) -> str:
        """A token with which a program that is started now may take the focus, or empty."""

    # The loop

    def wake(self) -> None:
        """Handle changes that were made outside of the compositor's own events."""

    def defer(self, key: Hashable, job: Callable[[], None]) -> None:
        """Do something after the events of this turn, once per key."""
