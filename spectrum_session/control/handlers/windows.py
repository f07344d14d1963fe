"""Commands about windows, workspaces and Wayland connections."""

from __future__ import annotations

import time

from spectrum_session.compositor.port import CompositorPort
from spectrum_session.control import commands, messages, views
from spectrum_session.control.errors import NOT_FOUND, ControlError
from spectrum_session.control.ports import Gates
from spectrum_session.control.tree import build_tree
from spectrum_session.shell.actions import Action, parse_action

from .gates import tree_gates
from .outputs import list_outputs


class WindowCommands:
    """A method for each command of the area `windows`."""

    def __init__(self, compositor: CompositorPort, gates: Gates) -> None:
        self._compositor = compositor
        self._gates = gates

    def windows(self, _args: commands.NoArgs) -> list[messages.Window]:
        """The windows by number."""
        listed = [views.window(view) for view in self._compositor.windows()]
        return sorted(listed, key=lambda window: window.id)

    def workspaces(self, _args: commands.NoArgs) -> list[messages.Workspace]:
        """The ten workspaces."""
        return [views.workspace(view) for view in self._compositor.workspaces()]

    def clients(self, _args: commands.NoArgs) -> list[messages.Client]:
        """The Wayland connections."""
        now = time.monotonic()
        return [
            messages.Client(
                pid=client.pid,
                vm=client.vm,
                windows=list(client.windows),
                connected_ms=int((now - client.since) * 1000),
            )
            for client in self._compositor.connections()
        ]

    async def tree(self, args: commands.NoArgs) -> messages.Tree:
        """Windows by workspace and output, and the objects of VMs."""
        gates = await tree_gates(self._gates)
        outputs = list_outputs(self._compositor)
        return build_tree(outputs, self.workspaces(args), self.windows(args), gates)

    def window(self, args: commands.WindowArgs) -> None:
        """Act on one window."""
        window = self._compositor.window(args.id)
        if window is None or not window.mapped:
            raise ControlError(NOT_FOUND, f"there is no window {args.id}")
        self._compositor.act(_window_action(args), args.id)

    def workspace(self, args: commands.WorkspaceArgs) -> None:
        """Show a workspace."""
        self._compositor.act(Action("workspace", (args.number,)))

    def layout(self, args: commands.LayoutArgs) -> None:
        """Set the layout of the focused workspace."""
        self._compositor.act(Action("layout", (args.name,)))

    def action(self, args: commands.ActionArgs) -> None:
        """Carry out the text of a binding's action."""
        self._compositor.act(parse_action(args.text))


def _window_action(args: commands.WindowArgs) -> Action:
    name = args.action
    if name == "move":
        return Action("move-window", (args.x or 0, args.y or 0))
    if name == "resize":
        return Action("resize-window", (args.width or 1, args.height or 1))
    if name == "workspace":
        return Action("move-to-workspace", (args.workspace or 1,))
    if name == "focus":
        return Action("focus-window")
    if name in ("fullscreen", "float", "maximise"):
        return Action(name, (args.switch or "toggle",))
    return Action(name)
