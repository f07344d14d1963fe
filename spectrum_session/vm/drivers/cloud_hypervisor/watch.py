"""Watches file names (inotify) and connections for a hang-up.

Nothing is polled: without events it costs nothing. Constant events are handled at most four times a
second.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

_CREATE, _DELETE, _MOVED_FROM, _MOVED_TO = 0x100, 0x200, 0x40, 0x80
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_ONLYDIR = 0x01000000
_MASK = _CREATE | _DELETE | _MOVED_FROM | _MOVED_TO | _DELETE_SELF | _MOVE_SELF | _ONLYDIR
"""Of inotify(7): what happens to names in a directory, and to the directory itself."""
_OVERFLOW = -1
"""The watch of an event that stands for events that were lost."""

_EVENT = struct.Struct("iIII")
_READ_BYTES = 1 << 16
_PAUSE_S = 0.25
"""Between one look at what happened and the next."""


class NameWatch:
    """Notifies when the file at a path, or a directory on the way to it, appears or disappears.

    It must be made where an asyncio loop runs.
    """

    def __init__(self, path: Path, on_change: Callable[[], None]) -> None:
        """Nothing of the path needs to be there. Raises OSError when inotify cannot be used."""
        self._path = path
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._resume: asyncio.TimerHandle | None = None
        self._names: dict[int, str] = {}
        """The name that is of interest in a directory, by its watch."""
        libc = ctypes.CDLL(None, use_errno=True)
        self._add = libc.inotify_add_watch
        self._remove = libc.inotify_rm_watch
        fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if fd < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self._fd: int | None = fd
        self._watch_directories()
        self._loop.add_reader(fd, self._read)

    def close(self) -> None:
        """Stop watching."""
        if self._resume is not None:
            self._resume.cancel()
            self._resume = None
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None

    def _watch_directories(self) -> None:
        """Its own directory and the one around it; where they are missing, the first that is there.

        The one around it shows when its own is made anew, or is a link that leads elsewhere now.
        """
        kept: dict[int, str] = {}
        for path in (self._path, *self._path.parents):
            # A directory that cannot be watched is missing or not readable.
            watch = self._add(self._fd, os.fsencode(path.parent), _MASK)
            if watch >= 0:
                kept[watch] = path.name
            if len(kept) == 2:
                break
        for watch in self._names.keys() - kept.keys():
            self._remove(self._fd, watch)
        self._names = kept

    def _read(self) -> None:
        assert self._fd is not None
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return
        self._loop.remove_reader(self._fd)
        self._resume = self._loop.call_later(_PAUSE_S, self._read_again)
        if self._is_of_interest(data):
            self._watch_directories()
            self._on_change()

    def _read_again(self) -> None:
        self._resume = None
        if self._fd is not None:
            self._loop.add_reader(self._fd, self._read)

    def _is_of_interest(self, data: bytes) -> bool:
        at = 0
        while at + _EVENT.size <= len(data):
            watch, what, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            name = os.fsdecode(data[at : at + length].rstrip(b"\0"))
            at += length
            if watch == _OVERFLOW or what & (_DELETE_SELF | _MOVE_SELF):
                return True
            if self._names.get(watch) == name:
                return True
        return False


class HangUp:
    """Notifies, once, when the peer of a connection hangs up or sends anything."""

    def __init__(self, connection: socket.socket, on_hang_up: Callable[[], None]) -> None:
        """`connection`, which does not block, is closed with it. It must be made where an asyncio
        loop runs."""
        self._connection: socket.socket | None = connection
        self._on_hang_up = on_hang_up
        asyncio.get_running_loop().add_reader(connection, self._readable)

    def close(self) -> None:
        """Stop watching."""
        if self._connection is not None:
            asyncio.get_running_loop().remove_reader(self._connection)
            self._connection.close()
            self._connection = None

    def _readable(self) -> None:
        # Nothing was asked on this connection: any data is as good as a hang-up.
        self.close()
        self._on_hang_up()
