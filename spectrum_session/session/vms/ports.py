"""VMs as the session's own parts see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from spectrum_session.control import ports


class VMs(ports.VMs, Protocol):
    """The VMs of the session; `vm.manager.VMManager` is one."""

    def console(self, name: str) -> Sequence[str]:
        """The last lines of a VM's console."""

    def await_window(self, name: str) -> None:
        """The start that follows is over when the VM shows a window."""

    def shows_windows(self, name: str) -> bool:
        """Is there a window to wait for, once it runs?"""

    def showed(self, name: str) -> None:
        """The VM showed a window."""

    async def open_console(self, name: str) -> None:
        """Open the window of a VM's console. Raises ConsoleTakenError or VMError."""

    def console_pids(self, name: str) -> Sequence[int]:
        """The processes on the host whose window is the VM's console."""
