"""A client of xdg-shell at one end of a gate, and its compositor at the other."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from spectrum_session.gate.limits import Limits
from spectrum_session.gate.policy import Policy

from .ends import Ends, Refusal


@dataclass
class Window:
    """Ids of a window's or popup's objects."""

    surface: int
    xdg: int
    role: int


class Shell(Ends):
    """With what windows and popups need."""

    def __init__(self, policy: Policy | None = None, limits: Limits | None = None) -> None:
        super().__init__(policy, limits)
        self.compositor = self.bind("wl_compositor")
        self.shm = self.bind("wl_shm")
        self.tell(self.shm, "format", 0)
        self.wm_base = self.bind("xdg_wm_base")
        self.seat = self.bind("wl_seat")
        self.serial = 100
        self._buffer = 0

    # --- the compositor's side

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def press(self) -> int:
        """An input event came with this serial."""
        serial = self.next_serial()
        self.gate.knowledge.gave_serial(serial, "wl_pointer.button")
        self.gate.serials.to_client(serial)
        return serial

    def configure(self, window: Window) -> int:
        """The compositor says what a window or popup shall be."""
        if self.interfaces[window.role] == "xdg_toplevel":
            self.tell(window.role, "configure", 0, 0, b"")
        else:
            self.tell(window.role, "configure", 0, 0, 10, 10)
        serial = self.next_serial()
        self.tell(window.xdg, "configure", serial)
        return serial

    # --- the client's side

    @property
    def buffer(self) -> int:
        """A buffer of 16×16."""
        if not self._buffer:
            fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
            os.ftruncate(fd, 1024)
            pool = self.ask(self.shm, "create_pool", ..., None, 1024, fds=[fd])
            self._buffer = self.ask(pool, "create_buffer", ..., 0, 16, 16, 64, 0)
        return self._buffer

    def new_surface(self) -> int:
        return self.ask(self.compositor, "create_surface", ...)

    def new_xdg(self, surface: int | None = None) -> tuple[int, int]:
        surface = self.new_surface() if surface is None else surface
        return surface, self.ask(self.wm_base, "get_xdg_surface", ..., surface)

    def new_toplevel(self) -> Window:
        """Made, not committed."""
        surface, xdg = self.new_xdg()
        return Window(surface, xdg, self.ask(xdg, "get_toplevel", ...))

    def new_popup(self, parent: Window) -> Window:
        """Made, not committed."""
        surface, xdg = self.new_xdg()
        return Window(surface, xdg, self.ask(xdg, "get_popup", ..., parent.xdg, self.positioner()))

    def positioner(self) -> int:
        """A complete one."""
        made = self.ask(self.wm_base, "create_positioner", ...)
        self.ask(made, "set_size", 10, 10)
        self.ask(made, "set_anchor_rect", 0, 0, 1, 1)
        return made

    def commit(self, window: Window, buffer: int | None = None) -> None:
        """Commit, with a buffer (0: with none any more)."""
        if buffer is not None:
            self.ask(window.surface, "attach", buffer, 0, 0)
        self.ask(window.surface, "commit")

    def show(self, window: Window) -> Window:
        """From its initial commit to its first buffer."""
        self.commit(window)
        self.ask(window.xdg, "ack_configure", self.configure(window))
        self.commit(window, self.buffer)
        return window

    def window(self) -> Window:
        """A mapped one."""
        return self.show(self.new_toplevel())

    def popup(self, parent: Window) -> Window:
        """A mapped one."""
        return self.show(self.new_popup(parent))

    def destroy(self, window: Window) -> None:
        for number in (window.role, window.xdg, window.surface):
            self.ask(number, "destroy")

    # --- what tests look at

    def refused(self, number: int, request: str, *args: object) -> tuple[int, int, str]:
        """Object, code and text of the error that a request ends with."""
        with pytest.raises(Refusal) as found:
            self.ask(number, request, *args)
        return found.value.object_id, found.value.code, found.value.text

    def dropped(self, number: int, request: str, *args: object) -> bool:
        """Is a request swallowed?"""
        before = len(self.sent)
        self.ask(number, request, *args)
        return len(self.sent) == before
