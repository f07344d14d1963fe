"""Moving the focus, and windows, by direction and by order."""

from __future__ import annotations

from . import focus, outputs, windows
from .directions import Direction, neighbour
from .geometry import Rect
from .model import State, Window, Workspace
from .windows import float_at, work_area_of


def focus_towards(state: State, origin: Window | None, target: str) -> None:
    """Focus by `target`: a direction, next, previous, last or urgent."""
    if target == "urgent":
        if state.urgent:
            focus.go_to(state, state.urgent[-1], by_user=True)
    elif target == "last":
        for window in reversed(state.recent):
            if window is not state.focused and not window.minimised:
                focus.go_to(state, window, by_user=True)
                return
    elif origin is None:
        _focus_from_nothing(state, target)
    elif target in ("next", "previous"):
        _focus_in_order(state, origin, 1 if target == "next" else -1)
    else:
        _focus_direction(state, origin, target)


def _focus_from_nothing(state: State, target: str) -> None:
    recent = state.most_recent(state.active())
    if recent is not None and state.may_focus(recent):
        focus.set_focus(state, recent, by_user=True)
    elif target not in ("next", "previous"):
        _focus_output(state, target, None)


def _focus_in_order(state: State, origin: Window, step: int) -> None:
    order = _present(state.workspace_of(origin).windows)
    if origin in order and len(order) > 1:
        window = order[(order.index(origin) + step) % len(order)]
        focus.go_to(state, window, by_user=True)


def _focus_direction(state: State, origin: Window, target: str) -> None:
    workspace = state.workspace_of(origin)
    if workspace.layout == "monocle" and not origin.floating:
        window = _beside_in_order(workspace, origin, target)
    else:
        window = _beside(state, origin, target, _present(workspace.windows))
    if window is not None:
        focus.go_to(state, window, by_user=True)
    else:
        _focus_output(state, target, workspace.output)


def _focus_output(state: State, direction: str, origin: str | None) -> None:
    output = outputs.find(state, direction, origin)
    if output is not None:
        state.focused_output = output.name
        focus.focus_recent(state, by_user=True)


def move_towards(state: State, window: Window, target: str) -> None:
    """Swap a tiled window with its neighbour or move a floating one a step; at the edge, both go
    to the neighbouring output, and the focus goes along."""
    workspace = state.workspace_of(window)
    if target in ("next", "previous"):
        order = _present(workspace.tiled)
        if window in order and len(order) > 1:
            step = 1 if target == "next" else -1
            swap(state, window, order[(order.index(window) + step) % len(order)])
    elif window.floating:
        _step(state, window, target)
    else:
        if workspace.layout == "monocle":
            other = _beside_in_order(workspace, window, target)
        else:
            other = _beside(state, window, target, _present(workspace.tiled))
        if other is not None:
            swap(state, window, other)
        else:
            _send_over(state, window, target)


def swap(state: State, one: Window, other: Window) -> None:
    """Let two tiled windows of one workspace change places; sizes stay with the places."""
    workspace = state.workspace_of(one)
    tiled = workspace.tiled
    i, j = tiled.index(one), tiled.index(other)
    tiled[i], tiled[j] = other, one
    one.weight, other.weight = other.weight, one.weight
    state.rearrange(workspace)


def _step(state: State, window: Window, direction: str) -> None:
    area = work_area_of(state, window)
    if area is None or window.fullscreen or window.maximised:
        return
    step, old = state.options.move_step, window.frame
    dx = {"left": -step, "right": step}.get(direction, 0)
    dy = {"up": -step, "down": step}.get(direction, 0)
    new = old.translate(dx, dy)
    # A window that is inside stops at the edge first; only the next step leads over it.
    x, y = new.x, new.y
    if dx > 0:
        x = max(old.x, min(x, area.right - old.width))
    elif dx < 0:
        x = min(old.x, max(x, area.x))
    if dy > 0:
        y = max(old.y, min(y, area.bottom - old.height))
    elif dy < 0:
        y = min(old.y, max(y, area.y))
    if (x, y) == (old.x, old.y):
        _send_over(state, window, direction)
    else:
        float_at(state, window, Rect(x, y, old.width, old.height))


def _send_over(state: State, window: Window, direction: str) -> None:
    target = outputs.find(state, direction, state.workspace_of(window).output)
    if target is None or target.workspace is None:
        return
    focused = window is state.focused
    windows.send_to_workspace(state, window, target.workspace)
    if focused:
        focus.set_focus(state, window, by_user=True)


def _present(members: list[Window]) -> list[Window]:
    return [window for window in members if not window.minimised]


def _beside_in_order(workspace: Workspace, window: Window, direction: str) -> Window | None:
    """In monocle all lie on one another: left and up is the one before, right and down the one
    after, without wrapping, so that the next output stays within reach."""
    order = _present(workspace.tiled)
    if window not in order:
        return None
    index = order.index(window) + (1 if direction in ("right", "down") else -1)
    return order[index] if 0 <= index < len(order) else None


def _beside(state: State, window: Window, target: str, members: list[Window]) -> Window | None:
    direction: Direction = target  # type: ignore[assignment]
    rank = {other: index for index, other in enumerate(state.recent)}
    found: Window | None = None
    tiled = [other for other in members if not other.floating and other is not window]
    if not window.floating:
        candidates = [(other, other.frame, rank[other]) for other in tiled]
        found = neighbour(window.frame, candidates, direction, beside_only=True)
    if found is None:
        rest = members if window.floating else [other for other in members if other.floating]
        candidates = [(other, other.frame, rank[other]) for other in rest if other is not window]
        found = neighbour(window.frame, candidates, direction)
    return found
