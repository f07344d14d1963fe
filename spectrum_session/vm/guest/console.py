"""A machine's console: one stream in each direction, shared by the log and one terminal.

The stream is the driver's: a socket that QEMU's serial port is led to, or a pty. What comes from it
is a VM's word. It is read no faster than `lines` lets it, and nobody who does not read keeps the
machine or the session waiting.
"""

from __future__ import annotations

import asyncio

from spectrum_session.ipc.lines import paced_chunks
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import Lines

from .scrollback import Scrollback

WAITING_LIMIT = 256 * 1024
"""Bytes that wait for a terminal to read them before it is shown no more, for a while."""

_TYPED = 4096


class ConsoleTakenError(VMError):
    """A terminal is attached already."""


class Console:
    """The console of one VM. It belongs to one asyncio loop."""

    def __init__(self, log: Lines) -> None:
        """`log` takes all that the machine prints."""
        self._log = log
        self._scrollback = Scrollback()
        self._machine: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._terminal: _Terminal | None = None
        self._closed = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on the machine's output, until its stream ends or the console is closed.

        There is one machine: another stream is closed at once while there is one.
        """
        if self._machine is not None or self._closed:
            writer.close()
            return
        # What is typed waits in the terminal, and not here.
        writer.transport.set_write_buffer_limits(high=0)
        self._machine = writer
        self._connected.set()
        self._idle.clear()
        try:
            async for data in paced_chunks(reader):
                self._scrollback.add(data)
                self._log.write(data)
                if self._terminal is not None:
                    self._terminal.show(data)
        except OSError:
            # A pty says so when nobody holds its other end any more.
            return
        finally:
            self._connected.clear()
            self._machine = None
            writer.transport.abort()
            self._log.flush()
            self._idle.set()

    async def finished(self) -> None:
        """Return when all output of the machine is read, which must have ended."""
        await self._idle.wait()

    async def attach(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a terminal: it is shown what was printed last and what comes, and types.

        Returns when it hangs up, is cancelled, or the console is closed; the stream is closed then.
        Raises ConsoleTakenError when there is one.
        """
        if self._terminal is not None or self._closed:
            writer.close()
            if self._closed:
                return
            raise ConsoleTakenError("its console is already open")
        self._terminal = terminal = _Terminal(writer)
        try:
            terminal.show(self._scrollback.shown())
            while data := await reader.read(_TYPED):
                await self._connected.wait()
                machine = self._machine
                if machine is not None:
                    machine.write(data)
                    # A guest that does not read its console keeps its own terminal waiting.
                    await machine.drain()
        except OSError:
            return
        finally:
            self._terminal = None
            terminal.close()

    def close(self) -> None:
        """The machine has ended: disconnect the terminal."""
        self._closed = True
        if self._machine is not None:
            self._machine.transport.abort()
        if self._terminal is not None:
            self._terminal.close()


class _Terminal:
    """What a terminal is shown: as much as it reads."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=WAITING_LIMIT, low=WAITING_LIMIT // 4)
        self._left_out = 0
        self._catching_up: asyncio.Task[None] | None = None

    def show(self, data: bytes) -> None:
        if self._writer.is_closing() or not data:
            return
        if self._catching_up is None:
            self._writer.write(data)
            if self._writer.transport.get_write_buffer_size() > WAITING_LIMIT:
                self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())
        else:
            self._left_out += len(data)

    async def _catch_up(self) -> None:
        """Wait until it has read most of the buffer, and note the output that it was not sent."""
        try:
            await self._writer.drain()
        except OSError:
            return
        self._catching_up = None
        if self._left_out:
            self.show(f"\x1b[0m\r\n[console: {self._left_out} bytes left out]\r\n".encode())
            self._left_out = 0

    def close(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
            self._catching_up = None
        # What waits would be waited for as long as it does not read.
        self._writer.transport.abort()
