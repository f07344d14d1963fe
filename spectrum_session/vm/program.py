"""A program in a guest, and what is known of it on the host. All of it is the guest's word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

OUTPUT_LIMIT = 512 << 10
"""Bytes of a program's standard output, and of its standard error, that are kept."""
STREAMED_LIMIT = 4 << 20
"""The same where they are taken as they come: more than may be on its way when it is held."""
HOLD = 128 << 10
"""Bytes that wait to be taken before the program is held."""

Order = Callable[[dict[str, Any]], None]


@dataclass
class Program:
    """A program in the guest. It belongs to one asyncio loop."""

    sink: Callable[[bytes], None] | None = None
    """Takes its output as it comes; without one, it is kept."""
    order: Order = lambda order: None
    """Tells the agent something of it, for as long as it runs."""
    streamed: bool = False
    """What is kept is taken as it comes, and it waits when it is not."""
    output: bytearray = field(default_factory=bytearray)
    """Its standard output, up to the limit."""
    errors: bytearray = field(default_factory=bytearray)
    """Its standard error, as much."""
    cut: bool = False
    """There was more."""
    started: asyncio.Future[int] = field(default_factory=asyncio.Future)
    """Its number in the guest; VMError when it could not be started."""
    ended: asyncio.Future[int] = field(default_factory=asyncio.Future)
    """Its status as Python's subprocess has it: below 0 when a signal ended it."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is more to take, and when it has ended."""
    _held: bool = False

    def __post_init__(self) -> None:
        self.ended.add_done_callback(lambda _: self.news.set())

    def add(self, stream: object, content: bytes) -> None:
        """It wrote something: to standard error when `stream` is 2."""
        if self.sink is not None:
            self.sink(content)
            return
        kept = self.errors if stream == 2 else self.output
        room = (STREAMED_LIMIT if self.streamed else OUTPUT_LIMIT) - len(kept)
        kept += content[:room]
        self.cut = self.cut or len(content) > room
        self.news.set()
        if self.streamed and not self._held and len(kept) > HOLD:
            self._held = True
            self.order({"hold": True})

    def take(self) -> tuple[bytes, bytes]:
        """What it wrote to standard output and error since the last time."""
        taken = bytes(self.output), bytes(self.errors)
        self.output.clear()
        self.errors.clear()
        if self._held:
            self._held = False
            self.order({"hold": False})
        return taken

    def let_go(self) -> None:
        """Nobody wants to know what it writes any more."""
        self.sink = lambda content: None
        self.take()

    def signal(self, number: int) -> None:
        """Send a signal to it and to what it started, unless it has ended."""
        self.order({"number": number})
