"""xdg_wm_base: wraps new toplevels and popups of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.compositor.protocols.layer_surface import LayerSurface
from spectrum_session.compositor.workarounds.popup_rings import (
    INVALID_POPUP_PARENT,
    break_off,
    ends_nowhere,
)
from spectrum_session.wlr import lib

from .xdg_popup import MAX_DEPTH, Popup
from .xdg_toplevel import Toplevel

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

VERSION = 6


class XdgShell(Part):
    """Wraps the `struct wlr_xdg_shell *`."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        pointer = lib.wlr_xdg_shell_create(server.display, VERSION)
        self.on("wlr_xdg_shell", pointer, "new_toplevel", self._new_toplevel)
        self.on("wlr_xdg_shell", pointer, "new_popup", self._new_popup)

    def _new_toplevel(self, pointer: Any) -> None:
        window = Toplevel(self.server, pointer)
        self.server.windows[window.id] = window

    def _new_popup(self, pointer: Any) -> None:
        # A layer surface's popup has no parent yet: the layer surface adds it.
        if pointer.parent:
            self.add_popup(pointer, self.server.surfaces.get(pointer.parent))

    def add_popup(self, pointer: Any, parent: object) -> None:
        """Wrap a new `struct wlr_xdg_popup *` of a window, a layer surface or another popup, or
        destroy it when its parent is none of these."""
        if ends_nowhere(pointer):
            break_off(pointer)
            text = b"a popup on itself, or on a pile of popups without an end"
            self.server.refusals.log(pointer.resource, text.decode())
            lib.wl_resource_post_error(pointer.base.client.resource, INVALID_POPUP_PARENT, text)
            return
        if isinstance(parent, Popup):
            if parent.depth >= MAX_DEPTH:
                self.server.refusals.log(pointer.resource, f"a popup on {parent.depth} others")
                lib.wlr_xdg_popup_destroy(pointer)
                return
            Popup(self.server, pointer, parent.host, parent)
        elif isinstance(parent, (Toplevel, LayerSurface)):
            Popup(self.server, pointer, parent.popups, None)
        else:
            self.server.refusals.log(pointer.resource, "a popup without a known parent")
            lib.wlr_xdg_popup_destroy(pointer)
