"""A window: an xdg_toplevel in its frame."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.clients.clamp import LARGEST, size, window_geometry
from spectrum_session.labels.sanitise import sanitise_app_id, sanitise_title
from spectrum_session.shell.events import WindowInfo
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, ffi, lib

from .containment import SurfaceTree
from .window import LEAST_CONTENT, Window
from .xdg_popup import PopupHost

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

log = logging.getLogger(__name__)

TILED_ALL = 15
WM_CAPABILITIES = 2 | 4 | 8
"""maximise, fullscreen, minimise."""


class Toplevel(Window):
    """Wraps a `struct wlr_xdg_toplevel *` from its initial commit to its end."""

    def __init__(self, server: Server, pointer: Any) -> None:
        client = lib.wl_resource_get_client(pointer.resource)
        record = server.origins.record(client)
        if record is None:
            raise LookupError("a window of a client without an origin")
        super().__init__(server, record.origin)
        self.pointer = pointer
        self.base = pointer.base
        self.surface = pointer.base.surface
        self.client = client
        self.pid = record.pid
        self._configured: tuple[int, int] = (0, 0)
        self._limits: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._surface_size: tuple[int, int] = (0, 0)
        self._resizing = False
        self._state = ffi.buffer(ffi.addressof(pointer, "current"))
        self._seen: tuple[Any, ...] | None = None
        """The compared part of the last commit; None: handle the next in any case."""

        self.surfaces = SurfaceTree(server, self.content_tree, self.surface, told=True)
        self.frame.raise_parts()
        self.popups = PopupHost(server, self.label, self)
        server.surfaces.add(self.surface, self)
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

    # --- queries

    @property
    def least_frame(self) -> tuple[int, int]:
        """Least width and height of the frame, logical pixels."""
        left, top, right, bottom = self.insets
        state = self.pointer.current
        most_width, most_height = self._screen_size()
        return (
            min(max(LEAST_CONTENT[0], size(state.min_width)) + left + right, most_width),
            min(max(LEAST_CONTENT[1], size(state.min_height)) + top + bottom, most_height),
        )

    def _screen_size(self) -> tuple[int, int]:
        """Width and height of its output, logical pixels: it cannot insist on more."""
        outputs = self.server.outputs
        named = outputs.by_name.get(self.place.output or "") if self.place is not None else None
        output = named or next((one for one in outputs if one.enabled), None)
        if output is None or output.area.empty:
            return LARGEST, LARGEST
        return output.area.width, output.area.height

    def info(self) -> WindowInfo:
        """The description that the shell gets when the window is mapped."""
        left, top, right, bottom = self.frame.insets(False, False)
        _, _, width, height = window_geometry(self.base)
        if (width, height) == self._configured:
            # It drew at the configured size of its tile; its natural size is unknown.
            width = height = 0
        else:
            width, height = width + left + right, height + top + bottom
        self._limits = self._frame_limits()
        parent = self.server.surfaces.window_of_toplevel(self.pointer.parent)
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
            asked=self.server.desktop.is_console(self),
        )

    def _frame_limits(self) -> tuple[int, int, int, int]:
        left, top, right, bottom = self.frame.insets(False, False)
        state = self.pointer.current
        across, down = left + right, top + bottom

        def grown(value: int, by: int) -> int:
            return size(value) + by if value > 0 else 0

        most_width, most_height = self._screen_size()
        return (
            min(grown(state.min_width, across), most_width),
            min(grown(state.min_height, down), most_height),
            grown(state.max_width, across),
            grown(state.max_height, down),
        )

    # --- the shell's decisions

    def _applied(self) -> None:
        assert self.place is not None
        self.popups.set_visible(self.place.visible)

    def _placed(self) -> None:
        if self.base.initialized:
            self._configure()

    def _laid_out(self) -> None:
        self._seen = None
        geometry = window_geometry(self.base)[:2]
        self.popups.set_position(self.content_rect.x, self.content_rect.y, geometry)
        self._clip_content()

    def redraw(self) -> None:
        """Labels, scales or frame settings changed."""
        self.label = self.server.label_of(self.origin)
        self.popups.relabel(self.label)
        super().redraw()

    def parent(self) -> Window | None:
        return self.server.surfaces.window_of_toplevel(self.pointer.parent)

    def _clip_content(self) -> None:
        """Let nothing of the client show outside its content area."""
        x, y, _, _ = window_geometry(self.base)
        content = self.content_rect
        self.surfaces.place((-x, -y), (x, y, content.width, content.height))

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
        self._resizing = resizing
        self._seen = None
        if self.base.initialized:
            lib.wlr_xdg_toplevel_set_resizing(self.pointer, resizing)

    def ask_to_close(self) -> None:
        lib.wlr_xdg_toplevel_send_close(self.pointer)

    def kill(self) -> None:
        lib.wl_client_destroy(self.client)

    # --- the client's requests

    def _commit(self, _data: Any) -> None:
        self.surfaces.committed(None)
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
        self.server.surfaces.unmapped(self.surface)
        self.server.input.cursor.window_drag.end(self)
        layers.set_visible(self.tree, False)
        self.popups.set_visible(False)
        self.server.desktop.unmapped(self)
        self.place = None
        self._configured = (0, 0)

    def _destroyed(self, _data: Any) -> None:
        self._unmap(None)
        self.forget_listeners()
        # First the look-ups, whatever fails after this.
        self.server.surfaces.remove(self.surface)
        self.server.windows.pop(self.id, None)
        self.popups.destroy()
        self._gone()

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
        self.server.loop.defer((self, "title"), self._rename)

    def _rename(self) -> None:
        if self.id in self.server.windows and self._read_names() and self.mapped:
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
            self.server.input.cursor.window_drag.move(self)

    def _request_resize(self, event: Any) -> None:
        if self._may_drag(event.serial):
            self.server.input.cursor.window_drag.resize(self, event.edges)

    def _may_drag(self, serial: int) -> bool:
        """Only while the user holds a button on this very window."""
        if self.place is None or not self.mapped:
            return False
        return self.server.input.cursor.holds(self)


def _bytes(pointer: Any) -> bytes:
    return ffi.string(pointer) if pointer != NULL else b""
