"""The system's wlroots, 0.18 to 0.20, under the names that the compositor uses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .declarations import SIGNALS, SYSTEM_SIGNALS


class Lib:
    """The library, with one form for what changed between these versions.

    Names that are not defined here are looked up in the C module once and kept.
    """

    def __init__(self, ffi: Any, clib: Any) -> None:
        self._ffi = ffi
        self._clib = clib

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._clib, name)
        self.__dict__[name] = value
        return value

    def display_create(self) -> Any:
        """A display whose clients' largest messages fit into its buffers."""
        return self._clib.ours_display_create()

    def backend_autocreate(self, display: Any, session: Any) -> Any:
        """The backend by environment."""
        loop = self._clib.wl_display_get_event_loop(display)
        return self._clib.wlr_backend_autocreate(loop, session)

    def renderer_name(self, renderer: Any) -> str:
        """As WLR_RENDERER calls it: pixman, gles2 or vulkan; unknown for another."""
        name: bytes = self._ffi.string(self._clib.ours_renderer_name(renderer))
        return name.decode()

    def output_layout_create(self, display: Any) -> Any:
        """An output layout."""
        return self._clib.wlr_output_layout_create(display)

    def presentation_create(self, display: Any, backend: Any, scene: Any) -> None:
        """wp_presentation; the scene feeds it by itself."""
        del scene
        self._clib.ours_presentation_create(display, backend)

    def present_ns(self, event: Any) -> int:
        """When a `struct wlr_output_event_present` says that the frame was shown: nanoseconds of
        CLOCK_MONOTONIC; 0 when it was not."""
        return int(self._clib.ours_present_ns(event))

    def gamma_control_create(self, display: Any, scene: Any) -> None:
        """zwlr_gamma_control."""
        self._clib.ours_gamma_control_create(display, scene)

    def close(self) -> None:
        """Nothing to drop: these versions need no stand-ins."""

    def seat_pointer_notify_axis(self, seat: Any, event: Any) -> None:
        """Pass on a `struct wlr_pointer_axis_event`."""
        self._clib.ours_axis(seat, event)

    def configure_pointer(
        self,
        device: Any,
        natural_scroll: bool | None,
        tap: bool | None,
        acceleration: float | None,
    ) -> None:
        """Set up a `struct wlr_input_device *`; None is what the device does by itself. What it
        does not have is left out."""
        self._clib.ours_configure_pointer(
            device,
            -1 if natural_scroll is None else natural_scroll,
            -1 if tap is None else tap,
            math.nan if acceleration is None else acceleration,
        )

    def surface_accepts_tablet(self, tablet: Any, surface: Any) -> bool:
        """Does a surface's client speak the tablet protocol?"""
        return bool(self._clib.ours_accepts_tablet(tablet, surface))

    def seat_touch_notify_cancel(self, seat: Any, surface: Any) -> None:
        """Cancel all touches of a surface's client."""
        client = self._clib.wl_resource_get_client(surface.resource)
        seat_client = self._clib.wlr_seat_client_for_wl_client(seat, client)
        if seat_client:
            self._clib.wlr_seat_touch_notify_cancel(seat, seat_client)

    def pixel_buffer_create(
        self, data: bytearray, width: int, height: int, stride: int, renderer: Any
    ) -> Any:
        """A `struct wlr_buffer *` of a copy of premultiplied ARGB pixels; NULL without memory."""
        del renderer
        pixels = self._ffi.from_buffer(data)
        return self._clib.ours_pixel_buffer_create(pixels, width, height, stride)

    def xdg_surface_geometry(self, surface: Any) -> tuple[int, int, int, int]:
        """x, y, width, height of the window geometry, surface-local."""
        box = self._clib.ours_xdg_surface_geometry(surface)
        return box.x, box.y, box.width, box.height


def make_connect(
    clib: Any, listeners: Any
) -> Callable[[str, Any, str, Callable[[Any], None]], Any]:
    """The function that connects to a signal by the names of its struct and its own."""
    kinds = {
        (struct, event): kind
        for table in (SIGNALS, SYSTEM_SIGNALS)
        for struct, events in table.items()
        for event, kind in events.items()
    }

    def connect(struct: str, pointer: Any, event: str, callback: Callable[[Any], None]) -> Any:
        signal = getattr(clib, f"signal__{struct}__{event}")(pointer)
        kind = kinds[struct, event] or None
        return listeners.add(signal, callback, kind, f"{struct}.{event}")

    return connect
