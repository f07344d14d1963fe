"""The session's ports on plain data: a compositor and VMs that keep what was asked of them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spectrum_session.compositor.port import (
    CompositorPort,
    ConnectionView,
    OutputView,
    Versions,
    WindowView,
)
from spectrum_session.config.schema import VM, Config
from spectrum_session.labels.placeholder import Panel
from spectrum_session.session.vms.ports import VMs
from spectrum_session.shell.actions import Action
from spectrum_session.shell.commands import Place
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.keybindings import BindingTable
from spectrum_session.shell.options import ShellOptions
from spectrum_session.shell.views import WorkspaceView
from spectrum_session.trusted.notices import Draw
from spectrum_session.vm.boot_stages import Boot
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.program import Program
from spectrum_session.vm.model import VMState, VMStatus

AREA = Rect(0, 0, 1000, 800)


def place(number: int, **changes: bool) -> Place:
    """A visible place on the first workspace."""
    values = dict.fromkeys(
        (
            "floating",
            "fullscreen",
            "true_fullscreen",
            "maximised",
            "minimised",
            "urgent",
            "focused",
            "tiled",
        ),
        False,
    )
    values.update(visible=True)
    values.update(changes)
    return Place(number, AREA, workspace=1, output="one", **values)


def window(
    number: int,
    vm: str | None = None,
    *,
    pid: int = 1,
    mapped: bool = True,
    placeholder: bool = False,
    where: Place | None = None,
) -> WindowView:
    """A window that is shown on the first workspace."""
    return WindowView(
        id=number,
        vm=vm,
        label=None,
        title=f"title {number}",
        app_id="app",
        pid=pid,
        frame=AREA,
        content=AREA,
        place=where or place(number),
        mapped=mapped,
        placeholder=placeholder,
    )


def output(name: str) -> OutputView:
    """An output that is on."""
    return OutputView(name, "", "", "", True, AREA, 1.0, "normal", (1000, 800, 60000))


@dataclass
class FakeCompositor:
    """A compositor of lists; `calls` has what it was told to do, in order."""

    listed: dict[int, WindowView] = field(default_factory=dict)
    shown_outputs: list[OutputView] = field(default_factory=list)
    shown_workspaces: list[WorkspaceView] = field(default_factory=list)
    clients: list[ConnectionView] = field(default_factory=list)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    deferred: dict[Hashable, Callable[[], None]] = field(default_factory=dict)
    buttons: dict[str, Callable[[str], None]] = field(default_factory=dict)
    """The callbacks of open placeholders by VM."""
    shown: str = ""
    focused_output: str | None = None
    is_console: Callable[[str, int | None], bool] = lambda vm, pid: False

    def add(self, *windows: WindowView) -> None:
        """These windows are there."""
        self.listed.update((view.id, view) for view in windows)

    def run_deferred(self) -> None:
        """The end of a turn of the loop."""
        jobs, self.deferred = self.deferred, {}
        for job in jobs.values():
            job()

    def windows(self) -> list[WindowView]:
        return [view for view in self.listed.values() if view.mapped]

    def window(self, number: int) -> WindowView | None:
        return self.listed.get(number)

    def outputs(self) -> list[OutputView]:
        return self.shown_outputs

    def workspaces(self) -> list[WorkspaceView]:
        return self.shown_workspaces

    def connections(self) -> list[ConnectionView]:
        return self.clients

    def bindings(self) -> BindingTable:
        return BindingTable.build({}, lambda name: 0)

    def versions(self) -> Versions:
        return Versions("0.0", "fake", "pixman")

    def act(self, action: Action, window: int | None = None) -> None:
        self.calls.append(("act", action, window))

    def reconfigure(self, config: Config, options: ShellOptions) -> None:
        self.calls.append(("reconfigure", config, options))

    def add_vm(self, vm: str) -> None:
        self.calls.append(("add_vm", vm))

    def listen(self, path: Path, vm: str | None) -> None:
        self.calls.append(("listen", path, vm))

    def is_listening(self, vm: str) -> bool:
        return False

    def connect(self, vm: str, pid: int, uid: int) -> socket.socket | None:
        return None

    def disconnect(self, vm: str) -> None:
        self.calls.append(("disconnect", vm))

    def drop_vm(self, vm: str) -> None:
        self.calls.append(("drop_vm", vm))

    def open_placeholder(
        self,
        vm: str,
        panel: Callable[[], tuple[Panel, bool]],
        chosen: Callable[[str], None],
        *,
        asked: bool,
        instead_of: int | None,
    ) -> bool:
        self.buttons[vm] = chosen
        self.calls.append(("open_placeholder", vm, asked, instead_of))
        return True

    def refresh_placeholder(self, vm: str) -> None:
        self.calls.append(("refresh_placeholder", vm))

    def renew_placeholder(self, vm: str) -> None:
        self.calls.append(("renew_placeholder", vm))

    def close_placeholder(self, vm: str) -> None:
        if self.buttons.pop(vm, None) is not None:
            self.calls.append(("close_placeholder", vm))

    def last_focused_of(self, vm: str) -> int | None:
        return next((view.id for view in self.windows() if view.vm == vm), None)

    def tell_consoles(self, is_console: Callable[[str, int | None], bool]) -> None:
        self.is_console = is_console

    def show(self, name: str, draw: Draw, *, centered: bool, seconds: float | None = None) -> None:
        self.shown = name
        self.calls.append(("show", name))

    def hide(self) -> None:
        self.shown = ""

    def set_mode(self, mode: str) -> None:
        self.calls.append(("set_mode", mode))

    def release_keyboard(self) -> None:
        self.calls.append(("release_keyboard",))

    def spawn_token(self) -> str:
        return "token"

    def wake(self) -> None:
        self.calls.append(("wake",))

    def defer(self, key: Hashable, job: Callable[[], None]) -> None:
        self.deferred[key] = job


@dataclass
class FakeVMs:
    """VMs whose states the test sets; `calls` has what was asked."""

    directory: Path
    status: dict[str, VMStatus] = field(default_factory=dict)
    windows: bool = True
    pids: dict[str, list[int]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)

    def put(self, name: str, state: VMState, reason: str = "") -> VMStatus:
        """A VM is in this state now."""
        self.status[name] = VMStatus(state, 0.0, reason)
        return self.status[name]

    def _note(self, what: str, name: str) -> None:
        if name not in self.status:
            raise VMError(f"there is no VM {name!r}")
        self.calls.append((what, name))

    def states(self) -> dict[str, VMStatus]:
        return dict(self.status)

    async def look(self) -> None:
        return

    def driver(self, name: str) -> str:
        return "local"

    def boot(self, name: str) -> Boot | None:
        return None

    async def start(self, name: str) -> None:
        self._note("start", name)

    async def stop(self, name: str) -> None:
        self._note("stop", name)

    def kill(self, name: str) -> None:
        self._note("kill", name)

    def spawn(self, name: str, argv: Sequence[str]) -> int:
        self._note("spawn", name)
        if self.status[name].state is not VMState.RUNNING:
            raise VMError(f"{name}: it does not run")
        return 77

    def run(self, name: str, argv: Sequence[str], streamed: bool = False) -> Program:
        raise VMError(f"{name}: the local driver keeps no output")

    def log_path(self, name: str) -> Path:
        self._note("log", name)
        return self.directory / f"{name}.log"

    def socket_path(self, name: str) -> Path:
        self._note("socket", name)
        return self.directory / name

    def console(self, name: str) -> list[str]:
        return []

    def await_window(self, name: str) -> None:
        self._note("await", name)

    def shows_windows(self, name: str) -> bool:
        return self.windows

    def showed(self, name: str) -> None:
        self._note("showed", name)

    async def open_console(self, name: str) -> None:
        self._note("open_console", name)

    async def console_closed(self, name: str) -> None:
        self._note("console_closed", name)

    def console_pids(self, name: str) -> list[int]:
        return self.pids.get(name, [])


def config(**vms: VM) -> Config:
    """A configuration with these VMs and defaults for the rest."""
    return Config(vms=vms)


def _ports(compositor: FakeCompositor, vms: FakeVMs) -> tuple[CompositorPort, VMs]:
    """The fakes are ports: mypy compares them."""
    return compositor, vms
