"""The terminal foot, a real program: how long it takes to its first frame, and many of it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from .compositor import Compositor, Failed

DEADLINE_S = 10.0
ARGV = ("foot", "--config=/dev/null", "sleep", "100000")

_LINE = re.compile(r"^\[\s*(\d+)\.(\d+)\]\s+(.*)$")
_FRAME = re.compile(r"-> wl_surface[@#]\d+\.frame\(new id wl_callback[@#](\d+)\)")
_WRAP_US = 1 << 32


def first_frame_us(log: str) -> int | None:
    """When the first frame callback was answered, from what WAYLAND_DEBUG=client wrote.

    Microseconds of the wall clock, modulo 2**32 as libwayland writes them; None when none was.
    """
    wanted = set()
    for line in log.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        # Newer versions name the queue in between.
        what = re.sub(r"^(\{[^}]*\}\s*)", "", match[3])
        if frame := _FRAME.match(what):
            wanted.add(frame[1])
        elif (done := re.match(r"wl_callback[@#](\d+)\.done\(", what)) and done[1] in wanted:
            return (int(match[1]) * 1000 + int(match[2])) % _WRAP_US
    return None


def elapsed_us(start_ns: int, moment_us: int) -> int:
    """From a moment of the wall clock in nanoseconds to one that libwayland wrote."""
    return (moment_us - start_ns // 1000) % _WRAP_US


class Foot:
    """A foot that runs and writes down its protocol messages."""

    def __init__(self, compositor: Compositor, number: int = 0) -> None:
        self._compositor = compositor
        self._log = compositor.place.directory / f"foot-{number}.log"
        with self._log.open("wb") as log:
            self.started_ns = time.time_ns()
            self.process = subprocess.Popen(
                ARGV,
                env={**compositor.client_environment(), "WAYLAND_DEBUG": "client"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def first_frame_s(self) -> float:
        """Wait for the first frame; how long it took from exec. Raises Failed."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            # The time stands in the log, so it does not matter when we look.
            moment = first_frame_us(self._log.read_text(errors="replace"))
            if moment is not None:
                return elapsed_us(self.started_ns, moment) / 1e6
            self._compositor.check()
            if self.process.poll() is not None:
                raise Failed("foot ends")
            time.sleep(0.005)
        raise Failed("no frame")

    def close(self) -> None:
        """End it and the program in it."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.unlink(missing_ok=True)


def has_foot() -> bool:
    """Is it installed?"""
    return any((Path(place) / "foot").exists() for place in os.get_exec_path())
