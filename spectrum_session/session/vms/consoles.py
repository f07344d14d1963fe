"""Consoles of VMs on the screen: opens them, focuses open ones, tells them from other windows."""

from __future__ import annotations

from spectrum_session.compositor.events import WindowOpened
from spectrum_session.compositor.port import CompositorPort
from spectrum_session.session.notices import Notify
from spectrum_session.session.tasks import Tasks
from spectrum_session.session.vms.ports import VMs
from spectrum_session.shell.actions import Action
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.console import ConsoleTakenError


class Consoles:
    """At most one of each VM."""

    def __init__(
        self, compositor: CompositorPort, vms: VMs, tasks: Tasks, notify: Notify
    ) -> None:
        self._compositor = compositor
        self._vms = vms
        self._tasks = tasks
        self._notify = notify
        self._shown: dict[str, int] = {}
        """By VM, the window of its console, which may be closing."""
        compositor.tell_consoles(self.is_console)

    async def open(self, vm: str) -> bool:
        """Open the window of a VM's console, or focus an open one: False. Raises VMError."""
        while True:
            try:
                await self._vms.open_console(vm)
            except ConsoleTakenError:
                number = self._shown.get(vm)
                if number is None:
                    return False
                window = self._compositor.window(number)
                if window is not None and window.mapped:
                    self._compositor.act(Action("focus-window"), number)
                    return False
                # Its window was closed, and its terminal is about to end.
                await self._vms.console_closed(vm)
            else:
                return True

    def window_opened(self, event: WindowOpened) -> None:
        """Remember the window of a console."""
        window = self._compositor.window(event.window)
        if window is not None and window.vm and self.is_console(window.vm, window.pid):
            self._shown[window.vm] = window.id
            self._tasks.run(self._forget(window.vm))

    async def _forget(self, vm: str) -> None:
        await self._vms.console_closed(vm)
        self._shown.pop(vm, None)

    def asked(self, vm: str | None) -> None:
        """The user asks for the console of a VM by a key; None: of the host."""
        if vm is None:
            self._notify("No console", ["The host has none: focus a window of a VM."])
        else:
            self._tasks.run(self._show(vm))

    async def _show(self, vm: str) -> None:
        try:
            await self.open(vm)
        except VMError as error:
            self._notify(f"Cannot open the console of {vm}", [str(error)])

    def is_console(self, vm: str, pid: int | None) -> bool:
        """Is a VM's window of this process its console? Then the VM's start is not over."""
        return pid in self._vms.console_pids(vm)
