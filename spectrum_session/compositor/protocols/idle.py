"""Idle notification and idle inhibition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import Owner, address, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.input.seat import Seat
    from spectrum_session.compositor.server import Server


class Idle(Part):
    """ext_idle_notifier_v1 and zwp_idle_inhibit_manager_v1."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.notifier = lib.wlr_idle_notifier_v1_create(server.display)
        self._inhibitors: dict[int, Inhibitor] = {}
        self._inhibited = False
        manager = lib.wlr_idle_inhibit_v1_create(server.display)
        self.on("wlr_idle_inhibit_manager_v1", manager, "new_inhibitor", self._new)

    def activity(self, seat: Seat) -> None:
        """User activity: restart the idle timers."""
        lib.wlr_idle_notifier_v1_notify_activity(self.notifier, seat.pointer)

    def _new(self, pointer: Any) -> None:
        self._inhibitors[address(pointer)] = Inhibitor(self, pointer)
        self.refresh()

    def gone(self, pointer: Any) -> None:
        """An inhibitor was destroyed."""
        self._inhibitors.pop(address(pointer), None)
        self.refresh()

    def refresh(self) -> None:
        """An inhibitor counts while its window is visible."""
        inhibited = any(self._counts(i.surface) for i in self._inhibitors.values())
        if inhibited != self._inhibited:
            self._inhibited = inhibited
            lib.wlr_idle_notifier_v1_set_inhibited(self.notifier, inhibited)

    def _counts(self, surface: Any) -> bool:
        window = self.server.surfaces.window_of(surface)
        if window is not None:
            return window.place is not None and window.place.visible
        return self.server.surfaces.wrapper_of(surface) is not None


class Inhibitor(Owner):
    """Wraps a `struct wlr_idle_inhibitor_v1 *`."""

    def __init__(self, idle: Idle, pointer: Any) -> None:
        super().__init__()
        self._idle, self._pointer = idle, pointer
        self.surface = pointer.surface
        self.on("wlr_idle_inhibitor_v1", pointer, "destroy", self._destroyed)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._idle.gone(self._pointer)
