"""Keeps clients' surfaces inside their boxes, for drawing and for input.

wlroots clips a tree of surfaces as it changes, and not all of it at every change: a subsurface that
moves with its parent keeps the clip of the place where it was. So every tree in the scene is
measured against its box at the last moment: before each frame, and before each look-up of what is
at a point. The measuring is done in C (`native/containment.c`) and needs no notice of any change. A
tree that reaches outside is clipped anew from its root, and hidden if that does not help.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session import native
from spectrum_session.compositor import layers
from spectrum_session.wlr import Owner, address, ffi, lib, provider

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

log = logging.getLogger(__name__)

# The C side reads both lengths from the place of the first.
assert (
    ffi.offsetof("struct wlr_scene_buffer", "dst_height")
    - ffi.offsetof("struct wlr_scene_buffer", "dst_width")
    == ffi.sizeof("int")
)

Box = tuple[int, int, int, int]
"""x, y, width, height in logical pixels."""


class Containment:
    """All trees of clients' surfaces in the scene."""

    def __init__(self) -> None:
        self._trees: dict[int, SurfaceTree] = {}
        module = native.load()
        self._native_ffi, self._native = module.ffi, module.lib
        walk = ffi.addressof(provider.lib, "wlr_scene_node_for_each_buffer")
        self._native.contain_setup(
            address(walk),
            ffi.offsetof("struct wlr_scene_buffer", "dst_width"),
            ffi.offsetof("struct wlr_scene_buffer", "buffer"),
        )
        self._check = self._native.contain_check

    def enforce(self) -> None:
        """Bring every tree inside its box. To be called before the scene is drawn or searched."""
        if not self._check():
            return
        outside = [tree for tree in self._trees.values() if tree.record.outside]
        for tree in outside:
            tree.clip_anew()
        if self._check():
            for tree in outside:
                if tree.record.outside:
                    log.error("hid surfaces of a client that cannot be clipped to their box")
                    tree.hide()

    def add(self, tree: SurfaceTree) -> Any:
        """Start to measure a tree. Returns its `struct contained *`, with an empty box."""
        record = self._native_ffi.new("struct contained *")
        record.node = self._native_ffi.cast("void *", address(tree.node))
        self._native.contain_add(record)
        self._trees[address(tree.node)] = tree
        return record

    def remove(self, tree: SurfaceTree) -> None:
        """The tree's node is about to be destroyed."""
        self._native.contain_remove(tree.record)
        del self._trees[address(tree.node)]


class SurfaceTree(Owner):
    """A client's surface with all of its subsurfaces in the scene, clipped to a box."""

    def __init__(self, server: Server, parent: Any, surface: Any, *, told: bool = False) -> None:
        """In the `struct wlr_scene_tree *` of its parent; one pixel of it shows until it is placed.

        `told`: the owner listens to the surface's commits anyway and calls `committed` at each.
        """
        super().__init__()
        self._containment = server.containment
        self.tree = lib.wlr_scene_subsurface_tree_create(parent, surface)
        self.node = layers.node(self.tree)
        self._boxes = server.source_boxes.watch(self.tree, surface, told=told)
        self.committed = self._boxes.committed
        self._clip = ffi.new("struct wlr_box *")
        self._at = (0, 0)
        self._placed: tuple[tuple[int, int], Box] | None = None
        self.record = self._containment.add(self)
        self.place((0, 0), (0, 0, 1, 1))
        self.on("wlr_scene_node", self.node, "destroy", self._destroyed)

    def place(self, at: tuple[int, int], box: Box) -> None:
        """Show the part `box` of the surface (its own coordinates, which may reach beyond it) with
        the surface's origin at a point of the parent."""
        x, y, width, height = box
        # Never empty: wlroots takes an empty clip for none.
        box = (x, y, max(1, width), max(1, height))
        if (at, box) == self._placed:
            return
        self._placed = (at, box)
        if at != self._at:
            self._at = at
            layers.set_position(self.tree, *at)
        clip, record = self._clip, self.record
        clip.x, clip.y, clip.width, clip.height = box
        record.x, record.y, record.width, record.height = at[0] + x, at[1] + y, *box[2:]
        lib.wlr_scene_subsurface_tree_set_clip(self.node, clip)
        self._boxes.change()

    def clip_anew(self) -> None:
        """Hand the clip down to all surfaces at every depth."""
        # wlroots leaves all as it is when the clip is the one that it has.
        self._clip.width += 1
        lib.wlr_scene_subsurface_tree_set_clip(self.node, self._clip)
        self._clip.width -= 1
        lib.wlr_scene_subsurface_tree_set_clip(self.node, self._clip)
        self._boxes.change()

    def hide(self) -> None:
        """Show nothing of it until its surface is mapped again."""
        layers.set_visible(self.tree, False)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._containment.remove(self)
