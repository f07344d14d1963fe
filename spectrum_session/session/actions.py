"""Carries out actions that are not about windows, for bindings and the control socket."""

from __future__ import annotations

from collections.abc import Callable

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
from spectrum_session.shell.commands import Perform


class Actions:
    """A method for each action that the shell passes on."""

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
        self._tasks = tasks
        self._programs = programs
        self._notices = notices
        self._screenshots = screenshots
        self._supervisor = supervisor
        self._consoles = consoles
        self._reload = reload
        self._stop = stop
        self.methods: dict[str, Callable[[Perform], object]] = {
            "spawn": self._spawn,
            "spawn-in-vm": self._spawn_in_vm,
            "start-vm": self._start_vm,
            "stop-vm": self._stop_vm,
            "console-vm": self._console_vm,
            "mode": self._mode,
            "reload": lambda _: self._reload(),
            "exit": lambda _: self._stop(),
            "toggle-bindings": lambda _: self._notices.toggle_bindings(),
            "screenshot": self._screenshot,
            "release-keyboard": lambda _: self._compositor.release_keyboard(),
        }

    def perform(self, command: Perform) -> None:
        """Carry out an action; raises KeyError for one that the shell does not pass on."""
        self.methods[command.action.name](command)

    def _spawn(self, command: Perform) -> None:
        self._programs.spawn([str(arg) for arg in command.action.args])

    def _spawn_in_vm(self, command: Perform) -> None:
        if command.vm is None:
            self._programs.spawn(self._settings.config.session.terminal)
        else:
            self._supervisor.terminal_in(command.vm)

    def _start_vm(self, command: Perform) -> None:
        self._supervisor.start(str(command.action.args[0]), asked=True)

    def _stop_vm(self, command: Perform) -> None:
        self._tasks.run(self._supervisor.vms.stop(str(command.action.args[0])))

    def _console_vm(self, command: Perform) -> None:
        args = command.action.args
        self._consoles.asked(str(args[0]) if args else command.vm)

    def _mode(self, command: Perform) -> None:
        mode = str(command.action.args[0])
        self._compositor.set_mode(mode)
        self._bus.publish(ModeChanged(mode))

    def _screenshot(self, command: Perform) -> None:
        args = command.action.args
        self._tasks.run(self._screenshots.save(str(args[0]) if args else None))
