"""The composition root: builds the session's parts, wires them, runs them and ends them."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from functools import partial

from spectrum_session.compositor.clients.origins import DisplayName
from spectrum_session.compositor.events import Bus, OutputsChanged, WindowClosed, WindowOpened
from spectrum_session.compositor.facade import Compositor
from spectrum_session.compositor.input.keysyms import keysym_from_name
from spectrum_session.compositor.memory import freeze_garbage
from spectrum_session.compositor.protocols.spectrum_protocol import SpectrumProtocol
from spectrum_session.compositor.server import Server
from spectrum_session.config.schema import Config
from spectrum_session.control.handlers.dispatch import Dispatch
from spectrum_session.control.handlers.outputs import OutputCommands
from spectrum_session.control.handlers.session import SessionCommands
from spectrum_session.control.handlers.vms import VMCommands
from spectrum_session.control.handlers.windows import WindowCommands
from spectrum_session.control.messages import ExitEvent
from spectrum_session.control.names import CONTROL_SOCKET, ENVIRONMENT_VARIABLE
from spectrum_session.control.server import ControlServer
from spectrum_session.session import readiness
from spectrum_session.session.actions import Actions
from spectrum_session.session.directory import SessionDirectory
from spectrum_session.session.events import ConfigReloaded, VMChanged
from spectrum_session.session.labels import Labels
from spectrum_session.session.nested import ParentWatch
from spectrum_session.session.notices import Notices
from spectrum_session.session.options import BARE_METAL, NESTED, Options
from spectrum_session.session.programs import Programs
from spectrum_session.session.publisher import Publisher
from spectrum_session.session.reload import Reload
from spectrum_session.session.screenshots import Screenshots
from spectrum_session.session.settings import Settings, binding_table, shell_options
from spectrum_session.session.tasks import Tasks
from spectrum_session.session.vms.consoles import Consoles
from spectrum_session.session.vms.placeholders import Placeholders
from spectrum_session.session.vms.supervisor import Supervisor
from spectrum_session.shell.commands import Perform
from spectrum_session.shell.shell import Shell

log = logging.getLogger(__package__)

DESKTOP_NAME = "spectrum"


class Session:
    """A running session. Make it, then await `run`."""

    def __init__(self, options: Options, config: Config) -> None:
        """Needs a running asyncio loop. Raises compositor.server.StartError or OSError."""
        self._options = options
        self._stop = asyncio.Event()
        self._settings = Settings(config)
        self._labels = Labels(self._settings)
        self._bus = Bus()
        self._tasks = Tasks()
        self._display_name = DisplayName(options.runtime_directory)
        try:
            self._directory = SessionDirectory(options.runtime_directory, self._display_name.name)
            shell = Shell(shell_options(config))
            bindings = partial(binding_table, keysym_from_name)
            self._server = Server(config, self._labels.of, bindings, shell, self._bus)
            self._compositor = Compositor(self._server)
            self._build()
        except BaseException:
            self._display_name.release()
            raise
        self._wire()

    def _build(self) -> None:
        options, settings, compositor = self._options, self._settings, self._compositor
        bus, tasks, display = self._bus, self._tasks, self._display_name.name
        self._notices = Notices(compositor, settings, options.crashed or [])
        notify, ending = self._notices.show, self._stop.is_set
        self._programs = programs = Programs(compositor, settings, self._variables(), notify)
        self._supervisor = supervisor = Supervisor(
            settings,
            compositor,
            bus,
            self._labels,
            tasks,
            notify,
            ending,
            self._directory.path,
            options.state_directory / "log",
        )
        vms = supervisor.vms
        self._protocol = SpectrumProtocol(
            self._server, supervisor.views, supervisor.start_for_client, supervisor.stop_for_client
        )
        self._consoles = Consoles(compositor, vms, tasks, notify)
        self._placeholders = Placeholders(
            settings,
            compositor,
            self._labels,
            vms,
            self._consoles,
            programs.spawn,
            tasks,
            notify,
            partial(supervisor.start, asked=True),
            ending,
        )
        screenshots = Screenshots(programs.environment, notify)
        bare_metal = options.backend in BARE_METAL
        self._reload = Reload(
            options.config_directory,
            bare_metal,
            keysym_from_name,
            settings,
            compositor,
            bus,
            self._notices,
            supervisor,
            self._placeholders,
        )
        reload = self._reload.reload
        self._actions = Actions(
            settings,
            compositor,
            bus,
            tasks,
            programs,
            self._notices,
            screenshots,
            supervisor,
            self._consoles,
            reload,
            self.stop,
        )
        self._control = ControlServer(self._directory.path / CONTROL_SOCKET, log)
        gates, label_of, consoles = supervisor.gates, self._labels.of, self._consoles
        vm_commands = VMCommands(compositor, vms, gates, consoles, settings, label_of, tasks.run)
        self._publisher = Publisher(self._control, compositor, vms, vm_commands)
        self._dispatch = Dispatch(
            {
                "windows": WindowCommands(compositor, gates),
                "outputs": OutputCommands(compositor, screenshots),
                "vms": vm_commands,
                "session": SessionCommands(
                    compositor, vms, programs, reload, self.stop, options.backend, display
                ),
            },
            compositor,
            vms,
            self._publisher.subscribing,
        )

    def _wire(self) -> None:
        """Subscribe the parts; for one event they are called in this order."""
        bus = self._bus
        bus.subscribe(Perform, self._actions.perform)
        bus.subscribe(OutputsChanged, self._outputs_changed)
        bus.subscribe(OutputsChanged, self._notices.crash)
        self._publisher.subscribe_to(bus)
        for kind in (WindowOpened, WindowClosed, VMChanged, ConfigReloaded):
            bus.subscribe(kind, self._protocol.refresh)
        bus.subscribe(WindowOpened, self._consoles.window_opened)
        self._placeholders.subscribe_to(bus)

    def _outputs_changed(self, _event: OutputsChanged) -> None:
        if self._options.backend in NESTED and not self._compositor.outputs():
            log.info("the last window of this nested session was closed")
            self.stop()

    def _variables(self) -> dict[str, str]:
        return {
            "WAYLAND_DISPLAY": self._display_name.name,
            "XDG_RUNTIME_DIR": str(self._options.runtime_directory),
            "XDG_CURRENT_DESKTOP": DESKTOP_NAME,
            "XDG_SESSION_DESKTOP": DESKTOP_NAME,
            "XDG_SESSION_TYPE": "wayland",
            ENVIRONMENT_VARIABLE: str(self._directory.path / CONTROL_SOCKET),
        }

    async def run(self) -> None:
        """Start, serve until the session is ended, shut down."""
        options, server = self._options, self._server
        server.outputs.forced = list(options.outputs)
        server.start()
        if options.backend == "headless":
            for width, height, _ in options.outputs or ((1920, 1080, 1.0),):
                server.add_headless_output(width, height)
        parent: ParentWatch | None = None
        if options.parent_display:
            parent = ParentWatch(options.runtime_directory, options.parent_display, self.stop)
        server.listen(self._display_name.path, None)
        await self._control.start(self._dispatch)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload.reload)
        os.environ.update(self._programs.variables())
        server.loop.dispatch()
        versions = self._compositor.versions()
        log.info(
            "ready: WAYLAND_DISPLAY=%s, backend %s, wlroots %s (%s)",
            self._display_name.name,
            options.backend,
            versions.wlroots,
            versions.provider,
        )
        readiness.notify_fd(options.ready_fd)
        readiness.notify_systemd("READY=1", options.notify_socket)
        self._notices.earlier_vms(self._supervisor.find_again())
        self._programs.autostart()
        self._supervisor.autostart()
        self._notices.definition_errors()
        self._notices.crash()
        freeze_garbage()
        await self._stop.wait()
        if parent is not None:
            parent.close()
        await self._shut_down()

    def stop(self) -> None:
        """End the session."""
        self._stop.set()

    async def _shut_down(self) -> None:
        log.info("ending")
        readiness.notify_systemd("STOPPING=1", self._options.notify_socket)
        self._control.publish(ExitEvent())
        await self._control.close()
        self._placeholders.close_all()
        for window in list(self._server.windows.values()):
            window.ask_to_close()
        self._server.loop.dispatch()
        ends = self._settings.config.session
        deadline_s = ends.exit_deadline_ms / 1000
        await asyncio.gather(
            self._supervisor.vms.shutdown(deadline_s, keep=ends.vms_at_exit == "keep"),
            self._programs.children.end_all(deadline_s),
        )
        self._tasks.cancel_all()
        self._supervisor.gates.close_all()
        self._server.close()
        self._display_name.release()
        self._directory.close()
