"""Serials of the gate's own: a client's count what happens to that client and nothing else.

libwayland has one serial counter for the whole display, so a client that compares two of its
serials learns how many events all others were sent between them. The gate gives each connection
serials of its own, +1 each. The schema tells which arguments are serials (`Message.serials`):
rules see the compositor's own, `Connection` translates at the client's edge.

No IO, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

SERIALS_KEPT = 1024
"""Serials of input events that a request may still name; older ones are stale for everybody."""
MAX_SERIAL = 0xFFFFFFFF
UNKNOWN = -1
"""Stands in a request for a serial that the client was never given, or that is too old: equal to
no serial of the compositor's. It is 0 for the compositor, where it comes so far."""
NOT_SERIALS = {
    ("zwp_text_input_v3", "done"): "counts the client's own commits",
    ("zwp_tablet_tool_v2", "hardware_serial"): "is printed on the pen",
}
"""Messages with an argument of this name that is no serial of the display's, and the reason."""


class Serials:
    """The serials of one connection, both ways. 0 is no serial, and stays 0."""

    def __init__(self, wanted: Callable[[], Iterable[int]]) -> None:
        """`wanted` gives those of the compositor's serials that a request may still name, besides
        the newest SERIALS_KEPT."""
        self._wanted = wanted
        self._last = 0
        self._ours: dict[int, int] = {}
        """By the compositor's, oldest first."""
        self._theirs: dict[int, int] = {}
        self._limit = 4 * SERIALS_KEPT

    def __len__(self) -> int:
        return len(self._ours)

    def of_sync(self, theirs: int) -> int:
        """Ours for the answer to a sync: always a new one. The compositor's is the newest that it
        gave to anybody, equal for two syncs as long as nobody was sent any."""
        del theirs
        return self._new()

    def to_client(self, theirs: int) -> int:
        """Ours for one of the compositor's: the same for as long as it is known, since several
        objects may be sent one event."""
        found = self._ours.get(theirs)
        if found is None:
            if not theirs:
                return 0
            found = self._ours[theirs] = self._new()
            self._theirs[found] = theirs
            if len(self._ours) > self._limit:
                self._prune()
        return found

    def to_compositor(self, ours: int) -> int:
        """The compositor's for one that a client names, or UNKNOWN."""
        return self._theirs.get(ours, UNKNOWN) if ours else 0

    def _new(self) -> int:
        self._last = self._last % MAX_SERIAL + 1
        return self._last

    def _prune(self) -> None:
        kept = set(self._wanted()).intersection(self._ours)
        kept.update(list(self._ours)[-SERIALS_KEPT:])
        self._ours = {theirs: ours for theirs, ours in self._ours.items() if theirs in kept}
        self._theirs = {ours: theirs for theirs, ours in self._ours.items()}
        # Twice as many as are wanted: so looking through them costs little for each.
        self._limit = max(4 * SERIALS_KEPT, 2 * len(kept))
