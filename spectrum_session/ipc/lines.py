"""Sockets between the session and a VM's processes on the host, and what is read from them.

What comes in is bounded in length and in pace: one that floods waits, the session does not.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

LINE_LIMIT = 1 << 16
"""Bytes of a line."""

_BURST = 64 << 10
_LINE_COST = 200
"""Bytes that a line or a piece counts as, beside its own: short ones are the more work."""
_CHUNK = 16 << 10
_PAUSE_S = 0.1
"""After a burst: 640 KiB/s at most, as what programs in sandboxes print (process.py)."""


def listening_socket(path: Path) -> socket.socket:
    """A socket of the file system that listens, for the user alone. Raises OSError.

    The path may be longer than a socket's address: it is bound by way of its open directory.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        path.unlink(missing_ok=True)
        made.bind(f"/proc/self/fd/{directory}/{path.name}")
        path.chmod(0o600)
        made.listen()
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    finally:
        os.close(directory)
    return made


async def connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a socket of the file system, whose path may be as long. Raises OSError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.setblocking(False)
    try:
        directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            there = f"/proc/self/fd/{directory}/{path.name}"
            await asyncio.get_running_loop().sock_connect(made, there)
        finally:
            os.close(directory)
        return await asyncio.open_unix_connection(sock=made, limit=LINE_LIMIT)
    except BaseException:
        made.close()
        raise


async def paced_lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a stream until it ends. Raises OSError; ValueError for one that is too long."""
    left = _BURST
    while line := await reader.readline():
        yield line
        left -= len(line) + _LINE_COST
        if left <= 0:
            await asyncio.sleep(_PAUSE_S)
            left = _BURST


async def paced_chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """A stream as it comes, until it ends. Raises OSError."""
    left = _BURST
    while data := await reader.read(_CHUNK):
        yield data
        left -= len(data) + _LINE_COST
        if left <= 0:
            await asyncio.sleep(_PAUSE_S)
            left = _BURST
