"""A program in a guest, as the guest's agent reports it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

OUTPUT_LIMIT = 512 << 10
"""Bytes of a program's standard output, and of its standard error, that are kept."""
WINDOW = 256 << 10
"""Where they are taken as they come: bytes of both that the guest may send before any are taken;
until then the program waits."""
STREAMED_LIMIT = WINDOW + (64 << 10)
"""Bytes of either that are kept there: the guest's agent passes its window by what it read last."""

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

    def __post_init__(self) -> None:
        self.ended.add_done_callback(lambda _: self.news.set())

    def add(self, stream: object, content: bytes) -> None:
        """It wrote something: to standard error when `stream` is 2."""
        if self.sink is not None:
            self.sink(content)
            self._took(len(content))
            return
        kept = self.errors if stream == 2 else self.output
        room = (STREAMED_LIMIT if self.streamed else OUTPUT_LIMIT) - len(kept)
        kept += content[:room]
        self.cut = self.cut or len(content) > room
        self.news.set()

    def take(self) -> tuple[bytes, bytes]:
        """What it wrote to standard output and error since the last time."""
        taken = bytes(self.output), bytes(self.errors)
        self.output.clear()
        self.errors.clear()
        self._took(sum(map(len, taken)))
        return taken

    def _took(self, count: int) -> None:
        """So many bytes more may come."""
        if self.streamed and count:
            self.order({"credit": count})

    def let_go(self) -> None:
        """Discard its output from now on."""
        self.sink = lambda content: None
        self.take()

    def signal(self, number: int) -> None:
        """Send a signal to it and to what it started, unless it has ended."""
        self.order({"number": number})
