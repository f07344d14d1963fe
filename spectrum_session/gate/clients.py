"""A VM's clients: their bytes from socket to `Connection` and on, their errors and their end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence

from .account import Account
from .connection import Connection
from .descriptors import Descriptors
from .hangup import RETRY_S
from .jitter import DelayLine
from .link import Ended, Link, Passing, receive
from .policy import Policy
from .rates import Rates
from .refusals import Refusals
from .watcher import IN, OUT, Watcher

REFUSED_S = 10.0
"""How long the kernel may refuse to send or receive for one client, until that is disconnected."""
LOOK_S = 0.25
"""Between two looks, while clients send, at the memory that their files take."""
SECOND = 1_000_000_000


class Clients:
    """The links of one VM."""

    def __init__(
        self, account: Account, policy: Policy, refusals: Refusals, watcher: Watcher
    ) -> None:
        self.account = account
        self.policy = policy
        self.rates = Rates(policy.limits)
        self._refusals = refusals
        self._watcher = watcher
        self._descriptors = Descriptors(account, refusals)
        self._links: dict[int, Link] = {}
        self._timed: dict[int, Link] = {}
        """By number, links with something to do at a certain time (`Link.next`)."""
        self._closing: list[Link | socket.socket] = []
        """Sockets to close after this batch of events (see `Watcher.forget`)."""
        self._last = 0
        self._look_at = 0.0

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links.values())

    # --- coming and going

    def add(self, client: socket.socket) -> Link:
        """A client connected. Takes its socket over; nothing is read from it yet. Raises Refused
        when the VM has too many."""
        self.account.take("connections")
        self._last += 1
        link = Link(self._last, client, Connection(self.account, self.policy))
        self._links[link.number] = link
        self._watcher.watch(
            client.fileno(), 0, lambda events: self._from_client(link, events)
        )
        return link

    def connected(self, number: int, pid: int, compositor: socket.socket | None) -> None:
        """The session connected a client to the compositor, or, without a socket, did not."""
        link = self._links.get(number)
        if link is None or compositor is None:
            if compositor is not None:
                compositor.close()
            if link is not None:
                self._end(link)
            return
        compositor.setblocking(False)
        link.compositor = compositor
        link.pid = pid
        self._watcher.watch(
            compositor.fileno(), IN, lambda events: self._from_compositor(link, events)
        )
        self._update(link)

    def _finish(self, link: Link) -> None:
        """The connection ended by an error, the gate's or the compositor's: only the events before
        it are still to be sent."""
        connection = link.connection
        link.finished = link.deaf = True
        if connection.error is not None:
            kind = "broken" if connection.broken else "protocol"
            if connection.error.startswith("limit "):
                kind = connection.error.split(":")[0].removeprefix("limit ")
            self._refusals.add(kind, connection.error)
        if link.compositor is not None:
            self._watcher.forget(link.compositor.fileno())
            self._closing.append(link.compositor)
            link.compositor = None

    def _end(self, link: Link) -> None:
        if self._links.pop(link.number, None) is None:
            return
        self._watcher.forget(link.client.fileno())
        if link.compositor is not None:
            self._watcher.forget(link.compositor.fileno())
        self._timed.pop(link.number, None)
        self._descriptors.forget(link)
        self._closing.append(link)
        self.account.give("connections")

    def close_ended(self) -> None:
        """Close the sockets of links that ended. To be called after each batch of events."""
        for ended in self._closing:
            if isinstance(ended, socket.socket):
                self._descriptors.close_compositor(ended)
                continue
            ended.connection.close()
            self._descriptors.close(ended)
        self._closing.clear()

    # --- bytes

    def _from_client(self, link: Link, events: int) -> None:
        connection = link.connection
        fds: Sequence[int] = ()
        try:
            if events & ~OUT:
                if link.compositor is None or connection.ended:
                    # Reading is off, so this is a hang-up.
                    self._end(link)
                    return
                data, fds = receive(link.client)
                if data:
                    connection.now = time.monotonic_ns()
                    self._spend(connection, connection.from_client(data, fds))
                    if connection.presentation.next is not None:
                        self._timed[link.number] = link
        except Ended:
            self._end(link)
            return
        except Passing as problem:
            self._rest(link, "receive from", problem)
            return
        self._flush(link)
        if fds:
            self._disconnect(self._descriptors.too_many(self))

    def _from_compositor(self, link: Link, events: int) -> None:
        connection = link.connection
        assert link.compositor is not None
        fds: Sequence[int] = ()
        if events & ~OUT:
            try:
                data, fds = receive(link.compositor)
            except Ended:
                # Its last events, an error perhaps, still have to reach the client.
                connection.ended = True
            except Passing as problem:
                self._rest(link, "receive for", problem)
                return
            else:
                connection.now = time.monotonic_ns()
                if data and (self.policy.events_max_delay_ms or link.delays):
                    self._delay(link, data, fds)
                elif data:
                    connection.from_compositor(data, fds)
        self._flush(link)
        if fds:
            self._disconnect(self._descriptors.too_many(self))

    def _delay(self, link: Link, data: bytes, fds: Sequence[int]) -> None:
        """Handle bytes of the compositor's; the client waits for them when they hold input, or when
        it waits for earlier ones."""
        now = time.monotonic()
        connection, box = link.connection, link.connection.to_client.data
        if link.delayed is None:
            link.delayed = DelayLine()
        before = len(box)
        connection.inputs = 0
        connection.to_client.ahead = link.delayed.size
        moment = link.delayed.moment(now, self.policy.events_max_delay_ms / 1000)
        connection.input_time = moment
        connection.from_compositor(data, fds)
        if connection.inputs or link.delays:
            link.delayed.put(bytes(box[before:]), moment if connection.inputs else now)
            self._timed[link.number] = link
            del box[before:]
        connection.to_client.ahead = 0
        connection.input_time = None

    def _flush(self, link: Link) -> None:
        """Send as much as possible to both ends, then wait for the rest."""
        connection = link.connection
        if connection.ended and not link.finished:
            self._finish(link)
        if link.rests_until:
            self._update(link)
            return
        if connection.to_compositor.data and link.compositor is not None:
            try:
                self._descriptors.send_to_compositor(link)
            except Ended:
                # The reason for the hang-up is still to be read.
                link.deaf = True
                connection.to_compositor.close()
            except Passing as problem:
                self._rest(link, "send for", problem)
                return
        if connection.to_client.data:
            try:
                sent = self._descriptors.send_to_client(link)
            except Ended:
                self._end(link)
                return
            except Passing as problem:
                self._rest(link, "send to", problem)
                return
            if not sent and self._too_much_waits():
                fullest = max(self, key=lambda one: one.queued)
                self._end(fullest)
                if fullest is link:
                    return
        if connection.ended and not connection.to_client.data:
            self._end(link)
            return
        link.refused_since = None
        self._descriptors.note(link, time.monotonic())
        self._update(link)

    def _update(self, link: Link) -> None:
        """Watch for exactly the events that can be handled now."""
        to_client, to_compositor = link.connection.to_client, link.connection.to_compositor
        rests = bool(link.rests_until)
        mask = OUT if to_client.data and not (to_client.held or rests) else 0
        if link.compositor is not None:
            if not (self.rates.paused_until or link.full or link.deaf or rests):
                mask |= IN
            sends = to_compositor.data and not to_compositor.held
            theirs = 0 if rests else IN | (OUT if sends else 0)
            self._watcher.set_mask(link.compositor.fileno(), theirs)
        self._watcher.set_mask(link.client.fileno(), mask)

    def update_all(self) -> None:
        """Policy or a pause changed."""
        for link in self:
            self._update(link)

    # --- time

    def next(self) -> float | None:
        """When `on_time` is to be called though nothing arrives: seconds; None for never."""
        due = [self.rates.paused_until] if self.rates.paused_until else []
        due += [moment for link in self._timed.values() if (moment := link.next) is not None]
        if (look := self._descriptors.next) is not None:
            due.append(look)
        return min(due) if due else None

    def on_time(self, now: float) -> None:
        """Do what is due."""
        if self.rates.resumes(now):
            self.update_all()
        for link in list(self._timed.values()):
            if link.number in self._timed:
                self._on_time(link, now)
        due = self._descriptors.due(now)
        for link in due:
            if link.number in self._links:
                self._flush(link)
        if due:
            self._disconnect(self._descriptors.unread(self, now))

    def _on_time(self, link: Link, now: float) -> None:
        connection = link.connection
        if link.next is None:
            del self._timed[link.number]
            return
        rested = bool(link.rests_until) and now >= link.rests_until
        if rested:
            link.rests_until = 0.0
        box = connection.to_client.data
        before = len(box)
        if not link.finished:
            if link.delayed is not None:
                box += link.delayed.take(now)
            connection.presentation.answer(time.monotonic_ns())
        if rested or len(box) > before:
            self._flush(link)

    # --- limits and errors

    def _spend(self, connection: Connection, messages: int) -> None:
        """Count messages against the VM's rates, and pause reading from all its clients when one is
        exceeded."""
        now = connection.now / SECOND
        if now >= self._look_at:
            # Clients write to their buffers, and the compositor reads holes, without a message.
            self.account.buffers.look_at_all()
            self._look_at = now + LOOK_S
        commits, connection.commits = connection.commits, 0
        exceeded = self.rates.spend(messages, commits, now)
        if exceeded is not None:
            self._refusals.add(
                exceeded, f"limit {exceeded}: rate limit reached; reading paused"
            )
            self.update_all()

    def _too_much_waits(self) -> bool:
        """Is more waiting for clients that do not read, all together, than the VM may have?"""
        account = self.account
        waiting = self.count_queued()
        account.most["queued_bytes"] = max(account.most["queued_bytes"], waiting)
        if waiting <= self.policy.limits.queued_bytes:
            return False
        account.refused["queued_bytes"] = account.refused.get("queued_bytes", 0) + 1
        self._refusals.add(
            "queued-bytes", "limit queued-bytes: disconnected a client that does not read"
        )
        return True

    def count_queued(self) -> int:
        """Bytes that wait for all clients; also noted in the account."""
        waiting = self.account.used["queued_bytes"] = sum(link.queued for link in self)
        return waiting

    def _disconnect(self, link: Link | None) -> None:
        if link is not None:
            self._end(link)

    def _rest(self, link: Link, doing: str, problem: Passing) -> None:
        """The kernel refused: try again a little later, for REFUSED_S at most."""
        now = time.monotonic()
        if link.refused_since is None:
            link.refused_since = now
        self._refusals.add("kernel", f"cannot {doing} a client, trying again: {problem}")
        if now >= link.refused_since + REFUSED_S:
            self._refusals.add(
                "kernel",
                f"cannot {doing} a client for {REFUSED_S:.0f} s, disconnected it: {problem}",
            )
            self._end(link)
            return
        link.rests_until = now + RETRY_S
        self._timed[link.number] = link
        self._update(link)
