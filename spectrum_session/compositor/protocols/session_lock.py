"""Session lock: until the locker unlocks, nothing but its surfaces is shown or gets input.

When the locker dies without unlocking, the session stays locked: a blank screen, and a new locker
may take over.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.part import Part
from spectrum_session.wlr import Owner, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.outputs.output import Output
    from spectrum_session.compositor.server import Server

log = logging.getLogger(__name__)


class SessionLock(Part):
    """ext_session_lock_manager_v1."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.locked = False
        self._lock: Lock | None = None
        self._covers: dict[str, Any] = {}
        layers.set_visible(server.layers.lock, False)
        self.manager = lib.wlr_session_lock_manager_v1_create(server.display)
        self.on("wlr_session_lock_manager_v1", self.manager, "new_lock", self._new_lock)

    def _new_lock(self, pointer: Any) -> None:
        if self._lock is not None:
            log.warning("refused a second locker: the session is locked already")
            lib.wlr_session_lock_v1_destroy(pointer)
            return
        self.locked = True
        self._lock = Lock(self, pointer)
        layers.set_visible(self.server.layers.lock, True)
        self.cover()
        lib.wlr_session_lock_v1_send_locked(pointer)
        for seat in self.server.input.seats:
            seat.end_grabs()
        self.server.input.constraints.refresh()
        self.server.focus.refresh()
        self.server.input.refresh_pointer()
        log.info("locked")

    def cover(self) -> None:
        """Cover each output opaquely, with and without a locker."""
        for cover in self._covers.values():
            layers.destroy(cover)
        self._covers.clear()
        if not self.locked:
            return
        for output in self.server.outputs:
            if output.enabled:
                area = output.area
                cover = lib.wlr_scene_rect_create(
                    self.server.layers.lock, area.width, area.height, layers.color(0.03, 0.03, 0.04)
                )
                layers.set_position(cover, area.x, area.y)
                lib.wlr_scene_node_lower_to_bottom(layers.node(cover))
                self._covers[output.name] = cover
        if self._lock is not None:
            self._lock.arrange()

    def owns(self, target: object) -> bool:
        """Is a target a surface of the locker that holds the lock now?"""
        return isinstance(target, LockSurface) and target.lock is self._lock

    def focus(self, surface: LockSurface) -> None:
        """A press on a surface of the locker: it gets the keyboard focus."""
        surface.lock.focused = surface
        self.server.focus.refresh()

    @property
    def focused(self) -> LockSurface | None:
        """The locker's surface that has the keys, if any."""
        surface = self._lock.focused if self._lock is not None else None
        return surface if surface is not None and surface.mapped else None

    def unlocked(self) -> None:
        """The locker unlocked the session."""
        self.locked = False
        self._lock = None
        layers.set_visible(self.server.layers.lock, False)
        self.cover()
        self.server.focus.refresh()
        self.server.input.refresh_pointer()
        log.info("unlocked")

    def abandoned(self) -> None:
        """The locker died: stay locked."""
        self._lock = None
        self.server.focus.refresh()
        log.warning("the locker disconnected without unlocking; the session stays locked")


class Lock(Owner):
    """Wraps a `struct wlr_session_lock_v1 *`."""

    def __init__(self, manager: SessionLock, pointer: Any) -> None:
        super().__init__()
        self.manager = manager
        self.surfaces: list[LockSurface] = []
        self.focused: LockSurface | None = None
        self._done = False
        self.on("wlr_session_lock_v1", pointer, "new_surface", self._new_surface)
        self.on("wlr_session_lock_v1", pointer, "unlock", self._unlock)
        self.on("wlr_session_lock_v1", pointer, "destroy", self._destroyed)

    def arrange(self) -> None:
        """Outputs changed."""
        for surface in self.surfaces:
            surface.arrange()

    def _new_surface(self, pointer: Any) -> None:
        surface = LockSurface(self, pointer)
        self.surfaces.append(surface)
        if self.focused is None:
            self.focused = surface

    def _unlock(self, _data: Any) -> None:
        self._done = True
        self.manager.unlocked()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        if not self._done:
            self.manager.abandoned()


class LockSurface(Owner):
    """Wraps a `struct wlr_session_lock_surface_v1 *`."""

    def __init__(self, lock: Lock, pointer: Any) -> None:
        super().__init__()
        self.lock = lock
        self.pointer = pointer
        self.surface = pointer.surface
        self.mapped = False
        self._fresh = False
        """Mapped by this very commit: the scene has its first buffer when the commit is told."""
        server = lock.manager.server
        self.output: Output | None = server.outputs.get(pointer.output)
        self.tree = lib.wlr_scene_subsurface_tree_create(server.layers.lock, self.surface)
        server.source_boxes.watch(self.tree, self.surface)
        server.surfaces.add(self.surface, self)
        self._size = (0, 0)
        self.arrange()
        self.on("wlr_surface", self.surface, "map", self._map)
        self.on("wlr_surface", self.surface, "commit", self._commit)
        self.on("wlr_session_lock_surface_v1", pointer, "destroy", self._destroyed)

    def arrange(self) -> None:
        """Cover the output."""
        if self.output is None or not self.output.enabled:
            return
        area = self.output.area
        layers.set_position(self.tree, area.x, area.y)
        if self._size != (area.width, area.height):
            self._size = (area.width, area.height)
            lib.wlr_session_lock_surface_v1_configure(self.pointer, area.width, area.height)

    def _commit(self, _data: Any) -> None:
        if self._fresh:
            self._fresh = False
            layers.keep_solid(self.tree)

    def _map(self, _data: Any) -> None:
        self.mapped = self._fresh = True
        self.lock.manager.server.focus.refresh()
        self.lock.manager.server.input.refresh_pointer()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        server = self.lock.manager.server
        server.surfaces.remove(self.surface)
        server.surfaces.unmapped(self.surface)
        self.lock.surfaces.remove(self)
        if self.lock.focused is self:
            self.lock.focused = self.lock.surfaces[0] if self.lock.surfaces else None
        server.focus.refresh()
