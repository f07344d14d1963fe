"""Protocols: what the commands' handlers ask of the session, beside CompositorPort."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from spectrum_session.config.schema import Config
from spectrum_session.labels.label import Label
from spectrum_session.shell.geometry import Rect

if TYPE_CHECKING:
    from spectrum_session.vm.boot_stages import Boot
    from spectrum_session.vm.gates.gates import VMGate
    from spectrum_session.vm.guest.program import Program
    from spectrum_session.vm.model import VMStatus

LabelOf = Callable[[str], Label]
"""The label of a VM, by its name."""
RunBeside = Callable[[Coroutine[Any, Any, None]], None]
"""Runs a coroutine beside the session; its failure is logged."""


class HasConfig(Protocol):
    """The configuration in force."""

    @property
    def config(self) -> Config:
        """Another object after each reload."""


class VMs(Protocol):
    """The VMs of the session; all but `states` raise VMError for a name that is none of theirs."""

    def states(self) -> Mapping[str, VMStatus]:
        """Every VM's status by name."""

    async def look(self) -> None:
        """Bring the states of VMs that the host's service manager runs up to date."""

    def driver(self, name: str) -> str:
        """The driver's name."""

    def boot(self, name: str) -> Boot | None:
        """The stages of the start that goes on or was the last one."""

    async def start(self, name: str) -> None:
        """Start a VM; returns when it runs."""

    async def stop(self, name: str) -> None:
        """Stop a VM; returns when it has ended."""

    def kill(self, name: str) -> None:
        """End a VM at once."""

    def spawn(self, name: str, argv: Sequence[str]) -> int:
        """Start a program in a VM; returns its pid on the host."""

    def run(self, name: str, argv: Sequence[str], streamed: bool = False) -> Program:
        """Run a program in a guest and keep its output."""

    async def console_closed(self, name: str) -> None:
        """Return when the window of the VM's console is closed."""

    def log_path(self, name: str) -> Path:
        """The file that holds the VM's output."""

    def socket_path(self, name: str) -> Path:
        """The VM's Wayland socket."""


class Gates(Protocol):
    """The gates of VMs."""

    def get(self, name: str) -> VMGate | None:
        """The gate of a VM."""

    def is_open(self, name: str) -> bool:
        """Has the VM a gate?"""

    def __iter__(self) -> Iterator[VMGate]:
        """All gates."""


class Consoles(Protocol):
    """Consoles of VMs on the screen."""

    async def open(self, vm: str) -> bool:
        """Open a console, or focus the one that is open: False. Raises VMError."""


class Programs(Protocol):
    """Programs on the host."""

    def start(self, argv: Sequence[str]) -> int:
        """Start a program; returns its pid. Raises OSError."""


class ScreenshotError(Exception):
    """No picture could be taken."""


class Screenshots(Protocol):
    """Pictures of the screen."""

    async def capture(self, output: str | None = None, region: Rect | None = None) -> bytes:
        """A PNG of an output, a region of the layout, or all outputs. Raises ScreenshotError."""
