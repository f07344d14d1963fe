"""The window of a console in a real session, whose machine is the test: it prints anything."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.console import Console, ConsoleTakenError
from spectrum_session.vm.guest.console_window import ConsoleWindow
from spectrum_session.vm.log import Lines, VMLog
from spectrum_session.vm.processes import sandbox
from tests.wire.picture import bands, box, look, parse_color, solid_lines

from .harness import DEADLINE_S, SessionProcess, running

T = TypeVar("T")
BORDER = 4


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config="[focus]\nguard-ms = 0\n", vms={"work": 'label = "blue"\n'}) as process:
        process.start_vm("work")
        yield process


class Machine:
    """A console of the VM "work" and the far end of it."""

    def __init__(self, session: SessionProcess, directory: Path, far: socket.socket) -> None:
        self.session = session
        self.far = far
        self.log = VMLog(directory / "log")
        self.console = Console(Lines(self.log))
        wayland = Path(session.call("vm-socket", name="work")["path"])
        self.window = ConsoleWindow("work", wayland, directory / "tty", self.log, self.console)
        self.tools = sandbox.find_tools()

    async def print(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.far, data)

    async def typed(self, end: bytes) -> bytes:
        """All that comes from the terminal, up to `end`."""
        got = b""
        while not got.endswith(end):
            loop = asyncio.get_running_loop()
            got += await asyncio.wait_for(loop.sock_recv(self.far, 4096), DEADLINE_S)
        return got

    async def blocking(self, work: Callable[[], T]) -> T:
        """Do something that blocks, while the console goes on."""
        return await asyncio.to_thread(work)

    async def open(self) -> int:
        await self.window.open(self.tools)
        found = await self.blocking(
            lambda: self.session.wait_window(vm="work", app_id="console", focused=True)
        )
        return int(found["id"])


@asynccontextmanager
async def machine(session: SessionProcess, directory: Path) -> AsyncIterator[Machine]:
    ours, far = socket.socketpair()
    for sock in (ours, far):
        sock.setblocking(False)
        # The least that the kernel takes.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    made = Machine(session, directory, far)
    carrying = asyncio.create_task(made.console.carry(*await asyncio.open_connection(sock=ours)))
    try:
        yield made
    finally:
        made.console.close()
        await asyncio.wait_for(carrying, DEADLINE_S)
        await asyncio.wait_for(made.window.closed(), DEADLINE_S)
        far.close()


def test_what_is_printed_is_shown_in_the_vms_frame(session: SessionProcess, tmp_path: Path) -> None:
    async def check() -> None:
        async with machine(session, tmp_path) as made:
            await made.print(b"\x1b[48;2;16;80;48m" + b"\r\n" * 100)
            number = await made.open()
            # All of it in one colour, another title, and a question.
            await made.print(b"\x1b]2;(host) work\x07\x1b[48;2;16;80;48m\x1b[?25l\x1b[2J\x1b[6n")
            assert await made.typed(b"R"), "the terminal that is there is asked"

            def painted() -> bool:
                (window,) = session.windows(id=number)
                frame, content = box(window["geometry"]), box(window["content"])
                picture = look(session)
                color = parse_color(window["label"]["color"])
                inside = (content[0] + 20, content[1] + 20, 200, 200)
                return picture.colors(inside) == {parse_color("#105030")} and all(
                    solid_lines(picture, band, color) >= BORDER - 1
                    for band in bands(frame, content).values()
                )

            await made.blocking(lambda: session.wait(painted, "what is printed"))
            (window,) = session.windows(id=number)
            assert (window["title"], window["vm"]) == ("console", "work")
            assert window["pid"] in made.window.pids()

    asyncio.run(check())


def test_what_is_typed_arrives(session: SessionProcess, tmp_path: Path) -> None:
    async def check() -> None:
        async with machine(session, tmp_path) as made:
            await made.print(b"before\x1b[6n\r\n")
            await made.open()
            words = ("-k", "Return", "echo 'ü'", "-k", "Return")
            await made.blocking(lambda: session.run("wtype", *words))
            got = await made.typed("echo 'ü'\r".encode())
            # Not the answer to what was asked before it was opened.
            assert b"\x1b" not in got

    asyncio.run(check())


def test_one_window_and_no_more(session: SessionProcess, tmp_path: Path) -> None:
    async def check() -> None:
        async with machine(session, tmp_path) as made:
            number = await made.open()
            with pytest.raises(ConsoleTakenError):
                await made.window.open(made.tools)
            assert len(session.windows(app_id="console")) == 1
            session.call("window", id=number, action="close")
            await asyncio.wait_for(made.window.closed(), DEADLINE_S)
            assert made.window.pids() == []
            assert await made.open() != number
            made.window.close()
            await asyncio.wait_for(made.window.closed(), DEADLINE_S)
            await made.blocking(lambda: session.wait(lambda: not session.windows(), "it to close"))

    asyncio.run(check())


def test_one_whose_machine_is_deaf_can_be_closed(session: SessionProcess, tmp_path: Path) -> None:
    async def check() -> None:
        async with machine(session, tmp_path) as made:
            number = await made.open()
            # More than fits on the way: what is typed waits in the terminal.
            await made.blocking(lambda: session.run("wtype", "x" * 600))
            session.call("window", id=number, action="close")
            await asyncio.wait_for(made.window.closed(), DEADLINE_S)
            await made.open()
            await made.blocking(lambda: session.run("wtype", "-k", "Return", "y"))
            assert (await made.typed(b"y")).count(b"x") < 600

    asyncio.run(check())


def test_a_flood_is_shown_and_keeps_nobody_waiting(session: SessionProcess, tmp_path: Path) -> None:
    async def check() -> None:
        async with machine(session, tmp_path) as made:
            await made.open()
            line = b"\x1b[31mflood of lines\x1b[m \x1b]2;title\x07\r\n"
            flood = asyncio.create_task(made.print(line * 40_000))
            await made.blocking(lambda: session.run("wtype", "-k", "Return", "q"))
            # A key comes through while it lasts, or it was over already.
            assert (await made.typed(b"q")).endswith(b"q")
            assert await made.blocking(session.alive)
            flood.cancel()

    asyncio.run(check())


def test_a_session_that_does_not_take_it(session: SessionProcess, tmp_path: Path) -> None:
    async def check() -> None:
        async with machine(session, tmp_path) as made:
            gone = tmp_path / "gone"
            window = ConsoleWindow("work", gone, tmp_path / "other", made.log, made.console)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(gone))
            # Nobody listens there.
            with pytest.raises(VMError, match="cannot open its console: foot exited with"):
                await window.open(made.tools)
            listener.close()
            await made.open()

    asyncio.run(check())
