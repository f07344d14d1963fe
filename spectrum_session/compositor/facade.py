"""Implements CompositorPort on the server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING

from spectrum_session.config.schema import Config
from spectrum_session.labels.placeholder import Panel
from spectrum_session.shell.actions import Action
from spectrum_session.shell.keybindings import BindingTable
from spectrum_session.shell.options import ShellOptions
from spectrum_session.shell.views import WorkspaceView
from spectrum_session.trusted.notices import Draw
from spectrum_session.wlr import provider, string

from .port import ConnectionView, OutputView, Versions, WindowView
from .trusted.overlay import Overlay
from .windows.placeholder_window import Placeholder

if TYPE_CHECKING:
    from .outputs.output import Output
    from .server import Server
    from .windows.window import Window


class Compositor:
    """See `port.CompositorPort`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._overlay = Overlay(server)
        self._placeholders: dict[str, Placeholder] = {}

    # --- windows and outputs

    def windows(self) -> list[WindowView]:
        """See the port."""
        return [self._window(window) for window in self._server.desktop.windows.values()]

    def window(self, number: int) -> WindowView | None:
        """See the port."""
        window = self._server.windows.get(number)
        return self._window(window) if window is not None else None

    def _window(self, window: Window) -> WindowView:
        return WindowView(
            id=window.id,
            vm=window.vm,
            label=window.label,
            title=window.title,
            app_id=window.app_id,
            pid=window.pid,
            frame=window.frame_rect,
            content=window.content_rect,
            place=window.place,
            mapped=window.id in self._server.desktop.windows,
            placeholder=isinstance(window, Placeholder),
        )

    def outputs(self) -> list[OutputView]:
        """See the port."""
        return [_output(output) for output in self._server.outputs]

    @property
    def focused_output(self) -> str | None:
        """See the port."""
        return self._server.desktop.focused_output

    def workspaces(self) -> list[WorkspaceView]:
        """See the port."""
        return self._server.desktop.shell.workspaces()

    def connections(self) -> list[ConnectionView]:
        """See the port."""
        windows = self._server.desktop.windows.values()
        return [
            ConnectionView(
                pid=client.pid,
                vm=client.origin.vm,
                windows=tuple(w.id for w in windows if w.client == client.pointer),
                since=client.since,
            )
            for client in self._server.origins
        ]

    def bindings(self) -> BindingTable:
        """See the port."""
        return self._server.make_binding_table()

    def versions(self) -> Versions:
        """See the port."""
        return Versions(provider.wlroots_version, provider.name, self._server.renderer_name)

    def act(self, action: Action, window: int | None = None) -> None:
        """See the port."""
        self._server.desktop.act(action, window)

    def reconfigure(self, config: Config, options: ShellOptions) -> None:
        """See the port."""
        # Placing windows anew asks for frame settings.
        self._server.config = config
        self._server.desktop.reconfigure(options)
        self._server.reconfigure(config)

    # --- VMs and their connections

    def add_vm(self, vm: str) -> None:
        """See the port."""
        self._server.add_vm(vm)

    def listen(self, path: Path, vm: str | None) -> None:
        """See the port."""
        self._server.listen(path, vm)

    def is_listening(self, vm: str) -> bool:
        """See the port."""
        return self._server.is_listening(vm)

    def connect(self, vm: str, pid: int, uid: int) -> socket.socket | None:
        """See the port."""
        return self._server.connect(vm, pid, uid)

    def disconnect(self, vm: str) -> None:
        """See the port."""
        self._server.disconnect(vm)

    def drop_vm(self, vm: str) -> None:
        """See the port."""
        self._server.drop_vm(vm)

    # --- placeholders

    def open_placeholder(
        self,
        vm: str,
        panel: Callable[[], tuple[Panel, bool]],
        chosen: Callable[[str], None],
        *,
        asked: bool,
        instead_of: int | None,
    ) -> bool:
        """See the port."""
        server = self._server
        if server.loop.closing:
            return False
        placeholder = Placeholder(server, vm, panel, chosen, asked=asked)
        self._placeholders[vm] = placeholder
        placeholder.open(server.desktop.windows.get(instead_of) if instead_of else None)
        server.desktop.stand_ins[vm] = placeholder
        server.loop.wake()
        return True

    def refresh_placeholder(self, vm: str) -> None:
        """See the port."""
        placeholder = self._placeholders.get(vm)
        if placeholder is not None:
            placeholder.refresh()

    def renew_placeholder(self, vm: str) -> None:
        """See the port."""
        placeholder = self._placeholders.get(vm)
        if placeholder is not None:
            self._server.desktop.stand_ins[vm] = placeholder

    def close_placeholder(self, vm: str) -> None:
        """See the port."""
        self._server.desktop.stand_ins.pop(vm, None)
        placeholder = self._placeholders.pop(vm, None)
        if placeholder is not None:
            placeholder.close()

    def last_focused_of(self, vm: str) -> int | None:
        """See the port."""
        return self._server.desktop.shell.last_of(vm)

    def tell_consoles(self, is_console: Callable[[str, int | None], bool]) -> None:
        """See the port."""

        def test(window: Window) -> bool:
            return window.vm is not None and is_console(window.vm, window.pid)

        self._server.desktop.is_console = test

    # --- trusted surfaces

    def show(self, name: str, draw: Draw, *, centered: bool, seconds: float | None = None) -> None:
        """See the port."""
        self._overlay.show(name, draw, centered=centered, seconds=seconds)

    def hide(self) -> None:
        """See the port."""
        self._overlay.hide()

    @property
    def shown(self) -> str:
        """See the port."""
        return self._overlay.name

    # --- input

    def set_mode(self, mode: str) -> None:
        """See the port."""
        self._server.input.machine.set_mode(mode)

    def release_keyboard(self) -> None:
        """See the port."""
        self._server.shortcuts.release()
        self._server.input.constraints.release()

    def spawn_token(self) -> str:
        """See the port."""
        return self._server.activation.token_for_spawn()

    # --- the loop

    def wake(self) -> None:
        """See the port."""
        self._server.loop.wake()

    def defer(self, key: Hashable, job: Callable[[], None]) -> None:
        """See the port."""
        self._server.loop.defer(key, job)


def _output(output: Output) -> OutputView:
    pointer = output.pointer
    on = output.enabled and bool(pointer.enabled)
    return OutputView(
        name=output.name,
        make=string(pointer.make),
        model=string(pointer.model),
        serial=string(pointer.serial),
        enabled=output.enabled,
        area=output.area,
        scale=output.scale,
        transform=output.transform,
        mode=(pointer.width, pointer.height, pointer.refresh) if on else None,
    )
