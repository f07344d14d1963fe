"""A VM of the `local` driver with a real sandbox, and a test that listens on its socket."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from spectrum_session.vm.drivers.local import LocalVM
from spectrum_session.vm.model import VMStatus

T = TypeVar("T")

WAIT_S = 20.0
"""A test that waits longer than this has failed."""

CONNECT = (
    "use Socket; $| = 1; socket(S, PF_UNIX, SOCK_STREAM, 0);"
    'connect(S, sockaddr_un("/run/vm/wayland-0")) or die "connect: $!"; syswrite(S, "up");'
)
"""Perl (a part of every Debian): connect to the Wayland socket and say so."""

WAIT = "sysread(S, my $b, 1);"
"""Perl: go on until the test closes the connection."""


def perl(*code: str) -> list[str]:
    return ["perl", "-e", "".join(code)]


def run(check: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine, and fail it when it hangs."""
    return asyncio.run(asyncio.wait_for(check, 2 * WAIT_S))


class World:
    """One VM called "work", its statuses so far, and its socket."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "log" / "work.log"
        self.socket = directory / "vms" / "work" / "wayland-0"
        self.socket.parent.mkdir(parents=True, mode=0o700)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.socket.chmod(0o600)
        self.listener.listen()
        self.listener.setblocking(False)
        self.seen: list[VMStatus] = []
        self.vm = LocalVM("work", self.socket, self.log, self.seen.append)

    async def output(self, script: str) -> str:
        """Run a shell script as the VM's only program, and return what the log then holds."""
        await self.vm.start([["sh", "-c", script]])
        await asyncio.wait_for(self.vm.ended(), WAIT_S)
        return self.log.read_text()

    async def accept(self) -> Client:
        """The next client that connects and says "up"."""
        loop = asyncio.get_running_loop()
        accepted, _ = await asyncio.wait_for(loop.sock_accept(self.listener), WAIT_S)
        client = Client(accepted)
        assert await client.receive() == b"up"
        return client


class Client:
    """A connection from inside the sandbox."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.pid, self.uid, _ = struct.unpack("3i", credentials)

    async def receive(self) -> bytes:
        """What it sends next; empty when it is gone."""
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.sock_recv(self._connection, 64), WAIT_S)
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self._connection.close()
