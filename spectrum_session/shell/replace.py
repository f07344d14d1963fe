"""A window takes the place of another: the layout does not move, and the focus stays."""

from __future__ import annotations

from . import focus
from .events import WindowInfo
from .geometry import Rect
from .model import State, Window
from .rules import effect
from .windows import calls, map_window, new_window, takes_place, unmap_window


def replace_window(state: State, old: Window, info: WindowInfo) -> None:
    """`info` appears where `old` is, which goes. The user's changes to the old window (moved,
    minimised, fullscreen) hold for the new one, and so does its focus.

    A window that a rule wants elsewhere, or that floats by its nature, opens as any other does.
    """
    focused = state.focused is old
    rule = effect(state.options.rules, info.vm, info.app_id, info.title)
    window = new_window(info, rule, None, old.workspace)
    if info.parent is not None or not takes_place(state, old, window, rule):
        unmap_window(state, old)
        if focused:
            state.focused = None
        map_window(state, info)
        if focused and state.focused is None:
            focus.focus_recent(state, by_user=False)
        return
    _put_in(state, old, window)
    if rule.fullscreen is not None:
        window.fullscreen = rule.fullscreen
    elif info.wants_fullscreen:
        window.fullscreen = focused or window.fullscreen
    if rule.maximised is not None:
        window.maximised = rule.maximised
    if focused:
        state.focused = window
        state.by_user = False
    elif calls(state, window, rule):
        focus.set_urgent(state, window, True)
    state.touch(window)
    state.rearrange(state.workspace_of(window))


def _put_in(state: State, old: Window, window: Window) -> None:
    window.floating = old.floating
    window.fullscreen, window.maximised = old.fullscreen, old.maximised
    window.true_fullscreen = old.true_fullscreen
    window.minimised, window.urgent = old.minimised, old.urgent
    window.weight = old.weight
    window.frame, window.visible, window.output = old.frame, old.visible, old.output
    if old.floating and old.place is not None:
        window.place, window.place_area = _floating_place(old.place, window), old.place_area
    workspace = state.workspace_of(old)
    for order in (
        workspace.floating if old.floating else workspace.tiled,
        state.recent,
        state.stack,
        state.urgent,
        state.minimised,
    ):
        for index, other in enumerate(order):
            if other is old:
                order[index] = window
    for other in state.windows.values():
        if other.parent is old:
            other.parent = window
    del state.windows[old.id]
    state.windows[window.id] = window


def _floating_place(old: Rect, window: Window) -> Rect:
    """Round the old middle, at the size that the new window likes."""
    width, height = window.width or old.width, window.height or old.height
    return Rect(
        old.x + (old.width - width) // 2, old.y + (old.height - height) // 2, width, height
    )
