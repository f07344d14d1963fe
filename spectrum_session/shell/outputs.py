"""Outputs come and go; workspaces move between them and come home."""

from __future__ import annotations

from .directions import Direction, neighbour
from .geometry import Rect
from .model import Output, State, Workspace


def add(state: State, name: str, area: Rect, work_area: Rect) -> None:
    """An output appeared or its areas changed."""
    work_area = work_area.intersect(area) if not work_area.empty else work_area
    output = state.outputs.get(name)
    if output is not None:
        if (output.area, output.work_area) != (area, work_area):
            output.area, output.work_area = area, work_area
            for workspace in state.workspaces.values():
                if workspace.output == name:
                    state.rearrange(workspace)
        return
    first = not state.outputs
    state.outputs[name] = Output(name, area, work_area)
    if first:
        state.focused_output = name
    coming = [workspace for workspace in state.workspaces.values() if name in workspace.homes]
    followed = state.focused
    for workspace in coming:
        if state.shown(workspace):
            assert workspace.output is not None
            state.outputs[workspace.output].workspace = None
        del workspace.homes[workspace.homes.index(name) :]
        workspace.output = name
        state.rearrange(workspace)
    _show_first(state, name, coming, first)
    fill(state)
    _adopt(state, name)
    if followed is not None:
        # The focus goes along with its workspace, where that is shown again.
        home = state.workspace_of(followed)
        if home in coming and state.shown(home):
            state.focused_output = name


def _show_first(state: State, name: str, coming: list[Workspace], first: bool) -> None:
    wanted = state.workspaces.get(state.last_shown.get(name, 0))
    if wanted is not None and wanted in coming:
        show(state, wanted)
    elif first:
        current = state.workspaces[state.current]
        current.output = name
        show(state, current)
    elif coming:
        show(state, max(coming, key=lambda workspace: workspace.shown))
    elif wanted is not None and wanted.output is None:
        wanted.output = name
        show(state, wanted)


def remove(state: State, name: str) -> None:
    """An output went away: its workspaces move to another and remember where they were."""
    gone = state.outputs.pop(name, None)
    if gone is None:
        return
    target = state.focused_output if state.focused_output != name else _nearest(state, gone)
    visible = state.workspaces[gone.workspace] if gone.workspace is not None else None
    for workspace in state.workspaces.values():
        if workspace.output == name:
            if workspace.empty:
                workspace.output = None
                workspace.homes.clear()
            else:
                if name not in workspace.homes:
                    workspace.homes.append(name)
                workspace.output = target
            state.rearrange(workspace)
    if state.focused_output != name:
        fill(state)
        return
    state.focused_output = target
    if target is not None and visible is not None and not visible.empty:
        # The workspace in use stays visible, and keeps the focus.
        show(state, visible)
    fill(state)


def show(state: State, workspace: Workspace) -> None:
    """Make an output show a workspace: the one where it is, or for a free one the focused one."""
    name = workspace.output if workspace.output is not None else state.focused_output
    if name is None:
        return
    output = state.outputs[name]
    if output.workspace == workspace.number:
        return
    old = output.workspace
    output.workspace = workspace.number
    workspace.output = name
    state.shows += 1
    workspace.shown = state.shows
    state.last_shown[name] = workspace.number
    state.rearrange(workspace)
    if old is not None:
        release(state, state.workspaces[old])
        state.rearrange(state.workspaces[old])


def release(state: State, workspace: Workspace) -> None:
    """A workspace that is hidden and empty belongs to no output."""
    if workspace.empty and not state.shown(workspace):
        workspace.output = None
        workspace.homes.clear()


def settle_on(state: State, workspace: Workspace) -> None:
    """A workspace that got a window must be on some output."""
    if workspace.output is None:
        workspace.output = state.focused_output


def move(state: State, workspace: Workspace, name: str) -> None:
    """The user sends a workspace to another output, where it is shown."""
    source = workspace.output
    if source == name:
        return
    if state.shown(workspace):
        assert source is not None
        state.outputs[source].workspace = None
    workspace.output = name
    workspace.homes.clear()
    show(state, workspace)
    fill(state)


def fill(state: State) -> None:
    """Give a workspace to every output that shows none."""
    for output in state.outputs.values():
        if output.workspace is None:
            workspace = _replacement(state, output.name)
            if workspace is not None:
                workspace.output = output.name
                show(state, workspace)


def _replacement(state: State, name: str) -> Workspace | None:
    hidden = [workspace for workspace in state.workspaces.values() if not state.shown(workspace)]
    own = [workspace for workspace in hidden if workspace.output == name]
    if own:
        return max(own, key=lambda workspace: workspace.shown)
    free = [workspace for workspace in hidden if workspace.output is None]
    return next(iter(free or hidden), None)


def _adopt(state: State, name: str) -> None:
    for workspace in state.workspaces.values():
        if workspace.output is None and not workspace.empty:
            workspace.output = name
            state.rearrange(workspace)


def _nearest(state: State, gone: Output) -> str | None:
    x, y = gone.area.center

    def distance(output: Output) -> int:
        other_x, other_y = output.area.center
        return (other_x - x) ** 2 + (other_y - y) ** 2

    nearest = min(state.outputs.values(), key=distance, default=None)
    return nearest.name if nearest is not None else None


def find(state: State, target: str, origin: str | None = None) -> Output | None:
    """The output of that name, or in that direction from `origin` (default: the focused one)."""
    if target not in ("left", "right", "up", "down"):
        return state.outputs.get(target)
    start = state.outputs.get(origin or state.focused_output or "")
    if start is None:
        return None
    direction: Direction = target  # type: ignore[assignment]
    others = [(output, output.area, 0) for output in state.outputs.values() if output is not start]
    return neighbour(start.area, others, direction)
