"""All of one machine's network: what its QEMU is told, and what runs on the host beside it.

What is beside it ends with the session, QEMU does not: another session starts it again, for what
the machine was started with.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from spectrum_session.config.schema import VM
from spectrum_session.vm import sandbox, sandboxed
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog

from . import devices
from .kept import Kept
from .link import join
from .places import Places
from .uplink import Uplink

_FILE = "network.json"


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a machine's definition says of its network."""

    provider: str
    uplink: bool
    host_loopback: bool

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


class MachineNet:
    """The network of a machine, for as long as a session looks after that."""

    def __init__(
        self, tools: sandbox.Tools, name: str, wanted: Wanted, directory: Path, places: Places
    ) -> None:
        """Nothing is made yet; `directory` is the session's alone."""
        self._tools = tools
        self._name = name
        self._directory = directory
        self._places = places
        self._provider = wanted.provider
        self._uplink = wanted.uplink
        self._host_loopback = wanted.host_loopback
        self._place: int | None = None
        self._programs: list[Kept | Uplink] = []
        self.binds: list[sandbox.Bind] = []
        """What QEMU has of the host's files."""
        self.devices: list[str] = []
        """Its options."""
        self.kernel_words: list[str] = []
        """What its guest's kernel is told."""

    def start(self, log: VMLog) -> None:
        """Make what QEMU needs, unless it is there, and start what runs on the host and waits for
        QEMU. Raises VMError; then some of it may be there until `stop`."""
        if self._provider:
            self._place = self._places.take(self._provider, self._name)
            self.binds.append(sandbox.Bind(self._made("net"), devices.CLIENT, writable=True))
            self.devices += devices.client(self._place)
            provider = self._places.directories(self._tools, self._provider)[self._place]
            self._programs.append(
                join(self._tools, self._name, log, self._directory / "net", provider)
            )
        if self._uplink:
            self.binds.append(sandbox.Bind(self._made("uplink"), devices.UPLINK, writable=True))
            self.binds += [
                sandbox.Bind(path, f"{devices.PLACES}/{place}", writable=True)
                for place, path in self._places.directories(self._tools, self._name).items()
            ]
            self.devices += devices.provider()
            if self._host_loopback:
                self.kernel_words.append("spectrum.host-loopback")
            self._programs.append(
                Uplink(
                    *(self._tools, self._name, log),
                    *(self._directory / "uplink", self._made("passt"), self._made("own")),
                    self._host_loopback,
                )
            )
        for program in self._programs:
            program.start()

    def stop(self) -> None:
        """End all of it."""
        for program in self._programs:
            program.stop()
        self._programs.clear()
        if self._place is not None:
            self._places.leave(self._provider, self._place)
            self._place = None

    def _made(self, name: str) -> Path:
        path = self._directory / name
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            sandboxed.hand_over(self._tools, path)
        except OSError as error:
            raise VMError(f"its link in {path}: {error.strerror}") from error
        return path
