"""Commands about outputs and their pictures."""

from __future__ import annotations

import struct

from spectrum_session.compositor.port import CompositorPort
from spectrum_session.control import commands, messages, views
from spectrum_session.control.errors import NOT_FOUND, UNAVAILABLE, ControlError
from spectrum_session.control.ports import Screenshots
from spectrum_session.shell.geometry import Rect


class OutputCommands:
    """A method for each command of the area `outputs`."""

    def __init__(self, compositor: CompositorPort, screenshots: Screenshots) -> None:
        self._compositor = compositor
        self._screenshots = screenshots

    def outputs(self, _args: commands.NoArgs) -> list[messages.Output]:
        """The outputs."""
        return list_outputs(self._compositor)

    async def screenshot(self, args: commands.ScreenshotArgs) -> messages.Screenshot:
        """A picture of an output, a window, or everything."""
        region = self._region(args.window) if args.window is not None else None
        if args.output is not None:
            names = {output.name for output in self._compositor.outputs()}
            if args.output not in names:
                raise ControlError(NOT_FOUND, f"there is no output {args.output!r}")
        png = await self._screenshots.capture(args.output, region)
        width, height = struct.unpack(">II", png[16:24])
        return messages.Screenshot(width=width, height=height, png=png)

    def _region(self, number: int) -> Rect:
        window = self._compositor.window(number)
        if window is None or not window.mapped or window.place is None:
            raise ControlError(NOT_FOUND, f"there is no window {number}")
        if not window.place.visible:
            raise ControlError(UNAVAILABLE, f"window {number} is not visible")
        return window.frame


def list_outputs(compositor: CompositorPort) -> list[messages.Output]:
    """The outputs as they are now."""
    return views.outputs(compositor.outputs(), compositor.workspaces(), compositor.focused_output)
