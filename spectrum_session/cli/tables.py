"""Aligned text tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_GAP = "  "
_SWATCH = "██"
_SWATCH_COLUMNS = 3  # with the space after it
_NARROWEST = 6  # a column is not cut below this
_LAST = 12  # what is to be left for the last column, where others can be spared
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


class Style(NamedTuple):
    """Whether to use `colour`, and the `width` in columns; None for no limit."""

    colour: bool = False
    width: int | None = None


class Cell(NamedTuple):
    """A text, after a swatch of colour `swatch` ("#rrggbb"); `right` aligns it right."""

    text: str
    swatch: str | None = None
    right: bool = False


def clean(text: str) -> str:
    """`text` with control and bidi characters replaced by "_"."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("_" if _unprintable(character) else character for character in text)


def columns(text: str) -> int:
    """Columns of a cleaned text on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, limit: int) -> str:
    """`text` cut to `limit` columns, "…" included."""
    if columns(text) <= limit:
        return text
    kept, used = "", 1
    for character in text:
        used += _columns(character)
        if used > limit:
            break
        kept += character
    return kept + "…" if limit > 0 else ""


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    style: Style,
    spare: Sequence[str] = (),
) -> list[str]:
    """Lines of an aligned table, header first, without trailing blanks.

    `spare`: headers of columns that are left out, in this order, on a narrow terminal.
    """
    cells = [[Cell(header) for header in headers]]
    cells += [[Cell(clean(c.text), c.swatch, c.right) for c in row] for row in rows]
    widths = [max(_width(row[i], style) for row in cells) for i in range(len(headers))]
    if style.width is not None:
        _leave_out(spare, cells, widths, style.width)
        _shrink(widths, style.width - len(_GAP) * (len(widths) - 1))
    right = [bool(rows) and cell.right for cell in cells[-1]]
    return [
        _GAP.join(
            _pad(cell, width, is_right, style)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def swatch(color: str | None, style: Style) -> str:
    """Two coloured blocks and a space; nothing without colour or when `color` is not "#rrggbb"."""
    if not style.colour or color is None or _HEX.fullmatch(color) is None:
        return ""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"\x1b[38;2;{red};{green};{blue}m{_SWATCH}\x1b[0m "


def _width(cell: Cell, style: Style) -> int:
    return columns(cell.text) + (_SWATCH_COLUMNS if swatch(cell.swatch, style) else 0)


def _leave_out(
    spare: Sequence[str], cells: list[list[Cell]], widths: list[int], room: int
) -> None:
    for header in spare:
        if sum(widths[:-1]) + len(_GAP) * (len(widths) - 1) + min(_LAST, widths[-1]) <= room:
            return
        index = [cell.text for cell in cells[0]].index(header)
        del widths[index]
        for row in cells:
            del row[index]


def _shrink(widths: list[int], room: int) -> None:
    while sum(widths) > room and max(widths) > _NARROWEST:
        # The last of the widest: it is most often the title, which can bear it best.
        widest = max(range(len(widths)), key=lambda i: (widths[i], i))
        widths[widest] -= 1


def _pad(cell: Cell, width: int, right: bool, style: Style) -> str:
    mark = swatch(cell.swatch, style)
    room = width - (_SWATCH_COLUMNS if mark else 0)
    text = cut(cell.text, room)
    blanks = " " * (room - columns(text))
    return mark + (blanks + text if right else text + blanks)


def _unprintable(character: str) -> bool:
    # Other: controls, format (bidi, zero width), surrogates, private, unassigned. Line separators.
    category = unicodedata.category(character)
    return category[0] == "C" or category in ("Zl", "Zp")


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
