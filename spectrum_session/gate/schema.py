"""What every message looks like: interfaces and their messages, compiled from the table."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from .schema_table import INTERFACES
from .serials import NOT_SERIALS

Rule = Callable[..., Any]
"""What `rules` attach to a message: see `verdict`."""

MAX_MESSAGE = 4096
"""Bytes of a message, header included: libwayland's own bound, its size field would allow more."""

_CODES = {"i": "i", "u": "I", "f": "i", "o": "I", "n": "I"}


class Message:
    """A request or an event of an interface, with all that decoding it needs made beforehand."""

    __slots__ = (
        "body",
        "creates",
        "destroys",
        "fds",
        "interface",
        "kinds",
        "name",
        "opcode",
        "plain",
        "refers",
        "rule",
        "serials",
        "since",
        "whole",
    )

    def __init__(self, interface: str, opcode: int, line: str) -> None:
        head, *words = line.split()
        head, _, since = head.partition("@")
        self.interface = interface
        self.opcode = opcode
        self.name = head.rstrip("!")
        self.destroys = head.endswith("!")
        """Its object is gone once it was sent."""
        self.since = int(since or 1)
        kinds: list[str] = []
        refers: list[tuple[int, str | None, bool]] = []
        serials: list[int] = []
        self.creates: tuple[int, str | None] | None = None
        """Place and interface of the new id; None as interface: the client names it (bind)."""
        for word in words:
            nullable = word.startswith("?")
            kind, _, name = word.lstrip("?").partition(":")
            if kind == "n" and not name:
                kinds += ["s", "u"]
            if kind == "n":
                self.creates = (len(kinds), name or None)
            elif kind == "o":
                refers.append((len(kinds), name or None, nullable))
            elif name == "serial" and (interface, self.name) not in NOT_SERIALS:
                serials.append(len(kinds))
            kinds.append("?s" if kind == "s" and nullable else kind)
        self.kinds = tuple(kinds)
        """A letter an argument as in the table; a string that may be null is `?s`."""
        self.refers = tuple(refers)
        """Place, interface and whether it may be null, of each object that is named."""
        self.serials = tuple(serials)
        """Places of the display's serials: see `serials`."""
        self.fds = sum(kind == "h" for kind in kinds)
        fixed = all(kind in _CODES for kind in kinds)
        codes = "".join(_CODES[kind] for kind in kinds) if fixed else ""
        self.whole = struct.Struct("=II" + codes) if fixed else None
        """Header and arguments in one, when no argument has a length of its own."""
        self.body = struct.Struct("=" + codes) if fixed else None
        self.rule: Rule | None = None
        self.plain: struct.Struct | None = None
        """`whole`, when nothing but that is checked: the message has no rule, and no argument that
        is looked up or translated."""
        if not (refers or self.creates or self.destroys or serials):
            self.plain = self.whole

    def __repr__(self) -> str:
        return f"{self.interface}.{self.name}"

    def attach(self, rule: Rule) -> None:
        """Check the message by `rule` from now on."""
        self.rule = rule
        self.plain = None


class Interface:
    """An interface in the version that the gate knows."""

    def __init__(
        self, name: str, version: int, requests: Sequence[str], events: Sequence[str]
    ) -> None:
        self.name = name
        self.version = version
        """The newest that the gate knows: what is announced in a newer one is cut to it."""
        self.requests = tuple(Message(name, i, line) for i, line in enumerate(requests))
        self.events = tuple(Message(name, i, line) for i, line in enumerate(events))
        self._requests_of: dict[int, tuple[Message, ...]] = {}

    def __repr__(self) -> str:
        return self.name

    def requests_of(self, version: int) -> tuple[Message, ...]:
        """The requests that an object of this version has, by opcode.

        Messages of one interface never have a later `since` than one that comes after them.
        """
        found = self._requests_of.get(version)
        if found is None:
            found = tuple(message for message in self.requests if message.since <= version)
            self._requests_of[version] = found
        return found

    def request(self, name: str) -> Message:
        """A request by name. Raises LookupError."""
        return _by_name(self, self.requests, name)

    def event(self, name: str) -> Message:
        """An event by name. Raises LookupError."""
        return _by_name(self, self.events, name)


def _by_name(interface: Interface, messages: Sequence[Message], name: str) -> Message:
    for message in messages:
        if message.name == name:
            return message
    raise LookupError(f"{interface.name} has no {name}")


SCHEMA: dict[str, Interface] = {
    name: Interface(name, version, requests, events)
    for name, (version, requests, events) in INTERFACES.items()
}
"""Every interface that the gate knows, by name. What is not in here does not exist for a VM."""
