"""A session on the guest's screen, as the person in front of it and the test see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from spectrum_session.labels.theme import host_border
from tests.wire.client import Color
from tests.wire.picture import Picture, bands, box, solid_lines

from .image import CHECKOUT
from .machine import Machine
from .scenarios import Scenario

T = TypeVar("T")

KEPT = CHECKOUT / "build" / "login"
"""Takes pictures of the first thing to see, and pictures and logs of what failed."""
BORDER = 4
PAPER = (0x20, 0x30, 0x40)
"""Background of a pad."""
KEYBOARD, POINTER = "QEMU Virtio Keyboard", "QEMU Virtio Tablet"


class Seat:
    """A machine whose session runs."""

    def __init__(self, machine: Machine, scenario: Scenario) -> None:
        self.machine = machine
        self.scenario = scenario
        self.qmp = machine.qmp

    # --- the session

    def call(self, command: str, **args: Any) -> Any:
        """A command on the control socket. AssertionError when it is refused."""
        answer = self.machine.ask("control", command=command, args=args)
        assert "result" in answer, f"{command}: {answer['error']}"
        return answer["result"]

    def control_path(self) -> str:
        """Where the session's control socket is, in the guest."""
        (path,) = self.machine.ask("sessions")
        return str(path)

    def runs(self) -> bool:
        """Does a session answer?"""
        return "result" in self.machine.ask("control", command="version", args={})

    def wait(self, condition: Callable[[], T], what: str, deadline: float | None = None) -> T:
        """Until `condition()` is true."""
        return self.machine.wait(condition, what, deadline)

    def windows(self, **wanted: Any) -> list[dict[str, Any]]:
        """Windows whose keys have these values."""
        return [
            window
            for window in self.call("windows")
            if all(window[key] == value for key, value in wanted.items())
        ]

    def wait_window(self, **wanted: Any) -> dict[str, Any]:
        """The first window with these values, once there is one."""
        return self.wait(lambda: self.windows(**wanted), f"a window with {wanted}")[0]

    def outputs(self) -> dict[str, dict[str, Any]]:
        """Outputs by name."""
        return {output["name"]: output for output in self.call("outputs")}

    def close_windows(self) -> None:
        """An empty desktop."""
        for window in self.windows():
            self.call("window", id=window["id"], action="kill")
        self.wait(lambda: not self.windows(), "the windows to go")

    def log(self) -> str:
        """What the session said where it was started: for its supervisor, or on its terminal."""
        if self.scenario.supervised:
            return (self.machine.read("/run/s6.log") or b"").decode(errors="replace")
        return self.machine.console()

    def logs(self) -> str:
        """All that may tell what went wrong."""
        if self.machine.process.poll() is not None:
            return self.machine.logs()
        kernel = self.machine.run("sh", "-c", "dmesg | tail -n 60", check=False)
        journal = self.machine.run("sh", "-c", "journalctl -b --no-pager | tail -n 80", check=False)
        state = f"~{self.scenario.user}/.local/state/spectrum-session/session.log"
        own = self.machine.run("sh", "-c", f"tail -n 60 {state}", check=False)
        return "\n".join([self.log(), kernel, journal, self.machine.logs(), own])

    # --- programs

    def run(self, *argv: str, check: bool = True) -> str:
        """A program of the session's user, to its end."""
        return self.machine.run(*argv, user=self.scenario.user, check=check)

    def spawn(
        self, *argv: str, environment: Mapping[str, str] | None = None, log: str = "/dev/null"
    ) -> int:
        """A program of the session's user, which goes on running."""
        user, added = self.scenario.user, dict(environment or {})
        pid: int = self.machine.ask("spawn", argv=argv, user=user, environment=added, log=log)
        return pid

    # --- the screen

    def screen(self, head: int = 0) -> Picture:
        """What a monitor shows."""
        return self.machine.screen(head)

    def keep_picture(self, name: str) -> None:
        """Keep what the first monitor shows for people to look at."""
        KEPT.mkdir(parents=True, exist_ok=True)
        self.qmp.save(KEPT / f"{name}.png")

    def wait_screen(
        self, condition: Callable[[Picture], T], what: str, head: int = 0
    ) -> T:
        """Until the picture on a monitor is so."""
        return self.wait(lambda: condition(self.screen(head)), what)

    def has_frame(self, picture: Picture, window: dict[str, Any], color: Color) -> bool:
        """Is there a border of this colour all around a window, its title bar apart?

        The lines are solid from end to end, but for one inside that every focused window has.
        """
        frame, content = box(window["geometry"]), box(window["content"])
        found = bands(frame, content)
        return all(solid_lines(picture, band, color) >= BORDER - 1 for band in found.values())

    def host_color(self, *, focused: bool = True) -> Color:
        """Colour of the host's borders."""
        color = host_border(focused=focused)
        return color.r, color.g, color.b

    # --- the pointer

    def point(self, x: float, y: float) -> None:
        """Put the pointer at a point of the only output, in its physical pixels."""
        picture = self.screen()
        self.qmp.point(x / picture.width, y / picture.height)

    def point_and_see(self, x: float, y: float) -> None:
        """Put the pointer at a point, as `point` does, and wait until a cursor is there: on a plane
        of its own, or where the renderer's buffers cannot be put on one, in the picture."""
        around = (int(x) - 32, int(y) - 32, 64, 64)

        def area() -> list[bytes]:
            left, top, width, height = around
            picture = self.screen()
            return [picture.row(row, left, width) for row in range(top, top + height)]

        def seen() -> bool:
            place = self.cursor_plane()
            if not place:
                return area() != before
            # 64 pixels square, with the tip of an arrow or the middle of a beam in it.
            corner = [int(part) for part in place.partition("+")[2].split("+")]
            return 0 <= x - corner[0] < 64 and 0 <= y - corner[1] < 64

        before = area()
        self.point(x, y)
        self.wait(seen, "the cursor")

    def cursor_plane(self) -> str:
        """What the kernel shows on the plane for the cursor: its place, "" when it shows none."""
        text = self.machine.run("sh", "-c", "cat /sys/kernel/debug/dri/*/state")
        for part in text.split("plane[")[1:]:
            lines = [line.strip() for line in part.splitlines()]
            fields = dict(line.split("=", 1) for line in lines[1:] if "=" in line)
            place = fields.get("crtc-pos", "")
            if fields.get("crtc") != "(null)" and place.startswith("64x64"):
                return place
        return ""

    def has_devices(self, number: int) -> bool:
        """Has the session opened as many input devices?"""
        pid = self.call("version")["pid"]
        # Descriptors come and go meanwhile, of which it complains.
        argv = ("find", f"/proc/{pid}/fd", "-lname", "/dev/input/event*")
        found = self.machine.run(*argv, check=False)
        return len(found.split()) == number

    # --- typing

    def type(self, text: str) -> None:
        """Type on a US keyboard, no faster than the session takes it: the kernel keeps few events,
        and drops the rest."""
        for at in range(0, len(text), 4):
            self.qmp.type(text[at : at + 4])
            self.call("version")

    @contextmanager
    def pad(self, title: str = "pad") -> Iterator[Pad]:
        """A foot that has the focus, is drawn in full and takes down what is typed."""
        path = f"/tmp/{title}.txt"
        self.run("rm", "-f", path)
        paint = f"printf '\\033]11;rgb:20/30/40\\033\\\\'; exec cat > {path}"
        log = f"/tmp/{title}.log"
        pid = self.spawn("foot", f"--title={title}", "sh", "-c", paint, log=log)
        try:
            self.wait(
                lambda: self.windows(title=title, focused=True)
                or self.machine.ask("ended", pid=pid) is not None,
                f"a window {title} that has the focus",
            )
            assert self.windows(title=title), (self.machine.read(log) or b"").decode()
            content = self.wait_window(title=title, focused=True)["content"]
            corner = content["x"] + content["width"] - 2, content["y"] + content["height"] - 2
            self.wait_screen(lambda picture: picture.pixel(*corner) == PAPER, "foot to draw")
            self.wait(lambda: self.machine.read(path) is not None, "cat to run")
            yield Pad(self, title, path)
        finally:
            self.machine.ask("end", pid=pid, number=15)


class Pad:
    """A terminal whose lines end up in a file."""

    def __init__(self, seat: Seat, title: str, path: str) -> None:
        self.seat, self.title, self.path = seat, title, path

    @property
    def text(self) -> str:
        """All lines so far that were ended with Return."""
        return (self.seat.machine.read(self.path) or b"").decode()

    @property
    def window(self) -> dict[str, Any]:
        """As the control socket has it."""
        return self.seat.wait_window(title=self.title)

    def wait(self, text: str) -> None:
        """Until the lines are these."""
        try:
            self.seat.wait(lambda: self.text == text, f"{text!r} in {self.title}")
        except AssertionError as error:
            raise AssertionError(f"{self.title} has {self.text!r}; {error}") from None
