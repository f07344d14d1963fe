"""The shell's commands to the compositor, which executes each in a few lines."""

from __future__ import annotations

import msgspec

from .actions import Action
from .geometry import Rect


class Place(msgspec.Struct, frozen=True):
    """A window's place and state, sent whenever any of them changed."""

    window: int
    frame: Rect
    """Whole frame, layout space, logical pixels."""
    visible: bool
    workspace: int
    """1 to 10."""
    output: str | None
    """None while no output exists."""
    floating: bool
    fullscreen: bool
    true_fullscreen: bool
    """Fullscreen without a frame: requested by the user and allowed by policy."""
    maximised: bool
    minimised: bool
    urgent: bool
    focused: bool
    tiled: bool
    """True when the layout decides its size: clients get the tiled states."""


class Focus(msgspec.Struct, frozen=True):
    """Keyboard focus goes to `window`, or nowhere. `by_user`: a click, a binding or the control
    socket chose it; False when it came by itself (a window opened or closed)."""

    window: int | None
    by_user: bool


class Stack(msgspec.Struct, frozen=True):
    """The whole stacking order, bottom first, of all visible windows."""

    order: tuple[int, ...]


class Close(msgspec.Struct, frozen=True):
    """Ask the client to close a window."""

    window: int


class Kill(msgspec.Struct, frozen=True):
    """Disconnect the client of a window."""

    window: int


class WarpPointer(msgspec.Struct, frozen=True):
    """Keyboard navigation went to another output: put the pointer in the middle of this area."""

    area: Rect


class Perform(msgspec.Struct, frozen=True):
    """An action that is not about windows (spawn, reload, exit, mode, bindings …), passed on;
    `vm` is the origin of the focused window, None for the host or when nothing has focus."""

    action: Action
    vm: str | None


Command = Place | Focus | Stack | Close | Kill | WarpPointer | Perform
