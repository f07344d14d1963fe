"""The gate's end of its line to the session: messages out as the socket takes them, and in."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from .control import Control
from .policy import Policy
from .refusals import Refusals
from .watcher import IN, OUT, Watcher


class SessionLine:
    """Sends and receives on the control socket whenever that is possible."""

    def __init__(self, control: socket.socket, refusals: Refusals, watcher: Watcher) -> None:
        """Takes the socket over."""
        control.setblocking(False)
        self._control = Control(control)
        self._refusals = refusals
        self._watcher = watcher
        self.on_policy: Callable[[Policy], None] = lambda policy: None
        self.on_connected: Callable[[int, int, socket.socket | None], None]
        """Called with a client's number, its pid and the compositor's end."""
        self.on_question: Callable[[int, str], None]
        """Called with the number of the answer and the question."""
        self.on_change: Callable[[], None]
        """Called when `full` may have changed."""
        watcher.watch(control.fileno(), IN, self._on_events)

    @property
    def full(self) -> bool:
        """So much waits for the session that no client should be accepted."""
        return self._control.full

    @property
    def rests_until(self) -> float:
        """When the next try is after the kernel refused, in monotonic seconds; else 0."""
        return self._control.rests_until

    def tell(self, message: dict[str, Any], beside: socket.socket | None = None) -> None:
        """Send a message, with a copy of `beside`, or keep it until it can be sent."""
        self._control.tell(message, beside)
        if self._control.waiting:
            self._update()

    def on_time(self, now: float) -> None:
        """Try again after the kernel refused."""
        if self._control.rests_until and now >= self._control.rests_until:
            self._control.rests_until = 0.0
            self._control.flush()
            self._update()

    def _update(self) -> None:
        """Watch for exactly the events that can be handled now; report a refusal of the kernel."""
        control = self._control
        if control.refused:
            text = f"cannot reach the session, trying again: {control.refused}"
            self._refusals.add("kernel", text)
            control.refused = ""
        mask = 0 if control.rests_until else IN | (OUT if control.waiting else 0)
        self._watcher.set_mask(control.fileno(), mask)
        self.on_change()

    def _on_events(self, events: int) -> None:
        if events & OUT:
            self._control.flush()
            self._update()
        if not events & ~OUT:
            return
        received = self._control.receive()
        if received is None:
            self._update()
            return
        message, beside = received
        if "connected" in message:
            self.on_connected(message["connected"], message["pid"], beside)
        elif "policy" in message:
            self.on_policy(Policy.from_json(message["policy"]))
        elif "ask" in message:
            self.on_question(message["ask"], message["what"])
