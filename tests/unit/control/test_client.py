"""The client that blocks."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from spectrum_session.control.client import Client
from spectrum_session.control.errors import ControlError
from spectrum_session.control.messages import ModeEvent

from .served import Canned, Served


def code_of(call: object) -> str:
    with pytest.raises(ControlError) as caught:
        call()  # type: ignore[operator]
    return caught.value.code


def test_the_environment_names_the_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECTRUM_SESSION_SOCKET", str(tmp_path / "control"))
    with Served(tmp_path / "control", Canned(version=1)), Client() as client:
        assert client.call("version") == 1


def test_without_a_name_the_running_session_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPECTRUM_SESSION_SOCKET", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    directory = tmp_path / "spectrum-session" / "wayland-1"
    directory.mkdir(mode=0o700, parents=True)
    assert code_of(Client) == "no-session"
    with Served(directory / "control", Canned(version=1)), Client() as client:
        assert client.call("version") == 1


def test_a_session_that_is_gone_is_still_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a terminal multiplexer that outlived its session.
    monkeypatch.setenv("SPECTRUM_SESSION_SOCKET", str(tmp_path / "control"))
    with pytest.raises(ControlError, match="unset SPECTRUM_SESSION_SOCKET to look") as caught:
        Client()
    assert caught.value.code == "no-session"


def test_no_session_there(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="No such file") as caught:
        Client(tmp_path / "control")
    assert caught.value.code == "no-session"
    assert code_of(lambda: Client("/" + "x" * 200)) == "no-session"


def test_a_dead_socket(tmp_path: Path) -> None:
    # As a crash leaves it behind: nobody listens.
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "control"))
    with pytest.raises(ControlError, match="refused") as caught:
        Client(tmp_path / "control")
    assert caught.value.code == "no-session"


def test_a_call_has_a_deadline(tmp_path: Path) -> None:
    async def never(args: object) -> None:
        await asyncio.Event().wait()

    handler = Canned(reload=never)
    with Served(tmp_path / "control", handler) as served, served.client(0.02) as client:
        assert code_of(lambda: client.call("reload")) == "timeout"


def test_events_have_a_deadline(tmp_path: Path) -> None:
    with Served(tmp_path / "control", Canned()) as served, served.client() as client:
        client.subscribe("mode")
        served.publish(ModeEvent(mode="a"))
        events = client.events(0.02)
        assert next(events)["mode"] == "a"
        assert code_of(lambda: next(events)) == "timeout"
        assert code_of(lambda: next(client.events(0))) == "timeout"


def test_wait_for_takes_the_event_that_is_wanted(tmp_path: Path) -> None:
    with Served(tmp_path / "control", Canned()) as served, served.client() as client:
        client.subscribe("mode")
        served.publish(*(ModeEvent(mode=name) for name in "abc"))
        assert client.wait_for(lambda event: event["mode"] == "b")["mode"] == "b"
        assert client.wait_for(lambda event: True)["mode"] == "c"
        served.wait(served.server.close())
        assert code_of(lambda: client.wait_for(lambda event: True)) == "disconnected"


def test_a_large_result(tmp_path: Path) -> None:
    handler = Canned(windows="x" * 5_000_000)
    with Served(tmp_path / "control", handler) as served, served.client() as client:
        assert len(client.call("windows")) == 5_000_000


def test_errors_have_their_code_and_text(tmp_path: Path) -> None:
    handler = Canned(reload=ControlError("config", "ä"))
    with Served(tmp_path / "control", handler) as served, served.client() as client:
        with pytest.raises(ControlError, match="ä") as caught:
            client.call("reload")
        assert caught.value.code == "config"
        assert code_of(lambda: client.call("nonsense")) == "unknown-command"
        assert code_of(lambda: client.call("reload", now=True)) == "bad-arguments"


def test_the_client_imports_nothing_heavy() -> None:
    program = (
        "import sys, spectrum_session.control.client, spectrum_session.cli.spectrumctl\n"
        "print(*{'asyncio', 'msgspec', 'cffi', 'dataclasses', 'inspect', 'subprocess'}"
        " & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == ""
