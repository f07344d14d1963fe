"""Decorations are always drawn by the compositor; clients are told so and cannot change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.wlr import Owner, address, lib

if TYPE_CHECKING:
    from .server import Server

SERVER_SIDE = 2


class Decorations(Owner):
    """zxdg_decoration_manager_v1 and KDE's older protocol."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._by_toplevel: dict[int, Decoration] = {}
        manager = lib.wlr_xdg_decoration_manager_v1_create(server.display)
        self.on("wlr_xdg_decoration_manager_v1", manager, "new_toplevel_decoration", self._new)
        older = lib.wlr_server_decoration_manager_create(server.display)
        lib.wlr_server_decoration_manager_set_default_mode(older, SERVER_SIDE)

    def _new(self, pointer: Any) -> None:
        key = address(pointer.toplevel)
        self._by_toplevel[key] = Decoration(self, pointer, key)

    def gone(self, key: int) -> None:
        """A decoration object was destroyed."""
        self._by_toplevel.pop(key, None)

    def initialised(self, toplevel: Any) -> None:
        """A toplevel is at its initial commit: from now on a mode may be sent."""
        decoration = self._by_toplevel.get(address(toplevel))
        if decoration is not None:
            decoration.answer()


class Decoration(Owner):
    """Wraps a `struct wlr_xdg_toplevel_decoration_v1 *`."""

    def __init__(self, manager: Decorations, pointer: Any, key: int) -> None:
        super().__init__()
        self._manager, self._pointer, self._key = manager, pointer, key
        self.on("wlr_xdg_toplevel_decoration_v1", pointer, "request_mode", self._requested)
        self.on("wlr_xdg_toplevel_decoration_v1", pointer, "destroy", self._destroyed)
        self.answer()

    def answer(self) -> None:
        """Say server side, as soon as a configure may be sent."""
        if self._pointer.toplevel.base.initialized:
            lib.wlr_xdg_toplevel_decoration_v1_set_mode(self._pointer, SERVER_SIDE)

    def _requested(self, _data: Any) -> None:
        self.answer()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._manager.gone(self._key)
