"""Titles and app ids as a VM sends them, made safe to show and to print.

A VM may call its windows what it likes; what it says must not hide, reorder, overprint or fake
anything beside it. What remains is one line of ordinary characters.
"""

from __future__ import annotations

import unicodedata

TITLE_LIMIT = 128
"""Characters; the bound that the Qubes GUI daemon sets too."""

_MARKS_IN_A_ROW = 2

# Removed: controls and format characters (all bidi controls and most zero-width characters are
# of category Cf), surrogates, private use, unassigned.
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

# Spaces of any kind, line and paragraph separators become one ordinary space.
_SPACES = frozenset({"Zs", "Zl", "Zp"})
_SPACE_CONTROLS = frozenset("\t\n\v\f\r\x85")

# Invisible, though their category does not say so: fillers, blanks, joiners (Unicode's
# Default_Ignorable_Code_Point less what the categories above cover, and glyphs without ink).
_INVISIBLE = frozenset(
    map(
        chr,
        (
            0x034F,  # combining grapheme joiner
            0x115F,  # Hangul fillers
            0x1160,
            0x3164,
            0xFFA0,
            0x17B4,  # Khmer inherent vowels
            0x17B5,
            0x2800,  # blank Braille pattern
            0xFFFC,  # object replacement
            0x1D159,  # null notehead
            *range(0x180B, 0x180F),  # Mongolian variation selectors
            0x180F,
            *range(0xFE00, 0xFE10),  # variation selectors
            *range(0xE0100, 0xE01F0),
        ),
    )
)


def sanitise_title(raw: bytes | str, *, utf8: bool = False, limit: int = TITLE_LIMIT) -> str:
    """`raw` as one line of at most `limit` characters that is safe to show.

    Bytes are read as UTF-8; what is no UTF-8 becomes a replacement character. Control, bidi,
    zero-width, private and unassigned characters and variation selectors go, of combining marks
    two stay in a row and none without a letter to carry it; whitespace becomes single spaces,
    none at the ends. Then, unless `utf8`, everything outside 0x20 to 0x7E becomes "_".

    With `utf8`, letters of right-to-left scripts stay. They order the text among themselves only:
    whoever draws it gives it a paragraph of its own.

    Sanitising twice changes nothing. Raises ValueError when `limit` is negative.
    """
    if limit < 0:
        raise ValueError(f"a title has no {limit} characters")
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:limit].rstrip()
    kept: list[str] = []
    marks = 0
    for char in text:
        if len(kept) >= limit:
            break
        category = unicodedata.category(char)
        if category in _SPACES or char in _SPACE_CONTROLS:
            if kept and kept[-1] != " ":
                kept.append(" ")
            continue
        if category in _FORBIDDEN or char in _INVISIBLE:
            continue
        if category[0] == "M":
            marks += 1
            if marks > _MARKS_IN_A_ROW or not kept or kept[-1] == " ":
                continue
        else:
            marks = 0
        kept.append(char if utf8 or "\x20" <= char <= "\x7e" else "_")
    return "".join(kept).rstrip()


def sanitise_app_id(raw: bytes | str, *, limit: int = TITLE_LIMIT) -> str:
    """`raw` as `sanitise_title` makes it without UTF-8: an app id is for matching and for tables,
    and look-alikes of its letters serve nobody."""
    return sanitise_title(raw, utf8=False, limit=limit)
