"""A VM's account: what its objects and buffers use of its limits, over all its connections."""

from __future__ import annotations

from collections.abc import Sequence

from . import weights
from .buffer_memory import BufferMemory
from .limits import Counts, Limits
from .objects import Object
from .verdict import Refused

_COUNTED = {
    "xdg_toplevel": "toplevels",
    "wl_surface": "surfaces",
    "wl_buffer": "buffers",
    "wl_keyboard": "keyboards",
    "zwp_idle_inhibitor_v1": "inhibitors",
    "zwp_keyboard_shortcuts_inhibitor_v1": "inhibitors",
}
"""Limits that count the objects of one interface."""


class Account(Counts):
    """What a VM has now. Shared by all connections of a VM."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.tokens: tuple[int | None, int] = (None, 0)
        """Serial of the last input event that earned activation tokens, and how many it did."""
        self.buffers = BufferMemory(self)

    def object_added(self, made: Object) -> None:
        """Count a new object. Raises Refused."""
        taken: list[tuple[str, int]] = []
        for limit, amount in _counted(made):
            try:
                self.take(limit, amount)
            except Refused:
                for before in taken:
                    self.give(*before)
                raise
            taken.append((limit, amount))

    def object_gone(self, gone: Object) -> None:
        """An object's id is free again."""
        for limit, amount in _counted(gone):
            self.give(limit, amount)


def _counted(one: Object) -> Sequence[tuple[str, int]]:
    """Limits that an object takes from, and how much."""
    name = one.interface.name
    found = _COUNTS.get(name)
    if found is None:
        found = (("objects", 1), ("compositor_bytes", weights.of_object(name)))
        if name in _COUNTED:
            found += ((_COUNTED[name], 1),)
        _COUNTS[name] = found
    return found


_COUNTS: dict[str, tuple[tuple[str, int], ...]] = {}
"""By interface, once it was asked for."""
