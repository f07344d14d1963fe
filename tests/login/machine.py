"""The machine that somebody logs in to: QEMU, its monitor, and the agent in the guest."""

from __future__ import annotations

import base64
import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.wire.picture import Picture

from .image import Image
from .lines import Lines
from .monitor import Monitor
from .qmp import Qmp

T = TypeVar("T")

DEADLINE_S = 120.0
"""How long anything may take under emulation before a test fails; far more than it needs."""

SIZE = (1280, 800)
PLUGS, PLUG_S = 3, 10.0
"""How often a monitor is plugged in until the guest's kernel notices, and for how long, seconds."""


class Failed(AssertionError):
    """What the agent was asked for raised an exception in the guest."""


class InVain(AssertionError):
    """What was waited for did not come."""


class Machine:
    """A running guest."""

    def __init__(self, image: Image, directory: Path, command_line: str) -> None:
        """`directory` takes sockets, logs and pictures; `command_line` is more for the kernel."""
        self.directory = directory
        self.serial = directory / "serial.log"
        argv = [
            "qemu-system-x86_64",
            *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
            # Without the keyboard of the PS/2 port there is none but the one that is unplugged.
            *("-machine", "pc,i8042=off", "-accel", "tcg,thread=single", "-cpu", "max"),
            *("-smp", "2", "-m", "3G"),
            *("-kernel", str(image.kernel), "-initrd", str(image.initrd)),
            *("-append", f"console=ttyS0 quiet mitigations=off {command_line}"),
            *("-chardev", f"file,id=serial,path={self.serial}", "-serial", "chardev:serial"),
            *_disk(image.packages),
            *_disk(image.project),
            *("-device", f"virtio-gpu-pci,id=gpu,max_outputs=2,xres={SIZE[0]},yres={SIZE[1]}"),
            *("-device", "virtio-keyboard-pci,id=keyboard"),
            *("-device", "virtio-tablet-pci,id=tablet"),
            *("-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=agent,path={directory}/agent,server=on,wait=off"),
            *("-device", "virtserialport,chardev=agent,name=spectrum.agent"),
            *("-qmp", f"unix:{directory}/qmp,server=on,wait=off"),
            *("-vnc", f"unix:{directory}/head0,display=gpu,head=0"),
            *("-vnc", f"unix:{directory}/head1,display=gpu,head=1"),
        ]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stderr=(directory / "qemu.log").open("wb")
        )
        self._monitors: dict[int, Monitor] = {}
        self._pictures = 0
        try:
            self._agent = Lines(directory / "agent")
            self.qmp = Qmp(directory / "qmp")
            self._agent.receive(DEADLINE_S)
        except (OSError, EOFError) as error:
            self.kill()
            raise AssertionError(f"the guest does not boot ({error!r}):\n{self.logs()}") from None

    def logs(self) -> str:
        """What QEMU and the guest's kernel said."""
        texts = []
        for name in ("qemu.log", "serial.log"):
            with contextlib.suppress(FileNotFoundError):
                texts.append((self.directory / name).read_text(errors="replace")[-6000:])
        return "\n".join(texts)

    def kill(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait()

    # --- in the guest

    def ask(self, do: str, /, **arguments: Any) -> Any:
        """Have the agent do something. Raises Failed."""
        self._agent.send({"do": do, "with": arguments})
        answer = self._agent.receive(DEADLINE_S * 2)
        if "failed" in answer:
            raise Failed(f"{do}: {answer['failed']}")
        return answer["ok"]

    def run(
        self,
        *argv: str,
        user: str = "root",
        environment: Mapping[str, str] | None = None,
        check: bool = True,
        limit: float = DEADLINE_S,
        text: str = "",
    ) -> str:
        """Run a program in the guest to its end; what it printed."""
        done = self.ask(
            "run", argv=argv, user=user, environment=dict(environment or {}), limit=limit, text=text
        )
        said = f"{' '.join(argv)}: {done['code']}\n{done['out']}{done['err']}"
        assert not check or done["code"] == 0, said
        return str(done["out"])

    def read(self, path: str) -> bytes | None:
        """A file of the guest; None when it is not there."""
        data = self.ask("read", path=path)
        return None if data is None else base64.b64decode(data)

    def console(self, number: int = 1) -> str:
        """The text on a virtual terminal."""
        return (self.read(f"/dev/vcs{number}") or b"").decode(errors="replace")

    def wait(self, condition: Callable[[], T], what: str, deadline: float | None = None) -> T:
        """Wait until `condition()` is true, looking again when the session reports a change.

        `deadline`, in seconds, is DEADLINE_S where none is given.
        """
        end = time.monotonic() + (deadline or DEADLINE_S)
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise InVain(f"waited in vain for {what}\n{self.logs()}")
            if self.process.poll() is not None:
                raise AssertionError(f"the guest ended\n{self.logs()}")
            if not self.ask("change"):
                time.sleep(0.05)

    # --- its hardware

    def monitor(self, head: int) -> Monitor:
        """What is plugged into a connector."""
        if head not in self._monitors:
            self._monitors[head] = Monitor(self.directory / f"head{head}")
        return self._monitors[head]

    def plug(self, head: int, width: int, height: int) -> None:
        """Plug a monitor of this size in (0 by 0: out); returns when the guest's kernel has it.

        virtio-gpu's driver loses a change that comes while it has the last one in hand; then it is
        made again.
        """
        monitor, status = self.monitor(head), f"/sys/class/drm/card0-Virtual-{head + 1}/status"
        wanted = b"connected\n" if width else b"disconnected\n"
        for _ in range(PLUGS):
            monitor.plug(width, height)
            with contextlib.suppress(InVain):
                self.wait(lambda: self.read(status) == wanted, f"the monitor at {head}", PLUG_S)
                return
            # QEMU takes no notice of a size that it has.
            monitor.plug(*((0, 0) if width else SIZE))
        raise AssertionError(f"the kernel has no news of the monitor at {head}\n{self.logs()}")

    def unplug(self, head: int) -> None:
        """Pull a monitor out, as `plug`."""
        self.plug(head, 0, 0)

    def screen(self, head: int = 0) -> Picture:
        """What a monitor shows."""
        return self.qmp.screen(self.directory / f"screen{head}.ppm", head)

    def power_off(self) -> None:
        """End it: nothing of the guest is kept."""
        for monitor in self._monitors.values():
            monitor.close()
        self._agent.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self.qmp.close()


def _disk(path: Path) -> Sequence[str]:
    return ("-drive", f"file={path},format=raw,if=virtio,readonly=on")


@contextmanager
def booted(image: Image, directory: Path, command_line: str) -> Iterator[Machine]:
    """A machine for the length of a block."""
    machine = Machine(image, directory, command_line)
    try:
        yield machine
    finally:
        machine.power_off()


