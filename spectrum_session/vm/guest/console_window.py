"""The window of a machine's console: foot, in a sandbox of its VM's.

What it shows was chosen by the guest, so that it is no program of the host's: all it has is the
VM's own Wayland socket, through the gate, and the console. Its frame, its label and its clipboard
are the VM's.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from spectrum_session.ipc.listening import listening_socket
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import sandbox, sandbox_process
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess

from .console import Console, ConsoleTakenError

DIRECTORY = "/run/console"
"""Where the terminal finds its socket, in its sandbox."""
SOCKET = "tty"
"""The name of that socket."""

_CONFIGURATION = "foot.ini", "locked-title = yes\n[scrollback]\nlines = 5000\n"
"""The name and the content of foot's configuration, beside the socket."""

OPEN_S = 60.0
"""How long a terminal gets until it asks for the console, on a slow and busy machine."""

_RELAY = ("socat", "-,raw,echo=0", f"UNIX-CONNECT:{DIRECTORY}/{SOCKET}")


def command_line() -> list[str]:
    """foot with a title that the guest cannot change, running a relay to the console."""
    made = ["foot", "--log-level=error", "--app-id=console", "--title=console"]
    return [*made, f"--config={DIRECTORY}/{_CONFIGURATION[0]}", *_RELAY]


def binds(directory: Path) -> list[sandbox.Bind]:
    """All that foot has of the host's files beside the VM's Wayland socket."""
    return [sandbox.Bind(directory, DIRECTORY)]


class ConsoleWindow:
    """Opens the window of one console, at most one at a time. It belongs to one asyncio loop."""

    def __init__(
        self, name: str, socket: Path, directory: Path, log: VMLog, console: Console
    ) -> None:
        """`socket`: the VM's Wayland socket; `directory`: where the terminal's own will be, and
        nothing else. `name` must have passed check_name."""
        self._name = name
        self._socket = socket
        self._directory = directory
        self._log = log
        self._console = console
        self._process: SandboxProcess | None = None
        self._ended = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def open(self, tools: sandbox.Tools) -> None:
        """Return when a terminal shows the console.

        Raises ConsoleTakenError when one is open, VMError when it cannot be.
        """
        if self._process is not None:
            raise ConsoleTakenError("its console is already open")
        missing = [name for name in ("foot", "socat") if not shutil.which(name)]
        if missing:
            needed = " ".join(missing)
            raise VMError(f"{', '.join(missing)} not found (Debian: apt-get install {needed})")
        attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if attached.done():
                writer.close()
                return
            self._serving = asyncio.current_task()
            attached.set_result(None)
            # Cancelled when the terminal has ended before its connection's end was read. asyncio's
            # server would log a handler that ends as cancelled as a failed one.
            with suppress(asyncio.CancelledError):
                await self._console.attach(reader, writer)

        path = self._directory / SOCKET
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            sandbox.hand_over(tools, self._name, self._directory)
            name, text = _CONFIGURATION
            (self._directory / name).write_text(text)
            sandbox.hand_over(tools, self._name, self._directory / name)
            server = await asyncio.start_unix_server(serve, sock=listening_socket(path))
            sandbox.hand_over(tools, self._name, path)
        except OSError as error:
            raise VMError(f"its console's files in {self._directory}: {error.strerror}") from error
        try:
            await self._start(tools, attached)
        finally:
            server.close()
            path.unlink(missing_ok=True)

    async def _start(self, tools: sandbox.Tools, attached: asyncio.Future[None]) -> None:
        """Start the terminal and wait until it is `attached`. Raises VMError."""
        loop = asyncio.get_running_loop()
        exit: asyncio.Future[Exit] = loop.create_future()

        def ended(process: SandboxProcess, end: Exit) -> None:
            self._process = None
            if self._serving is not None:
                self._serving.cancel()
                self._serving = None
            self._ended.set()
            exit.set_result(end)

        self._ended.clear()
        self._process = process = sandbox_process.start(
            tools,
            self._name,
            self._log,
            command_line(),
            ended,
            socket=self._socket,
            binds=binds(self._directory),
        )
        either: set[asyncio.Future[Any]] = {attached, exit}
        await asyncio.wait(either, timeout=OPEN_S, return_when=asyncio.FIRST_COMPLETED)
        if attached.done():
            return
        process.kill()
        how = f"foot {exit.result()}" if exit.done() else f"foot did not open in {OPEN_S:.0f} s"
        raise VMError(f"cannot open its console: {how}; its log may say why")

    async def closed(self) -> None:
        """Return when no window is open."""
        if self._process is not None:
            await self._ended.wait()

    def pids(self) -> list[int]:
        """The processes on the host whose window it is."""
        return self._process.programs() if self._process is not None else []

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._process is not None:
            self._process.kill()
