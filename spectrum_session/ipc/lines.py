"""Connections to processes of VMs on the host, read with bounds on length and rate.

A peer that floods waits; the session does not.
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
"""Bytes counted for each line or chunk besides its own: short ones cost more work."""
_CHUNK = 16 << 10
_PAUSE_S = 0.1
"""After a burst: 640 KiB/s at most, the rate of sandboxed programs' output (output.py)."""


async def connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a socket in the file system, whose path may be longer than a socket's. Raises
    OSError."""
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
    """Yield a stream's lines until it ends. Raises OSError; ValueError for a line that is too
    long."""
    left = _BURST
    while line := await reader.readline():
        yield line
        left -= len(line) + _LINE_COST
        if left <= 0:
            await asyncio.sleep(_PAUSE_S)
            left = _BURST


async def paced_chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield a stream's data as it arrives, until it ends. Raises OSError."""
    left = _BURST
    while data := await reader.read(_CHUNK):
        yield data
        left -= len(data) + _LINE_COST
        if left <= 0:
            await asyncio.sleep(_PAUSE_S)
            left = _BURST
