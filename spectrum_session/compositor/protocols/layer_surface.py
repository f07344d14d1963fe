"""Layer-shell: bars, wallpapers, launchers and notifications of the host."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.part import Part
from spectrum_session.compositor.windows.xdg_popup import PopupHost
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, Owner, ffi, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.outputs.output import Output
    from spectrum_session.compositor.server import Server

log = logging.getLogger(__name__)

LAYER_NAMES = ("shell_background", "shell_bottom", "shell_top", "shell_overlay")
LAYER_TOP = 2
INTERACTIVE_NONE, INTERACTIVE_EXCLUSIVE, INTERACTIVE_ON_DEMAND = 0, 1, 2


class LayerShell(Part):
    """zwlr_layer_shell_v1: all layer surfaces, and the areas that they leave to windows."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.surfaces: list[LayerSurface] = []
        self.manager = lib.wlr_layer_shell_v1_create(server.display, 4)
        self.on("wlr_layer_shell_v1", self.manager, "new_surface", self._new)

    def _new(self, pointer: Any) -> None:
        if pointer.output == NULL:
            name = self.server.desktop.focused_output
            output = self.server.outputs.by_name.get(name or "") or next(
                (o for o in self.server.outputs if o.enabled), None
            )
            if output is None:
                lib.wlr_layer_surface_v1_destroy(pointer)
                return
            pointer.output = output.pointer
        self.surfaces.append(LayerSurface(self, pointer))

    def arrange(self, output: Output) -> bool:
        """Place all layer surfaces of an output. True when its work area changed."""
        if not output.enabled:
            return False
        area = output.area
        full = ffi.new("struct wlr_box *", [area.x, area.y, area.width, area.height])
        usable = ffi.new("struct wlr_box *", [area.x, area.y, area.width, area.height])
        on_output = [s for s in self.surfaces if s.output is output and s.pointer.initialized]
        # Surfaces that reserve space go first, so that no other is laid under them.
        for exclusive in (True, False):
            for surface in reversed(on_output):
                if (surface.pointer.current.exclusive_zone > 0) == exclusive:
                    surface.configure(full, usable)
        work_area = Rect(usable.x, usable.y, usable.width, usable.height)
        if work_area == output.work_area:
            return False
        output.work_area = work_area
        return True

    def arrange_all(self) -> None:
        """Place everything after outputs changed."""
        for output in self.server.outputs:
            self.arrange(output)

    def exclusive(self) -> LayerSurface | None:
        """The topmost mapped surface with exclusive keyboard interactivity."""
        for surface in sorted(self.surfaces, key=lambda s: -s.layer):
            if (
                surface.mapped
                and surface.layer >= LAYER_TOP
                and surface.interactive == INTERACTIVE_EXCLUSIVE
            ):
                return surface
        return None

    def output_gone(self, name: str) -> None:
        """Destroy the layer surfaces of a removed output."""
        for surface in list(self.surfaces):
            if surface.output_name == name:
                lib.wlr_layer_surface_v1_destroy(surface.pointer)


class LayerSurface(Owner):
    """Wraps a `struct wlr_layer_surface_v1 *`."""

    def __init__(self, shell: LayerShell, pointer: Any) -> None:
        super().__init__()
        self.shell = shell
        self.server = shell.server
        self.pointer = pointer
        self.surface = pointer.surface
        self.output = self.server.outputs.get(pointer.output)
        self.output_name = self.output.name if self.output else ""
        self.layer = int(pointer.pending.layer)
        self.mapped = False
        self._fresh = False
        """Mapped by this very commit: the scene has its first buffer when the commit is told."""
        self.scene = lib.wlr_scene_layer_surface_v1_create(
            getattr(self.server.layers, LAYER_NAMES[self.layer]), pointer
        )
        self.tree = self.scene.tree
        self.server.source_boxes.watch(self.tree, self.surface)
        self.popups = PopupHost(self.server, None, None, self.server.layers.shell_overlay)
        self.server.surfaces.add(self.surface, self)
        self.on("wlr_surface", self.surface, "commit", self._commit)
        self.on("wlr_surface", self.surface, "map", self._map)
        self.on("wlr_surface", self.surface, "unmap", self._unmap)
        self.on("wlr_layer_surface_v1", pointer, "destroy", self._destroyed)
        self.on("wlr_layer_surface_v1", pointer, "new_popup", self._new_popup)

    @property
    def interactive(self) -> int:
        """How it takes keys: none, exclusive or on demand."""
        return int(self.pointer.current.keyboard_interactive)

    def configure(self, full: Any, usable: Any) -> None:
        """Place it on its output and take its exclusive zone from `usable`."""
        lib.wlr_scene_layer_surface_v1_configure(self.scene, full, usable)
        x, y = self.tree.node.x, self.tree.node.y
        self.popups.set_position(x, y)

    def _commit(self, _data: Any) -> None:
        if self._fresh:
            self._fresh = False
            layers.keep_solid(self.tree)
        committed = self.pointer.current.committed
        if not (self.pointer.initial_commit or committed or self.mapped != self.surface.mapped):
            return
        if self.layer != self.pointer.current.layer:
            self.layer = int(self.pointer.current.layer)
            lib.wlr_scene_node_reparent(
                layers.node(self.tree), getattr(self.server.layers, LAYER_NAMES[self.layer])
            )
        self._arrange()
        self.server.focus.refresh()

    def _arrange(self) -> None:
        if self.output is not None and self.shell.arrange(self.output):
            self.server.desktop.output_changed(self.output)

    def _map(self, _data: Any) -> None:
        self.mapped = self._fresh = True
        self._arrange()
        if self.interactive == INTERACTIVE_EXCLUSIVE:
            self.server.focus.refresh()
        self.server.input.refresh_pointer()

    def _unmap(self, _data: Any) -> None:
        self.mapped = False
        self.server.surfaces.unmapped(self.surface)
        self.server.focus.layer_gone(self)
        self._arrange()
        self.server.input.refresh_pointer()


    def _new_popup(self, popup: Any) -> None:
        self.server.xdg_shell.add_popup(popup, self)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self.mapped = False
        self.server.surfaces.remove(self.surface)
        self.shell.surfaces.remove(self)
        self.popups.destroy()
        self.server.focus.layer_gone(self)
        # The scene tree goes by itself.
        if not self.server.loop.closing:
            self._arrange()
