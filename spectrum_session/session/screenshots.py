"""Pictures of the screen by grim, through the compositor's own screencopy protocol."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from spectrum_session.control.ports import ScreenshotError
from spectrum_session.session.notices import Notify
from spectrum_session.shell.geometry import Rect
from spectrum_session.vm.processes.child import Kind, prepare

SECONDS = 10.0
"""Time limit of the capturing program."""


class Screenshots:
    """Takes pictures; see `control.ports.Screenshots`."""

    def __init__(self, environment: Callable[[], dict[str, str]], notify: Notify) -> None:
        """`environment` returns that of a program on the host."""
        self._environment = environment
        self._notify = notify

    async def capture(self, output: str | None = None, region: Rect | None = None) -> bytes:
        """A PNG of an output, a region of the layout, or all outputs. Raises ScreenshotError."""
        argv = ["grim"]
        if output is not None:
            argv += ["-o", output]
        if region is not None:
            argv += ["-g", f"{region.x},{region.y} {region.width}x{region.height}"]
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                "-",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(),
                preexec_fn=prepare(Kind.PROGRAM),
            )
        except OSError as error:
            text = f"cannot start grim: {error.strerror or error} (Debian package grim)"
            raise ScreenshotError(text) from error
        try:
            picture, complaint = await asyncio.wait_for(process.communicate(), SECONDS)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            raise ScreenshotError("grim did not finish in time") from None
        if process.returncode or len(picture) < 24:
            text = complaint.decode("utf-8", "replace").strip() or "no picture"
            raise ScreenshotError(f"grim: {text}")
        return picture

    async def save(self, file: str | None) -> None:
        """Write a picture of all outputs to a file, by default one named by the time."""
        if file is None:
            folder = Path(os.environ.get("XDG_PICTURES_DIR", str(Path.home())))
            file = str(folder / time.strftime("screenshot-%Y-%m-%d-%H%M%S.png"))
        try:
            picture = await self.capture()
            await asyncio.to_thread(Path(file).write_bytes, picture)
        except (ScreenshotError, OSError) as error:
            self._notify("No screenshot", [str(error)])
            return
        self._notify("Screenshot", [file], "info")
