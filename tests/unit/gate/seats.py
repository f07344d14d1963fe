"""A client with a seat and what hangs on it, for tests of those rules."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from spectrum_session.gate.policy import PERMISSIONS, Policy

from .ends import Ends, Refusal

ALL = frozenset(PERMISSIONS)
KEYBOARD_ENTER, POINTER_ENTER, PRESS = 10, 11, 12
"""Serials that every client here was given."""
NEVER_GIVEN = 77777


class Seats(Ends):
    """Its seat has pointer and keyboard; both are in its surface, and a button is down."""

    def __init__(self, permissions: frozenset[str] = ALL) -> None:
        super().__init__(Policy(permissions))
        self.compositor = self.bind("wl_compositor")
        self.viewporter = self.bind("wp_viewporter")
        self.pixels = self.bind("wp_single_pixel_buffer_manager_v1")
        self.seat = self.bind("wl_seat")
        self.tell(self.seat, "capabilities", 3)
        self.pointer = self.ask(self.seat, "get_pointer", ...)
        self.keyboard = self.ask(self.seat, "get_keyboard", ...)
        self.surface = self.new()
        self.tell(self.keyboard, "enter", KEYBOARD_ENTER, self.surface, b"")
        self.tell(self.pointer, "enter", POINTER_ENTER, self.surface, 0, 0)
        self.tell(self.pointer, "button", PRESS, 0, 0x110, 1)

    def new(self, width: int = 0, height: int = 0) -> int:
        """A surface; with a size when one is given."""
        made = self.ask(self.compositor, "create_surface", ...)
        if width:
            self.resize(made, width, height)
        return made

    def resize(self, surface: int, width: int, height: int) -> None:
        """Show one pixel of this size, logical pixels."""
        known = self.object(surface).state
        if known.viewport is None:
            self.ask(self.viewporter, "get_viewport", ..., surface)
        pixel = self.ask(self.pixels, "create_u32_rgba_buffer", ..., 0, 0, 0, 0)
        self.ask(known.viewport.id, "set_destination", width, height)
        self.ask(surface, "attach", pixel, 0, 0)
        self.ask(surface, "commit")

    def refuses(self, number: int, request: str, *args: Any, fds: tuple[int, ...] = ()) -> Refusal:
        """Ask for what ends the connection."""
        with pytest.raises(Refusal) as refusal:
            self.ask(number, request, *args, fds=fds)
        return refusal.value

    def passes(self, number: int, request: str, *args: Any, fds: tuple[int, ...] = ()) -> None:
        """Ask for what reaches the compositor as it is."""
        before = len(self.sent)
        self.ask(number, request, *args, fds=fds)
        name, values = self.sent[-1]
        assert len(self.sent) == before + 1, "it was dropped"
        assert name == f"{self.interfaces[number]}.{request}"
        assert list(values) == [0 if one is None and not fds else one for one in args]

    def drops(
        self, number: int, request: str, *args: Any, why: str, fds: tuple[int, ...] = ()
    ) -> None:
        """Ask for what goes no further and is counted."""
        before = len(self.sent), self.account.refused.get(why, 0)
        self.ask(number, request, *args, fds=fds)
        assert len(self.sent) == before[0], f"{self.sent[-1]} came through"
        assert self.account.refused.get(why, 0) == before[1] + 1

    def ignores(
        self, number: int, request: str, *args: Any, fds: tuple[int, ...] = ()
    ) -> None:
        """Ask for what goes no further and is nobody's fault."""
        before = len(self.sent), dict(self.account.refused)
        self.ask(number, request, *args, fds=fds)
        assert (len(self.sent), self.account.refused) == before


def open_fds() -> set[str]:
    """Descriptors that this process has open, and what they are."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return {one for one in found if not one.endswith(f"/proc/{os.getpid()}/fd")}


@contextlib.contextmanager
def no_fd_left() -> Iterator[None]:
    """Whatever happens inside, no descriptor stays open."""
    before = open_fds()
    yield
    assert open_fds() == before
