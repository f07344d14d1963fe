"""One run of one compositor: its directory, its process, its socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from . import proc
from .peers import SIZE, Peer, Place
from .window import CANVAS
from .wire import Disconnected, Link

Self = TypeVar("Self", bound="Compositor")

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 5.0
POLL_S = 0.0005
"""How often a new socket is looked for: it costs 1 % of a core and half a millisecond at most."""


HOME = (".config", ".cache", ".local/share", ".local/state")

_fixed: set[str] = set()
"""Compositors whose output keeps its size, whoever asks: nobody asks twice."""


class Failed(Exception):
    """The compositor did not do what it was measured at; the text is short, for a cell."""


class Compositor:
    """A compositor that runs, in a runtime directory of its own. A context manager."""

    def __init__(self, peer: Peer) -> None:
        """Start it and wait until it answers. Raises Failed."""
        self.peer = peer
        self._directory = Path(tempfile.mkdtemp(prefix="bench-"))
        # Some want to find a home that has been lived in.
        for name in ("run", *(f"home/{part}" for part in HOME)):
            (self._directory / name).mkdir(mode=0o700, parents=True)
        self.place = Place(self._directory, self._environment())
        argv = peer.command(self.place)
        self._log = (self._directory / "log").open("wb")
        started = time.perf_counter()
        self.process = subprocess.Popen(
            argv,
            cwd=peer.directory or self._directory,
            env=dict(self.place.environment),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        try:
            self.socket = self._answered()
            self.start_s = time.perf_counter() - started
            """From before its process was made until its registry had arrived."""
            self.output_size = self._set_mode()
        except BaseException:
            self.close()
            raise

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raises Failed instead of Disconnected when it is the compositor that went."""
        try:
            if isinstance(error, Disconnected):
                self._gone(error)
        finally:
            self.close()

    def _gone(self, error: Disconnected) -> None:
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            return
        try:
            self.check()
        except Failed as failure:
            raise failure from error

    @property
    def pid(self) -> int:
        """Its process; children of it (a panel, a kiosk's program) are not counted."""
        return self.process.pid

    def usage(self) -> proc.Usage:
        """What it has used so far. Raises Failed when it is gone."""
        self.check()
        return proc.usage(self.pid)

    def rss_anon(self) -> int:
        """Its own memory, bytes. Raises Failed when it is gone."""
        self.check()
        return proc.rss_anon(self.pid)

    def check(self) -> None:
        """Raises Failed when it is gone."""
        code = self.process.poll()
        if code is not None:
            raise Failed("crashed" if code < 0 or code >= 128 else "ended")

    def client_environment(self) -> dict[str, str]:
        """For programs that shall show themselves on it."""
        return {**self.place.environment, "WAYLAND_DISPLAY": self.socket.name}

    def before_window(self, number: int, count: int) -> None:
        """Have it tile the next window into the grid."""
        self.peer.before_window(self.place, number, count)

    def log(self) -> str:
        """The end of what it said."""
        return (self._directory / "log").read_text(errors="replace")[-2000:]

    def close(self) -> None:
        """End it and what it started, and remove its directory."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            # Its own session: a kiosk's program, a panel.
            os.killpg(self.process.pid, signal.SIGKILL)
        self._log.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self._directory / "home"),
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self._directory / "run"),
            "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.peer.environment,
        }

    def _answered(self) -> Path:
        """Its socket, once the registry came over it."""
        end = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Failed("does not start")
            for name in os.listdir(self.place.runtime):
                if name.startswith("wayland-") and not name.endswith(".lock"):
                    path = self.place.runtime / name
                    try:
                        with Link(path) as link:
                            link.roundtrip()
                    except (OSError, Disconnected):
                        continue  # bound, and nobody listens yet
                    return path
            time.sleep(POLL_S)
        raise Failed("does not answer")

    def _set_mode(self) -> tuple[int, int]:
        """Give the output the size that all are measured at, if that can be done from outside."""
        size = self._read_mode()
        if size == CANVAS or self.peer.name in _fixed or not shutil.which("wlr-randr"):
            return size
        argv = ["wlr-randr", "--output", "HEADLESS-1", "--custom-mode", SIZE]
        # Some never answer.
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                argv, env=self.client_environment(), capture_output=True, check=False, timeout=3
            )
        size = self._read_mode()
        if size != CANVAS:
            _fixed.add(self.peer.name)
        return size

    def _read_mode(self) -> tuple[int, int]:
        """Size of the output, physical pixels."""
        sizes: list[tuple[int, int]] = []

        def handle(opcode: int, body: bytes) -> None:
            if opcode == 1:
                _, width, height, _ = struct.unpack_from("<Iiii", body)
                sizes.append((width, height))

        try:
            with Link(self.socket) as link:
                link.roundtrip()
                link.bind("wl_output", 2, handle)
                link.roundtrip()
        except (LookupError, Disconnected, OSError) as error:
            raise Failed("has no output") from error
        return sizes[-1] if sizes else (0, 0)
