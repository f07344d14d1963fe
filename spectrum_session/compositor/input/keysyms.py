"""Names of keysyms."""

from __future__ import annotations

from spectrum_session.wlr import ffi, lib


def keysym_from_name(name: str) -> int:
    """The xkb keysym of a key's name, 0 for none; by wlroots' own libxkbcommon."""
    return int(lib.xkb_keysym_from_name(ffi.new("char[]", name.encode()), 0))
