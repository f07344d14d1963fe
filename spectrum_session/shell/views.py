"""Read-only views for the control socket and bars. Layout space, logical pixels, whole frames."""

from __future__ import annotations

import msgspec

from .geometry import Rect


class WindowView(msgspec.Struct, frozen=True):
    """A window as it is now."""

    id: int
    vm: str | None
    """The origin; None for the host."""
    app_id: str
    title: str
    frame: Rect
    workspace: int
    output: str | None
    floating: bool
    fullscreen: bool
    true_fullscreen: bool
    maximised: bool
    minimised: bool
    urgent: bool
    focused: bool
    visible: bool


class WorkspaceView(msgspec.Struct, frozen=True):
    """A workspace as it is now."""

    number: int
    layout: str
    output: str | None
    """None for one that is hidden and empty, and while there is no output."""
    visible: bool
    focused: bool
    urgent: bool
    windows: tuple[int, ...]
    """Tiled ones in the order of the layout, then floating ones."""
