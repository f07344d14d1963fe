"""Carries out actions on windows, workspaces and outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import actions, focus, outputs, resize, windows
from .actions import Action
from .commands import Close, Kill, Perform, WarpPointer
from .events import Act
from .geometry import Rect
from .model import State, Window
from .names import LAYOUTS, WORKSPACES
from .navigate import focus_towards, move_towards, swap
from .windows import float_at, set_floating, set_fullscreen, set_maximised


def act(state: State, event: Act) -> None:
    """Carry out an action, or pass it on when it is not about windows."""
    target = state.focused
    if event.window is not None:
        target = state.windows.get(event.window)
        if target is None:
            return
    action = event.action
    before = state.focused_output
    on_window, general = _ON_WINDOW.get(type(action)), _GENERAL.get(type(action))
    if on_window is not None:
        if target is not None:
            on_window(state, target, action)
    elif general is not None:
        general(state, target if event.window is not None else None, action)
    else:
        state.extra.append(Perform(action, target.vm if target is not None else None))
    after = state.focused_output
    if before is not None and after is not None and before != after:
        state.extra.append(WarpPointer(state.outputs[after].area))


def _wanted(action: actions.Switch, now: bool) -> bool:
    return not now if action.state == "toggle" else action.state == "on"


# Actions on one window.


def _close(state: State, window: Window, action: actions.Close) -> None:
    state.extra.append(Close(window.id))


def _kill(state: State, window: Window, action: actions.Kill) -> None:
    state.extra.append(Kill(window.id))


def _focus_window(state: State, window: Window, action: actions.FocusWindow) -> None:
    focus.go_to(state, window, by_user=True)


def _move(state: State, window: Window, action: actions.Move) -> None:
    move_towards(state, window, action.direction)


def _move_to_workspace(state: State, window: Window, action: actions.MoveToWorkspace) -> None:
    windows.send_to_workspace(state, window, action.number)


def _move_to_output(state: State, window: Window, action: actions.MoveToOutput) -> None:
    target = outputs.find(state, action.output, state.workspace_of(window).output)
    if target is not None and target.workspace is not None:
        windows.send_to_workspace(state, window, target.workspace)


def _promote(state: State, window: Window, action: actions.Promote) -> None:
    workspace = state.workspace_of(window)
    tiles = [other for other in workspace.tiled if not other.minimised]
    if window not in tiles or len(tiles) < 2:
        return
    # The master itself changes places with the next in line.
    other = tiles[0] if window is not tiles[0] else tiles[1]
    swap(state, window, other)


def _float(state: State, window: Window, action: actions.Float) -> None:
    set_floating(state, window, _wanted(action, window.floating))


def _fullscreen(state: State, window: Window, action: actions.Fullscreen) -> None:
    set_fullscreen(state, window, _wanted(action, window.fullscreen))


def _true_fullscreen(state: State, window: Window, action: actions.TrueFullscreen) -> None:
    on = _wanted(action, window.true_fullscreen)
    set_fullscreen(state, window, on, without_frame=True)


def _maximise(state: State, window: Window, action: actions.Maximise) -> None:
    set_maximised(state, window, _wanted(action, window.maximised))


def _minimise(state: State, window: Window, action: actions.Minimise) -> None:
    focus.minimise(state, window)


def _move_window(state: State, window: Window, action: actions.MoveWindow) -> None:
    size = window.frame
    _place(state, window, Rect(action.x, action.y, size.width, size.height))


def _resize_window(state: State, window: Window, action: actions.ResizeWindow) -> None:
    _place(state, window, Rect(window.frame.x, window.frame.y, action.width, action.height))


def _place(state: State, window: Window, frame: Rect) -> None:
    resize.hand_over(state, window, frame)
    float_at(state, window, frame)


def _resize(state: State, window: Window, action: actions.Resize) -> None:
    resize.resize(state, window, action.dw, action.dh)


# Actions on the focus, workspaces and outputs. They get a window only when the event named one.


def _focus(state: State, window: Window | None, action: actions.Focus) -> None:
    focus_towards(state, window or state.focused, action.target)


def _workspace(state: State, window: Window | None, action: actions.ShowWorkspace) -> None:
    number = _chosen(state, action.target)
    if number is None:
        return
    if not state.outputs:
        state.current = number
        return
    workspace = state.workspaces[number]
    if workspace is state.active() and state.shown(workspace):
        return
    outputs.show(state, workspace)
    state.focused_output = workspace.output
    focus.focus_recent(state, by_user=True)


def _chosen(state: State, which: int | str) -> int | None:
    if not isinstance(which, str):
        return which
    if which == "last":
        return state.previous
    step = 1 if which == "next" else -1
    number = state.active().number
    for _ in WORKSPACES:
        number = (number - 1 + step) % len(WORKSPACES) + 1
        # One that another output holds would take the person away from this one.
        if state.workspaces[number].output in (None, state.focused_output):
            return number
    return None


def _focus_output(state: State, window: Window | None, action: actions.FocusOutput) -> None:
    target = outputs.find(state, action.output)
    if target is not None and target.name != state.focused_output:
        state.focused_output = target.name
        focus.focus_recent(state, by_user=True)


def _workspace_to_output(
    state: State, window: Window | None, action: actions.WorkspaceToOutput
) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    if workspace.output is None:
        return
    target = outputs.find(state, action.output, workspace.output)
    if target is None:
        return
    active = workspace is state.active()
    outputs.move(state, workspace, target.name)
    if active:
        state.focused_output = target.name


def _layout(state: State, window: Window | None, action: actions.SetLayout) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    name = action.layout
    if name == "next":
        name = LAYOUTS[(LAYOUTS.index(workspace.layout) + 1) % len(LAYOUTS)]
    if name != workspace.layout:
        workspace.layout = name  # type: ignore[assignment]
        state.rearrange(workspace)


def _master_ratio(state: State, window: Window | None, action: actions.MasterRatio) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    resize.change_ratio(workspace, action.change)
    state.rearrange(workspace)


def _master_count(state: State, window: Window | None, action: actions.MasterCount) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    most = max(1, len(workspace.tiled))
    workspace.master_count = min(most, max(1, workspace.master_count + action.change))
    state.rearrange(workspace)


def _restore(state: State, window: Window | None, action: actions.Restore) -> None:
    if window is None and state.minimised:
        window = state.minimised[-1]
    if window is not None:
        focus.go_to(state, window, by_user=True)


def _nop(state: State, window: Window | None, action: actions.Nop) -> None:
    pass


_ON_WINDOW: Mapping[type[Action], Callable[[State, Window, Any], None]] = {
    actions.Close: _close,
    actions.Kill: _kill,
    actions.FocusWindow: _focus_window,
    actions.Move: _move,
    actions.MoveToWorkspace: _move_to_workspace,
    actions.MoveToOutput: _move_to_output,
    actions.Promote: _promote,
    actions.Float: _float,
    actions.Fullscreen: _fullscreen,
    actions.TrueFullscreen: _true_fullscreen,
    actions.Maximise: _maximise,
    actions.Minimise: _minimise,
    actions.MoveWindow: _move_window,
    actions.ResizeWindow: _resize_window,
    actions.Resize: _resize,
}

_GENERAL: Mapping[type[Action], Callable[[State, Window | None, Any], None]] = {
    actions.Focus: _focus,
    actions.ShowWorkspace: _workspace,
    actions.FocusOutput: _focus_output,
    actions.WorkspaceToOutput: _workspace_to_output,
    actions.SetLayout: _layout,
    actions.MasterRatio: _master_ratio,
    actions.MasterCount: _master_count,
    actions.Restore: _restore,
    actions.Nop: _nop,
}
