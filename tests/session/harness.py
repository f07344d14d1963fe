"""Starts a real headless session and talks to it, for tests. Nothing here is a stand-in."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from spectrum_session.control.client import Client
from spectrum_session.control.errors import TIMEOUT, ControlError

from .ordinary_user import as_user

T = TypeVar("T")

DEADLINE_S = 20.0
"""How long anything may take before a test fails; far more than it ever needs."""


class SessionProcess:
    """A running spectrum-session with a runtime directory and a configuration of its own."""

    def __init__(
        self,
        directory: Path,
        *,
        config: str = "",
        vms: Mapping[str, str] | None = None,
        outputs: Sequence[str] = ("1280x720",),
        environment: Mapping[str, str] | None = None,
        deadline_s: float = DEADLINE_S,
        user: int | None = None,
    ) -> None:
        """`config` is the text of session.toml, `vms` the texts of vms/NAME.toml. With `user`,
        which only root can give, the session and the host's programs are this ordinary user's."""
        self.deadline_s = deadline_s
        self.user = user
        self.as_user = [] if user is None else as_user(user)
        self.directory = directory
        self.runtime = directory / "run"
        self.runtime.mkdir(mode=0o700)
        self.config_directory = directory / "config"
        (self.config_directory / "vms").mkdir(parents=True)
        self.write_config(config)
        for name, text in (vms or {}).items():
            (self.config_directory / "vms" / f"{name}.toml").write_text(text)
        self.log_file = directory / "session.log"
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if key not in ("WAYLAND_DISPLAY", "DISPLAY", "NOTIFY_SOCKET", "XDG_CONFIG_HOME")
        }
        self.environment.update(
            XDG_RUNTIME_DIR=str(self.runtime),
            XDG_STATE_HOME=str(directory / "state"),
            # What terminals run: the start-up files of the person's own shell have no part in this.
            SHELL="/bin/sh",
        )
        self.environment.update(environment or {})
        self._outputs = outputs
        self._children: list[subprocess.Popen[bytes]] = []
        if user is not None:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, user, user)
        self.start()

    def start(self) -> None:
        """Start it, also once more after it has ended."""
        read, write = os.pipe()
        argv = [*self.as_user, sys.executable, "-m", "spectrum_session", "--backend", "headless"]
        argv += ["--config", str(self.config_directory), "--ready-fd", str(write)]
        for output in self._outputs:
            argv += ["--output", output]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                argv, env=self.environment, stdout=log, stderr=log, pass_fds=[write]
            )
        os.close(write)
        try:
            readable, _, _ = select.select([read], [], [], DEADLINE_S)
            if not readable or os.read(read, 1) != b"\n":
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"the session does not start:\n{self.log()}")
        finally:
            os.close(read)
        displays = [
            path
            for path in self.runtime.iterdir()
            if path.name.startswith("wayland-") and not path.name.endswith(".lock")
        ]
        assert len(displays) == 1
        self.display = displays[0]
        self.session_directory = self.runtime / "spectrum-session" / self.display.name
        self.control_path = self.session_directory / "control"
        self.control = self._connect(max(30.0, self.deadline_s))
        self.client_environment = dict(
            self.environment,
            WAYLAND_DISPLAY=self.display.name,
            SPECTRUM_SESSION_SOCKET=str(self.control_path),
        )

    def _connect(self, timeout: float = 30.0) -> Client:
        """A control client of the session's own user, which serves nobody else's."""
        if self.user is not None:
            os.seteuid(self.user)
        try:
            return Client(self.control_path, timeout)
        finally:
            if self.user is not None:
                os.seteuid(0)

    def write_config(self, text: str) -> None:
        """Replace session.toml. A terminal is not spawned unless `text` has a [session] table."""
        if "[session]" not in text:
            text = "[session]\nspawn-terminal = false\n" + text
        (self.config_directory / "session.toml").write_text(text)

    def log(self) -> str:
        """What the session has logged."""
        return self.log_file.read_text(errors="replace")

    def call(self, command: str, **args: Any) -> Any:
        """A command on the control socket."""
        return self.control.call(command, **args)

    def windows(self, **wanted: Any) -> list[dict[str, Any]]:
        """Windows whose keys have these values."""
        return [
            window
            for window in self.call("windows")
            if all(window[key] == value for key, value in wanted.items())
        ]

    def wait(self, condition: Callable[[], T], what: str = "") -> T:
        """Wait until `condition()` is true, looking again whenever the session reports a change.

        Fails with the session's log at the deadline.
        """
        end = time.monotonic() + self.deadline_s
        with self._connect() as watcher:
            watcher.subscribe()
            while True:
                value = condition()
                if value:
                    return value
                if time.monotonic() > end:
                    raise AssertionError(f"waited in vain for {what or condition}:\n{self.log()}")
                if self.process.poll() is not None:
                    raise AssertionError(f"the session ended:\n{self.log()}")
                next_change(watcher)

    def wait_window(self, **wanted: Any) -> dict[str, Any]:
        """The first window with these values, once there is one."""
        return self.wait(lambda: self.windows(**wanted), f"a window with {wanted}")[0]

    def spawn(self, *argv: str, environment: Mapping[str, str] | None = None, **options: Any) -> (
        subprocess.Popen[bytes]
    ):
        """Start a client of the host; it is ended with the session."""
        child = subprocess.Popen(
            [*self.as_user, *argv],
            env=dict(self.client_environment, **(environment or {})),
            **options,
        )
        self._children.append(child)
        return child

    def run(
        self, *argv: str, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a client of the host to its end."""
        return subprocess.run(
            [*self.as_user, *argv],
            env=self.client_environment,
            check=check,
            capture_output=True,
            timeout=self.deadline_s,
            **options,
        )

    def spectrumctl(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        """Run spectrumctl against this session."""
        program = [sys.executable, "-m", "spectrum_session.cli.spectrumctl"]
        return self.run(*program, *argv, check=False)

    def start_vm(self, name: str) -> Path:
        """Start a VM and return the path of its Wayland socket."""
        self.call("vm-start", name=name)
        return Path(self.call("vm-socket", name=name)["path"])

    def gate_pids(self, vm: str) -> list[int]:
        """The processes of a VM's gates so far, the present one last; none without gates."""
        found = re.findall(
            rf"{re.escape(vm)}: its gate is ready after \d+ ms, pid (\d+)", self.log()
        )
        return [int(pid) for pid in found]

    @property
    def wlroots(self) -> tuple[int, int]:
        """Which wlroots it runs on: (0, 18)."""
        major, minor = self.call("version")["wlroots"].split(".")[:2]
        return int(major), int(minor)

    def alive(self) -> bool:
        """Does the session run and answer?"""
        return self.process.poll() is None and self.call("version")["pid"] == self.process.pid

    def kill(self) -> None:
        """Kill the session, as if it had crashed; return when it is gone."""
        self._end_clients()
        self.process.kill()
        self.process.wait()
        self.control.close()
        # The next one may have another name.
        self.display.unlink(missing_ok=True)

    def _end_clients(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.kill()
            child.wait()
        self._children.clear()

    def stop(self) -> int:
        """End the session in order; returns its exit code."""
        self._end_clients()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(self.deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the session does not end:\n{self.log()}") from None


def next_change(watcher: Client) -> None:
    """Wait for the next event of a subscribed client, a short while at most.

    Not every state has an event (a client's own file, a pixel): those are looked at again.
    """
    try:
        next(watcher.events(timeout=0.1))
    except ControlError as error:
        if error.code != TIMEOUT:
            raise


@contextmanager
def running(**options: Any) -> Iterator[SessionProcess]:
    """A session for the length of a `with` block; fails when it ended badly or logged errors."""
    with tempfile.TemporaryDirectory(prefix="spectrum-") as name:
        session = SessionProcess(Path(name), **options)
        try:
            yield session
        finally:
            code = session.stop()
        assert code == 0, session.log()
        assert "Traceback" not in session.log(), session.log()
        assert "listeners left" not in session.log(), session.log()
