"""What the control socket can ask of the session."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
import time
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from spectrum_session import __version__
from spectrum_session.compositor.windows.placeholder_window import Placeholder
from spectrum_session.control import commands, errors, messages
from spectrum_session.control.errors import ControlError
from spectrum_session.control.names import EventName, VMState
from spectrum_session.control.tree import build_tree
from spectrum_session.labels.label import Label
from spectrum_session.session.publisher import Publisher
from spectrum_session.session.vms import guest_programs as running
from spectrum_session.session.vms import status as views
from spectrum_session.shell.actions import ACTIONS, Action, ActionError, format_action, parse_action
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.names import LayoutName
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.processes.child import Kind, prepare
from spectrum_session.wlr import provider, string

if TYPE_CHECKING:
    from spectrum_session.compositor.outputs.output import Output
    from spectrum_session.compositor.windows.window import Window
    from spectrum_session.session.session import Session

SCREENSHOT_SECONDS = 10.0
"""How long the capturing program may take."""


class Handler:
    """Carries out the commands of the control socket."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.publisher = Publisher(self)
        self._started = time.monotonic()

    def subscribing(self, events: Iterable[EventName]) -> None:
        """As control.server.Handler says."""
        self.publisher.subscribing(events)

    # --- commands

    async def handle(self, command: str, args: Any) -> object:
        """As control.server.Handler says."""
        method = getattr(self, "do_" + command.replace("-", "_"))
        result = method(args)
        if asyncio.iscoroutine(result):
            result = await result
        self.session.server.loop.wake()
        return result

    def do_windows(self, _args: Any) -> list[messages.Window]:
        windows = self.session.server.desktop.windows
        return [self.window(windows[number]) for number in sorted(windows)]

    def do_outputs(self, _args: Any) -> list[messages.Output]:
        return [self._output(output) for output in self.session.server.outputs]

    def do_workspaces(self, _args: Any) -> list[messages.Workspace]:
        return [
            messages.Workspace(
                number=view.number,
                layout=cast(LayoutName, view.layout),
                output=view.output,
                visible=view.visible,
                focused=view.focused,
                urgent=view.urgent,
                windows=list(view.windows),
            )
            for view in self.session.shell.workspaces()
        ]

    async def do_vms(self, _args: Any) -> list[messages.VM]:
        await self.session.vms.look()
        return [self.vm(name) for name in self.session.vms.states()]

    def do_apps(self, _args: Any) -> list[messages.Launchable]:
        session = self.session
        found = []
        for name in session.vms.states():
            definition = session.config.vms.get(name)
            vm = self.vm(name)
            for app in definition.apps if definition is not None else []:
                found.append(
                    messages.Launchable(
                        vm=name,
                        label=vm.label,
                        state=vm.state,
                        name=app.name,
                        command=app.command,
                        icon=app.icon or None,
                    )
                )
        return found

    def do_clients(self, _args: Any) -> list[messages.Client]:
        windows = self.session.server.desktop.windows.values()
        clients = []
        for record in self.session.server.origins:
            clients.append(
                messages.Client(
                    pid=record.pid,
                    vm=record.origin.vm,
                    windows=[w.id for w in windows if w.client == record.pointer],
                    connected_ms=int((time.monotonic() - record.since) * 1000),
                )
            )
        return clients

    def do_bindings(self, _args: Any) -> list[messages.Binding]:
        found = []
        for binding in self.session.server.make_binding_table().bindings:
            flags = [
                flag
                for flag in ("repeat", "release", "locked", "keycode")
                if getattr(binding, flag)
            ]
            spec = ACTIONS.get(binding.action.name)
            found.append(
                messages.Binding(
                    mode=binding.mode,
                    chord=binding.text,
                    action=format_action(binding.action),
                    description=spec.description if spec is not None else "",
                    flags=flags,
                )
            )
        return found

    def do_version(self, _args: Any) -> messages.Version:
        return messages.Version(
            version=__version__,
            wlroots=provider.wlroots_version,
            provider=provider.name,
            backend=self.session.options.backend,
            renderer=self.session.server.renderer_name,
            python=".".join(map(str, sys.version_info[:3])),
            pid=os.getpid(),
            wayland_display=self.session.display_name.name,
        )

    async def do_tree(self, args: Any) -> messages.Tree:
        gates = await views.tree_gates(self.session)
        return build_tree(
            self.do_outputs(args), self.do_workspaces(args), self.do_windows(args), gates
        )

    def do_window(self, args: commands.WindowArgs) -> None:
        window = self.session.server.desktop.windows.get(args.id)
        if window is None:
            raise ControlError(errors.NOT_FOUND, f"there is no window {args.id}")
        name = args.action
        if name == "move":
            action = Action("move-window", (args.x or 0, args.y or 0))
        elif name == "resize":
            action = Action("resize-window", (args.width or 1, args.height or 1))
        elif name == "workspace":
            action = Action("move-to-workspace", (args.workspace or 1,))
        elif name == "focus":
            action = Action("focus-window")
        elif name in ("fullscreen", "float", "maximise"):
            action = Action(name, (args.switch or "toggle",))
        else:
            action = Action(name)
        self.session.server.desktop.act(action, window.id)

    def do_workspace(self, args: commands.WorkspaceArgs) -> None:
        self.session.server.desktop.act(Action("workspace", (args.number,)))

    def do_layout(self, args: commands.LayoutArgs) -> None:
        self.session.server.desktop.act(Action("layout", (args.name,)))

    def do_action(self, args: commands.ActionArgs) -> None:
        try:
            action = parse_action(args.text)
        except ActionError as error:
            raise ControlError(errors.BAD_ARGUMENTS, str(error)) from error
        self.session.server.desktop.act(action)

    def do_spawn(self, args: commands.SpawnArgs) -> messages.Spawned:
        if args.vm is not None:
            try:
                return messages.Spawned(pid=self.session.vms.spawn(args.vm, args.argv))
            except VMError as error:
                raise self._vm_error(args.vm, error) from error
        try:
            pid = self.session.children.spawn(args.argv, self.session.spawn_environment())
        except OSError as error:
            text = f"cannot start {args.argv[0]!r}: {error.strerror or error}"
            raise ControlError(errors.FAILED, text) from error
        return messages.Spawned(pid=pid)

    async def do_vm_start(self, args: commands.VMArgs) -> None:
        try:
            await self.session.vms.start(args.name)
        except VMError as error:
            raise self._vm_error(args.name, error) from error

    async def do_vm_stop(self, args: commands.VMArgs) -> None:
        try:
            await self.session.vms.stop(args.name)
        except VMError as error:
            raise self._vm_error(args.name, error) from error

    def do_vm_kill(self, args: commands.VMArgs) -> None:
        try:
            self.session.vms.kill(args.name)
        except VMError as error:
            raise self._vm_error(args.name, error) from error

    def do_vm_log(self, args: commands.VMArgs) -> messages.VMLog:
        try:
            path = self.session.vms.log_path(args.name)
        except VMError as error:
            raise self._vm_error(args.name, error) from error
        try:
            text = path.read_text(errors="replace")
        except FileNotFoundError:
            text = ""
        except OSError as error:
            raise ControlError(errors.FAILED, f"{path}: {error.strerror}") from error
        return messages.VMLog(path=str(path), text=text)

    def do_vm_apps(self, args: commands.VMArgs) -> list[messages.App]:
        definition = self.session.config.vms.get(args.name)
        if definition is None:
            raise ControlError(errors.NOT_FOUND, f"there is no VM {args.name!r}")
        return [
            messages.App(name=app.name, command=app.command, icon=app.icon or None)
            for app in definition.apps
        ]

    def do_vm_run(self, args: commands.RunArgs) -> AsyncIterator[object]:
        try:
            program = self.session.vms.run(args.name, args.argv, args.stream)
        except VMError as error:
            raise self._vm_error(args.name, error) from error
        return running.run(self.session, program, args)

    async def do_vm_console(self, args: commands.ConsoleArgs) -> messages.VMConsole:
        try:
            opened = await self.session.consoles.open(args.name)
            if opened and args.wait:
                await self.session.vms.console_closed(args.name)
        except VMError as error:
            raise self._vm_error(args.name, error) from error
        return messages.VMConsole(already_open=not opened)

    def do_vm_socket(self, args: commands.VMArgs) -> messages.SocketPath:
        try:
            path = self.session.vms.socket_path(args.name)
        except VMError as error:
            raise self._vm_error(args.name, error) from error
        return messages.SocketPath(
            path=str(path), listening=self.session.caretaker.is_listening(args.name)
        )

    async def do_vm_status(self, args: commands.VMArgs) -> messages.VMStatus:
        if args.name not in self.session.vms.states():
            raise ControlError(errors.NOT_FOUND, f"there is no VM {args.name!r}")
        await self.session.vms.look()
        return await views.vm_status(self.session, args.name, self.vm(args.name))

    async def do_screenshot(self, args: commands.ScreenshotArgs) -> messages.Screenshot:
        region: Rect | None = None
        if args.window is not None:
            window = self.session.server.desktop.windows.get(args.window)
            if window is None or window.place is None:
                raise ControlError(errors.NOT_FOUND, f"there is no window {args.window}")
            if not window.place.visible:
                raise ControlError(errors.UNAVAILABLE, f"window {args.window} is not visible")
            region = window.frame_rect
        elif args.output is not None and args.output not in self.session.server.outputs.by_name:
            raise ControlError(errors.NOT_FOUND, f"there is no output {args.output!r}")
        png = await self._capture(args.output, region)
        width, height = struct.unpack(">II", png[16:24])
        return messages.Screenshot(width=width, height=height, png=png)

    def do_reload(self, _args: Any) -> None:
        lines = self.session.reload()
        if lines:
            raise ControlError(errors.CONFIG, "\n".join(lines))

    def do_exit(self, _args: Any) -> None:
        self.session.loop.call_later(0.05, self.session.stop)

    def _vm_error(self, name: str, error: VMError) -> ControlError:
        known = name in self.session.vms.states()
        return ControlError(errors.UNAVAILABLE if known else errors.NOT_FOUND, str(error))

    # --- screenshots

    async def _capture(self, output: str | None, region: Rect | None) -> bytes:
        """A PNG by grim, from our own screencopy protocol: what is on the screen and no more."""
        argv = ["grim"]
        if output is not None:
            argv += ["-o", output]
        if region is not None:
            argv += ["-g", f"{region.x},{region.y} {region.width}x{region.height}"]
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                "-",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self.session.spawn_environment(),
                preexec_fn=prepare(Kind.PROGRAM),
            )
        except OSError as error:
            text = f"cannot start grim: {error.strerror or error} (Debian package grim)"
            raise ControlError(errors.FAILED, text) from error
        try:
            picture, complaint = await asyncio.wait_for(
                process.communicate(), SCREENSHOT_SECONDS
            )
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            raise ControlError(errors.FAILED, "grim did not finish in time") from None
        if process.returncode or len(picture) < 24:
            text = complaint.decode("utf-8", "replace").strip() or "no picture"
            raise ControlError(errors.FAILED, f"grim: {text}")
        return picture

    async def save_screenshot(self, file: str | None) -> None:
        """Write a picture of all outputs to a file, by default one named by the time."""
        if file is None:
            folder = Path(os.environ.get("XDG_PICTURES_DIR", str(Path.home())))
            file = str(folder / time.strftime("screenshot-%Y-%m-%d-%H%M%S.png"))
        try:
            picture = await self._capture(None, None)
            await asyncio.to_thread(Path(file).write_bytes, picture)
        except (ControlError, OSError) as error:
            self.session.notice("No screenshot", [str(error)])
            return
        self.session.notice("Screenshot", [file], "info")

    # --- views

    def window(self, window: Window) -> messages.Window:
        place = window.place
        return messages.Window(
            id=window.id,
            vm=window.vm,
            label=_label(window.label),
            title=window.title,
            app_id=window.app_id,
            pid=window.pid,
            geometry=_geometry(window.frame_rect),
            content=_geometry(window.content_rect),
            workspace=place.workspace if place else 1,
            output=place.output if place else None,
            focused=place.focused if place else False,
            visible=place.visible if place else False,
            floating=place.floating if place else False,
            fullscreen=place.fullscreen if place else False,
            maximised=place.maximised if place else False,
            minimised=place.minimised if place else False,
            urgent=place.urgent if place else False,
            placeholder=isinstance(window, Placeholder),
        )

    def _output(self, output: Output) -> messages.Output:
        pointer = output.pointer
        shown = {w.output: w.number for w in self.session.shell.workspaces() if w.visible}
        mode = messages.Mode(
            width=pointer.width, height=pointer.height, refresh_mhz=pointer.refresh
        )
        return messages.Output(
            name=output.name,
            make=string(pointer.make),
            model=string(pointer.model),
            serial=string(pointer.serial),
            enabled=output.enabled and bool(pointer.enabled),
            geometry=_geometry(output.area),
            scale=output.scale,
            transform=output.transform,
            mode=mode if output.enabled and pointer.enabled else None,
            workspace=shown.get(output.name),
            focused=self.session.shell.focused_output == output.name,
        )

    def vm(self, name: str) -> messages.VM:
        session = self.session
        status = session.vms.states()[name]
        definition = session.config.vms.get(name)
        label = _label(session.label_of(name))
        assert label is not None
        state = "stopped" if status.state.value == "defined" else status.state.value
        return messages.VM(
            name=name,
            driver=session.vms.driver(name),
            state=cast(VMState, state),
            label=label,
            windows=[w.id for w in session.server.desktop.windows.values() if w.vm == name],
            pid=status.pids[0] if status.pids else None,
            reason=status.reason or None,
            since=_clock(status.since),
            net=(definition.net or None) if definition is not None else None,
            boot=views.boot(session.vms.boot(name)),
        )


def _geometry(rect: Rect) -> messages.Geometry:
    return messages.Geometry(x=rect.x, y=rect.y, width=rect.width, height=rect.height)


def _clock(at: float) -> str:
    """A time of time.monotonic() by the host's clock."""
    passed = time.monotonic() - at
    return datetime.fromtimestamp(time.time() - passed).astimezone().isoformat(timespec="seconds")


def _label(label: Label | None) -> messages.Label | None:
    if label is None:
        return None
    return messages.Label(name=label.name, color=label.color.hex, pattern=label.pattern.value)
