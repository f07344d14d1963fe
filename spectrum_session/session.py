"""The one place where everything meets: builds the session, wires it, runs it, shuts it down."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spectrum_session import readiness
from spectrum_session.children import Children
from spectrum_session.compositor.origin import DisplayName
from spectrum_session.compositor.overlay import Overlay
from spectrum_session.compositor.server import Server
from spectrum_session.compositor.spectrum_protocol import SpectrumProtocol, VMView
from spectrum_session.config.errors import ConfigErrors
from spectrum_session.config.load import load
from spectrum_session.config.providers import in_order
from spectrum_session.config.schema import Binding, Config
from spectrum_session.config.spectrum import troubles
from spectrum_session.consoles import Consoles
from spectrum_session.control.messages import ExitEvent
from spectrum_session.control.server import ControlServer
from spectrum_session.handler import Handler
from spectrum_session.labels.label import SUSPICIOUS, Label, make_labels
from spectrum_session.logs.line import of_vm
from spectrum_session.logs.vms import VMLines
from spectrum_session.nested import ParentWatch
from spectrum_session.placeholders import Placeholders
from spectrum_session.shell.actions import Action
from spectrum_session.shell.keybindings import DEFAULT_MODE, BindingSpec, BindingTable
from spectrum_session.shell.options import Rule, ShellOptions
from spectrum_session.shell.shell import Shell
from spectrum_session.trusted import notices
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gate.gates import Gates
from spectrum_session.vm.gate.policy import policy_of
from spectrum_session.vm.guest import LOST
from spectrum_session.vm.leftovers import GUESTS, LOCK, Hold, collect, machines
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.names import socket_path
from spectrum_session.vm.remove import remove_tree
from spectrum_session.wlr import ffi, lib, provider

log = logging.getLogger(__name__)

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
        self.labels = _labels(config)
        self.loop = asyncio.get_running_loop()
        self.shell = Shell(_shell_options(config))
        self.children = Children()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._parent: ParentWatch | None = None
        self._crashed = options.crashed
        self._vm_lines = VMLines()
        self.display_name = DisplayName(options.runtime_directory)
        try:
            self.directory = (
                options.runtime_directory / "spectrum-session" / self.display_name.name
            )
            self.directory.parent.mkdir(mode=0o700, exist_ok=True)
            self.hold = Hold(self.directory)
            self.server = Server(
                config, self.label_of, _binding_table, self.shell, self.perform, self._changed
            )
            self.protocol = SpectrumProtocol(
                self.server, self._vm_views, self._start_for_client, self._stop_for_client
            )
        except BaseException:
            self.display_name.release()
            raise
        self.overlay = Overlay(self.server)
        self.gates = Gates(
            lambda vm: policy_of(self.config, vm),
            self.server.connect,
            self.server.disconnect,
            lambda vm: self._changed("vm", {"name": vm}),
            self._gate_died,
        )
        self.vms = VMManager(
            config.vms,
            self.directory,
            options.state_directory / "log",
            self._vm_changed,
            self._open_vm_socket,
            _why_no_kvm,
            self._vm_staged,
        )
        self.placeholders = Placeholders(self)
        self.consoles = Consoles(self)
        self.handler = Handler(self)
        self.control = ControlServer(self.directory / "control", self.handler, log)
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
        self.server.dispatch()
        log.info(
            "ready: WAYLAND_DISPLAY=%s, backend %s, wlroots %s (%s)",
            self.display_name.name,
            self.options.backend,
            provider.wlroots_version,
            provider.name,
        )
        readiness.notify_fd(self.options.ready_fd)
        readiness.notify_systemd("READY=1", self.options.notify_socket)
        self._find_vms()
        self._start_programs()
        self._tell_of_troubles()
        self._tell_of_crash()
        self.server.freeze_garbage()
        await self._stop.wait()
        await self._shut_down()

    def stop(self) -> None:
        """End the session."""
        self._stop.set()

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
        self.server.dispatch()
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
            "SPECTRUM_SESSION_SOCKET": str(self.directory / "control"),
        }
        added.update(self.config.environment)
        return added

    def _start_programs(self) -> None:
        if self.config.session.spawn_terminal:
            self.spawn(self.config.session.terminal)
        for argv in self.config.session.autostart:
            self.spawn(argv)
        vms = self.config.vms
        # A provider first, so that a client of it finds it starting and starts it not again.
        for name in in_order(vms, {name: vm.net for name, vm in vms.items()}):
            if vms[name].autostart and self.vms.states()[name].state.ended:
                self.start_vm(name)

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

    # --- VMs

    def label_of(self, vm: str) -> Label:
        """The label of a VM under the VM's own name; the most suspicious one without any."""
        definition = self.config.vms.get(vm)
        label = self.labels.get(definition.label) if definition is not None else None
        # Of what a person sees of a VM the name is what is never covered or cut off first.
        shown = f"{NO_GATE} {vm}" if self.server.is_listening(vm) else vm
        return (label or SUSPICIOUS).named(shown)

    def is_listening(self, vm: str) -> bool:
        """Is a VM's socket open?"""
        return self.gates.is_open(vm) or self.server.is_listening(vm)

    def _open_vm_socket(self, name: str) -> Path:
        path = socket_path(self.directory, name)
        if self.is_listening(name):
            return path
        if self.config.session.gate:
            self.server.add_vm(name)
            try:
                self.gates.open(name, path)
            except (OSError, VMError):
                self.server.drop_vm(name)
                raise
        else:
            self.server.listen(path, name)
            log.warning(
                "connected without a gate: what it sends is not checked", extra=of_vm(name)
            )
            self.notice(f"{name} has no gate", ["What it sends is not checked (session.gate)."])
        return path

    def _gate_died(self, vm: str, how: str) -> None:
        self.notice(f"The gate of {vm} ended, and its windows with it", [how])
        self._changed("vm", {"name": vm})

    def _find_vms(self) -> None:
        """Have the machines again that sessions before this one left."""
        for text in collect(self.directory.parent, self.directory):
            log.warning("%s", text)
        found = self.vms.find_again()
        for name in found:
            self.task(self._reattach(name))
        states = self.vms.states().items()
        ended = [name for name, status in states if status.reason.startswith(LOST)]
        told = (("Running on", found), ("Ended meanwhile", ended))
        lines = [f"{what}: {', '.join(names)}" for what, names in told if names]
        if self.options.crashed:
            self._crashed = [*self.options.crashed, *lines]
        elif lines:
            self.notice("VMs of the session before this one", lines, "info")
        self.vms.watch()

    async def _reattach(self, name: str) -> None:
        try:
            await self.vms.reattach(name)
        except VMError as error:
            log.error("%s", error, extra=of_vm(name))
            self.notice(f"Cannot connect to {name}", [str(error)])

    def _vm_changed(self, name: str, status: VMStatus) -> None:
        self._vm_lines.changed(name, status.state.value, status.reason)
        if not self._stop.is_set():
            self.placeholders.changed(name, status)
        if status.state.ended:
            self.gates.close(name)
            self.server.drop_vm(name)
            self._tell_clients_of(name)
        self._changed("vm", {"name": name})

    def _tell_clients_of(self, provider: str) -> None:
        """A VM has ended; say aloud who had its network from it and still runs."""
        left = self.vms.clients_of(provider)
        if left and not self._stop.is_set():
            names = ", ".join(left)
            text = "it has ended, and leaves without a network: %s"
            log.warning(text, names, extra=of_vm(provider))
            verb = "runs" if len(left) == 1 else "run"
            self.notice(f"{provider} has ended", [f"{names} {verb} on without a network."])

    def _vm_staged(self, name: str) -> None:
        self.placeholders.refresh(name)
        self._changed("vm", {"name": name})

    def start_vm(self, name: str, *, asked: bool = False) -> None:
        """Start a VM; a failure is shown. `asked`: the person asks for it now, and waits for it."""
        if asked:
            self.placeholders.asked(name)
        self.task(self._start_vm(name))

    async def _start_vm(self, name: str) -> None:
        try:
            await self.vms.start(name)
        except VMError as error:
            log.error("%s", error, extra=of_vm(name))
            if not self.placeholders.shows(name):
                self.notice(f"Cannot start {name}", [str(error)])

    def _vm_views(self) -> dict[str, VMView]:
        views = {}
        for name, status in self.vms.states().items():
            views[name] = VMView(
                driver=self.vms.driver(name),
                note=status.note,
                label=self.label_of(name),
                state="stopped" if status.state.value == "defined" else status.state.value,
                reason=status.reason,
            )
        return views

    def _start_for_client(self, name: str, refused: Callable[[str], None]) -> None:
        self.placeholders.asked(name)
        self.task(self._answer(self.vms.start(name), refused))

    def _stop_for_client(self, name: str, refused: Callable[[str], None]) -> None:
        self.task(self._answer(self.vms.stop(name), refused))

    async def _answer(self, request: Awaitable[None], refused: Callable[[str], None]) -> None:
        try:
            await request
        except VMError as error:
            log.warning("a client of the host is refused: %s", error)
            refused(str(error))

    async def _terminal_in(self, vm: str) -> None:
        definition = self.config.vms.get(vm)
        if definition is None:
            return
        try:
            self.vms.spawn(vm, definition.terminal)
        except VMError as error:
            self.notice(f"Cannot open a terminal in {vm}", [str(error)])

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
                self.task(self._terminal_in(vm))
        elif name == "start-vm":
            self.start_vm(str(args[0]), asked=True)
        elif name == "stop-vm":
            self.task(self.vms.stop(str(args[0])))
        elif name == "console-vm":
            self.consoles.asked(str(args[0]) if args else vm)
        elif name == "mode":
            self.server.input.machine.set_mode(str(args[0]))
            self._changed("mode", {"mode": str(args[0])})
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
                keysym=keysym_from_name,
                bare_metal=self.options.backend in BARE_METAL,
            )
        except ConfigErrors as errors:
            lines = str(errors).splitlines()
            for line in lines:
                log.error("configuration: %s", line)
            self.notice("The configuration has errors; the old one stays", lines)
            self._changed("config", {"ok": False, "errors": lines})
            return lines
        self.config = config
        self.labels = _labels(config)
        self.environment = self._environment()
        self.vms.update(config.vms)
        self.vms.watch()
        self._tell_of_troubles()
        self.server.config = config
        self.server.desktop.reconfigure(_shell_options(config))
        self.server.reconfigure(config)
        self.gates.update()
        self.placeholders.reconfigured()
        log.info("configuration reloaded")
        self._changed("config", {"ok": True, "errors": []})
        return []

    def _changed(self, kind: str, detail: dict[str, Any]) -> None:
        if kind == "output" and self._nested and not self.server.outputs.by_name:
            log.info("the last window of this nested session was closed")
            self.stop()
        if hasattr(self, "handler"):
            if kind == "output":
                self._tell_of_crash()
            self.handler.changed(kind, detail)
            self.protocol.changed(kind, detail)
            if kind == "window" and detail["change"] == "opened":
                window = self.server.desktop.windows.get(detail["window"])
                if window is not None:
                    self.consoles.opened(window)
                    self.placeholders.opened(window)


def keysym_from_name(name: str) -> int:
    """The xkb keysym of a key's name, 0 for none; by wlroots' own libxkbcommon."""
    return int(lib.xkb_keysym_from_name(ffi.new("char[]", name.encode()), 0))


def _labels(config: Config) -> Mapping[str, Label]:
    return make_labels((name, label.color, label.pattern) for name, label in config.labels.items())


def _binding_table(config: Config) -> BindingTable:
    modes = {DEFAULT_MODE: config.bindings}
    modes.update({name: mode.bindings for name, mode in config.modes.items()})
    return BindingTable.build(
        {
            mode: {chord: _spec(binding) for chord, binding in bindings.items() if binding != ""}
            for mode, bindings in modes.items()
        },
        keysym_from_name,
    )


def _spec(binding: str | Binding) -> BindingSpec:
    if isinstance(binding, str):
        return BindingSpec(binding)
    return BindingSpec(
        binding.action, binding.repeat, binding.release, binding.locked, binding.keycode
    )


def _shell_options(config: Config) -> ShellOptions:
    layout = config.layout
    return ShellOptions(
        gap=layout.gap,
        outer_gap=layout.outer_gap,
        master_ratio=layout.master_ratio,
        default_layout=layout.default,
        layouts={int(number): name for number, name in layout.workspaces.items()},
        rules=tuple(
            Rule(
                rule.vm,
                rule.app_id,
                rule.title,
                rule.floating,
                rule.workspace,
                rule.fullscreen,
                rule.maximised,
                rule.focus,
                rule.width,
                rule.height,
            )
            for rule in config.rules
        ),
        focus_follows_pointer=config.focus.follows_pointer,
        # Without gates every window has to say so, and a frame is where it does.
        true_fullscreen=frozenset(
            name
            for name, definition in config.vms.items()
            if definition.true_fullscreen and config.session.gate
        ),
        title_height=config.frame.title_height + config.frame.border,
    )


def _why_no_kvm() -> str:
    # Imported when the first guest starts: most sessions have none.
    from spectrum_session.doctor.kvm import why_not

    return why_not()
