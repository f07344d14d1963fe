"""From the compositor's plain data to messages of the control socket. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from spectrum_session.compositor.port import OutputView, WindowView
from spectrum_session.labels.label import Label
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.names import LayoutName
from spectrum_session.shell.views import WorkspaceView

from . import messages


def label(value: Label) -> messages.Label:
    """A label."""
    return messages.Label(name=value.name, color=value.color.hex, pattern=value.pattern.value)


def window(view: WindowView) -> messages.Window:
    """A window."""
    place = view.place
    return messages.Window(
        id=view.id,
        vm=view.vm,
        label=label(view.label) if view.label is not None else None,
        title=view.title,
        app_id=view.app_id,
        pid=view.pid,
        geometry=_geometry(view.frame),
        content=_geometry(view.content),
        workspace=place.workspace if place else 1,
        output=place.output if place else None,
        focused=place.focused if place else False,
        visible=place.visible if place else False,
        floating=place.floating if place else False,
        fullscreen=place.fullscreen if place else False,
        maximised=place.maximised if place else False,
        minimised=place.minimised if place else False,
        urgent=place.urgent if place else False,
        placeholder=view.placeholder,
    )


def outputs(
    views: Sequence[OutputView], workspaces: Sequence[WorkspaceView], focused: str | None
) -> list[messages.Output]:
    """The outputs, each with the workspace that it shows; `focused` is the name of one."""
    shown = {view.output: view.number for view in workspaces if view.visible}
    return [
        messages.Output(
            name=view.name,
            make=view.make,
            model=view.model,
            serial=view.serial,
            enabled=view.mode is not None,
            geometry=_geometry(view.area),
            scale=view.scale,
            transform=view.transform,
            mode=_mode(*view.mode) if view.mode is not None else None,
            workspace=shown.get(view.name),
            focused=focused == view.name,
        )
        for view in views
    ]


def workspace(view: WorkspaceView) -> messages.Workspace:
    """A workspace."""
    return messages.Workspace(
        number=view.number,
        layout=cast(LayoutName, view.layout),
        output=view.output,
        visible=view.visible,
        focused=view.focused,
        urgent=view.urgent,
        windows=list(view.windows),
    )


def _mode(width: int, height: int, refresh_mhz: int) -> messages.Mode:
    return messages.Mode(width=width, height=height, refresh_mhz=refresh_mhz)


def _geometry(rect: Rect) -> messages.Geometry:
    return messages.Geometry(x=rect.x, y=rect.y, width=rect.width, height=rect.height)
