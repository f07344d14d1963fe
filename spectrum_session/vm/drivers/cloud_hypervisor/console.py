"""The terminal of a machine's console, which cloud-hypervisor made and whose path it tells.

The path is its word alone. What is opened is a pseudo terminal in its own file system, and, when
that is the host's, one that it holds the other end of: no other file, and nobody else's terminal.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
import termios
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from spectrum_session.ipc.peer import peer
from spectrum_session.vm.errors import VMError

from .api import Client, connect

_PATH = re.compile(r"/dev/pts/([0-9]{1,7})")
_MAJORS = range(136, 144)
"""Of Unix98 pseudo terminals, in the kernel's list of devices."""


async def lead(
    client: Client, carry: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
) -> None:
    """Have `carry` pass on what comes and goes on the console of a machine that is there.

    Raises VMError when it has none, or none that can be opened.
    """
    terminal = (await client.info()).config.console
    if terminal is None or terminal.mode != "Pty" or terminal.file is None:
        raise VMError("its machine has no console on a pseudo terminal")
    carry(*await streams(open_terminal(client.path, terminal.file)))


def open_terminal(api_socket: Path, path: str) -> int:
    """A descriptor of the terminal `path`, as the cloud-hypervisor that listens on `api_socket`
    sees it; raw, and not blocking. Raises VMError."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise VMError(f"its console is no pseudo terminal: {path[:80]!r}")
    try:
        with connect(api_socket) as connection:
            pid = peer(connection).pid
            # From here on it is this process's or none's: a number may become another's.
            process = os.open(f"/proc/{pid}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise VMError(f"its console {path}: {error.strerror}") from error
    try:
        return _open(process, path, int(found[1]))
    except OSError as error:
        raise VMError(f"its console {path}: {error.strerror}") from error
    finally:
        os.close(process)


def _open(process: int, path: str, number: int) -> int:
    """Raises OSError or VMError."""
    held = os.open(f"root{path}", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=process)
    try:
        status = os.fstat(held)
        if not stat.S_ISCHR(status.st_mode) or os.major(status.st_rdev) not in _MAJORS:
            raise VMError(f"its console {path} is no pseudo terminal")
        if _shares_our_files(process) and not _holds_master(process, number):
            raise VMError(f"its console {path} is a terminal of somebody else's")
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(f"/proc/self/fd/{held}", flags)
    finally:
        os.close(held)
    try:
        # What a person types is for the guest to echo, and its lines are as it sends them. At once:
        # what the guest has said already must not be flushed.
        tty.setraw(fd, termios.TCSANOW)
    except BaseException as error:
        os.close(fd)
        if isinstance(error, termios.error):
            raise VMError(f"its console {path}: {error}") from error
        raise
    return fd


def _shares_our_files(process: int) -> bool:
    """Does it see the host's terminals? Those in a sandbox are the sandbox's own."""
    theirs = os.stat("root/dev/pts", dir_fd=process)
    ours = os.stat("/dev/pts")
    return theirs.st_dev == ours.st_dev


def _holds_master(process: int, number: int) -> bool:
    """Has it the other end of the terminal `number` open?"""
    directory = os.open("fdinfo", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=process)
    try:
        wanted = f"tty-index:\t{number}\n"
        for name in os.listdir(directory):
            with suppress(FileNotFoundError):
                fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
                with open(fd) as info:
                    if wanted in info.read():
                        return True
        return False
    finally:
        os.close(directory)


async def streams(fd: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Read and write a terminal, whose descriptor is closed with the streams."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    source, sink = os.fdopen(fd, "rb", 0), os.fdopen(os.dup(fd), "wb", 0)
    reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    writing, protocol = await loop.connect_write_pipe(lambda: _Writing(reading), sink)
    transport = cast(asyncio.WriteTransport, _Transport(writing, protocol))
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


class _Writing(asyncio.streams.FlowControlMixin):
    """The half that writes; when it ends, so does the other."""

    def __init__(self, reading: asyncio.ReadTransport) -> None:
        super().__init__()
        self.lost = False
        self._reading = reading

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        super().connection_lost(exc)
        self._reading.close()

    def _get_close_waiter(self, _stream: asyncio.StreamWriter) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class _Transport:
    """A pipe's transport that can be aborted at any time, as a socket's: asyncio's fails when it is
    closed already."""

    def __init__(self, transport: asyncio.WriteTransport, protocol: _Writing) -> None:
        self._transport = transport
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def abort(self) -> None:
        """Close it at once."""
        if not self._protocol.lost:
            self._transport.abort()
