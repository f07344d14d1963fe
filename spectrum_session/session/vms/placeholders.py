"""Placeholders of VMs: when each opens and closes, and the actions of its buttons."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from spectrum_session.compositor.events import Bus, WindowOpened
from spectrum_session.compositor.port import CompositorPort
from spectrum_session.labels.placeholder import Panel
from spectrum_session.session.events import (
    VMRequested,
    VMStageChanged,
    VMStartFailed,
    VMStateChanged,
)
from spectrum_session.session.labels import Labels
from spectrum_session.session.notices import Notify
from spectrum_session.session.settings import Settings
from spectrum_session.session.tasks import Tasks
from spectrum_session.session.vms.consoles import Consoles
from spectrum_session.session.vms.ports import VMs
from spectrum_session.trusted import placeholder_panel
from spectrum_session.trusted.placeholder_panel import Facts
from spectrum_session.vm.model import VMState, VMStatus

OPENS_AFTER_S = 0.4
"""A window that appears sooner needs no placeholder: it would only flicker."""
FEW_LINES = 15
"""A log of no more lines fits into any terminal."""


class Placeholders:
    """At most one of each VM."""

    def __init__(
        self,
        settings: Settings,
        compositor: CompositorPort,
        labels: Labels,
        vms: VMs,
        consoles: Consoles,
        spawn: Callable[[Sequence[str]], None],
        tasks: Tasks,
        notify: Notify,
        start: Callable[[str], None],
        ending: Callable[[], bool],
    ) -> None:
        """`spawn` starts a program on the host, `start` a VM that the user asks for. `ending`: is
        the session ending?"""
        self._settings = settings
        self._compositor = compositor
        self._labels = labels
        self._vms = vms
        self._consoles = consoles
        self._spawn = spawn
        self._tasks = tasks
        self._notify = notify
        self._start_vm = start
        self._ending = ending
        self._open: set[str] = set()
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._asked: set[str] = set()
        """Starting VMs that the user asked for by a key or in a launcher."""
        self._dismissed: set[str] = set()
        """VMs whose placeholder the user closed: it does not come back in this start."""

    def subscribe_to(self, bus: Bus) -> None:
        """Follow the VMs and windows from now on."""
        bus.subscribe(VMRequested, self._requested)
        bus.subscribe(VMStateChanged, self._state_changed)
        bus.subscribe(VMStageChanged, self._stage_changed)
        bus.subscribe(VMStartFailed, self._start_failed)
        bus.subscribe(WindowOpened, self._window_opened)

    def _requested(self, event: VMRequested) -> None:
        vm = event.name
        status = self._vms.states().get(vm)
        if status is not None and status.state.ended:
            self._asked.add(vm)
            self._vms.await_window(vm)

    def _start_failed(self, event: VMStartFailed) -> None:
        # The placeholder has the reason.
        if event.name not in self._open:
            self._notify(f"Cannot start {event.name}", [event.reason])

    def _state_changed(self, event: VMStateChanged) -> None:
        if self._ending():
            return
        vm, status = event.name, event.status
        if status.state is VMState.STARTING:
            self._dismissed.discard(vm)
            self._open_later(vm)
        elif status.state.ended:
            self._forget_start(vm)
        if status.state is VMState.FAILED:
            # In the place of the last window that it had.
            self._show(vm, self._compositor.last_focused_of(vm))
        self._look(vm)

    def _stage_changed(self, event: VMStageChanged) -> None:
        if event.name in self._open:
            self._compositor.refresh_placeholder(event.name)

    def reconfigured(self) -> None:
        """Close those of VMs that a reload removed."""
        for vm in list(self._open):
            self._look(vm)

    def _window_opened(self, event: WindowOpened) -> None:
        window = self._compositor.window(event.window)
        if window is None or window.vm is None or window.placeholder:
            return
        if not self._consoles.is_console(window.vm, window.pid):
            self._vms.showed(window.vm)
            self._forget_start(window.vm)
            self._close(window.vm)

    def close_all(self) -> None:
        """Close all: the session ends."""
        for vm in list(self._waiting):
            self._forget_start(vm)
        for vm in list(self._open):
            self._close(vm)

    # --- when

    def _open_later(self, vm: str) -> None:
        if vm in self._open:
            self._compositor.renew_placeholder(vm)
            return
        self._forget_timer(vm)
        loop = asyncio.get_running_loop()
        self._waiting[vm] = loop.call_later(OPENS_AFTER_S, self._due, vm)

    def _due(self, vm: str) -> None:
        self._waiting.pop(vm, None)
        facts = self._facts(vm)
        if facts.status.state not in (VMState.STARTING, VMState.RUNNING):
            return
        if not placeholder_panel.wanted(facts):
            return
        if facts.shows_windows or vm in self._asked:
            self._show(vm, None)

    def _show(self, vm: str, instead_of: int | None) -> None:
        if vm in self._open or vm in self._dismissed:
            return
        opened = self._compositor.open_placeholder(
            vm,
            lambda: self._panel(vm),
            lambda button: self._chosen(vm, button),
            asked=vm in self._asked,
            instead_of=instead_of,
        )
        if opened:
            self._open.add(vm)

    def _look(self, vm: str) -> None:
        """Close it when it has nothing to show any more, or draw it anew."""
        if vm in self._open:
            if placeholder_panel.wanted(self._facts(vm)):
                self._compositor.refresh_placeholder(vm)
            else:
                self._close(vm)

    def _close(self, vm: str) -> None:
        self._open.discard(vm)
        self._compositor.close_placeholder(vm)

    def _forget_start(self, vm: str) -> None:
        self._asked.discard(vm)
        self._forget_timer(vm)

    def _forget_timer(self, vm: str) -> None:
        timer = self._waiting.pop(vm, None)
        if timer is not None:
            timer.cancel()

    # --- contents

    def _facts(self, vm: str) -> Facts:
        return Facts(
            self._labels.of(vm).name,
            self._vms.states().get(vm, VMStatus()),
            self._vms.boot(vm),
            self._vms.console(vm),
            self._log(vm) is not None,
            self._vms.shows_windows(vm),
        )

    def _panel(self, vm: str) -> tuple[Panel, bool]:
        facts = self._facts(vm)
        return placeholder_panel.panel(facts, time.monotonic()), placeholder_panel.is_live(facts)

    def _log(self, vm: str) -> Path | None:
        if vm not in self._vms.states():
            return None
        path = self._vms.log_path(vm)
        return path if path.is_file() else None

    # --- buttons

    def _chosen(self, vm: str, button: str) -> None:
        does: dict[str, Callable[[str], None]] = {
            "log": self._show_log,
            "kill": self._kill,
            "start": self._start_vm,
            "close": self._dismiss,
        }
        # Never from inside an event of the window that may go with it.
        self._compositor.defer((self, vm, button), lambda: does[button](vm))

    def _show_log(self, vm: str) -> None:
        path = self._log(vm)
        if path is None:
            return
        # Its lines are harmless already; the pager may start nothing.
        pager = ["more"]
        if shutil.which("less"):
            # A long log is shown from its end. Of a short log less would lose the last lines when
            # the terminal gets its size after less began.
            end = ["+G"] if path.read_bytes().count(b"\n") > FEW_LINES else []
            pager = ["less", "-S", *end]
        terminal = self._settings.config.session.terminal
        self._spawn([*terminal, "-e", "env", "LESSSECURE=1", *pager, str(path)])

    def _kill(self, vm: str) -> None:
        status = self._vms.states().get(vm)
        if status is None or status.state.ended:
            self._close(vm)
        else:
            self._vms.kill(vm)

    def _dismiss(self, vm: str) -> None:
        """Closed while it starts, the VM stops; afterwards the placeholder alone goes."""
        status = self._vms.states().get(vm)
        if status is not None and status.state is VMState.STARTING:
            self._tasks.run(self._vms.stop(vm))
            return
        if status is not None and not status.state.ended:
            self._dismissed.add(vm)
        self._close(vm)
