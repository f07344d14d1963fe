"""Plays both ends of a gate's connection: a client that sends anything, a compositor that keeps to
the protocol. What comes out is checked after every step, by a second gate among others."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from spectrum_session.gate.account import Account
from spectrum_session.gate.codec import HEADER, decode, encode
from spectrum_session.gate.connection import Connection
from spectrum_session.gate.limits import Limits
from spectrum_session.gate.objects import FIRST_SERVER_ID, Object
from spectrum_session.gate.policy import INTERFACES, PERMISSIONS, Policy
from spectrum_session.gate.schema import SCHEMA, Message
from tests.wire.nonsense import ONCE

from . import values
from .descriptors import Descriptors
from .records import records
from .source import Source
from .untranslated import Untranslated

LIMITS = Limits(
    toplevels=4, surfaces=24, buffers=24, shm_bytes=1 << 20, objects=200, fds=24, connections=4
)
"""So low that they are met."""
COMPOSITOR_ENDS = {("wl_callback", "done"), ("wp_presentation_feedback", "done")}
"""Events after which the compositor has forgotten the object."""


RAW = 64
"""One in so many times, bytes of any kind come instead of a message."""
RARELY = 5
"""One in so many of the requests that are made once, or undo much, is sent."""


class Harm(AssertionError):
    """The gate let something through, lost something, or stumbled."""


class Player:
    """One connection. `step` plays one message or a few; `close` ends it and looks what is left."""

    def __init__(
        self,
        source: Source,
        descriptors: Descriptors,
        *,
        policy: Policy | None = None,
        mirrored: bool = True,
        translated: bool = True,
    ) -> None:
        """`mirrored`: what comes out goes through a second gate, which has to let it pass as it
        is, since the first has checked it. `translated`: the client has serials of its own."""
        self.source = source
        self.descriptors = descriptors
        self.policy = policy or Policy(frozenset(PERMISSIONS), LIMITS)
        self.account = Account(self.policy.limits)
        self.gate = Connection(self.account, self.policy)
        self.mirror = Connection(Account(self.policy.limits), self.policy) if mirrored else None
        if self.mirror is not None:
            self.mirror.serials = Untranslated()
        if not translated:
            self.gate.serials = Untranslated()
        self.next_id = 2
        self.free: list[int] = []
        self.next_server_id = FIRST_SERVER_ID
        self.next_serial = 100
        self.serials: list[int] = []
        """Those of events."""
        self.bound: dict[str, int] = {}
        """Globals' objects by interface."""
        self.sent = bytearray()
        """All that the client has sent."""
        self.sent_fds: list[tuple[int, int]] = []
        """Where in `sent` a message with a descriptor starts, and which kind it is."""
        self.greeting = 0
        """Bytes of `sent` until the client waits for the globals."""
        self.liar = False
        """The compositor does not keep to the protocol either."""

    # --- the beginning that every client has

    def introduce(self, offered: Iterable[tuple[int, str, int]] | None = None) -> None:
        """A registry, and one object of each global that is offered: by default of all that there
        may be, in the newest version."""
        registry = self.request_of(1, "get_registry")
        self.request_of(1, "sync")
        self.greeting = len(self.sent)
        kind = SCHEMA["wl_registry"]
        announce, bind = kind.event("global"), kind.request("bind")
        announced, bound = bytearray(), bytearray()
        if offered is None:
            offered = [
                (name, interface, SCHEMA[interface].version)
                for name, interface in enumerate(sorted(INTERFACES), 1)
            ]
        for name, interface, version in offered:
            announced += encode(announce, registry, (name, interface.encode(), version))
            if self.policy.grants(interface):
                made = self.bound[interface] = self.new_id()
                bound += encode(bind, registry, (name, interface.encode(), version, made))
        self.compositor_sends(bytes(announced))
        self.client_sends(bytes(bound))

    def request_of(self, number: int, request: str, *args: Any, kind: int | None = None) -> int:
        """A request by name, without the new id, which is put where it belongs and returned.
        `kind`: of the descriptor, which stands as None among the arguments."""
        message = self.gate.objects.by_id[number].interface.request(request)
        given = list(args)
        made = 0
        if message.creates is not None:
            made = self.new_id()
            given.insert(message.creates[0], made)
        self.client_sends(encode(message, number, given), *(() if kind is None else (kind,)))
        return made

    def event_of(self, number: int, event: str, *args: Any) -> None:
        """An event by name."""
        message = self.gate.objects.by_id[number].interface.event(event)
        self.compositor_sends(encode(message, number, args))

    def new_id(self) -> int:
        """An id as libwayland gives them out."""
        if self.free:
            return self.free.pop()
        self.next_id += 1
        return self.next_id - 1

    # --- a step

    def step(self) -> None:
        """Play something, and check what became of it."""
        what = self.source.below(16)
        if what < 10:
            self.any_request()
        elif what < 13:
            self.any_event()
        elif what < 15:
            self.free_ids()
        elif self.source.below(RAW) == 0:
            self.client_sends(self.source.take(self.source.below(64)))

    def any_request(self) -> None:
        """A request of an object that there is."""
        source = self.source
        objects = self.gate.objects
        numbers = [number for number, one in objects.by_id.items() if one.alive]
        # What was made last is what most is done with.
        back = source.below(min(len(numbers), 12 if source.below(2) else len(numbers)))
        target = objects.by_id[numbers[-1 - back]]
        if not target.requests:
            return
        message = target.requests[source.below(len(target.requests))]
        if message.destroys and source.below(RARELY):
            return
        if message.name == "bind" and source.below(RARELY):
            self._bind_again(target)
        elif message.name not in ONCE or not source.below(RARELY):
            self.request(target, message)

    def _bind_again(self, registry: Object) -> None:
        known = sorted(self.gate.knowledge.globals.items())
        if known:
            name, (interface, version) = known[self.source.below(len(known))]
            self.request_of(registry.id, "bind", name, interface.encode(), version)

    def request(self, target: Object, message: Message) -> None:
        """This request, with arguments of any kind."""
        source = self.source
        args: list[Any] = []
        fd: int | None = None
        for place, kind in enumerate(message.kinds):
            if kind == "h":
                fd = source.below(len(self.descriptors.kinds))
                args.append(None)
            elif kind == "n":
                args.append(0)
            elif kind == "o":
                number = self._object(message, place)
                if number is None:
                    return
                args.append(number)
            elif kind == "a":
                args.append(source.take(source.below(32)))
            else:
                args.append(self._plain(message, place, kind))
        if message.creates is not None:
            args[message.creates[0]] = self._id_for_new()
        data = encode(message, target.id, args)
        start = source.below(200)
        if start == 1:
            # One word of it is anything.
            at = 4 * source.below(len(data) // 4)
            data = data[:at] + source.take(4).ljust(4, b"\xff") + data[at + 4 :]
        elif start == 2:
            fd = source.below(len(self.descriptors.kinds)) if fd is None else None
        self.client_sends(data, *(() if fd is None else (fd,)))

    def _id_for_new(self) -> int:
        if self.source.below(400) == 1:
            return int.from_bytes(self.source.take(4), "little")
        return self.new_id()

    def _object(self, message: Message, place: int) -> int | None:
        """An object for an argument; None when there is none that fits."""
        source = self.source
        kind, nullable = next((k, n) for p, k, n in message.refers if p == place)
        rare = source.below(60)
        by_id = self.gate.objects.by_id
        if rare == 1:
            numbers = list(by_id)
            return numbers[source.below(len(numbers))]
        if rare == 2:
            return int.from_bytes(source.take(4), "little")
        fitting = [n for n, one in by_id.items() if one.alive and one.interface.name == kind]
        if nullable and (not fitting or source.below(4) == 0):
            return 0
        if not fitting:
            return None
        return fitting[-1 - source.below(len(fitting))]

    def _plain(self, message: Message, place: int, kind: str) -> Any:
        source = self.source
        if kind in ("s", "?s"):
            if kind == "?s" and source.below(3) == 0:
                return None
            return values.text(source)
        if kind == "f":
            return values.fixed(source)
        number = values.integer(source, message, place, self.serials)
        return number if kind == "i" else number & 0xFFFFFFFF

    def any_event(self) -> None:
        """An event that a compositor might send."""
        source = self.source
        by_id = self.gate.objects.by_id
        numbers = [number for number, one in by_id.items() if one.events and number != 1]
        if not numbers:
            return
        back = source.below(min(len(numbers), 12 if source.below(2) else len(numbers)))
        target = by_id[numbers[-1 - back]]
        message = target.events[source.below(len(target.events))]
        if target.interface.name == "wl_registry" or message.since > target.version:
            return
        self.event(target, message)

    def event(self, target: Object, message: Message) -> None:
        """This event, with arguments as a compositor gives them."""
        source = self.source
        by_id = self.gate.objects.by_id
        args: list[Any] = []
        fd: int | None = None
        for place, kind in enumerate(message.kinds):
            if kind == "h":
                fd = 0
                args.append(None)
            elif kind == "n":
                args.append(self.next_server_id)
                self.next_server_id += 1
            elif kind == "o":
                wanted, nullable = next((k, n) for p, k, n in message.refers if p == place)
                fitting = [
                    number
                    for number, one in by_id.items()
                    if one.alive and one.interface.name == wanted
                ]
                if not fitting and not nullable:
                    return
                args.append(fitting[-1 - source.below(len(fitting))] if fitting else 0)
            elif kind == "a":
                args.append(source.take(4 * source.below(5)))
            elif kind == "u" and place == 0:
                # Mostly a serial, and where it is something else it does no harm.
                self.next_serial += 1
                self.serials = [*self.serials[-7:], self.gate.serials.to_client(self.next_serial)]
                args.append(self.next_serial)
            else:
                args.append(self._plain(message, place, kind))
        self.compositor_sends(encode(message, target.id, args), *(() if fd is None else (fd,)))
        name = (target.interface.name, message.name)
        if name in COMPOSITOR_ENDS and target.id < FIRST_SERVER_ID and not self.gate.ended:
            self.delete(target.id)

    def free_ids(self) -> None:
        """The compositor has heard of what the client destroyed: not of what the gate puts off,
        so what came out counts, which the mirror has seen."""
        heard = self.gate if self.mirror is None else self.mirror
        for number, one in list(heard.objects.by_id.items()):
            if not one.alive and number < FIRST_SERVER_ID and not self.gate.ended:
                self.delete(number)

    def delete(self, number: int) -> None:
        """wl_display.delete_id."""
        self.event_of(1, "delete_id", number)
        self.gate.presentation.answer(1 << 64)
        if number not in self.gate.objects.by_id:
            self.free.append(number)

    # --- bytes

    def client_sends(self, data: bytes, *kinds: int) -> None:
        """These bytes go in at the client's end, with descriptors of these kinds."""
        self.sent_fds += [(len(self.sent), kind) for kind in kinds]
        self.sent += data
        self.gate.from_client(data, [self.descriptors.open(kind) for kind in kinds])
        self._check()

    def compositor_sends(self, data: bytes, *kinds: int) -> None:
        """These bytes go in at the compositor's end."""
        if self.mirror is not None:
            self.mirror.from_compositor(data, [self.descriptors.open(kind) for kind in kinds])
        self.gate.from_compositor(data, [self.descriptors.open(kind) for kind in kinds])
        if self.gate.broken and not self.liar:
            raise Harm(f"it cannot follow its own compositor: {self.gate.error}")
        self._check()

    def replay(self, record: bytes) -> None:
        """Play a record, as `tests.fuzz.record` makes them, or what a fuzzer made of it: then what
        the compositor says may be wrong, which has to end in order."""
        self.liar = True
        for is_event, data, kinds in records(record):
            if self.over:
                return
            fitting = [kind % len(self.descriptors.kinds) for kind in kinds]
            (self.compositor_sends if is_event else self.client_sends)(data, *fitting)

    def _check(self) -> None:
        gate = self.gate
        out, fds = bytes(gate.to_compositor.data), list(gate.to_compositor.fds)
        gate.to_compositor.data.clear()
        gate.to_compositor.fds.clear()
        if self.mirror is None:
            for fd in fds:
                os.close(fd)
        else:
            self._reflect(self.mirror, out, fds)
        self._check_events(bytes(gate.to_client.data))
        gate.to_client.close()
        for name, used in self.account.used.items():
            if not 0 <= used <= self.account.allowed(name):
                raise Harm(f"{name}: {used} are counted")

    def _reflect(self, mirror: Connection, out: bytes, fds: list[int]) -> None:
        """What was checked once is right, and stays as it is when it is checked again."""
        mirror.from_client(out, fds)
        again = bytes(mirror.to_compositor.data)
        mirror.to_compositor.close()
        if self.liar and (self.gate.broken or mirror.broken):
            return
        if mirror.ended and not (self.gate.ended and not out):
            raise Harm(f"it let through what it refuses: {mirror.error}")
        if again != out:
            raise Harm(f"{out.hex()} went out, {again.hex()} had been right")
        mirror.to_client.close()

    def _check_events(self, data: bytes) -> None:
        """What the client gets are whole messages, and an error when it is over."""
        at = 0
        last = None
        while at < len(data):
            number, word = HEADER.unpack_from(data, at)
            target = self.gate.objects.by_id.get(number)
            if target is not None:
                last = target.interface.events[word & 0xFFFF]
                decode(last, data, at + 8, at + (word >> 16))
            at += word >> 16
        if at != len(data):
            raise Harm("half an event went out")
        if self.gate.ended and data and repr(last) != "wl_display.error":
            raise Harm("it ended without an error")

    def forgive(self) -> None:
        """Go on as if what ended the connection had not been sent: for making long streams, which
        end at the same place when they are played to another gate."""
        self.gate.ended = False
        self.gate.error = None

    @property
    def over(self) -> bool:
        """The connection has ended."""
        return self.gate.ended

    def close(self) -> None:
        """Hang up. Raises Harm when something is left behind."""
        self.gate.close()
        if self.mirror is not None:
            self.mirror.close()
        for name, used in self.account.used.items():
            if used:
                raise Harm(f"{name}: {used} are counted though everything is gone")
