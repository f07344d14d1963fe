"""Random delays of input events, so that their times tell nothing.

Users can be identified by the rhythm of their keys, and typed text can be guessed from it. A delay
of up to D milliseconds, drawn anew for each event, leaves only the part of the rhythm that is
coarser than D. The event's own time becomes that of its release, and later events never overtake
it. The random numbers are the kernel's: a program could predict those of a generator in user space.

No IO and no clock: times are seconds of the monotonic clock, as the compositor's own are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from .schema import Message

INPUT = frozenset(
    {
        "wl_pointer",
        "wl_keyboard",
        "wl_touch",
        "zwp_relative_pointer_v1",
        "zwp_pointer_gesture_swipe_v1",
        "zwp_pointer_gesture_pinch_v1",
        "zwp_pointer_gesture_hold_v1",
        "zwp_tablet_tool_v2",
        "zwp_tablet_pad_v2",
        "zwp_tablet_pad_ring_v2",
        "zwp_tablet_pad_strip_v2",
        "zwp_text_input_v3",
    }
)
"""Interfaces whose events a user causes."""

TIMES: dict[str, dict[str, int]] = {
    "wl_pointer": {"motion": 0, "button": 1, "axis": 0, "axis_stop": 0},
    "wl_keyboard": {"key": 1},
    "wl_touch": {"down": 1, "up": 1, "motion": 0},
    "zwp_pointer_gesture_swipe_v1": {"begin": 1, "update": 0, "end": 1},
    "zwp_pointer_gesture_pinch_v1": {"begin": 1, "update": 0, "end": 1},
    "zwp_pointer_gesture_hold_v1": {"begin": 1, "end": 1},
    "zwp_tablet_tool_v2": {"frame": 0},
    "zwp_tablet_pad_v2": {"button": 0},
    "zwp_tablet_pad_ring_v2": {"frame": 0},
    "zwp_tablet_pad_strip_v2": {"frame": 0},
}
"""Which argument of an event is its time in milliseconds. A relative motion has microseconds in two
halves, its first two arguments."""


def random_fraction() -> float:
    """A number from 0 to 1, of the kernel's random bytes."""
    return int.from_bytes(os.urandom(4), "little") / 0xFFFF_FFFF


class DelayLine:
    """Bytes that wait to be sent to one client, in order, each until its time."""

    def __init__(self, random: Callable[[], float] = random_fraction) -> None:
        self._random = random
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._last = 0.0
        """When the last bytes are released."""
        self.size = 0
        """Bytes that wait."""

    def moment(self, now: float, bound_s: float) -> float:
        """When an event that arrives now is to be released: at most `bound_s` from now, but never
        before earlier events."""
        return max(self._last, now + self._random() * bound_s)

    def put(self, data: bytes, moment: float) -> None:
        """Hold `data` until `moment`, or until the bytes before it are released."""
        self._last = max(self._last, moment)
        self._waiting.append((self._last, data))
        self.size += len(data)

    def take(self, now: float) -> bytes:
        """Remove and return the bytes that are due."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            found.append(self._waiting.popleft()[1])
        data = b"".join(found)
        self.size -= len(data)
        return data

    @property
    def next(self) -> float | None:
        """When the first bytes are due; None when none wait."""
        return self._waiting[0][0] if self._waiting else None


def retimed(event: Message, args: Sequence[Any], moment: float) -> Sequence[Any]:
    """The arguments of an input event, with its time replaced by `moment` (seconds)."""
    if event.interface == "zwp_relative_pointer_v1":
        microseconds = int(moment * 1_000_000)
        return (microseconds >> 32 & 0xFFFF_FFFF, microseconds & 0xFFFF_FFFF, *args[2:])
    place = TIMES.get(event.interface, {}).get(event.name)
    if place is None:
        return args
    return (*args[:place], int(moment * 1000) & 0xFFFF_FFFF, *args[place + 1 :])
