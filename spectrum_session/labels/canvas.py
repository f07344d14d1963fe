"""A picture being drawn: cairo, in whole physical pixels, straight into the image's bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import pi
from types import TracebackType

from spectrum_session.labels.color import Color
from spectrum_session.labels.image import Image
from spectrum_session.labels.pango import Text, libraries

_FORMAT_ARGB32 = 0
_ROUND = 1
_MAX_SIDE = 32767
"""Of a cairo image surface."""


class Canvas:
    """Draws into a new, wholly transparent image; a context manager that lets go of cairo at its
    end. `image` is complete after that.

    All coordinates are physical pixels from the top-left corner. Raises ValueError for a size that
    is not 1 to 32767 pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        if not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
            raise ValueError(f"an image cannot be {width}x{height} pixels")
        self._ffi, self._cairo, _, _, self._pangocairo = libraries()
        self.image = Image(width, height, width * 4, bytearray(width * height * 4))
        self._memory = self._ffi.from_buffer("unsigned char[]", self.image.data)
        self._surface = self._cairo.cairo_image_surface_create_for_data(
            self._memory, _FORMAT_ARGB32, width, height, width * 4
        )
        self._cr = self._cairo.cairo_create(self._surface)

    def __enter__(self) -> Canvas:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cairo = self._cairo
        status = cairo.cairo_status(self._cr)
        cairo.cairo_destroy(self._cr)
        cairo.cairo_surface_finish(self._surface)
        cairo.cairo_surface_destroy(self._surface)
        self._cr = self._surface = self._ffi.NULL
        # The bytearray may be resized again, and nothing of cairo points into it any more.
        self._ffi.release(self._memory)
        if status and error is None:
            text = self._ffi.string(cairo.cairo_status_to_string(status)).decode()
            raise RuntimeError(f"cairo: {text}")

    # Fills.

    def _source(self, color: Color, alpha: float) -> None:
        self._cairo.cairo_set_source_rgba(
            self._cr, color.r / 255, color.g / 255, color.b / 255, alpha
        )

    def fill(self, color: Color, alpha: float = 1.0) -> None:
        """Paint over everything."""
        self.rect(0, 0, self.image.width, self.image.height, color, alpha)

    def rect(
        self, x: float, y: float, width: float, height: float, color: Color, alpha: float = 1.0
    ) -> None:
        """A filled rectangle; nothing where it is empty."""
        if width <= 0 or height <= 0:
            return
        self._source(color, alpha)
        self._cairo.cairo_rectangle(self._cr, x, y, width, height)
        self._cairo.cairo_fill(self._cr)

    def fill_path(self, color: Color, alpha: float = 1.0) -> None:
        """Fill the path laid so far, and forget it."""
        self._source(color, alpha)
        self._cairo.cairo_fill(self._cr)

    def stroke_path(self, color: Color, width: float, alpha: float = 1.0) -> None:
        """Draw along the path laid so far with round joints and ends, and forget it."""
        cairo = self._cairo
        self._source(color, alpha)
        cairo.cairo_set_line_width(self._cr, width)
        cairo.cairo_set_line_cap(self._cr, _ROUND)
        cairo.cairo_set_line_join(self._cr, _ROUND)
        cairo.cairo_stroke(self._cr)

    # Paths.

    def rect_path(self, x: float, y: float, width: float, height: float) -> None:
        """Add a rectangle."""
        self._cairo.cairo_rectangle(self._cr, x, y, width, height)

    def circle_path(self, x: float, y: float, radius: float) -> None:
        """Add a circle round (x, y)."""
        self._cairo.cairo_new_sub_path(self._cr)
        self._cairo.cairo_arc(self._cr, x, y, radius, 0.0, 2 * pi)

    def ring_path(self, x: float, y: float, outer: float, inner: float) -> None:
        """Add what lies between two circles round (x, y)."""
        self.circle_path(x, y, outer)
        self._cairo.cairo_new_sub_path(self._cr)
        # The other way round, which makes it a hole by the winding rule.
        self._cairo.cairo_arc_negative(self._cr, x, y, inner, 2 * pi, 0.0)

    def polygon_path(self, *points: tuple[float, float], closed: bool = True) -> None:
        """Add straight lines from point to point."""
        cairo = self._cairo
        cairo.cairo_move_to(self._cr, *points[0])
        for point in points[1:]:
            cairo.cairo_line_to(self._cr, *point)
        if closed:
            cairo.cairo_close_path(self._cr)

    def rounded_path(self, x: float, y: float, width: float, height: float, radius: float) -> None:
        """Add a rectangle with round corners."""
        cairo, cr = self._cairo, self._cr
        radius = max(0.0, min(radius, width / 2, height / 2))
        left, right, top, bottom = x + radius, x + width - radius, y + radius, y + height - radius
        cairo.cairo_new_sub_path(cr)
        cairo.cairo_arc(cr, right, top, radius, -pi / 2, 0.0)
        cairo.cairo_arc(cr, right, bottom, radius, 0.0, pi / 2)
        cairo.cairo_arc(cr, left, bottom, radius, pi / 2, pi)
        cairo.cairo_arc(cr, left, top, radius, pi, 3 * pi / 2)
        cairo.cairo_close_path(cr)

    # Clipping.

    @contextmanager
    def clipped(self, x: float, y: float, width: float, height: float) -> Iterator[None]:
        """Nothing drawn within reaches outside this rectangle."""
        cairo = self._cairo
        cairo.cairo_save(self._cr)
        cairo.cairo_rectangle(self._cr, x, y, max(0, width), max(0, height))
        cairo.cairo_clip(self._cr)
        try:
            yield
        finally:
            cairo.cairo_restore(self._cr)

    @contextmanager
    def clipped_to_path(self) -> Iterator[None]:
        """Nothing drawn within reaches outside the path laid so far, which is forgotten."""
        cairo = self._cairo
        cairo.cairo_save(self._cr)
        cairo.cairo_clip(self._cr)
        try:
            yield
        finally:
            cairo.cairo_restore(self._cr)

    # Text.

    def text(self, text: Text, x: float, baseline: float, color: Color) -> None:
        """Draw a text from x, its first line standing on `baseline`."""
        self._source(color, 1.0)
        self._cairo.cairo_move_to(self._cr, x, baseline - text.baseline)
        self._pangocairo.pango_cairo_show_layout(self._cr, text.handle)
        self._cairo.cairo_new_path(self._cr)

    def text_centred(self, text: Text, x: float, top: float, height: float, color: Color) -> None:
        """Draw one line from x so that its capitals stand in the middle of a band of `height`."""
        self.text(text, x, top + round((height + text.font.cap_height) / 2), color)
