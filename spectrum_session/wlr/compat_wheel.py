"""Makes wlroots 0.17 look like 0.19 and later to the compositor. Nothing above knows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .declarations import SIGNALS
from .wheel_layout import LAYOUT
from .wheel_pixels import PixelBuffers

ROLE_TOPLEVEL = 1
ROLE_POPUP = 2


class Lib:
    """The library with later versions' signatures where 0.17's differ.

    Names that are not defined here are looked up in the C library once and kept.
    """

    def __init__(self, ffi: Any, clib: Any) -> None:
        self._ffi = ffi
        self._clib = clib
        self._box = ffi.new("struct wlr_box *")
        self._own: list[Any] = []
        self._pixel_buffers = PixelBuffers(ffi, clib)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._clib, name)
        self.__dict__[name] = value
        return value

    def display_create(self) -> Any:
        """A display; its libwayland drops a client whose message is larger than a buffer."""
        return self._clib.wl_display_create()

    def backend_autocreate(self, display: Any, session: Any) -> Any:
        """The backend by environment; from 0.18 on it takes the display's event loop."""
        return self._clib.wlr_backend_autocreate(display, session)

    def renderer_name(self, renderer: Any) -> str:
        """As WLR_RENDERER calls it: pixman or gles2; the wheel has no other."""
        if self._clib.wlr_renderer_is_pixman(renderer):
            return "pixman"
        return "gles2" if self._clib.wlr_renderer_is_gles2(renderer) else "unknown"

    def configure_pointer(
        self,
        device: Any,
        natural_scroll: bool | None,
        tap: bool | None,
        acceleration: float | None,
    ) -> None:
        """Nothing: nested and headless there are no devices but those of others."""

    def output_layout_create(self, display: Any) -> Any:
        """An output layout; from 0.18 on it takes the display."""
        del display
        return self._clib.wlr_output_layout_create()

    def presentation_create(self, display: Any, backend: Any, scene: Any) -> None:
        """wp_presentation, fed by the scene (from 0.19 on the scene does that by itself)."""
        presentation = self._clib.wlr_presentation_create(display, backend)
        self._clib.wlr_scene_set_presentation(scene, presentation)

    def present_ns(self, event: Any) -> int:
        """0: this provider drives no display of its own, whose clock could be followed."""
        return 0

    def gamma_control_create(self, display: Any, scene: Any) -> None:
        """zwlr_gamma_control; from 0.19 on the scene applies it by itself."""
        del scene
        from . import listeners

        manager = self._clib.wlr_gamma_control_manager_v1_create(display)
        offset = LAYOUT["wlr_gamma_control_manager_v1"]["events.set_gamma"]
        signal = self._ffi.cast("struct wl_signal *", self._ffi.cast("char *", manager) + offset)
        kind = "struct wlr_gamma_control_manager_v1_set_gamma_event *"
        where = "wlr_gamma_control_manager_v1.set_gamma"
        self._own.append(listeners.add(signal, self._set_gamma, kind, where))

    def close(self) -> None:
        """Drop the listeners that stand in for what later versions do by themselves."""
        from . import listeners

        for listener in self._own:
            listeners.remove(listener)
        self._own.clear()

    def _set_gamma(self, event: Any) -> None:
        state = self._ffi.new("struct wlr_output_state *")
        self._clib.wlr_output_state_init(state)
        control = event.control
        applied = self._clib.wlr_gamma_control_v1_apply(control, state) if control else True
        applied = applied and self._clib.wlr_output_commit_state(event.output, state)
        if not applied and control:
            self._clib.wlr_gamma_control_v1_send_failed_and_destroy(control)
        self._clib.wlr_output_state_finish(state)

    def seat_pointer_notify_axis(self, seat: Any, event: Any) -> None:
        """Pass on a `struct wlr_pointer_axis_event` (0.18 adds the relative direction)."""
        self._clib.wlr_seat_pointer_notify_axis(
            seat, event.time_msec, event.orientation, event.delta, event.delta_discrete,
            event.source,
        )

    def surface_accepts_tablet(self, tablet: Any, surface: Any) -> bool:
        """Does a surface's client speak the tablet protocol? (0.19 swapped the arguments.)"""
        return bool(self._clib.wlr_surface_accepts_tablet_v2(tablet, surface))

    def seat_touch_notify_cancel(self, seat: Any, surface: Any) -> None:
        """Cancel all touches of a surface's client (0.18 takes the seat's client)."""
        self._clib.wlr_seat_touch_notify_cancel(seat, surface)

    def pixel_buffer_create(
        self, data: bytearray, width: int, height: int, stride: int, renderer: Any
    ) -> Any:
        """A `struct wlr_buffer *` of premultiplied ARGB pixels; NULL if they are refused."""
        return self._pixel_buffers.create(data, width, height, stride, renderer)

    def xdg_surface_geometry(self, surface: Any) -> tuple[int, int, int, int]:
        """x, y, width, height of the window geometry, surface-local (a field from 0.19 on)."""
        box = self._box
        self._clib.wlr_xdg_surface_get_geometry(surface, box)
        return box.x, box.y, box.width, box.height


def make_connect(ffi: Any, listeners: Any) -> Callable[[str, Any, str, Callable[[Any], None]], Any]:
    """The function that finds a signal by its name in later versions and connects to it."""

    def signal_at(struct: str, pointer: Any, event: str) -> Any:
        address = ffi.cast("char *", pointer) + LAYOUT[struct][f"events.{event}"]
        return ffi.cast("struct wl_signal *", address)

    def connect(struct: str, pointer: Any, event: str, callback: Callable[[Any], None]) -> Any:
        where = f"{struct}.{event}"
        if struct == "wlr_xdg_shell" and event in ("new_toplevel", "new_popup"):
            # One signal with a role, sent at the initial commit just before the surface's own
            # commit signal; so a commit listener made now still sees `initial_commit`.
            wanted = ROLE_TOPLEVEL if event == "new_toplevel" else ROLE_POPUP

            def by_role(surface: Any) -> None:
                if surface.role == wanted:
                    # toplevel and popup share one place in a union
                    kind = "toplevel" if wanted == ROLE_TOPLEVEL else "popup"
                    callback(ffi.cast(f"struct wlr_xdg_{kind} *", surface.toplevel))

            signal = signal_at("wlr_xdg_shell", pointer, "new_surface")
            return listeners.add(signal, by_role, "struct wlr_xdg_surface *", where)
        if (struct, event) == ("wlr_layer_surface_v1", "new_popup"):
            # 0.17 tells of these popups with all others, when they already have their parent.
            signal = signal_at(struct, pointer, event)
            return listeners.add(signal, lambda _data: None, None, where)
        if struct in ("wlr_xdg_toplevel", "wlr_xdg_popup") and event == "destroy":
            # 0.17 sends the surface's destroy when the role object goes, before it is freed.
            signal = signal_at("wlr_xdg_surface", pointer.base, "destroy")
            return listeners.add(signal, callback, None, where)
        kind = SIGNALS[struct][event] or None
        return listeners.add(signal_at(struct, pointer, event), callback, kind, where)

    return connect
