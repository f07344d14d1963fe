"""Surfaces: the object that wraps each, and the thing at each point of the layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from spectrum_session.wlr import NULL, address, ffi, lib

from . import layers
from .windows.window import Window
from .windows.xdg_popup import Popup
from .windows.xdg_toplevel import Toplevel

if TYPE_CHECKING:
    from .input.text_input import MethodPopup
    from .protocols.layer_surface import LayerSurface
    from .protocols.session_lock import LockSurface
    from .server import Server
    from .trusted.overlay import Overlay

Wrapper: TypeAlias = "Toplevel | Popup | LayerSurface | LockSurface | MethodPopup"
"""The objects that wrap a client's root surface."""
Target: TypeAlias = "Window | Popup | LayerSurface | LockSurface | MethodPopup | Overlay"
"""The things that the pointer, a finger or a pen can be over."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The topmost thing at a point."""

    target: Target | None
    """None: the empty desktop, a cover of the session lock, or the icon of a drag."""
    surface: Any = None
    """The client's `struct wlr_surface *`; None where the compositor draws."""
    x: float = 0.0
    """The point in the surface's coordinates."""
    y: float = 0.0

    @property
    def window(self) -> Window | None:
        """The window that the target is or belongs to."""
        return window_of_target(self.target)


def window_of_target(target: Target | None) -> Window | None:
    """The window that a target is, or that a popup belongs to; None for all others."""
    if isinstance(target, Popup):
        return target.host.window
    return target if isinstance(target, Window) else None


class Surfaces:
    """All root surfaces of clients, and the trusted surfaces over them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._wrappers: dict[int, Wrapper] = {}
        """By the address of the `struct wlr_surface`; entries go with their surface."""
        self._trusted: dict[int, Overlay] = {}
        """By the address of the `struct wlr_scene_node`."""
        self._local = ffi.new("double[2]")

    def add(self, surface: Any, wrapper: Wrapper) -> None:
        """A root surface got its wrapper."""
        self._wrappers[address(surface)] = wrapper

    def remove(self, surface: Any) -> None:
        """A root surface is being destroyed; its address may be reused."""
        self._wrappers.pop(address(surface), None)

    def get(self, surface: Any) -> Wrapper | None:
        """The wrapper of a root surface."""
        return self._wrappers.get(address(surface))

    def wrapper_of(self, surface: Any) -> Wrapper | None:
        """The wrapper of a surface's root."""
        return self.get(lib.wlr_surface_get_root_surface(surface)) if surface else None

    def window_of(self, surface: Any) -> Window | None:
        """The window that a surface belongs to (a popup's: its window's)."""
        return window_of_target(self.wrapper_of(surface))

    def window_of_toplevel(self, pointer: Any) -> Toplevel | None:
        """The window of a `struct wlr_xdg_toplevel *` (NULL: None)."""
        if not pointer:
            return None
        wrapper = self.get(pointer.base.surface)
        return wrapper if isinstance(wrapper, Toplevel) else None

    def at(self, x: float, y: float) -> Hit:
        """The topmost thing at a point of the layout, of all that takes input."""
        self._server.containment.enforce()
        local = self._local
        node = lib.wlr_scene_node_at(self._server.scene_root, x, y, local, local + 1)
        if node and self._is_dragged(node):
            node = self._below_drag(x, y)
        surface = _surface_of(node) if node else None
        if surface is None:
            return Hit(self._drawn_by_us(node))
        return Hit(self.wrapper_of(surface), surface, local[0], local[1])

    def _is_dragged(self, node: Any) -> bool:
        """Is a `struct wlr_scene_node *` part of a drag's icon? That takes no input."""
        drag = address(layers.node(self._server.layers.drag))
        while node:
            if address(node) == drag:
                return True
            parent = node.parent
            node = layers.node(parent) if parent else NULL
        return False

    def _below_drag(self, x: float, y: float) -> Any:
        """The topmost `struct wlr_scene_node *` at a point of all layers but the drag's."""
        local, trees = self._local, self._server.layers
        for name in reversed(layers.Layers.ORDER):
            if name != "drag":
                tree = layers.node(getattr(trees, name))
                node = lib.wlr_scene_node_at(tree, x, y, local, local + 1)
                if node:
                    return node
        return NULL

    def _drawn_by_us(self, node: Any) -> Window | Overlay | None:
        """The target that a `struct wlr_scene_node *` belongs to which shows no surface."""
        if node and address(node) in self._trusted:
            return self._trusted[address(node)]
        while node:
            window = layers.marked(node)
            if window:
                return self._server.windows.get(window)
            parent = node.parent
            node = layers.node(parent) if parent else NULL
        return None

    def add_trusted(self, node: Any, overlay: Overlay) -> None:
        """A `struct wlr_scene_buffer *` shows a trusted surface."""
        self._trusted[address(layers.node(node))] = overlay

    def remove_trusted(self, node: Any) -> None:
        """A trusted surface's node is being destroyed."""
        del self._trusted[address(layers.node(node))]

    def unmapped(self, surface: Any) -> None:
        """A surface is unmapped: input forgets it."""
        self._server.input.cursor.surface_gone(surface)
        self._server.input.touch.surface_gone(surface)
        self._server.focus.surface_gone(surface)


def _surface_of(node: Any) -> Any | None:
    """The `struct wlr_surface *` that a `struct wlr_scene_node *` shows; None if it shows none."""
    if node.type != layers.NODE_BUFFER:
        return None
    scene_surface = lib.wlr_scene_surface_try_from_buffer(lib.wlr_scene_buffer_from_node(node))
    return scene_surface.surface if scene_surface else None
