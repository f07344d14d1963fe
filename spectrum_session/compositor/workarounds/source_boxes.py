"""Keeps the source box of each buffer inside of the buffer, so that wlroots can draw it.

wlroots computes the part of a buffer that is visible under a clip, and ends the session by an
assertion if that is outside of the buffer's texture when it is drawn. It comes about by rounding
(a scaled window with a shadow is enough), by a viewport under a clip, by overflow, and by a buffer
that the renderer cannot take: then the box is the new buffer's and the texture the old one's.

What wlroots computed is looked at before the next frame, but only in windows where more than
pixels changed, or where it was wrong the last time. While clients just draw, nothing is.
"""

from __future__ import annotations

import math
from typing import Any

from spectrum_session.wlr import NULL, Owner, address, ffi, lib

OTHER_PART = 1 << 5 | 1 << 6 | 1 << 8
"""Of wlr_surface_state.committed: transform, scale and viewport. Before 0.18 what was once
committed stays in it."""
SIZES = 16
"""Bytes of width, height, buffer_width and buffer_height of a wlr_surface_state."""
_FIRST = ffi.offsetof("struct wlr_surface_state", "width")
assert [
    ffi.offsetof("struct wlr_surface_state", name) - _FIRST
    for name in ("width", "height", "buffer_width", "buffer_height")
] == [0, 4, 8, 12]

Box = tuple[float, float, float, float]
"""x, y, width, height in a buffer."""


def inside(box: Box, width: int, height: int) -> Box | None:
    """The part of a box that a buffer of this size has: at least a part of one pixel.

    None for a box that may stay as it is; an empty one stands for the whole buffer.
    """
    x, y, box_width, box_height = box
    if box_width <= 0 or box_height <= 0:
        return None
    if x >= 0 and y >= 0 and x + box_width <= width and y + box_height <= height:
        return None
    x, box_width = _fit(x, box_width, width)
    y, box_height = _fit(y, box_height, height)
    return x, y, box_width, box_height


def _fit(start: float, length: float, most: int) -> tuple[float, float]:
    end = start + length
    if not (math.isfinite(start) and math.isfinite(end)):
        return 0.0, float(most)
    start = min(max(start, 0.0), most - 1.0)
    length = min(max(end, start + 1.0), float(most)) - start
    while start + length > most:
        length = math.nextafter(length, 0.0)
    return start, length


class SourceBoxes:
    """All trees of surfaces in the scene, and which of them are to be looked at."""

    def __init__(self) -> None:
        self.changed: set[Tree] = set()
        """Empty in nearly every frame."""
        self._new = ffi.new("struct wlr_fbox *")
        self._found = False
        self._visit = ffi.callback(
            "void(struct wlr_scene_buffer *, int, int, void *)", self._keep_inside
        )

    def watch(self, tree: Any, surface: Any, *, told: bool = False) -> Tree:
        """Look after the `struct wlr_scene_tree *` of a surface, until it goes.

        `told`: the caller listens to the surface's commits anyway and calls `Tree.committed`.
        """
        return Tree(self, tree, surface, told)

    def check(self) -> None:
        """Bring everything inside; call it before the scene is drawn if something has changed."""
        changed, self.changed = self.changed, set()
        for tree in changed:
            self._found = False
            lib.wlr_scene_node_for_each_buffer(tree.node, self._visit, NULL)
            tree.suspect = self._found

    def _keep_inside(self, buffer: Any, _x: int, _y: int, _data: Any) -> None:
        shown = buffer.buffer
        if not shown:
            return
        box = buffer.src_box
        fitted = inside((box.x, box.y, box.width, box.height), shown.width, shown.height)
        if fitted is None:
            return
        self._found = True
        new = self._new
        new.x, new.y, new.width, new.height = fitted
        lib.wlr_scene_buffer_set_source_box(buffer, new)


class Tree(Owner):
    """The scene tree of a window, popup or the like."""

    def __init__(self, boxes: SourceBoxes, tree: Any, surface: Any, told: bool) -> None:
        super().__init__()
        self._boxes = boxes
        self.node = ffi.addressof(tree, "node")
        self.suspect = False
        """wlroots' boxes were wrong the last time: it computes them so with every commit."""
        self.surfaces: dict[int, Watched] = {}
        self.on("wlr_scene_node", self.node, "destroy", self._destroyed)
        root = Watched(self, surface)
        self.surfaces[address(surface)] = root
        self.committed = root.committed
        """To be called with each commit of the surface itself."""
        if not told:
            root.listen()
        self._add_all(root.below())

    def change(self) -> None:
        """Other parts of its buffers are shown now, by a clip perhaps."""
        self._boxes.changed.add(self)

    def add(self, surface: Any) -> None:
        """A surface of it, which may have subsurfaces already."""
        self._add_all([surface])

    def _add_all(self, todo: list[Any]) -> None:
        while todo:
            surface = todo.pop()
            key = address(surface)
            if key not in self.surfaces:
                watched = self.surfaces[key] = Watched(self, surface)
                watched.listen()
                todo += watched.below()
        self.change()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._boxes.changed.discard(self)
        for watched in self.surfaces.values():
            watched.forget_listeners()
        self.surfaces.clear()


class Watched(Owner):
    """One surface of a tree."""

    def __init__(self, tree: Tree, surface: Any) -> None:
        super().__init__()
        self._tree = tree
        self._surface = surface
        self._key = address(surface)
        self._state = ffi.addressof(surface, "current")
        self._sizes = ffi.buffer(ffi.addressof(self._state, "width"), SIZES)
        self._box = ffi.new("struct wlr_fbox *")
        self._box_bytes = ffi.buffer(self._box)
        self._seen = b""
        self._part: tuple[bytes, int] = (b"", 0)
        self._parent = False
        """It has or had subsurfaces, and a commit of it may have moved them."""
        self.on("wlr_surface", surface, "new_subsurface", self._new_subsurface)
        self.on("wlr_surface", surface, "destroy", self._destroyed)

    def listen(self) -> None:
        """Notice its commits."""
        self.on("wlr_surface", self._surface, "commit", self.committed)

    def below(self) -> list[Any]:
        """Its subsurfaces."""
        found = subsurfaces(self._surface)
        self._parent = self._parent or bool(found)
        return found

    def committed(self, _data: Any) -> None:
        """It was committed."""
        # Every frame of every client comes by here, and nearly none changes more than pixels.
        seen = self._sizes[:]
        if seen != self._seen or self._parent or self._tree.suspect:
            self._seen = seen
            self._tree.change()
        if self._state.committed & OTHER_PART:
            lib.wlr_surface_get_buffer_source_box(self._surface, self._box)
            part = (self._box_bytes[:], self._state.transform)
            if part != self._part:
                self._part = part
                self._tree.change()

    def _new_subsurface(self, subsurface: Any) -> None:
        self._parent = True
        self._tree.add(subsurface.surface)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._tree.surfaces.pop(self._key, None)


_LINK = ffi.offsetof("struct wlr_subsurface", "current", "link")


def subsurfaces(surface: Any) -> list[Any]:
    """The surfaces directly on a `struct wlr_surface *`, shown or not."""
    found = []
    for name in ("subsurfaces_below", "subsurfaces_above"):
        head = ffi.addressof(surface, "current", name)
        link = head.next
        while link != head:
            subsurface = ffi.cast("struct wlr_subsurface *", ffi.cast("char *", link) - _LINK)
            found.append(subsurface.surface)
            link = link.next
    return found
