"""Trusted pictures above everything: notices and the list of bindings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers, pixel_buffer
from spectrum_session.labels.image import Image
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

Draw = Callable[[int, int, float], Image]
"""From the room there is (width and height in logical pixels) and the scale to a picture."""

TOP_MARGIN = 48


class Overlay:
    """One picture on the focused output; showing another replaces it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._node: Any = None
        self._timer: Any = None
        self.name = ""
        """Name of the shown picture; empty for none."""

    def show(self, name: str, draw: Draw, *, centered: bool, seconds: float | None = None) -> None:
        """Show a picture, until `hide` or for some seconds."""
        self.hide()
        server = self._server
        output = server.outputs.by_name.get(server.desktop.focused_output or "") or next(
            (o for o in server.outputs if o.enabled), None
        )
        if output is None:
            return
        area = output.area
        image = draw(area.width - 64, area.height - 96, output.scale)
        width = math.ceil(image.width / output.scale)
        height = math.ceil(image.height / output.scale)
        buffer = pixel_buffer.make(image, server.renderer)
        self._node = lib.wlr_scene_buffer_create(server.layers.trusted, buffer)
        server.surfaces.add_trusted(self._node, self)
        lib.wlr_buffer_unlock(buffer)
        lib.wlr_scene_buffer_set_dest_size(self._node, width, height)
        place = Rect(0, 0, width, height).centered_in(area)
        layers.set_position(self._node, place.x, place.y if centered else area.y + TOP_MARGIN)
        self.name = name
        if seconds is not None:
            self._timer = server.loop.call_later(seconds, self._expired)
        server.loop.wake()

    def hide(self) -> None:
        """Take it away."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._node is not None:
            self._server.surfaces.remove_trusted(self._node)
            layers.destroy(self._node)
            self._node = None
            self._server.loop.wake()
        self.name = ""

    def _expired(self) -> None:
        self._timer = None
        self.hide()
