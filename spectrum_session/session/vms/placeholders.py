"""Placeholders of VMs: when each opens, what its buttons do, and when it goes."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spectrum_session.compositor.windows.placeholder_window import Placeholder
from spectrum_session.labels.placeholder import Panel
from spectrum_session.trusted import placeholder_panel
from spectrum_session.trusted.placeholder_panel import Facts
from spectrum_session.vm.model import VMState, VMStatus

if TYPE_CHECKING:
    from spectrum_session.compositor.windows.window import Window
    from spectrum_session.session.session import Session

OPENS_AFTER_S = 0.4
"""What shows its window sooner needs no placeholder: it would only flicker."""
FEW_LINES = 15
"""A log of no more fits into any terminal."""


class Placeholders:
    """At most one of each VM."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, Placeholder] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._asked: set[str] = set()
        """VMs that the person asked for by a key or in a launcher, and whose start goes on."""
        self._dismissed: set[str] = set()
        """VMs whose placeholder the person closed: it does not come back in this start."""

    def asked(self, vm: str) -> None:
        """The person asks for a VM now, which is to be started."""
        status = self._session.vms.states().get(vm)
        if status is not None and status.state.ended:
            self._asked.add(vm)
            self._session.vms.await_window(vm)

    def shows(self, vm: str) -> bool:
        """Is there one of this VM?"""
        return vm in self._open

    def changed(self, vm: str, status: VMStatus) -> None:
        """A VM's state is another. Called before what is the VM's goes, when it ended."""
        if status.state is VMState.STARTING:
            self._dismissed.discard(vm)
            self._open_later(vm)
        elif status.state.ended:
            self._forget_start(vm)
        if status.state is VMState.FAILED:
            self._show(vm, self._last_window(vm))
        self._look(vm)

    def refresh(self, vm: str) -> None:
        """The start of a VM came to another stage."""
        one = self._open.get(vm)
        if one is not None:
            one.refresh()

    def reconfigured(self) -> None:
        """The configuration was read again: VMs may be gone."""
        for vm in list(self._open):
            self._look(vm)

    def opened(self, window: Window) -> None:
        """A VM's window is there, which took the place of its placeholder if it had one."""
        if window.vm is None or isinstance(window, Placeholder):
            return
        if not self._session.consoles.is_one(window):
            self._session.vms.showed(window.vm)
            self._forget_start(window.vm)
            self._close(window.vm)

    def close_all(self) -> None:
        """The session ends."""
        for vm in list(self._waiting):
            self._forget_start(vm)
        for vm in list(self._open):
            self._close(vm)

    # --- when

    def _open_later(self, vm: str) -> None:
        one = self._open.get(vm)
        if one is not None:
            self._session.server.desktop.stand_ins[vm] = one
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

    def _show(self, vm: str, instead_of: Window | None) -> None:
        server = self._session.server
        if vm in self._open or vm in self._dismissed or server.loop.closing:
            return
        one = self._open[vm] = Placeholder(
            server,
            vm,
            lambda: self._panel(vm),
            lambda button: self._chosen(vm, button),
            asked=vm in self._asked,
        )
        one.open(instead_of)
        server.desktop.stand_ins[vm] = one
        server.loop.wake()

    def _look(self, vm: str) -> None:
        """Close it when there is nothing to show any more, or show what there is."""
        if vm in self._open:
            if placeholder_panel.wanted(self._facts(vm)):
                self._open[vm].refresh()
            else:
                self._close(vm)

    def _close(self, vm: str) -> None:
        one = self._open.pop(vm, None)
        self._session.server.desktop.stand_ins.pop(vm, None)
        if one is not None:
            one.close()

    def _forget_start(self, vm: str) -> None:
        self._asked.discard(vm)
        self._forget_timer(vm)

    def _forget_timer(self, vm: str) -> None:
        timer = self._waiting.pop(vm, None)
        if timer is not None:
            timer.cancel()

    def _last_window(self, vm: str) -> Window | None:
        """Of the windows that a VM had when it failed, the one that had the focus last."""
        session = self._session
        number = session.shell.last_of(vm)
        return session.server.desktop.windows.get(number) if number is not None else None

    # --- what

    def _facts(self, vm: str) -> Facts:
        session = self._session
        status = session.vms.states().get(vm, VMStatus())
        return Facts(
            session.label_of(vm).name,
            status,
            session.vms.boot(vm),
            session.vms.console(vm),
            self._log(vm) is not None,
            session.vms.shows_windows(vm),
        )

    def _panel(self, vm: str) -> tuple[Panel, bool]:
        facts = self._facts(vm)
        return placeholder_panel.panel(facts, time.monotonic()), placeholder_panel.is_live(facts)

    def _log(self, vm: str) -> Path | None:
        session = self._session
        if vm not in session.vms.states():
            return None
        path = session.vms.log_path(vm)
        return path if path.is_file() else None

    # --- what a person does

    def _chosen(self, vm: str, button: str) -> None:
        does: dict[str, Callable[[str], None]] = {
            "log": self._show_log,
            "kill": self._kill,
            "start": self._start,
            "close": self._dismiss,
        }
        # Never from inside an event of the window that may go with it.
        self._session.server.loop.defer((self, vm, button), lambda: does[button](vm))

    def _show_log(self, vm: str) -> None:
        path = self._log(vm)
        if path is None:
            return
        # Its lines are harmless already; the pager may start nothing.
        pager = ["more"]
        if shutil.which("less"):
            # At the end of a long one. Of a short one less would lose the last lines, when the
            # terminal gets its size after it began.
            end = ["+G"] if path.read_bytes().count(b"\n") > FEW_LINES else []
            pager = ["less", "-S", *end]
        terminal = self._session.config.session.terminal
        self._session.spawn([*terminal, "-e", "env", "LESSSECURE=1", *pager, str(path)])

    def _kill(self, vm: str) -> None:
        status = self._session.vms.states().get(vm)
        if status is None or status.state.ended:
            self._close(vm)
        else:
            self._session.vms.kill(vm)

    def _start(self, vm: str) -> None:
        self._session.caretaker.start(vm, asked=True)

    def _dismiss(self, vm: str) -> None:
        """Closed while it starts, the VM stops; afterwards the placeholder alone goes."""
        session = self._session
        status = session.vms.states().get(vm)
        if status is not None and status.state is VMState.STARTING:
            session.task(session.vms.stop(vm))
            return
        if status is not None and not status.state.ended:
            self._dismissed.add(vm)
        self._close(vm)
