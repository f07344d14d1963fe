"""The one place where everything meets: builds the session, wires it, runs it, shuts it down."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spectrum_session.compositor.clients.origins import DisplayName
from spectrum_session.compositor.memory import freeze_garbage
from spectrum_session.compositor.protocols.spectrum_protocol import SpectrumProtocol
from spectrum_session.compositor.server import Server
from spectrum_session.compositor.trusted.overlay import Overlay
from spectrum_session.config.errors import ConfigErrors
from spectrum_session.config.load import load
from spectrum_session.config.schema import Config
from spectrum_session.config.spectrum import troubles
from spectrum_session.control.messages import ExitEvent
from spectrum_session.control.names import (
    CONTROL_SOCKET,
    ENVIRONMENT_VARIABLE,
    SESSIONS_DIRECTORY,
)
from spectrum_session.control.server import ControlServer
from spectrum_session.labels.label import SUSPICIOUS, Label
from spectrum_session.session import readiness, settings
from spectrum_session.session.handler import Handler
from spectrum_session.session.nested import ParentWatch
from spectrum_session.session.programs import Children
from spectrum_session.session.vms.consoles import Consoles
from spectrum_session.session.vms.placeholders import Placeholders
from spectrum_session.session.vms.supervisor import Caretaker
from spectrum_session.shell.actions import Action
from spectrum_session.shell.shell import Shell
from spectrum_session.trusted import notices
from spectrum_session.vm.storage.leftovers import GUESTS, LOCK, Hold, machines
from spectrum_session.vm.storage.remove import remove_tree
from spectrum_session.wlr import provider

log = logging.getLogger("spectrum_session.session")

DESKTOP_NAME = "spectrum"
BARE_METAL = frozenset({"drm"})
"""Backends of a session that is the machine's own: nothing for development is allowed on it."""
NO_GATE = "NO GATE"
"""What stands in the frames of a VM that is connected without one, beside its name."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    config_directory: Path | None
    outputs: tuple[tuple[int, int, float], ...]
    """Width and height in physical pixels, and scale."""
    backend: str
    """The one chosen: drm, wayland, x11 or headless."""
    ready_fd: int | None
    notify_socket: str | None
    parent_display: str | None
    """WAYLAND_DISPLAY of the session around this one, when it runs in a window of that."""
    runtime_directory: Path
    state_directory: Path
    crashed: list[str] | None = None
    """What to show about the session before this one, when it crashed."""


class Session:
    """A running session. Make it, then await `run`."""

    def __init__(self, options: Options, config: Config) -> None:
        """Needs a running asyncio loop. Raises compositor.server.StartError or OSError."""
        self.options = options
        self.config = config
        self.labels = settings.labels(config)
        self.loop = asyncio.get_running_loop()
        self.shell = Shell(settings.shell_options(config))
        self.children = Children()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._parent: ParentWatch | None = None
        self._crashed = options.crashed
        self.display_name = DisplayName(options.runtime_directory)
        try:
            self.directory = (
                options.runtime_directory / SESSIONS_DIRECTORY / self.display_name.name
            )
            self.directory.parent.mkdir(mode=0o700, exist_ok=True)
            self.hold = Hold(self.directory)
            self.server = Server(
                config,
                self.label_of,
                settings.binding_table,
                self.shell,
                self.perform,
                self.changed,
            )
            self.protocol = SpectrumProtocol(
                self.server,
                lambda: self.caretaker.views(),
                lambda name, refused: self.caretaker.start_for_client(name, refused),
                lambda name, refused: self.caretaker.stop_for_client(name, refused),
            )
        except BaseException:
            self.display_name.release()
            raise
        self.overlay = Overlay(self.server)
        self.caretaker = Caretaker(self)
        self.gates, self.vms = self.caretaker.gates, self.caretaker.vms
        self.placeholders = Placeholders(self)
        self.consoles = Consoles(self)
        self.handler = Handler(self)
        self.control = ControlServer(self.directory / CONTROL_SOCKET, self.handler, log)
        self.environment = self._environment()

    # --- life

    async def run(self) -> None:
        """Start, serve until somebody ends the session, shut down."""
        self.server.outputs.forced = list(self.options.outputs)
        self.server.start()
        if self.options.backend == "headless":
            for width, height, _ in self.options.outputs or ((1920, 1080, 1.0),):
                self.server.add_headless_output(width, height)
        if self.options.parent_display:
            runtime = self.options.runtime_directory
            self._parent = ParentWatch(runtime, self.options.parent_display, self.stop)
        self.server.listen(self.display_name.path, None)
        await self.control.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self.stop)
        self.loop.add_signal_handler(signal.SIGHUP, self.reload)
        os.environ.update(self.environment)
        self.server.loop.dispatch()
        log.info(
            "ready: WAYLAND_DISPLAY=%s, backend %s, wlroots %s (%s)",
            self.display_name.name,
            self.options.backend,
            provider.wlroots_version,
            provider.name,
        )
        readiness.notify_fd(self.options.ready_fd)
        readiness.notify_systemd("READY=1", self.options.notify_socket)
        self._tell_of_those_before()
        self._start_programs()
        self._tell_of_troubles()
        self._tell_of_crash()
        freeze_garbage()
        await self._stop.wait()
        await self._shut_down()

    def stop(self) -> None:
        """End the session."""
        self._stop.set()

    @property
    def ending(self) -> bool:
        """Has somebody ended the session?"""
        return self._stop.is_set()

    async def _shut_down(self) -> None:
        log.info("ending")
        if self._parent is not None:
            self._parent.close()
        readiness.notify_systemd("STOPPING=1", self.options.notify_socket)
        self.control.publish(ExitEvent())
        await self.control.close()
        self.placeholders.close_all()
        for window in list(self.server.windows.values()):
            window.ask_to_close()
        self.server.loop.dispatch()
        deadline = self.config.session.exit_deadline_ms / 1000
        keep = self.config.session.vms_at_exit == "keep"
        await asyncio.gather(
            self.vms.shutdown(deadline, keep=keep), self.children.end_all(deadline)
        )
        for task in list(self._tasks):
            task.cancel()
        self.gates.close_all()
        self.server.close()
        self.display_name.release()
        self._remove_directory()

    def _remove_directory(self) -> None:
        kept = bool(machines(self.directory))
        for entry in list(self.directory.iterdir()):
            if kept and entry.name in (GUESTS, LOCK):
                continue  # the next session's
            if not remove_tree(entry):
                with suppress(OSError):
                    entry.unlink()
        try:
            if not kept:
                self.directory.rmdir()
            self.directory.parent.rmdir()
        except OSError:
            return  # something of a VM's, or another session's directory, is still there
        finally:
            self.hold.release()

    @property
    def _nested(self) -> bool:
        """Does it run in windows of another session, and have they been there?"""
        return self.options.backend in ("wayland", "x11") and hasattr(self, "server")

    def _environment(self) -> dict[str, str]:
        added = {
            "WAYLAND_DISPLAY": self.display_name.name,
            "XDG_RUNTIME_DIR": str(self.options.runtime_directory),
            "XDG_CURRENT_DESKTOP": DESKTOP_NAME,
            "XDG_SESSION_DESKTOP": DESKTOP_NAME,
            "XDG_SESSION_TYPE": "wayland",
            ENVIRONMENT_VARIABLE: str(self.directory / CONTROL_SOCKET),
        }
        added.update(self.config.environment)
        return added

    def _start_programs(self) -> None:
        if self.config.session.spawn_terminal:
            self.spawn(self.config.session.terminal)
        for argv in self.config.session.autostart:
            self.spawn(argv)
        self.caretaker.start_those_wanted()

    # --- programs

    def spawn_environment(self) -> dict[str, str]:
        """The environment of a program on the host, with a token that lets it take the focus."""
        environment = {
            key: value
            for key, value in os.environ.items()
            if key not in ("NOTIFY_SOCKET", "DISPLAY", "WAYLAND_SOCKET")
        }
        environment.update(self.environment)
        token = self.server.activation.token_for_spawn()
        if token:
            environment["XDG_ACTIVATION_TOKEN"] = token
        return environment

    def spawn(self, argv: list[str]) -> int | None:
        """Start a program on the host. None when that failed, which is shown and logged."""
        try:
            return self.children.spawn(argv, self.spawn_environment())
        except OSError as error:
            text = f"{argv[0]}: {error.strerror or error}"
            log.error("cannot start %s", text)
            self.notice("Cannot start a program", [text])
            return None

    def task(self, coroutine: Any) -> None:
        """Run something beside the session; its failure is logged."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task failed", exc_info=task.exception())

    # --- labels

    def label_of(self, vm: str) -> Label:
        """The label of a VM under the VM's own name; the most suspicious one without any."""
        definition = self.config.vms.get(vm)
        label = self.labels.get(definition.label) if definition is not None else None
        # Of what a person sees of a VM the name is what is never covered or cut off first.
        shown = f"{NO_GATE} {vm}" if self.server.is_listening(vm) else vm
        return (label or SUSPICIOUS).named(shown)

    # --- actions that are not about windows

    def perform(self, action: Action, vm: str | None) -> None:
        """Do what a binding or the control socket asked for; `vm` has the focus."""
        name, args = action.name, action.args
        if name == "spawn":
            self.spawn([str(arg) for arg in args])
        elif name == "spawn-in-vm":
            if vm is None:
                self.spawn(self.config.session.terminal)
            else:
                self.task(self.caretaker.terminal_in(vm))
        elif name == "start-vm":
            self.caretaker.start(str(args[0]), asked=True)
        elif name == "stop-vm":
            self.task(self.vms.stop(str(args[0])))
        elif name == "console-vm":
            self.consoles.asked(str(args[0]) if args else vm)
        elif name == "mode":
            self.server.input.machine.set_mode(str(args[0]))
            self.changed("mode", {"mode": str(args[0])})
        elif name == "reload":
            self.reload()
        elif name == "exit":
            self.stop()
        elif name == "toggle-bindings":
            self._toggle_bindings()
        elif name == "screenshot":
            self.task(self.handler.save_screenshot(str(args[0]) if args else None))
        elif name == "release-keyboard":
            self.server.shortcuts.release()
            self.server.input.constraints.release()
        elif name != "nop":
            log.error("nobody carries out the action %r", name)

    def _toggle_bindings(self) -> None:
        if self.overlay.name == "bindings":
            self.overlay.hide()
        else:
            table = self.server.make_binding_table()
            self.overlay.show(
                "bindings", notices.bindings_picture(table, self.config.frame.font), centered=True
            )

    def notice(self, title: str, lines: list[str], kind: notices.Kind = "error") -> None:
        """Show the person a notice for a while."""
        self.overlay.show(
            "notice",
            notices.notice_picture(title, lines, kind, self.config.frame.font),
            centered=False,
            seconds=notices.SECONDS[kind],
        )

    def _tell_of_those_before(self) -> None:
        """Which VMs of an earlier session run on, and which ended while there was none."""
        lines = self.caretaker.find_again()
        if self.options.crashed:
            self._crashed = [*self.options.crashed, *lines]
        elif lines:
            self.notice("VMs of the session before this one", lines, "info")

    def _tell_of_troubles(self) -> None:
        """Say aloud which VMs of Spectrum's cannot start, and why."""
        lines = troubles(self.config)
        for line in lines:
            log.error("%s", line)
        if lines:
            self.notice("Definitions of VMs with errors", lines)

    def _tell_of_crash(self) -> None:
        """Once there is an output to show it on: how the session before ended."""
        lines = self._crashed
        if lines and any(output.enabled for output in self.server.outputs):
            self._crashed = None
            self.notice("The session before this one crashed", lines)

    # --- configuration

    def reload(self) -> list[str]:
        """Read the configuration again; with errors the old one stays. Returns the errors."""
        try:
            config = load(
                self.options.config_directory,
                keysym=settings.keysym_from_name,
                bare_metal=self.options.backend in BARE_METAL,
            )
        except ConfigErrors as errors:
            lines = str(errors).splitlines()
            for line in lines:
                log.error("configuration: %s", line)
            self.notice("The configuration has errors; the old one stays", lines)
            self.changed("config", {"ok": False, "errors": lines})
            return lines
        self.config = config
        self.labels = settings.labels(config)
        self.environment = self._environment()
        self.vms.update(config.vms)
        self.vms.watch()
        self._tell_of_troubles()
        self.server.config = config
        self.server.desktop.reconfigure(settings.shell_options(config))
        self.server.reconfigure(config)
        self.gates.update()
        self.placeholders.reconfigured()
        log.info("configuration reloaded")
        self.changed("config", {"ok": True, "errors": []})
        return []

    def changed(self, kind: str, detail: dict[str, Any]) -> None:
        """Something that people and programs are told of has changed (control/messages.py)."""
        if kind == "output" and self._nested and not self.server.outputs.by_name:
            log.info("the last window of this nested session was closed")
            self.stop()
        if hasattr(self, "handler"):
            if kind == "output":
                self._tell_of_crash()
            self.handler.publisher.changed(kind, detail)
            self.protocol.changed(kind, detail)
            if kind == "window" and detail["change"] == "opened":
                window = self.server.desktop.windows.get(detail["window"])
                if window is not None:
                    self.consoles.opened(window)
                    self.placeholders.opened(window)

