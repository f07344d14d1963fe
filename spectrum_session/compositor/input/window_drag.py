"""Interactive move and resize: a window, or some of its edges, follow the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.shell.geometry import Rect

if TYPE_CHECKING:
    from spectrum_session.compositor.windows.window import Window

    from .cursor import Cursor

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


class WindowDrag:
    """At most one window is moved or resized. Clients get no pointer events meanwhile."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._window: Window | None = None
        self._edges = 0
        """The edges that follow the pointer; 0 for a move."""
        self._start = (0.0, 0.0)
        self._start_frame = Rect(0, 0, 0, 0)

    @property
    def running(self) -> bool:
        """Is a window being moved or resized?"""
        return self._window is not None

    def begin(self, window: Window) -> None:
        """Resize by the edges under the pointer, or move where there are none."""
        edges = window.edges_at(self._cursor.x, self._cursor.y)
        if edges:
            self.resize(window, edges)
        else:
            self.move(window)

    def move(self, window: Window) -> None:
        """The window follows the pointer until the button is released."""
        if window.movable:
            self._begin(window, 0)
            self._cursor.show("grabbing")

    def resize(self, window: Window, edges: int) -> None:
        """These edges follow the pointer until the button is released."""
        if window.movable and edges:
            self._begin(window, edges)
            window.set_resizing(True)
            self._cursor.show(EDGE_CURSORS.get(edges, "se-resize"))

    def resize_nearest(self, window: Window) -> None:
        """The two edges nearest to the pointer follow it until the button is released."""
        center = window.frame_rect.center
        edges = EDGE_LEFT if self._cursor.x < center[0] else EDGE_RIGHT
        edges |= EDGE_TOP if self._cursor.y < center[1] else EDGE_BOTTOM
        self.resize(window, edges)

    def _begin(self, window: Window, edges: int) -> None:
        self._cursor.release_buttons()
        self._cursor.input.pointer_over(None)
        self._window, self._edges = window, edges
        self._start = (self._cursor.x, self._cursor.y)
        self._start_frame = window.frame_rect

    def moved(self) -> None:
        """The pointer moved."""
        window = self._window
        if window is None:
            return
        dx = int(self._cursor.x - self._start[0])
        dy = int(self._cursor.y - self._start[1])
        desktop = self._cursor.server.desktop
        start, edges = self._start_frame, self._edges
        if not edges:
            desktop.drag(window, start.translate(dx, dy))
        else:
            desktop.drag(window, resized(start, edges, dx, dy, window.least_frame))

    def end(self, window: Window | None = None) -> None:
        """The button was released, or `window` was unmapped."""
        if self._window is None or (window is not None and window is not self._window):
            return
        if self._edges:
            self._window.set_resizing(False)
        self._window = None
        self._cursor.refocus()


def resized(start: Rect, edges: int, dx: int, dy: int, least: tuple[int, int]) -> Rect:
    """A frame some edges of which moved by dx, dy, no smaller than `least`; logical pixels."""
    left, top, right, bottom = start.x, start.y, start.right, start.bottom
    if edges & EDGE_LEFT:
        left = min(left + dx, right - least[0])
    if edges & EDGE_RIGHT:
        right = max(right + dx, left + least[0])
    if edges & EDGE_TOP:
        top = min(top + dy, bottom - least[1])
    if edges & EDGE_BOTTOM:
        bottom = max(bottom + dy, top + least[1])
    return Rect(left, top, right - left, bottom - top)
