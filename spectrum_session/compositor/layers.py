"""The scene's layers, bottom to top. Clients reach no further than below `lock`."""

from __future__ import annotations

from typing import Any

from spectrum_session.wlr import NULL, ffi, lib

FILTER_NEAREST = 1
NODE_TREE, NODE_BUFFER = 0, 2


class Layers:
    """One scene tree per layer, all children of the scene's root."""

    ORDER = (
        "background",
        "shell_background",
        "shell_bottom",
        "windows",
        "shell_top",
        "fullscreen",
        "popups",
        "shell_overlay",
        "drag",
        "lock",
        "trusted",
    )

    def __init__(self, scene: Any) -> None:
        root = ffi.addressof(scene, "tree")
        for name in self.ORDER:
            setattr(self, name, lib.wlr_scene_tree_create(root))

    background: Any
    """The empty desktop's colour."""
    shell_background: Any
    """Layer-shell surfaces of the host: wallpapers …"""
    shell_bottom: Any
    windows: Any
    """Framed windows."""
    shell_top: Any
    """… bars …"""
    fullscreen: Any
    """Windows that cover an output."""
    popups: Any
    """Menus and tooltips of windows, bordered."""
    shell_overlay: Any
    """… launchers and notifications."""
    drag: Any
    """Icons of drags."""
    lock: Any
    """The session lock: hides all below."""
    trusted: Any
    """Trusted UI, above everything."""


def mark(tree: Any, window: int) -> None:
    """Mark a scene tree as a window's, by the window's id; `native/seen.c` reads the marks too."""
    tree.node.data = ffi.cast("void *", window)


def marked(node: Any) -> int:
    """The id of the window that a `struct wlr_scene_node *` is marked with; 0: none."""
    return int(ffi.cast("uintptr_t", node.data)) if node.type == NODE_TREE else 0


def node(thing: Any) -> Any:
    """The `struct wlr_scene_node *` of a scene tree, rect or buffer."""
    return ffi.addressof(thing, "node")


def set_visible(thing: Any, visible: bool) -> None:
    """Show or hide a scene tree, rect or buffer."""
    lib.wlr_scene_node_set_enabled(ffi.addressof(thing, "node"), visible)


def set_position(thing: Any, x: int, y: int) -> None:
    """Move a scene tree, rect or buffer, relative to its parent, in logical pixels."""
    lib.wlr_scene_node_set_position(ffi.addressof(thing, "node"), x, y)


def destroy(thing: Any) -> None:
    """Destroy a scene tree, rect or buffer with all that is in it."""
    lib.wlr_scene_node_destroy(ffi.addressof(thing, "node"))


def raise_to_top(thing: Any) -> None:
    """Put a scene tree, rect or buffer above its siblings."""
    lib.wlr_scene_node_raise_to_top(ffi.addressof(thing, "node"))


@ffi.callback("void(struct wlr_scene_buffer *, int, int, void *)")  # type: ignore[untyped-decorator]
def _keep_solid(buffer: Any, _x: int, _y: int, _data: Any) -> None:
    if buffer.buffer and buffer.buffer.width == buffer.buffer.height == 1:
        lib.wlr_scene_buffer_set_filter_mode(buffer, FILTER_NEAREST)


def keep_solid(tree: Any) -> None:
    """Show buffers of a single pixel, however large, in one colour from edge to edge.

    With pixman, wlroots before 0.20.1 lets the edges of what it enlarges fade into transparency:
    of a wallpaper that is one pixel nothing else would be left.
    """
    lib.wlr_scene_node_for_each_buffer(node(tree), _keep_solid, NULL)


def color(red: float, green: float, blue: float, alpha: float = 1.0) -> Any:
    """A colour as the scene takes it: four floats, premultiplied."""
    return ffi.new("float[4]", (red, green, blue, alpha))
