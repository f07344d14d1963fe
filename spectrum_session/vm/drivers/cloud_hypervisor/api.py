"""cloud-hypervisor's REST API over its unix socket, as much of it as the session asks for."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import unicodedata
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TypeVar

import msgspec

from spectrum_session.vm.errors import VMError

from .config import VmConfig
from .http import Answer, HTTPError, Parser, request

ANSWER_S = 10.0
"""How long an answer may take."""
BOOT_S = 120.0
"""How long that of vm.boot may: a large memory, a large kernel, a slow machine."""

_CHUNK = 64 << 10
_QUIT_S = 5.0
_FULL_S = 0.05
_TEXT = 300
"""Letters of a server's own text that are shown."""


class ApiError(VMError):
    """The API could not be asked, or refused; `status` is that of its answer, 0 when there was
    none."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class State(Enum):
    """Of the machine, in the API's words."""

    CREATED = "Created"
    RUNNING = "Running"
    SHUTDOWN = "Shutdown"
    PAUSED = "Paused"
    BREAKPOINT = "BreakPoint"


class Pong(msgspec.Struct, frozen=True):
    """The answer to vmm.ping."""

    version: str
    pid: int | None = None


class Terminal(msgspec.Struct, frozen=True):
    """A console or a serial port, in a machine's configuration."""

    mode: str = ""
    file: str | None = None


class Socket(msgspec.Struct, frozen=True):
    """A device with a socket, in a machine's configuration."""

    socket: str = ""


class Config(msgspec.Struct, frozen=True):
    """What is of interest in the configuration of a machine that is there."""

    console: Terminal | None = None
    serial: Terminal | None = None
    vsock: Socket | None = None
    gpu: list[Socket] | None = None


class Info(msgspec.Struct, frozen=True):
    """The answer to vm.info."""

    state: State
    config: Config


_T = TypeVar("_T")


class Client:
    """Asks one cloud-hypervisor. Each question has a connection of its own."""

    def __init__(self, path: Path, answer_s: float = ANSWER_S, boot_s: float = BOOT_S) -> None:
        """`path`: the socket. Nothing is looked at yet. The times are for tests."""
        self.path = path
        self._answer_s = answer_s
        self._boot_s = boot_s

    async def ping(self) -> Pong:
        """Is it there? Raises ApiError, as all of these do."""
        return self._decode("vmm.ping", await self._ask("GET", "vmm.ping"), Pong)

    async def info(self) -> Info:
        """The machine's state and configuration; `status` is 404 when it has not been created."""
        return self._decode("vm.info", await self._ask("GET", "vm.info"), Info)

    async def create(self, config: VmConfig) -> None:
        """Create the machine, which is not booted by it."""
        await self._ask("PUT", "vm.create", config.encode())

    async def boot(self) -> None:
        """Boot the machine that was created."""
        await self._ask("PUT", "vm.boot", within_s=self._boot_s)

    async def shutdown(self) -> None:
        """Turn the machine off, at once; it can be booted again."""
        await self._ask("PUT", "vm.shutdown")

    async def power_button(self) -> None:
        """Press the machine's power button: its guest decides what comes of it."""
        await self._ask("PUT", "vm.power-button")

    async def delete(self) -> None:
        """Take the machine away, so that another can be created."""
        await self._ask("PUT", "vm.delete")

    async def shutdown_vmm(self) -> None:
        """End cloud-hypervisor itself."""
        await self._ask("PUT", "vmm.shutdown")

    async def _ask(
        self, method: str, name: str, body: bytes = b"", within_s: float | None = None
    ) -> bytes:
        within_s = self._answer_s if within_s is None else within_s
        try:
            question = request(method, f"/api/v1/{name}", body)
            answer = await asyncio.wait_for(self._exchange(question), within_s)
        except asyncio.TimeoutError:
            text = f"cloud-hypervisor did not answer {name} within {within_s:g} s"
            raise ApiError(text) from None
        except HTTPError as error:
            raise ApiError(f"cloud-hypervisor's answer to {name}: {error}") from error
        except OSError as error:
            raise ApiError(f"cloud-hypervisor's {self.path}: {error.strerror}") from error
        if answer.status not in (200, 204):
            said = _shown(answer.body) or "without a reason"
            text = f"cloud-hypervisor refused {name} (status {answer.status}): {said}"
            raise ApiError(text, answer.status)
        return answer.body

    async def _exchange(self, question: bytes) -> Answer:
        reader, writer = await asyncio.open_unix_connection(sock=await _connected(self.path))
        try:
            writer.write(question)
            parser = Parser()
            # It may answer, and hang up, before it has read everything.
            while data := await reader.read(_CHUNK):
                answer = parser.feed(data)
                if answer is not None:
                    return answer
            return parser.end()
        finally:
            writer.close()

    @staticmethod
    def _decode(name: str, body: bytes, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            text = f"cloud-hypervisor's answer to {name} makes no sense: {str(error)[:_TEXT]}"
            raise ApiError(text) from error


async def quit_at(path: Path) -> None:
    """End the cloud-hypervisor that serves its API at this socket, if one does."""
    with suppress(ApiError):
        await Client(path, _QUIT_S).shutdown_vmm()


async def _connected(path: Path) -> socket.socket:
    while True:
        try:
            return connect(path)
        except BlockingIOError:
            # As many wait for it as may: it is at something, or never answers anybody.
            await asyncio.sleep(_FULL_S)


def connect(path: Path) -> socket.socket:
    """A connection, without blocking, to the socket that stands at `path` itself.

    Who can write to its directory could have put a link there to another's socket: that is an
    error, and so is what is no socket. Raises OSError; BlockingIOError when too many wait for it.
    """
    held = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISSOCK(os.fstat(held).st_mode):
            raise OSError(errno.ENOTSOCK, "it is not a socket")
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            made.connect(f"/proc/self/fd/{held}")
        except OSError:
            made.close()
            raise
        return made
    finally:
        os.close(held)


def _shown(body: bytes) -> str:
    """A server's text on one line, harmless. Several texts in one array are several causes."""
    text = body.decode("utf-8", "replace")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = text
    if isinstance(said, list) and all(isinstance(part, str) for part in said):
        text = ": ".join(said)
    elif isinstance(said, str):
        text = said
    line = " ".join(text.split())[:_TEXT]
    return "".join(c if unicodedata.category(c)[0] not in "CZ" or c == " " else "?" for c in line)
