"""Events for the shell. All rectangles are layout space, logical pixels, whole frames."""

from __future__ import annotations

from typing import Literal

import msgspec

from .actions import Action
from .geometry import Rect

Edge = Literal["left", "right", "top", "bottom"]


class WindowInfo(msgspec.Struct, frozen=True):
    """A window at its mapping. Sizes are of the whole frame; 0 means no limit."""

    id: int
    vm: str | None
    """The origin: a VM's name, or None for the host. Never anything the client said."""
    app_id: str = ""
    title: str = ""
    width: int = 0
    """Natural width of the frame (what the client drew first, decorations added); 0: not known."""
    height: int = 0
    min_width: int = 0
    min_height: int = 0
    max_width: int = 0
    max_height: int = 0
    parent: int | None = None
    """The window this one is a dialog of; always of the same origin."""
    wants_fullscreen: bool = False
    wants_maximised: bool = False
    asked: bool = False
    """Opened by the user just now: it may take the focus from another origin."""


class OutputAdded(msgspec.Struct, frozen=True):
    """An output appeared, or its area or work area (area less bars) changed."""

    name: str
    area: Rect
    work_area: Rect


class OutputRemoved(msgspec.Struct, frozen=True):
    name: str


class WindowMapped(msgspec.Struct, frozen=True):
    window: WindowInfo


class WindowReplaced(msgspec.Struct, frozen=True):
    """A window appears in the place of another of its origin, which goes."""

    old: int
    window: WindowInfo


class WindowUnmapped(msgspec.Struct, frozen=True):
    window: int


class WindowRenamed(msgspec.Struct, frozen=True):
    """Title or app id changed (sanitised text)."""

    window: int
    title: str
    app_id: str


class WindowLimits(msgspec.Struct, frozen=True):
    """Size limits of a window's frame changed; 0 means no limit."""

    window: int
    min_width: int
    min_height: int
    max_width: int
    max_height: int


class ClientRequest(msgspec.Struct, frozen=True):
    """A client asks for a state of its own window. The shell may say no."""

    window: int
    kind: Literal["fullscreen", "maximise", "minimise"]
    value: bool = True


class ActivationRequest(msgspec.Struct, frozen=True):
    """A client asks that a window be focused. `trusted`: with a token from a recent input on the
    focused window of the same origin, or by a host client."""

    window: int
    trusted: bool


class PointerPressed(msgspec.Struct, frozen=True):
    """The user pressed a button over a window (None: over the background of `output`)."""

    window: int | None
    output: str | None = None


class PointerEntered(msgspec.Struct, frozen=True):
    """The user moved the pointer onto another window. Sent for motion only, never because a
    window appeared or moved under a pointer at rest."""

    window: int


class WindowDragged(msgspec.Struct, frozen=True):
    """The user moves or resizes a window by pointer; a tiled window becomes floating first
    unless only its size moved. `frame` is the wanted rectangle."""

    window: int
    frame: Rect


class Act(msgspec.Struct, frozen=True):
    """A binding or the control socket asks for an action; `window` overrides the focused one."""

    action: Action
    window: int | None = None


Event = (
    OutputAdded
    | OutputRemoved
    | WindowMapped
    | WindowReplaced
    | WindowUnmapped
    | WindowRenamed
    | WindowLimits
    | ClientRequest
    | ActivationRequest
    | PointerPressed
    | PointerEntered
    | WindowDragged
    | Act
)
