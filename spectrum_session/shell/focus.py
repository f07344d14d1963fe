"""Keyboard focus and stacking order."""

from __future__ import annotations

from . import outputs
from .model import State, Window


def set_focus(state: State, window: Window | None, by_user: bool, *, lift: bool = True) -> None:
    """Give the focus to a window that may have it, or to none. `lift` also puts it on top."""
    old = state.focused
    if window is not None:
        workspace = state.workspace_of(window)
        state.focused_output = workspace.output
        set_urgent(state, window, False)
        state.recent.remove(window)
        state.recent.append(window)
        if lift:
            raise_window(state, window)
        if workspace.layout == "monocle":
            state.rearrange(workspace)
        state.touch(window)
    if old is not window:
        if old is not None:
            state.touch(old)
        state.restack = True
    state.focused = window
    state.by_user = by_user


def go_to(state: State, window: Window, by_user: bool) -> None:
    """Focus a window wherever it is: it is restored, and its workspace shown, when need be."""
    bring_back(state, window)
    if not state.outputs:
        state.current = window.workspace
        state.recent.remove(window)
        state.recent.append(window)
        return
    outputs.show(state, state.workspace_of(window))
    set_focus(state, window, by_user)


def focus_recent(state: State, by_user: bool) -> None:
    """Focus the last focused window of the focused output's workspace, or none."""
    window = None
    if state.outputs:
        window = state.most_recent(state.active())
        if window is not None and not state.may_focus(window):
            window = None
    set_focus(state, window, by_user)


def settle(state: State) -> None:
    """After an event: a focus that cannot stay goes to the next in line; workspaces are noted."""
    if state.focused is not None and not state.may_focus(state.focused):
        focus_recent(state, by_user=False)
    number = state.active().number
    if number != state.current:
        state.previous, state.current = state.current, number


def set_urgent(state: State, window: Window, urgent: bool) -> None:
    """Mark a window as asking for attention, or no longer. The focused one never asks."""
    if urgent and window is state.focused:
        return
    if window in state.urgent:
        state.urgent.remove(window)
    if urgent:
        state.urgent.append(window)
    if window.urgent != urgent:
        window.urgent = urgent
        state.touch(window)


def raise_window(state: State, window: Window) -> None:
    """Put a window on top, with its parents right under it and its dialogs over it."""
    state.restack = True
    stack = state.stack
    if window.parent is None and stack and stack[-1] is window:
        return
    root = state.root(window)
    whole, under = state.family(root), set(state.family(window))
    if len(whole) == 1:
        stack.remove(window)
        stack.append(window)
        return
    members = set(whole)
    ordered = [member for member in stack if member in members]
    ancestors = set()
    parent = window.parent
    while parent is not None:
        ancestors.add(parent)
        parent = parent.parent
    stack[:] = [other for other in stack if other not in members]
    stack += [member for member in ordered if member in ancestors]
    stack += [member for member in ordered if member not in ancestors and member not in under]
    stack += [member for member in ordered if member in under]


def insert_below_top(state: State, window: Window) -> None:
    """Where a new window that takes no focus goes: a dialog right above its parent, any other
    under whatever is on top."""
    state.restack = True
    if window.parent is not None:
        family = set(state.family(window.parent))
        index = max(i for i, other in enumerate(state.stack) if other in family) + 1
        state.stack.insert(index, window)
    else:
        state.stack.insert(max(0, len(state.stack) - 1), window)


def minimise(state: State, window: Window) -> None:
    """Hide a window and its dialogs."""
    for member in state.family(window):
        if not member.minimised:
            member.minimised = True
            if member is not window:
                state.touch(member)
        if member in state.minimised:
            state.minimised.remove(member)
        state.rearrange(state.workspace_of(member))
    state.minimised.append(window)


def bring_back(state: State, window: Window) -> None:
    """End the minimising of a window, its parents and its dialogs."""
    chain = [window]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    for member in [*chain, *state.family(window)]:
        if member.minimised:
            member.minimised = False
            state.rearrange(state.workspace_of(member))
        if member in state.minimised:
            state.minimised.remove(member)
