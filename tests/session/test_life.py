"""Start, readiness, reload and end of the session, as service managers see them."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spectrum_session.control.client import Client

from .harness import DEADLINE_S, SessionProcess, running

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = [sys.executable, "-m", "spectrum_session"]


@pytest.fixture
def directory() -> Iterator[Path]:
    # Socket paths are short: pytest's own directories can be too deep for them.
    with tempfile.TemporaryDirectory(prefix="spectrum-") as name:
        path = Path(name)
        path.chmod(0o700)
        yield path


def run(directory: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, XDG_RUNTIME_DIR=str(directory), XDG_STATE_HOME=str(directory))
    environment.pop("WAYLAND_DISPLAY", None)
    return subprocess.run(
        [*PROGRAM, *args],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd=ROOT,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_leaves_nothing_behind(
    directory: Path, number: signal.Signals
) -> None:
    session = SessionProcess(directory)
    child = session.call("spawn", argv=["foot"])["pid"]
    session.wait_window(app_id="foot")
    session.process.send_signal(number)
    assert session.process.wait(DEADLINE_S) == 0, session.log()
    assert list(session.runtime.iterdir()) == []
    assert not Path(f"/proc/{child}").exists()
    assert "Traceback" not in session.log()


def test_a_program_that_will_not_end_is_killed(directory: Path) -> None:
    session = SessionProcess(directory, config="[session]\nexit-deadline-ms = 50\n")
    script = "trap '' TERM HUP; echo deaf; while :; do sleep 1000; done"
    child = session.call("spawn", argv=["sh", "-c", script])["pid"]
    session.wait(lambda: "deaf" in session.log(), "the script to be deaf")
    session.process.terminate()
    assert session.process.wait(DEADLINE_S) == 0, session.log()
    assert not Path(f"/proc/{child}").exists()


def test_exit_by_control_and_the_exit_event() -> None:
    with running() as session:
        with Client(session.control_path) as watcher:
            watcher.subscribe("exit")
            session.call("exit")
            event = watcher.wait_for(lambda message: message["event"] == "exit", DEADLINE_S)
        assert event == {"event": "exit"}
        assert session.process.wait(DEADLINE_S) == 0


def test_clients_can_connect_when_readiness_is_told() -> None:
    with running() as session, socket.socket(socket.AF_UNIX) as client:
        client.connect(os.fspath(session.display))
        # wl_display.get_registry(new id 2): the answer's first event is wl_registry.global
        client.sendall(b"\x01\0\0\0\x01\0\x0c\0\x02\0\0\0")
        client.settimeout(DEADLINE_S)
        assert client.recv(4) == b"\x02\0\0\0"


def test_systemd_is_told_ready_and_stopping(directory: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(os.fspath(directory / "notify"))
        notify.settimeout(DEADLINE_S)
        home = directory / "home"
        home.mkdir()
        session = SessionProcess(
            home, environment={"NOTIFY_SOCKET": os.fspath(directory / "notify")}
        )
        assert notify.recv(100) == b"READY=1"
        assert session.stop() == 0
        assert notify.recv(100) == b"STOPPING=1"


def test_s6_supervises_it_and_learns_when_it_is_ready(directory: Path) -> None:
    service = directory / "service"
    shutil.copytree(ROOT / "data" / "s6-rc" / "spectrum-session", service)
    runtime = directory / "runtime"
    runtime.mkdir(mode=0o700)
    scripts = directory / "bin"
    scripts.mkdir()
    program = scripts / "spectrum-session"
    program.write_text(
        f'#!/bin/sh\ncd "{ROOT}"\nexec "{sys.executable}" -m spectrum_session "$@"\n'
    )
    program.chmod(0o755)
    environment = dict(
        os.environ,
        PATH=f"{scripts}:{os.environ['PATH']}",
        XDG_RUNTIME_DIR=os.fspath(runtime),
        XDG_STATE_HOME=os.fspath(directory),
        SPECTRUM_SESSION_TTY="",
        SPECTRUM_SESSION_ARGS="--backend headless",
    )
    environment.pop("WAYLAND_DISPLAY", None)
    log = directory / "log"
    with log.open("wb") as output:
        supervise = subprocess.Popen(
            ["s6-supervise", os.fspath(service)], env=environment, stdout=output, stderr=output
        )
    try:
        milliseconds = str(int(DEADLINE_S * 1000))
        assert wait_for_path(service / "event"), "the supervisor does not start"
        subprocess.run(
            ["s6-svwait", "-U", "-t", milliseconds, os.fspath(service)], check=True
        )
        [display] = [p for p in runtime.iterdir() if p.name in ("wayland-0", "wayland-1")]
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.fspath(display))
        subprocess.run(["s6-svc", "-wD", "-T", milliseconds, "-d", os.fspath(service)], check=True)
        assert list(runtime.iterdir()) == []
    finally:
        supervise.terminate()
        supervise.wait(DEADLINE_S)
    assert "Traceback" not in log.read_text()


def wait_for_path(path: Path) -> bool:
    """Wait until a path exists, woken by inotify's cheapest cousin: a poll with a deadline."""
    for _ in range(int(DEADLINE_S / 0.02)):
        if path.exists():
            return True
        select.select([], [], [], 0.02)
    return False


def test_check_config_tells_all_errors_with_their_lines(directory: Path) -> None:
    (directory / "session.toml").write_text(
        '[frame]\nborder = 99\nborde = 3\n[bindings]\n"Super+Retrun" = "close"\n'
    )
    result = run(directory, "--check-config", "--config", str(directory))
    assert result.returncode == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert f"{directory / 'session.toml'}:2: frame.border" in result.stderr
    assert ":3:" in result.stderr
    assert ":5:" in result.stderr
    assert "border" in lines[1]


def test_a_bad_configuration_at_the_start_is_exit_code_2(directory: Path) -> None:
    (directory / "session.toml").write_text("[frame\n")
    result = run(directory, "--backend", "headless", "--config", str(directory))
    assert result.returncode == 2
    assert "session.toml:1" in result.stderr


def test_usage_is_exit_code_2(directory: Path) -> None:
    assert run(directory, "--output", "1x1").returncode == 2
    assert run(directory, "--backend", "hologram").returncode == 2


@pytest.mark.parametrize("value", ["", "/nonexistent"])
def test_a_bad_runtime_directory_is_exit_code_4(directory: Path, value: str) -> None:
    environment = dict(os.environ, XDG_RUNTIME_DIR=value)
    result = subprocess.run(
        [*PROGRAM, "--backend", "headless"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd=ROOT,
    )
    assert result.returncode == 4
    assert "XDG_RUNTIME_DIR" in result.stderr or "nonexistent" in result.stderr


def test_a_runtime_directory_open_to_others_is_refused(directory: Path) -> None:
    directory.chmod(0o755)
    result = run(directory, "--backend", "headless")
    assert result.returncode == 4
    assert "0700" in result.stderr


def test_a_reload_takes_over_and_a_bad_one_changes_nothing() -> None:
    with running(config="[frame]\nborder = 4\n") as session:
        session.spawn("foot", "--title=here")
        window = session.wait_window(title="here")
        assert window["content"]["x"] - window["geometry"]["x"] == 4
        session.write_config("[frame]\nborder = 9\n")
        session.process.send_signal(signal.SIGHUP)
        session.wait(
            lambda: [w for w in session.windows() if w["content"]["x"] - w["geometry"]["x"] == 9],
            "the wider border",
        )
        session.write_config("[frame]\nborder = 99\n")
        result = session.spectrumctl("reload")
        assert result.returncode == 1
        assert "session.toml:4: frame.border" in result.stderr.decode()
        [window] = session.windows()
        assert window["content"]["x"] - window["geometry"]["x"] == 9
        assert session.alive()


def test_the_environment_of_what_it_spawns(directory: Path) -> None:
    with running(config='[environment]\nGREETING = "hello"\n') as session:
        target = session.directory / "environment"
        session.call("spawn", argv=["sh", "-c", f"env > {target}.new; mv {target}.new {target}"])
        session.wait(target.exists, "the environment")
        lines = target.read_text().splitlines()
        assert f"WAYLAND_DISPLAY={session.display.name}" in lines
        assert "XDG_CURRENT_DESKTOP=spectrum" in lines
        assert "XDG_SESSION_TYPE=wayland" in lines
        assert f"SPECTRUM_SESSION_SOCKET={session.control_path}" in lines
        assert "GREETING=hello" in lines
        assert any(line.startswith("XDG_ACTIVATION_TOKEN=") for line in lines)


def ctl(runtime: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`spectrumctl version` as from ssh or a service: the session did not start it."""
    return subprocess.run(
        [sys.executable, "-m", "spectrum_session.cli.spectrumctl", "--json", "version"],
        env={"XDG_RUNTIME_DIR": str(runtime), **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd=ROOT,
    )


def test_spectrumctl_from_outside_finds_the_session_or_lists_them() -> None:
    with running() as first:
        assert json.loads(ctl(first.runtime).stdout)["pid"] == first.process.pid

        # A second one of the same user.
        read, write = os.pipe()
        argv = [*PROGRAM, "--backend", "headless", "--config", str(first.config_directory)]
        with (first.directory / "second.log").open("wb") as log:
            second = subprocess.Popen(
                [*argv, "--ready-fd", str(write)],
                env=first.environment,
                stdout=log,
                stderr=log,
                pass_fds=[write],
            )
        os.close(write)
        try:
            readable, _, _ = select.select([read], [], [], DEADLINE_S)
            assert readable and os.read(read, 1) == b"\n"
            os.close(read)
            done = ctl(first.runtime)
            assert done.returncode == 1 and not done.stdout
            told, *listed = done.stderr.splitlines()
            assert "2 sessions are running" in told and "--socket PATH" in told
            assert len(listed) == 2 and str(first.control_path) in done.stderr
            chosen = ctl(first.runtime, WAYLAND_DISPLAY=first.display.name)
            assert json.loads(chosen.stdout)["pid"] == first.process.pid
            (other,) = (line.split()[0] for line in listed if str(first.control_path) not in line)
            key, _, name = other.partition("=")
            assert json.loads(ctl(first.runtime, **{key: name}).stdout)["pid"] == second.pid
        finally:
            second.kill()
            second.wait(DEADLINE_S)

        # What it left behind is not a session.
        assert len(list(first.runtime.glob("spectrum-session/*/control"))) == 2
        assert json.loads(ctl(first.runtime).stdout)["pid"] == first.process.pid


def nested(outer: SessionProcess, directory: Path) -> subprocess.Popen[bytes]:
    """A session in a window of another, once its window is there."""
    environment = dict(outer.client_environment, XDG_STATE_HOME=str(directory))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*PROGRAM, "--backend", "auto"], env=environment, stdout=log, stderr=log, cwd=ROOT
        )
    outer.wait_window(app_id="wlroots")
    return process


def test_a_nested_session_ends_when_its_window_is_closed(directory: Path) -> None:
    with running() as outer:
        inner = nested(outer, directory)
        [window] = outer.windows()
        outer.call("window", id=window["id"], action="close")
        assert inner.wait(DEADLINE_S) == 0, (directory / "log").read_text()


def test_a_nested_session_ends_with_the_one_around_it(directory: Path) -> None:
    with running() as outer:
        inner = nested(outer, directory)
        outer.process.kill()
        assert inner.wait(DEADLINE_S) == 0, (directory / "log").read_text()
        outer.process.wait()
        shutil.rmtree(outer.session_directory)
        outer.stop = lambda: 0  # type: ignore[method-assign]
