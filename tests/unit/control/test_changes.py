"""Events of outputs and workspaces: each is a change that there was."""

from __future__ import annotations

import msgspec

from spectrum_session.control import messages as m
from spectrum_session.control.changes import KnownOutputs, KnownWorkspaces

GEOMETRY = m.Geometry(x=0, y=0, width=800, height=600)


def output(name: str, *, enabled: bool = True, workspace: int | None = 1) -> m.Output:
    return m.Output(
        name=name,
        make="",
        model="",
        serial="",
        enabled=enabled,
        geometry=GEOMETRY,
        scale=1.0,
        transform="normal",
        mode=None,
        workspace=workspace,
        focused=False,
    )


def workspace(number: int, *, focused: bool = False, windows: tuple[int, ...] = ()) -> m.Workspace:
    return m.Workspace(
        number=number,
        layout="columns",
        output=None,
        visible=focused,
        focused=focused,
        urgent=False,
        windows=list(windows),
    )


def test_outputs_come_change_and_go() -> None:
    known = KnownOutputs()
    known.set([output("A")])
    assert known.events([output("A")]) == []
    both = [output("A"), output("B", workspace=2)]
    assert known.events(both) == [m.OutputEvent(change="added", output=both[1])]
    assert known.events(both) == []
    off = output("B", enabled=False, workspace=None)
    assert known.events([both[0], off]) == [m.OutputEvent(change="changed", output=off)]
    # As it was last, and before those that changed because of it.
    moved = output("A", workspace=2)
    assert known.events([moved]) == [
        m.OutputEvent(change="removed", output=off),
        m.OutputEvent(change="changed", output=moved),
    ]
    assert known.events([]) == [m.OutputEvent(change="removed", output=moved)]


def test_one_that_is_replaced_is_removed_and_added() -> None:
    known = KnownOutputs()
    known.set([output("A")])
    assert [event.change for event in known.events([output("B")])] == ["removed", "added"]


def test_a_workspace_is_focused_or_changed_and_the_focused_is_told_last() -> None:
    known = KnownWorkspaces()
    first = [workspace(1, focused=True), workspace(2), workspace(3)]
    known.set(first)
    assert known.events(first) == []
    second = [workspace(1), workspace(2, focused=True), workspace(3, windows=(7,))]
    assert known.events(second) == [
        m.WorkspaceEvent(change="changed", workspace=second[0]),
        m.WorkspaceEvent(change="changed", workspace=second[2]),
        m.WorkspaceEvent(change="focused", workspace=second[1]),
    ]
    # It is focused still: that its windows change is a change.
    third = [second[0], workspace(2, focused=True, windows=(8,)), second[2]]
    assert known.events(third) == [m.WorkspaceEvent(change="changed", workspace=third[1])]


def test_every_change_that_the_contract_names_is_made() -> None:
    named = {
        event: set(msgspec.inspect.type_info(event).fields[0].type.values)  # type: ignore[attr-defined]
        for event in (m.OutputEvent, m.WorkspaceEvent)
    }
    assert named == {
        m.OutputEvent: {"added", "removed", "changed"},
        m.WorkspaceEvent: {"focused", "changed"},
    }
