"""One client of a VM: what it sends and what is sent to it, decoded, checked, encoded anew.

Sans-IO: bytes and descriptors go in through `from_client` and `from_compositor`, and stand in
`to_compositor` and `to_client` when those return. Whoever does the IO also owns the time.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from . import rules
from .account import Account
from .codec import HEADER, Malformed, decode, encode
from .holding import Holding
from .jitter import INPUT, retimed
from .model import Knowledge
from .object_table import Objects
from .objects import Object
from .outbox import Outbox
from .policy import Policy
from .presentation import Presentation
from .schema import MAX_MESSAGE, SCHEMA, Message
from .serials import UNKNOWN, Serials
from .verdict import (
    DROP,
    IMPLEMENTATION,
    INVALID_METHOD,
    INVALID_OBJECT,
    Broken,
    Refused,
)

MAX_WAITING_FDS = 128
"""Descriptors that may wait for the message they belong to. libwayland's clients send at most 28
at a time, and the message with them."""

rules.attach(SCHEMA)

_ERROR = SCHEMA["wl_display"].event("error")


class Connection:
    """The two ends of one client's connection and all that is known of it.

    When `ended` is true nothing more may be put in: send `to_client` as far as it goes, then close
    both sides.
    """

    def __init__(self, account: Account, policy: Policy) -> None:
        """`account` is the VM's, shared by its connections."""
        self.account = account
        self.policy = policy
        self.objects = Objects(account)
        self.knowledge = Knowledge()
        self.holding = Holding(account)
        self.serials = Serials(self._serials_in_use)
        self.presentation = Presentation(self)
        self.now = 0
        """When what is put in next came: nanoseconds of CLOCK_MONOTONIC. Whoever does the IO sets
        it."""
        self.to_client = Outbox()
        self.to_compositor = Outbox()
        self.ended = False
        self.error: str | None = None
        """Why the gate ended it; None when it did not."""
        self.commits = 0
        """Surface commits since whoever limits them looked last."""
        self.input_time: float | None = None
        """When input events that arrive now are released (see `jitter`): seconds; None: at once."""
        self.inputs = 0
        """Input events since `input_time` was set."""
        self.broken = False
        """The error is the compositor's side's or ours, not the client's."""
        self._from_client = b""
        self._client_fds: list[int] = []
        self._from_compositor = b""
        self._compositor_fds: list[int] = []

    @property
    def waiting_fds(self) -> int:
        """Descriptors that are held only until their message is complete, or is sent."""
        held = (self._client_fds, self._compositor_fds, self.to_client.fds, self.to_compositor.fds)
        return sum(map(len, held))

    def close(self) -> None:
        """Close all descriptors that are still held and give back what was counted."""
        self.ended = True
        self.objects.clear()
        for held in (self._client_fds, self._compositor_fds):
            for fd in held:
                os.close(fd)
            held.clear()
        self.to_client.close()
        self.to_compositor.close()
        self.holding.close()
        self.knowledge.close(self.account)

    # --- from the client

    def from_client(self, data: bytes, fds: Sequence[int] = ()) -> int:
        """Handle what the client sent; takes the descriptors over. Returns how many messages."""
        self._client_fds += fds
        if self.ended:
            return 0
        count = 0
        try:
            if len(self._client_fds) > MAX_WAITING_FDS:
                raise Refused(None, IMPLEMENTATION, "descriptors that belong to no message")
            count = self._requests(self._from_client + data if self._from_client else data)
        except Refused as refused:
            self._fail(refused)
        return count

    def _requests(self, data: bytes) -> int:
        by_id = self.objects.by_id
        out = self.to_compositor.data
        unpack = HEADER.unpack_from
        end = len(data)
        at = count = 0
        while end - at >= 8:
            number, word = unpack(data, at)
            size = word >> 16
            if size < 8 or size & 3 or size > MAX_MESSAGE:
                raise Refused(None, INVALID_METHOD, f"a message of {size} bytes")
            if end - at < size:
                break
            target = by_id.get(number)
            if target is None or not target.alive:
                raise Refused(None, INVALID_OBJECT, f"there is no object {number}")
            opcode = word & 0xFFFF
            if opcode >= len(target.requests):
                raise Refused(target, INVALID_METHOD, f"{target!r} has no request {opcode}")
            message = target.requests[opcode]
            count += 1
            plain = message.plain
            if plain is not None:
                if size != plain.size:
                    raise Refused(target, INVALID_METHOD, f"{message!r} of {size} bytes")
                out += plain.pack(*plain.unpack_from(data, at))
            else:
                self._request(target, message, data, at, at + size)
            at += size
        self._from_client = data[at:]
        return count

    def _request(self, target: Object, message: Message, data: bytes, at: int, end: int) -> None:
        args: Sequence[Any]
        if message.body is not None:
            if end - at != message.whole.size:  # type: ignore[union-attr]
                raise Refused(target, INVALID_METHOD, f"{message!r} of {end - at} bytes")
            args = message.body.unpack_from(data, at + 8)
        else:
            try:
                args = decode(message, data, at + 8, end)
            except Malformed as problem:
                raise Refused(target, INVALID_METHOD, f"{message!r}: {problem}") from None
        fds: list[int] = []
        if message.serials:
            args = list(args)
            for place in message.serials:
                args[place] = self.serials.to_compositor(args[place])
        given = args
        made: Object | None = None
        if message.refers or message.creates or message.fds:
            given = list(args)
            for place, kind, nullable in message.refers:
                given[place] = self._referred(target, message, given[place], kind, nullable)
            if message.creates is not None:
                made = self._new_object(target, message, args)
                given[message.creates[0]] = made
            if message.fds:
                # Last: from here on they are ours to close.
                fds = self._take_fds(target, message)
                waiting = iter(fds)
                for place, letter in enumerate(message.kinds):
                    if letter == "h":
                        given[place] = next(waiting)
        try:
            verdict = message.rule(self, target, *given) if message.rule is not None else None
            if verdict is DROP:
                for fd in fds:
                    os.close(fd)
                return
            if made is not None:
                self.objects.add(made)
        except OSError as error:
            # A descriptor that cannot do what its kind can do.
            for fd in fds:
                os.close(fd)
            raise Refused(target, IMPLEMENTATION, f"{message!r}: {error.strerror}") from error
        except Refused:
            for fd in fds:
                os.close(fd)
            raise
        if verdict is not None:
            args, fds = self._replaced(message, verdict, fds)
        for place in message.serials:
            if args[place] == UNKNOWN:
                args = [*args[:place], 0, *args[place + 1 :]]
        if fds:
            self.to_compositor.add_fds(fds)
        self.to_compositor.data += encode(message, target.id, args)
        if message.destroys:
            self.objects.died(target)
            if target.state is not None:
                target.state.gone(self)

    def _referred(
        self, target: Object, message: Message, number: int, kind: str | None, nullable: bool
    ) -> Object | None:
        if number == 0:
            if not nullable:
                raise Refused(target, INVALID_OBJECT, f"{message!r} names no object")
            return None
        found = self.objects.by_id.get(number)
        if found is None or not found.alive:
            raise Refused(target, INVALID_OBJECT, f"{message!r} names {number}: there is none")
        if kind is not None and found.interface.name != kind:
            raise Refused(target, INVALID_OBJECT, f"{message!r} names {found!r}: not a {kind}")
        return found

    def _new_object(self, target: Object, message: Message, args: Sequence[Any]) -> Object:
        assert message.creates is not None
        place, kind = message.creates
        version = target.version
        if kind is None:
            # wl_registry.bind: the rule has the last word on interface and version.
            kind = args[place - 2].decode("ascii", "replace")
            version = args[place - 1]
            if kind not in SCHEMA or not 1 <= version <= SCHEMA[kind].version:
                raise Refused(
                    target, INVALID_OBJECT, f"{kind[:80]!r} in version {version} is not offered"
                )
        self.objects.check_client_id(args[place])
        return Object(args[place], SCHEMA[kind], version)

    def _take_fds(self, target: Object, message: Message) -> list[int]:
        if len(self._client_fds) < message.fds:
            raise Refused(target, INVALID_METHOD, f"{message!r} came without its descriptor")
        taken = self._client_fds[: message.fds]
        del self._client_fds[: message.fds]
        return taken

    def _replaced(
        self, message: Message, verdict: Sequence[Any], before: list[int]
    ) -> tuple[Sequence[Any], list[int]]:
        """The arguments that a rule wants instead; descriptors that it replaced are closed."""
        args = [value.id if isinstance(value, Object) else value for value in verdict]
        if not message.fds:
            return args, before
        fds = [value for value, kind in zip(args, message.kinds, strict=True) if kind == "h"]
        for fd in before:
            if fd not in fds:
                os.close(fd)
        return args, fds

    # --- from the compositor

    def from_compositor(self, data: bytes, fds: Sequence[int] = ()) -> int:
        """Handle what the compositor sent; takes the descriptors over. Returns the messages."""
        self._compositor_fds += fds
        if self.ended:
            return 0
        try:
            return self._events(self._from_compositor + data if self._from_compositor else data)
        except (Broken, Malformed, struct.error, LookupError) as problem:
            self.broken = True
            self._fail(Refused(None, IMPLEMENTATION, f"the gate cannot follow: {problem}"))
        except Refused as refused:
            # What the compositor makes counts too.
            self._fail(refused)
        return 0

    def _events(self, data: bytes) -> int:
        by_id = self.objects.by_id
        out = self.to_client.data
        unpack = HEADER.unpack_from
        end = len(data)
        delays = self.input_time is not None
        at = count = 0
        while end - at >= 8:
            number, word = unpack(data, at)
            size = word >> 16
            if size < 8:
                raise Broken(f"an event of {size} bytes")
            if end - at < size:
                break
            target = by_id.get(number)
            if target is None:
                raise Broken(f"an event for object {number}, which there is not")
            message = target.events[word & 0xFFFF]
            count += 1
            plain = message.plain
            if plain is not None and not (delays and message.interface in INPUT):
                if size != plain.size:
                    raise Broken(f"{message!r} of {size} bytes")
                out += plain.pack(*plain.unpack_from(data, at))
            else:
                self._event(target, message, data, at + 8, at + size)
            at += size
        self._from_compositor = data[at:]
        return count

    def _event(self, target: Object, message: Message, data: bytes, at: int, end: int) -> None:
        args: Sequence[Any] = decode(message, data, at, end)
        fds: list[int] = []
        if message.fds:
            if len(self._compositor_fds) < message.fds:
                raise Broken(f"{message!r} came without its descriptor")
            fds = self._compositor_fds[: message.fds]
            del self._compositor_fds[: message.fds]
        given = args
        if message.rule is not None or message.creates is not None:
            given = list(args)
            for place, _, _ in message.refers:
                given[place] = self.objects.by_id.get(given[place])
            if message.creates is not None:
                place, kind = message.creates
                assert kind is not None
                made = Object(args[place], SCHEMA[kind], target.version)
                given[place] = self.objects.add_from_server(made)
        verdict = message.rule(self, target, *given) if message.rule is not None else None
        if verdict is DROP:
            for fd in fds:
                os.close(fd)
            return
        if verdict is not None:
            args = [value.id if isinstance(value, Object) else value for value in verdict]
        if self.input_time is not None and message.interface in INPUT:
            self.inputs += 1
            args = retimed(message, args, self.input_time)
        if message.serials:
            args = list(args)
            for place in message.serials:
                args[place] = self.serials.to_client(args[place])
        if fds:
            self.to_client.add_fds(fds)
        self.to_client.data += encode(message, target.id, args)

    def describe(self) -> list[dict[str, Any]]:
        """What is known of its objects, in plain values; those of which nothing is known are left
        out."""
        found = []
        for one in self.objects:
            known = one.state.describe() if one.state is not None else None
            if known:
                found.append({"id": one.id, "interface": one.interface.name, **known})
        return found

    def _serials_in_use(self) -> Iterator[int]:
        """Serials of the compositor's that a rule may let the client name."""
        yield from self.knowledge.serials
        yield from self.knowledge.last_serials.values()
        for one in self.objects:
            if one.state is not None:
                yield from one.state.serials()

    # --- messages of the gate's own (see `context`)

    def send_event(self, event: Message, object_id: int, *args: Any) -> None:
        self.to_client.data += encode(event, object_id, args)

    def send_request(self, request: Message, object_id: int, *args: Any) -> None:
        self.to_compositor.data += encode(request, object_id, args)

    def expect_descriptor(self) -> None:
        self.to_compositor.add_answered()

    # --- the end

    def _fail(self, refused: Refused) -> None:
        """End the connection with an error that the client is told."""
        self.ended = True
        self.error = refused.text
        target = refused.target or self.objects.display
        text = refused.text.encode()[:1000]
        self.to_client.data += encode(_ERROR, 1, (target.id, refused.code, text))
