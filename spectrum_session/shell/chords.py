"""Chords: how a key with its modifiers is written in the configuration."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from .suggest import nearest

SHIFT, LOCK, CTRL, MOD1, MOD2, MOD3, MOD4, MOD5 = (1 << bit for bit in range(8))
"""The modifier mask, as in xkb's real modifiers."""

IGNORED = LOCK | MOD2
"""Caps lock and num lock: ignored in chords."""

ESCAPE = 0xFF1B

MODIFIERS = {
    "Super": MOD4,
    "Mod4": MOD4,
    "Logo": MOD4,
    "Alt": MOD1,
    "Mod1": MOD1,
    "Ctrl": CTRL,
    "Control": CTRL,
    "Shift": SHIFT,
    "Mod2": MOD2,
    "Mod3": MOD3,
    "Mod5": MOD5,
}
"""The names of modifiers; case does not matter. Mod2 is allowed but ignored."""

_BY_LOWER = {name.lower(): mask for name, mask in MODIFIERS.items()}

MODIFIER_KEYS = {
    0xFFE1: SHIFT,  # Shift_L
    0xFFE2: SHIFT,  # Shift_R
    0xFFE3: CTRL,  # Control_L
    0xFFE4: CTRL,  # Control_R
    0xFFE5: LOCK,  # Caps_Lock
    0xFF7F: MOD2,  # Num_Lock
    0xFFE7: MOD1,  # Meta_L
    0xFFE8: MOD1,  # Meta_R
    0xFFE9: MOD1,  # Alt_L
    0xFFEA: MOD1,  # Alt_R
    0xFFEB: MOD4,  # Super_L
    0xFFEC: MOD4,  # Super_R
    0xFFED: MOD4,  # Hyper_L
    0xFFEE: MOD4,  # Hyper_R
    0xFE03: MOD5,  # ISO_Level3_Shift
}
"""Keysyms (as in xkbcommon-keysyms.h) of modifiers, and the mask that each sets."""

_COMMON_KEYS = (
    *("Return", "Escape", "Tab", "BackSpace", "Delete", "Insert", "space", "Home", "End"),
    *("Left", "Right", "Up", "Down", "Page_Up", "Page_Down", "Prior", "Next", "Print", "Pause"),
    *("Menu", "Super_L", "Super_R", "Alt_L", "Alt_R", "Control_L", "Control_R", "Shift_L"),
    *("Shift_R", "Caps_Lock", "plus", "minus", "equal", "comma", "period", "slash", "backslash"),
    *("semicolon", "apostrophe", "grave", "bracketleft", "bracketright", "exclam", "question"),
    *("XF86AudioRaiseVolume", "XF86AudioLowerVolume", "XF86AudioMute", "XF86AudioMicMute"),
    *("XF86AudioPlay", "XF86AudioNext", "XF86AudioPrev", "XF86MonBrightnessUp"),
    *("XF86MonBrightnessDown", "XF86PowerOff", "XF86Sleep"),
    *(f"F{number}" for number in range(1, 25)),
)
"""Names to suggest for one that xkb does not know."""

_SIGNS = {
    "-": "minus",
    "=": "equal",
    ",": "comma",
    ".": "period",
    "/": "slash",
    "\\": "backslash",
    ";": "semicolon",
    "'": "apostrophe",
    "`": "grave",
    "[": "bracketleft",
    "]": "bracketright",
    " ": "space",
    "enter": "Return",
    "esc": "Escape",
}
"""Likely misnomers of keys, and their names."""

MAX_CODE = 767
"""KEY_MAX of linux/input-event-codes.h."""


class ChordError(ValueError):
    """A chord cannot be parsed; the message names the allowed words."""


class Chord(msgspec.Struct, frozen=True):
    """Modifiers and one key, equal for all spellings."""

    modifiers: int
    """Mask, without caps lock, num lock and the key's own modifier."""
    keysym: int | None = None
    """The key by name, or None when it is given by code."""
    code: int | None = None
    """evdev key code."""


def parse_chord(text: str, keysym: Callable[[str], int]) -> Chord:
    """Read a chord such as `Super+Shift+Return` or `Super+code:38`.

    The last part is a keysym's name, or `code:` and an evdev code; a capital letter means the
    same key as the small one. `keysym` gives the number of a keysym's name, 0 for an unknown one.
    Raises `ChordError`, which names the nearest modifier or key.
    """
    *names, key = text.split("+")
    if not key:
        hint = "; the key + is written plus" if names else ""
        raise ChordError(f"chord {text!r} has no key{hint}")
    modifiers = 0
    for name in names:
        mask = _BY_LOWER.get(name.lower())
        if mask is None:
            near = nearest(name, MODIFIERS)
            hint = f"did you mean {near}?" if near else "allowed: " + ", ".join(MODIFIERS)
            raise ChordError(f"unknown modifier {name!r} in chord {text!r}; {hint}")
        if modifiers & mask:
            raise ChordError(f"modifier {name!r} stands twice in chord {text!r}")
        modifiers |= mask
    modifiers &= ~IGNORED
    if key.lower().startswith("code:"):
        digits = key[5:]
        if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:6]) <= MAX_CODE):
            raise ChordError(
                f"{key!r} in chord {text!r}: allowed is code: and an evdev code from 1 to"
                f" {MAX_CODE}"
            )
        return Chord(modifiers, code=int(digits[:6]))
    symbol = _resolve(text, key, keysym)
    return Chord(modifiers & ~MODIFIER_KEYS.get(symbol, 0), keysym=symbol)


def _resolve(text: str, key: str, keysym: Callable[[str], int]) -> int:
    if key.lower() in _BY_LOWER:
        raise ChordError(
            f"chord {text!r} ends in a modifier; modifiers as keys are written"
            " Super_L, Control_L, Alt_L, Shift_L"
        )
    name = key.lower() if len(key) == 1 and key.isascii() else key
    symbol = 0 if "\0" in name else keysym(name)
    if symbol:
        return symbol
    near = _SIGNS.get(key.lower()) or nearest(key, _COMMON_KEYS)
    hint = f"did you mean {near}?" if near else "allowed are the names of xkb keysyms"
    raise ChordError(f"unknown key {key!r} in chord {text!r}; {hint}")
