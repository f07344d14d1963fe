"""From an older and a newer state of outputs or workspaces to events. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from .messages import Output, OutputEvent, Workspace, WorkspaceEvent


class KnownOutputs:
    """The outputs as last published."""

    def __init__(self) -> None:
        self._known: dict[str, Output] = {}

    def set(self, outputs: Iterable[Output]) -> None:
        """Take these as known: a new subscriber can ask for them."""
        self._known = {output.name: output for output in outputs}

    def events(self, outputs: Iterable[Output]) -> list[OutputEvent]:
        """The events to publish now. Removed outputs, in their last state, come first."""
        before = self._known
        self.set(outputs)
        made = [
            OutputEvent(change="removed", output=output)
            for name, output in before.items()
            if name not in self._known
        ]
        for name, output in self._known.items():
            if name not in before:
                made.append(OutputEvent(change="added", output=output))
            elif before[name] != output:
                made.append(OutputEvent(change="changed", output=output))
        return made


class KnownWorkspaces:
    """The workspaces as last published."""

    def __init__(self) -> None:
        self._known: dict[int, Workspace] = {}

    def set(self, workspaces: Iterable[Workspace]) -> None:
        """Take these as known: a new subscriber can ask for them."""
        self._known = {workspace.number: workspace for workspace in workspaces}

    def events(self, workspaces: Iterable[Workspace]) -> list[WorkspaceEvent]:
        """The events to publish now, one for each workspace that differs; that of the workspace
        that got the focus comes last."""
        before = self._known
        self.set(workspaces)
        made: list[WorkspaceEvent] = []
        focused: list[WorkspaceEvent] = []
        for number, workspace in self._known.items():
            old = before.get(number)
            if workspace == old:
                continue
            if workspace.focused and not (old is not None and old.focused):
                focused.append(WorkspaceEvent(change="focused", workspace=workspace))
            else:
                made.append(WorkspaceEvent(change="changed", workspace=workspace))
        return made + focused
