"""Parses cloud-hypervisor's event monitor: one JSON object after the other. Pure.

What comes is the word of a program that its guest may have taken over: it is bounded, and taken for
a hint. How the machine really ended is seen from its process.
"""

from __future__ import annotations

import re

import msgspec

from spectrum_session.vm.errors import VMError

OBJECT_LIMIT = 16 << 10
"""Bytes of an event."""
DEPTH_LIMIT = 32

_MARKS = re.compile(rb'[{}\[\]"\\]')
_SPACE = b" \t\r\n"


class EventError(VMError):
    """Not a stream of events."""


class Event(msgspec.Struct, frozen=True):
    """Something that happened: of `source` "vm" for instance "booted" or "shutdown"."""

    source: str
    event: str

    def __str__(self) -> str:
        shown = f"{self.source} {self.event}"[:80]
        return "".join(c if c.isascii() and c.isprintable() else "?" for c in shown)


_DECODER = msgspec.json.Decoder(Event)


class Parser:
    """Splits a stream into events. Objects of other kinds are left out."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._looked = 0
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> list[Event]:
        """Take data; return the events that it completes, in order.

        Raises EventError when it cannot be JSON objects, or one is too large; then it is of no more
        use.
        """
        self._buffer += data
        found: list[Event] = []
        while (end := self._find_end()) is not None:
            text = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._looked = 0
            try:
                found.append(_DECODER.decode(text))
            except msgspec.ValidationError:
                continue
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise EventError("its event monitor sent something other than JSON") from error
        if len(self._buffer) > OBJECT_LIMIT:
            raise EventError(f"an event is larger than {OBJECT_LIMIT} bytes")
        return found

    def _find_end(self) -> int | None:
        """Where the first object ends. What has been looked at is not looked at again."""
        if not self._depth:
            self._skip_space()
        at = self._looked
        while (mark := _MARKS.search(self._buffer, at)) is not None:
            at, sign = mark.end(), mark[0]
            if sign == b"\\":
                # The next one, whatever it is, means nothing; it may still have to come.
                if at == len(self._buffer):
                    self._looked = at - 1
                    return None
                at += 1
            elif sign == b'"':
                self._in_string = not self._in_string
            elif self._in_string:
                continue
            elif sign in (b"{", b"["):
                self._depth += 1
                if self._depth > DEPTH_LIMIT:
                    raise EventError("an event is nested too deeply")
            else:
                self._depth -= 1
                if not self._depth:
                    return at
        self._looked = len(self._buffer)
        return None

    def _skip_space(self) -> None:
        text = self._buffer.lstrip(_SPACE)
        del self._buffer[: len(self._buffer) - len(text)]
        if text and not text.startswith(b"{"):
            raise EventError("its event monitor sent something other than a JSON object")
