"""What each action on windows, workspaces and outputs does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import focus, outputs, resize, windows
from .commands import Close, Kill, Perform, WarpPointer
from .events import Act
from .geometry import Rect
from .model import State, Window
from .names import LAYOUTS, WORKSPACES
from .navigate import focus_towards, move_towards, swap
from .windows import float_at, set_floating, set_fullscreen, set_maximised

_Args = Sequence["int | float | str"]


def act(state: State, event: Act) -> None:
    """Carry out an action, or pass it on when it is not about windows."""
    target = state.focused
    if event.window is not None:
        target = state.windows.get(event.window)
        if target is None:
            return
    name, args = event.action.name, event.action.args
    before = state.focused_output
    if name in _ON_WINDOW:
        if target is not None:
            _ON_WINDOW[name](state, target, args)
    elif name in _GENERAL:
        _GENERAL[name](state, target if event.window is not None else None, args)
    else:
        state.extra.append(Perform(event.action, target.vm if target is not None else None))
    after = state.focused_output
    if before is not None and after is not None and before != after:
        state.extra.append(WarpPointer(state.outputs[after].area))


def _number(value: int | float | str) -> int:
    return int(value)


def _wanted(args: _Args, now: bool) -> bool:
    switch = args[0] if args else "toggle"
    return not now if switch == "toggle" else switch == "on"


# Actions on one window.


def _close(state: State, window: Window, args: _Args) -> None:
    state.extra.append(Close(window.id))


def _kill(state: State, window: Window, args: _Args) -> None:
    state.extra.append(Kill(window.id))


def _focus_window(state: State, window: Window, args: _Args) -> None:
    focus.go_to(state, window, by_user=True)


def _move(state: State, window: Window, args: _Args) -> None:
    move_towards(state, window, str(args[0]))


def _move_to_workspace(state: State, window: Window, args: _Args) -> None:
    windows.send_to_workspace(state, window, _number(args[0]))


def _move_to_output(state: State, window: Window, args: _Args) -> None:
    target = outputs.find(state, str(args[0]), state.workspace_of(window).output)
    if target is not None and target.workspace is not None:
        windows.send_to_workspace(state, window, target.workspace)


def _promote(state: State, window: Window, args: _Args) -> None:
    workspace = state.workspace_of(window)
    tiles = [other for other in workspace.tiled if not other.minimised]
    if window not in tiles or len(tiles) < 2:
        return
    # The master itself changes places with the next in line.
    other = tiles[0] if window is not tiles[0] else tiles[1]
    swap(state, window, other)


def _float(state: State, window: Window, args: _Args) -> None:
    set_floating(state, window, _wanted(args, window.floating))


def _fullscreen(state: State, window: Window, args: _Args) -> None:
    set_fullscreen(state, window, _wanted(args, window.fullscreen))


def _true_fullscreen(state: State, window: Window, args: _Args) -> None:
    on = _wanted(args, window.true_fullscreen)
    set_fullscreen(state, window, on, without_frame=True)


def _maximise(state: State, window: Window, args: _Args) -> None:
    set_maximised(state, window, _wanted(args, window.maximised))


def _minimise(state: State, window: Window, args: _Args) -> None:
    focus.minimise(state, window)


def _move_window(state: State, window: Window, args: _Args) -> None:
    x, y = map(_number, args)
    size = window.frame
    _place(state, window, Rect(x, y, size.width, size.height))


def _resize_window(state: State, window: Window, args: _Args) -> None:
    width, height = map(_number, args)
    _place(state, window, Rect(window.frame.x, window.frame.y, width, height))


def _place(state: State, window: Window, frame: Rect) -> None:
    resize.hand_over(state, window, frame)
    float_at(state, window, frame)


def _resize(state: State, window: Window, args: _Args) -> None:
    dw, dh = map(_number, args)
    resize.resize(state, window, dw, dh)


# Actions on the focus, workspaces and outputs. They get a window only when the event named one.


def _focus(state: State, window: Window | None, args: _Args) -> None:
    focus_towards(state, window or state.focused, str(args[0]))


def _workspace(state: State, window: Window | None, args: _Args) -> None:
    number = _chosen(state, args[0])
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


def _chosen(state: State, which: int | float | str) -> int | None:
    if not isinstance(which, str):
        return int(which)
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


def _focus_output(state: State, window: Window | None, args: _Args) -> None:
    target = outputs.find(state, str(args[0]))
    if target is not None and target.name != state.focused_output:
        state.focused_output = target.name
        focus.focus_recent(state, by_user=True)


def _workspace_to_output(state: State, window: Window | None, args: _Args) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    if workspace.output is None:
        return
    target = outputs.find(state, str(args[0]), workspace.output)
    if target is None:
        return
    active = workspace is state.active()
    outputs.move(state, workspace, target.name)
    if active:
        state.focused_output = target.name


def _layout(state: State, window: Window | None, args: _Args) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    name = str(args[0])
    if name == "next":
        name = LAYOUTS[(LAYOUTS.index(workspace.layout) + 1) % len(LAYOUTS)]
    if name != workspace.layout:
        workspace.layout = name  # type: ignore[assignment]
        state.rearrange(workspace)


def _master_ratio(state: State, window: Window | None, args: _Args) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    resize.change_ratio(workspace, float(args[0]))
    state.rearrange(workspace)


def _master_count(state: State, window: Window | None, args: _Args) -> None:
    workspace = state.workspace_of(window) if window is not None else state.active()
    most = max(1, len(workspace.tiled))
    workspace.master_count = min(most, max(1, workspace.master_count + _number(args[0])))
    state.rearrange(workspace)


def _restore(state: State, window: Window | None, args: _Args) -> None:
    if window is None and state.minimised:
        window = state.minimised[-1]
    if window is not None:
        focus.go_to(state, window, by_user=True)


def _nop(state: State, window: Window | None, args: _Args) -> None:
    pass


_ON_WINDOW: dict[str, Callable[[State, Window, _Args], None]] = {
    "close": _close,
    "kill": _kill,
    "focus-window": _focus_window,
    "move": _move,
    "move-to-workspace": _move_to_workspace,
    "move-to-output": _move_to_output,
    "promote": _promote,
    "float": _float,
    "fullscreen": _fullscreen,
    "true-fullscreen": _true_fullscreen,
    "maximise": _maximise,
    "minimise": _minimise,
    "move-window": _move_window,
    "resize-window": _resize_window,
    "resize": _resize,
}

_GENERAL: dict[str, Callable[[State, Window | None, _Args], None]] = {
    "focus": _focus,
    "workspace": _workspace,
    "focus-output": _focus_output,
    "workspace-to-output": _workspace_to_output,
    "layout": _layout,
    "master-ratio": _master_ratio,
    "master-count": _master_count,
    "restore": _restore,
    "nop": _nop,
}
