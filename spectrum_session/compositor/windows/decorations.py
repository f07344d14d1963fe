"""Decorations are always drawn by the compositor; clients are told so and cannot change it.

Both protocols are served here and not by wlroots: the answer never changes, and before 0.18 the
decoration that wlroots makes outlives a window that goes before its first commit, and then writes
and reads where the window was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.protocols.protocol_server import ProtocolServer, Resource
from spectrum_session.wlr import NULL, address, ffi, lib, listeners

if TYPE_CHECKING:
    from spectrum_session._protocol.tables import Message
    from spectrum_session.compositor.server import Server

SERVER_SIDE = 2
"""The same number in both protocols."""
MODES = (1, 2)
UNCONFIGURED_BUFFER, ALREADY_CONSTRUCTED, ORPHANED, INVALID_MODE = 0, 1, 2, 3

MANAGER = "zxdg_decoration_manager_v1"
DECORATION = "zxdg_toplevel_decoration_v1"
KDE_MANAGER = "org_kde_kwin_server_decoration_manager"
KDE_DECORATION = "org_kde_kwin_server_decoration"

INTERFACES: dict[str, tuple[int, tuple[Message, ...], tuple[Message, ...]]] = {
    MANAGER: (
        1,
        (
            ("destroy", "", ()),
            ("get_toplevel_decoration", "no", (DECORATION, "xdg_toplevel")),
        ),
        (),
    ),
    DECORATION: (
        1,
        (("destroy", "", ()), ("set_mode", "u", (None,)), ("unset_mode", "", ())),
        (("configure", "u", (None,)),),
    ),
    KDE_MANAGER: (
        1,
        (("create", "no", (KDE_DECORATION, "wl_surface")),),
        (("default_mode", "u", (None,)),),
    ),
    KDE_DECORATION: (
        1,
        (("release", "", ()), ("request_mode", "u", (None,))),
        (("mode", "u", (None,)),),
    ),
}
"""Version, requests and events, as the tables of our own protocol."""


class Decorations:
    """zxdg_decoration_manager_v1 and KDE's older protocol."""

    def __init__(self, server: Server) -> None:
        self.by_toplevel: dict[int, Decoration] = {}
        """By the address of the xdg_toplevel's resource; entries go with it."""
        self.protocols = ProtocolServer(server.display, INTERFACES)
        self.protocols.advertise(MANAGER, self._bind)
        self.protocols.advertise(KDE_MANAGER, self._bind_kde)

    def initialised(self, toplevel: Any) -> None:
        """A `struct wlr_xdg_toplevel *` is at its initial commit: its first configure follows."""
        decoration = self.by_toplevel.get(address(toplevel.resource))
        if decoration is not None:
            decoration.tell()

    def _bind(self, client: Any, version: int, number: int) -> None:
        Manager(self, client, version, number)

    def _bind_kde(self, client: Any, version: int, number: int) -> None:
        KDEManager(self.protocols, client, version, number).send("default_mode", SERVER_SIDE)


class Manager(Resource):
    """A client's zxdg_decoration_manager_v1."""

    interface = MANAGER

    def __init__(self, decorations: Decorations, client: Any, version: int, number: int) -> None:
        super().__init__(decorations.protocols, client, version, number)
        self._decorations = decorations

    def do_get_toplevel_decoration(self, number: int, toplevel: Any) -> None:
        """Make the decoration of an xdg_toplevel, given by its resource."""
        if address(toplevel) in self._decorations.by_toplevel:
            self.post_error(ALREADY_CONSTRUCTED, "the xdg_toplevel has a decoration already")
            return
        pointer = toplevel_of(toplevel)
        if pointer and lib.wlr_surface_has_buffer(pointer.base.surface):
            self.post_error(UNCONFIGURED_BUFFER, "the xdg_toplevel has a buffer already")
            return
        Decoration(self._decorations, self.client, self.version, number, toplevel)


class Decoration(Resource):
    """A zxdg_toplevel_decoration_v1. It knows its window by the xdg_toplevel's resource alone."""

    interface = DECORATION

    def __init__(
        self, decorations: Decorations, client: Any, version: int, number: int, toplevel: Any
    ) -> None:
        super().__init__(decorations.protocols, client, version, number)
        self._by_toplevel = decorations.by_toplevel
        self._by_toplevel[address(toplevel)] = self
        self._toplevel = toplevel
        self._told = False
        self._listener = listeners.add_resource_destroy(
            toplevel, self._orphaned, "xdg_toplevel.destroy"
        )
        self._answer()

    def tell(self) -> None:
        """Say server side; takes effect with the window's next configure."""
        self._told = True
        self.send("configure", SERVER_SIDE)

    def do_set_mode(self, mode: int) -> None:
        """Whatever it prefers, the answer is the same."""
        if mode not in MODES:
            self.post_error(INVALID_MODE, f"{mode} is no decoration mode")
            return
        self._answer()

    def do_unset_mode(self) -> None:
        """It has no preference."""
        self._answer()

    def gone(self) -> None:
        """The object was destroyed."""
        self._forget()

    def _answer(self) -> None:
        pointer = toplevel_of(self._toplevel) if self._toplevel else NULL
        if not pointer or not pointer.base.initialized:
            return
        if not self._told:
            self.tell()
        lib.wlr_xdg_surface_schedule_configure(pointer.base)

    def _orphaned(self, _data: Any) -> None:
        self._forget()
        if self.pointer:
            self.post_error(ORPHANED, "the xdg_toplevel went before its decoration")

    def _forget(self) -> None:
        if self._toplevel:
            self._by_toplevel.pop(address(self._toplevel), None)
            listeners.remove(self._listener)
            self._toplevel = NULL


class KDEManager(Resource):
    """A client's org_kde_kwin_server_decoration_manager."""

    interface = KDE_MANAGER

    def do_create(self, number: int, _surface: Any) -> None:
        """A decoration of a surface; nothing of the surface is needed."""
        made = KDEDecoration(self.protocol, self.client, self.version, number)
        made.send("mode", SERVER_SIDE)


class KDEDecoration(Resource):
    """A client's org_kde_kwin_server_decoration."""

    interface = KDE_DECORATION

    def do_request_mode(self, mode: int) -> None:
        """The answer to another mode is the only one there is."""
        if mode != SERVER_SIDE:
            self.send("mode", SERVER_SIDE)


def toplevel_of(resource: Any) -> Any:
    """The `struct wlr_xdg_toplevel *` of an xdg_toplevel; NULL when its window has gone before."""
    return ffi.cast("struct wlr_xdg_toplevel *", lib.wl_resource_get_user_data(resource))
