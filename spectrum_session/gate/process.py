"""The gate's process: accepts a VM's clients, asks the session to connect each, and serves them
until the session hangs up."""

from __future__ import annotations

import contextlib
import gc
import json
import socket
import sys
import time
from collections.abc import Callable

from . import answers, confine
from .account import Account
from .clients import Clients
from .control import MESSAGE, HungUp
from .policy import Policy
from .refusals import Refusals
from .session_line import SessionLine
from .verdict import Refused
from .watcher import IN, Watcher

NO_DESCRIPTOR_S = 0.1
"""How long no client is accepted after accept() failed for want of a descriptor."""
UNANSWERED = 4
"""Requests to connect a client that the session may have to answer; no client is accepted beyond
them. Each is a descriptor in flight to the session."""
OWN_DESCRIPTORS = 64
"""Descriptors that the gate needs for itself."""


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
        self.account = Account(policy.limits)
        self._listener = listener
        self._alive = alive
        self._refusals = Refusals()
        self._watcher = Watcher()
        self._clients = Clients(self.account, policy, self._refusals, self._watcher)
        self._line = SessionLine(control, self._refusals, self._watcher)
        self._line.on_policy = self._new_policy
        self._line.on_connected = self._connected
        self._line.on_question = self._answer
        self._line.on_change = self._update
        self._unanswered = 0
        self._deaf_until = 0.0
        listener.setblocking(False)
        self._watcher.watch(listener.fileno(), IN, self._accept)

    def run(self) -> None:
        """Serve until the session hangs up."""
        with contextlib.suppress(HungUp):
            while True:
                self._watcher.dispatch(self._patience())
                self._clients.close_ended()
                self._on_time()

    def ready(self, features: list[str]) -> None:
        """Tell the session that clients are served from now on, and in which sandbox."""
        self._line.tell({"ready": features})

    # --- time

    def _patience(self) -> float | None:
        """Seconds until something is due though no event arrives; None for ever."""
        due = [moment for moment in (self._deaf_until, self._line.rests_until) if moment]
        for moment in (self._clients.next(), self._refusals.next()):
            if moment is not None:
                due.append(moment)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _on_time(self) -> None:
        now = time.monotonic()
        self._alive(now)
        self._clients.on_time(now)
        self._line.on_time(now)
        if self._deaf_until and now >= self._deaf_until:
            self._deaf_until = 0.0
            self._update()
        if self._refusals.waiting:
            for kind, text, count in self._refusals.due(now):
                self._line.tell({"refused": {"kind": kind, "text": text, "count": count}})

    # --- clients

    def _accept(self, _events: int) -> None:
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            # The client stays in the queue, and epoll would report it without end.
            self._refusals.add("descriptors", f"cannot accept a client: {error.strerror}")
            self._deaf_until = time.monotonic() + NO_DESCRIPTOR_S
            self._update()
            return
        client.setblocking(False)
        try:
            link = self._clients.add(client)
        except Refused as refused:
            self._refusals.add("connections", refused.text)
            client.close()
            return
        self._unanswered += 1
        self._line.tell({"connect": link.number}, client)
        self._update()

    def _connected(self, number: int, pid: int, compositor: socket.socket | None) -> None:
        self._unanswered -= 1
        self._update()
        self._clients.connected(number, pid, compositor)

    def _update(self) -> None:
        """Accept clients while the session can be asked to connect them."""
        deaf = self._line.full or self._deaf_until or self._unanswered >= UNANSWERED
        self._watcher.set_mask(self._listener.fileno(), 0 if deaf else IN)

    # --- the session

    def _new_policy(self, policy: Policy) -> None:
        """Permissions hold for new connections; limits, rates and delays at once."""
        self.account.limits = policy.limits
        self._clients.policy = policy
        self._clients.rates.set(policy.limits)
        self._clients.update_all()

    def _answer(self, number: int, question: str) -> None:
        if question == "status":
            answer = answers.status(self._clients)
        else:
            answer = answers.describe(self._clients)
        self._line.tell({"answer": number, **answer})


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
