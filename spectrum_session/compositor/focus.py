"""Keyboard focus: the lock, else a layer surface, else the window that the shell focused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from spectrum_session.wlr import NULL

from .loop import now_ms
from .protocols.layer_surface import INTERACTIVE_NONE, LayerSurface

if TYPE_CHECKING:
    from .protocols.session_lock import LockSurface
    from .server import Server
    from .windows.window import Window

KeyTarget: TypeAlias = "Window | LayerSurface | LockSurface"
"""The things that can have the keyboard focus."""


class Focus:
    """Keyboard focus of the whole session."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.window: Window | None = None
        """The window that the shell focused, even while something above it has the keys."""
        self._layer: LayerSurface | None = None
        self._surface: Any = NULL

    def set_window(self, window: Window | None, by_user: bool) -> None:
        """The shell chose a window, or none."""
        self.window = window
        if window is not None:
            self.server.input.guard.focused(window.id, now_ms(), by_user)
        self.refresh()

    def layer_clicked(self, layer: LayerSurface) -> None:
        """A press on a layer surface: on demand, it gets the keys."""
        self._layer = layer if layer.interactive != INTERACTIVE_NONE else None
        self.refresh()

    def clear_layer(self) -> None:
        """A window was clicked: keys leave the layer surface."""
        self._layer = None
        self.refresh()

    def layer_gone(self, layer: LayerSurface) -> None:
        """A layer surface is unmapped."""
        if self._layer is layer:
            self._layer = None
        self.refresh()

    @property
    def target(self) -> KeyTarget | None:
        """The holder of the keys: the lock, else a layer surface that is exclusive or was clicked,
        else the window."""
        if self.server.session_lock.locked:
            return self.server.session_lock.focused
        exclusive = self.server.layer_shell.exclusive()
        if exclusive is not None:
            return exclusive
        if self._layer is not None and self._layer.mapped:
            return self._layer
        return self.window if self.window is not None and self.window.mapped else None

    def refresh(self) -> None:
        """Determine the keyboard focus, and move it if it changed."""
        if self.server.loop.closing:
            return
        target = self.target
        surface = target.surface if target is not None else NULL
        if surface != NULL:
            self.server.input.keyboard_to(self.server.input.seat_of(surface), surface)
        else:
            self.server.input.keyboard_to(None, NULL)
        if surface != self._surface:
            self._surface = surface
            self.server.text_input.focus_changed(surface)
            self.server.shortcuts.refresh()
            self.server.input.constraints.refresh()

    def surface_gone(self, surface: Any) -> None:
        """A surface is unmapped: never compare with its address again."""
        if self._surface == surface:
            self._surface = NULL
            self.server.text_input.focus_changed(NULL)
