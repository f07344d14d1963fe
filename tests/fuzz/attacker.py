"""Plays streams (see `stream`) to a socket, several connections at a time.

As a program: `python -m tests.fuzz.attacker SOCKET` with orders on stdin, one a line as JSON:
{"connections": N, "requests": M} plays until both numbers are reached. Says what was done after
each order, one line of JSON.
"""

from __future__ import annotations

import array
import json
import os
import select
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.wire import Client, Disconnected

from . import stream as streams
from .descriptors import Descriptors
from .stream import CONFIGURED, ENTERED, HELLO, SYNC_EVERY, Pieces, Stream

WORD = struct.Struct("=I")
HEADER = struct.Struct("=II")
AT_A_TIME = 8
"""Connections."""
DIFFERENT = 400
"""Streams that are made beforehand; then they come again, between others."""
PATIENCE_S = 30.0
"""How long a connection may stand still; nobody has to answer an attacker, so it is counted only."""
HASTY = 10
"""One in so many connections hangs up as soon as it has sent everything."""


@dataclass(slots=True)
class Done:
    """What was done."""

    connections: int = 0
    requests: int = 0
    """That were certainly handled: of each connection those up to its last answered sync."""
    errors: int = 0
    """Connections that ended with a protocol error."""
    stuck: int = 0
    """Connections that were given up because nothing came."""
    seconds: float = 0.0


class Attack:
    """One connection."""

    def __init__(self, path: str, stream: Stream, descriptors: Descriptors, *, hasty: bool) -> None:
        """Raises OSError."""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.setblocking(False)
        self.socket.connect(path)
        self.stream = stream
        self.hasty = hasty
        self.requests = 0
        self.failed = False
        self.error = ""
        self.over = False
        self._descriptors = descriptors
        self._waiting: Pieces = [(stream.greeting, [])]
        self._ready = self._configured = self._last = False
        self._serials = {CONFIGURED: 1, ENTERED: 1}
        self._in = b""
        self.moved = time.monotonic()

    @property
    def mask(self) -> int:
        """What epoll shall wait for."""
        return select.EPOLLIN | (select.EPOLLOUT if self._waiting else 0)

    def write(self) -> None:
        """Send what can be sent."""
        while self._waiting:
            data, kinds = self._waiting[0]
            fds = array.array("i", [self._descriptors.kinds[kind] for kind in kinds])
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)] if fds else []
            try:
                sent = self.socket.sendmsg([data], rights)
            except BlockingIOError:
                return
            except OSError:
                # It hung up; what it said before is still to be read.
                self._waiting.clear()
                return
            self.moved = time.monotonic()
            if sent < len(data):
                self._waiting[0] = (data[sent:], [])
            else:
                del self._waiting[0]
        if self._last and self.hasty:
            self.over = True

    def read(self) -> None:
        """Take what has come."""
        try:
            data, ancillary, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(4 * 28))
        except BlockingIOError:
            return
        except OSError:
            data, ancillary = b"", []
        for _, _, content in ancillary:
            for (fd,) in WORD.iter_unpack(content[: len(content) // 4 * 4]):
                os.close(fd)
        if not data:
            self.over = True
            return
        self.moved = time.monotonic()
        self._in += data
        at = 0
        while at + 8 <= len(self._in):
            number, word = HEADER.unpack_from(self._in, at)
            if at + (word >> 16) > len(self._in):
                break
            self._event(number, word & 0xFFFF, at + 8)
            at += word >> 16
        self._in = self._in[at:]

    def _event(self, number: int, opcode: int, at: int) -> None:
        stream = self.stream
        if number == 1:
            if opcode == 0:
                self.failed = True
                (length,) = WORD.unpack_from(self._in, at + 8)
                self.error = self._in[at + 12 : at + 11 + length].decode(errors="replace")
        elif number in stream.syncs:
            self.requests += SYNC_EVERY
            # Ids come again for other things only when we use them again, which we do not.
        elif number == HELLO:
            self._waiting.append((stream.scene, stream.scene_fds))
        elif number == stream.ready:
            self._ready = True
            self._go_on()
        elif number == stream.xdg_surface and opcode == 0:
            self._serials[CONFIGURED] = WORD.unpack_from(self._in, at)[0]
            self._configured = True
            self._go_on()
        elif number in (stream.keyboard, stream.pointer) and opcode in (0, 1):
            if number == stream.pointer or opcode == 1:
                self._serials[ENTERED] = WORD.unpack_from(self._in, at)[0]

    def _go_on(self) -> None:
        """Send the rest when the scene is there and its window was configured."""
        if self._ready and self._configured and not self._last:
            self._last = True
            self._waiting += [(self._with_serials(data), fds) for data, fds in self.stream.pieces]

    def _with_serials(self, data: bytes) -> bytes:
        for mark, serial in self._serials.items():
            data = data.replace(WORD.pack(mark), WORD.pack(serial))
        return data

    @property
    def finished(self) -> bool:
        """All that can be answered was answered."""
        return self.over or (
            self._last and self.requests >= SYNC_EVERY * len(self.stream.syncs)
        )

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


class Attacker:
    """Attacks one socket."""

    def __init__(self, path: str, length: int, seed: int = 0) -> None:
        """`length`: requests of a connection, about. Raises OSError."""
        self._path = path
        self._descriptors = Descriptors()
        with Client(Path(path)) as client:
            offered = [(one.name, one.interface, one.version) for one in client.globals.values()]
        self._streams = [
            streams.make(seed + number, offered, self._descriptors, length)
            for number in range(DIFFERENT)
        ]
        self._next = 0
        self._epoll = select.epoll()
        self._attacks: dict[int, Attack] = {}

    def run(self, connections: int, requests: int) -> Done:
        """Play until as many connections and requests are done. Raises OSError when nobody
        listens any more."""
        done = Done()
        begin = time.monotonic()
        while done.connections < connections or done.requests < requests:
            while len(self._attacks) < AT_A_TIME:
                self._start()
            for fd, events in self._epoll.poll(1.0):
                attack = self._attacks[fd]
                if events & select.EPOLLOUT:
                    attack.write()
                if events & ~select.EPOLLOUT:
                    attack.read()
                    attack.write()
                if attack.finished:
                    self._end(attack, done)
                else:
                    self._epoll.modify(fd, attack.mask)
            self._give_up(done)
        for attack in list(self._attacks.values()):
            self._end(attack, done)
        done.seconds = time.monotonic() - begin
        return done

    def _start(self) -> None:
        self._next += 1
        stream = self._streams[self._next % len(self._streams)]
        hasty = self._next % HASTY == 0
        try:
            attack = Attack(self._path, stream, self._descriptors, hasty=hasty)
        except BlockingIOError:
            # Its queue is full: those that are under way go first.
            time.sleep(0.01)
            return
        self._attacks[attack.socket.fileno()] = attack
        self._epoll.register(attack.socket.fileno(), attack.mask)

    def _end(self, attack: Attack, done: Done) -> None:
        fd = attack.socket.fileno()
        self._epoll.unregister(fd)
        del self._attacks[fd]
        attack.close()
        done.connections += 1
        done.requests += attack.requests
        done.errors += attack.failed

    def _give_up(self, done: Done) -> None:
        now = time.monotonic()
        for attack in list(self._attacks.values()):
            if now - attack.moved > PATIENCE_S:
                done.stuck += 1
                self._end(attack, done)


def main() -> int:
    """See the module."""
    path, length, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.nice(10)
    try:
        attacker = Attacker(path, length, seed)
        print("{}", flush=True)
        for line in sys.stdin:
            print(json.dumps(asdict(attacker.run(**json.loads(line)))), flush=True)
    except (OSError, Disconnected) as error:
        print(f"attacker: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
