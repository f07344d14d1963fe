"""Input that does not tell when it happened: it waits for a random time, and its own times say
when it was let go.

Whoever types can be told by the rhythm of the keys, and what is typed can be guessed from it. A
delay of up to D milliseconds, drawn anew for each, leaves of the rhythm what is coarser than D.
What comes after an event never overtakes it. The random numbers are the kernel's: from those that
a program could compute the delays could be computed too.

No IO and no clock: times are seconds of the monotonic clock, as the compositor's own are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .schema import Interface, Message
from .verdict import DROP

if TYPE_CHECKING:
    from .connection import Connection

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
"""Interfaces whose events a person causes."""

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
    """From 0 to 1, as good as the kernel's."""
    return int.from_bytes(os.urandom(4), "little") / 0xFFFF_FFFF


class DelayLine:
    """What waits to be sent to one client, in order, and until when."""

    def __init__(self, random: Callable[[], float] = random_fraction) -> None:
        self._random = random
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._last = 0.0
        """When the last that was put in is let go."""
        self.size = 0
        """Bytes that wait."""

    def moment(self, now: float, bound_s: float) -> float:
        """When an event that comes now is to be let go, `bound_s` from now at most but never before
        what came before it."""
        return max(self._last, now + self._random() * bound_s)

    def put(self, data: bytes, moment: float) -> None:
        """Hold `data` until `moment`, or until what is before it is let go."""
        self._last = max(self._last, moment)
        self._waiting.append((self._last, data))
        self.size += len(data)

    def take(self, now: float) -> bytes:
        """What is to be let go now."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            found.append(self._waiting.popleft()[1])
        data = b"".join(found)
        self.size -= len(data)
        return data

    @property
    def next(self) -> float | None:
        """When there is something to let go; None when nothing waits."""
        return self._waiting[0][0] if self._waiting else None


def attach(schema: Mapping[str, Interface]) -> None:
    """Make every input event tell the connection that it came, and give it the time at which it is
    let go, when the connection has one (`Connection.input_time`).

    The rules that are there already are asked before. To attach twice changes nothing.
    """
    for name in INPUT:
        for message in schema[name].events:
            if not isinstance(message.rule, _Retimed):
                message.rule = _Retimed(message)


class _Retimed:
    """The rule of an input event, around the one that it had."""

    def __init__(self, message: Message) -> None:
        self._rule = message.rule
        self._relative = message.interface == "zwp_relative_pointer_v1"
        self._nullable = tuple(place for place, _, _ in message.refers)
        self._place = TIMES.get(message.interface, {}).get(message.name)

    def __call__(self, gate: Connection, target: Any, *args: Any) -> Any:
        verdict = self._rule(gate, target, *args) if self._rule is not None else None
        moment = gate.input_time
        if verdict is DROP or moment is None:
            return verdict
        gate.inputs += 1
        if self._place is None and not self._relative:
            return verdict
        changed = list(args if verdict is None else verdict)
        for place in self._nullable:
            # An object that is gone: the compositor named none.
            changed[place] = changed[place] or 0
        if self._relative:
            microseconds = int(moment * 1_000_000)
            changed[0] = microseconds >> 32 & 0xFFFF_FFFF
            changed[1] = microseconds & 0xFFFF_FFFF
        else:
            assert self._place is not None
            changed[self._place] = int(moment * 1000) & 0xFFFF_FFFF
        return tuple(changed)
