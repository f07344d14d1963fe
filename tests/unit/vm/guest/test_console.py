"""A console between a machine and a terminal, over real sockets; the test is both."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from spectrum_session.vm.guest import console as consoles
from spectrum_session.vm.guest.console import Console, ConsoleTakenError
from spectrum_session.vm.log import Lines, VMLog
from tests.unit.vm.world import WAIT_S, run

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
FLOOD = b"a line of a flood, of which there are many more\r\n" * 400


class End:
    """The far end of a stream, which the test reads and writes."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    async def read(self, size: int = 1 << 16) -> bytes:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.sock_recv(self.sock, size), WAIT_S)

    async def read_until(self, wanted: bytes) -> bytes:
        """All that comes, up to `wanted`, which must come last."""
        got = b""
        while not got.endswith(wanted):
            more = await self.read()
            assert more, got[-200:]
            got += more
        return got

    async def write(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, data)


async def pair() -> tuple[End, Streams]:
    ours, theirs = socket.socketpair()
    for sock in (ours, theirs):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
        sock.setblocking(False)
    return End(theirs), await asyncio.open_connection(sock=ours)


class Stage:
    """A console with its log, and what is connected to it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "log"
        self.log = VMLog(self.path)
        self.console = Console(Lines(self.log))
        self.tasks: list[asyncio.Task[None]] = []

    async def machine(self) -> End:
        end, streams = await pair()
        self.tasks.append(asyncio.create_task(self.console.carry(*streams)))
        return end

    async def terminal(self) -> tuple[End, asyncio.Task[None]]:
        end, streams = await pair()
        task = asyncio.create_task(self.console.attach(*streams))
        self.tasks.append(task)
        return end, task

    async def logged(self, text: str) -> None:
        async def wait() -> None:
            while text not in self.path.read_text():
                await asyncio.sleep(0.01)

        await asyncio.wait_for(wait(), WAIT_S)


def test_a_terminal_is_shown_what_was_and_what_comes_and_types(tmp_path: Path) -> None:
    async def check() -> None:
        stage = Stage(tmp_path)
        machine = await stage.machine()
        await machine.write(b"before\x1b[6n\r\n")
        await stage.logged("before")
        terminal, _ = await stage.terminal()
        assert await terminal.read_until(b"\r\n") == b"before\r\n", "without its questions"
        await machine.write(b"now\x1b[6n")
        assert await terminal.read_until(b"n") == b"now\x1b[6n", "as it is"
        await terminal.write(b"typed\r")
        assert await machine.read() == b"typed\r"
        terminal.sock.close()
        await asyncio.wait(stage.tasks[1:], timeout=WAIT_S)
        again, _ = await stage.terminal()
        assert await again.read_until(b"now") == b"before\r\nnow"

    run(check())


def test_there_is_one_terminal_and_one_machine(tmp_path: Path) -> None:
    async def check() -> None:
        stage = Stage(tmp_path)
        machine = await stage.machine()
        await machine.write(b"x\n")
        terminal, _ = await stage.terminal()
        await terminal.read_until(b"x\n")
        other, task = await stage.terminal()
        assert await other.read() == b""
        with pytest.raises(ConsoleTakenError, match="already open"):
            await task
        second = await stage.machine()
        assert await second.read() == b""
        await machine.write(b"y")
        assert await terminal.read() == b"y"

    run(check())


def test_one_that_is_cancelled_makes_room(tmp_path: Path) -> None:
    async def check() -> None:
        stage = Stage(tmp_path)
        machine = await stage.machine()
        terminal, task = await stage.terminal()
        # The machine reads nothing, so that what is typed waits, and nobody sees a hang-up.
        typing = asyncio.create_task(terminal.write(bytes(1 << 20)))
        await machine.write(b"x")
        await terminal.read_until(b"x")
        task.cancel()
        await asyncio.wait([task], timeout=WAIT_S)
        with pytest.raises(OSError):
            await typing
        again, _ = await stage.terminal()
        assert await again.read_until(b"x") == b"x"

    run(check())


def test_a_terminal_that_does_not_read_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consoles, "WAITING_LIMIT", 1 << 14)

    async def check() -> None:
        stage = Stage(tmp_path)
        machine = await stage.machine()
        terminal, _ = await stage.terminal()
        await machine.write(b"begin\r\n")
        await terminal.read_until(b"begin\r\n")
        for _ in range(8):
            await machine.write(FLOOD)
        await machine.write(b"the last line\r\n")
        await stage.logged("the last line")
        shown = await terminal.read_until(b" bytes left out]\r\n")
        left_out = int(shown.rpartition(b"[console: ")[2].split()[0])
        note = b"\x1b[0m\r\n[console: %d bytes left out]\r\n" % left_out
        sent = 8 * len(FLOOD) + len(b"the last line\r\n")
        assert len(shown) - len(note) + left_out == sent, "all is shown or counted"
        await machine.write(b"after")
        assert await terminal.read_until(b"after") == b"after"

    run(check())


def test_the_end_of_the_machine(tmp_path: Path) -> None:
    async def check() -> None:
        stage = Stage(tmp_path)
        await asyncio.wait_for(stage.console.finished(), WAIT_S)
        machine = await stage.machine()
        terminal, task = await stage.terminal()
        await machine.write(b"last words")
        await terminal.read_until(b"last words")
        machine.sock.close()
        await asyncio.wait_for(stage.console.finished(), WAIT_S)
        assert stage.path.read_text() == "last words", "though no line ended"
        assert not task.done(), "another stream of the same machine may come"
        stage.console.close()
        assert await terminal.read() == b""
        await asyncio.wait_for(task, WAIT_S)
        late, _ = await stage.terminal()
        assert await late.read() == b""
        machine = await stage.machine()
        assert await machine.read() == b""

    run(check())


def test_what_is_typed_waits_for_the_machine(tmp_path: Path) -> None:
    async def check() -> None:
        stage = Stage(tmp_path)
        terminal, _ = await stage.terminal()
        await terminal.write(b"early")
        machine = await stage.machine()
        assert await machine.read() == b"early"

    run(check())
