"""The compositor: display, backend and scene, and one object per protocol noun."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from spectrum_session.config.schema import Config
from spectrum_session.labels.color import Color
from spectrum_session.labels.label import Label
from spectrum_session.logs.line import of_vm
from spectrum_session.shell.keybindings import BindingTable, KeyMachine
from spectrum_session.shell.shell import Shell
from spectrum_session.wlr import NULL, Owner, address, ffi, lib, listeners

from .clients.globals import GlobalFilter
from .clients.log_rate import Seldom, times
from .clients.origins import HOST, ListeningSocket, Origin, Origins
from .desktop import Desktop
from .events import Bus, OutputsChanged
from .focus import Focus
from .input.input import Input
from .input.shortcuts import Shortcuts
from .input.text_input import TextInputs
from .layers import Layers
from .outputs import no_backend
from .outputs.output import Outputs
from .outputs.output_management import OutputManagement
from .outputs.renderer import whole_frames
from .protocols.activation import Activation
from .protocols.foreign_toplevel import ForeignToplevels
from .protocols.idle import Idle
from .protocols.layer_surface import LayerShell, LayerSurface
from .protocols.session_lock import SessionLock
from .windows.containment import Containment
from .windows.decorations import Decorations
from .windows.window import Window
from .windows.xdg_popup import MAX_DEPTH, Popup
from .windows.xdg_toplevel import Toplevel
from .workarounds.popup_rings import INVALID_POPUP_PARENT, break_off, ends_nowhere
from .workarounds.source_boxes import SourceBoxes

log = logging.getLogger(__name__)

COMPOSITOR_VERSION = 6
XDG_SHELL_VERSION = 6


TRIM_DELAY_S = 1.0
"""glibc keeps what many windows used; it is asked to let go once they have gone."""


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
        self.loop = asyncio.get_running_loop()
        self.config = config
        self.bus = bus
        self._labels = labels
        self._make_bindings = make_bindings
        self.closing = False
        self._deferred: dict[Hashable, Callable[[], None]] = {}
        self._awake = False
        self._refusals = Seldom()
        self._trim_pending = False
        self.surfaces: dict[int, Any] = {}
        """Who wraps a root surface, by its address; entries go with their surface."""
        self.windows: dict[int, Window] = {}
        """All that there are, mapped or not, by number."""
        self._sockets: dict[str | None, ListeningSocket] = {}

        self.display = lib.display_create()
        self.origins = Origins(self.display, self._permissions)
        self.origins.on_gone = lambda _client: self.give_back_memory()
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

        xdg_shell = lib.wlr_xdg_shell_create(self.display, XDG_SHELL_VERSION)
        self.on("wlr_xdg_shell", xdg_shell, "new_toplevel", self._new_toplevel)
        self.on("wlr_xdg_shell", xdg_shell, "new_popup", self._new_popup)
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
        self._event_loop = lib.wl_display_get_event_loop(self.display)
        self._fd = lib.wl_event_loop_get_fd(self._event_loop)
        self.loop.add_reader(self._fd, self.dispatch)
        if not lib.wlr_backend_start(self.backend):
            raise StartError("the backend does not start (see the log above)")
        self.dispatch()

    def dispatch(self) -> None:
        """Handle what clients and devices sent, then what that deferred, then flush."""
        lib.wl_event_loop_dispatch(self._event_loop, 0)
        while self._deferred:
            todo, self._deferred = self._deferred, {}
            for job in todo.values():
                try:
                    job()
                except Exception:
                    log.exception("in deferred work")
            lib.wl_event_loop_dispatch_idle(self._event_loop)
        lib.wl_display_flush_clients(self.display)

    def wake(self) -> None:
        """Something was done outside `dispatch`: run it soon, so that clients hear of it."""
        if not self._awake and not self.closing:
            self._awake = True
            self.loop.call_soon(self._woken)

    def _woken(self) -> None:
        self._awake = False
        if not self.closing:
            self.dispatch()

    def defer(self, key: Hashable, job: Callable[[], None]) -> None:
        """Do `job` once after the current events, however often it is asked for under `key`."""
        if not self.closing:
            self._deferred[key] = job
            self.wake()

    def now_ms(self) -> int:
        """Monotonic milliseconds, as in input events."""
        return time.monotonic_ns() // 1_000_000 & 0xFFFFFFFF

    def close(self) -> None:
        """Disconnect all clients and free everything."""
        self.closing = True
        self._deferred.clear()
        for listening in self._sockets.values():
            listening.close()
        self._sockets.clear()
        self.loop.remove_reader(self._fd)
        lib.wl_display_destroy_clients(self.display)
        self.outputs.close()
        self.foreign.close()
        self.input.close()
        self.forget_listeners()
        lib.wlr_backend_destroy(self.backend)
        for owner in (
            self.idle,
            self.session_lock,
            self.layer_shell,
            self.text_input,
            self.shortcuts,
            self.output_management,
            self.activation,
        ):
            owner.forget_listeners()
        lib.wlr_allocator_destroy(self.allocator)
        lib.wlr_renderer_destroy(self.renderer)
        self.origins.close()
        lib.close()
        lib.wl_display_destroy(self.display)
        if len(listeners):
            log.warning("listeners were left at the end: %s", ", ".join(listeners.places()))

    def freeze_garbage(self) -> None:
        """Collect once and keep later collections out of the frame path."""
        gc.collect()
        gc.freeze()
        gc.enable()

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
        self.wake()
        return end

    def disconnect(self, vm: str) -> None:
        """Drop a VM's clients; their windows go at once. More may come."""
        self.origins.disconnect(vm)
        self.wake()

    def drop_vm(self, vm: str) -> None:
        """The VM ended: drop its clients and all that was there for them."""
        listening = self._sockets.pop(vm, None)
        if listening is not None:
            listening.close()
        self.origins.disconnect(vm)
        self.input.drop_seat(vm)
        self.wake()

    # --- configuration

    def reconfigure(self, config: Config) -> None:
        """Apply a new configuration to everything that runs."""
        self.config = config
        self.input.reconfigure()
        self.outputs.reconfigure()
        for window in self.windows.values():
            window.redraw()
        self.wake()

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

    # --- surfaces and windows

    def owner_of_surface(self, surface: Any) -> Any | None:
        """The object that wraps the root of a surface: Toplevel, Popup, LayerSurface …"""
        if not surface:
            return None
        return self.surfaces.get(address(lib.wlr_surface_get_root_surface(surface)))

    def window_of_surface(self, surface: Any) -> Window | None:
        """The window that a surface belongs to (a popup's: its window's)."""
        owner = self.owner_of_surface(surface)
        if isinstance(owner, Popup):
            return self.windows.get(owner.host.window_id)
        return owner if isinstance(owner, Toplevel) else None

    def window_of_toplevel(self, pointer: Any) -> Toplevel | None:
        """The window of a `struct wlr_xdg_toplevel *` (NULL: None)."""
        if not pointer:
            return None
        owner = self.surfaces.get(address(pointer.base.surface))
        return owner if isinstance(owner, Toplevel) else None

    def node_at(self, x: float, y: float, local: Any) -> Any:
        """The topmost `struct wlr_scene_node *` at a point of the layout, NULL when there is none.

        `local`, a `double[2]`, takes the point in the node's coordinates.
        """
        self.containment.enforce()
        return lib.wlr_scene_node_at(self.scene_root, x, y, local, local + 1)

    def surface_of_node(self, node: Any) -> Any | None:
        """The `struct wlr_surface *` that a scene node shows; None for what we draw."""
        if not node or node.type != 2:
            return None
        scene_surface = lib.wlr_scene_surface_try_from_buffer(lib.wlr_scene_buffer_from_node(node))
        return scene_surface.surface if scene_surface else None

    def window_of_node(self, node: Any) -> Window | None:
        """The window that a scene node belongs to, frame and popups included."""
        while node:
            number = int(ffi.cast("uintptr_t", node.data))
            if number and node.type == 0:
                return self.windows.get(number)
            parent = node.parent
            node = ffi.addressof(parent, "node") if parent else NULL
        return None

    def unmapped_surface(self, surface: Any) -> None:
        """A surface is no longer shown: input forgets it."""
        self.input.cursor.surface_gone(surface)
        self.input.touch.surface_gone(surface)
        self.focus.surface_gone(surface)

    def _new_toplevel(self, pointer: Any) -> None:
        window = Toplevel(self, pointer)
        self.windows[window.id] = window

    def _new_popup(self, pointer: Any) -> None:
        # A layer surface's popup has no parent yet: the layer surface makes it known.
        if pointer.parent:
            self.add_popup(pointer, self.surfaces.get(address(pointer.parent)))

    def add_popup(self, pointer: Any, parent: Any) -> None:
        """A new popup of a window, a layer surface or another popup."""
        if ends_nowhere(pointer):
            break_off(pointer)
            text = b"a popup on itself, or on a pile of popups without an end"
            self.refused(pointer.resource, text.decode())
            lib.wl_resource_post_error(
                pointer.base.client.resource, INVALID_POPUP_PARENT, text
            )
            return
        if isinstance(parent, Popup):
            if parent.depth >= MAX_DEPTH:
                self.refused(pointer.resource, f"a popup on {parent.depth} others")
                lib.wlr_xdg_popup_destroy(pointer)
                return
            Popup(self, pointer, parent.host, parent)
        elif isinstance(parent, (Toplevel, LayerSurface)):
            Popup(self, pointer, parent.popups, None)
        else:
            self.refused(pointer.resource, "a popup of no window that is known")
            lib.wlr_xdg_popup_destroy(pointer)

    def refused(self, resource: Any, what: str) -> None:
        """Log what a client was refused, with its VM's name: once a second, however often."""
        count = self._refusals.count()
        if not count:
            return
        origin = self.origins.of(lib.wl_resource_get_client(resource))
        vm = origin.vm if origin is not None else None
        log.warning("refused to a client: %s%s", what, times(count), extra=of_vm(vm))

    # --- memory

    def give_back_memory(self) -> None:
        """Return freed memory to the system, a while after windows or clients went: not one by one.
        """
        if not self._trim_pending and not self.closing:
            self._trim_pending = True
            self.loop.call_later(TRIM_DELAY_S, self._trim)

    def _trim(self) -> None:
        self._trim_pending = False
        lib.malloc_trim(0)

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
