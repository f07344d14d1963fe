"""Holds back presses at a point where another origin has just come to the top.

A window, popup or placeholder that comes, grows, moves or is uncovered under a pointer would catch
a click meant for the thing before it: click-jacking between origins. The cause does not matter: the
point must have belonged to one origin in every frame of the last `focus.guard-ms`.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

from spectrum_session import native
from spectrum_session.compositor import layers
from spectrum_session.wlr import NULL, address, ffi

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server
    from spectrum_session.compositor.windows.window import Window

MOST_OWNERS = 8
"""A point with more owners than that in a moment changes hands."""
GONE_KEPT = 1024
"""Number of destroyed windows whose origins are kept."""

Origin = tuple[str, str | int | None]
"""A VM's name, None for the host, or the id of a window of the compositor's own."""

HOST: Origin = ("client", None)

_FIELDS = {
    "type": ("wlr_scene_node", "type"),
    "enabled": ("wlr_scene_node", "enabled"),
    "x": ("wlr_scene_node", "x"),
    "y": ("wlr_scene_node", "y"),
    "data": ("wlr_scene_node", "data"),
    "link": ("wlr_scene_node", "link"),
    "children": ("wlr_scene_tree", "children"),
    "rect_width": ("wlr_scene_rect", "width"),
    "rect_height": ("wlr_scene_rect", "height"),
    "buffer_width": ("wlr_scene_buffer", "dst_width"),
    "buffer_height": ("wlr_scene_buffer", "dst_height"),
}


class PointerGuard:
    """Remembers the owner of each point of the layout (`native/seen.c`)."""

    def __init__(self, server: Server) -> None:
        self._server = server
        module = native.load()
        self._native = module.lib
        self._owners = module.ffi.new("uintptr_t[]", MOST_OWNERS)
        fields = module.ffi.new("struct scene_fields *")
        for name, (struct, field) in _FIELDS.items():
            setattr(fields, name, ffi.offsetof(f"struct {struct}", field))
        root = layers.node(ffi.addressof(server.scene, "tree"))
        # The icon of a drag follows the pointer: it always covers the target of the press.
        skipped = layers.node(server.layers.drag)
        self._native.seen_setup(fields, address(root), address(skipped))
        self._gone: OrderedDict[int, Origin] = OrderedDict()

    def record(self) -> bool:
        """Record a frame, when it is drawn. False when the scene is too large to record."""
        guard_ms = self._server.config.focus.guard_ms
        return not guard_ms or bool(self._native.seen_record(guard_ms))

    def allows(self, x: float, y: float) -> bool:
        """Has a point of the layout belonged to one origin for the guard's time?"""
        guard_ms = self._server.config.focus.guard_ms
        if not guard_ms:
            return True
        if not self.record():
            return False
        point = (math.floor(x), math.floor(y))
        count = self._native.seen_owners(*point, guard_ms, self._owners, MOST_OWNERS)
        if count > MOST_OWNERS:
            return False
        return len({self._origin(int(self._owners[i])) for i in range(count)}) <= 1

    def reconfigure(self) -> None:
        """The configuration changed. While the guard is off nothing is noted."""
        if not self._server.config.focus.guard_ms:
            self._native.seen_forget()

    def gone(self, window: Window) -> None:
        """A window is destroyed, but was on the screen a moment ago."""
        self._gone[window.id] = _origin_of(window)
        if len(self._gone) > GONE_KEPT:
            self._gone.popitem(last=False)

    def close(self) -> None:
        """Free the record."""
        self._native.seen_forget()

    def _origin(self, owner: int) -> Origin:
        if not owner:
            return HOST
        window = self._server.windows.get(owner)
        if window is not None:
            return _origin_of(window)
        return self._gone.get(owner, ("gone", owner))


def _origin_of(window: Window) -> Origin:
    # A placeholder's buttons are ours, although it stands in its VM's frame.
    return ("client", window.vm) if window.surface != NULL else ("ours", window.id)
