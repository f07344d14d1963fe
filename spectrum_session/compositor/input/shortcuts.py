"""Keyboard-shortcuts-inhibit: a host client (a nested session, a VNC viewer) may get all keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import Owner, address, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server


class Shortcuts(Part):
    """zwp_keyboard_shortcuts_inhibit_manager_v1."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._inhibitors: dict[int, ShortcutsInhibitor] = {}
        self._suspended = False
        manager = lib.wlr_keyboard_shortcuts_inhibit_v1_create(server.display)
        self.on("wlr_keyboard_shortcuts_inhibit_manager_v1", manager, "new_inhibitor", self._new)

    @property
    def inhibited(self) -> bool:
        """Do keys pass by the bindings now?"""
        return any(i.pointer.active for i in self._inhibitors.values())

    def release(self) -> None:
        """Suspend the inhibitors until the focus changes."""
        self._suspended = True
        self._apply()

    def refresh(self) -> None:
        """The focus changed."""
        self._suspended = False
        self._apply()

    def _new(self, pointer: Any) -> None:
        self._inhibitors[address(pointer)] = ShortcutsInhibitor(self, pointer)
        self._apply()

    def gone(self, pointer: Any) -> None:
        """An inhibitor was destroyed."""
        self._inhibitors.pop(address(pointer), None)

    def _apply(self) -> None:
        window = self.server.focus.window
        for inhibitor in self._inhibitors.values():
            wanted = (
                not self._suspended
                and window is not None
                and window.surface == inhibitor.pointer.surface
            )
            if wanted and not inhibitor.pointer.active:
                lib.wlr_keyboard_shortcuts_inhibitor_v1_activate(inhibitor.pointer)
            elif not wanted and inhibitor.pointer.active:
                lib.wlr_keyboard_shortcuts_inhibitor_v1_deactivate(inhibitor.pointer)


class ShortcutsInhibitor(Owner):
    """Wraps a `struct wlr_keyboard_shortcuts_inhibitor_v1 *`."""

    def __init__(self, shortcuts: Shortcuts, pointer: Any) -> None:
        super().__init__()
        self._shortcuts, self.pointer = shortcuts, pointer
        self.on("wlr_keyboard_shortcuts_inhibitor_v1", pointer, "destroy", self._destroyed)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._shortcuts.gone(self.pointer)
