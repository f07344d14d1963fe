"""Touch: each finger belongs to the surface where it went down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import ffi, lib

from .grab import Grab

if TYPE_CHECKING:
    from .input import Input


class Touch(Part):
    """Touch devices, all together."""

    def __init__(self, input_: Input) -> None:
        super().__init__(input_.server)
        self.input = input_
        self._fingers: dict[int, Grab] = {}
        """By touch id."""
        cursor = input_.cursor.pointer
        self.on("wlr_cursor", cursor, "touch_down", self._down)
        self.on("wlr_cursor", cursor, "touch_up", self._up)
        self.on("wlr_cursor", cursor, "touch_motion", self._motion)
        self.on("wlr_cursor", cursor, "touch_cancel", self._cancel)
        self.on("wlr_cursor", cursor, "touch_frame", self._frame)

    def _at(self, event: Any) -> tuple[float, float]:
        out = ffi.new("double[2]")
        device = ffi.addressof(event.touch, "base")
        lib.wlr_cursor_absolute_to_layout_coords(
            self.input.cursor.pointer, device, event.x, event.y, out, out + 1
        )
        return out[0], out[1]

    def _down(self, event: Any) -> None:
        input_, server = self.input, self.input.server
        input_.activity()
        x, y = self._at(event)
        hit = server.surfaces.at(x, y)
        surface, window = hit.surface, hit.window
        if not input_.allows_press(x, y, window):
            return
        if surface is None or input_.locked_out(hit.target):
            if window is not None and not input_.locked:
                input_.clicked(window)
                window.press(x, y)
            return
        input_.pressed_on(hit)
        seat = input_.seat_of(surface)
        root = lib.wlr_surface_get_root_surface(surface)
        self._fingers[event.touch_id] = Grab(root, seat, x - hit.x, y - hit.y)
        lib.wlr_seat_touch_notify_down(
            seat.pointer, surface, event.time_msec, event.touch_id, hit.x, hit.y
        )

    def _motion(self, event: Any) -> None:
        self.input.activity()
        finger = self._fingers.get(event.touch_id)
        if finger is None:
            return
        x, y = self._at(event)
        lib.wlr_seat_touch_notify_motion(
            finger.seat.pointer,
            event.time_msec,
            event.touch_id,
            x - finger.left,
            y - finger.top,
        )

    def _up(self, event: Any) -> None:
        self.input.activity()
        finger = self._fingers.pop(event.touch_id, None)
        if finger is not None:
            lib.wlr_seat_touch_notify_up(finger.seat.pointer, event.time_msec, event.touch_id)

    def _cancel(self, event: Any) -> None:
        finger = self._fingers.pop(event.touch_id, None)
        if finger is not None:
            lib.seat_touch_notify_cancel(finger.seat.pointer, finger.surface)

    def surface_gone(self, surface: Any) -> None:
        """A surface is unmapped: its fingers touch nothing now."""
        for key in [key for key, finger in self._fingers.items() if finger.surface == surface]:
            del self._fingers[key]

    def _frame(self, _data: Any) -> None:
        for seat in self.input.seats:
            lib.wlr_seat_touch_notify_frame(seat.pointer)
