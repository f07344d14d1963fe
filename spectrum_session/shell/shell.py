"""The shell: events in, state, commands out. No clock and no IO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import focus, outputs, windows
from .arrangement import Arrangement
from .commands import Command
from .events import (
    Act,
    ActivationRequest,
    ClientRequest,
    Event,
    OutputAdded,
    OutputRemoved,
    PointerEntered,
    PointerPressed,
    WindowDragged,
    WindowInfo,
    WindowLimits,
    WindowMapped,
    WindowRenamed,
    WindowReplaced,
    WindowUnmapped,
)
from .geometry import Rect
from .model import State, Window, Workspace
from .options import ShellOptions
from .perform import act
from .replace import replace_window
from .resize import drag
from .views import WindowView, WorkspaceView


class Shell:
    """Policy of windows, workspaces, layout and focus.

    Each call of `handle` returns the changes: `Place` of each window that differs, `Stack` and
    `Focus` when they do, then the rest. Events about windows and outputs that do not exist
    change nothing: they may have gone while the event was under way.
    """

    def __init__(self, options: ShellOptions) -> None:
        self._state = State(options)
        self._arrangement = Arrangement()
        self._handlers: dict[type, Callable[[Any], None]] = {
            OutputAdded: self._output_added,
            OutputRemoved: self._output_removed,
            WindowMapped: self._window_mapped,
            WindowReplaced: self._window_replaced,
            WindowUnmapped: self._window_unmapped,
            WindowRenamed: self._window_renamed,
            WindowLimits: self._window_limits,
            ClientRequest: self._client_request,
            ActivationRequest: self._activation_request,
            PointerPressed: self._pointer_pressed,
            PointerEntered: self._pointer_entered,
            WindowDragged: self._window_dragged,
            Act: self._act,
        }

    def handle(self, *happened: Event) -> list[Command]:
        """Handle events in turn, and arrange once; returns the commands for the compositor."""
        for event in happened:
            self._handlers[type(event)](event)
        return self._arrangement.flush(self._state)

    def reconfigure(self, options: ShellOptions) -> list[Command]:
        """Take new options. Layouts and ratios that a user changed stay, unless the
        configuration changed them too; windows keep their places, rules hold for new ones."""
        state = self._state
        old, state.options = state.options, options
        for number, workspace in state.workspaces.items():
            if old.layout_for(number) != options.layout_for(number):
                workspace.layout = options.layout_for(number)
            if old.master_ratio != options.master_ratio:
                workspace.master_ratio = options.master_ratio
            state.rearrange(workspace)
        for window in state.windows.values():
            if window.true_fullscreen and not windows.may_lose_frame(state, window):
                windows.set_fullscreen(state, window, True)
        return self._arrangement.flush(state)

    # Queries.

    @property
    def focused(self) -> int | None:
        """The window that has the keyboard."""
        return self._state.focused.id if self._state.focused is not None else None

    @property
    def focused_output(self) -> str | None:
        """Where new windows open; None while there is no output."""
        return self._state.focused_output

    def opening_tile(self, info: WindowInfo, old: int | None = None) -> Rect | None:
        """The frame that a window will have when it is mapped; None for one that will not be tiled.
        `old` is the window that it will replace.

        A window that is configured with it draws its first frame at that size.
        """
        replaced = self._window(old) if old is not None else None
        return windows.opening_tile(self._state, info, replaced)

    def last_of(self, vm: str) -> int | None:
        """The window of a VM that had the focus last; None when it has none."""
        for window in reversed(self._state.recent):
            if window.vm == vm:
                return window.id
        return None

    def windows(self) -> list[WindowView]:
        """All windows, in the order in which they were mapped."""
        return [_window_view(self._state, window) for window in self._state.windows.values()]

    def workspaces(self) -> list[WorkspaceView]:
        """All ten, in order."""
        state = self._state
        return [_workspace_view(state, workspace) for workspace in state.workspaces.values()]

    # Events.

    def _output_added(self, event: OutputAdded) -> None:
        first = not self._state.outputs
        outputs.add(self._state, event.name, event.area, event.work_area)
        if first:
            focus.focus_recent(self._state, by_user=False)

    def _output_removed(self, event: OutputRemoved) -> None:
        outputs.remove(self._state, event.name)

    def _window_mapped(self, event: WindowMapped) -> None:
        windows.map_window(self._state, event.window)

    def _window_replaced(self, event: WindowReplaced) -> None:
        old = self._window(event.old)
        if old is None or old.vm != event.window.vm:
            self._window_mapped(WindowMapped(event.window))
            return
        replace_window(self._state, old, event.window)
        self._arrangement.forget(old.id)

    def _window_unmapped(self, event: WindowUnmapped) -> None:
        window = self._window(event.window)
        if window is not None:
            windows.unmap_window(self._state, window)
            self._arrangement.forget(window.id)

    def _window_renamed(self, event: WindowRenamed) -> None:
        window = self._window(event.window)
        if window is not None:
            window.title, window.app_id = event.title, event.app_id

    def _window_limits(self, event: WindowLimits) -> None:
        window = self._window(event.window)
        if window is not None:
            windows.limit(
                self._state,
                window,
                event.min_width,
                event.min_height,
                event.max_width,
                event.max_height,
            )

    def _client_request(self, event: ClientRequest) -> None:
        state, window = self._state, self._window(event.window)
        if window is None:
            return
        if event.kind == "minimise":
            if event.value:
                focus.minimise(state, window)
            else:
                focus.set_urgent(state, window, True)
        elif event.value and window is not state.focused:
            # A window in the background must not come to cover what the user looks at.
            focus.set_urgent(state, window, True)
        elif event.kind == "maximise":
            windows.set_maximised(state, window, event.value)
        elif not event.value or not window.fullscreen:
            windows.set_fullscreen(state, window, event.value)

    def _activation_request(self, event: ActivationRequest) -> None:
        state, window = self._state, self._window(event.window)
        if window is None or window is state.focused:
            return
        allowed = window.vm is None or windows.same_origin_as_focus(state, window)
        if event.trusted and allowed and state.outputs:
            focus.go_to(state, window, by_user=False)
        else:
            focus.set_urgent(state, window, True)

    def _pointer_pressed(self, event: PointerPressed) -> None:
        state = self._state
        if event.window is not None:
            window = self._window(event.window)
            if window is not None and window.visible:
                focus.set_focus(state, window, by_user=True)
        elif event.output in state.outputs and event.output != state.focused_output:
            state.focused_output = event.output
            focus.focus_recent(state, by_user=True)

    def _pointer_entered(self, event: PointerEntered) -> None:
        state, window = self._state, self._window(event.window)
        if not state.options.focus_follows_pointer or window is None or not window.visible:
            return
        if window is not state.focused:
            focus.set_focus(state, window, by_user=False, lift=False)

    def _window_dragged(self, event: WindowDragged) -> None:
        window = self._window(event.window)
        if window is not None:
            drag(self._state, window, event.frame)

    def _act(self, event: Act) -> None:
        act(self._state, event)

    def _window(self, number: int) -> Window | None:
        return self._state.windows.get(number)


def _window_view(state: State, window: Window) -> WindowView:
    return WindowView(
        id=window.id,
        vm=window.vm,
        app_id=window.app_id,
        title=window.title,
        frame=window.frame,
        workspace=window.workspace,
        output=window.output,
        floating=window.floating,
        fullscreen=window.fullscreen,
        true_fullscreen=window.true_fullscreen,
        maximised=window.maximised,
        minimised=window.minimised,
        urgent=window.urgent,
        focused=window is state.focused,
        visible=window.visible,
    )


def _workspace_view(state: State, workspace: Workspace) -> WorkspaceView:
    members = workspace.windows
    return WorkspaceView(
        number=workspace.number,
        layout=workspace.layout,
        output=workspace.output,
        visible=state.shown(workspace),
        focused=state.shown(workspace) and workspace is state.active(),
        urgent=any(window.urgent for window in members),
        windows=tuple(window.id for window in members),
    )
