"""The cursor surface of a client: refused when too large, off the pointer, or undrawable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.workarounds.source_boxes import inside
from spectrum_session.gate.policy import MAX_CURSOR
from spectrum_session.wlr import Owner, address, ffi, lib

if TYPE_CHECKING:
    from .cursor import Cursor


class ClientCursor(Owner):
    """Watches the size and the hotspot of the surface that a client set as its cursor."""

    def __init__(self, cursor: Cursor, surface: Any) -> None:
        super().__init__()
        self._cursor = cursor
        self._surface = surface
        self._hotspot = (0, 0)
        self._box = ffi.new("struct wlr_fbox *")
        self.key = address(surface)
        self.on("wlr_surface", surface, "commit", self._commit)
        self.on("wlr_surface", surface, "destroy", self._destroyed)

    def place(self, hotspot: tuple[int, int]) -> bool:
        """Take the hotspot that the client set. May it be shown?"""
        self._hotspot = hotspot
        return self._check()

    def _commit(self, _data: Any) -> None:
        state = self._surface.current
        self._hotspot = (self._hotspot[0] - state.dx, self._hotspot[1] - state.dy)
        self._check()

    def _check(self) -> bool:
        """Far from its hotspot it would be a picture over another client's window."""
        state = self._surface.current
        numbers = (state.width, state.height, *self._hotspot)
        if all(0 <= number <= MAX_CURSOR for number in numbers) and self._drawable():
            return True
        self._cursor.refuse_client_surface()
        return False

    def _drawable(self) -> bool:
        """Does its texture hold the shown part? If not, its last buffer was not imported."""
        texture = lib.wlr_surface_get_texture(self._surface)
        if not texture:
            return True
        box = self._box
        lib.wlr_surface_get_buffer_source_box(self._surface, box)
        part = (box.x, box.y, box.width, box.height)
        return inside(part, texture.width, texture.height) is None

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._cursor.client_surface_gone()
