"""Windows, popups and subsurfaces of a well-behaved client, which a test can make misbehave."""

from __future__ import annotations

from .client import Client, Color
from .connection import Object

FULLSCREEN, RESIZING, ACTIVATED = 2, 3, 4
"""States of xdg_toplevel."""


class Surface:
    """A wl_surface that shows one colour."""

    def __init__(self, client: Client, color: Color = (200, 200, 200), alpha: int = 255) -> None:
        self.client = client
        self.color = color
        self.alpha = alpha
        self.surface = client.the("wl_compositor")("create_surface")
        self.size = (0, 0)
        """Of the buffer attached last."""
        self.frames = 0
        """How many frame callbacks were answered."""

    def attach(self, width: int, height: int) -> None:
        """Attach a buffer of this size in the surface's colour; nothing is committed."""
        self.size = (width, height)
        self.surface(
            "attach", self.client.buffer(width, height, self.color, self.alpha), 0, 0
        )
        self.surface("damage_buffer", 0, 0, width, height)

    def commit(self) -> None:
        """Make the pending state current."""
        self.surface("commit")

    def draw(self, width: int, height: int, color: Color | None = None) -> None:
        """Attach and commit."""
        if color is not None:
            self.color = color
        self.attach(width, height)
        self.commit()

    def ask_frame(self) -> None:
        """Ask for a frame callback with the next commit; counted in `frames`."""
        self.surface("frame").on("done", lambda _time: self._frame_done())

    def _frame_done(self) -> None:
        self.frames += 1

    def viewport(self) -> Object:
        """A wp_viewport of this surface."""
        return self.client.the("wp_viewporter")("get_viewport", self.surface)

    def destroy(self) -> None:
        """Destroy the surface."""
        self.surface("destroy")


class Subsurface(Surface):
    """A surface on another; its commits take effect by themselves."""

    def __init__(
        self, parent: Surface, color: Color = (200, 200, 200), alpha: int = 255
    ) -> None:
        super().__init__(parent.client, color, alpha)
        self.parent = parent
        self.role = parent.client.the("wl_subcompositor")(
            "get_subsurface", self.surface, parent.surface
        )
        self.role("set_desync")

    def place(self, x: int, y: int) -> None:
        """Go to a point of the parent, with the parent's next commit."""
        self.role("set_position", x, y)


class Window(Surface):
    """An xdg_toplevel. Acknowledges every configure and draws in the size it is told."""

    def __init__(
        self,
        client: Client,
        *,
        title: str = "",
        app_id: str = "",
        size: tuple[int, int] = (200, 150),
        color: Color = (200, 200, 200),
        alpha: int = 255,
        parent: Window | None = None,
        fixed: bool = False,
        decorate: bool = False,
        show: bool = True,
    ) -> None:
        """`fixed` sets least and greatest size to `size`; `decorate` asks who draws the frame;
        `show` returns with it mapped."""
        super().__init__(client, color, alpha)
        self.wanted = size
        self.acknowledges = True
        self.draws = True
        self.configures = 0
        self.configured = (0, 0)
        self.states: frozenset[int] = frozenset()
        self.serial = 0
        self.xdg_surface = client.the("xdg_wm_base")("get_xdg_surface", self.surface)
        self.xdg_surface.on("configure", self._configured)
        self.toplevel = self.xdg_surface("get_toplevel")
        self.toplevel.on("configure", self._size)
        if title:
            self.toplevel("set_title", title)
        if app_id:
            self.toplevel("set_app_id", app_id)
        if parent is not None:
            self.toplevel("set_parent", parent.toplevel)
        if fixed:
            self.toplevel("set_min_size", *size)
            self.toplevel("set_max_size", *size)
        self.decoration: Object | None = None
        if decorate:
            manager = client.the("zxdg_decoration_manager_v1")
            self.decoration = manager("get_toplevel_decoration", self.toplevel)
        self.commit()
        if show:
            client.wait_for(lambda: self.configures, "a configure")
            client.roundtrip()

    def _size(self, width: int, height: int, states: bytes) -> None:
        self.configured = (width, height)
        self.states = frozenset(states[::4])

    def _configured(self, serial: int) -> None:
        self.configures += 1
        self.serial = serial
        if self.acknowledges:
            self.xdg_surface("ack_configure", serial)
        if self.draws:
            width, height = self.configured
            self.draw(width or self.wanted[0], height or self.wanted[1])

    @property
    def fullscreen(self) -> bool:
        """Does the compositor say that it is fullscreen?"""
        return FULLSCREEN in self.states

    @property
    def activated(self) -> bool:
        """Does the compositor say that it is active?"""
        return ACTIVATED in self.states

    @property
    def closing(self) -> bool:
        """Was it asked to close?"""
        return bool(self.toplevel.received("close"))

    def rename(self, title: str) -> None:
        """Set another title."""
        self.toplevel("set_title", title)

    def destroy(self) -> None:
        """Destroy everything in the right order."""
        self.toplevel("destroy")
        self.xdg_surface("destroy")
        self.surface("destroy")


class Positioner:
    """Where a popup wants to be, by default right of a point of its parent, sliding back."""

    SLIDE = 3
    FLIP = 12
    BOTTOM_RIGHT = 8

    def __init__(
        self,
        client: Client,
        size: tuple[int, int],
        at: tuple[int, int] = (0, 0),
        *,
        adjust: int = SLIDE,
    ) -> None:
        self.object = client.the("xdg_wm_base")("create_positioner")
        self.object("set_size", *size)
        self.object("set_anchor_rect", 0, 0, 1, 1)
        self.object("set_gravity", self.BOTTOM_RIGHT)
        self.object("set_offset", *at)
        self.object("set_constraint_adjustment", adjust)


class Popup(Surface):
    """An xdg_popup."""

    def __init__(
        self,
        parent: Window | Popup,
        size: tuple[int, int] = (80, 60),
        at: tuple[int, int] = (0, 0),
        *,
        color: Color = (250, 250, 250),
        alpha: int = 255,
        adjust: int = Positioner.SLIDE,
        grab: tuple[Object, int] | None = None,
        show: bool = True,
    ) -> None:
        """`at`: offset in the parent; `grab`: a seat and the serial that allows it."""
        client = parent.client
        super().__init__(client, color, alpha)
        self.wanted = size
        self.configures = 0
        self.geometry = (0, 0, 0, 0)
        """x, y, width, height in the parent, as the compositor chose them."""
        positioner = Positioner(client, size, at, adjust=adjust).object
        self.xdg_surface = client.the("xdg_wm_base")("get_xdg_surface", self.surface)
        self.xdg_surface.on("configure", self._configured)
        self.popup = self.xdg_surface("get_popup", parent.xdg_surface, positioner)
        self.popup.on("configure", self._place)
        positioner("destroy")
        if grab is not None:
            self.popup("grab", *grab)
        self.commit()
        if show:
            client.wait_for(lambda: self.configures or self.dismissed, "a popup's configure")
            client.roundtrip()

    def _place(self, x: int, y: int, width: int, height: int) -> None:
        self.geometry = (x, y, width, height)

    def _configured(self, serial: int) -> None:
        self.configures += 1
        self.xdg_surface("ack_configure", serial)
        self.draw(self.geometry[2] or self.wanted[0], self.geometry[3] or self.wanted[1])

    @property
    def dismissed(self) -> bool:
        """Did the compositor close it?"""
        return bool(self.popup.received("popup_done"))

    def destroy(self) -> None:
        """Destroy everything in the right order."""
        self.popup("destroy")
        self.xdg_surface("destroy")
        self.surface("destroy")
