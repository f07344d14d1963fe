"""Holds back input that was meant for something else. Pure.

A window that takes the keyboard by itself, or that has other buttons now, would catch the key or
the click that the user meant for what was there before. For a short while it gets none. What comes
under the pointer is the business of `pointer_guard`.
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
        """What the window offers to press is not what it was: buttons wait."""
        self._buttons[window] = now + self.guard_ms

    def focused(self, window: int, now: int, by_person: bool) -> None:
        """The window got the keyboard: keys wait, unless the person chose it."""
        if by_person:
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
