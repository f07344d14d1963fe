"""Which session a program talks to that the session did not start."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from spectrum_session.control.errors import ControlError
from spectrum_session.control.find import find_socket, running_sessions


class Runtime:
    """A runtime directory with sessions in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sockets: list[socket.socket] = []

    def session(self, name: str, *, listens: bool = True) -> str:
        """A session's directory and socket, which a dead one does not listen on."""
        path = self.path / "spectrum-session" / name / "control"
        path.parent.mkdir(parents=True)
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(path))
        self.sockets.append(made)
        if listens:
            made.listen(0)
        return str(path)

    def found(self, **environment: str) -> str:
        return find_socket({"XDG_RUNTIME_DIR": str(self.path), **environment})

    def refused(self, **environment: str) -> str:
        with pytest.raises(ControlError) as caught:
            self.found(**environment)
        assert caught.value.code == "no-session"
        return caught.value.message


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    made = Runtime(tmp_path)
    yield made
    for each in made.sockets:
        each.close()


def test_the_variable_goes_before_all(runtime: Runtime) -> None:
    runtime.session("wayland-1")
    assert runtime.found(SPECTRUM_SESSION_SOCKET="/s", WAYLAND_DISPLAY="wayland-1") == "/s"


def test_the_only_session(runtime: Runtime) -> None:
    path = runtime.session("wayland-1")
    assert runtime.found() == path
    assert runtime.found(SPECTRUM_SESSION_SOCKET="", WAYLAND_DISPLAY="") == path
    # In a window of another compositor, whose display that is.
    assert runtime.found(WAYLAND_DISPLAY="wayland-0") == path


def test_the_session_of_the_display(runtime: Runtime) -> None:
    paths = [runtime.session(name) for name in ("wayland-1", "wayland-2")]
    assert runtime.found(WAYLAND_DISPLAY="wayland-2") == paths[1]
    assert runtime.found(WAYLAND_DISPLAY=f"{runtime.path}/wayland-1") == paths[0]


def test_several_are_listed_with_the_means_to_choose(runtime: Runtime) -> None:
    paths = [runtime.session(name) for name in ("wayland-1", "wayland-2")]
    for environment in ({}, {"WAYLAND_DISPLAY": "wayland-0"}):
        told = runtime.refused(**environment)
        assert told.startswith("2 sessions are running; choose one with WAYLAND_DISPLAY=NAME, ")
        assert "--socket PATH or SPECTRUM_SESSION_SOCKET=PATH" in told
        assert told.splitlines()[1:] == [
            f"    WAYLAND_DISPLAY=wayland-1  --socket {paths[0]}",
            f"    WAYLAND_DISPLAY=wayland-2  --socket {paths[1]}",
        ]


def test_leftovers_are_not_sessions(runtime: Runtime) -> None:
    dead = runtime.session("wayland-1", listens=False)
    (runtime.path / "spectrum-session" / "wayland-2").mkdir()
    (runtime.path / "spectrum-session" / "wayland-3").touch()
    assert f"no session is running in {runtime.path}" in runtime.refused()
    assert "--socket PATH" in runtime.refused(WAYLAND_DISPLAY="wayland-1")
    path = runtime.session("wayland-4")
    assert runtime.found() == runtime.found(WAYLAND_DISPLAY="wayland-1") == path != dead


def test_one_that_accepts_nobody_at_present_is_a_session(runtime: Runtime) -> None:
    path = runtime.session("wayland-1")
    waiting = []
    while True:
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        waiting.append(client)
        try:
            client.connect(path)
        except BlockingIOError:
            break
    assert running_sessions(str(runtime.path)) == {"wayland-1": path}
    for client in waiting:
        client.close()


def test_no_runtime_directory(runtime: Runtime) -> None:
    assert running_sessions(str(runtime.path / "none")) == {}
    with pytest.raises(ControlError, match=r"in /nowhere: start one with spectrum-session"):
        find_socket({"XDG_RUNTIME_DIR": "/nowhere"})


def test_without_a_variable_it_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    for environment in ({}, {"XDG_RUNTIME_DIR": ""}):
        with pytest.raises(ControlError, match=r"no session is running in /run/user/4000000000:"):
            find_socket(environment)
