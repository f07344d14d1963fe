"""Assigns machines to the slots of their net providers, and tells where the links are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from spectrum_session.vm.errors import VMError

from .address import SLOTS

LINK = "link"
"""The socket at either end of a link, in a directory of its own."""

Told = Callable[["Path | None"], None]
"""`told(directory)`: the provider's slots are in this directory now, each in a subdirectory of its
number; None: the provider does not run."""


class Slots:
    """Slots of all providers of a session. A machine that outlives the session keeps its own."""

    def __init__(self) -> None:
        self._taken: dict[str, dict[int, str]] = {}
        """By provider, the machine at each slot."""
        self._before: dict[tuple[str, str], int] = {}
        """Where a machine was last, by provider and its name."""
        self._where: dict[str, Path] = {}
        self._watching: dict[str, list[Told]] = {}

    def take(self, provider: str, client: str, noted: int | None = None) -> int:
        """Give a machine a slot until `leave`: `noted`, the one of an earlier session; without it
        its last one, else one that was never taken, else any free one. Raises VMError when there is
        none."""
        taken = self._taken.setdefault(provider, {})
        free = [slot for slot in range(1, SLOTS + 1) if slot not in taken]
        if noted is None:
            had = {slot for (other, _), slot in self._before.items() if other == provider}
            own = self._before.get((provider, client))
            free.sort(key=lambda slot: (slot != own, slot in had))
        elif noted in free:
            free = [noted]
        else:
            raise VMError(f"its slot {noted} of {provider} is taken by another machine")
        if not free:
            raise VMError(f"{provider} serves {SLOTS} machines already, the most it can")
        taken[free[0]] = client
        self._before[provider, client] = free[0]
        return free[0]

    def leave(self, provider: str, slot: int) -> None:
        """Free the slot of a machine that has ended."""
        del self._taken[provider][slot]

    def open(self, provider: str, directory: Path) -> None:
        """The provider runs: its links can be joined, in this directory."""
        self._where[provider] = directory
        self._tell(provider)

    def close(self, provider: str) -> None:
        """The provider ends. Not an error when it did not run."""
        if self._where.pop(provider, None) is not None:
            self._tell(provider)

    def watch(self, provider: str, told: Told) -> None:
        """Call `told` with the directory of the provider's slots, at once and on each change."""
        self._watching.setdefault(provider, []).append(told)
        told(self._where.get(provider))

    def unwatch(self, provider: str, told: Told) -> None:
        """Stop calling it. Not an error when it was not called."""
        watching = self._watching.get(provider, [])
        if told in watching:
            watching.remove(told)

    def _tell(self, provider: str) -> None:
        for told in list(self._watching.get(provider, ())):
            told(self._where.get(provider))
