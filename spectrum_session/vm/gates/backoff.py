"""The delay before a process that ended is restarted. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_S = 0.1
"""Before the first restart: soon enough that a program in the VM that starts again finds it."""
LONGEST_S = 30.0
"""A VM that kills its gate at once costs the host one start in this time."""
STEADY_S = 60.0
"""A gate that lived so long is as good as new."""


@dataclass(frozen=True)
class Backoff:
    """How often a gate has died lately."""

    deaths: int = 0
    """In a row, without a long life between."""

    def died(self, lived_s: float) -> tuple[Backoff, float]:
        """After a death, `lived_s` seconds after its start: seconds until it is started again."""
        deaths = 0 if lived_s >= STEADY_S else self.deaths
        # 2 ** 20 is beyond the longest delay; without a bound it would be beyond a float.
        delay = min(LONGEST_S, FIRST_S * 2 ** min(deaths, 20))
        return replace(self, deaths=deaths + 1), delay
