"""The gate's line to the session: JSON, one message a packet, descriptors beside it.

From the session: `policy`; `connected`, a connection that we asked for, with its descriptor;
`ask`, what it wants to know, and a number for the answer. To the session: `ready`, and what the
sandbox could do; `connect`, a client came, with its socket for its credentials, which cannot be
seen from another process namespace; `refused`, what was refused and how often; `answer`.
"""

from __future__ import annotations

import array
import json
import socket
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from .hangup import RETRY_S, is_hang_up

MESSAGE = 1 << 17
"""Bytes that one message may have."""
_WAITING = 256
"""Messages that may wait for a session that does not read: further reports are dropped."""


class HungUp(Exception):
    """The session is gone."""


class Control:
    """Messages in both directions over one socket that does not block."""

    def __init__(self, own: socket.socket) -> None:
        """Takes the socket over."""
        self._socket = own
        self._waiting: deque[tuple[bytes, socket.socket | None]] = deque()
        self._beside: deque[tuple[bytes, socket.socket | None]] = deque()
        """Those with a descriptor: the kernel may refuse these alone, and the rest tells of it."""
        self.lost = 0
        """Reports dropped because the session does not read."""
        self.rests_until = 0.0
        """The kernel refused for a reason that passes: when the next try is, in monotonic
        seconds; else 0."""
        self.refused = ""
        """Why it did, until that has been told."""

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    @property
    def waiting(self) -> bool:
        """Messages wait for room in the socket."""
        return bool(self._waiting or self._beside)

    @property
    def full(self) -> bool:
        """So much waits that only answers and reports should be sent."""
        return len(self._waiting) + len(self._beside) >= _WAITING

    def tell(self, message: Mapping[str, Any], beside: socket.socket | None = None) -> None:
        """Send a message; of `beside`, which stays the caller's, the session gets a copy.

        A report without one is dropped when too much waits already. Raises HungUp.
        """
        data = json.dumps(message).encode()
        queue = self._waiting if beside is None else self._beside
        if not queue and (beside is None or not self.rests_until) and self._send(data, beside):
            return
        if beside is None and self.full:
            self.lost += 1
            return
        queue.append((data, beside.dup() if beside is not None else None))

    def flush(self) -> None:
        """Send what waits, as far as it goes. Raises HungUp."""
        for queue in (self._waiting, self._beside):
            while queue and not self.rests_until and self._send(*queue[0]):
                _, copy = queue.popleft()
                if copy is not None:
                    copy.close()

    def _send(self, data: bytes, beside: socket.socket | None) -> bool:
        rights = []
        if beside is not None:
            fds = array.array("i", [beside.fileno()])
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)]
        try:
            self._socket.sendmsg([data], rights, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return False
        except OSError as error:
            if is_hang_up(error):
                raise HungUp(str(error)) from error
            self._rest(error)
            return False
        return True

    def _rest(self, error: OSError) -> None:
        self.refused = error.strerror or str(error)
        self.rests_until = time.monotonic() + RETRY_S

    def receive(self) -> tuple[dict[str, Any], socket.socket | None] | None:
        """The next message and the socket that came with it; None when there is none now.

        Raises HungUp.
        """
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, MESSAGE, 1)
        except BlockingIOError:
            return None
        except OSError as error:
            if is_hang_up(error):
                raise HungUp(str(error)) from error
            self._rest(error)
            return None
        if not data:
            raise HungUp("session closed the line")
        return json.loads(data), socket.socket(fileno=fds[0]) if fds else None
