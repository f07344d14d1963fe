"""Surfaces: the object that wraps each, and the window that each belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.wlr import NULL, address, ffi, lib

from .windows.window import Window
from .windows.xdg_popup import Popup
from .windows.xdg_toplevel import Toplevel

if TYPE_CHECKING:
    from .server import Server


class Surfaces:
    """All root surfaces that something of ours wraps: Toplevel, Popup, LayerSurface …"""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._wrappers: dict[int, Any] = {}
        """By the address of the `struct wlr_surface`; entries go with their surface."""

    def add(self, surface: Any, wrapper: object) -> None:
        """A root surface got its wrapper."""
        self._wrappers[address(surface)] = wrapper

    def remove(self, surface: Any) -> None:
        """A root surface is being destroyed; its address may be reused."""
        self._wrappers.pop(address(surface), None)

    def get(self, surface: Any) -> Any | None:
        """The wrapper of a root surface."""
        return self._wrappers.get(address(surface))

    def wrapper_of(self, surface: Any) -> Any | None:
        """The wrapper of a surface's root."""
        return self.get(lib.wlr_surface_get_root_surface(surface)) if surface else None

    def window_of(self, surface: Any) -> Window | None:
        """The window that a surface belongs to (a popup's: its window's)."""
        wrapper = self.wrapper_of(surface)
        if isinstance(wrapper, Popup):
            return self._server.windows.get(wrapper.host.window_id)
        return wrapper if isinstance(wrapper, Toplevel) else None

    def window_of_toplevel(self, pointer: Any) -> Toplevel | None:
        """The window of a `struct wlr_xdg_toplevel *` (NULL: None)."""
        if not pointer:
            return None
        wrapper = self.get(pointer.base.surface)
        return wrapper if isinstance(wrapper, Toplevel) else None

    def node_at(self, x: float, y: float, local: Any) -> Any:
        """The topmost `struct wlr_scene_node *` at a point of the layout, NULL when there is none.

        `local`, a `double[2]`, takes the point in the node's coordinates.
        """
        self._server.containment.enforce()
        return lib.wlr_scene_node_at(self._server.scene_root, x, y, local, local + 1)

    def surface_of_node(self, node: Any) -> Any | None:
        """The `struct wlr_surface *` that a scene node shows; None for what we draw."""
        if not node or node.type != 2:
            return None
        scene_surface = lib.wlr_scene_surface_try_from_buffer(lib.wlr_scene_buffer_from_node(node))
        return scene_surface.surface if scene_surface else None

    def window_of_node(self, node: Any) -> Window | None:
        """The window that a scene node belongs to, frame and popups included."""
        while node:
            number = int(ffi.cast("uintptr_t", node.data))
            if number and node.type == 0:
                return self._server.windows.get(number)
            parent = node.parent
            node = ffi.addressof(parent, "node") if parent else NULL
        return None

    def unmapped(self, surface: Any) -> None:
        """A surface is unmapped: input forgets it."""
        self._server.input.cursor.surface_gone(surface)
        self._server.input.touch.surface_gone(surface)
        self._server.focus.surface_gone(surface)
