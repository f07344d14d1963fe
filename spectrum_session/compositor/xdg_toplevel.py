"""A window: an xdg_toplevel in its frame."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.labels.sanitise import sanitise_app_id, sanitise_title
from spectrum_session.shell.commands import Place
from spectrum_session.shell.events import WindowInfo
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, Owner, address, ffi, lib

from . import layers
from .client_numbers import size, window_geometry
from .frame import Frame
from .xdg_popup import PopupHost

if TYPE_CHECKING:
    from .server import Server

log = logging.getLogger(__name__)

TILED_ALL = 15
WM_CAPABILITIES = 2 | 4 | 8
"""maximise, fullscreen, minimise."""
RESIZE_CORNER = 16
"""Logical pixels from a corner within which a border resizes both edges."""
LEAST_CONTENT = (48, 16)


class Toplevel(Owner):
    """Wraps a `struct wlr_xdg_toplevel *` from its initial commit to its end."""

    _next_id = 1

    def __init__(self, server: Server, pointer: Any) -> None:
        super().__init__()
        self.server = server
        self.pointer = pointer
        self.base = pointer.base
        self.surface = pointer.base.surface
        self.id = Toplevel._next_id
        Toplevel._next_id += 1
        client = lib.wl_resource_get_client(pointer.resource)
        self.client = client
        record = server.origins.record(client)
        if record is None:
            raise LookupError("a window of a client without an origin")
        self.origin = record.origin
        self.pid = record.pid
        self.vm = record.origin.vm
        self.label = server.label_of(self.origin)
        self._utf8 = server.utf8_titles(self.origin)
        self.title = ""
        self.app_id = ""
        self.mapped = False
        self.place: Place | None = None
        self.frame_rect = Rect(0, 0, 0, 0)
        self.content_rect = Rect(0, 0, 0, 0)
        self._configured: tuple[int, int] = (0, 0)
        self._limits: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._clip = ffi.new("struct wlr_box *")
        self._clipped: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._surface_size: tuple[int, int] = (0, 0)
        self._resizing = False
        self._state = ffi.buffer(ffi.addressof(pointer, "current"))
        self._seen: tuple[Any, ...] | None = None
        """What the last commit had that was looked at; None: look at the next in any case."""

        self.tree = lib.wlr_scene_tree_create(server.layers.windows)
        self.tree.node.data = ffi.cast("void *", self.id)
        layers.set_visible(self.tree, False)
        self.frame = Frame(server, self.tree, self.label)
        self.content_tree = lib.wlr_scene_tree_create(self.tree)
        self.surface_tree = lib.wlr_scene_subsurface_tree_create(self.content_tree, self.surface)
        self._boxes = server.source_boxes.watch(self.surface_tree, self.surface, told=True)
        self.frame.raise_parts()
        self.popups = PopupHost(server, self.label, self.id)
        server.surfaces[address(self.surface)] = self
        self.on("wlr_surface", self.surface, "commit", self._commit)
        self.on("wlr_surface", self.surface, "map", self._map)
        self.on("wlr_surface", self.surface, "unmap", self._unmap)
        for event, handler in {
            "destroy": self._destroyed,
            "request_maximize": self._request_maximise,
            "request_fullscreen": self._request_fullscreen,
            "request_minimize": self._request_minimise,
            "request_move": self._request_move,
            "request_resize": self._request_resize,
            "set_title": self._renamed,
            "set_app_id": self._renamed,
            "set_parent": self._parent_changed,
        }.items():
            self.on("wlr_xdg_toplevel", pointer, event, handler)

    # --- what others ask

    @property
    def insets(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom distance from frame to content now."""
        place = self.place
        if place is None:
            return self.frame.insets(False, False)
        return self.frame.insets(place.fullscreen, place.fullscreen and place.true_fullscreen)

    @property
    def movable(self) -> bool:
        """Can the pointer move and resize it now?"""
        place = self.place
        return place is not None and place.visible and not place.fullscreen

    @property
    def least_frame(self) -> tuple[int, int]:
        """Least width and height of the frame, logical pixels."""
        left, top, right, bottom = self.insets
        state = self.pointer.current
        return (
            max(LEAST_CONTENT[0], size(state.min_width)) + left + right,
            max(LEAST_CONTENT[1], size(state.min_height)) + top + bottom,
        )

    def edges_at(self, x: float, y: float) -> int:
        """Which edges a press on the frame at a point of the layout resizes (0: none)."""
        place = self.place
        if place is None or place.fullscreen or place.maximised:
            return 0
        border = self.server.config.frame.border + 2
        rect = self.frame_rect
        near_left, near_right = x < rect.x + border, x >= rect.right - border
        near_top, near_bottom = y < rect.y + border, y >= rect.bottom - border
        if not (near_left or near_right or near_top or near_bottom):
            return 0
        edges = 0
        if x < rect.x + RESIZE_CORNER:
            edges |= 4
        elif x >= rect.right - RESIZE_CORNER:
            edges |= 8
        if y < rect.y + RESIZE_CORNER:
            edges |= 1
        elif y >= rect.bottom - RESIZE_CORNER:
            edges |= 2
        if near_left or near_right or near_top or near_bottom:
            return edges
        return 0

    def info(self) -> WindowInfo:
        """What the shell is told when it is mapped."""
        left, top, right, bottom = self.frame.insets(False, False)
        _, _, width, height = window_geometry(self.base)
        if (width, height) == self._configured:
            # The size of its tile, which it was told; what it likes best is not known.
            width = height = 0
        else:
            width, height = width + left + right, height + top + bottom
        self._limits = self._frame_limits()
        parent = self.server.window_of_toplevel(self.pointer.parent)
        if parent is not None and parent.origin != self.origin:
            parent = None
        requested = self.pointer.requested
        return WindowInfo(
            id=self.id,
            vm=self.vm,
            app_id=self.app_id,
            title=self.title,
            width=width,
            height=height,
            min_width=self._limits[0],
            min_height=self._limits[1],
            max_width=self._limits[2],
            max_height=self._limits[3],
            parent=parent.id if parent is not None and parent.mapped else None,
            wants_fullscreen=bool(requested.fullscreen),
            wants_maximised=bool(requested.maximized),
        )

    def _frame_limits(self) -> tuple[int, int, int, int]:
        left, top, right, bottom = self.frame.insets(False, False)
        state = self.pointer.current
        across, down = left + right, top + bottom

        def grown(value: int, by: int) -> int:
            return size(value) + by if value > 0 else 0

        return (
            grown(state.min_width, across),
            grown(state.min_height, down),
            grown(state.max_width, across),
            grown(state.max_height, down),
        )

    # --- what the shell says

    def apply(self, place: Place) -> None:
        """Take the place and state that the shell decided."""
        previous, self.place = self.place, place
        self.frame_rect = place.frame
        layers.set_visible(self.tree, place.visible)
        self.popups.set_visible(place.visible)
        if previous is None or previous.fullscreen != place.fullscreen:
            parent = (
                self.server.layers.fullscreen if place.fullscreen else self.server.layers.windows
            )
            lib.wlr_scene_node_reparent(layers.node(self.tree), parent)
        self._lay_out()
        if self.base.initialized:
            self._configure()

    def _lay_out(self) -> None:
        self._seen = None
        place = self.place
        if place is None:
            return
        rect = place.frame
        insets = self.insets
        self.content_rect = rect.inset(*insets)
        layers.set_position(self.tree, rect.x, rect.y)
        layers.set_position(self.content_tree, insets[0], insets[1])
        self.popups.set_position(self.content_rect.x, self.content_rect.y)
        self._clip_content()
        self._draw_frame()

    def _draw_frame(self) -> None:
        place = self.place
        if place is None:
            return
        output = self.server.outputs.by_name.get(place.output or "")
        self.frame.update(
            (place.frame.width, place.frame.height),
            self.title or self.app_id,
            focused=place.focused,
            urgent=place.urgent,
            fullscreen=place.fullscreen,
            bare=place.fullscreen and place.true_fullscreen,
            scale=output.scale if output else 1.0,
            utf8=self._utf8,
        )

    def redraw(self) -> None:
        """Labels, scales or frame settings changed."""
        self.label = self.server.label_of(self.origin)
        self._utf8 = self.server.utf8_titles(self.origin)
        self.frame.label = self.label
        self.popups.relabel(self.label)
        self._lay_out()

    def _clip_content(self) -> None:
        """Let nothing of the client show outside its content area."""
        x, y, _, _ = window_geometry(self.base)
        content = self.content_rect
        # Never empty: an empty clip means none at all.
        wanted = (x, y, max(1, content.width), max(1, content.height))
        if wanted == self._clipped:
            return
        if wanted[:2] != self._clipped[:2]:
            layers.set_position(self.surface_tree, -x, -y)
        self._clipped = wanted
        self._clip.x, self._clip.y, self._clip.width, self._clip.height = wanted
        lib.wlr_scene_subsurface_tree_set_clip(layers.node(self.surface_tree), self._clip)
        self._boxes.change()

    def _configure(self) -> None:
        place = self.place
        if place is None:
            return
        width, height = self.content_rect.width, self.content_rect.height
        pointer = self.pointer
        if (width, height) != self._configured and width > 0 and height > 0:
            self._configured = (width, height)
            lib.wlr_xdg_toplevel_set_size(pointer, width, height)
        current = pointer.current
        lib.wlr_xdg_toplevel_set_activated(pointer, place.focused)
        lib.wlr_xdg_toplevel_set_tiled(pointer, TILED_ALL if place.tiled else 0)
        if current.maximized != place.maximised:
            lib.wlr_xdg_toplevel_set_maximized(pointer, place.maximised)
        if current.fullscreen != place.fullscreen:
            lib.wlr_xdg_toplevel_set_fullscreen(pointer, place.fullscreen)
        lib.wlr_xdg_toplevel_set_suspended(pointer, not place.visible)

    def set_resizing(self, resizing: bool) -> None:
        """Tell the client that an interactive resize runs."""
        self._resizing = resizing
        self._seen = None
        if self.base.initialized:
            lib.wlr_xdg_toplevel_set_resizing(self.pointer, resizing)

    def ask_to_close(self) -> None:
        """Ask the client to close the window."""
        lib.wlr_xdg_toplevel_send_close(self.pointer)

    # --- what the client does

    def _commit(self, _data: Any) -> None:
        self._boxes.committed(None)
        base = self.base
        if base.initial_commit:
            self._read_names()
            pointer = self.pointer
            lib.wlr_xdg_toplevel_set_wm_capabilities(pointer, WM_CAPABILITIES)
            self.server.decorations.initialised(pointer)
            self._configure_first()
            return
        if not self.mapped or self.place is None:
            return
        state = self.surface.current
        seen = (window_geometry(base), self._state[:], state.width, state.height)
        if seen == self._seen:
            # Every frame of every client comes by here, and nearly none changes more than pixels.
            return
        self._seen = seen
        self._clip_content()
        if (state.width, state.height) != self._surface_size:
            # It may have grown under a pointer that rests.
            self._surface_size = (state.width, state.height)
            self.server.input.refresh_pointer()
        limits = self._frame_limits()
        if limits != self._limits:
            self._limits = limits
            self.server.desktop.limits_changed(self, limits)
        place = self.place
        if place.floating and not self._resizing and not place.fullscreen and not place.maximised:
            self._follow_client()

    def _configure_first(self) -> None:
        """Say how large it will be: it would draw its first frame at another size otherwise."""
        frame = self.server.desktop.opening_tile(self)
        if frame is None:
            lib.wlr_xdg_toplevel_set_size(self.pointer, 0, 0)
            return
        content = frame.inset(*self.frame.insets(False, False))
        if content.width > 0 and content.height > 0:
            self._configured = (content.width, content.height)
        lib.wlr_xdg_toplevel_set_size(self.pointer, *self._configured)
        lib.wlr_xdg_toplevel_set_tiled(self.pointer, TILED_ALL)

    def _follow_client(self) -> None:
        """A floating window's frame follows the size that the client draws."""
        _, _, width, height = window_geometry(self.base)
        content = self.content_rect
        if (width, height) == (content.width, content.height) or width <= 0 or height <= 0:
            return
        state = self.pointer.current
        if (state.width, state.height) != self._configured and self._configured != (0, 0):
            # It has not answered our last configure yet.
            return
        left, top, right, bottom = self.insets
        rect = self.frame_rect
        self._configured = (width, height)
        self.server.desktop.drag(
            self, Rect(rect.x, rect.y, width + left + right, height + top + bottom)
        )

    def _map(self, _data: Any) -> None:
        self.mapped = True
        self._read_names()
        self._clip_content()
        self.server.desktop.mapped(self)

    def _unmap(self, _data: Any) -> None:
        if not self.mapped:
            return
        self.mapped = False
        self.server.unmapped_surface(self.surface)
        self.server.input.cursor.end_window_drag(self)
        layers.set_visible(self.tree, False)
        self.popups.set_visible(False)
        self.server.desktop.unmapped(self)
        self.place = None
        self._configured = (0, 0)

    def _destroyed(self, _data: Any) -> None:
        self._unmap(None)
        self.forget_listeners()
        # First of all nobody may find it any more, whatever goes wrong after this.
        self.server.surfaces.pop(address(self.surface), None)
        self.server.toplevel_gone(self)
        self.frame.gone()
        self.popups.destroy()
        layers.destroy(self.tree)

    def _read_names(self) -> bool:
        pointer = self.pointer
        title = _bytes(pointer.title)
        app_id = _bytes(pointer.app_id)
        names = (
            sanitise_title(title, utf8=self._utf8),
            sanitise_app_id(app_id),
        )
        if names == (self.title, self.app_id):
            return False
        self.title, self.app_id = names
        return True

    def _renamed(self, _data: Any) -> None:
        # At most once a frame's worth of events, however often the client asks.
        self.server.defer((self, "title"), self._rename)

    def _rename(self) -> None:
        if self.id in self.server.toplevels and self._read_names() and self.mapped:
            self._draw_frame()
            self.server.desktop.renamed(self)

    def _parent_changed(self, _data: Any) -> None:
        if self.mapped:
            self.server.foreign.update(self)

    def _request_maximise(self, _data: Any) -> None:
        self._request("maximise", bool(self.pointer.requested.maximized))

    def _request_fullscreen(self, _data: Any) -> None:
        self._request("fullscreen", bool(self.pointer.requested.fullscreen))

    def _request_minimise(self, _data: Any) -> None:
        self._request("minimise", bool(self.pointer.requested.minimized))

    def _request(self, kind: Any, value: bool) -> None:
        if self.mapped:
            self.server.desktop.client_request(self, kind, value)
        if self.base.initialized:
            # The protocol wants an answer even when nothing changes.
            lib.wlr_xdg_surface_schedule_configure(self.base)

    def _request_move(self, event: Any) -> None:
        if self._may_drag(event.serial):
            self.server.input.cursor.begin_move(self)

    def _request_resize(self, event: Any) -> None:
        if self._may_drag(event.serial):
            self.server.input.cursor.begin_resize(self, event.edges)

    def _may_drag(self, serial: int) -> bool:
        """Only while the person holds a button on this very window."""
        if self.place is None or not self.mapped:
            return False
        return self.server.input.cursor.holds(self)


def _bytes(pointer: Any) -> bytes:
    return ffi.string(pointer) if pointer != NULL else b""
