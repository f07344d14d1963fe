"""Keyboard and pointer, through the guest's own drivers."""

from __future__ import annotations

import re
from typing import Any

from tests.wire.picture import box

from .seat import Seat


def middle(rectangle: dict[str, Any]) -> tuple[float, float]:
    """Of a rectangle of the control socket."""
    x, y, width, height = box(rectangle)
    return x + width / 2, y + height / 2


def test_typing(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.type("Hello, World: 1-2=3_4;\n")
        pad.wait("Hello, World: 1-2=3_4;\n")


def test_bindings(desk: Seat) -> None:
    desk.qmp.keys("meta_l", "ret")
    window = desk.wait_window(app_id="foot", focused=True)
    desk.qmp.keys("meta_l", "shift", "q")
    desk.wait(lambda: not desk.windows(id=window["id"]), "the terminal to close")


def test_pointing_and_clicking(desk: Seat) -> None:
    with desk.pad("left") as left, desk.pad("right") as right:
        desk.point_and_see(*middle(left.window["content"]))
        desk.qmp.click()
        desk.wait_window(title="left", focused=True)
        for pad, focused in ((left, True), (right, False)):
            color = desk.host_color(focused=focused)
            window = pad.window
            desk.wait_screen(lambda p: desk.has_frame(p, window, color), "the frames")  # noqa: B023
        desk.type("to the left\n")
        left.wait("to the left\n")
        assert right.text == ""


def test_dragging_a_window(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.qmp.keys("meta_l", "shift", "spc")
        before = desk.wait_window(title="pad", floating=True)["geometry"]
        x, y = before["x"] + before["width"] / 2, before["y"] + 16
        desk.point_and_see(x, y)
        desk.qmp.button(True)
        desk.point(x + 60, y + 90)
        desk.point(x + 120, y + 180)
        desk.qmp.button(False)

        def there() -> bool:
            now: dict[str, int] = pad.window["geometry"]
            moved = now["x"] - before["x"], now["y"] - before["y"]
            return bool(abs(moved[0] - 120) <= 2 and abs(moved[1] - 180) <= 2)

        desk.wait(there, "the window to be where it was dragged")
        window = pad.window
        desk.wait_screen(
            lambda picture: desk.has_frame(picture, window, desk.host_color()), "the frame there"
        )
        desk.type("still here\n")
        pad.wait("still here\n")


def test_natural_scrolling_is_as_configured(desk: Seat) -> None:
    log, config = "/tmp/scroll.log", "$HOME/.config/spectrum-session"

    def steps() -> list[float]:
        """How far each turn of the wheel moved what the terminal shows."""
        found = re.findall(rb"wl_pointer#\d+\.axis\(\d+, 0, (-?[\d.]+)\)", read(log))
        return [float(text) for text in found]

    def read(path: str) -> bytes:
        return desk.machine.read(path) or b""

    pid = desk.spawn("foot", environment={"WAYLAND_DEBUG": "1"}, log=log)
    desk.point(*middle(desk.wait_window(app_id="foot")["content"]))
    desk.wait(lambda: b".enter(" in read(log), "the pointer to be over it")
    try:
        desk.qmp.click("wheel-down")
        desk.wait(lambda: len(steps()) == 1, "the wheel")
        write = f"mkdir -p {config}; printf '[pointer]\\nnatural-scroll = true\\n'"
        desk.run("sh", "-c", f"{write} >{config}/session.toml")
        desk.call("reload")
        desk.qmp.click("wheel-down")
        desk.wait(lambda: len(steps()) == 2, "the wheel")
        first, second = steps()
        assert first > 0 > second
    finally:
        desk.run("sh", "-c", f"rm -f {config}/session.toml")
        desk.call("reload")
        desk.machine.ask("end", pid=pid, number=15)


def test_a_keyboard_is_unplugged_and_another_plugged_in(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.type("one")
        # One key is down while its keyboard goes.
        hold(desk, "x")
        desk.wait(lambda: keyboards(desk) == 1, "the keyboard")
        desk.qmp("device_del", id="keyboard")
        desk.qmp.wait_event("DEVICE_DELETED", device="keyboard")
        desk.wait(lambda: keyboards(desk) == 0, "the keyboard to go")
        # It holds the one that is gone until it has heard of it.
        desk.wait(lambda: desk.has_devices(1), "the session to let go of it")
        desk.qmp("device_add", driver="virtio-keyboard-pci", id="keyboard")
        desk.wait(lambda: desk.has_devices(2), "the session to open another")
        desk.type("two\n")
        desk.wait(lambda: pad.text.endswith("\n"), "a line")
        # Repeated, or gone with its keyboard before anybody saw it: the key that was held is up.
        line = pad.text
        assert line.startswith("one") and line.endswith("two\n")
        assert set(line[3:-4]) <= {"x"}
        desk.type("three\n")
        pad.wait(line + "three\n")


def hold(seat: Seat, key: str) -> None:
    """Press a key."""
    event = {"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": key}}}
    seat.qmp("input-send-event", events=[event])


def keyboards(seat: Seat) -> int:
    """How many keyboards the kernel has."""
    text = seat.machine.read("/proc/bus/input/devices") or b""
    return text.count(b'Name="QEMU Virtio Keyboard"')
