"""Looks for fonts, cursors and keymaps."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path

from spectrum_session.config.schema import Config

from .facts import Looks

_FONTCONFIG = "libfontconfig.so.1"
_CURSORS = ("~/.local/share/icons", "~/.icons", "/usr/share/icons", "/usr/share/pixmaps")
"""Where libxcursor looks without XCURSOR_PATH; wlroots has the same list."""
_XKB = ("/usr/share/X11/xkb", "/usr/share/xkeyboard-config-2")


def looks(config: Config, environ: Mapping[str, str]) -> Looks:
    """Fonts, cursors and keymaps that the configuration names, and whether they exist."""
    found, error = font_for(config.frame.font)
    theme = config.pointer.theme or environ.get("XCURSOR_THEME") or "default"
    layouts = tuple(name.strip() for name in config.keyboard.layout.split(",") if name.strip())
    xkb = _xkb_directory(environ)
    missing = tuple(name for name in layouts if xkb and not (Path(xkb, "symbols", name)).is_file())
    return Looks(
        font=config.frame.font,
        font_found=found,
        font_error=error,
        cursor_theme=theme,
        cursor_path=_cursor_theme(theme, environ),
        xkb=xkb,
        layouts=layouts,
        layouts_missing=missing,
    )


def font_for(family: str) -> tuple[str, str]:
    """The family that fontconfig matches to a name, and an error; each may be ""."""
    try:
        fc = ctypes.CDLL(_FONTCONFIG)
    except OSError:
        return "", "fontconfig is not installed"
    pointer = ctypes.c_void_p
    fc.FcNameParse.restype = fc.FcFontMatch.restype = pointer
    fc.FcNameParse.argtypes = [ctypes.c_char_p]
    fc.FcConfigSubstitute.argtypes = [pointer, pointer, ctypes.c_int]
    fc.FcDefaultSubstitute.argtypes = fc.FcPatternDestroy.argtypes = [pointer]
    fc.FcFontMatch.argtypes = [pointer, pointer, ctypes.POINTER(ctypes.c_int)]
    fc.FcPatternGetString.argtypes = [
        pointer, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p),
    ]
    pattern = fc.FcNameParse(family.encode("utf-8", "replace"))
    if not pattern:
        return "", f"{family!r} is not the name of a font"
    fc.FcConfigSubstitute(None, pattern, 0)
    fc.FcDefaultSubstitute(pattern)
    result = ctypes.c_int()
    match = fc.FcFontMatch(None, pattern, ctypes.byref(result))
    fc.FcPatternDestroy(pattern)
    if not match:
        return "", ""
    name = ctypes.c_char_p()
    status = fc.FcPatternGetString(match, b"family", 0, ctypes.byref(name))
    found = name.value.decode("utf-8", "replace") if status == 0 and name.value else ""
    fc.FcPatternDestroy(match)
    return found, ""


def _cursor_theme(theme: str, environ: Mapping[str, str]) -> str:
    """The directory of a theme with cursors, or of one that it stands for; "" when none has any."""
    path = environ.get("XCURSOR_PATH")
    roots = path.split(":") if path else list(_CURSORS)
    names, seen = [theme], set()
    while names:
        name = names.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for root in roots:
            place = Path(os.path.expanduser(root), name)
            if (place / "cursors").is_dir():
                return str(place)
            names += _inherited(place / "index.theme")
    return ""


def _inherited(index: Path) -> list[str]:
    try:
        lines = index.read_text(errors="replace").splitlines()
    except OSError:
        return []
    pairs = [line.partition("=") for line in lines]
    found = [value.replace(";", ",") for key, _, value in pairs if key.strip() == "Inherits"]
    return [name.strip() for text in found for name in text.split(",")]


def _xkb_directory(environ: Mapping[str, str]) -> str:
    wanted = environ.get("XKB_CONFIG_ROOT")
    places = [wanted] if wanted else list(_XKB)
    return next((place for place in places if Path(place, "rules", "evdev").is_file()), "")
