"""The gate's process: accepts a VM's clients, asks the session for a connection for each, and
carries bytes and descriptors between the two. All IO and all time are here."""

from __future__ import annotations

import contextlib
import gc
import json
import select
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from . import confine
from .account import Account
from .connection import Connection
from .control import MESSAGE, Control, HungUp
from .flight import TO_CLIENTS, TO_COMPOSITOR, Flight
from .hangup import RETRY_S
from .held import UNREAD_S, Held
from .jitter import DelayLine
from .limits import Bucket
from .link import Ended, Link, Passing, receive, send
from .policy import Policy
from .refusals import Refusals
from .verdict import Refused

_IN = select.EPOLLIN
_OUT = select.EPOLLOUT

NO_DESCRIPTOR_S = 0.1
"""How long nobody is accepted when there is no descriptor for one more."""
UNANSWERED = 4
"""Clients for which the session has been asked for a connection and has not answered yet; more are
not accepted. Each is a descriptor in flight to the session."""
REFUSED_S = 10.0
"""How long the kernel may refuse to send or receive for one client, until that is disconnected."""
LOOK_S = 0.25
"""How often it is looked, while clients send, how much memory their files take."""
OWN_DESCRIPTORS = 64
"""That the gate needs for itself."""
ANSWER = 96 << 10
"""Bytes of an answer: the rest of a longer one is left out, and it says so."""


_NONE = Flight(0)


class Gate:
    """Serves one VM until the session hangs up."""

    def __init__(
        self,
        listener: socket.socket,
        control: socket.socket,
        policy: Policy,
        alive: Callable[[float], None] = lambda now: None,
    ) -> None:
        """Takes both sockets over. `alive` is called at each turn of the loop, with its time."""
        self.policy = policy
        self.account = Account(policy.limits)
        self._listener = listener
        self._control = Control(control)
        self._links: dict[int, Link] = {}
        self._closing: list[Link | socket.socket] = []
        """What is to be closed when all events that came together are handled: until then nobody
        else may get its descriptors' numbers, which another of them may be for."""
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._masks: dict[int, int] = {}
        self._presenting: dict[int, Link] = {}
        """By number, clients that are to be told what was shown."""
        self._delayed: dict[int, Link] = {}
        """For whom something waits for its time."""
        self._to_clients = Flight(TO_CLIENTS)
        self._to_compositor = Flight(TO_COMPOSITOR)
        self._held = Held()
        self._resting: dict[int, Link] = {}
        self._unanswered = 0
        self._next = 1
        self._messages = self._bucket("messages_per_second")
        self._commits = self._bucket("commits_per_second")
        self._paused_until = 0.0
        self._deaf_until = 0.0
        self._stalls = 0
        self._look_at = 0.0
        self._refusals = Refusals()
        self._alive = alive
        for one in (listener, control):
            one.setblocking(False)
        self._watch(listener.fileno(), _IN, self._accept)
        self._watch(control.fileno(), _IN, self._told)

    def run(self) -> None:
        """Serve until the session hangs up."""
        poll = self._epoll.poll
        handlers = self._handlers
        with contextlib.suppress(HungUp):
            while True:
                for fd, events in poll(self._patience()):
                    handler = handlers.get(fd)
                    if handler is not None:
                        handler(events)
                if self._closing:
                    self._close_ended()
                self._on_time()

    def ready(self, features: list[str]) -> None:
        """Tell the session that clients are served from now on, and in which sandbox."""
        self._control.tell({"ready": features})

    # --- time

    def _bucket(self, limit: str) -> Bucket:
        rate = float(getattr(self.policy.limits, limit))
        return Bucket(rate, 2 * rate)

    @property
    def _timed(self) -> bool:
        """Something is to be done though nothing happens."""
        return bool(
            self._paused_until
            or self._deaf_until
            or self._delayed
            or self._held
            or self._resting
            or self._control.rests_until
            or self._presenting
            or self._refusals.waiting
        )

    def _patience(self) -> float | None:
        """Seconds until something is to be done though nothing happens; None for ever."""
        if not self._timed:
            return None
        moments = (self._paused_until, self._deaf_until, self._control.rests_until)
        due = [moment for moment in moments if moment]
        due += [link.rests_until for link in self._resting.values()]
        if self._held:
            due.append(self._held.next)
        due += [
            link.delayed.next
            for link in self._delayed.values()
            if link.delayed is not None and link.delayed.next is not None
        ]
        due += [
            link.connection.presentation.next / 1_000_000_000
            for link in self._presenting.values()
            if link.connection.presentation.next is not None
        ]
        report = self._refusals.next()
        if report is not None:
            due.append(report)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _on_time(self) -> None:
        now = time.monotonic()
        self._alive(now)
        if not self._timed:
            return
        if self._paused_until and now >= self._paused_until:
            self._paused_until = 0.0
            for link in list(self._links.values()):
                self._update(link)
        for link in list(self._delayed.values()):
            self._let_go(link, now)
        if self._held:
            self._try_held(now)
        for link in [one for one in self._resting.values() if now >= one.rests_until]:
            del self._resting[link.number]
            link.rests_until = 0.0
            self._flush(link)
        if self._control.rests_until and now >= self._control.rests_until:
            self._control.rests_until = 0.0
            self._control.flush()
            self._update_line()
        for link in list(self._presenting.values()):
            if link.number in self._presenting:
                self._present(link)
        if self._deaf_until and now >= self._deaf_until:
            self._deaf_until = 0.0
            self._update_line()
        for kind, text, count in self._refusals.due(now):
            self._tell({"refused": {"kind": kind, "text": text, "count": count}})

    def _let_go(self, link: Link, now: float) -> None:
        """Send what has waited for long enough."""
        assert link.delayed is not None
        data = link.delayed.take(now)
        if link.delayed.next is None:
            del self._delayed[link.number]
        if data:
            link.connection.to_client.data += data
            self._flush(link)

    def _present(self, link: Link) -> None:
        """Tell a client what was shown by now."""
        presentation = link.connection.presentation
        presentation.answer(time.monotonic_ns())
        if presentation.next is None:
            self._presenting.pop(link.number, None)
        if link.connection.to_client.data:
            self._flush(link)

    def _spend(self, link: Link, messages: int) -> None:
        """Take what a client did from the VM's rates; stop reading from the VM when it is over."""
        now = time.monotonic()
        if now >= self._look_at:
            # Clients write to their buffers, and the compositor reads holes, without a word to us.
            self.account.buffers.look_at_all()
            self._look_at = now + LOOK_S
        commits, link.connection.commits = link.connection.commits, 0
        wait = self._messages.spend(messages, now)
        which = "messages-per-second"
        if commits:
            longer = self._commits.spend(commits, now)
            if longer > wait:
                wait, which = longer, "commits-per-second"
        if not wait:
            return
        self._stalls += 1
        self._refusals.add(which, f"limit {which}: it is read from no further for a while")
        self._paused_until = now + wait
        for other in self._links.values():
            self._update(other)

    # --- descriptors

    def _watch(self, fd: int, mask: int, handler: Callable[[int], None]) -> None:
        self._handlers[fd] = handler
        self._masks[fd] = mask
        self._epoll.register(fd, mask)

    def _set_mask(self, fd: int, mask: int) -> None:
        if self._masks[fd] != mask:
            self._masks[fd] = mask
            self._epoll.modify(fd, mask)

    def _forget(self, fd: int) -> None:
        del self._handlers[fd], self._masks[fd]
        self._epoll.unregister(fd)

    # --- clients

    def _accept(self, _events: int) -> None:
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            # It stays in the queue, and would be told of without end.
            self._refusals.add("descriptors", f"cannot accept: {error.strerror}")
            self._deaf_until = time.monotonic() + NO_DESCRIPTOR_S
            self._update_line()
            return
        client.setblocking(False)
        try:
            self.account.take("connections")
        except Refused as refused:
            self._refusals.add("connections", refused.text)
            client.close()
            return
        link = Link(self._next, client, Connection(self.account, self.policy))
        self._next += 1
        self._links[link.number] = link
        self._watch(client.fileno(), 0, lambda events: self._from_client(link, events))
        self._unanswered += 1
        self._tell({"connect": link.number}, client)
        self._update_line()

    def _connected(self, number: int, pid: int, compositor: socket.socket | None) -> None:
        self._unanswered -= 1
        self._update_line()
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
        self._watch(
            compositor.fileno(), _IN, lambda events: self._from_compositor(link, events)
        )
        self._update(link)

    def _from_client(self, link: Link, events: int) -> None:
        connection = link.connection
        fds: Sequence[int] = ()
        try:
            if events & ~_OUT:
                if link.compositor is None or connection.ended:
                    # Nothing is read from it, so it hung up.
                    self._end(link)
                    return
                data, fds = receive(link.client)
                if data:
                    connection.now = time.monotonic_ns()
                    self._spend(link, connection.from_client(data, fds))
                    if connection.presentation.next is not None:
                        self._presenting[link.number] = link
        except Ended:
            self._end(link)
            return
        except Passing as problem:
            self._rest(link, "receive from", problem)
            return
        self._flush(link)
        if fds:
            self._check_fds()

    def _from_compositor(self, link: Link, events: int) -> None:
        connection = link.connection
        assert link.compositor is not None
        fds: Sequence[int] = ()
        if events & ~_OUT:
            try:
                data, fds = receive(link.compositor)
            except Ended:
                # What it said before, an error perhaps, still has to reach the client.
                connection.ended = True
            except Passing as problem:
                self._rest(link, "receive for", problem)
                return
            else:
                connection.now = time.monotonic_ns()
                if data and (self.policy.events_max_delay_ms or link.number in self._delayed):
                    self._later(link, data, fds)
                elif data:
                    connection.from_compositor(data, fds)
        self._flush(link)
        if fds:
            self._check_fds()

    def _later(self, link: Link, data: bytes, fds: Sequence[int]) -> None:
        """Handle what the compositor sent, and let the client wait for it when it holds input."""
        now = time.monotonic()
        connection, box = link.connection, link.connection.to_client.data
        if link.delayed is None:
            link.delayed = DelayLine()
        before = len(box)
        connection.inputs = 0
        connection.to_client.ahead = link.delayed.size
        connection.input_time = link.delayed.moment(
            now, self.policy.events_max_delay_ms / 1000
        )
        connection.from_compositor(data, fds)
        if connection.inputs or link.number in self._delayed:
            link.delayed.put(
                bytes(box[before:]), connection.input_time if connection.inputs else now
            )
            self._delayed[link.number] = link
            del box[before:]
        connection.to_client.ahead = 0
        connection.input_time = None

    def _flush(self, link: Link) -> None:
        """Send what waits on both sides, then see what is to be waited for."""
        connection = link.connection
        if connection.ended and not link.finished:
            self._finish(link)
            self._delayed.pop(link.number, None)
            self._presenting.pop(link.number, None)
        if link.rests_until:
            self._update(link)
            return
        if connection.to_compositor.data and link.compositor is not None:
            # A client is asked for no more descriptors than it takes.
            behind = bool(connection.to_client.fds)
            try:
                flight = _NONE if behind else self._to_compositor
                send(link.compositor, connection.to_compositor, flight)
            except Ended:
                # Why it hung up is still to be read.
                link.deaf = True
                connection.to_compositor.close()
            except Passing as problem:
                self._rest(link, "send for", problem)
                return
        if connection.to_client.data:
            try:
                sent = send(link.client, connection.to_client, self._to_clients)
            except Ended:
                self._end(link)
                return
            except Passing as problem:
                self._rest(link, "send to", problem)
                return
            if not sent and self._too_much_waits():
                fullest = max(self._links.values(), key=lambda one: one.queued)
                self._end(fullest)
                if fullest is link:
                    return
        if connection.ended and not connection.to_client.data:
            self._end(link)
            return
        link.refused_since = None
        self._held.note(link, time.monotonic())
        self._update(link)

    # --- descriptors in flight

    def _try_held(self, now: float) -> None:
        due = self._held.due(now)
        for link in due:
            if link.number in self._links:
                self._flush(link)
        if due and self._held.too_long(now):
            self._end_unread()

    def _end_unread(self) -> None:
        """Disconnect the newest of the clients for whose sake others wait."""
        guilty = [link for link in self._links.values() if self._to_clients.of(link.client)]
        most = self._to_clients.most
        if not guilty:
            self._refusals.add(
                "fds",
                f"limit {most} descriptors in flight: those sent to disconnected clients have not"
                " been received, so that no other client can have one; end these programs",
            )
            return
        newest = max(guilty, key=lambda link: link.number)
        count = self._to_clients.of(newest.client)
        self._disconnect(
            newest,
            f"limit {most} descriptors in flight: disconnected a client that did not receive"
            f" {count} of them in {UNREAD_S:.0f} s",
        )

    def _check_fds(self) -> None:
        """Those that only pass through count against the VM's limit while they are here."""
        limit = self.policy.limits.fds
        waiting = {link: link.connection.waiting_fds for link in self._links.values()}
        if self.account.used["fds"] + sum(waiting.values()) > limit:
            fullest = max(waiting, key=lambda link: (waiting[link], link.number))
            self._disconnect(
                fullest,
                f"limit fds: this VM may have {limit} at most; disconnected the client for which"
                f" {waiting[fullest]} were waiting",
            )

    def _disconnect(self, link: Link, why: str) -> None:
        self.account.refused["fds"] = self.account.refused.get("fds", 0) + 1
        self._refusals.add("fds", why)
        self._end(link)

    # --- errors that pass

    def _rest(self, link: Link, what: str, problem: Passing) -> None:
        """The kernel refused: try again a little later, but not for ever."""
        now = time.monotonic()
        if link.refused_since is None:
            link.refused_since = now
        self._refusals.add("kernel", f"cannot {what} a client, trying again: {problem}")
        if now >= link.refused_since + REFUSED_S:
            self._refusals.add(
                "kernel",
                f"cannot {what} a client for {REFUSED_S:.0f} s, disconnected it: {problem}",
            )
            self._end(link)
            return
        link.rests_until = now + RETRY_S
        self._resting[link.number] = link
        self._update(link)

    # --- bytes

    def _too_much_waits(self) -> bool:
        """Do clients that do not read let more wait, all together, than the VM may?"""
        account = self.account
        waiting = sum(link.queued for link in self._links.values())
        account.used["queued_bytes"] = waiting
        account.most["queued_bytes"] = max(account.most["queued_bytes"], waiting)
        if waiting <= self.policy.limits.queued_bytes:
            return False
        account.refused["queued_bytes"] = account.refused.get("queued_bytes", 0) + 1
        self._refusals.add(
            "queued-bytes", "limit queued-bytes: a client that does not read is let go"
        )
        return True

    def _update(self, link: Link) -> None:
        """Watch for exactly what can be used now."""
        to_client, to_compositor = link.connection.to_client, link.connection.to_compositor
        rests = bool(link.rests_until)
        mask = _OUT if to_client.data and not (to_client.held or rests) else 0
        if link.compositor is not None:
            if not (self._paused_until or link.full or link.deaf or rests):
                mask |= _IN
            sends = to_compositor.data and not to_compositor.held
            theirs = 0 if rests else _IN | (_OUT if sends else 0)
            self._set_mask(link.compositor.fileno(), theirs)
        self._set_mask(link.client.fileno(), mask)

    def _finish(self, link: Link) -> None:
        """The connection ended by an error, ours or the compositor's: only what the client is still
        to be told is left to do."""
        connection = link.connection
        link.finished = link.deaf = True
        if connection.error is not None:
            kind = "broken" if connection.broken else "protocol"
            if connection.error.startswith("limit "):
                kind = connection.error.split(":")[0].removeprefix("limit ")
            self._refusals.add(kind, connection.error)
        if link.compositor is not None:
            self._forget(link.compositor.fileno())
            self._closing.append(link.compositor)
            link.compositor = None

    def _end(self, link: Link) -> None:
        if self._links.pop(link.number, None) is None:
            return
        self._forget(link.client.fileno())
        if link.compositor is not None:
            self._forget(link.compositor.fileno())
        self._delayed.pop(link.number, None)
        self._resting.pop(link.number, None)
        self._held.forget(link)
        self._presenting.pop(link.number, None)
        self._closing.append(link)
        self.account.give("connections")

    def _close_ended(self) -> None:
        for ended in self._closing:
            if isinstance(ended, socket.socket):
                self._to_compositor.close(ended)
                continue
            ended.connection.close()
            self._to_clients.close(ended.client, linger=True)
            if ended.compositor is not None:
                self._to_compositor.close(ended.compositor)
        self._closing.clear()

    # --- the session

    def _tell(self, message: dict[str, Any], beside: socket.socket | None = None) -> None:
        self._control.tell(message, beside)
        if self._control.waiting:
            self._tell_of_line()
            self._update_line()

    def _update_line(self) -> None:
        control = self._control
        sends = control.waiting and not control.rests_until
        mask = 0 if control.rests_until else _IN
        self._set_mask(control.fileno(), mask | (_OUT if sends else 0))
        deaf = control.full or self._deaf_until or self._unanswered >= UNANSWERED
        self._set_mask(self._listener.fileno(), 0 if deaf else _IN)

    def _tell_of_line(self) -> None:
        if self._control.refused:
            self._refusals.add("kernel", f"its line to the session: {self._control.refused}")
            self._control.refused = ""

    def _told(self, events: int) -> None:
        if events & _OUT:
            self._control.flush()
            self._tell_of_line()
            self._update_line()
        if not events & ~_OUT:
            return
        received = self._control.receive()
        if received is None:
            self._tell_of_line()
            self._update_line()
            return
        message, beside = received
        if "connected" in message:
            self._connected(message["connected"], message["pid"], beside)
        elif "policy" in message:
            self._new_policy(Policy.from_json(message["policy"]))
        elif "ask" in message:
            self._answer(message["ask"], message["what"])

    def _new_policy(self, policy: Policy) -> None:
        """For new connections; limits, rates and titles hold at once."""
        self.policy = policy
        self.account.limits = policy.limits
        self._messages = self._bucket("messages_per_second")
        self._commits = self._bucket("commits_per_second")
        for link in self._links.values():
            self._update(link)

    def _answer(self, number: int, what: str) -> None:
        answer = self._status() if what == "status" else {"connections": self._describe()}
        self._tell({"answer": number, **answer})

    def _status(self) -> dict[str, Any]:
        self.account.used["queued_bytes"] = sum(link.queued for link in self._links.values())
        return {
            "used": self.account.used,
            "most": self.account.most,
            "refusals": self.account.refused,
            "stalls": self._stalls,
            "stalled": bool(self._paused_until),
            "automatic": self.account.automatic,
        }

    def _describe(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        left = ANSWER
        for link in self._links.values():
            objects = []
            cut = False
            for one in link.connection.describe():
                left -= len(json.dumps(one))
                if left < 0:
                    cut = True
                    break
                objects.append(one)
            found.append(
                {
                    "number": link.number,
                    "pid": link.pid,
                    "count": len(link.connection.objects),
                    "objects": objects,
                    "cut": cut,
                }
            )
            left -= 80
            if left < 0:
                break
        return found


def main() -> None:
    """Take the first message of the control socket as policy, then serve.

    The command line holds the descriptors' numbers: the listening socket's and the session's.
    """
    listener, control = (int(word) for word in sys.argv[1:3])
    session = socket.socket(fileno=control)
    policy = Policy.from_json(json.loads(session.recv(MESSAGE))["policy"])
    gate = Gate(socket.socket(fileno=listener), session, policy, confine.Watchdog().alive)
    limits = policy.limits
    # Twice what policy gives: a reload may give more, and nobody can raise what the kernel holds.
    features = confine.confine(2 * (limits.fds + 2 * limits.connections) + OWN_DESCRIPTORS)
    gc.collect()
    gc.freeze()
    gate.ready(features)
    gate.run()
