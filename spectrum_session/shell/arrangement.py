"""Turns changes of the state into commands: arranges, and emits only differences."""

from __future__ import annotations

from . import focus
from .commands import Command, Focus, Place, Stack
from .geometry import Rect
from .layouts import arrange
from .model import Output, State, Window, Workspace
from .placement import inside, limited, opening_frame, reachable


class Arrangement:
    """Emits commands for differences from the last emitted state."""

    def __init__(self) -> None:
        self._places: dict[int, Place] = {}
        self.stack: tuple[int, ...] = ()
        """All visible windows, bottom first."""
        self._focus: int | None = None
        self._focus_lost = False
        self._by_user = False

    def flush(self, state: State) -> list[Command]:
        """Settle and arrange the marked parts of the state; returns the differences: places,
        stacking, focus, then the rest. Clears the marks."""
        focus.settle(state)
        commands: list[Command] = []
        for number in sorted(state.dirty):
            workspace = state.workspaces[number]
            arrange_workspace(state, workspace)
            state.changed.update(window.id for window in workspace.tiled)
            state.changed.update(window.id for window in workspace.floating)
        for window_id in sorted(state.changed):
            window = state.windows.get(window_id)
            if window is None:
                self._places.pop(window_id, None)
                continue
            place = _place(state, window)
            if self._places.get(window_id) != place:
                self._places[window_id] = place
                commands.append(place)
        if state.restack:
            order = stacking(state)
            if order != self.stack:
                self.stack = order
                commands.append(Stack(order))
        focused = state.focused.id if state.focused is not None else None
        # Choosing the window that has the focus by itself is a difference too: it ends the
        # guard that holds back keys.
        chosen = state.by_user and not self._by_user and focused is not None
        if focused != self._focus or chosen or self._focus_lost:
            self._focus, self._by_user = focused, state.by_user
            self._focus_lost = False
            commands.append(Focus(focused, state.by_user))
        commands += state.extra
        state.changed.clear()
        state.dirty.clear()
        state.extra.clear()
        state.restack = state.by_user = False
        return commands

    def forget(self, window: int) -> None:
        """A window was unmapped: if it is mapped again, its place and focus are emitted anew."""
        self._places.pop(window, None)
        if self._focus == window:
            self._focus_lost = True
        if window in self.stack:
            self.stack = tuple(other for other in self.stack if other != window)


def _place(state: State, window: Window) -> Place:
    return Place(
        window=window.id,
        frame=window.frame,
        visible=window.visible,
        workspace=window.workspace,
        output=window.output,
        floating=window.floating,
        fullscreen=window.fullscreen,
        true_fullscreen=window.true_fullscreen,
        maximised=window.maximised,
        minimised=window.minimised,
        urgent=window.urgent,
        focused=window is state.focused,
        tiled=not (window.floating or window.fullscreen or window.maximised),
    )


def arrange_workspace(state: State, workspace: Workspace) -> None:
    """Set the frames of all windows of a workspace, and which of them are visible. Where there is
    no output, frames stay as they are."""
    output = state.outputs.get(workspace.output) if workspace.output is not None else None
    if output is None:
        for window in workspace.windows:
            window.visible, window.output = False, None
        return
    shown = output.workspace == workspace.number
    tiles = [window for window in workspace.tiled if not window.minimised]
    frames = arrange(
        workspace.layout,
        output.work_area,
        tiles,
        gap=state.options.gap,
        outer_gap=state.options.outer_gap,
        master_ratio=workspace.master_ratio,
        master_count=workspace.master_count,
    )
    # Minimised tiles keep their last frame, on the output where it was.
    for window, frame in zip(tiles, frames, strict=True):
        window.frame = frame
    _float_all(state, workspace, output)
    top = monocle_top(state, workspace) if workspace.layout == "monocle" else None
    for window in workspace.windows:
        window.output = output.name
        window.visible = shown and not window.minimised
        if top is not None and not window.floating and window is not top:
            window.visible = False
        if window.fullscreen:
            window.frame = output.area
        elif window.maximised:
            window.frame = output.work_area


def monocle_top(state: State, workspace: Workspace) -> Window | None:
    """The one tiled window that a monocle workspace shows: the last focused."""
    for window in reversed(state.recent):
        if window.workspace == workspace.number and not (window.floating or window.minimised):
            return window
    return None


def _float_all(state: State, workspace: Workspace, output: Output) -> None:
    area = output.work_area
    size = (area.width, area.height)
    for window in workspace.floating:
        if window.place is None:
            window.place = _open(state, workspace, window, area)
            window.place_area = size
        frame = window.place.translate(area.x, area.y)
        if window.place_area != size:
            # Chosen for another work area: it comes inside here, and is remembered for there.
            fitting = limited(min(frame.width, size[0]), min(frame.height, size[1]), window)
            frame = inside(Rect(frame.x, frame.y, fitting.width, fitting.height), area)
        window.frame = reachable(frame, area, state.options.title_height)


def _open(state: State, workspace: Workspace, window: Window, area: Rect) -> Rect:
    parent = window.parent
    over = parent.frame if parent is not None and parent.workspace == workspace.number else None
    taken = {
        (other.place.x + area.x, other.place.y + area.y)
        for other in workspace.floating
        if other is not window and other.place is not None and not other.minimised
    }
    frame = opening_frame(
        window.width, window.height, window, area, over, taken, state.options.cascade
    )
    return frame.translate(-area.x, -area.y)


def stacking(state: State) -> tuple[int, ...]:
    """All visible windows, bottom first: tiled, floating, fullscreen, and within each the last
    raised on top. Where a workspace holds a fullscreen window, what has its focus lies over that,
    whatever it is; so nothing that did not get the focus covers it."""
    tops = {}
    for output in state.outputs.values():
        if output.workspace is not None:
            workspace = state.workspaces[output.workspace]
            if any(window.fullscreen and not window.minimised for window in workspace.windows):
                tops[workspace.number] = state.most_recent(workspace)
    tiers: tuple[list[int], ...] = ([], [], [], [])
    tier_of: dict[Window, int] = {}
    for window in state.stack:
        if not window.visible:
            continue
        tier = 2 if window.fullscreen else 1 if window.floating else 0
        if tops and tops.get(window.workspace) is window:
            tier = 3
        if window.parent is not None:
            # Parents come first in the stack, so theirs is known; a dialog never lies under it.
            tier = max(tier, tier_of.get(window.parent, 0))
        tier_of[window] = tier
        tiers[tier].append(window.id)
    return tuple(tiers[0] + tiers[1] + tiers[2] + tiers[3])
