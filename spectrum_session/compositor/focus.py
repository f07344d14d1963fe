"""Who gets the keys: the lock, else a layer surface that wants them all, else the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.wlr import NULL

from .loop import now_ms
from .protocols.layer_surface import INTERACTIVE_NONE, LayerSurface

if TYPE_CHECKING:
    from .server import Server
    from .windows.window import Window


class Focus:
    """Keyboard focus of the whole session."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.window: Window | None = None
        """The window that the shell focused, whether or not something above has the keys now."""
        self._layer: LayerSurface | None = None
        self._surface: Any = NULL

    def set_window(self, window: Window | None, by_person: bool) -> None:
        """The shell chose a window, or none."""
        self.window = window
        if window is not None:
            self.server.input.guard.focused(window.id, now_ms(), by_person)
        self.refresh()

    def layer_clicked(self, surface: Any) -> None:
        """A press on a layer surface: it may want keys on demand."""
        layer = self.server.surfaces.wrapper_of(surface)
        if isinstance(layer, LayerSurface) and layer.interactive != INTERACTIVE_NONE:
            self._layer = layer
        else:
            self._layer = None
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
    def ours(self) -> Window | None:
        """The window that has the keys, when no client but the compositor draws it."""
        window = self.window
        if window is None or not window.mapped or window.surface != NULL:
            return None
        layer = self._layer
        if self.server.session_lock.locked or self.server.layer_shell.exclusive() is not None:
            return None
        return None if layer is not None and layer.mapped else window

    def refresh(self) -> None:
        """Work out who gets the keys, and tell the seats if it changed."""
        if self.server.loop.closing:
            return
        surface = self._wanted()
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

    def _wanted(self) -> Any:
        if self.server.session_lock.locked:
            return self.server.session_lock.focused_surface
        exclusive = self.server.layer_shell.exclusive()
        if exclusive is not None:
            return exclusive.surface
        if self._layer is not None and self._layer.mapped:
            return self._layer.surface
        if self.window is not None and self.window.mapped:
            return self.window.surface
        return NULL
