"""Popups: menus and tooltips, bordered in their VM's colour and kept on the screen."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.clients.clamp import rect as rect_of
from spectrum_session.compositor.clients.clamp import window_geometry
from spectrum_session.labels.label import Label
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import Owner, ffi, lib

from .containment import SurfaceTree
from .frame import Border, border_color

if TYPE_CHECKING:
    from spectrum_session.compositor.outputs.output import Output
    from spectrum_session.compositor.server import Server

    from .window import Window

log = logging.getLogger(__name__)

MAX_DEPTH = 24
"""Popups on popups. wlroots walks them by recursion: without an end it runs out of stack."""
INVALID_SURFACE_STATE = 4
"""Of xdg_wm_base."""

MOST_OF_SCREEN = 0.95
"""Of the output's width and height: a VM's popup covers at most 90 % of the area, as in Qubes."""


class PopupHost:
    """Where the popups of one window or layer surface hang; it follows its content."""

    def __init__(
        self, server: Server, label: Label | None, window: Window | None, parent: Any = None
    ) -> None:
        self.server = server
        self.label = label
        self.window = window
        """The popups' window; None for a layer surface."""
        self.tree = lib.wlr_scene_tree_create(
            server.layers.popups if parent is None else parent
        )
        if window is not None:
            layers.mark(self.tree, window.id)
        self.x = 0
        self.y = 0
        self._geometry = (0, 0)
        self.popups: list[Popup] = []

    def set_position(self, x: int, y: int, geometry: tuple[int, int] = (0, 0)) -> None:
        """The parent's window geometry is at this point of the layout, and begins at `geometry` of
        its surface."""
        self.x, self.y = x, y
        self._geometry = geometry
        layers.set_position(self.tree, x, y)
        for popup in self.popups:
            popup.parent_moved()

    @property
    def surface_origin(self) -> tuple[int, int]:
        """Where the parent's surface begins in the layout, which may be left of its geometry."""
        return self.x - self._geometry[0], self.y - self._geometry[1]

    def set_visible(self, visible: bool) -> None:
        """Popups show only while their parent does."""
        layers.set_visible(self.tree, visible)

    def raise_to_top(self) -> None:
        """Above the popups of other windows."""
        layers.raise_to_top(self.tree)

    def relabel(self, label: Label | None) -> None:
        """The label changed at a reload."""
        self.label = label
        for popup in list(self.popups):
            popup.draw_border()

    def destroy(self) -> None:
        """The parent is gone, and wlroots has destroyed its popups."""
        for popup in list(self.popups):
            popup.abandon()
        # A cycle would keep the window until the next garbage collection.
        self.window = None
        layers.destroy(self.tree)


class Popup(Owner):
    """Wraps a `struct wlr_xdg_popup *` from its initial commit to its end."""

    def __init__(
        self, server: Server, pointer: Any, host: PopupHost, parent: Popup | None
    ) -> None:
        super().__init__()
        self.server = server
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent is not None else 1
        self.pointer = pointer
        self.base = pointer.base
        self.surface = pointer.base.surface
        self.host = host
        self.alive = True
        self.tree: Any = lib.wlr_scene_tree_create(parent.tree if parent is not None else host.tree)
        self._border = Border(self.tree) if host.label is not None else None
        self._backing: Any = None
        if host.label is not None:
            self._backing = lib.wlr_scene_rect_create(
                self.tree, 0, 0, layers.color(0.06, 0.06, 0.07)
            )
        self.surfaces = SurfaceTree(server, self.tree, self.surface)
        self._rect = Rect(0, 0, 0, 0)
        layers.set_visible(self.tree, False)
        host.popups.append(self)
        server.surfaces.add(self.surface, self)
        self.on("wlr_surface", self.surface, "commit", self._commit)
        self.on("wlr_surface", self.surface, "map", self._map)
        self.on("wlr_surface", self.surface, "unmap", self._unmap)
        self.on("wlr_xdg_popup", pointer, "destroy", self._destroyed)
        self.on("wlr_xdg_popup", pointer, "reposition", self._reposition)

    def _commit(self, _data: Any) -> None:
        if self.base.initial_commit:
            if self.base.configured:
                # It was moved before its first commit, which wlroots answers with a configure. If
                # it maps in that commit, wlroots ends the session when it is unmapped.
                self.server.refusals.log(
                    self.pointer.resource, "a popup configured before its commit"
                )
                lib.wl_resource_post_error(
                    self.base.client.resource,
                    INVALID_SURFACE_STATE,
                    b"xdg_popup.reposition before the first commit",
                )
                return
            self._unconstrain()
            lib.wlr_xdg_surface_schedule_configure(self.base)
            return
        self._lay_out()

    def _reposition(self, _data: Any) -> None:
        self._unconstrain()

    def _unconstrain(self) -> None:
        """Keep it, with its border, on the output of its window."""
        output = self._output()
        if output is None:
            return
        border = self.server.config.frame.popup_border
        area = output.area.inset(border, border, border, border)
        left, top = self.host.surface_origin
        box = ffi.new(
            "struct wlr_box *",
            {"x": area.x - left, "y": area.y - top, "width": area.width, "height": area.height},
        )
        lib.wlr_xdg_popup_unconstrain_from_box(self.pointer, box)

    def _output(self) -> Output | None:
        """The output that it has to stay on: that of its window, wherever the window's content is;
        None when there is no output at all."""
        outputs = self.server.outputs
        place = self.host.window.place if self.host.window is not None else None
        named = outputs.by_name.get(place.output or "") if place is not None else None
        if named is not None and named.enabled:
            return named
        return outputs.at(self.host.x, self.host.y) or next(
            (output for output in outputs if output.enabled), None
        )

    def parent_moved(self) -> None:
        """The window moved: its popups stay on the screen."""
        if self.surface.mapped:
            self._lay_out()

    def _lay_out(self) -> None:
        geometry = rect_of(self.pointer.current.geometry)
        gx, gy, width, height = window_geometry(self.base)
        area = self._allowed()
        if self.host.label is not None:
            # Never larger than it was configured, and never so large that it passes for a screen.
            most = area if area is not None else Rect(0, 0, 1, 1)
            width = min(width, geometry.width, int(most.width * MOST_OF_SCREEN))
            height = min(height, geometry.height, int(most.height * MOST_OF_SCREEN))
        rect = Rect(geometry.x, geometry.y, max(1, width), max(1, height))
        if self.host.label is not None and area is not None:
            # A positioner without adjustments may point anywhere; the screen's edge still holds.
            rect = rect.fit_inside(area)
        if rect != self._rect:
            self._rect = rect
            layers.set_position(self.tree, rect.x, rect.y)
            self.draw_border()
        box = Rect(gx, gy, rect.width, rect.height)
        if self.host.label is None and area is not None:
            # The host's own menus may keep the shadows that they draw outside, on their output.
            box = area.translate(gx - rect.x, gy - rect.y)
        self.surfaces.place((-gx, -gy), (box.x, box.y, box.width, box.height))

    def _allowed(self) -> Rect | None:
        """The output's area in the coordinates of this popup's parent."""
        coords = ffi.new("int[2]")
        lib.wlr_scene_node_coords(
            ffi.addressof(self.tree.node.parent, "node"), coords, coords + 1
        )
        output = self._output()
        if output is None:
            return None
        border = self.server.config.frame.popup_border
        return output.area.inset(border, border, border, border).translate(-coords[0], -coords[1])

    def draw_border(self) -> None:
        """Fit border and backing to the popup."""
        if self._border is None or self._backing is None:
            return
        inner = Rect(0, 0, self._rect.width, self._rect.height)
        lib.wlr_scene_rect_set_size(self._backing, inner.width, inner.height)
        self._border.update(
            inner,
            self.server.config.frame.popup_border,
            border_color(self.host.label, focused=True, urgent=False),
        )

    def _map(self, _data: Any) -> None:
        self._lay_out()
        self.draw_border()
        layers.set_visible(self.tree, True)
        self.host.raise_to_top()
        self.server.input.refresh_pointer()

    def _unmap(self, _data: Any) -> None:
        self.server.surfaces.unmapped(self.surface)
        layers.set_visible(self.tree, False)
        self.server.input.refresh_pointer()

    def _destroyed(self, _data: Any) -> None:
        self.abandon()
        layers.destroy(self.tree)
        self.server.input.refresh_pointer()

    def abandon(self) -> None:
        """Let go of everything but the scene tree, which goes with its parent's."""
        # Popups on top of this one lose their scene trees with it. There may be many.
        todo = [self]
        while todo:
            popup = todo.pop()
            if not popup.alive:
                continue
            popup.alive = False
            todo += [other for other in popup.host.popups if other.parent is popup]
            popup.forget_listeners()
            if popup in popup.host.popups:
                popup.host.popups.remove(popup)
            popup.server.surfaces.remove(popup.surface)
