"""The shell's state: windows, workspaces, outputs, and their orders."""

from __future__ import annotations

import msgspec

from .commands import Command
from .geometry import Rect
from .names import WORKSPACES, LayoutName
from .options import ShellOptions

_NOWHERE = Rect(0, 0, 1, 1)


class Window(msgspec.Struct, eq=False):
    """A mapped window. Sizes are of the whole frame, logical pixels; 0 means no limit."""

    id: int
    vm: str | None
    app_id: str
    title: str
    width: int
    height: int
    min_width: int
    min_height: int
    max_width: int
    max_height: int
    parent: Window | None
    """Of the same origin, or None."""
    workspace: int
    floating: bool = False
    fullscreen: bool = False
    true_fullscreen: bool = False
    maximised: bool = False
    minimised: bool = False
    urgent: bool = False
    weight: float = 1.0
    """Its share beside its neighbours in the layout."""
    place: Rect | None = None
    """The floating frame, relative to the corner of the work area; None until it first floats."""
    place_area: tuple[int, int] = (0, 0)
    """The size of the work area for which `place` was chosen."""
    frame: Rect = _NOWHERE
    """Where it is now, layout space."""
    visible: bool = False
    output: str | None = None


class Workspace(msgspec.Struct, eq=False):
    """One of the ten."""

    number: int
    layout: LayoutName
    master_ratio: float
    master_count: int = 1
    tiled: list[Window] = msgspec.field(default_factory=list)
    """In the order of the layout; minimised ones keep their place."""
    floating: list[Window] = msgspec.field(default_factory=list)
    """In the order in which they came."""
    output: str | None = None
    """Where it is, or was when last shown; None for one that is hidden and empty."""
    homes: list[str] = msgspec.field(default_factory=list)
    """Outputs that went away under it, first one first; it goes back to each that returns."""
    shown: int = 0
    """Counts up each time any workspace is shown: the larger, the more recently."""

    @property
    def windows(self) -> list[Window]:
        """All of it, tiled ones first."""
        return self.tiled + self.floating

    @property
    def empty(self) -> bool:
        """No window, not even a minimised one."""
        return not self.tiled and not self.floating


class Output(msgspec.Struct, eq=False):
    """A screen in layout space."""

    name: str
    area: Rect
    work_area: Rect
    workspace: int | None = None
    """None only while there are more outputs than workspaces."""


class State:
    """The shell's whole state, the marks of changes since the last flush, and look-ups.

    The functions that change it stand in the modules beside this one; each marks what it touched.
    """

    def __init__(self, options: ShellOptions) -> None:
        self.options = options
        self.windows: dict[int, Window] = {}
        self.workspaces = {
            number: Workspace(number, options.layout_for(number), options.master_ratio)
            for number in WORKSPACES
        }
        self.outputs: dict[str, Output] = {}
        self.focused: Window | None = None
        self.focused_output: str | None = None
        self.by_user = False
        """Whether a user chose the focus in this event."""
        self.recent: list[Window] = []
        """Every window, last focused last; those never focused come first."""
        self.stack: list[Window] = []
        """Every window, bottom first. A dialog is always above its parent."""
        self.urgent: list[Window] = []
        """Last one to become urgent last."""
        self.minimised: list[Window] = []
        """Last minimised last."""
        self.current = 1
        """The focused workspace, kept while there is no output."""
        self.previous: int | None = None
        """The workspace that had the focus before."""
        self.last_shown: dict[str, int] = {}
        """The last workspace of each output, removed outputs included."""
        self.shows = 0

        self.changed: set[int] = set()
        """Windows whose `Place` may differ."""
        self.dirty: set[int] = set()
        """Workspaces that must be arranged anew."""
        self.restack = False
        self.extra: list[Command] = []
        """Commands of this event that are not about places, stacking and focus."""

    def workspace_of(self, window: Window) -> Workspace:
        """The workspace that holds it."""
        return self.workspaces[window.workspace]

    def shown(self, workspace: Workspace) -> bool:
        """Whether an output shows it now."""
        output = self.outputs.get(workspace.output) if workspace.output is not None else None
        return output is not None and output.workspace == workspace.number

    def active(self) -> Workspace:
        """The workspace of the focused output; while there is none, the one that had the focus."""
        output = self.outputs.get(self.focused_output) if self.focused_output is not None else None
        number = output.workspace if output is not None else None
        return self.workspaces[number if number is not None else self.current]

    def may_focus(self, window: Window) -> bool:
        """Whether it can hold the focus as things are: there, not minimised, and on the workspace
        that the focused output shows."""
        if window.minimised or self.windows.get(window.id) is not window:
            return False
        workspace = self.workspaces[window.workspace]
        return workspace.output == self.focused_output and self.shown(workspace)

    def most_recent(self, workspace: Workspace) -> Window | None:
        """The window of a workspace that had the focus last and is not minimised."""
        number = workspace.number
        for window in reversed(self.recent):
            if window.workspace == number and not window.minimised:
                return window
        return None

    def family(self, window: Window) -> list[Window]:
        """The window and all dialogs under it, parents before their dialogs."""
        # The stack has parents before dialogs, so one pass finds all, however deep they go: a
        # client chooses how many there are.
        members = {window}
        found = [window]
        for other in self.stack:
            if other.parent in members:
                members.add(other)
                found.append(other)
        return found

    def root(self, window: Window) -> Window:
        """The window at the top of its chain of parents."""
        while window.parent is not None:
            window = window.parent
        return window

    def touch(self, window: Window) -> None:
        """A field of `Place` changed."""
        self.changed.add(window.id)

    def rearrange(self, workspace: Workspace) -> None:
        """Frames on this workspace, or which of them are visible, may have changed."""
        self.dirty.add(workspace.number)
        self.restack = True
