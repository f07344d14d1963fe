"""The `tree` result, put together from the lists it shows."""

from __future__ import annotations

from collections.abc import Sequence

from .messages import Output, Tree, TreeGate, TreeOutput, TreeWorkspace, Window, Workspace


def build_tree(
    outputs: Sequence[Output],
    workspaces: Sequence[Workspace],
    windows: Sequence[Window],
    gates: Sequence[TreeGate] = (),
) -> Tree:
    """Hang windows under their workspaces and workspaces under their outputs.

    Empty workspaces that are not visible are left out. A workspace whose output is null or not in
    `outputs` is detached. Windows stand in the order their workspace lists them; one that it does
    not list comes last, so that none is lost.
    """
    hung = {workspace.number: _hang(workspace, windows) for workspace in workspaces}
    names = {output.name for output in outputs}
    shown = [w for w in workspaces if w.visible or hung[w.number].windows]
    return Tree(
        outputs=[
            TreeOutput(
                name=output.name,
                enabled=output.enabled,
                focused=output.focused,
                geometry=output.geometry,
                workspaces=[hung[w.number] for w in shown if w.output == output.name],
            )
            for output in outputs
        ],
        detached=[
            hung[w.number] for w in shown if w.output not in names and hung[w.number].windows
        ],
        gates=list(gates),
    )


def _hang(workspace: Workspace, windows: Sequence[Window]) -> TreeWorkspace:
    order = {window: index for index, window in enumerate(workspace.windows)}
    mine = [window for window in windows if window.workspace == workspace.number]
    mine.sort(key=lambda window: order.get(window.id, len(order)))
    return TreeWorkspace(
        number=workspace.number,
        layout=workspace.layout,
        visible=workspace.visible,
        focused=workspace.focused,
        urgent=workspace.urgent,
        windows=mine,
    )
