"""Another virtual terminal, and back."""

from __future__ import annotations

from .seat import Pad, Seat


def active(seat: Seat) -> str:
    """The virtual terminal that is shown."""
    return (seat.machine.read("/sys/class/tty/tty0/active") or b"").decode().strip()


def shows(seat: Seat, pad: Pad) -> bool:
    """Is the session on the screen?"""
    return seat.has_frame(seat.screen(), pad.window, seat.host_color())


def test_away_and_back(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.qmp.type("before\n")
        pad.wait("before\n")
        assert shows(desk, pad)
        for _ in range(2):
            desk.qmp.keys("ctrl", "alt", "f2")
            desk.wait(lambda: active(desk) == "tty2", "the second terminal")
            desk.wait(lambda: not shows(desk, pad), "the second terminal's picture")
            # Whoever has that terminal hears it, the session does not.
            desk.qmp.type("nobody\n")
            desk.qmp.keys("ctrl", "alt", "f1")
            desk.wait(lambda: active(desk) == "tty1", "the first terminal")
            desk.wait(lambda: shows(desk, pad), "the session's picture")
        desk.wait(lambda: desk.has_devices(2), "the session's devices")
        desk.qmp.type("after\n")
        pad.wait("before\nafter\n")


def test_a_monitor_comes_while_nobody_looks(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.qmp.keys("ctrl", "alt", "f2")
        desk.wait(lambda: active(desk) == "tty2", "the second terminal")
        desk.machine.monitor(1).plug(1024, 768)
        desk.qmp.keys("ctrl", "alt", "f1")
        desk.wait(lambda: active(desk) == "tty1", "the first terminal")
        desk.wait(lambda: shows(desk, pad), "the session's picture")
        desk.wait(lambda: len(desk.outputs()) == 2, "the second output")
        desk.machine.monitor(1).unplug()
        desk.wait(lambda: len(desk.outputs()) == 1, "the second output to go")
