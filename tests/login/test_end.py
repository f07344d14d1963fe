"""The session ends, and whoever started it goes on."""

from __future__ import annotations

from .scenarios import GREETD, TTY, USER
from .seat import Seat

PROMPT = f"{USER}@"
"""How the prompt of the user's shell begins."""


def test_log_out(desk: Seat) -> None:
    pid = desk.call("version")["pid"]
    desk.qmp.keys("meta_l", "shift", "e")
    desk.wait(lambda: desk.machine.read(f"/proc/{pid}/status") is None, "the session to end")
    machine = desk.machine
    if desk.scenario is GREETD:
        desk.wait(lambda: machine.console().rstrip().endswith("login:"), "greetd's prompt")
    elif desk.scenario is TTY:
        # What the session printed is there still, around the prompt and behind it.
        desk.wait(
            lambda: lines(machine.console()).rstrip().splitlines()[-1].startswith(PROMPT),
            "the shell's prompt",
        )
        machine.qmp.type("echo $?\n")
        desk.wait(lambda: "\n0" in lines(machine.console()), "the exit code 0")
    else:
        desk.wait(lambda: desk.runs() and desk.call("version")["pid"] != pid, "the next session")
        window = desk.wait_window(app_id="foot", focused=True)
        desk.wait_screen(lambda p: desk.has_frame(p, window, desk.host_color()), "its picture")
    log = desk.log()
    assert "Traceback" not in log
    assert "listeners left" not in log


def lines(console: str, width: int = 160) -> str:
    """The text of a terminal with its lines apart."""
    rows = [console[at : at + width].rstrip() for at in range(0, len(console), width)]
    return "\n".join(rows)
