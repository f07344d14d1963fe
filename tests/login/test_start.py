"""From the boot to the first terminal."""

from __future__ import annotations

import pytest

from tests.wire.picture import box

from .machine import SIZE
from .scenarios import ROOT_S6, USER, USER_S6
from .seat import KEYBOARD, POINTER, Seat


def test_the_first_thing_to_see(seat: Seat) -> None:
    window = seat.wait_window(app_id="foot", focused=True)
    width, height = SIZE
    assert window["geometry"] == {"x": 8, "y": 8, "width": width - 16, "height": height - 16}
    seat.wait_screen(
        lambda picture: seat.has_frame(picture, window, seat.host_color()), "the frame"
    )
    # The shell's prompt: something is drawn at the top, on what foot paints everywhere else.
    content = box(window["content"])
    x, y, width, height = content

    def drawn(picture: object) -> bool:
        screen = seat.screen()
        ground = screen.colors((x, y + height // 2, width, height // 2))
        return len(ground) == 1 and len(screen.colors((x, y, width, 20))) > 2

    seat.wait_screen(drawn, "the first terminal")
    seat.keep_picture(f"first-{seat.scenario.name}")
    # No cursor before the first motion.
    assert seat.cursor_plane() == ""


def test_devices_and_outputs(seat: Seat) -> None:
    outputs = seat.outputs()
    assert list(outputs) == ["Virtual-1"]
    assert (outputs["Virtual-1"]["mode"]["width"], outputs["Virtual-1"]["mode"]["height"]) == SIZE


@pytest.mark.parametrize("seat", [ROOT_S6, USER_S6], ids=lambda one: one.name, indirect=True)
def test_s6_knows_that_it_is_ready(seat: Seat) -> None:
    seat.machine.run("s6-svwait", "-U", "-t", "1000", "/run/service/spectrum-session")
    log = seat.log()
    assert KEYBOARD in log and POINTER in log
    assert "wlroots 0.18" in log and "(system)" in log


def test_it_is_the_users(seat: Seat) -> None:
    pid = seat.call("version")["pid"]
    status = seat.machine.run("ps", "-o", "user=,tty=", "-p", str(pid)).split()
    assert status == [seat.scenario.user, "tty1"]
    environment = (seat.machine.read(f"/proc/{pid}/environ") or b"").split(b"\0")
    assert f"XDG_RUNTIME_DIR=/run/user/{seat.scenario.uid}".encode() in environment
    assert f"WLR_RENDERER={seat.scenario.renderer}".encode() in environment


@pytest.mark.parametrize("seat", [ROOT_S6], ids=lambda one: one.name, indirect=True)
def test_without_a_seat_it_says_what_to_do(seat: Seat) -> None:
    """Somebody who has a shell, and no login on the machine's own screen."""
    seat.machine.run("install", "-d", "-o", USER, "-g", USER, "-m", "0700", "/run/user/1000")
    said = seat.machine.run(
        *("sh", "-c", "spectrum-session --backend drm 2>&1; echo code $?"), user=USER
    )
    assert "code 3" in said
    assert "nobody gives you the seat" in said
    assert "Traceback" not in said
