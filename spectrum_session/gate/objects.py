"""A protocol object: its id, its interface, and what is known of it."""

from __future__ import annotations

from typing import Any

from .schema import Interface, Message

FIRST_SERVER_ID = 0xFF000000
"""The compositor's own ids begin here."""


class Object:
    """A protocol object. `state` is what the rules of its interface keep of it (see `model`)."""

    __slots__ = ("alive", "events", "id", "interface", "requests", "state", "version")

    def __init__(self, number: int, interface: Interface, version: int) -> None:
        self.id = number
        self.interface = interface
        self.version = version
        self.requests: tuple[Message, ...] = interface.requests_of(version)
        self.events: tuple[Message, ...] = interface.events
        self.alive = True
        """The client has not destroyed it."""
        self.state: Any = None

    def __repr__(self) -> str:
        return f"{self.interface.name}#{self.id}"
