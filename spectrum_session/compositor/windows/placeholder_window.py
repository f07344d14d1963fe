"""A window of the compositor's own in a VM's frame: how far the VM's start is, or why it failed."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers, pixel_buffer
from spectrum_session.compositor.clients.origins import Origin
from spectrum_session.compositor.loop import now_ms
from spectrum_session.labels import placeholder
from spectrum_session.labels.color import Color
from spectrum_session.labels.placeholder import Panel
from spectrum_session.shell.commands import Place
from spectrum_session.shell.events import WindowInfo
from spectrum_session.wlr import NULL, lib

from .window import LEAST_CONTENT, Window

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

TICK_S = 0.5
"""How often a visible placeholder whose panel changes with time is refreshed."""

ESCAPE, TAB, BACK_TAB = 0xFF1B, 0xFF09, 0xFE20
ENTER = frozenset({0xFF0D, 0xFF8D, 0x20})
"""Return, that of the number pad, and space."""


class Placeholder(Window):
    """A window that we draw. It exists from its construction to `close`."""

    def __init__(
        self,
        server: Server,
        vm: str,
        panel: Callable[[], tuple[Panel, bool]],
        chosen: Callable[[str], None],
        *,
        asked: bool = False,
    ) -> None:
        """`panel` gives the current panel, and whether it changes by itself. `chosen` gets the name
        of the button that the user presses; "close" and "kill" for these actions on the window.
        `asked`: the user started the VM just now."""
        super().__init__(server, Origin(vm))
        self._panel = panel
        self._chosen = chosen
        self._asked = asked
        self.pid = os.getpid()
        self._ground: Any = lib.wlr_scene_rect_create(
            self.content_tree, 0, 0, layers.color(*placeholder.GROUND.floats())
        )
        self._picture: Any = lib.wlr_scene_buffer_create(self.content_tree, NULL)
        self.frame.raise_parts()
        self._shown: tuple[Panel, Color, int, int, float, int | None] | None = None
        self._buttons: list[tuple[str, int, int, int, int]] = []
        """Name and place of each, in the content area."""
        self._offered: tuple[str, ...] = ()
        self._selected: int | None = None
        self._timer: Any = None
        self._quiet_since = now_ms()
        self._armed = False
        server.windows[self.id] = self

    # --- its life

    def open(self, instead_of: Window | None = None) -> None:
        """Show it: in the place of another window of its VM, or where a new one would be."""
        self.mapped = True
        self.title = self._panel()[0].headline
        self.server.desktop.mapped(self, instead_of)
        if self.place is not None and self.place.fullscreen:
            self.server.desktop.set_state(self, "fullscreen", False)

    def refresh(self) -> None:
        """The panel may have changed."""
        if self.mapped:
            self.server.loop.defer(self, self._refresh)

    def close(self) -> None:
        """Take it away."""
        if not self.mapped:
            return
        self.mapped = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.server.input.cursor.window_drag.end(self)
        layers.set_visible(self.tree, False)
        self.server.desktop.unmapped(self)
        self.place = None
        self._picture = NULL
        self._gone()
        self.server.loop.wake()

    def replaced(self) -> None:
        self.close()

    # --- a window

    @property
    def least_frame(self) -> tuple[int, int]:
        left, top, right, bottom = self.insets
        return LEAST_CONTENT[0] + left + right, LEAST_CONTENT[1] + top + bottom

    def info(self) -> WindowInfo:
        return WindowInfo(self.id, self.vm, title=self.title, asked=self._asked)

    def ask_to_close(self) -> None:
        self._chosen("close")

    def kill(self) -> None:
        self._chosen("kill")

    def _laid_out(self) -> None:
        content = self.content_rect
        lib.wlr_scene_rect_set_size(self._ground, max(0, content.width), max(0, content.height))

    def apply(self, place: Place) -> None:
        if place.focused and (self.place is None or not self.place.focused):
            self._disarm()
        super().apply(place)

    def redraw(self) -> None:
        super().redraw()
        self.refresh()

    def _placed(self) -> None:
        self.refresh()

    # --- the panel

    def _refresh(self) -> None:
        """Draw the panel if it is visible and changed; refresh again later."""
        if not self.mapped or self.place is None:
            return
        panel, live = self._panel()
        self._offer(panel)
        if panel.headline != self.title:
            self.title = panel.headline
            self._draw_frame()
            self.server.desktop.renamed(self)
        seen = self.place.visible
        if seen:
            self._draw(panel)
        if seen and live and self._timer is None:
            self._timer = self.server.loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.refresh()

    def _offer(self, panel: Panel) -> None:
        offered = tuple(button.name for button in panel.buttons)
        if offered == self._offered:
            return
        # A press now was not meant for the new buttons.
        self._offered = offered
        self._selected = None
        self._disarm()
        self.server.input.guard.offers_other(self.id, now_ms())

    def _draw(self, panel: Panel) -> None:
        content, scale = self.content_rect, self.scale
        assert self.label is not None
        wanted = (panel, self.label.color, content.width, content.height, scale, self._selected)
        if wanted == self._shown or content.empty:
            return
        self._shown = wanted
        drawing = placeholder.draw_placeholder(
            panel,
            self.label.color,
            content.width,
            content.height,
            scale,
            font=self.server.config.frame.font,
            selected=self._selected,
        )
        image = drawing.image
        width = min(content.width, math.ceil(image.width / scale))
        height = min(content.height, math.ceil(image.height / scale))
        left, top = (content.width - width) // 2, (content.height - height) // 2
        buffer = pixel_buffer.make(image, self.server.renderer)
        lib.wlr_scene_buffer_set_buffer(self._picture, buffer)
        lib.wlr_scene_buffer_set_dest_size(self._picture, width, height)
        lib.wlr_buffer_unlock(buffer)
        layers.set_position(self._picture, left, top)
        self._buttons = [
            (button.name, left + x, top + y, w, h)
            for button, (x, y, w, h) in zip(panel.buttons, drawing.buttons, strict=True)
        ]

    # --- input

    def _button_at(self, x: float, y: float) -> str | None:
        """The name of the button at a point of the layout."""
        x, y = x - self.content_rect.x, y - self.content_rect.y
        for name, left, top, width, height in self._buttons:
            inside = y < self.content_rect.height
            if inside and left <= x < left + width and top <= y < top + height:
                return name
        return None

    def points_at(self, x: float, y: float) -> bool:
        return self._button_at(x, y) is not None

    def press(self, x: float, y: float) -> None:
        name = self._button_at(x, y)
        if name is not None:
            self._chosen(name)

    def _disarm(self) -> None:
        self._armed = False
        self._quiet_since = now_ms()

    def key(self, symbols: set[int]) -> None:
        now = now_ms()
        if not self._armed:
            # Ongoing typing was meant for the previous window: keys count after a pause.
            since, self._quiet_since = self._quiet_since, now
            if now - since < self.server.config.focus.guard_ms:
                return
            self._armed = True
        panel, _ = self._panel()
        names = [button.name for button in panel.buttons]
        if not names:
            return
        if symbols & {TAB, BACK_TAB}:
            step = -1 if BACK_TAB in symbols else 1
            first = 0 if step > 0 else len(names) - 1
            chosen = self._selected
            self._selected = first if chosen is None else (chosen + step) % len(names)
            self.refresh()
            return
        if symbols & ENTER and self._selected is not None:
            self._chosen(names[self._selected])
            return
        for button in panel.buttons:
            key = ESCAPE if button.key == "Escape" else ord(button.key.lower())
            if key in symbols:
                self._chosen(button.name)
                return
