"""Consoles of VMs on the screen: opened, shown when they are open, told from other windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.shell.actions import Action
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.console import ConsoleTakenError

if TYPE_CHECKING:
    from spectrum_session.compositor.windows.window import Window
    from spectrum_session.session.session import Session


class Consoles:
    """At most one of each VM."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shown: dict[str, int] = {}
        """By VM, the window that its console has or had a moment ago."""
        session.server.desktop.is_console = self.is_one

    async def open(self, vm: str) -> bool:
        """Open the window of a VM's console, or focus the one there is: False. Raises VMError."""
        while True:
            try:
                await self._session.vms.open_console(vm)
            except ConsoleTakenError:
                desktop = self._session.server.desktop
                number = self._shown.get(vm)
                if number is None or number in desktop.windows:
                    if number is not None:
                        desktop.act(Action("focus-window"), number)
                    return False
                # Its window was closed, and its terminal is about to end.
                await self._session.vms.console_closed(vm)
            else:
                return True

    def opened(self, window: Window) -> None:
        """A window is there."""
        if window.vm is not None and self.is_one(window):
            self._shown[window.vm] = window.id
            self._session.task(self._forget(window.vm))

    async def _forget(self, vm: str) -> None:
        await self._session.vms.console_closed(vm)
        self._shown.pop(vm, None)

    def asked(self, vm: str | None) -> None:
        """The person asks for the console of a VM by a key; None: of the host."""
        if vm is None:
            self._session.notice("No console", ["The host has none: focus a window of a VM."])
        else:
            self._session.task(self._show(vm))

    async def _show(self, vm: str) -> None:
        try:
            await self.open(vm)
        except VMError as error:
            self._session.notice(f"Cannot open the console of {vm}", [str(error)])

    def is_one(self, window: Window) -> bool:
        """Is it the window of its VM's console? Then it is none that the VM's start is for."""
        return window.vm is not None and window.pid in self._session.vms.console_pids(window.vm)
