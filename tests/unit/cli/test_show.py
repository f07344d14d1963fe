"""Results as text, made from the messages themselves so that their keys agree."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from spectrum_session.cli.show import show
from spectrum_session.cli.tables import Style
from spectrum_session.control import messages as m
from spectrum_session.control.commands import COMMANDS

WORK = m.Label(name="blue", color="#3465a4", pattern="solid")
FRAME = m.Geometry(x=-8, y=8, width=700, height=704)
VM_WINDOW = m.Window(
    id=3,
    vm="work",
    label=WORK,
    title="~/src \u202e\x1b[2J",
    app_id="foot",
    pid=4242,
    geometry=FRAME,
    content=FRAME,
    workspace=1,
    output="HEADLESS-1",
    focused=True,
    visible=True,
    floating=False,
    fullscreen=False,
    maximised=False,
    minimised=False,
    urgent=False,
)
HOST_WINDOW = msgspec.structs.replace(
    VM_WINDOW, id=12, vm=None, label=None, title="top", app_id="", output=None, focused=False,
    visible=False, urgent=True,
)  # fmt: skip
OUTPUT = m.Output(
    name="HEADLESS-1",
    make="Maker",
    model="",
    serial="7",
    enabled=True,
    geometry=m.Geometry(x=0, y=0, width=1280, height=720),
    scale=1.5,
    transform="normal",
    mode=m.Mode(width=1920, height=1080, refresh_mhz=59951),
    workspace=1,
    focused=True,
)
OFF = msgspec.structs.replace(
    OUTPUT, name="DP-1", make="", serial="", enabled=False, mode=None, workspace=None, focused=False
)
WORKSPACE = m.Workspace(
    number=1,
    layout="columns",
    output="HEADLESS-1",
    visible=True,
    focused=True,
    urgent=False,
    windows=[3, 12],
)
RUNNING = m.VM(name="work", driver="local", state="running", label=WORK, windows=[3], pid=4000)
FAILED = m.VM(
    name="net", driver="qemu", state="failed", label=WORK, windows=[], reason="no\nkernel"
)
BRANCH = m.TreeWorkspace(
    number=1,
    layout="columns",
    visible=True,
    focused=True,
    urgent=False,
    windows=[VM_WINDOW, HOST_WINDOW],
)


PLAIN = Style()


def text_of(command: str, result: object, style: Style = PLAIN) -> list[str]:
    shown = show(command, json.loads(msgspec.json.encode(result)), style)
    assert shown == "" or shown.endswith("\n")
    return shown.splitlines()


def test_windows() -> None:
    assert text_of("windows", [VM_WINDOW, HOST_WINDOW]) == [
        "ID  VM      LABEL  WS  OUTPUT      GEOMETRY     STATE            APP   TITLE",
        " 3  work    blue    1  HEADLESS-1  700x704-8+8  focused,visible  foot  ~/src __[2J",
        "12  (host)  -       1  -           700x704-8+8  urgent           -     top",
    ]


def test_windows_in_colour() -> None:
    lines = text_of("windows", [VM_WINDOW, HOST_WINDOW], Style(colour=True))
    assert "\x1b[38;2;52;101;164m██\x1b[0m work" in lines[1]
    assert "\x1b" not in lines[0] + lines[2]


def test_outputs() -> None:
    assert text_of("outputs", [OUTPUT, OFF]) == [
        "NAME        MODE              SCALE  TRANSFORM  GEOMETRY      WS  STATE    MODEL",
        "HEADLESS-1  1920x1080@59.951    1.5  normal     1280x720+0+0   1  focused  Maker 7",
        "DP-1        off                 1.5  normal     -              -  -        -",
    ]


def test_workspaces() -> None:
    assert text_of("workspaces", [WORKSPACE]) == [
        "WS  LAYOUT   OUTPUT      WINDOWS  STATE",
        " 1  columns  HEADLESS-1        2  focused,visible",
    ]


def test_vms_say_that_local_is_no_isolation() -> None:
    assert text_of("vms", [RUNNING, FAILED]) == [
        "NAME  LABEL  DRIVER                 STATE    FOR  WINDOWS   PID  REASON",
        "work  blue   local (not isolation)  running    -        1  4000",
        "net   blue   qemu                   failed     -        0     -  no_kernel",
    ]


def test_for_how_long_a_vm_is_in_its_state() -> None:
    begun = datetime.now(timezone(timedelta(hours=-7))) - timedelta(hours=2, minutes=3, seconds=30)
    (_, line) = text_of("vms", [msgspec.structs.replace(RUNNING, since=begun.isoformat())])
    assert line.split()[5:7] == ["running", "2h03m"]
    ahead = datetime.now(timezone.utc) + timedelta(hours=1)
    (_, line) = text_of("vms", [msgspec.structs.replace(RUNNING, since=ahead.isoformat())])
    assert line.split()[5:7] == ["running", "0s"]


def test_vms_say_how_far_their_start_is() -> None:
    boot = m.Boot(stage="user-space", elapsed_ms=12_300, expected_ms=14_000, verdict="good")
    late = m.Boot(stage="kernel", elapsed_ms=64_000, expected_ms=None, verdict="silent")
    vms = [msgspec.structs.replace(RUNNING, state="starting", boot=one) for one in (boot, late)]
    reasons = [line.partition("4000  ")[2] for line in text_of("vms", vms)[1:]]
    assert reasons == ["user-space, 12s of about 14s", "kernel, 1m04s, silent"]
    status = msgspec.structs.replace(STATUS, vm=vms[0])
    assert "start:       user-space, 12s of about 14s" in text_of("vm-status", status)


def test_the_programs_of_all_vms() -> None:
    app = m.Launchable(
        vm="work", label=WORK, state="running", name="Web", command=["a b", "c"], icon=None
    )
    assert text_of("apps", [app]) == [
        "VM    STATE    NAME  COMMAND  ICON",
        "work  running  Web   'a b' c  -",
    ]


def test_a_placeholder_is_said_to_be_one() -> None:
    window = msgspec.structs.replace(VM_WINDOW, placeholder=True)
    assert "  focused,visible,placeholder  " in text_of("windows", [window])[1]


def test_clients() -> None:
    clients = [
        m.Client(pid=1, vm="work", windows=[1], connected_ms=3_725_000),
        m.Client(pid=None, vm=None, windows=[]),
        m.Client(pid=2, vm=None, windows=[], connected_ms=59_999),
        m.Client(pid=3, vm=None, windows=[], connected_ms=61_000),
    ]
    assert text_of("clients", clients) == [
        "PID  VM      CONNECTED  WINDOWS",
        "  1  work        1h02m        1",
        "  -  (host)          -        0",
        "  2  (host)        59s        0",
        "  3  (host)      1m01s        0",
    ]


def test_bindings() -> None:
    binding = m.Binding(
        mode="default",
        chord="Super+h",
        action="focus left",
        description="Focus another window",
        flags=["repeat", "locked"],
    )
    assert text_of("bindings", [binding]) == [
        "MODE     CHORD    ACTION      FLAGS          DESCRIPTION",
        "default  Super+h  focus left  repeat,locked  Focus another window",
    ]


def test_version() -> None:
    version = m.Version(
        version="0.1.0",
        wlroots="0.17.3",
        provider="wheel",
        backend="headless",
        renderer="pixman",
        python="3.11.2",
        pid=9,
        wayland_display="wayland-1",
    )
    lines = text_of("version", version)
    assert lines[0] == "version: 0.1.0"
    assert "wayland display: wayland-1" in lines
    assert "protocol: 1" in lines


def test_tree() -> None:
    tree = m.Tree(
        outputs=[
            m.TreeOutput(name="A", enabled=True, focused=True, geometry=FRAME, workspaces=[BRANCH]),
            m.TreeOutput(name="B", enabled=False, focused=False, geometry=FRAME, workspaces=[]),
        ],
        detached=[BRANCH],
    )
    branch = [
        "  workspace 1  columns  focused,visible",
        "    3  work  foot  focused,visible  ~/src __[2J",
        "    12  (host)  -  urgent  top",
    ]
    assert text_of("tree", tree) == [
        "A  700x704-8+8  focused",
        *branch,
        "B  off",
        "(no output)",
        *branch,
    ]


def test_the_gates_in_a_tree() -> None:
    known = {"id": 3, "interface": "wl_surface", "role": None, "size": [1, 2], "title": "\x1b[2J"}
    one = m.TreeConnection(number=7, pid=99, objects=12, known=[known], cut=True)
    tree = m.Tree(
        outputs=[],
        detached=[],
        gates=[
            m.TreeGate(vm="work", connections=[one]),
            m.TreeGate(vm="net", connections=[], reason="it does not answer"),
        ],
    )
    assert text_of("tree", tree) == [
        "gate of work",
        "  connection 7  pid 99  12 objects",
        "    wl_surface#3  role=-  size=[1,2]  title=_[2J",
        "    …",
        "gate of net  (it does not answer)",
    ]


STATUS = m.VMStatus(
    vm=RUNNING,
    note="local: not isolation",
    gate=m.Gate(state="running", pid=77, sandbox=["namespaces", "seccomp"], restarts=1,
                last_end="it was killed by SIGKILL"),
    connections=2,
    permissions={"clipboard": True, "dmabuf": False},
    limits={"toplevels": 500, "messages-per-second": 20000},
    events_max_delay_ms=0,
    usage=m.Usage(
        used={"toplevels": 3, "messages-per-second": 0},
        most={"toplevels": 9, "messages-per-second": 0},
        refused={"toplevels": 4, "stale-serial": 2},
        stalls=1,
        stalled=True,
    ),
)  # fmt: skip


def test_the_status_of_a_vm() -> None:
    assert text_of("vm-status", STATUS) == [
        "name:        work",
        "state:       running",
        "driver:      local (not isolation)",
        "note:        local: not isolation",
        "windows:     1",
        "connections: 2",
        "gate:        running, pid 77",
        "sandbox:     namespaces, seccomp",
        "restarts:    1",
        "last end:    it was killed by SIGKILL",
        "allowed:     clipboard",
        "denied:      dmabuf",
        "input delay: up to 0 ms",
        "stalls:      1, now",
        "",
        "LIMIT                ALLOWED  USED  MOST  REFUSED",
        "toplevels                500     3     9        4",
        "messages-per-second    20000     -     -        0",
        "",
        "REFUSED       TIMES",
        "stale-serial      2",
    ]


def test_since_when_why_and_from_whose_network() -> None:
    vm = msgspec.structs.replace(
        RUNNING, reason="it is up", since="2025-06-01T12:00:00+02:00", net="net\x1bvm"
    )
    lines = text_of("vm-status", msgspec.structs.replace(STATUS, vm=vm))
    assert lines[1] == "state:       running (it is up)"
    assert "since:       2025-06-01T12:00:00+02:00" in lines
    assert "network:     from net_vm" in lines


def test_the_status_of_a_vm_without_a_gate() -> None:
    waiting = m.Gate(state="waiting", restarts=3, last_end="it broke", restart_ms=1500)
    lines = text_of("vm-status", msgspec.structs.replace(STATUS, gate=waiting, usage=None))
    assert "gate:        ended, restarts in 1.5 s" in lines
    assert lines[-1] == "input delay: up to 0 ms"
    off = msgspec.structs.replace(STATUS, gate=m.Gate(state="off"), usage=None)
    assert any("OFF, for development" in line for line in text_of("vm-status", off))


def test_a_socket_path_is_left_as_it_is() -> None:
    path = m.SocketPath(path="/run/user/0/spectrum ä/work", listening=False)
    assert text_of("vm-socket", path) == [path.path]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_answer_nothing_print_nothing(command: str) -> None:
    assert show(command, None, Style()) == ""
    lists = command in ("windows", "outputs", "workspaces", "vms", "clients", "bindings")
    result: Any = [] if lists else {}
    if lists:
        assert show(command, result, Style()).count("\n") == 1
