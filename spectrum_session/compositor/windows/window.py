"""Base of all windows: a frame round a content, at the place that the shell gave it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.clients.origins import Origin
from spectrum_session.shell.commands import Place
from spectrum_session.shell.events import WindowInfo
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, Owner, lib

from .frame import Frame

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

RESIZE_CORNER = 16
"""Logical pixels from a corner within which a border resizes both edges."""
LEAST_CONTENT = (48, 16)


class Window(Owner):
    """A scene tree with a frame; the subclass owns its content."""

    _next_id = 1

    surface: Any = NULL
    """The `struct wlr_surface *` that gets its keys; NULL for windows that we draw."""
    client: Any = NULL
    """The `struct wl_client *` of its client; NULL for windows that we draw."""
    pid: int | None = None
    """The process at the other end of the client's socket."""

    def __init__(self, server: Server, origin: Origin) -> None:
        super().__init__()
        self.server = server
        self.id = Window._next_id
        Window._next_id += 1
        self.origin = origin
        self.vm = origin.vm
        self.label = server.label_of(origin)
        self._utf8 = server.utf8_titles(origin)
        self.title = ""
        self.app_id = ""
        self.mapped = False
        self.place: Place | None = None
        self.frame_rect = Rect(0, 0, 0, 0)
        self.content_rect = Rect(0, 0, 0, 0)
        self.tree = lib.wlr_scene_tree_create(server.layers.windows)
        layers.mark(self.tree, self.id)
        layers.set_visible(self.tree, False)
        self.frame = Frame(server, self.tree, self.label)
        self.content_tree = lib.wlr_scene_tree_create(self.tree)

    # --- queries

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
    def scale(self) -> float:
        """Of the output where it is."""
        output = self.server.outputs.by_name.get(self.place.output or "") if self.place else None
        return output.scale if output is not None else 1.0

    @property
    @abstractmethod
    def least_frame(self) -> tuple[int, int]:
        """Least width and height of the frame, logical pixels."""

    @abstractmethod
    def info(self) -> WindowInfo:
        """The description that the shell gets when the window is mapped."""

    def parent(self) -> Window | None:
        """The window that it is a dialog of."""
        return None

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
        return edges

    # --- operations

    def apply(self, place: Place) -> None:
        """Take the place and state that the shell decided."""
        previous, self.place = self.place, place
        self.frame_rect = place.frame
        layers.set_visible(self.tree, place.visible)
        self._applied()
        if previous is None or previous.fullscreen != place.fullscreen:
            parent = (
                self.server.layers.fullscreen if place.fullscreen else self.server.layers.windows
            )
            lib.wlr_scene_node_reparent(layers.node(self.tree), parent)
        self._lay_out()
        self._placed()

    def redraw(self) -> None:
        """Labels, scales or frame settings changed."""
        self.label = self.server.label_of(self.origin)
        self._utf8 = self.server.utf8_titles(self.origin)
        self.frame.label = self.label
        self._lay_out()

    def set_resizing(self, resizing: bool) -> None:
        """An interactive resize runs, or has ended."""

    @abstractmethod
    def ask_to_close(self) -> None:
        """Ask the client to close the window."""

    @abstractmethod
    def kill(self) -> None:
        """Disconnect its client, or end the VM's start, at once."""

    def press(self, x: float, y: float) -> None:
        """A press of the pointer, a finger or a pen on content that we draw, at a point of the
        layout."""

    def points_at(self, x: float, y: float) -> bool:
        """Does a point of the layout lie on a button that we draw?"""
        return False

    def replaced(self) -> None:
        """Another window took its place; the shell dropped this one."""

    def key(self, symbols: set[int]) -> None:
        """A key was pressed while a window that we draw has the focus: all keysyms of the key, on
        the user's layout and on a US keyboard."""

    # --- for subclasses

    def _applied(self) -> None:
        """`place` changed, and the visibility with it."""

    def _laid_out(self) -> None:
        """`content_rect` changed; the frame is drawn next."""

    def _placed(self) -> None:
        """The new place is fully applied."""

    def _lay_out(self) -> None:
        place = self.place
        if place is None:
            return
        rect = place.frame
        insets = self.insets
        self.content_rect = rect.inset(*insets)
        layers.set_position(self.tree, rect.x, rect.y)
        layers.set_position(self.content_tree, insets[0], insets[1])
        self._laid_out()
        self._draw_frame()

    def _draw_frame(self) -> None:
        place = self.place
        if place is None:
            return
        self.frame.update(
            (place.frame.width, place.frame.height),
            self.title or self.app_id,
            focused=place.focused,
            urgent=place.urgent,
            fullscreen=place.fullscreen,
            bare=place.fullscreen and place.true_fullscreen,
            scale=self.scale,
            utf8=self._utf8,
        )

    def _gone(self) -> None:
        """The window is destroyed: destroy its scene tree."""
        self.server.windows.pop(self.id, None)
        self.server.input.pointer_guard.gone(self)
        self.frame.gone()
        layers.destroy(self.tree)
