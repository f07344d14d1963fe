"""The pointer: its position, its image, and the handling of motion, buttons and axes."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.loop import now_ms
from spectrum_session.compositor.part import Part
from spectrum_session.wlr import NULL, address, ffi, lib, string

from .client_cursor import ClientCursor
from .grab import Grab
from .window_drag import EDGE_CURSORS, WindowDrag

if TYPE_CHECKING:
    from spectrum_session.compositor.windows.window import Window

    from .input import Input
    from .seat import DragIcon, Seat

log = logging.getLogger(__name__)

BUTTON_LEFT = 0x110
BUTTON_RIGHT = 0x111
MODIFIER_LOGO = 64


class Cursor(Part):
    """Wraps a `struct wlr_cursor *`, all pointers together."""

    def __init__(self, input_: Input) -> None:
        super().__init__(input_.server)
        self.input = input_
        self.pointer = lib.wlr_cursor_create()
        lib.wlr_cursor_attach_output_layout(self.pointer, self.server.outputs.layout)
        self._theme: Any = NULL
        self.load_theme()
        self.window_drag = WindowDrag(self)
        self.drag_icon: DragIcon | None = None
        self._buttons: set[int] = set()
        """Buttons that are held on a client's surface."""
        self._held: Grab | None = None
        self._image: str | None = ""
        self._client_surface: ClientCursor | None = None
        self._hidden = True
        for event, handler in {
            "motion": self._motion,
            "motion_absolute": self._motion_absolute,
            "button": self._button,
            "axis": self._axis,
            "frame": self._frame,
        }.items():
            self.on("wlr_cursor", self.pointer, event, handler)

    @property
    def x(self) -> float:
        """Layout coordinate."""
        return float(self.pointer.x)

    @property
    def y(self) -> float:
        """Layout coordinate."""
        return float(self.pointer.y)

    def load_theme(self) -> None:
        """Load the configured xcursor theme, or the environment's."""
        config = self.server.config.pointer
        name = config.theme or os.environ.get("XCURSOR_THEME", "")
        old = self._theme
        self._theme = lib.wlr_xcursor_manager_create(
            ffi.new("char[]", name.encode()) if name else NULL, config.size
        )
        if old:
            # The picture that is shown is in the old theme's memory: first the new one's.
            if self._image:
                shown, self._image = self._image, ""
                self.show(shown)
            lib.wlr_xcursor_manager_destroy(old)

    def close(self) -> None:
        """Free the cursor and its theme."""
        self._drop_client_surface()
        self.forget_listeners()
        lib.wlr_cursor_destroy(self.pointer)
        lib.wlr_xcursor_manager_destroy(self._theme)

    # --- image

    def show(self, name: str) -> None:
        """Show a named cursor of the theme."""
        if self._image == name or self._hidden:
            return
        self._drop_client_surface()
        self._image = name
        lib.wlr_cursor_set_xcursor(self.pointer, self._theme, name.encode())

    def reveal(self) -> None:
        """The first real pointer motion: until then nothing is drawn."""
        if self._hidden:
            self._hidden = False
            self.show("default")

    def request_surface(self, seat: Seat, event: Any) -> None:
        """A client sets its cursor: honoured over its own surfaces only."""
        if not self._may_set(seat, event.seat_client):
            return
        self._image = None
        surface = event.surface
        if surface == NULL:
            self._drop_client_surface()
            lib.wlr_cursor_unset_image(self.pointer)
            return
        hotspot = (event.hotspot_x, event.hotspot_y)
        watched = self._client_surface
        if watched is None or watched.key != address(surface):
            self._drop_client_surface()
            # It listens before wlroots does: a refused surface is never drawn.
            watched = self._client_surface = ClientCursor(self, surface)
        if watched.place(hotspot):
            lib.wlr_cursor_set_surface(self.pointer, surface, *hotspot)

    def request_shape(self, event: Any) -> None:
        """A client names a cursor shape."""
        for seat in self.input.seats:
            if seat.pointer == event.seat_client.seat and self._may_set(seat, event.seat_client):
                self.show(string(lib.wlr_cursor_shape_v1_name(event.shape)))

    def _may_set(self, seat: Seat, seat_client: Any) -> bool:
        return (
            not self.window_drag.running
            and not self._hidden
            and seat is self.input.pointer_seat
            and seat.pointer.pointer_state.focused_client == seat_client
        )

    def refuse_client_surface(self) -> None:
        """Show the default: the client's cursor is too large, off the pointer, or undrawable."""
        self._drop_client_surface()
        self._image = ""
        self.show("default")

    def client_surface_gone(self) -> None:
        """The client's cursor was destroyed; its address may be reused."""
        self._client_surface = None

    def _drop_client_surface(self) -> None:
        if self._client_surface is not None:
            self._client_surface.forget_listeners()
            self._client_surface = None

    # --- motion

    def warp(self, x: float, y: float) -> None:
        """Put the pointer at a point of the layout."""
        lib.wlr_cursor_warp_closest(self.pointer, NULL, x, y)
        self.moved(0)

    def _motion(self, event: Any) -> None:
        device = ffi.addressof(event.pointer, "base") if event.pointer else NULL
        delta = event.delta_x, event.delta_y
        self._move(event.time_msec, delta, (event.unaccel_dx, event.unaccel_dy), device)

    def _motion_absolute(self, event: Any) -> None:
        device = ffi.addressof(event.pointer, "base")
        out = ffi.new("double[2]")
        lib.wlr_cursor_absolute_to_layout_coords(
            self.pointer, device, event.x, event.y, out, out + 1
        )
        delta = out[0] - self.pointer.x, out[1] - self.pointer.y
        self._move(event.time_msec, delta, delta, device, (event.x, event.y))

    def _move(
        self,
        time_msec: int,
        delta: tuple[float, float],
        unaccelerated: tuple[float, float],
        device: Any,
        position: tuple[float, float] | None = None,
    ) -> None:
        """Send relative motion, then move as far as the active constraint allows: by `delta`
        (logical pixels), or to a `position` of an absolute device (0 to 1)."""
        self.input.activity()
        self.reveal()
        seat = self.input.pointer_seat
        if seat is not None:
            lib.wlr_relative_pointer_manager_v1_send_relative_motion(
                self.input.relative_pointers,
                seat.pointer,
                time_msec * 1000,
                *delta,
                *unaccelerated,
            )
        constraint = self.input.constraints.active
        if constraint is not None and not self.window_drag.running:
            if constraint.locked:
                return
            delta, position = constraint.confine(*delta), None
        if position is not None:
            lib.wlr_cursor_warp_absolute(self.pointer, device, *position)
        else:
            lib.wlr_cursor_move(self.pointer, device, *delta)
        self.moved(time_msec)

    def moved(self, time_msec: int) -> None:
        """The pointer moved, or the scene under it changed."""
        if self._hidden:
            # A hidden pointer has no target: no tooltip shows before the first motion.
            return
        if self.drag_icon is not None:
            self.drag_icon.move(self.pointer.x, self.pointer.y)
        if self.window_drag.running:
            self.window_drag.moved()
            return
        held = self._held
        if held is not None and not held.seat.dragging:
            lib.wlr_seat_pointer_notify_motion(
                held.seat.pointer,
                time_msec,
                self.pointer.x - held.left,
                self.pointer.y - held.top,
            )
            return
        self._pass(time_msec)

    def _pass(self, time_msec: int) -> None:
        hit = self.server.surfaces.at(self.pointer.x, self.pointer.y)
        surface = hit.surface
        if surface is None or self.input.locked_out(hit.target):
            self._over_frame(hit.window)
            return
        seat = self.input.seat_of(surface)
        self.input.pointer_over(seat)
        if seat.pointer.pointer_state.focused_surface != surface:
            if hit.window is not None:
                self.input.window_under_pointer(hit.window)
            self._image = ""
            self.show("default")
        lib.wlr_seat_pointer_notify_enter(seat.pointer, surface, hit.x, hit.y)
        lib.wlr_seat_pointer_notify_motion(seat.pointer, time_msec, hit.x, hit.y)
        self.input.constraints.pointer_entered(surface)

    def _over_frame(self, window: Window | None) -> None:
        self.input.pointer_over(None)
        self.input.constraints.pointer_entered(NULL)
        if window is None:
            self.show("default")
            return
        if window.points_at(self.pointer.x, self.pointer.y):
            self.show("pointer")
            return
        edges = window.edges_at(self.pointer.x, self.pointer.y)
        self.show(EDGE_CURSORS.get(edges, "default"))

    # --- buttons

    def _button(self, event: Any) -> None:
        self.input.activity()
        self.reveal()
        self._button_changed(event.time_msec, event.button, bool(event.state))

    def emulated_button(self, time_msec: int, pressed: bool) -> None:
        """The left button, by a pen on a client that knows no tablets."""
        self._button_changed(time_msec, BUTTON_LEFT, pressed)
        self._frame(None)

    def _button_changed(self, time_msec: int, button: int, pressed: bool) -> None:
        if not pressed:
            self._released(time_msec, button)
            return
        self.input.machine.interrupt()
        if self.window_drag.running:
            return
        hit = self.server.surfaces.at(self.pointer.x, self.pointer.y)
        surface = hit.surface
        if surface is not None and self.input.locked_out(hit.target):
            return
        window = hit.window if not self.input.locked else None
        held = self._held
        if held is not None and not self.input.locked:
            # Further buttons belong to the grab of the first, whatever is under the pointer now.
            self._buttons.add(button)
            lib.wlr_seat_pointer_notify_button(held.seat.pointer, time_msec, button, 1)
            return
        if not self.input.allows_press(self.x, self.y, window):
            return
        by_key = self.input.modifiers & MODIFIER_LOGO and button in (BUTTON_LEFT, BUTTON_RIGHT)
        if window is not None and by_key:
            self.input.clicked(window)
            if button == BUTTON_LEFT:
                self.window_drag.move(window)
            else:
                self.window_drag.resize_nearest(window)
            return
        if window is not None and surface is None:
            self._pressed_on_frame(window, button)
            return
        if surface is None:
            if not self.input.locked:
                self.input.clicked_background(self.pointer.x, self.pointer.y)
            return
        seat = self.input.seat_of(surface)
        self.input.pressed_on(hit)
        self.input.pointer_over(seat)
        self._buttons.add(button)
        if self._held is None:
            root = lib.wlr_surface_get_root_surface(surface)
            self._held = Grab(root, seat, self.pointer.x - hit.x, self.pointer.y - hit.y)
            # A press goes to the surface that is there now, even before the pointer moves.
            lib.wlr_seat_pointer_notify_enter(seat.pointer, surface, hit.x, hit.y)
        lib.wlr_seat_pointer_notify_button(seat.pointer, time_msec, button, 1)
        self.input.constraints.clicked()

    def _pressed_on_frame(self, window: Window, button: int) -> None:
        """A button was pressed on the frame of a window, or on its content that we draw."""
        self.input.clicked(window)
        if button != BUTTON_LEFT:
            return
        if window.points_at(self.pointer.x, self.pointer.y):
            window.press(self.pointer.x, self.pointer.y)
        else:
            self.window_drag.begin(window)

    def _released(self, time_msec: int, button: int) -> None:
        if self.window_drag.running:
            self.window_drag.end()
            return
        if button not in self._buttons:
            return
        self._buttons.discard(button)
        seat = self._held.seat if self._held else self.input.pointer_seat
        if seat is not None:
            if seat.dragging and not self.input.pointer_guard.allows(self.x, self.y):
                # The drop was meant for the thing that was here before: it has no target.
                lib.wlr_seat_pointer_notify_clear_focus(seat.pointer)
            lib.wlr_seat_pointer_notify_button(seat.pointer, time_msec, button, 0)
        if not self._buttons:
            self._held = None
            self._pass(time_msec)

    def surface_gone(self, surface: Any) -> None:
        """A surface is unmapped: an implicit grab of it ends."""
        held = self._held
        if held is None or held.surface != surface:
            return
        if held.seat.dragging:
            # The drag ends with the release of its button, which its seat still has to get.
            self._held = replace(held, surface=NULL)
        else:
            self._held = None
            self._buttons.clear()

    def _axis(self, event: Any) -> None:
        self.input.activity()
        self.input.machine.interrupt()
        seat = self.input.pointer_seat
        if seat is None or self.window_drag.running:
            return
        if self._held is None and not self.input.pointer_guard.allows(self.x, self.y):
            return
        lib.seat_pointer_notify_axis(seat.pointer, event)

    def _frame(self, _data: Any) -> None:
        seat = self.input.pointer_seat
        if seat is not None:
            lib.wlr_seat_pointer_notify_frame(seat.pointer)

    # --- for interactive moves and resizes

    def holds(self, window: Window) -> bool:
        """Is a button held on a surface of this window?"""
        held = self._held
        return held is not None and self.server.surfaces.window_of(held.surface) is window

    def release_buttons(self) -> None:
        """End the implicit grab: its client gets a release of each held button."""
        if self._held is not None:
            seat, now = self._held.seat, now_ms()
            for button in self._buttons:
                lib.wlr_seat_pointer_notify_button(seat.pointer, now, button, 0)
            self._held = None
            self._buttons.clear()

    def refocus(self) -> None:
        """Show the default cursor and enter the surface under the pointer."""
        self._image = ""
        self.show("default")
        self._pass(0)
