"""Resizing by the user: floating frames, and shares of the layout."""

from __future__ import annotations

from .geometry import Rect
from .layouts import column_count
from .model import State, Window, Workspace
from .windows import float_at, put_on_workspace, work_area_of

RATIO_LIMITS = (0.1, 0.9)


def resize(state: State, window: Window, dw: int, dh: int) -> None:
    """Make a window wider and higher by so many logical pixels (narrower, lower: negative). A
    tiled one takes the room from its neighbours."""
    if window.fullscreen or window.maximised or window.minimised:
        return
    if window.floating:
        frame = window.frame
        float_at(state, window, Rect(frame.x, frame.y, frame.width + dw, frame.height + dh))
        return
    workspace = state.workspace_of(window)
    if workspace.layout == "columns":
        if dw:
            _widen_column(state, workspace, window, dw)
    elif workspace.layout == "master-stack":
        if dw:
            _move_master_edge(state, workspace, window, dw)
        if dh:
            column = [
                other
                for other in _tiles(workspace)
                if (other.frame.x, other.frame.width) == (window.frame.x, window.frame.width)
            ]
            _reweigh(column, window, [other.frame.height for other in column], dh)
    state.rearrange(workspace)


def change_ratio(workspace: Workspace, change: float) -> None:
    """Move the edge of the master area by a share of the width."""
    low, high = RATIO_LIMITS
    workspace.master_ratio = min(high, max(low, workspace.master_ratio + change))


def drag(state: State, window: Window, frame: Rect) -> None:
    """The user pulls a window, or an edge of it, to `frame` (layout space)."""
    if window.fullscreen:
        return
    old = window.frame
    if not window.floating and not window.maximised:
        beside = frame.x == old.x or frame.right == old.right
        above = frame.y == old.y or frame.bottom == old.bottom
        if beside and above:
            resize(state, window, frame.width - old.width, frame.height - old.height)
            return
    hand_over(state, window, frame)
    float_at(state, window, frame)


def hand_over(state: State, window: Window, frame: Rect) -> None:
    """Hand a window over to the output on which the middle of its title bar is."""
    x, y = frame.x + frame.width // 2, frame.y + state.options.title_height // 2
    for output in state.outputs.values():
        if output.area.contains(x, y) and output.workspace is not None:
            if output.name != state.workspace_of(window).output:
                follows = window is state.focused
                put_on_workspace(state, window, output.workspace)
                if follows:
                    state.focused_output = output.name
            return


def _tiles(workspace: Workspace) -> list[Window]:
    """The windows that the layout arranges and shows in its place."""
    return [
        window
        for window in workspace.tiled
        if not (window.minimised or window.fullscreen or window.maximised)
    ]


def _move_master_edge(state: State, workspace: Workspace, window: Window, dw: int) -> None:
    tiles = [other for other in workspace.tiled if not other.minimised]
    area = work_area_of(state, window)
    if area is None or len(tiles) <= workspace.master_count:
        return
    room = max(1, area.width - 2 * state.options.outer_gap - state.options.gap)
    is_master = tiles.index(window) < workspace.master_count
    change_ratio(workspace, (dw if is_master else -dw) / room)


def _widen_column(state: State, workspace: Workspace, window: Window, dw: int) -> None:
    """A column's width is its first window's weight."""
    area = work_area_of(state, window)
    tiles = [other for other in workspace.tiled if not other.minimised]
    if area is None:
        return
    outer = state.options.outer_gap
    inner = area.inset(outer, outer, outer, outer)
    if column_count(inner, tiles, state.options.gap) < 2:
        return
    heads: dict[int, Window] = {}
    for other in _tiles(workspace):
        heads.setdefault(other.frame.x, other)
    columns = list(heads.values())
    head = heads.get(window.frame.x)
    if head is not None:
        _reweigh(columns, head, [column.frame.width for column in columns], dw)


def _reweigh(group: list[Window], window: Window, sizes: list[int], change: int) -> None:
    """Give weights to a group so that `window` grows by `change` and the others make room in
    proportion. Weights keep an average of 1, for windows that are added later."""
    if len(group) < 2:
        return
    total = sum(sizes)
    own = sizes[group.index(window)]
    wanted = min(max(own + change, 1), total - len(group) + 1)
    others = max(1, total - own)
    for member, size in zip(group, sizes, strict=True):
        new = float(wanted) if member is window else size * (total - wanted) / others
        member.weight = max(0.01, new * len(group) / total)
