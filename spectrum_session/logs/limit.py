"""Rate limit of log lines: a VM's flood of refusals must not fill the disk or block the loop."""

from __future__ import annotations

BURST = 200
PER_SECOND = 20.0


class Limit:
    """A token bucket of lines for each key. Pure: the time is an argument."""

    def __init__(self, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = float(burst)
        self._rate = per_second
        self._buckets: dict[str, tuple[float, float, int]] = {}

    def take(self, key: str, now: float) -> int | None:
        """Whether a line of `key` may be written at `now` (seconds, any monotonic clock).

        None: no. Otherwise the number of lines dropped since the last one written.
        """
        room, since, dropped = self._buckets.get(key, (self._burst, now, 0))
        room = min(self._burst, room + max(0.0, now - since) * self._rate)
        if room < 1:
            self._buckets[key] = (room, now, dropped + 1)
            return None
        self._buckets[key] = (room - 1, now, 0)
        return dropped
