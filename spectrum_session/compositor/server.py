"""The compositor: display, backend and scene, and one object per protocol noun."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spectrum_session.config.schema import Config
from spectrum_session.labels.color import Color
from spectrum_session.labels.label import Label
from spectrum_session.shell.keybindings import BindingTable, KeyMachine
from spectrum_session.shell.shell import Shell
from spectrum_session.wlr import NULL, Owner, ffi, lib, listeners

from .clients.globals import GlobalFilter
from .clients.origins import HOST, ListeningSocket, Origin, Origins
from .clients.refusals import Refusals
from .desktop import Desktop
from .events import Bus, OutputsChanged
from .focus import Focus
from .input.input import Input
from .input.shortcuts import Shortcuts
from .input.text_input import TextInputs
from .layers import Layers
from .loop import Loop
from .memory import Trim
from .outputs import no_backend
from .outputs.output import Outputs
from .outputs.output_management import OutputManagement
from .outputs.renderer import whole_frames
from .part import Part
from .protocols.activation import Activation
from .protocols.foreign_toplevel import ForeignToplevels
from .protocols.idle import Idle
from .protocols.layer_surface import LayerShell
from .protocols.session_lock import SessionLock
from .surfaces import Surfaces
from .windows.containment import Containment
from .windows.decorations import Decorations
from .windows.window import Window
from .windows.xdg_shell import XdgShell
from .workarounds.source_boxes import SourceBoxes

log = logging.getLogger(__name__)

COMPOSITOR_VERSION = 6


class StartError(RuntimeError):
    """The backend or the renderer cannot be started; the text says what to look at."""


class Server(Owner):
    """Everything of one session's compositor. Made on a running asyncio loop."""

    def __init__(
        self,
        config: Config,
        labels: Callable[[str], Label],
        make_bindings: Callable[[Config], BindingTable],
        shell: Shell,
        bus: Bus,
    ) -> None:
        """`labels` gives a VM's label by name. Raises StartError."""
        super().__init__()
        self.config = config
        self.bus = bus
        self._labels = labels
        self._make_bindings = make_bindings
        self.parts: list[Part] = []
        """In the order in which they were built; closed in the reverse one."""
        self.surfaces = Surfaces(self)
        self.windows: dict[int, Window] = {}
        """All windows, mapped or not, by id."""
        self._sockets: dict[str | None, ListeningSocket] = {}

        self.display = lib.display_create()
        self.loop = Loop(self.display)
        self.trim = Trim(self.loop)
        self.origins = Origins(self.display, self._permissions, self.trim.soon)
        self.refusals = Refusals(self.origins)
        self.filter = GlobalFilter(self.display, self.origins)
        self._session = ffi.new("struct wlr_session **")
        self.backend = lib.backend_autocreate(self.display, self._session)
        if not self.backend:
            raise StartError(f"nothing to draw on: {no_backend.explain(os.environ)}")
        with whole_frames():
            self.renderer = lib.wlr_renderer_autocreate(self.backend)
        if not self.renderer:
            raise StartError("no renderer; WLR_RENDERER=pixman needs no graphics hardware")
        self.renderer_name: str = lib.renderer_name(self.renderer)
        """As WLR_RENDERER has it."""
        lib.wlr_renderer_init_wl_display(self.renderer, self.display)
        self.allocator = lib.wlr_allocator_autocreate(self.backend, self.renderer)
        if not self.allocator:
            raise StartError("no allocator for this backend and renderer")
        self.scene = lib.wlr_scene_create()
        self.scene_root = ffi.addressof(self.scene.tree, "node")
        self.layers = Layers(self.scene)
        self.source_boxes = SourceBoxes()
        self.containment = Containment()
        self._create_plain_globals()

        self.outputs = Outputs(self)
        lib.wlr_xdg_output_manager_v1_create(self.display, self.outputs.layout)
        self.focus = Focus(self)
        self.idle = Idle(self)
        self.session_lock = SessionLock(self)
        self.layer_shell = LayerShell(self)
        self.text_input = TextInputs(self)
        self.shortcuts = Shortcuts(self)
        self.decorations = Decorations(self)
        self.foreign = ForeignToplevels(self)
        self.output_management = OutputManagement(self)
        self.activation = Activation(self)
        self.desktop = Desktop(self, shell, bus)
        self.input = Input(self)

        self.xdg_shell = XdgShell(self)
        self.on("wlr_backend", self.backend, "new_output", self.outputs.add)
        self.on("wlr_backend", self.backend, "new_input", self.input.add_device)

    def _create_plain_globals(self) -> None:
        """Globals that wlroots serves by itself."""
        display = self.display
        lib.wlr_compositor_create(display, COMPOSITOR_VERSION, self.renderer)
        lib.wlr_subcompositor_create(display)
        lib.wlr_data_device_manager_create(display)
        lib.wlr_primary_selection_v1_device_manager_create(display)
        lib.wlr_data_control_manager_v1_create(display)
        lib.wlr_viewporter_create(display)
        lib.wlr_single_pixel_buffer_manager_v1_create(display)
        lib.wlr_fractional_scale_manager_v1_create(display, 1)
        lib.presentation_create(display, self.backend, self.scene)
        lib.wlr_screencopy_manager_v1_create(display)
        lib.wlr_content_type_manager_v1_create(display, 1)
        lib.wlr_tearing_control_manager_v1_create(display, 1)
        if lib.wlr_renderer_get_drm_fd(self.renderer) >= 0:
            lib.wlr_export_dmabuf_manager_v1_create(display)
        self.origins.use_security_contexts(lib.wlr_security_context_manager_v1_create(display))

    # --- life

    def start(self) -> None:
        """Start the backend and watch libwayland's events. Raises StartError."""
        self.loop.start()
        if not lib.wlr_backend_start(self.backend):
            raise StartError("the backend does not start (see the log above)")
        self.loop.dispatch()

    def close(self) -> None:
        """Disconnect all clients and free everything."""
        self.loop.close()
        for listening in self._sockets.values():
            listening.close()
        self._sockets.clear()
        lib.wl_display_destroy_clients(self.display)
        for part in reversed(self.parts):
            part.close()
        self.forget_listeners()
        lib.wlr_backend_destroy(self.backend)
        lib.wlr_allocator_destroy(self.allocator)
        lib.wlr_renderer_destroy(self.renderer)
        self.origins.close()
        lib.close()
        lib.wl_display_destroy(self.display)
        if len(listeners):
            log.warning("listeners were left at the end: %s", ", ".join(listeners.places()))

    # --- sockets and connections

    def listen(self, path: Path, vm: str | None) -> None:
        """Accept clients of the host (None) on `path`; or of a VM, without a gate between: for
        development. Raises OSError."""
        if vm is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.add_vm(vm)
        origin = HOST if vm is None else Origin(vm)
        self._sockets[vm] = ListeningSocket(path, origin, self.origins)

    def is_listening(self, vm: str) -> bool:
        """Is a VM's socket accepted on here, without a gate?"""
        return vm in self._sockets

    def add_vm(self, vm: str) -> None:
        """Make what a VM's clients need before there can be any."""
        self.input.seat(vm)

    def connect(self, vm: str, pid: int, uid: int) -> socket.socket | None:
        """As Origins.connect, with as many connections as policy allows."""
        end = self.origins.connect(vm, pid, uid, self.config.limits_of(vm).connections)
        self.loop.wake()
        return end

    def disconnect(self, vm: str) -> None:
        """Drop a VM's clients; their windows go at once. More may come."""
        self.origins.disconnect(vm)
        self.loop.wake()

    def drop_vm(self, vm: str) -> None:
        """The VM ended: drop its clients and all that was there for them."""
        listening = self._sockets.pop(vm, None)
        if listening is not None:
            listening.close()
        self.origins.disconnect(vm)
        self.input.drop_seat(vm)
        self.loop.wake()

    # --- configuration

    def reconfigure(self, config: Config) -> None:
        """Apply a new configuration to everything that runs."""
        self.config = config
        self.input.reconfigure()
        self.outputs.reconfigure()
        for window in self.windows.values():
            window.redraw()
        self.loop.wake()

    def make_key_machine(self) -> KeyMachine:
        """The state of keys and bindings."""
        return KeyMachine(self.make_binding_table())

    def make_binding_table(self) -> BindingTable:
        """The bindings of the configuration."""
        return self._make_bindings(self.config)

    @property
    def background_color(self) -> tuple[float, float, float, float]:
        """Colour of the empty desktop."""
        return Color.parse(self.config.layout.background).floats()

    def label_of(self, origin: Origin) -> Label | None:
        """The label of an origin; None for the host."""
        return None if origin.vm is None else self._labels(origin.vm)

    def utf8_titles(self, origin: Origin) -> bool:
        """May titles of this origin hold more than ASCII?"""
        if origin.vm is None:
            return True
        definition = self.config.vms.get(origin.vm)
        return definition is not None and definition.utf8_titles

    def _permissions(self, vm: str | None) -> frozenset[str]:
        config = self.config
        return (config.permissions if vm is None else config.permissions_of(vm)).granted

    # --- outputs

    def outputs_changed(self, removed: str | None) -> None:
        """Outputs appeared, went, moved or changed: arrange everything again."""
        if removed is not None:
            self.layer_shell.output_gone(removed)
            self.desktop.output_removed(removed)
        self.layer_shell.arrange_all()
        for output in self.outputs:
            if output.enabled:
                self.desktop.output_changed(output)
            else:
                self.desktop.output_removed(output.name)
        self.session_lock.cover()
        for window in self.windows.values():
            window.redraw()
        self.output_management.publish()
        self.bus.publish(OutputsChanged())

    def add_headless_output(self, width: int, height: int) -> bool:
        """Add an output to a headless backend, physical pixels. False when there is none."""
        found = []

        @ffi.callback("void(struct wlr_backend *, void *)")  # type: ignore[untyped-decorator]
        def visit(backend: Any, _data: Any) -> None:
            if lib.wlr_backend_is_headless(backend):
                found.append(backend)

        if lib.wlr_backend_is_multi(self.backend):
            lib.wlr_multi_for_each_backend(self.backend, visit, NULL)
        elif lib.wlr_backend_is_headless(self.backend):
            found.append(self.backend)
        return bool(found) and bool(lib.wlr_headless_add_output(found[0], width, height))

    def switch_vt(self, number: int) -> None:
        """Go to another virtual terminal, on a real seat."""
        session = self._session[0]
        if session:
            lib.wlr_session_change_vt(session, number)
