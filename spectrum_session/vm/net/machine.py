"""All of one machine's network: what its QEMU is told, and what runs on the host beside it.

What is beside it ends with the session, QEMU does not: another session starts it again, for what
the machine was started with.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from spectrum_session.config.schema import VM
from spectrum_session.ipc.listening import listening_socket
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import sandbox

from . import devices
from .address import PLACES
from .kept import Kept
from .link import join
from .places import LINK, Places
from .uplink import Uplink

_FILE = "network.json"
_NET, _UPLINK, _PLACES, _PASST, _OWN = "net", "uplink", "places", "passt", "own"
"""Directories in the machine's own."""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What network a machine has, as its definition was when it started."""

    provider: str
    uplink: bool
    host_loopback: bool
    place: int | None = None
    """At its provider, of one that has started."""

    @classmethod
    def of(cls, definition: VM) -> Wanted:
        """Of a machine that is about to start."""
        return cls(definition.net, definition.uplink, definition.host_loopback)

    @classmethod
    def noted(cls, directory: Path) -> Wanted:
        """Of one that an earlier session started. Raises VMError."""
        try:
            return msgspec.json.decode((directory / _FILE).read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError, UnicodeError) as error:
            raise VMError(f"what network it has is not known: {error}") from error

    def note(self, directory: Path) -> None:
        """Tell a later session. Raises VMError."""
        try:
            (directory / _FILE).write_bytes(msgspec.json.encode(self))
        except OSError as error:
            raise VMError(f"{_FILE} in {directory}: {error.strerror}") from error


class Listening(NamedTuple):
    """What QEMU gets of a machine's network."""

    devices: Sequence[str]
    """Its options."""
    fds: Sequence[int]
    """The descriptors of which they speak."""


class MachineNet:
    """The network of a machine, for as long as a session looks after that."""

    def __init__(
        self, tools: sandbox.Tools, name: str, wanted: Wanted, directory: Path, places: Places
    ) -> None:
        """Takes its place; nothing is made yet. `directory`, the machine's, is the session's alone.

        Raises VMError.
        """
        self._tools = tools
        self._name = name
        self._wanted = wanted
        self._directory = directory
        self._places = places
        self._log: VMLog | None = None
        self._joint: Kept | None = None
        self._uplink: Uplink | None = None
        self._place: int | None = None
        if wanted.provider:
            self._place = places.take(wanted.provider, name, wanted.place)

    @property
    def started(self) -> bool:
        """Was it started by this session?"""
        return self._log is not None

    @contextmanager
    def listening(self) -> Iterator[Listening]:
        """Make the sockets that QEMU inherits, for as long as it is being started; after `start`.

        Raises VMError."""
        made, fds = list[str](), list[int]()
        with ExitStack() as ours:

            def listen(name: str) -> int:
                fds.append(ours.enter_context(self._listening(name)).fileno())
                return fds[-1]

            if self._place is not None:
                made += devices.client(self._place, listen(_NET))
            if self._wanted.uplink:
                places = range(1, PLACES + 1)
                ends = {place: listen(f"{_PLACES}/{place}") for place in places}
                made += devices.provider(listen(_UPLINK), ends)
            yield Listening(made, fds)

    @property
    def kernel_words(self) -> list[str]:
        """What its guest's kernel is told."""
        return ["spectrum.host-loopback"] if self._wanted.host_loopback else []

    def start(self, log: VMLog) -> None:
        """Start what runs on the host and waits for QEMU. Raises VMError; then some of it may be
        there until `stop`."""
        self._log = log
        replace(self._wanted, place=self._place).note(self._directory)
        if self._place is not None:
            self._made(_NET)
            self._places.watch(self._wanted.provider, self._join)
        if self._wanted.uplink:
            for place in range(1, PLACES + 1):
                self._made(f"{_PLACES}/{place}")
            ends = (self._made(_UPLINK), self._made(_PASST), self._made(_OWN))
            granted = self._wanted.host_loopback
            self._uplink = Uplink(self._tools, self._name, log, *ends, granted)
            self._uplink.start()
            self._places.open(self._name, self._directory / _PLACES)

    def stop(self) -> None:
        """End all of it."""
        if self._wanted.uplink:
            self._places.close(self._name)
        if self._uplink is not None:
            self._uplink.stop()
            self._uplink = None
        if self._place is not None:
            self._places.unwatch(self._wanted.provider, self._join)
            self._join(None)
            self._places.leave(self._wanted.provider, self._place)
            self._place = None

    def _join(self, provider: Path | None) -> None:
        """Its provider's places are there now, or nowhere: with it the link comes and goes."""
        if self._joint is not None:
            self._joint.stop()
            self._joint = None
        if provider is not None:
            assert self._log is not None
            ends = (self._directory / _NET / LINK, provider / str(self._place) / LINK)
            what = "its link to its network"
            self._joint = join(self._tools, self._name, self._log, what, *ends)
            self._joint.begin()

    def _listening(self, name: str) -> socket.socket:
        path = self._directory / name / LINK
        try:
            made = listening_socket(path)
            # What joins a link is its client's, and reaches both ends by what its sandbox has.
            path.chmod(0o666)
            sandbox.hand_over(self._tools, self._name, path)
        except OSError as error:
            raise VMError(f"its link {path}: {error.strerror}") from error
        return made

    def _made(self, name: str) -> Path:
        path = self._directory / name
        try:
            # As above; they are in a directory that is the session's alone.
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o755)
            sandbox.hand_over(self._tools, self._name, path)
        except OSError as error:
            raise VMError(f"its link in {path}: {error.strerror}") from error
        return path
