"""Another virtual terminal, and back."""

from __future__ import annotations

from .seat import Pad, Seat


def active(seat: Seat) -> str:
    """The virtual terminal that is shown."""
    return (seat.machine.read("/sys/class/tty/tty0/active") or b"").decode().strip()


def shows(seat: Seat, pad: Pad) -> bool:
    """Is the session on the screen?"""
    return seat.has_frame(seat.screen(), pad.window, seat.host_color())


def go_away(seat: Seat) -> None:
    """Show the second terminal, and wait until the session knows.

    A person is never faster. logind may not notice that the terminal was another one when it is the
    first again already, and the session's devices stay taken from it.
    """
    seat.qmp.keys("ctrl", "alt", "f2")
    seat.wait(lambda: active(seat) == "tty2", "the second terminal")
    seat.wait(lambda: seat.has_devices(0), "the session to let go of its devices")


def come_back(seat: Seat, pad: Pad) -> None:
    """Show the session again."""
    seat.qmp.keys("ctrl", "alt", "f1")
    seat.wait(lambda: active(seat) == "tty1", "the first terminal")
    seat.wait(lambda: shows(seat, pad), "the session's picture")
    seat.wait(lambda: seat.has_devices(2), "the session's devices")


def test_away_and_back(desk: Seat) -> None:
    with desk.pad() as pad:
        desk.type("before\n")
        pad.wait("before\n")
        assert shows(desk, pad)
        for _ in range(2):
            go_away(desk)
            desk.wait(lambda: not shows(desk, pad), "the second terminal's picture")
            # Whoever has that terminal hears it, the session does not.
            desk.type("nobody\n")
            come_back(desk, pad)
        desk.type("after\n")
        pad.wait("before\nafter\n")


def test_a_monitor_comes_while_nobody_looks(desk: Seat) -> None:
    with desk.pad() as pad:
        go_away(desk)
        desk.machine.plug(1, 1024, 768)
        come_back(desk, pad)
        desk.wait(lambda: len(desk.outputs()) == 2, "the second output")
        desk.machine.unplug(1)
        desk.wait(lambda: len(desk.outputs()) == 1, "the second output to go")
