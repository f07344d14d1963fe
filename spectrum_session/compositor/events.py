"""Events that the compositor publishes, and the bus that carries them. Pure: no wlroots.

The same bus carries `shell.commands.Perform`, an action that is not about windows, and the
session's own events (session/events.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

E = TypeVar("E")


class Bus:
    """Calls subscribers by the type of an event, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._subscribers: dict[type, list[Callable[[Any], None]]] = {}

    def subscribe(self, kind: type[E], call: Callable[[E], None]) -> None:
        """Call `call` with every event of exactly this type from now on."""
        self._subscribers.setdefault(kind, []).append(call)

    def publish(self, event: object) -> None:
        """Call the subscribers of this event's type before returning."""
        for call in self._subscribers.get(type(event), ()):
            call(event)


@dataclass(frozen=True, slots=True)
class WindowOpened:
    """A window was mapped."""

    window: int


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """A window was unmapped; its last state can still be read."""

    window: int


@dataclass(frozen=True, slots=True)
class WindowRenamed:
    """A window's title or app id changed."""

    window: int


@dataclass(frozen=True, slots=True)
class WindowPlaced:
    """A window's place or state changed."""

    window: int


@dataclass(frozen=True, slots=True)
class FocusMoved:
    """The keyboard focus moved to a window, or to none."""

    window: int | None


@dataclass(frozen=True, slots=True)
class WorkspacesChanged:
    """Any of the workspaces may have changed."""


@dataclass(frozen=True, slots=True)
class OutputsChanged:
    """An output was added, removed, moved or changed."""
