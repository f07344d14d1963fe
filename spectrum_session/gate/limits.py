"""How much a VM may have and do: counts and rates. No clock in here."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from .verdict import IMPLEMENTATION, Refused


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one VM, over all its connections. The defaults are far above what honest programs need;
    docs/SECURITY.md has the most that browsers, toolkits and terminals were seen to use."""

    toplevels: int = 500
    """Windows, mapped or not; the bound that the Qubes GUI daemon sets."""
    surfaces: int = 4_000
    buffers: int = 8_000
    compositor_bytes: int = 64 << 20
    """Of the compositor's own memory, that it takes for the VM's objects: `weights` has how much
    for each, and all that depends on what the VM says of them is counted besides."""
    buffer_bytes: int = 0
    """Of memory behind buffers, and of pictures that the compositor makes of these (see
    `buffer_memory`); 0: as the outputs need."""
    shm_bytes: int = 1 << 38
    """Bytes of shared memory that the compositor maps for it; of the address space, not of memory:
    a terminal is known to take 512 MiB of it for each window, and there may be 500."""
    objects: int = 20_000
    """Protocol objects of any kind."""
    fds: int = 1_024
    """Descriptors held for it in the gate."""
    inhibitors: int = 64
    """Of idle and of shortcuts together; the compositor looks through all of them at each."""
    connections: int = 200
    messages_per_second: int = 20_000
    """On the average; twice as many may come at once."""
    commits_per_second: int = 4_000
    """On the average; twice as many may come at once."""
    queued_bytes: int = 4 << 20
    """Bytes that wait for clients which do not read; the one for which most waits is let go."""


FIXED = {"keyboards": 128}
"""Limits that cannot be configured. keyboards: wl_keyboards of a VM; at a change of its keymap the
compositor sends a descriptor to all of them at once, which are in flight until the gate has
received them."""


class Counts:
    """How much of each limit a VM uses now."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.used = dict.fromkeys((*(one.name for one in fields(limits)), *FIXED), 0)
        """By the limit's name; those of rates stay 0."""
        self.most = dict(self.used)
        """The highest that `used` ever was."""
        self.refused: dict[str, int] = {}
        """How often a limit refused something, by its name."""
        self.automatic: dict[str, int] = {}
        """What a limit of 0 stands for."""

    def take(self, limit: str, amount: int = 1) -> None:
        """Use up some of a limit. Raises Refused when that is more than there is."""
        used = self.used[limit] + amount
        allowed = self.allowed(limit)
        if used > allowed:
            self.refused[limit] = self.refused.get(limit, 0) + 1
            raise Refused(
                None,
                IMPLEMENTATION,
                f"limit {limit.replace('_', '-')}: this VM may have {allowed} at most",
            )
        self.used[limit] = used
        if used > self.most[limit]:
            self.most[limit] = used

    def force(self, limit: str, amount: int) -> None:
        """Note what is there whatever is allowed; what else is taken is refused from then on."""
        self.used[limit] += amount
        if self.used[limit] > self.most[limit]:
            self.most[limit] = self.used[limit]

    def give(self, limit: str, amount: int = 1) -> None:
        """Give back what was taken."""
        self.used[limit] -= amount

    def allowed(self, limit: str) -> int:
        """How much of it the VM may have."""
        if limit in FIXED:
            return FIXED[limit]
        configured: int = getattr(self.limits, limit)
        return configured or self.automatic[limit]


@dataclass(slots=True)
class Bucket:
    """A rate: `rate` a second on the average, `burst` at once. Times are seconds of any clock."""

    rate: float
    burst: float
    level: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.level = self.burst

    def spend(self, amount: float, now: float) -> float:
        """Take `amount` out; the level may go below zero. Returns how many seconds nothing more
        should be taken: 0.0 when the level is not below zero."""
        if self.at is not None:
            self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        self.level -= amount
        return 0.0 if self.level >= 0 else -self.level / self.rate
