"""wlr-foreign-toplevel-management: lists windows to bars and switchers of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import NULL, Owner, address, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server
    from spectrum_session.compositor.windows.window import Window


class ForeignToplevels(Part):
    """zwlr_foreign_toplevel_manager_v1. Host only."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.manager = lib.wlr_foreign_toplevel_manager_v1_create(server.display)
        self.handles: dict[int, Handle] = {}
        self.windows: dict[int, int] = {}
        """Number of the window by the address of its `struct wlr_foreign_toplevel_handle_v1`."""

    def mapped(self, window: Window) -> None:
        """A window was mapped."""
        handle = self.handles[window.id] = Handle(self, window)
        self.windows[address(handle.pointer)] = window.id

    def unmapped(self, window: Window) -> None:
        """A window was unmapped."""
        handle = self.handles.pop(window.id, None)
        if handle is not None:
            self.windows.pop(address(handle.pointer), None)
            handle.close()

    def update(self, window: Window) -> None:
        """A window's names or state changed."""
        handle = self.handles.get(window.id)
        if handle is not None:
            handle.update()

    def close(self) -> None:
        """The session ends."""
        for handle in self.handles.values():
            handle.close()
        self.handles.clear()
        self.windows.clear()


class Handle(Owner):
    """Wraps a `struct wlr_foreign_toplevel_handle_v1 *`."""

    def __init__(self, manager: ForeignToplevels, window: Window) -> None:
        super().__init__()
        self.manager, self.window = manager, window
        self.pointer = lib.wlr_foreign_toplevel_handle_v1_create(manager.manager)
        self._output: str | None = None
        self._sent: tuple[Any, ...] = ()
        desktop = manager.server.desktop
        struct = "wlr_foreign_toplevel_handle_v1"
        self.on(
            struct,
            self.pointer,
            "request_activate",
            lambda _data: desktop.focus_window(window),
        )
        self.on(struct, self.pointer, "request_close", lambda _data: window.ask_to_close())
        self.on(
            struct,
            self.pointer,
            "request_maximize",
            lambda event: desktop.set_state(window, "maximise", event.maximized),
        )
        self.on(
            struct,
            self.pointer,
            "request_minimize",
            lambda event: desktop.set_state(window, "minimise", event.minimized),
        )
        self.on(
            struct,
            self.pointer,
            "request_fullscreen",
            lambda event: desktop.set_state(window, "fullscreen", event.fullscreen),
        )
        self.update()

    def update(self) -> None:
        """Send changes."""
        window, place = self.window, self.window.place
        server = self.manager.server
        if place is None:
            return
        parent = window.parent()
        parent_handle = self.manager.handles.get(parent.id) if parent is not None else None
        sent = (
            window.title,
            window.app_id,
            place.maximised,
            place.minimised,
            place.focused,
            place.fullscreen,
            parent_handle,
        )
        if sent != self._sent:
            self._sent = sent
            pointer = self.pointer
            lib.wlr_foreign_toplevel_handle_v1_set_title(pointer, window.title.encode())
            lib.wlr_foreign_toplevel_handle_v1_set_app_id(pointer, window.app_id.encode())
            lib.wlr_foreign_toplevel_handle_v1_set_maximized(pointer, place.maximised)
            lib.wlr_foreign_toplevel_handle_v1_set_minimized(pointer, place.minimised)
            lib.wlr_foreign_toplevel_handle_v1_set_activated(pointer, place.focused)
            lib.wlr_foreign_toplevel_handle_v1_set_fullscreen(pointer, place.fullscreen)
            lib.wlr_foreign_toplevel_handle_v1_set_parent(
                pointer, parent_handle.pointer if parent_handle is not None else NULL
            )
        if place.output != self._output:
            previous = server.outputs.by_name.get(self._output or "")
            if previous is not None:
                lib.wlr_foreign_toplevel_handle_v1_output_leave(self.pointer, previous.pointer)
            self._output = place.output
            output = server.outputs.by_name.get(place.output or "")
            if output is not None:
                lib.wlr_foreign_toplevel_handle_v1_output_enter(self.pointer, output.pointer)

    def close(self) -> None:
        """The window is gone."""
        self.forget_listeners()
        lib.wlr_foreign_toplevel_handle_v1_destroy(self.pointer)
