"""Mapping and unmapping of windows, and changes of their state."""

from __future__ import annotations

from . import focus, outputs
from .events import WindowInfo
from .geometry import Rect
from .layouts import arrange
from .model import State, Window, Workspace
from .options import Rule
from .placement import SMALLEST, limited
from .rules import effect


def map_window(state: State, info: WindowInfo) -> None:
    """A window appears: where it goes, and whether it takes the focus."""
    rule = effect(state.options.rules, info.vm, info.app_id, info.title)
    parent = _parent(state, info)
    window = new_window(info, rule, parent, _opening_workspace(state, rule, parent))
    state.windows[window.id] = window
    state.recent.insert(0, window)
    focus.insert_below_top(state, window)
    workspace = state.workspace_of(window)
    (workspace.floating if window.floating else workspace.tiled).append(window)
    outputs.settle_on(state, workspace)
    if parent is not None and parent.minimised:
        window.minimised = True
    state.rearrange(workspace)
    state.touch(window)

    takes = takes_focus(state, window, info, rule)
    if rule.fullscreen is not None:
        window.fullscreen = rule.fullscreen
    elif info.wants_fullscreen:
        window.fullscreen = takes
    if rule.maximised is not None:
        window.maximised = rule.maximised
    elif info.wants_maximised and window.floating:
        # A tiled window is as large as the layout has room for; many programs ask by habit.
        window.maximised = takes
    if takes:
        focus.set_focus(state, window, by_user=False)
    elif calls(state, window, rule):
        focus.set_urgent(state, window, True)


def opening_tile(state: State, info: WindowInfo, old: Window | None = None) -> Rect | None:
    """The frame that a window will have in the layout when it is mapped as things are; None for
    one that floats, that covers its output, or that no output shows. `old` is the window that it
    replaces."""
    rule = effect(state.options.rules, info.vm, info.app_id, info.title)
    parent = _parent(state, info)
    window = new_window(info, rule, parent, _opening_workspace(state, rule, parent))
    if old is not None and takes_place(state, old, window, rule):
        tiled = not (old.floating or old.fullscreen or old.maximised)
        return old.frame if tiled and old.output is not None else None
    workspace = state.workspace_of(window)
    name = workspace.output if workspace.output is not None else state.focused_output
    output = state.outputs.get(name) if name is not None else None
    covers = rule.fullscreen or rule.maximised or info.wants_fullscreen
    hidden = parent is not None and parent.minimised
    if output is None or window.floating or covers or hidden:
        return None
    tiles = [other for other in workspace.tiled if not other.minimised and other is not old]
    return arrange(
        workspace.layout,
        output.work_area,
        [*tiles, window],
        gap=state.options.gap,
        outer_gap=state.options.outer_gap,
        master_ratio=workspace.master_ratio,
        master_count=workspace.master_count,
    )[-1]


def new_window(info: WindowInfo, rule: Rule, parent: Window | None, workspace: int) -> Window:
    """A window as it is before anything is done with it."""
    fixed = info.min_width == info.max_width > 0 and info.min_height == info.max_height > 0
    width, height = rule.width or info.width, rule.height or info.height
    return Window(
        id=info.id,
        vm=info.vm,
        app_id=info.app_id,
        title=info.title,
        width=width,
        height=height,
        min_width=info.min_width,
        min_height=info.min_height,
        max_width=info.max_width,
        max_height=info.max_height,
        parent=parent,
        workspace=workspace,
        floating=rule.floating if rule.floating is not None else parent is not None or fixed,
        frame=Rect(0, 0, max(1, width), max(1, height)),
    )


def _parent(state: State, info: WindowInfo) -> Window | None:
    """The window that a new one is a dialog of: never one of another origin."""
    parent = state.windows.get(info.parent) if info.parent is not None else None
    return parent if parent is not None and parent.vm == info.vm else None


def _opening_workspace(state: State, rule: Rule, parent: Window | None) -> int:
    if parent is not None:
        return parent.workspace
    if rule.workspace in state.workspaces:
        assert rule.workspace is not None
        return rule.workspace
    return state.active().number


def takes_focus(state: State, window: Window, info: WindowInfo, rule: Rule) -> bool:
    """Whether a new window gets the focus by itself. One of a VM never takes it from another
    origin unless the user asked for it, and none does from another workspace."""
    if rule.focus is False or not state.may_focus(window):
        return False
    return same_origin_as_focus(state, window) or window.vm is None or info.asked


def same_origin_as_focus(state: State, window: Window) -> bool:
    """Whether the focused window is of the same origin, or there is none."""
    return state.focused is None or state.focused.vm == window.vm


def calls(state: State, window: Window, rule: Rule) -> bool:
    """Whether a new window that did not get the focus asks for attention."""
    if window.vm is not None and not same_origin_as_focus(state, window):
        return True
    return bool(state.outputs) and rule.focus is not False and not state.may_focus(window)


def takes_place(state: State, old: Window, window: Window, rule: Rule) -> bool:
    """Whether a window goes where the one is that it replaces. `rule` is what holds for it: where
    it asks for another place than it did for the old one, it goes there."""
    before = effect(state.options.rules, old.vm, old.app_id, old.title)
    if window.parent is not None:
        return False
    if rule.workspace is not None and rule.workspace != before.workspace:
        return False
    if rule.floating is not None and rule.floating != before.floating:
        return old.floating == rule.floating
    # One of a fixed size floats, unless a rule says no.
    return old.floating or not window.floating


def unmap_window(state: State, window: Window) -> None:
    """A window is gone. Its dialogs become those of its own parent."""
    for other in state.windows.values():
        if other.parent is window:
            other.parent = window.parent
            if other.minimised and other not in state.minimised:
                state.minimised.insert(0, other)
    del state.windows[window.id]
    for order in (state.recent, state.stack, state.urgent, state.minimised):
        if window in order:
            order.remove(window)
    _detach(state, window)


def _detach(state: State, window: Window) -> Workspace:
    workspace = state.workspace_of(window)
    (workspace.floating if window.floating else workspace.tiled).remove(window)
    state.rearrange(workspace)
    outputs.release(state, workspace)
    return workspace


def send_to_workspace(state: State, window: Window, number: int) -> None:
    """Move a window to a workspace, with its parents and dialogs."""
    for member in state.family(state.root(window)):
        put_on_workspace(state, member, number)


def put_on_workspace(state: State, window: Window, number: int) -> None:
    """Move one window to a workspace."""
    if window.workspace == number:
        return
    _detach(state, window)
    window.workspace = number
    window.weight = 1.0
    workspace = state.workspaces[number]
    (workspace.floating if window.floating else workspace.tiled).append(window)
    outputs.settle_on(state, workspace)
    state.rearrange(workspace)
    state.touch(window)


def set_floating(state: State, window: Window, on: bool) -> None:
    """Take a window out of the layout, or put it back at the layout's end."""
    if window.floating == on:
        return
    workspace = state.workspace_of(window)
    source, target = workspace.tiled, workspace.floating
    if not on:
        source, target = target, source
        window.weight = 1.0
    source.remove(window)
    target.append(window)
    window.floating = on
    state.rearrange(workspace)


def set_fullscreen(state: State, window: Window, on: bool, *, without_frame: bool = False) -> None:
    """Framed fullscreen, or without a frame where that was asked for and is allowed."""
    bare = on and without_frame and may_lose_frame(state, window)
    if (window.fullscreen, window.true_fullscreen) != (on, bare):
        window.fullscreen, window.true_fullscreen = on, bare
        state.rearrange(state.workspace_of(window))


def may_lose_frame(state: State, window: Window) -> bool:
    """Whether policy lets the user show this window without a frame."""
    return window.vm is None or window.vm in state.options.true_fullscreen


def set_maximised(state: State, window: Window, on: bool) -> None:
    """Let a window cover the work area, or end that."""
    if window.maximised != on:
        window.maximised = on
        state.rearrange(state.workspace_of(window))


def work_area_of(state: State, window: Window) -> Rect | None:
    """The work area of the output on which its workspace is."""
    name = state.workspace_of(window).output
    output = state.outputs.get(name) if name is not None else None
    return output.work_area if output is not None else None


def float_at(state: State, window: Window, frame: Rect) -> None:
    """Make a window float with this frame, in layout space. An edge that did not move stays where
    it is when the window's limits forbid the size."""
    area = work_area_of(state, window)
    if area is None:
        return
    size = limited(frame.width, frame.height, window, SMALLEST)
    old = window.frame
    moved_left = frame.x != old.x and frame.right == old.right
    moved_top = frame.y != old.y and frame.bottom == old.bottom
    x = frame.right - size.width if moved_left else frame.x
    y = frame.bottom - size.height if moved_top else frame.y
    set_fullscreen(state, window, False)
    set_maximised(state, window, False)
    window.place = Rect(x - area.x, y - area.y, size.width, size.height)
    window.place_area = (area.width, area.height)
    set_floating(state, window, True)
    state.rearrange(state.workspace_of(window))


def limit(
    state: State,
    window: Window,
    min_width: int,
    min_height: int,
    max_width: int,
    max_height: int,
) -> None:
    """The size limits of a window changed."""
    window.min_width, window.min_height = min_width, min_height
    window.max_width, window.max_height = max_width, max_height
    if window.place is not None:
        size = limited(window.place.width, window.place.height, window)
        window.place = Rect(window.place.x, window.place.y, size.width, size.height)
    state.rearrange(state.workspace_of(window))
