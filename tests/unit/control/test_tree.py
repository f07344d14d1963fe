"""The tree that `spectrumctl tree` shows."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.control.messages import Geometry, Output, Window, Workspace
from spectrum_session.control.tree import build_tree

NOWHERE = Geometry(x=0, y=0, width=1, height=1)


def window(id: int, workspace: int) -> Window:
    return Window(
        id=id,
        vm=None,
        label=None,
        title="",
        app_id="",
        pid=None,
        geometry=NOWHERE,
        content=NOWHERE,
        workspace=workspace,
        output=None,
        focused=False,
        visible=False,
        floating=False,
        fullscreen=False,
        maximised=False,
        minimised=False,
        urgent=False,
    )


def output(name: str) -> Output:
    return Output(
        name=name,
        make="",
        model="",
        serial="",
        enabled=True,
        geometry=NOWHERE,
        scale=1.0,
        transform="normal",
        mode=None,
        workspace=None,
        focused=False,
    )


def workspace(number: int, on: str | None, windows: Any = (), visible: bool = False) -> Workspace:
    return Workspace(
        number=number,
        layout="columns",
        output=on,
        visible=visible,
        focused=False,
        urgent=False,
        windows=list(windows),
    )


def test_windows_hang_in_the_order_of_their_workspace() -> None:
    tree = build_tree(
        [output("A")],
        [workspace(1, "A", [3, 1])],
        [window(1, 1), window(2, 1), window(3, 1)],
    )
    assert [w.id for w in tree.outputs[0].workspaces[0].windows] == [3, 1, 2]


def test_empty_workspaces_are_shown_only_while_visible() -> None:
    tree = build_tree(
        [output("A")], [workspace(1, "A", visible=True), workspace(2, "A"), workspace(3, None)], []
    )
    assert [w.number for w in tree.outputs[0].workspaces] == [1]
    assert tree.detached == []


def test_a_workspace_of_no_known_output_is_detached() -> None:
    tree = build_tree([], [workspace(1, "gone"), workspace(2, None)], [window(1, 1), window(2, 2)])
    assert [w.number for w in tree.detached] == [1, 2]


@given(
    st.lists(st.sampled_from(["A", "B"]), unique=True),
    st.lists(st.sampled_from(["A", "B", None]), min_size=10, max_size=10),
    st.lists(st.integers(1, 10), max_size=12),
)
def test_no_window_is_lost_or_shown_twice(
    outputs: list[str], places: list[str | None], homes: list[int]
) -> None:
    windows = [window(id, home) for id, home in enumerate(homes)]
    workspaces = [
        workspace(number, place, [w.id for w in windows if w.workspace == number][::2])
        for number, place in enumerate(places, 1)
    ]
    tree = build_tree([output(name) for name in outputs], workspaces, windows)
    hung = [branch for out in tree.outputs for branch in out.workspaces] + tree.detached
    assert sorted(w.id for branch in hung for w in branch.windows) == list(range(len(homes)))
