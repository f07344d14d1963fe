"""A machine's console: one stream from it, which goes into the VM's log.

What comes from it is a VM's word. It is read no faster than `lines` lets it.
"""

from __future__ import annotations

import asyncio

from .lines import paced_chunks
from .log import Lines


class Console:
    """The console of one VM. It belongs to one asyncio loop."""

    def __init__(self, log: Lines) -> None:
        """`log` takes all that the machine prints."""
        self._log = log
        self._machine: asyncio.StreamWriter | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what the machine prints, until its stream ends or the console is closed.

        There is one machine: another stream is closed at once while there is one.
        """
        if self._machine is not None or self._closed:
            writer.close()
            return
        self._machine = writer
        self._idle.clear()
        try:
            async for data in paced_chunks(reader):
                self._log.write(data)
        except OSError:
            return
        finally:
            self._machine = None
            writer.transport.abort()
            self._log.flush()
            self._idle.set()

    async def finished(self) -> None:
        """Return when all is read that the machine printed, which must be gone."""
        await self._idle.wait()

    def close(self) -> None:
        """The machine is gone: whoever is connected is let go."""
        self._closed = True
        if self._machine is not None:
            self._machine.transport.abort()
