"""A blocking client, for `spectrumctl` and tests.

It imports nothing but light modules of the standard library, so that a command starts fast.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, cast

from .errors import DISCONNECTED, NO_SESSION, TIMEOUT, ControlError
from .find import find_socket
from .names import ENVIRONMENT_VARIABLE

Json = dict[str, Any]

_CHUNK = 1 << 16


class Client:
    """One connection to the session's control socket.

    Without `path`, find.py says where it is. `timeout` (seconds, None: for ever) bounds each call.
    Raises ControlError `no-session` when there is nothing to connect to.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, timeout: float | None = 30.0
    ) -> None:
        self.timeout = timeout
        self._input = bytearray()
        self._scanned = 0
        self._events: deque[Json] = deque()
        self._next_id = 1
        self._socket = _connect(path, timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect. May be called twice."""
        self._socket.close()

    def call(self, command: str, /, **args: object) -> Any:
        """Send a command and return its result, as the JSON decoder gives it.

        Raises ControlError with the reply's code and message, `timeout` when none came in time, or
        `disconnected`. Events that come meanwhile are kept for `events`. After `timeout` the
        connection is of no further use.
        """
        return self.stream(self._events.append, command, **args)

    def stream(self, on_event: Callable[[Json], None], command: str, /, **args: object) -> Any:
        """As `call`, but `on_event` is called with each event that comes before the reply."""
        id, self._next_id = self._next_id, self._next_id + 1
        text = json.dumps({"id": id, "command": command, "args": args})
        deadline = _deadline(self.timeout)
        # A session that refuses a connection has said why before it closed it: read that first.
        broken = not self._send(text.encode() + b"\n", deadline)
        while True:
            message = self._message(deadline)
            if message is None:
                what = "was gone" if broken else "closed the connection"
                raise ControlError(DISCONNECTED, f"the session {what} before it answered {command}")
            if "event" in message:
                on_event(message)
            elif message.get("ok") is True and message.get("id") == id:
                return message.get("result")
            elif message.get("ok") is False and message.get("id") in (id, None):
                error = message["error"]
                raise ControlError(error["code"], error["message"])

    def subscribe(self, *events: str) -> list[str]:
        """Have the named events sent, or all when none is named; returns their names."""
        return cast("list[str]", self.call("subscribe", events=list(events))["events"])

    def events(self, timeout: float | None = None) -> Iterator[Json]:
        """Events as they come, the kept ones first; ends when the session closes the connection.

        Raises ControlError `timeout` when `timeout` seconds have gone by since the iteration began
        (None: never).
        """
        deadline = _deadline(timeout)
        while True:
            if self._events:
                yield self._events.popleft()
                continue
            message = self._message(deadline)
            if message is None:
                return
            if "event" in message:
                yield message

    def wait_for(self, wanted: Callable[[Json], bool], timeout: float = 10.0) -> Json:
        """The next event that `wanted` says yes to; others before it are dropped.

        Raises ControlError `timeout` after that many seconds, or `disconnected`.
        """
        for event in self.events(timeout):
            if wanted(event):
                return event
        raise ControlError(DISCONNECTED, "the session closed the connection")

    def _send(self, data: bytes, deadline: float | None) -> bool:
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.sendall(data)
        except TimeoutError:
            raise ControlError(TIMEOUT, "the session does not read its control socket") from None
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _message(self, deadline: float | None) -> Json | None:
        while True:
            end = self._input.find(b"\n", self._scanned)
            if end >= 0:
                line = bytes(self._input[:end])
                del self._input[: end + 1]
                self._scanned = 0
                return cast(Json, json.loads(line))
            self._scanned = len(self._input)
            try:
                self._socket.settimeout(_left(deadline))
                data = self._socket.recv(_CHUNK)
            except TimeoutError:
                raise ControlError(TIMEOUT, "the session did not answer in time") from None
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._input += data


def _connect(path: str | os.PathLike[str] | None, timeout: float | None) -> socket.socket:
    where = find_socket(os.environ) if path is None else os.fspath(path)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(where)
    except TimeoutError:
        connection.close()
        raise ControlError(TIMEOUT, f"the session at {where} takes no connection") from None
    except OSError as error:
        connection.close()
        why = error.strerror or str(error)
        if path is None and os.environ.get(ENVIRONMENT_VARIABLE):
            why += f" (unset {ENVIRONMENT_VARIABLE} to look for another)"
        raise ControlError(NO_SESSION, f"no session is running at {where}: {why}") from None
    return connection


def _deadline(timeout: float | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError  # settimeout(0) would mean "do not block"
    return left
