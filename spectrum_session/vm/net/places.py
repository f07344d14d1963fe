"""Which machine is at which place of the one that gives it a network, and where the links are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from spectrum_session.vm.errors import VMError

from .address import PLACES

LINK = "link"
"""The socket at either end of a link, in a directory of its own."""

Told = Callable[["Path | None"], None]
"""`told(directory)`: the provider's places are in this directory now, each in one that bears its
number; None: nowhere."""


class Places:
    """Those of all providers of a session. A machine that outlives the session brings its own."""

    def __init__(self) -> None:
        self._taken: dict[str, dict[int, str]] = {}
        """By provider, who is at each place."""
        self._before: dict[tuple[str, str], int] = {}
        """Where a machine was last, by provider and its name."""
        self._where: dict[str, Path] = {}
        self._watching: dict[str, list[Told]] = {}

    def take(self, provider: str, client: str, noted: int | None = None) -> int:
        """A place for a machine until `leave`: `noted`, its own of before, else one that nobody
        had, else one that nobody has. Raises VMError when there is none."""
        taken = self._taken.setdefault(provider, {})
        free = [place for place in range(1, PLACES + 1) if place not in taken]
        if noted is None:
            had = {place for (other, _), place in self._before.items() if other == provider}
            own = self._before.get((provider, client))
            free.sort(key=lambda place: (place != own, place in had))
        elif noted in free:
            free = [noted]
        else:
            raise VMError(f"another machine is at its place {noted} of {provider}")
        if not free:
            raise VMError(f"{provider} gives {PLACES} machines a network, and has no place left")
        taken[free[0]] = client
        self._before[provider, client] = free[0]
        return free[0]

    def leave(self, provider: str, place: int) -> None:
        """The machine at a place has ended."""
        del self._taken[provider][place]

    def open(self, provider: str, directory: Path) -> None:
        """The provider's links can be joined, in this directory."""
        self._where[provider] = directory
        self._tell(provider)

    def close(self, provider: str) -> None:
        """They can be no longer. No error when they could not."""
        if self._where.pop(provider, None) is not None:
            self._tell(provider)

    def watch(self, provider: str, told: Told) -> None:
        """Have `told` called, at once and whenever it changes, with where the provider's are."""
        self._watching.setdefault(provider, []).append(told)
        told(self._where.get(provider))

    def unwatch(self, provider: str, told: Told) -> None:
        """Call it no longer. No error when it was not."""
        watching = self._watching.get(provider, [])
        if told in watching:
            watching.remove(told)

    def _tell(self, provider: str) -> None:
        for told in list(self._watching.get(provider, ())):
            told(self._where.get(provider))
