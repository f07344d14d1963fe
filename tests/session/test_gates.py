"""Gates as processes of the session: they start, hold their VM's clients, die alone and return."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.vm.processes import users
from tests.wire import Client, Connection, Disconnected, Seat, VirtualPointer, Window
from tests.wire.witness import Honest

from .harness import DEADLINE_S, SessionProcess, running

CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "columns"\n'
VMS = {
    "work": 'label = "blue"\n',
    "calm": 'label = "green"\n',
    "poor": "[limits]\nconnections = 3\ntoplevels = 2\nmessages-per-second = 200\n",
    "mute": "[permissions]\nclipboard = false\nidle-inhibit = false\n",
    "late": "events-max-delay-ms = 60\n",
}


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        yield process


@pytest.fixture(scope="module")
def work(session: SessionProcess) -> Path:
    return session.start_vm("work")


@pytest.fixture(scope="module")
def calm(session: SessionProcess) -> Iterator[Honest]:
    honest = Honest(session.start_vm("calm"))
    yield honest
    honest.client.close()


def status(session: SessionProcess, vm: str) -> dict[str, Any]:
    found: dict[str, Any] = session.call("vm-status", name=vm)
    return found


def gate_pid(session: SessionProcess, vm: str) -> int:
    """The pid of a VM's gate, once it runs."""
    return int(session.wait(lambda: status(session, vm)["gate"]["pid"], "the gate"))


def lines(session: SessionProcess, text: str) -> list[str]:
    return [line for line in session.log().splitlines() if text in line]


# --- what it is


def test_each_vm_has_a_gate_of_its_own_in_a_sandbox(
    session: SessionProcess, work: Path, calm: Honest
) -> None:
    pids = {gate_pid(session, vm): vm for vm in ("work", "calm")}
    assert len(pids) == 2
    for pid, vm in pids.items():
        process = Path("/proc") / str(pid)
        command = process.joinpath("cmdline").read_bytes()
        assert b"spectrum_session.gate.process" in command
        state = process.joinpath("status").read_text()
        assert "NoNewPrivs:\t1" in state and "Seccomp:\t2" in state
        assert "CapEff:\t0000000000000000" in state
        uid = os.getuid() or users.gate(vm)
        assert f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in state
        for kind in ("user", "pid", "net", "ipc", "uts", "mnt", "cgroup"):
            assert os.readlink(process / "ns" / kind) != os.readlink(f"/proc/self/ns/{kind}")
        # Nothing of the session's environment, no descriptor but its sockets and what clients gave.
        assert process.joinpath("environ").read_bytes().count(b"=") <= 3
        kinds = {os.readlink(fd).split(":")[0] for fd in process.joinpath("fd").iterdir()}
        assert kinds <= {"socket", "pipe", "/dev/null", "anon_inode", "/memfd"}
    gate = status(session, "work")["gate"]
    assert gate["state"] == "running" and gate["restarts"] == 0 and gate["last_end"] is None
    assert {"namespaces", "rlimits", "no-new-privs", "seccomp"} <= set(gate["sandbox"])
    assert any(pid_line.startswith("2") for pid_line in lines(session, "work: its gate is ready"))


def test_the_compositor_does_not_accept_on_a_vms_socket(
    session: SessionProcess, work: Path
) -> None:
    pid = gate_pid(session, "work")
    os.kill(pid, signal.SIGSTOP)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.fspath(work))
            # get_registry and sync, as any client begins.
            client.sendall(bytes.fromhex("01000000 01000c00 02000000 01000000 00000c00 03000000"))
            before = session.call("clients")
            assert not [one for one in before if one["vm"] == "work"]
            os.kill(pid, signal.SIGCONT)
            client.settimeout(DEADLINE_S)
            assert client.recv(8)
            (mine,) = [one for one in session.call("clients") if one["vm"] == "work"]
            assert mine["pid"] == os.getpid(), "it is the client's own, not its gate's"
    finally:
        os.kill(pid, signal.SIGCONT)
    session.wait(
        lambda: not [one for one in session.call("clients") if one["vm"] == "work"], "it to go"
    )


def test_a_vms_socket_is_not_to_be_reached_from_another_vm(
    session: SessionProcess, work: Path
) -> None:
    session.start_vm("mute")
    script = 'for path in "$@"; do [ -e "$path" ] && echo "reached $path"; done; echo looked'
    paths = [str(work), str(work.parent), str(session.control_path), str(session.display)]
    session.call("spawn", vm="mute", argv=["sh", "-c", script, "sh", *paths])
    log = session.directory / "state" / "spectrum-session" / "log" / "mute.log"
    session.wait(lambda: "looked" in log.read_text(), "the program to look")
    assert "reached" not in log.read_text()
    session.call("vm-stop", name="mute")


# --- its end


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_gate_dies_alone_and_another_starts(
    session: SessionProcess, work: Path, calm: Honest, number: signal.Signals
) -> None:
    before = status(session, "work")["gate"]["restarts"]
    pid = gate_pid(session, "work")
    with Client(work) as client, Client(work) as second:
        Window(client, title="one")
        Window(second, title="two")
        session.wait(lambda: len(session.windows(vm="work")) == 2, "the windows")
        os.kill(pid, number)
        for one in (client, second):
            assert one.wait_closed() is None
        session.wait(lambda: not session.windows(vm="work"), "the windows to go")
    calm.tick()
    # Its socket is the same as before, and whoever connects meanwhile is served by the next.
    with Client(work) as client:
        Window(client, title="again")
        assert session.wait_window(title="again")["vm"] == "work"
    calm.tick()
    gate = status(session, "work")["gate"]
    assert gate["state"] == "running" and gate["restarts"] == before + 1
    assert gate["pid"] != pid
    assert number.name in gate["last_end"]
    assert any(number.name in line for line in lines(session, "work: its gate ended"))
    session.wait(lambda: not session.windows(vm="work"), "the window to go")


def test_a_vm_without_a_gate_has_no_windows(session: SessionProcess, work: Path) -> None:
    pid = gate_pid(session, "work")
    with Client(work) as client:
        Window(client, title="held")
        # Whoever dies again and again is started later and later: then there is none for a while.
        seen = set()
        while "waiting" not in seen:
            os.kill(pid, signal.SIGKILL)
            client.wait_closed()
            session.wait(lambda: not session.windows(vm="work"), "the windows to go")
            end = time.monotonic() + DEADLINE_S
            while status(session, "work")["gate"]["pid"] in (None, pid):
                seen.add(status(session, "work")["gate"]["state"])
                assert time.monotonic() < end
            pid = status(session, "work")["gate"]["pid"]
    assert status(session, "work")["usage"] is not None


def test_a_gate_ends_with_its_vm(session: SessionProcess) -> None:
    path = session.start_vm("mute")
    pid = gate_pid(session, "mute")
    session.call("vm-stop", name="mute")
    assert not path.exists()
    session.wait(lambda: not Path(f"/proc/{pid}").exists(), "the gate to go")
    # Nor is another started, by the time that the next VM's is.
    session.start_vm("late")
    gate_pid(session, "late")
    session.call("vm-stop", name="late")
    assert status(session, "mute")["gate"] == {
        "state": "none",
        "pid": None,
        "sandbox": [],
        "restarts": 0,
        "last_end": None,
        "restart_ms": None,
    }
    assert session.gate_pids("mute") == [pid], "another was started"


# --- policy


def test_what_is_not_permitted_does_not_exist(session: SessionProcess, work: Path) -> None:
    hidden = {
        "wl_data_device_manager",
        "zwp_primary_selection_device_manager_v1",
        "zwp_idle_inhibit_manager_v1",
    }
    with Client(work) as client:
        offered = {one.interface: one for one in client.globals.values()}
        assert hidden <= offered.keys()
    mute = session.start_vm("mute")
    with Client(mute) as client:
        assert {one.interface for one in client.globals.values()} == offered.keys() - hidden
        Window(client, title="mute")
        session.wait_window(title="mute")
    for name in hidden:
        with Connection(mute) as guess:
            guess.bind_by_name(offered[name].name, name)
            assert guess.refused().code == 0
    may = status(session, "mute")["permissions"]
    assert (may["clipboard"], may["idle-inhibit"], may["pointer-lock"]) == (False, False, True)
    session.call("vm-stop", name="mute")


def test_a_reload_holds_for_new_connections_and_limits_at_once(session: SessionProcess) -> None:
    file = session.config_directory / "vms" / "mute.toml"
    path = session.start_vm("mute")
    with Client(path) as before:
        Window(before, title="first")
        file.write_text("[permissions]\ntablet = false\n[limits]\ntoplevels = 1\n")
        session.call("reload")
        with Client(path) as after:
            assert after.offers("wl_data_device_manager")
            assert not after.offers("zwp_tablet_manager_v2")
        before.roundtrip()
        with pytest.raises(Disconnected) as ended:
            Window(before, title="second")
        assert ended.value.error is not None
        assert "toplevels" in ended.value.error.text
    assert status(session, "mute")["limits"]["toplevels"] == 1
    session.call("vm-stop", name="mute")
    file.write_text(VMS["mute"])
    session.call("reload")


# --- limits


def test_connections_are_counted(session: SessionProcess) -> None:
    path = session.start_vm("poor")
    with Client(path), Client(path), Client(path):
        with Connection(path) as fourth:
            assert fourth.wait_closed() is None
        usage = status(session, "poor")["usage"]
        assert usage["used"]["connections"] == 3
        assert usage["refused"]["connections"] == 1
    assert any("connections" in line for line in lines(session, "poor: refused"))
    session.wait(lambda: status(session, "poor")["connections"] == 0, "the clients to go")
    with Client(path) as client:
        Window(client, title="poor")
        session.wait_window(title="poor")
        usage = status(session, "poor")["usage"]
        assert (usage["used"]["connections"], usage["most"]["connections"]) == (1, 3)
    session.call("vm-stop", name="poor")


def test_a_vm_that_floods_stalls_and_nobody_else_notices(
    session: SessionProcess, calm: Honest
) -> None:
    path = session.start_vm("poor")
    sent = 0
    with Connection(path) as flood:
        flood.roundtrip()
        for _ in range(40):
            for _ in range(50):
                flood.display("sync")
                sent += 1
            flood.pump()
            calm.tick()
        usage = status(session, "poor")["usage"]
        assert usage["stalls"] >= 1
        # It was late, and nothing of what it sent was lost.
        answered = flood.display("sync")
        flood.wait_for(lambda: answered.events, "the last of the flood")
    told = lines(session, "poor: refused: limit messages-per-second")
    assert told and len({line[:19] for line in told}) == len(told), "once a second at most"
    assert not lines(session, "calm: refused")
    session.call("vm-stop", name="poor")


# --- input that tells nothing


def test_input_is_let_go_late_and_says_so(session: SessionProcess) -> None:
    path = session.start_vm("late")
    with Client(path) as client, Client(session.display) as hands:
        seat = Seat(client)
        motions: list[tuple[int, float, int]] = []
        seat.pointer.on(
            "motion",
            lambda when, x, _y: motions.append((when, x, int(time.monotonic() * 1000))),
        )
        window = Window(client, title="late")
        frame = session.wait_window(title="late")["content"]
        window.ask_frame()
        pointer = VirtualPointer(hands, (1280, 720))
        # Low down: a notice of what went before may lie over the top.
        low = frame["y"] + frame["height"] - 10
        pointer.move(frame["x"] + 5, low)
        client.wait_for(lambda: seat.under is window.surface, "the pointer")
        began = int(time.monotonic() * 1000)
        for step in range(40):
            pointer.move(frame["x"] + 10 + step, low)
            hands.roundtrip()
        client.wait_for(lambda: motions and motions[-1][1] >= 49, "the last motion")
        assert [x for _, x, _ in motions] == sorted(x for _, x, _ in motions)
        for when, _, arrived in motions:
            # Not the pointer's own times, and none from the future.
            assert began <= when <= arrived
        assert [when for when, _, _ in motions] == sorted(when for when, _, _ in motions)
    session.call("vm-stop", name="late")


# --- what can be seen of it


def test_the_tree_shows_what_gates_know(session: SessionProcess, work: Path) -> None:
    with Client(work) as client:
        Window(client, title="in the tree")
        session.wait_window(title="in the tree")
        (gate,) = [one for one in session.call("tree")["gates"] if one["vm"] == "work"]
        (connection,) = gate["connections"]
        assert connection["pid"] == os.getpid()
        known = connection["known"]
        assert "wl_surface" in {one["interface"] for one in known}
        assert len(known) <= connection["objects"] and not connection["cut"]
        said = session.spectrumctl("tree").stdout.decode()
        assert "gate of work" in said and "wl_surface#" in said
        told = session.spectrumctl("vm", "status", "work").stdout.decode()
        assert "gate:" in told and "toplevels" in told
    missing = session.spectrumctl("vm", "status", "nobody")
    assert missing.returncode == 1 and b"there is no VM 'nobody'" in missing.stderr


def test_the_tree_of_a_gate_that_does_not_answer(session: SessionProcess, work: Path) -> None:
    pid = gate_pid(session, "work")
    os.kill(pid, signal.SIGSTOP)
    try:
        (gate,) = [one for one in session.call("tree")["gates"] if one["vm"] == "work"]
        assert "does not answer" in gate["reason"]
        assert status(session, "work")["usage"] is None
    finally:
        os.kill(pid, signal.SIGCONT)


# --- without one, for development


def test_without_gates_every_frame_says_so() -> None:
    config = "[session]\nspawn-terminal = false\ngate = false\n"
    vms = {"work": 'label = "blue"\n', "mute": VMS["mute"]}
    with running(config=config, vms=vms) as session:
        path = session.start_vm("work")
        with Client(path) as client:
            Window(client, title="open")
            assert session.wait_window(title="open")["label"]["name"] == "NO GATE work"
            found = status(session, "work")
            assert found["gate"]["state"] == "off" and found["usage"] is None
            assert found["connections"] == 1
        assert lines(session, "work: connected without a gate")
        assert b"OFF, for development" in session.spectrumctl("vm", "status", "work").stdout
        # What policy does not grant is hidden by the compositor itself too.
        with Client(path) as client:
            offered = {one.interface: one for one in client.globals.values()}
        mute = session.start_vm("mute")
        with Client(mute) as client:
            assert not client.offers("wl_data_device_manager")
        with Connection(mute) as guess:
            guess.bind_by_name(offered["wl_data_device_manager"].name, "wl_data_device_manager")
            assert guess.refused().code == 0


def test_bare_metal_is_refused_without_gates(tmp_path: Path) -> None:
    file = tmp_path / "session.toml"
    file.write_text("# a remark\n[session]\ngate = false\n")
    argv = [sys.executable, "-m", "spectrum_session", "--backend", "drm", "--config", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 2
    assert f"{file}:3: session.gate" in done.stderr
