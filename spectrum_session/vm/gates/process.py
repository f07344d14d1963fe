"""One run of a gate: its start, what it says, its end."""

from __future__ import annotations

import array
import asyncio
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from spectrum_session.gate.flight import unread
from spectrum_session.gate.hangup import RETRY_S, is_hang_up
from spectrum_session.gate.limits import Bucket
from spectrum_session.ipc.peer import UCRED_SIZE, Credentials
from spectrum_session.logs.line import of_vm
from spectrum_session.vm.processes.child import Kind
from spectrum_session.vm.processes.host_process import Exit, HostProcess, Spawn

from .messages import MESSAGE, Message, decode, plain

log = logging.getLogger(__name__)

MESSAGES_PER_SECOND = 1000
"""That are read of one gate; twice as many may come at once. A VM whose programs connect without
end waits, and the session has its time for others."""
AT_ONCE = 16
"""Messages that are read before others have their turn."""
END_S = 1.0
"""How long a gate may take to end that has hung up."""
UNREAD = 32
"""Descriptors that it may leave unread; it asks for 4 at a time. The kernel counts those in flight
for each user, and the session's are the user's."""
WAITING = 64
"""Messages that may wait for it while the kernel refuses to send them."""
_LINES = 5
"""Of what it printed, that are told when it has ended."""
_CHUNK = 4096

Receiver = Callable[["GateProcess", Message, "socket.socket | None"], None]


class GateProcess:
    """A running gate.

    It must be made where an asyncio loop runs. Both calls back come from that loop: `on_message`
    with each message and the socket beside it, which is the receiver's; `on_exit` once, with how it
    ended and the last that it printed, when the outermost process is gone.
    """

    def __init__(
        self,
        build: Callable[[tuple[str, ...]], Sequence[str]],
        listener: socket.socket,
        policy: dict[str, Any],
        on_message: Receiver,
        on_exit: Callable[[GateProcess, str, list[str]], None],
        vm: str = "",
    ) -> None:
        """`build` makes the command line, given the descriptors' numbers; `vm` is its VM's
        name. Raises VMError."""
        self._loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._on_exit = on_exit
        self._bucket = Bucket(MESSAGES_PER_SECOND, 2 * MESSAGES_PER_SECOND)
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._unfinished = b""
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._vm = vm
        self._refused = False
        """The kernel refused to send or receive, and the log says so."""
        self._waiting: deque[tuple[bytes, socket.socket | None]] = deque()
        """What it is told once the kernel lets it."""
        self._unread = 0
        """Descriptors sent since it had last read everything."""
        self.reason = ""
        """Why we ended it; empty when we did not."""
        self.started = time.monotonic()
        self.pid: int | None = None
        """The gate's own, in the session's numbering; None until it is ready."""
        self.features: list[str] = []
        """What its sandbox does; empty until it is ready."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        fds = (listener.fileno(), theirs.fileno())
        with theirs, Spawn("its gate") as spawn:
            spawn.failed.callback(self._control.close)
            output, sink = spawn.pipe()
            argv = build(tuple(map(str, fds)))
            child = spawn.run(argv, sink, Kind.GATE, vm, {"PATH": os.defpath}, fds)
            self._process = HostProcess(child, self._exited)
        self._process.read(output, self._printed, _CHUNK)
        self._loop.add_reader(self._control.fileno(), self._readable)
        self.send({"policy": policy})

    def send(self, message: dict[str, Any], beside: socket.socket | None = None) -> None:
        """Tell the gate something; one that does not listen is ended. `beside` stays the
        caller's."""
        if self._process.ended:
            return
        data = msgspec.json.encode(message)
        if not self._waiting and self._send(data, beside):
            return
        if len(self._waiting) >= WAITING:
            self.kill("the kernel does not let the session send to it")
        elif not self._process.ended:
            self._waiting.append((data, beside.dup() if beside is not None else None))

    def _send(self, data: bytes, beside: socket.socket | None) -> bool:
        """False when the kernel refuses for a reason that passes: then it is tried again."""
        rights = []
        if beside is not None:
            rights = [
                (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [beside.fileno()]))
            ]
            self._unread = self._unread + 1 if unread(self._control) else 1
            if self._unread > UNREAD:
                self.kill("it does not listen to the session")
        try:
            self._control.sendmsg([data], rights, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            self.kill("it does not listen to the session")
        except OSError as error:
            # One that hung up is ending: _exited follows.
            if not is_hang_up(error):
                self._note_refusal(error)
                self._retry()
                return False
        return True

    def _retry(self) -> None:
        # No descriptor has the number -1.
        if -1 not in self._timers:
            self._timers[-1] = self._loop.call_later(RETRY_S, self._flush)

    def _flush(self) -> None:
        del self._timers[-1]
        while self._waiting:
            data, beside = self._waiting[0]
            if not self._send(data, beside):
                return
            self._waiting.popleft()
            if beside is not None:
                beside.close()
        self._refused = False

    def _note_refusal(self, error: OSError) -> None:
        if not self._refused:
            self._refused = True
            why = error.strerror
            log.warning("its gate's line: %s; trying again", why, extra=of_vm(self._vm or None))

    def kill(self, reason: str) -> None:
        """End it now; `on_exit` follows, and says this reason."""
        self.reason = self.reason or reason
        if not self._process.ended:
            self._process.kill()

    # --- what it says

    def _readable(self) -> None:
        for _ in range(AT_ONCE):
            if not self._read_one():
                return
            wait = self._bucket.spend(1, self._loop.time())
            if wait:
                self._pause(self._control.fileno(), wait, self._readable)
                return

    def _read_one(self) -> bool:
        try:
            data, ancillary, flags, _ = self._control.recvmsg(
                MESSAGE, socket.CMSG_SPACE(4) + socket.CMSG_SPACE(UCRED_SIZE)
            )
        except BlockingIOError:
            return False
        except OSError as error:
            if not is_hang_up(error):
                self._note_refusal(error)
                self._pause(self._control.fileno(), RETRY_S, self._readable)
                return False
            data, ancillary, flags = b"", [], 0
        fds = array.array("i")
        sender = 0
        for level, kind, content in ancillary:
            if level != socket.SOL_SOCKET:
                continue
            if kind == socket.SCM_RIGHTS:
                fds.frombytes(content[: len(content) // 4 * 4])
            elif kind == socket.SCM_CREDENTIALS:
                sender = Credentials.unpack(content).pid
        for fd in fds[1:]:
            os.close(fd)
        beside = _as_socket(fds[0]) if fds else None
        if not data:
            # It is ending, and how is still to be seen; one that only hung up has no time for that.
            if beside is not None:
                beside.close()
            fd = self._control.fileno()
            self._loop.remove_reader(fd)
            self._timers[fd] = self._loop.call_later(END_S, self.kill, "it hung up")
            return False
        try:
            if flags & socket.MSG_TRUNC:
                raise ValueError("a message that is too long")
            message = decode(data)
        except ValueError as error:
            if beside is not None:
                beside.close()
            self.kill(f"it says what no gate says: {plain(str(error))}")
            return False
        if message.ready is not None and self.pid is None:
            self.pid = sender
            self.features = [plain(feature) for feature in message.ready]
        self._on_message(self, message, beside)
        return not self._process.ended

    def _pause(self, fd: int, seconds: float, reader: Callable[[], None]) -> None:
        self._loop.remove_reader(fd)

        def resume() -> None:
            del self._timers[fd]
            self._loop.add_reader(fd, reader)

        self._timers[fd] = self._loop.call_later(seconds, resume)

    def _printed(self, data: bytes) -> None:
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        self._unfinished = self._unfinished[-_CHUNK:]
        self._lines.extend(plain(line.decode("utf-8", "replace")) for line in lines if line)

    # --- its end

    def _exited(self, status: int | None) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for _, beside in self._waiting:
            if beside is not None:
                beside.close()
        self._waiting.clear()
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        if self._unfinished:
            self._lines.append(plain(self._unfinished.decode("utf-8", "replace")))
        self._on_exit(self, self.reason or f"it {Exit(status)}", list(self._lines))


def _as_socket(fd: int) -> socket.socket | None:
    try:
        return socket.socket(fileno=fd)
    except OSError:
        # No socket at all.
        os.close(fd)
        return None
