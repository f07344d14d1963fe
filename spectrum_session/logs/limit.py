"""How many lines one VM may cause: a flood of refusals must not fill the disk or the loop."""

from __future__ import annotations

BURST = 200
PER_SECOND = 20.0


class Limit:
    """A bucket of lines for each key, filled at a steady rate. Pure: the time is handed in."""

    def __init__(self, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = float(burst)
        self._rate = per_second
        self._buckets: dict[str, tuple[float, float, int]] = {}

    def take(self, key: str, now: float) -> int | None:
        """May a line of `key` be written at `now` (seconds, any steady clock)?

        None: no. Else how many were left out since the last that was written.
        """
        room, since, dropped = self._buckets.get(key, (self._burst, now, 0))
        room = min(self._burst, room + max(0.0, now - since) * self._rate)
        if room < 1:
            self._buckets[key] = (room, now, dropped + 1)
            return None
        self._buckets[key] = (room - 1, now, 0)
        return dropped
