"""The frame of a window: border, title bar and backing. Drawn by us, whatever the client does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers, pixel_buffer
from spectrum_session.labels import theme
from spectrum_session.labels.color import Color
from spectrum_session.labels.image import Image
from spectrum_session.labels.label import Label
from spectrum_session.labels.titlebar import draw_titlebar
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

SLIM_TITLE = 20
"""Logical pixels: height of the title bar that stays over a fullscreen window."""


def border_color(label: Label | None, focused: bool, urgent: bool) -> Color:
    """The colour of a window's or popup's border."""
    if label is None:
        return theme.host_border(focused)
    return theme.vm_border(label, focused, urgent)


class Border:
    """Four rectangles around an area."""

    def __init__(self, parent: Any) -> None:
        color = layers.color(0, 0, 0)
        self._rects = [lib.wlr_scene_rect_create(parent, 0, 0, color) for _ in range(4)]
        self._drawn: tuple[Rect, int, Color] | None = None

    def raise_to_top(self) -> None:
        """Above everything else in the parent."""
        for rect in self._rects:
            layers.raise_to_top(rect)

    def update(self, inner: Rect, width: int, color: Color) -> None:
        """Lie around `inner` (parent's coordinates), `width` logical pixels thick."""
        wanted = (inner, width, color)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        rgba = layers.color(*color.floats())
        outer = Rect(
            inner.x - width, inner.y - width, inner.width + 2 * width, inner.height + 2 * width
        )
        sides = (
            Rect(outer.x, outer.y, outer.width, width),
            Rect(outer.x, inner.bottom, outer.width, width),
            Rect(outer.x, inner.y, width, inner.height),
            Rect(inner.right, inner.y, width, inner.height),
        )
        for rect, side in zip(self._rects, sides, strict=True):
            lib.wlr_scene_rect_set_size(rect, max(0, side.width), max(0, side.height))
            lib.wlr_scene_rect_set_color(rect, rgba)
            layers.set_position(rect, side.x, side.y)


@dataclass(frozen=True, slots=True)
class TitleBar:
    """All that the picture of a title bar depends on."""

    label: Label | None
    title: str
    width: int
    """Logical pixels."""
    height: int
    focused: bool
    urgent: bool
    scale: float
    """Physical pixels per logical pixel."""
    font: str
    font_size: float
    utf8: bool
    """The title may hold more than ASCII."""

    def draw(self) -> Image:
        """Draw it."""
        return draw_titlebar(
            self.label,
            self.title,
            self.width,
            self.height,
            focused=self.focused,
            urgent=self.urgent,
            scale=self.scale,
            font=self.font,
            font_size=min(self.font_size, self.height * 0.48),
            utf8=self.utf8,
        )


class Frame:
    """Border, title bar and backing of one toplevel, in its scene tree."""

    def __init__(self, server: Server, tree: Any, label: Label | None) -> None:
        self._server = server
        self._tree = tree
        self.label = label
        self._backing: Any = NULL
        if label is not None:
            # A window that is not opaque would show another origin's pixels inside this frame.
            self._backing = lib.wlr_scene_rect_create(tree, 0, 0, layers.color(0.06, 0.06, 0.07))
        self._border = Border(tree)
        self._title: Any = lib.wlr_scene_buffer_create(tree, NULL)
        self._drawn: TitleBar | None = None
        self._wanted: TitleBar | None = None
        self._shown = True

    def insets(self, fullscreen: bool, bare: bool) -> tuple[int, int, int, int]:
        """Left, top, right, bottom distance from frame to content, in logical pixels."""
        if bare:
            return 0, 0, 0, 0
        config = self._server.config.frame
        title = SLIM_TITLE if fullscreen else config.title_height
        border = config.border
        return border, border + title, border, border

    def raise_parts(self) -> None:
        """Border and title lie above the client's surfaces, backing below."""
        if self._backing:
            lib.wlr_scene_node_lower_to_bottom(layers.node(self._backing))
        self._border.raise_to_top()
        layers.raise_to_top(self._title)

    def update(
        self,
        size: tuple[int, int],
        title: str,
        *,
        focused: bool,
        urgent: bool,
        fullscreen: bool,
        bare: bool,
        scale: float,
        utf8: bool,
    ) -> None:
        """Fit the frame to a window: `size` is that of the whole frame, in logical pixels."""
        if bare != (not self._shown):
            self._shown = not bare
            layers.set_visible(self._title, self._shown)
        left, top, right, bottom = self.insets(fullscreen, bare)
        width, height = size
        config = self._server.config.frame
        content = Rect(0, 0, width, height).inset(left, top, right, bottom)
        if self._backing:
            lib.wlr_scene_rect_set_size(self._backing, content.width, content.height)
            layers.set_position(self._backing, content.x, content.y)
        inside = Rect(0, 0, width, height).inset(left, left, right, bottom)
        color = border_color(self.label, focused, urgent)
        self._border.update(inside, left, color)
        if bare:
            return
        self._wanted = TitleBar(
            label=self.label,
            title=title,
            width=inside.width,
            height=top - left,
            focused=focused,
            urgent=urgent,
            scale=scale,
            font=config.font,
            font_size=config.font_size,
            utf8=utf8,
        )
        layers.set_position(self._title, inside.x, inside.y)
        if self._wanted != self._drawn:
            self._server.loop.defer(self, self._draw_title)

    def _draw_title(self) -> None:
        wanted = self._wanted
        if wanted is None or wanted == self._drawn or not self._title:
            return
        self._drawn = wanted
        if wanted.width <= 0 or wanted.height <= 0:
            return
        image = wanted.draw()
        buffer = pixel_buffer.make(image, self._server.renderer)
        lib.wlr_scene_buffer_set_buffer(self._title, buffer)
        lib.wlr_scene_buffer_set_dest_size(
            self._title,
            min(wanted.width, math.ceil(image.width / wanted.scale)),
            min(wanted.height, math.ceil(image.height / wanted.scale)),
        )
        lib.wlr_buffer_unlock(buffer)

    def gone(self) -> None:
        """The scene tree is being destroyed: touch nothing of it again."""
        self._title = NULL
