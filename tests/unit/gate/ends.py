"""Both ends of a gate's connection, for tests of rules: requests and events by name."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from spectrum_session.gate.account import Account
from spectrum_session.gate.codec import HEADER, decode, encode
from spectrum_session.gate.connection import Connection
from spectrum_session.gate.limits import Limits
from spectrum_session.gate.objects import Object
from spectrum_session.gate.policy import Policy
from spectrum_session.gate.schema import SCHEMA, Message

FORGED = 0xFEDCBA98
"""What the client names when it was never given the serial."""


class Refusal(AssertionError):
    """The gate ended the connection."""

    def __init__(self, object_id: int, code: int, text: str) -> None:
        super().__init__(text)
        self.object_id = object_id
        self.code = code
        self.text = text


class Ends:
    """A client and a compositor with the gate between them. Ids are given out as libwayland does:
    the client's from 2 up, the compositor's from 0xff000000 up.

    Serials are the compositor's, also in `ask` and `received`: the client's own are translated.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        limits: Limits | None = None,
        account: Account | None = None,
    ) -> None:
        self.policy = policy or Policy(limits=limits or Limits())
        self.account = account or Account(self.policy.limits)
        self.gate = Connection(self.account, self.policy)
        self.next_id = 2
        self.next_server_id = 0xFF000000
        self._next_name = 1
        self.registry = 0
        self.sent: list[tuple[str, tuple[Any, ...]]] = []
        """What came out at the compositor's end: `interface.request` and arguments."""
        self.received: list[tuple[str, tuple[Any, ...]]] = []
        """What came out at the client's end: `interface.event` and arguments."""
        self.interfaces = {1: "wl_display"}

    def object(self, number: int) -> Object:
        """The gate's own record of an object."""
        return self.gate.objects.by_id[number]

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def ask(self, number: int, request: str, *args: Any, fds: Sequence[int] = ()) -> int:
        """Send a request; a new id is made for `...` among the arguments and returned (else 0).

        Descriptors stand as None among the arguments and in `fds`, which are taken over. Raises
        Refusal when the gate ends the connection for it. What came out is in `sent`.
        """
        message = SCHEMA[self.interfaces[number]].request(request)
        made = 0
        values = list(args)
        if ... in values:
            made = values[values.index(...)] = self.new_id()
            place, kind = message.creates or (0, None)
            self.interfaces[made] = kind or values[place - 2].decode()
        for at in message.serials:
            values[at] = self.named(values[at])
        self.gate.from_client(encode(message, number, values), fds)
        self._drain()
        return made

    def named(self, theirs: int) -> int:
        """The number by which the client knows a serial of the compositor's."""
        return self.gate.serials._ours.get(theirs, FORGED if theirs else 0)

    def tell(self, number: int, event: str, *args: Any, fds: Sequence[int] = ()) -> int:
        """Send an event from the compositor, likewise. What came out is in `received`."""
        message = self._event_of(number, event)
        made = 0
        values = list(args)
        if ... in values:
            made = values[values.index(...)] = self.next_server_id
            self.next_server_id += 1
            assert message.creates is not None and message.creates[1] is not None
            self.interfaces[made] = message.creates[1]
        self.gate.from_compositor(encode(message, number, values), fds)
        self._drain()
        return made

    def _event_of(self, number: int, event: str) -> Message:
        """An event of an object; of presentation feedback the compositor has a callback instead."""
        target = self.gate.objects.by_id.get(number)
        events = target.events if target is not None else ()
        found = (message for message in events if message.name == event)
        return next(found, None) or SCHEMA[self.interfaces[number]].event(event)

    def bind(self, interface: str, version: int | None = None) -> int:
        """Announce a global in the newest version that the gate knows and bind it."""
        if not self.registry:
            self.registry = self.ask(1, "get_registry", ...)
        name = self._next_name
        self._next_name += 1
        newest = SCHEMA[interface].version
        self.tell(self.registry, "global", name, interface.encode(), newest)
        return self.ask(self.registry, "bind", name, interface.encode(), version or newest, ...)

    def delete(self, number: int) -> None:
        """The compositor frees an id."""
        self.tell(1, "delete_id", number)

    def last(self) -> tuple[str, tuple[Any, ...]]:
        """The last request that the compositor got."""
        return self.sent[-1]

    def came(self, message: bytes, *, events: bool) -> None:
        """Called with every message that comes out, its serials the compositor's."""

    def _drain(self) -> None:
        self._read(self.gate.to_compositor.data, self.sent, events=False)
        self._read(self.gate.to_client.data, self.received, events=True)
        if self.gate.ended:
            name, args = self.received[-1]
            assert name == "wl_display.error"
            raise Refusal(args[0], args[1], args[2].decode())

    def _read(
        self, data: bytearray, into: list[tuple[str, tuple[Any, ...]]], *, events: bool
    ) -> None:
        raw = bytes(data)
        data.clear()
        at = 0
        while at < len(raw):
            number, word = HEADER.unpack_from(raw, at)
            interface = SCHEMA[self.interfaces[number]]
            message = (interface.events if events else interface.requests)[word & 0xFFFF]
            values = decode(message, raw, at + 8, at + (word >> 16))
            if not message.fds:
                assert encode(message, number, values) == raw[at : at + (word >> 16)]
            if events:
                for place in message.serials:
                    values[place] = self.gate.serials.to_compositor(values[place])
            self.came(encode(message, number, values), events=events)
            into.append((repr(message), tuple(values)))
            at += word >> 16


def header(number: int, opcode: int, size: int) -> bytes:
    """The header of a message of any kind, right or wrong."""
    return struct.pack("=IHH", number, opcode, size)
