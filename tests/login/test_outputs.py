"""Monitors that come, go, sleep and change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from spectrum_session.config.schema import Layout
from spectrum_session.labels.color import Color
from tests.wire.picture import Picture

from .machine import SIZE
from .seat import PAPER, Pad, Seat

FIRST, SECOND = "Virtual-1", "Virtual-2"
SECOND_SIZE = (1024, 768)
BACKGROUND = Color.parse(Layout().background)
GROUND = (BACKGROUND.r, BACKGROUND.g, BACKGROUND.b)


@pytest.fixture(autouse=True)
def one_monitor(desk: Seat) -> Iterator[None]:
    """As the machine was booted, before and after."""
    # QEMU takes no notice of a size that it has, and before the first one it has none.
    desk.machine.plug(0, *SIZE)
    yield
    for head, size in ((0, SIZE), (1, (0, 0))):
        desk.machine.plug(head, *size)
    desk.wait(lambda: list(desk.outputs()) == [FIRST], "the first monitor alone")


def plug_second(seat: Seat) -> None:
    """There are two monitors."""
    seat.machine.plug(1, *SECOND_SIZE)
    seat.wait(lambda: SECOND in seat.outputs(), "the second output")
    mode = seat.outputs()[SECOND]["mode"]
    assert (mode["width"], mode["height"]) == SECOND_SIZE


def framed(seat: Seat, pad: Pad, head: int) -> bool:
    """Is the pad on this monitor, in its frame?"""
    window = pad.window
    area = seat.outputs()[window["output"]]["geometry"]
    moved = {
        key: {**window[key], "x": window[key]["x"] - area["x"], "y": window[key]["y"] - area["y"]}
        for key in ("geometry", "content")
    }
    color = seat.host_color(focused=window["focused"])
    return seat.has_frame(seat.screen(head), moved, color)


def test_subscribers_hear_of_monitors(desk: Seat) -> None:
    """Of one that is plugged in, and of one that is pulled out, as it was last."""
    log = "/tmp/output-events"
    events = "spectrumctl", "--socket", desk.control_path(), "subscribe", "output", "workspace"
    pid = desk.spawn(*events, log=log)

    def told() -> list[dict[str, Any]]:
        text = (desk.machine.read(log) or b"").decode()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def subscribed() -> bool:
        for number in (2, 1):
            desk.call("workspace", number=number)
        return bool(told())

    def changes() -> list[str]:
        mine = [one for one in told() if one.get("output", {}).get("name") == SECOND]
        return [one["change"] for one in mine if one["change"] != "changed"]

    desk.wait(subscribed, "the first event")
    plug_second(desk)
    desk.wait(lambda: changes() == ["added"], "the event of a monitor that came")
    desk.machine.unplug(1)
    desk.wait(lambda: changes() == ["added", "removed"], "the event of a monitor that went")
    last = next(one for one in told() if one.get("change") == "removed")
    assert last["output"]["mode"]["width"] == SECOND_SIZE[0]
    desk.machine.run("kill", str(pid))


def test_a_second_monitor_comes_and_the_first_goes(desk: Seat) -> None:
    plug_second(desk)

    def empty(picture: Picture) -> bool:
        return (picture.width, picture.height) == SECOND_SIZE and picture.colors(
            (0, 0, *SECOND_SIZE)
        ) == {GROUND}

    desk.wait_screen(empty, "the second monitor's background", head=1)
    with desk.pad() as pad:
        assert pad.window["output"] == FIRST
        desk.call("action", text=f"move-to-output {SECOND}")
        desk.wait(lambda: pad.window["output"] == SECOND, "the window to move")
        desk.wait(lambda: framed(desk, pad, 1), "the frame on the second monitor")
        # The focus stays on the output where it was.
        desk.call("window", id=pad.window["id"], action="focus")
        desk.wait(lambda: framed(desk, pad, 1), "the frame of a window that has the focus")
        desk.call("action", text=f"move-to-output {FIRST}")
        desk.wait(lambda: framed(desk, pad, 0), "the frame on the first monitor")
        desk.machine.unplug(0)
        desk.wait(lambda: list(desk.outputs()) == [SECOND], "the first output to go")
        desk.wait(lambda: pad.window["output"] == SECOND, "the window to follow")
        desk.call("window", id=pad.window["id"], action="focus")
        desk.wait(lambda: framed(desk, pad, 1), "the frame on the second monitor")
        desk.type("on the second\n")
        pad.wait("on the second\n")
        desk.machine.plug(0, *SIZE)
        desk.wait(lambda: FIRST in desk.outputs(), "the first output again")
        desk.machine.unplug(1)
        desk.wait(lambda: list(desk.outputs()) == [FIRST], "the second output to go")
        desk.wait(lambda: pad.window["output"] == FIRST, "the window to come back")
        desk.call("window", id=pad.window["id"], action="focus")
        desk.wait(lambda: framed(desk, pad, 0), "the frame on the first monitor")
        desk.type("on the first\n")
        pad.wait("on the second\non the first\n")


def test_no_monitor_at_all(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.machine.unplug(0)
        desk.wait(lambda: not desk.outputs(), "the only output to go")
        # Nobody sees what this would go to: it goes nowhere.
        desk.type("blind\n")
        desk.machine.plug(0, *SIZE)
        desk.wait(lambda: list(desk.outputs()) == [FIRST], "the output again")
        desk.wait(lambda: framed(desk, pad, 0), "the frame")
        desk.wait_window(title="pad", focused=True)
        desk.type("seeing\n")
        pad.wait("seeing\n")


def test_the_screen_is_put_to_sleep(desk: Seat) -> None:
    def light() -> str:
        return (desk.machine.read(f"/sys/class/drm/card0-{FIRST}/dpms") or b"").decode().strip()

    with desk.pad() as pad:
        assert light() == "On"
        desk.run("wlopm", "--off", FIRST)
        desk.wait(lambda: light() == "Off", "the screen to go dark")
        desk.type("in the dark\n")
        pad.wait("in the dark\n")
        assert light() == "Off"
        desk.run("wlopm", "--on", FIRST)
        desk.wait(lambda: light() == "On", "the screen's light")
        desk.wait(lambda: framed(desk, pad, 0), "the frame")


def test_another_mode_and_scale(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.run("wlr-randr", "--output", FIRST, "--mode", "1024x768")
        desk.wait_screen(lambda p: (p.width, p.height) == (1024, 768), "the smaller picture")
        desk.wait(lambda: framed(desk, pad, 0), "the frame in the smaller picture")
        desk.run("wlr-randr", "--output", FIRST, "--scale", "2")
        desk.wait(lambda: desk.outputs()[FIRST]["geometry"]["width"] == 512, "the scale")
        assert pad.window["geometry"] == {"x": 8, "y": 8, "width": 496, "height": 368}

        def doubled(picture: Picture) -> bool:
            # A border of 4 logical pixels is 8 physical ones; one is the line inside it.
            row = [picture.pixel(x, 400) for x in range(16, 25)]
            return row[:6] == [desk.host_color()] * 6 and row[8] == PAPER

        desk.wait_screen(doubled, "the frame at twice the size")
        desk.run("wlr-randr", "--output", FIRST, "--mode", "1280x800", "--scale", "1")
        desk.wait_screen(lambda p: (p.width, p.height) == SIZE, "the picture as it was")
        desk.wait(lambda: framed(desk, pad, 0), "the frame as it was")
