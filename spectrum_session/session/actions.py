"""Carries out actions that are not about windows, for bindings and the control socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spectrum_session.compositor.events import Bus
from spectrum_session.compositor.port import CompositorPort
from spectrum_session.session.events import ModeChanged
from spectrum_session.session.notices import Notices
from spectrum_session.session.programs import Programs
from spectrum_session.session.screenshots import Screenshots
from spectrum_session.session.settings import Settings
from spectrum_session.session.tasks import Tasks
from spectrum_session.session.vms.consoles import Consoles
from spectrum_session.session.vms.supervisor import Supervisor
from spectrum_session.shell import actions
from spectrum_session.shell.actions import Action
from spectrum_session.shell.commands import Perform


class Actions:
    """A row for each action that the shell passes on: the action, and the VM with the focus."""

    def __init__(
        self,
        settings: Settings,
        compositor: CompositorPort,
        bus: Bus,
        tasks: Tasks,
        programs: Programs,
        notices: Notices,
        screenshots: Screenshots,
        supervisor: Supervisor,
        consoles: Consoles,
        reload: Callable[[], object],
        stop: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._compositor = compositor
        self._bus = bus
        self._programs = programs
        self._supervisor = supervisor
        self.methods: Mapping[type[Action], Callable[[Any, str | None], object]] = {
            actions.Spawn: lambda action, _: programs.spawn(action.argv),
            actions.SpawnInVM: self._spawn_in_vm,
            actions.StartVM: lambda action, _: supervisor.start(action.vm, asked=True),
            actions.StopVM: lambda action, _: tasks.run(supervisor.vms.stop(action.vm)),
            actions.ConsoleVM: lambda action, vm: consoles.asked(action.vm or vm),
            actions.SetMode: self._mode,
            actions.Reload: lambda _action, _: reload(),
            actions.Exit: lambda _action, _: stop(),
            actions.ToggleBindings: lambda _action, _: notices.toggle_bindings(),
            actions.Screenshot: lambda action, _: tasks.run(screenshots.save(action.file)),
            actions.ReleaseKeyboard: lambda _action, _: compositor.release_keyboard(),
        }

    def perform(self, command: Perform) -> None:
        """Carry out an action; raises KeyError for one that the shell does not pass on."""
        self.methods[type(command.action)](command.action, command.vm)

    def _spawn_in_vm(self, _action: actions.SpawnInVM, vm: str | None) -> None:
        if vm is None:
            self._programs.spawn(self._settings.config.session.terminal)
        else:
            self._supervisor.terminal_in(vm)

    def _mode(self, action: actions.SetMode, _vm: str | None) -> None:
        self._compositor.set_mode(action.mode)
        self._bus.publish(ModeChanged(action.mode))
