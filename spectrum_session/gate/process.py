"""The gate's process: accepts a VM's clients, asks the session for a connection for each, and
carries bytes and descriptors between the two. All IO and all time are here."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from .connection import Connection
from .limits import Account, Bucket
from .link import Ended, Link, receive, send
from .policy import Policy
from .verdict import Refused

CONTROL_MESSAGE = 1 << 17
"""Bytes that one message of the session may have."""
REPORT_S = 1.0
"""Between two reports of the same kind."""
_PEER = struct.Struct("=iII")

_IN = select.EPOLLIN
_OUT = select.EPOLLOUT


class Gate:
    """Serves one VM until the session hangs up.

    The session's messages and ours are JSON, one a packet. From the session: `policy`, `connected`
    (a connection that we asked for, with its descriptor), `describe`. To the session: `connect`
    (a client came: its number, pid and user), `closed`, `status`, `refused`, `description`.
    """

    def __init__(self, listener: socket.socket, control: socket.socket, policy: Policy) -> None:
        """Takes both sockets over."""
        self.policy = policy
        self.account = Account(policy.limits)
        self._listener = listener
        self._control = control
        self._links: dict[int, Link] = {}
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._masks: dict[int, int] = {}
        self._next = 1
        self._messages = self._bucket("messages_per_second")
        self._commits = self._bucket("commits_per_second")
        self._paused_until = 0.0
        self._stalls = 0
        self._reported = 0.0
        self._dirty = False
        self._running = True
        for one in (listener, control):
            one.setblocking(False)
        self._watch(listener.fileno(), _IN, self._accept)
        self._watch(control.fileno(), _IN, self._told)

    def run(self) -> None:
        """Serve until the session hangs up."""
        while self._running:
            for fd, events in self._epoll.poll(self._patience()):
                handler = self._handlers.get(fd)
                if handler is not None:
                    handler(events)
            self._on_time()

    # --- time

    def _bucket(self, limit: str) -> Bucket:
        rate = float(getattr(self.policy.limits, limit))
        return Bucket(rate, 2 * rate)

    def _patience(self) -> float | None:
        """Seconds until something is to be done though nothing happens; None for ever."""
        due = []
        if self._paused_until:
            due.append(self._paused_until)
        if self._dirty:
            due.append(self._reported + REPORT_S)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _on_time(self) -> None:
        if not (self._paused_until or self._dirty):
            return
        now = time.monotonic()
        if self._paused_until and now >= self._paused_until:
            self._paused_until = 0.0
            for link in list(self._links.values()):
                self._update(link)
        if self._dirty and now >= self._reported + REPORT_S:
            self._reported = now
            self._dirty = False
            self._tell({"status": self._status()})

    def _spend(self, link: Link, messages: int) -> None:
        """Take what a client did from the VM's rates; stop reading from the VM when it is over."""
        now = time.monotonic()
        commits, link.connection.commits = link.connection.commits, 0
        wait = max(
            self._messages.spend(messages, now), self._commits.spend(commits, now) if commits else 0
        )
        if not wait:
            return
        self._stalls += 1
        self._dirty = True
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
        except OSError:
            # Gone already, or no descriptor is free: it stays in the queue.
            return
        client.setblocking(False)
        try:
            self.account.take("connections")
        except Refused as refused:
            self._tell({"refused": refused.text})
            client.close()
            return
        link = Link(self._next, client, Connection(self.account, self.policy))
        self._next += 1
        self._links[link.number] = link
        self._watch(client.fileno(), 0, lambda events: self._from_client(link, events))
        pid, uid, _ = _PEER.unpack(
            client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        )
        self._tell({"connect": link.number, "pid": pid, "uid": uid})

    def _connected(self, number: int, compositor: socket.socket | None) -> None:
        link = self._links.get(number)
        if link is None or compositor is None:
            if compositor is not None:
                compositor.close()
            if link is not None:
                self._end(link)
            return
        compositor.setblocking(False)
        link.compositor = compositor
        self._watch(
            compositor.fileno(), _IN, lambda events: self._from_compositor(link, events)
        )
        self._update(link)

    def _from_client(self, link: Link, events: int) -> None:
        connection = link.connection
        try:
            if events & ~_OUT:
                data, fds = receive(link.client)
                if data:
                    self._spend(link, connection.from_client(data, fds))
            self._flush(link)
        except Ended:
            self._end(link)

    def _from_compositor(self, link: Link, events: int) -> None:
        connection = link.connection
        assert link.compositor is not None
        try:
            if events & ~_OUT:
                data, fds = receive(link.compositor)
                if data:
                    connection.from_compositor(data, fds)
            self._flush(link)
        except Ended:
            # What it said before, an error perhaps, still has to reach the client.
            connection.ended = True
            self._finish(link)

    def _flush(self, link: Link) -> None:
        """Send what waits on both sides, then see what is to be waited for."""
        connection = link.connection
        if connection.ended:
            self._finish(link)
            return
        if connection.to_compositor.data and link.compositor is not None:
            send(link.compositor, connection.to_compositor)
        if connection.to_client.data:
            send(link.client, connection.to_client)
            if len(connection.to_client.data) > self.policy.limits.queued_bytes:
                self.account.refused["queued_bytes"] = (
                    self.account.refused.get("queued_bytes", 0) + 1
                )
                self._tell({"refused": "limit queued-bytes: a client does not read"})
                self._end(link)
                return
        self._update(link)

    def _update(self, link: Link) -> None:
        """Watch for exactly what can be used now."""
        connection = link.connection
        mask = _OUT if connection.to_client.data else 0
        if link.compositor is not None:
            if not self._paused_until and not link.full:
                mask |= _IN
            self._set_mask(
                link.compositor.fileno(), _IN | (_OUT if connection.to_compositor.data else 0)
            )
        self._set_mask(link.client.fileno(), mask)

    def _finish(self, link: Link) -> None:
        """The connection ended by an error: tell the client as far as it listens, hang up."""
        connection = link.connection
        if connection.error is not None:
            self._tell({"refused": connection.error, "broken": connection.broken})
        with contextlib.suppress(Ended):
            send(link.client, connection.to_client)
        self._end(link)

    def _end(self, link: Link) -> None:
        if self._links.pop(link.number, None) is None:
            return
        self._forget(link.client.fileno())
        if link.compositor is not None:
            self._forget(link.compositor.fileno())
        link.close()
        self.account.give("connections")
        self._tell({"closed": link.number})

    # --- the session

    def _tell(self, message: dict[str, Any]) -> None:
        try:
            self._control.send(json.dumps(message).encode(), socket.MSG_NOSIGNAL)
        except BlockingIOError:
            # A session that does not listen loses reports; clients wait for it anyhow.
            return
        except OSError:
            self._running = False

    def _told(self, _events: int) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self._control, CONTROL_MESSAGE, 1)
        except BlockingIOError:
            return
        except OSError:
            self._running = False
            return
        if not data:
            self._running = False
            return
        received = [socket.socket(fileno=fd) for fd in fds]
        message = json.loads(data)
        if "connected" in message:
            self._connected(message["connected"], received[0] if received else None)
        elif "policy" in message:
            self._new_policy(Policy.from_json(message["policy"]))
        elif "describe" in message:
            self._tell({"description": message["describe"], "connections": self._describe()})

    def _new_policy(self, policy: Policy) -> None:
        """For new connections; limits, rates and titles hold at once."""
        self.policy = policy
        self.account.limits = policy.limits
        self._messages = self._bucket("messages_per_second")
        self._commits = self._bucket("commits_per_second")

    def _status(self) -> dict[str, Any]:
        return {
            "used": self.account.used,
            "most": self.account.most,
            "refused": self.account.refused,
            "stalls": self._stalls,
        }

    def _describe(self) -> list[dict[str, Any]]:
        return [
            {"number": link.number, "objects": link.connection.describe()}
            for link in self._links.values()
        ]


def main(listener: int, control: int) -> None:
    """Take the first message of the control socket as policy, then serve."""
    session = socket.socket(fileno=control)
    policy = Policy.from_json(json.loads(session.recv(CONTROL_MESSAGE))["policy"])
    Gate(socket.socket(fileno=listener), session, policy).run()
