"""The pointer: where it is, what it shows, and what its motion and buttons do."""

from __future__ import annotations

import enum
import logging
import os
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.loop import now_ms
from spectrum_session.compositor.part import Part
from spectrum_session.compositor.workarounds.source_boxes import inside
from spectrum_session.gate.policy import MAX_CURSOR
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, Owner, address, ffi, lib, string

if TYPE_CHECKING:
    from spectrum_session.compositor.windows.window import Window

    from .input import Input
    from .seat import Seat

log = logging.getLogger(__name__)

BUTTON_LEFT = 0x110
BUTTON_RIGHT = 0x111
BUTTON_MIDDLE = 0x112
MODIFIER_LOGO = 64

EDGE_TOP, EDGE_BOTTOM, EDGE_LEFT, EDGE_RIGHT = 1, 2, 4, 8
EDGE_CURSORS = {
    EDGE_TOP: "n-resize",
    EDGE_BOTTOM: "s-resize",
    EDGE_LEFT: "w-resize",
    EDGE_RIGHT: "e-resize",
    EDGE_TOP | EDGE_LEFT: "nw-resize",
    EDGE_TOP | EDGE_RIGHT: "ne-resize",
    EDGE_BOTTOM | EDGE_LEFT: "sw-resize",
    EDGE_BOTTOM | EDGE_RIGHT: "se-resize",
}


class Mode(enum.Enum):
    """What pointer motion does now."""

    PASS = enum.auto()
    MOVE = enum.auto()
    RESIZE = enum.auto()


class Cursor(Part):
    """Wraps a `struct wlr_cursor *`, all pointers together."""

    def __init__(self, input_: Input) -> None:
        super().__init__(input_.server)
        self.input = input_
        self.pointer = lib.wlr_cursor_create()
        lib.wlr_cursor_attach_output_layout(self.pointer, self.server.outputs.layout)
        self._theme: Any = NULL
        self.load_theme()
        self.mode = Mode.PASS
        self.drag_icon: Any = None
        self._window: Window | None = None
        self._edges = 0
        self._start = (0.0, 0.0)
        self._start_frame = Rect(0, 0, 0, 0)
        self._buttons: set[int] = set()
        self._held: tuple[Any, Seat, float, float] | None = None
        """Implicit grab: surface, its seat, and its origin in the layout."""
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

    # --- what it shows

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
            # It listens before wlroots does: what it refuses is never drawn.
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
            self.mode is Mode.PASS
            and not self._hidden
            and seat is self.input.pointer_seat
            and seat.pointer.pointer_state.focused_client == seat_client
        )

    def refuse_client_surface(self) -> None:
        """The client's cursor is too large, not where the pointer is, or cannot be drawn."""
        self._drop_client_surface()
        self._image = ""
        self.show("default")

    def client_surface_gone(self) -> None:
        """The client's cursor was destroyed; another surface may have its address soon."""
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
        self.input.activity()
        self.reveal()
        seat = self.input.pointer_seat
        if seat is not None:
            lib.wlr_relative_pointer_manager_v1_send_relative_motion(
                self.input.relative_pointers,
                seat.pointer,
                event.time_msec * 1000,
                event.delta_x,
                event.delta_y,
                event.unaccel_dx,
                event.unaccel_dy,
            )
        dx, dy = event.delta_x, event.delta_y
        constraint = self.input.constraints.active
        if constraint is not None and self.mode is Mode.PASS:
            if constraint.locked:
                return
            dx, dy = constraint.confine(dx, dy)
        device = ffi.addressof(event.pointer, "base") if event.pointer else NULL
        lib.wlr_cursor_move(self.pointer, device, dx, dy)
        self.moved(event.time_msec)

    def _motion_absolute(self, event: Any) -> None:
        self.input.activity()
        self.reveal()
        device = ffi.addressof(event.pointer, "base")
        out = ffi.new("double[2]")
        lib.wlr_cursor_absolute_to_layout_coords(
            self.pointer, device, event.x, event.y, out, out + 1
        )
        dx, dy = out[0] - self.pointer.x, out[1] - self.pointer.y
        seat = self.input.pointer_seat
        if seat is not None:
            lib.wlr_relative_pointer_manager_v1_send_relative_motion(
                self.input.relative_pointers, seat.pointer, event.time_msec * 1000, dx, dy, dx, dy
            )
        constraint = self.input.constraints.active
        if constraint is not None and self.mode is Mode.PASS:
            if constraint.locked:
                return
            dx, dy = constraint.confine(dx, dy)
            lib.wlr_cursor_move(self.pointer, NULL, dx, dy)
        else:
            lib.wlr_cursor_warp_absolute(self.pointer, device, event.x, event.y)
        self.moved(event.time_msec)

    def moved(self, time_msec: int) -> None:
        """The pointer is somewhere else, or something else is under it."""
        if self._hidden:
            # What nobody sees points at nothing: no tooltip shows before the first motion.
            return
        if self.drag_icon is not None:
            self.drag_icon.move(self.pointer.x, self.pointer.y)
        if self.mode is not Mode.PASS:
            self._drag_window()
            return
        if self._held is not None:
            _, seat, left, top = self._held
            if not seat.dragging:
                lib.wlr_seat_pointer_notify_motion(
                    seat.pointer, time_msec, self.pointer.x - left, self.pointer.y - top
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
        if self.mode is not Mode.PASS:
            return
        hit = self.server.surfaces.at(self.pointer.x, self.pointer.y)
        surface = hit.surface
        if surface is not None and self.input.locked_out(hit.target):
            return
        window = hit.window if not self.input.locked else None
        by_key = self.input.modifiers & MODIFIER_LOGO and button in (BUTTON_LEFT, BUTTON_RIGHT)
        if window is not None and by_key:
            self.input.clicked(window)
            self._begin_by_key(window, button)
            return
        if self._held is None and not self.input.allows_press(self.x, self.y, window):
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
            self._held = (
                surface,
                seat,
                self.pointer.x - hit.x,
                self.pointer.y - hit.y,
            )
            # A press goes to what is there now, even if the pointer has not moved since it came.
            lib.wlr_seat_pointer_notify_enter(seat.pointer, surface, hit.x, hit.y)
        lib.wlr_seat_pointer_notify_button(seat.pointer, time_msec, button, 1)

    def _pressed_on_frame(self, window: Window, button: int) -> None:
        """A button went down on what the compositor draws of a window."""
        self.input.clicked(window)
        if button != BUTTON_LEFT:
            return
        if window.points_at(self.pointer.x, self.pointer.y):
            window.press(self.pointer.x, self.pointer.y)
        else:
            self._begin_on_frame(window)

    def _released(self, time_msec: int, button: int) -> None:
        if self.mode is not Mode.PASS:
            if button in (BUTTON_LEFT, BUTTON_RIGHT):
                self.end_window_drag()
            return
        if button not in self._buttons:
            return
        self._buttons.discard(button)
        seat = self._held[1] if self._held else self.input.pointer_seat
        if seat is not None:
            if seat.dragging and not self.input.pointer_guard.allows(self.x, self.y):
                # The drop was meant for what was here before: it falls on nothing.
                lib.wlr_seat_pointer_notify_clear_focus(seat.pointer)
            lib.wlr_seat_pointer_notify_button(seat.pointer, time_msec, button, 0)
        if not self._buttons:
            self._held = None
            self._pass(time_msec)

    def surface_gone(self, surface: Any) -> None:
        """A surface is unmapped: an implicit grab of it ends."""
        if self._held is not None and self._held[0] == surface:
            self._held = None
            self._buttons.clear()

    def _axis(self, event: Any) -> None:
        self.input.activity()
        self.input.machine.interrupt()
        seat = self.input.pointer_seat
        if seat is not None and self.mode is Mode.PASS:
            lib.seat_pointer_notify_axis(seat.pointer, event)

    def _frame(self, _data: Any) -> None:
        seat = self.input.pointer_seat
        if seat is not None:
            lib.wlr_seat_pointer_notify_frame(seat.pointer)

    # --- moving and resizing windows

    def _begin_on_frame(self, window: Window) -> None:
        edges = window.edges_at(self.pointer.x, self.pointer.y)
        if edges:
            self.begin_resize(window, edges)
        else:
            self.begin_move(window)

    def _begin_by_key(self, window: Window, button: int) -> None:
        if button == BUTTON_LEFT:
            self.begin_move(window)
            return
        frame = window.frame_rect
        edges = EDGE_LEFT if self.pointer.x < frame.center[0] else EDGE_RIGHT
        edges |= EDGE_TOP if self.pointer.y < frame.center[1] else EDGE_BOTTOM
        self.begin_resize(window, edges)

    def holds(self, window: Window) -> bool:
        """Is a button down on a surface of this window?"""
        return self._held is not None and self.server.surfaces.window_of(self._held[0]) is window

    def begin_move(self, window: Window) -> None:
        """The window follows the pointer until the button goes up."""
        if window.movable:
            self._begin(window, Mode.MOVE, 0)
            self.show("grabbing")

    def begin_resize(self, window: Window, edges: int) -> None:
        """These edges follow the pointer until the button goes up."""
        if window.movable and edges:
            self._begin(window, Mode.RESIZE, edges)
            window.set_resizing(True)
            self.show(EDGE_CURSORS.get(edges, "se-resize"))

    def _begin(self, window: Window, mode: Mode, edges: int) -> None:
        if self._held is not None:
            seat = self._held[1]
            now = now_ms()
            for button in self._buttons:
                lib.wlr_seat_pointer_notify_button(seat.pointer, now, button, 0)
            self._held = None
            self._buttons.clear()
        self.input.pointer_over(None)
        self.mode, self._window, self._edges = mode, window, edges
        self._start = (self.pointer.x, self.pointer.y)
        self._start_frame = window.frame_rect

    def _drag_window(self) -> None:
        window = self._window
        if window is None:
            return
        dx, dy = int(self.pointer.x - self._start[0]), int(self.pointer.y - self._start[1])
        start = self._start_frame
        if self.mode is Mode.MOVE:
            self.server.desktop.drag(window, start.translate(dx, dy))
            return
        left, top, right, bottom = start.x, start.y, start.right, start.bottom
        least_width, least_height = window.least_frame
        if self._edges & EDGE_LEFT:
            left = min(left + dx, right - least_width)
        if self._edges & EDGE_RIGHT:
            right = max(right + dx, left + least_width)
        if self._edges & EDGE_TOP:
            top = min(top + dy, bottom - least_height)
        if self._edges & EDGE_BOTTOM:
            bottom = max(bottom + dy, top + least_height)
        self.server.desktop.drag(window, Rect(left, top, right - left, bottom - top))

    def end_window_drag(self, window: Window | None = None) -> None:
        """The button went up, or `window` went away."""
        if self._window is None or (window is not None and window is not self._window):
            return
        if self.mode is Mode.RESIZE:
            self._window.set_resizing(False)
        self.mode, self._window = Mode.PASS, None
        self._image = ""
        self.show("default")
        self._pass(0)


class ClientCursor(Owner):
    """The surface that a client shows as its cursor; watched for its size and its hotspot."""

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
        """The client says which point of it is where it points. May it be shown?"""
        self._hotspot = hotspot
        return self._check()

    def _commit(self, _data: Any) -> None:
        state = self._surface.current
        self._hotspot = (self._hotspot[0] - state.dx, self._hotspot[1] - state.dy)
        self._check()

    def _check(self) -> bool:
        """Far from its hotspot it would be a picture over somebody else's window."""
        state = self._surface.current
        numbers = (state.width, state.height, *self._hotspot)
        if all(0 <= number <= MAX_CURSOR for number in numbers) and self._drawable():
            return True
        self._cursor.refuse_client_surface()
        return False

    def _drawable(self) -> bool:
        """Has its texture the part that is shown? Else its last buffer could not be taken."""
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
