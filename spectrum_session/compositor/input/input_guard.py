"""Holds back input that was meant for another target. Pure.

A window that takes the keyboard focus by itself, or whose buttons changed, would catch a key or
click that the user meant for the previous target. For a short while it gets none. `pointer_guard`
holds back presses on windows that come under the pointer.
"""

from __future__ import annotations


class InputGuard:
    """Remembers for each window until when its input is ignored.

    All times are milliseconds of one clock that never goes back; windows are their ids.
    """

    def __init__(self, guard_ms: int) -> None:
        """`guard_ms`: how long input is ignored; 0 turns the guard off."""
        self.guard_ms = guard_ms
        self._keys: dict[int, int] = {}
        self._buttons: dict[int, int] = {}

    def offers_other(self, window: int, now: int) -> None:
        """The window's own buttons changed: presses wait."""
        self._buttons[window] = now + self.guard_ms

    def focused(self, window: int, now: int, by_user: bool) -> None:
        """The window got the keyboard: keys wait, unless the user chose it."""
        if by_user:
            self._keys.pop(window, None)
        else:
            self._keys[window] = now + self.guard_ms

    def allows_key(self, window: int, now: int) -> bool:
        """Whether a key pressed now may reach the window."""
        return _open(self._keys, window, now)

    def allows_button(self, window: int, now: int) -> bool:
        """Whether a button, touch or tool pressed now may reach the window."""
        return _open(self._buttons, window, now)

    def forget(self, window: int) -> None:
        """A window was unmapped; it may be mapped again."""
        self._keys.pop(window, None)
        self._buttons.pop(window, None)


def _open(until: dict[int, int], window: int, now: int) -> bool:
    end = until.get(window)
    if end is None:
        return True
    if now < end:
        return False
    del until[window]
    return True
