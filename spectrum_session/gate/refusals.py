"""Reports of refusals to a VM, by kind, each kind once a second at most.

No clock in here: times are seconds of any clock.
"""

from __future__ import annotations

from dataclasses import dataclass

EVERY_S = 1.0
"""Between two reports of one kind."""
KINDS = 64
"""Kinds that are told apart: more than there are rules that say something of their own."""
OTHER = "other"


@dataclass(slots=True)
class _Kind:
    text: str = ""
    count: int = 0
    """Since the last report."""
    told: float = float("-inf")


class Refusals:
    """Collects refusals and hands out the reports that are due."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self.waiting = 0
        """Kinds with a report still to be made."""

    def add(self, kind: str, text: str) -> None:
        """Note a refusal; a report has the last text of its kind."""
        if kind not in self._kinds and len(self._kinds) >= KINDS:
            kind = OTHER
        one = self._kinds.setdefault(kind, _Kind())
        self.waiting += not one.count
        one.text = text
        one.count += 1

    def due(self, now: float) -> list[tuple[str, str, int]]:
        """Kind, text and count of the reports that are due."""
        found = []
        for kind, one in self._kinds.items():
            if one.count and now >= one.told + EVERY_S:
                found.append((kind, one.text, one.count))
                one.count = 0
                self.waiting -= 1
                one.told = now
        return found

    def next(self) -> float | None:
        """When the next report is due; None when none waits."""
        times = [one.told + EVERY_S for one in self._kinds.values() if one.count]
        return min(times) if times else None
