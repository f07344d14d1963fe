"""What was refused to a VM, told a kind at a time and no kind more than once a second.

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
    """Since it was last told."""
    told: float = float("-inf")


class Refusals:
    """Collects what happens and says what is to be told now."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self.waiting = 0
        """Kinds of which something is still to be told."""

    def add(self, kind: str, text: str) -> None:
        """Something was refused; of what happens between two reports the last text is told."""
        if kind not in self._kinds and len(self._kinds) >= KINDS:
            kind = OTHER
        one = self._kinds.setdefault(kind, _Kind())
        self.waiting += not one.count
        one.text = text
        one.count += 1

    def due(self, now: float) -> list[tuple[str, str, int]]:
        """Kind, text and how often, of what is to be told now."""
        found = []
        for kind, one in self._kinds.items():
            if one.count and now >= one.told + EVERY_S:
                found.append((kind, one.text, one.count))
                one.count = 0
                self.waiting -= 1
                one.told = now
        return found

    def next(self) -> float | None:
        """When something is due, if nothing more happens; None for never."""
        times = [one.told + EVERY_S for one in self._kinds.values() if one.count]
        return min(times) if times else None
