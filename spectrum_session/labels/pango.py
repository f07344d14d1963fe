"""Text by the system's pango: fonts, and layouts that are measured and drawn.

The libraries are opened when something is first drawn: a start does not wait for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

_PANGO_SCALE = 1024
_DIRECTION_LTR = 0
_ELLIPSIZE_END = 3
_WRAP_WORD_CHAR = 2
_ANTIALIAS_GRAY = 2
_HINT_STYLE_SLIGHT = 2
_HINT_METRICS_ON = 2

REGULAR, SEMIBOLD, BOLD = 400, 600, 700

_SONAMES = ("libcairo.so.2", "libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangocairo-1.0.so.0")
_PACKAGE = "libpangocairo-1.0-0"
"""The Debian package that brings all of them."""


class DrawingUnavailable(RuntimeError):
    """A library that drawing needs is not installed; the text says which and where it is."""


class Libraries(NamedTuple):
    """The opened libraries, and the ffi that knows their types."""

    ffi: Any
    cairo: Any
    gobject: Any
    pango: Any
    pangocairo: Any


def _open(ffi: Any, soname: str) -> Any:
    try:
        # Never unloaded: a layout that outlives the last reference to the library, at the
        # interpreter's end for one, is still freed by code that is there.
        return ffi.dlopen(soname, ffi.RTLD_NOW | ffi.RTLD_NODELETE)
    except OSError as error:
        raise DrawingUnavailable(
            f"cannot draw labels: {soname} does not open; the Debian package {_PACKAGE} brings it "
            f"({error})"
        ) from error


@lru_cache(maxsize=1)
def libraries() -> Libraries:
    """Open cairo and pango, once.

    Raises DrawingUnavailable when one of them, or the generated `_pango` module, is missing.
    """
    try:
        from spectrum_session.labels._pango import ffi
    except ImportError as error:
        raise DrawingUnavailable(
            "cannot draw labels: spectrum_session/labels/_pango.py is not there: install the "
            "package, or write it with `python spectrum_session/labels/_pango_build.py`"
        ) from error
    return Libraries(ffi, *(_open(ffi, soname) for soname in _SONAMES))


@lru_cache(maxsize=1)
def _context() -> Any:
    """The pango context of all layouts: left to right, grey antialiasing (a buffer may be shown
    rotated, where subpixels would be wrong), slight hinting."""
    ffi, cairo, gobject, pango, pangocairo = libraries()
    context = pango.pango_font_map_create_context(pangocairo.pango_cairo_font_map_get_default())
    pango.pango_context_set_base_dir(context, _DIRECTION_LTR)
    options = cairo.cairo_font_options_create()
    cairo.cairo_font_options_set_antialias(options, _ANTIALIAS_GRAY)
    cairo.cairo_font_options_set_hint_style(options, _HINT_STYLE_SLIGHT)
    cairo.cairo_font_options_set_hint_metrics(options, _HINT_METRICS_ON)
    pangocairo.pango_cairo_context_set_font_options(context, options)
    cairo.cairo_font_options_destroy(options)
    return ffi.gc(context, gobject.g_object_unref)


@dataclass(frozen=True, slots=True)
class Font:
    """A family (fontconfig's words), a size in physical pixels to the em, a weight."""

    family: str
    size: float
    weight: int = REGULAR

    @classmethod
    def at(cls, family: str, points: float, scale: float, weight: int = REGULAR) -> Font:
        """The font of `points` at 96 dpi on an output of `scale`."""
        return cls(family, points * 96 / 72 * scale, weight)

    @property
    def cap_height(self) -> float:
        """Height of a capital letter, physical pixels: what looks centred is centred by it."""
        return _cap_height(self)


@lru_cache(maxsize=64)
def _description(font: Font) -> Any:
    ffi, _, _, pango, _ = libraries()
    desc = ffi.gc(pango.pango_font_description_new(), pango.pango_font_description_free)
    pango.pango_font_description_set_family(desc, font.family.encode("utf-8", "replace"))
    pango.pango_font_description_set_weight(desc, font.weight)
    pango.pango_font_description_set_absolute_size(desc, font.size * _PANGO_SCALE)
    return desc


@lru_cache(maxsize=64)
def _cap_height(font: Font) -> float:
    ffi, _, _, pango, _ = libraries()
    ink = ffi.new("PangoRectangle *")
    pango.pango_layout_get_extents(Text("H", font).handle, ink, ffi.NULL)
    return float(ink.height / _PANGO_SCALE)


class Text:
    """A piece of text set in one font: a paragraph of its own, whatever directions its letters
    have, so that it cannot reorder anything beside it.

    One line, ellipsised at `max_width` if given; with `lines` more than one it wraps there and is
    ellipsised in the last. All lengths are physical pixels.
    """

    __slots__ = ("_size", "font", "handle")

    def __init__(
        self, text: str, font: Font, max_width: float | None = None, lines: int = 1
    ) -> None:
        ffi, _, gobject, pango, _ = libraries()
        self.font = font
        self._size: tuple[float, float] | None = None
        self.handle = layout = ffi.gc(pango.pango_layout_new(_context()), gobject.g_object_unref)
        pango.pango_layout_set_auto_dir(layout, False)
        pango.pango_layout_set_single_paragraph_mode(layout, lines == 1)
        pango.pango_layout_set_font_description(layout, _description(font))
        if max_width is not None:
            pango.pango_layout_set_width(layout, max(0, int(max_width * _PANGO_SCALE)))
            pango.pango_layout_set_ellipsize(layout, _ELLIPSIZE_END)
            if lines > 1:
                pango.pango_layout_set_wrap(layout, _WRAP_WORD_CHAR)
                pango.pango_layout_set_height(layout, -lines)
        encoded = text.encode("utf-8", "replace").replace(b"\0", b"")
        pango.pango_layout_set_text(layout, encoded, len(encoded))

    def _measure(self) -> tuple[float, float]:
        if self._size is None:
            ffi, _, _, pango, _ = libraries()
            size = ffi.new("int[2]")
            pango.pango_layout_get_size(self.handle, size, size + 1)
            self._size = size[0] / _PANGO_SCALE, size[1] / _PANGO_SCALE
        return self._size

    @property
    def width(self) -> float:
        """Advance of the longest line."""
        return self._measure()[0]

    @property
    def height(self) -> float:
        """Height of all lines."""
        return self._measure()[1]

    @property
    def baseline(self) -> float:
        """From the top to the first line's baseline."""
        return float(libraries().pango.pango_layout_get_baseline(self.handle) / _PANGO_SCALE)

    @property
    def ellipsised(self) -> bool:
        """True when not all of the text fits."""
        return bool(libraries().pango.pango_layout_is_ellipsized(self.handle))
