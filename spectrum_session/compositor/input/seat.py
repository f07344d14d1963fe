"""A seat per origin.

All VMs and the host share one user, but not one wl_seat: each origin has a seat of its own that
only its clients see. wlroots keeps focus, serials, grabs, drags, clipboard and primary selection
per seat, so none of them can cross from one origin to another: there is nothing to filter.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.clients.rate_limit import RateLimit, repeated
from spectrum_session.compositor.windows.containment import SurfaceTree
from spectrum_session.compositor.workarounds.popup_rings import check_grab
from spectrum_session.logs.line import of_vm
from spectrum_session.wlr import NULL, Owner, ffi, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

log = logging.getLogger(__name__)

CAPABILITY_POINTER = 1
CAPABILITY_KEYBOARD = 2
CAPABILITY_TOUCH = 4

MAX_DRAG_ICON = 256
"""Logical pixels: a larger drag icon is hidden, so that none can pass for a window."""


class Seat(Owner):
    """Wraps the `struct wlr_seat *` of one origin."""

    def __init__(self, server: Server, vm: str | None, *, has_touch: bool) -> None:
        super().__init__()
        self.server = server
        self.vm = vm
        self.pointer = lib.wlr_seat_create(server.display, b"seat0")
        self.global_ = getattr(self.pointer, "global")
        server.filter.own(self.global_, vm)
        self.dragging = False
        self._refused_drags = RateLimit()
        self.update_capabilities(has_touch)
        self.on("wlr_seat", self.pointer, "request_set_cursor", self._request_cursor)
        self.on("wlr_seat", self.pointer, "request_set_selection", self._request_selection)
        self.on("wlr_seat", self.pointer, "request_set_primary_selection", self._request_primary)
        self.on("wlr_seat", self.pointer, "request_start_drag", self._request_drag)
        self.on("wlr_seat", self.pointer, "start_drag", self._drag_started)
        self.on("wlr_seat", self.pointer, "pointer_grab_begin", self._grab_begun)

    def update_capabilities(self, has_touch: bool) -> None:
        """Pointer and keyboard always (toolkits fail without them), touch when it is there."""
        capabilities = CAPABILITY_POINTER | CAPABILITY_KEYBOARD
        if has_touch:
            capabilities |= CAPABILITY_TOUCH
        lib.wlr_seat_set_capabilities(self.pointer, capabilities)

    def close(self) -> None:
        """Destroy the seat; its clients must be gone."""
        self.forget_listeners()
        self.server.filter.disown(self.global_)
        lib.wlr_seat_set_keyboard(self.pointer, NULL)
        lib.wlr_seat_destroy(self.pointer)

    def end_grabs(self) -> None:
        """Dismiss popups that grabbed the input of this seat."""
        if self.dragging:
            return
        if lib.wlr_seat_pointer_has_grab(self.pointer):
            lib.wlr_seat_pointer_end_grab(self.pointer)
        if lib.wlr_seat_keyboard_has_grab(self.pointer):
            lib.wlr_seat_keyboard_end_grab(self.pointer)

    def _grab_begun(self, grab: Any) -> None:
        check_grab(self.server, grab)
        if self.dragging:
            # It took the place of the drag's grab, which would never hear of the release.
            self.server.loop.defer((self, "drag"), self._cancel_drag)

    def _cancel_drag(self) -> None:
        if not self.dragging:
            return
        drag = self.pointer.drag
        if drag and drag.source:
            # The drag and its icon go with it.
            lib.wlr_data_source_destroy(drag.source)

    def _request_cursor(self, event: Any) -> None:
        self.server.input.cursor.request_surface(self, event)

    def _request_selection(self, event: Any) -> None:
        lib.wlr_seat_set_selection(self.pointer, event.source, event.serial)

    def _request_primary(self, event: Any) -> None:
        lib.wlr_seat_set_primary_selection(self.pointer, event.source, event.serial)

    def _request_drag(self, event: Any) -> None:
        if lib.wlr_seat_validate_pointer_grab_serial(self.pointer, event.origin, event.serial):
            lib.wlr_seat_start_pointer_drag(self.pointer, event.drag, event.serial)
            return
        point = ffi.new("struct wlr_touch_point **")
        # From 0.20 on wlroots asks the source of a drag by touch, and does not look for one.
        if event.drag.source != NULL and lib.wlr_seat_validate_touch_grab_serial(
            self.pointer, event.origin, event.serial, point
        ):
            lib.wlr_seat_start_touch_drag(self.pointer, event.drag, event.serial, point[0])
            return
        count = self._refused_drags.count()
        if count:
            text = "refused a drag without a held button or touch%s"
            log.info(text, repeated(count), extra=of_vm(self.vm))
        if event.drag.source != NULL:
            # The drag goes with it.
            lib.wlr_data_source_destroy(event.drag.source)
        else:
            RefusedDrag(self.server, event.drag)

    def _drag_started(self, drag: Any) -> None:
        Drag(self, drag)


class Drag(Owner):
    """A running drag."""

    def __init__(self, seat: Seat, pointer: Any) -> None:
        super().__init__()
        self.seat = seat
        seat.dragging = True
        if pointer.icon != NULL:
            DragIcon(seat, pointer.icon)
        self.on("wlr_drag", pointer, "destroy", self._destroyed)
        # wlroots cleared the focus: enter the surface under the pointer before it moves again.
        seat.server.input.refresh_pointer()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self.seat.dragging = False
        self.seat.server.input.refresh_pointer()


class RefusedDrag(Owner):
    """A drag without a source that was not started: wlroots would never free it."""

    def __init__(self, server: Server, pointer: Any) -> None:
        super().__init__()
        self._server = server
        self._pointer = pointer
        if pointer.icon != NULL:
            # The icon refers to it, and goes with its surface.
            self.on("wlr_drag_icon", pointer.icon, "destroy", self._icon_destroyed)
        else:
            self._free()

    def _icon_destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._free()

    def _free(self) -> None:
        # Deferred: the caller, wlroots, still uses the drag.
        pointer = self._pointer
        self._server.loop.defer(self, lambda: lib.free(pointer))


class DragIcon(Owner):
    """The icon of a drag; follows the pointer."""

    def __init__(self, seat: Seat, pointer: Any) -> None:
        super().__init__()
        self._server = seat.server
        self._pointer = pointer
        self._tree = lib.wlr_scene_tree_create(seat.server.layers.drag)
        layers.set_visible(self._tree, False)
        self._surfaces = SurfaceTree(seat.server, self._tree, pointer.surface)
        self._offset = (0, 0)
        self._commit(None)
        self.on("wlr_surface", pointer.surface, "commit", self._commit)
        self.on("wlr_drag_icon", pointer, "destroy", self._destroyed)
        cursor = seat.server.input.cursor
        cursor.drag_icon = self
        self.move(cursor.x, cursor.y)

    def move(self, x: float, y: float) -> None:
        """Follow the pointer, layout coordinates."""
        layers.set_position(self._tree, int(x), int(y))

    def _commit(self, _data: Any) -> None:
        surface = self._pointer.surface
        state = surface.current
        # A client says where the pointer is in its icon; it may not say that it is far away.
        self._offset = (
            max(-MAX_DRAG_ICON, min(0, self._offset[0] + state.dx)),
            max(-MAX_DRAG_ICON, min(0, self._offset[1] + state.dy)),
        )
        self._surfaces.place(self._offset, (0, 0, state.width, state.height))
        fits = state.width <= MAX_DRAG_ICON and state.height <= MAX_DRAG_ICON
        layers.set_visible(self._tree, bool(surface.mapped) and fits)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        layers.destroy(self._tree)
        self._server.input.cursor.drag_icon = None
