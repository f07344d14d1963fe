"""What is known of windows and popups, and of what hangs on them: the part of `model` that belongs
to xdg-shell. Lengths are logical pixels."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .model import State

if TYPE_CHECKING:
    from .context import Context
    from .objects import Object

Box = tuple[int, int, int, int]
"""x, y, width, height."""

PINGS_KEPT = 16
CONFIGURES_KEPT = 256
STALE_KEPT = 64


@dataclass(slots=True, eq=False)
class WmBaseState(State):
    """xdg_wm_base."""

    surfaces: int = 0
    """xdg_surfaces that were made by it and live."""
    pings: deque[int] = field(default_factory=lambda: deque(maxlen=PINGS_KEPT))
    """Serials that were not answered yet."""
    configures: deque[int] = field(default_factory=lambda: deque(maxlen=CONFIGURES_KEPT))
    """Serials of the last configures of all its surfaces."""

    def serials(self) -> Iterable[int]:
        return (*self.pings, *self.configures)


@dataclass(slots=True, eq=False)
class PositionerState(State):
    """xdg_positioner. Places are relative to the parent's window geometry."""

    wm_base: Object
    size: tuple[int, int] | None = None
    anchor_rect: Box | None = None
    anchor: int = 0
    gravity: int = 0
    adjustment: int = 0
    offset: tuple[int, int] = (0, 0)
    reactive: bool = False
    parent_size: tuple[int, int] | None = None
    parent_configure: int | None = None

    @property
    def complete(self) -> bool:
        """Does it say enough to place a popup?"""
        return self.size is not None and self.anchor_rect is not None and self.anchor_rect[2] > 0

    def describe(self) -> dict[str, Any]:
        return {
            "size": list(self.size) if self.size else None,
            "anchor_rect": list(self.anchor_rect) if self.anchor_rect else None,
        }


@dataclass(slots=True, eq=False)
class XdgSurfaceState(State):
    """xdg_surface, by the life that wlroots gives it: `initialised` by the first commit without a
    buffer, `configured` by the first acknowledgement, `mapped` by the first buffer; all of it is
    undone when a mapped one is committed without a buffer or its role object goes."""

    surface: Object
    wm_base: Object
    role_object: Object | None = None
    """The xdg_toplevel or xdg_popup it is or was."""
    initialised: bool = False
    configured: bool = False
    mapped: bool = False
    geometry: Box | None = None
    """Window geometry in the surface, as it was set last."""
    sent: deque[int] = field(default_factory=deque)
    """Serials of configures that were sent and not acknowledged, oldest first."""
    stale: deque[int] = field(default_factory=lambda: deque(maxlen=STALE_KEPT))
    """Serials that came to nothing because it was unmapped meanwhile."""
    acked: int | None = None
    popups: list[Object] = field(default_factory=list)
    """xdg_popups on it, oldest first."""

    @property
    def role(self) -> Object | None:
        """Its role object, while that lives."""
        found = self.role_object
        return found if found is not None and found.alive else None

    def reset(self) -> None:
        """It is unmapped, and has to begin anew."""
        self.initialised = self.configured = self.mapped = False
        self.stale.extend(self.sent)
        self.sent.clear()
        self.dismiss_popups()

    def dismiss_popups(self) -> None:
        """The compositor forgets what is on it, and what is on that."""
        for popup in self.popups:
            popup.state.dismissed = True
            popup.state.xdg_surface.state.dismiss_popups()
        self.popups.clear()

    def serials(self) -> Iterable[int]:
        return (*self.sent, *self.stale)

    def gone(self, gate: Context) -> None:
        self.surface.state.xdg_surface = None
        self.wm_base.state.surfaces -= 1

    def describe(self) -> dict[str, Any]:
        return {
            "surface": self.surface.id,
            "mapped": self.mapped,
            "geometry": list(self.geometry) if self.geometry else None,
            "acked": self.acked,
            "unanswered": len(self.sent),
        }


@dataclass(slots=True, eq=False)
class ToplevelState(State):
    """xdg_toplevel."""

    xdg_surface: Object
    title: str = ""
    """As it was sent on: made safe to show."""
    app_id: str = ""
    parent: Object | None = None
    children: list[Object] = field(default_factory=list)
    """Those that have it as their parent."""
    min_size: tuple[int, int] = (0, 0)
    max_size: tuple[int, int] = (0, 0)
    """0: no limit."""
    sizes_changed: bool = False
    """Not looked at by a commit yet."""
    maximised: bool = False
    """It asked for it; likewise the others."""
    fullscreen: bool = False
    fullscreen_output: Object | None = None
    minimised: bool = False
    configured_size: tuple[int, int] = (0, 0)
    """As it was told last."""
    configured_states: tuple[int, ...] = ()
    """As it was told last, by the numbers of the protocol."""
    decoration: Object | None = None

    def unmapped(self) -> None:
        """Its children go to its own parent, and what it asked for is forgotten."""
        parent = self.parent
        for child in self.children:
            child.state.parent = parent
            if parent is not None:
                parent.state.children.append(child)
        self.children.clear()
        self.leave_parent()
        self.title = self.app_id = ""
        self.maximised = self.fullscreen = self.minimised = False
        self.fullscreen_output = None

    def leave_parent(self) -> None:
        """It has no parent any more."""
        if self.parent is not None:
            siblings = self.parent.state.children
            siblings[:] = [one for one in siblings if one.state is not self]
            self.parent = None

    def gone(self, gate: Context) -> None:
        self.unmapped()
        self.xdg_surface.state.reset()

    def describe(self) -> dict[str, Any]:
        return {
            "xdg_surface": self.xdg_surface.id,
            "title": self.title,
            "app_id": self.app_id,
            "parent": self.parent.id if self.parent is not None else None,
            "min_size": list(self.min_size),
            "max_size": list(self.max_size),
            "configured_size": list(self.configured_size),
            "configured_states": list(self.configured_states),
            "maximised": self.maximised,
            "fullscreen": self.fullscreen,
            "minimised": self.minimised,
        }


@dataclass(slots=True, eq=False)
class PopupState(State):
    """xdg_popup."""

    xdg_surface: Object
    parent: Object
    """The xdg_surface it is on."""
    depth: int
    """1 on a window, one more on each popup."""
    positioner: PositionerState
    """As it was when it was used."""
    grab: tuple[Object, int] | None = None
    """Seat and serial of the grab that it asked for."""
    dismissed: bool = False
    """The client was told so: the compositor may have forgotten it already."""
    box: Box = (0, 0, 0, 0)
    """As it was told last, relative to the parent's window geometry."""
    token: int | None = None
    """Of the last reposition."""

    def gone(self, gate: Context) -> None:
        gate.knowledge.popups -= 1
        others = self.parent.state.popups
        others[:] = [one for one in others if one.state is not self]
        self.xdg_surface.state.reset()

    def describe(self) -> dict[str, Any]:
        return {
            "xdg_surface": self.xdg_surface.id,
            "parent": self.parent.id,
            "box": list(self.box),
            "grab": self.grab is not None,
            "dismissed": self.dismissed,
        }


@dataclass(slots=True, eq=False)
class DecorationState(State):
    """zxdg_toplevel_decoration_v1."""

    toplevel: Object
    asked: int | None = None
    """The mode that the client prefers; None when it does not mind."""

    def gone(self, gate: Context) -> None:
        self.toplevel.state.decoration = None

    def describe(self) -> dict[str, Any]:
        return {"toplevel": self.toplevel.id, "mode": self.asked}


@dataclass(slots=True, eq=False)
class KdeDecorationState(State):
    """org_kde_kwin_server_decoration."""

    surface: Object
    asked: int | None = None

    def describe(self) -> dict[str, Any]:
        return {"surface": self.surface.id, "mode": self.asked}


@dataclass(slots=True, eq=False)
class ActivationTokenState(State):
    """xdg_activation_token_v1."""

    seat: Object | None = None
    serial: int | None = None
    app_id: str = ""
    surface: Object | None = None
    committed: bool = False

    def describe(self) -> dict[str, Any]:
        return {"app_id": self.app_id, "committed": self.committed}


@dataclass(slots=True, eq=False)
class InhibitorState(State):
    """zwp_idle_inhibitor_v1 and zwp_keyboard_shortcuts_inhibitor_v1."""

    surface: Object
    seat: Object | None = None
    """None: idle has none."""

    def gone(self, gate: Context) -> None:
        all_keys = gate.knowledge.shortcuts_inhibitors
        all_keys[:] = [one for one in all_keys if one.state is not self]

    def describe(self) -> dict[str, Any]:
        return {"surface": self.surface.id}
