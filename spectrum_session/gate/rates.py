"""A VM's rates of messages and commits: over one of them its clients are not read from for a
while. Pure: times are seconds of any clock."""

from __future__ import annotations

from .limits import Bucket, Limits


class Rates:
    """Both rates of one VM, over all its connections."""

    def __init__(self, limits: Limits) -> None:
        self.paused_until = 0.0
        """When reading goes on; 0 while it is not paused."""
        self.stalls = 0
        """How often reading was paused."""
        self.set(limits)

    def set(self, limits: Limits) -> None:
        """Apply new limits, with full buckets."""
        self._messages = _bucket(limits.messages_per_second)
        self._commits = _bucket(limits.commits_per_second)

    def spend(self, messages: int, commits: int, now: float) -> str | None:
        """Count what a client sent. Returns the name of the rate that is exceeded, if any: from
        then on reading is paused."""
        wait, name = self._messages.spend(messages, now), "messages-per-second"
        if commits:
            longer = self._commits.spend(commits, now)
            if longer > wait:
                wait, name = longer, "commits-per-second"
        if not wait:
            return None
        self.stalls += 1
        self.paused_until = now + wait
        return name

    def resumes(self, now: float) -> bool:
        """End the pause when its time is over; True when it ended."""
        if not self.paused_until or now < self.paused_until:
            return False
        self.paused_until = 0.0
        return True


def _bucket(rate: int) -> Bucket:
    return Bucket(float(rate), 2.0 * rate)
