"""The commands' handlers on the ports, and errors as replies."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.config.schema import VM, App
from spectrum_session.control import commands, errors
from spectrum_session.control.commands import COMMANDS, NoArgs
from spectrum_session.control.errors import ControlError
from spectrum_session.control.handlers.dispatch import Dispatch
from spectrum_session.control.handlers.outputs import OutputCommands
from spectrum_session.control.handlers.session import SessionCommands
from spectrum_session.control.handlers.vms import VMCommands
from spectrum_session.control.handlers.windows import WindowCommands
from spectrum_session.control.names import EventName
from spectrum_session.control.ports import ScreenshotError
from spectrum_session.control.server import AfterReply
from spectrum_session.session.labels import Labels
from spectrum_session.session.settings import Settings
from spectrum_session.shell.actions import Action
from spectrum_session.shell.geometry import Rect
from spectrum_session.vm.gates.gates import VMGate
from spectrum_session.vm.model import VMState
from tests.unit.session.world import AREA, FakeCompositor, FakeVMs, config, output, place, window

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 30, 20)


class NoGates:
    def get(self, name: str) -> VMGate | None:
        return None

    def is_open(self, name: str) -> bool:
        return False

    def __iter__(self) -> Iterator[VMGate]:
        return iter(())


class Session:
    """All that the handlers ask, on lists."""

    def __init__(self, directory: Path) -> None:
        self.compositor = FakeCompositor()
        self.vms = FakeVMs(directory)
        self.vms.put("work", VMState.STOPPED)
        self.config_errors: list[str] = []
        self.captured: list[tuple[str | None, Rect | None]] = []
        self.no_picture = ""
        self.stopped = False
        definition = VM(apps=[App(name="Editor", command=["edit"])])
        settings = Settings(config(work=definition))
        self.dispatch = Dispatch(
            {
                "windows": WindowCommands(self.compositor, NoGates()),
                "outputs": OutputCommands(self.compositor, self),
                "vms": VMCommands(
                    self.compositor,
                    self.vms,
                    NoGates(),
                    self,
                    settings,
                    Labels(settings).of,
                    lambda work: work.close(),
                ),
                "session": SessionCommands(
                    self.compositor,
                    self.vms,
                    self,
                    lambda: self.config_errors,
                    self.stop,
                    "headless",
                    "wayland-7",
                ),
            },
            self.compositor,
            self.vms,
            self.subscribing,
        )

    def stop(self) -> None:
        self.stopped = True

    def subscribing(self, events: Iterable[EventName]) -> None:
        return

    def start(self, argv: object) -> int:
        raise FileNotFoundError(2, "No such file or directory")

    async def open(self, vm: str) -> bool:
        return False

    async def capture(self, output: str | None = None, region: Rect | None = None) -> bytes:
        if self.no_picture:
            raise ScreenshotError(self.no_picture)
        self.captured.append((output, region))
        return PNG

    def ask(self, command: str, **args: Any) -> Any:
        struct_ = COMMANDS[command].args(**args)
        return asyncio.run(self.dispatch.handle(command, struct_))

    def refused(self, command: str, **args: Any) -> tuple[str, str]:
        with pytest.raises(ControlError) as refusal:
            self.ask(command, **args)
        return refusal.value.code, str(refusal.value)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def test_windows_are_listed_by_number(session: Session) -> None:
    session.compositor.add(window(4), window(2, "work"), window(9, mapped=False))
    assert [(one.id, one.vm) for one in session.ask("windows")] == [(2, "work"), (4, None)]
    [vm] = session.ask("vms")
    assert (vm.name, vm.windows, vm.state) == ("work", [2], "stopped")


def test_actions_on_a_window(session: Session) -> None:
    session.compositor.add(window(4), window(9, mapped=False))
    session.ask("window", id=4, action="move", x=3, y=5)
    session.ask("window", id=4, action="float")
    done = [call for call in session.compositor.calls if call[0] == "act"]
    assert done == [
        ("act", Action("move-window", (3, 5)), 4),
        ("act", Action("float", ("toggle",)), 4),
    ]
    assert session.refused("window", id=9, action="close")[0] == errors.NOT_FOUND
    code, text = session.refused("action", text="fly")
    assert (code, "fly" in text) == (errors.BAD_ARGUMENTS, True)


def test_the_compositor_is_woken_after_a_command(session: Session) -> None:
    session.ask("layout", name="monocle")
    assert session.compositor.calls[-1] == ("wake",)


def test_errors_of_vms_say_whether_there_is_such_a_vm(session: Session) -> None:
    for command in (
        "vm-start",
        "vm-stop",
        "vm-kill",
        "vm-log",
        "vm-socket",
        "vm-status",
        "vm-apps",
    ):
        code, text = session.refused(command, name="none")
        assert (code, text) == (errors.NOT_FOUND, "there is no VM 'none'"), command
    assert session.refused("spawn", argv=["top"], vm="none")[0] == errors.NOT_FOUND
    assert session.refused("spawn", argv=["top"], vm="work")[0] == errors.UNAVAILABLE
    assert session.refused("vm-run", name="work", argv=["top"])[0] == errors.UNAVAILABLE


def test_programs_of_vms_and_of_the_host(session: Session) -> None:
    session.vms.put("work", VMState.RUNNING)
    assert session.ask("spawn", argv=["top"], vm="work").pid == 77
    assert session.refused("spawn", argv=["nothing"]) == (
        errors.FAILED,
        "cannot start 'nothing': No such file or directory",
    )
    assert [app.name for app in session.ask("vm-apps", name="work")] == ["Editor"]
    assert [app.vm for app in session.ask("apps")] == ["work"]


def test_a_log_that_is_not_there_is_empty(session: Session, tmp_path: Path) -> None:
    assert session.ask("vm-log", name="work").text == ""
    (tmp_path / "work.log").write_bytes(b"line\xff\n")
    assert session.ask("vm-log", name="work").text == "line\ufffd\n"


def test_the_status_of_a_vm_without_a_gate(session: Session) -> None:
    status = session.ask("vm-status", name="work")
    assert (status.gate.state, status.connections, status.usage) == ("none", 0, None)


def test_screenshots(session: Session) -> None:
    session.compositor.add(window(4), window(5, where=place(5, visible=False)))
    session.compositor.shown_outputs = [output("one")]
    picture = session.ask("screenshot")
    assert (picture.width, picture.height, picture.png) == (30, 20, PNG)
    session.ask("screenshot", output="one")
    session.ask("screenshot", window=4)
    assert session.captured == [(None, None), ("one", None), (None, AREA)]
    assert session.refused("screenshot", output="two")[0] == errors.NOT_FOUND
    assert session.refused("screenshot", window=6)[0] == errors.NOT_FOUND
    assert session.refused("screenshot", window=5)[0] == errors.UNAVAILABLE
    session.no_picture = "grim: no"
    assert session.refused("screenshot") == (errors.FAILED, "grim: no")


def test_reload_and_exit(session: Session) -> None:
    session.ask("reload")
    session.config_errors = ["one", "two"]
    assert session.refused("reload") == (errors.CONFIG, "one\ntwo")
    answer = session.ask("exit")
    assert isinstance(answer, AfterReply)
    assert not session.stopped
    answer.then()
    assert session.stopped


def test_an_area_without_a_method_for_its_command_is_refused(session: Session) -> None:
    areas: dict[commands.Area, object] = {
        area: object() for area in ("windows", "outputs", "vms", "session")
    }
    with pytest.raises(AttributeError):
        Dispatch(areas, session.compositor, session.vms, session.subscribing)


def test_version_and_bindings(session: Session) -> None:
    version = session.ask("version")
    assert (version.backend, version.wayland_display) == ("headless", "wayland-7")
    assert session.ask("bindings") == []
    assert NoArgs() == COMMANDS["version"].args()
