"""swaylock and swayidle: nothing shows and no key passes until the locker lets go."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from tests.wire import Client, VirtualPointer
from tests.wire.picture import Picture, look

from .harness import SessionProcess, running
from .programs import PAPER, foot, pad, press, started

SIZE = (800, 600)
LOCKED = (0x11, 0x44, 0x22)
AROUND_POINTER = (400 - 32, 300 - 32, 64, 64)
"""Where clicks are, and a pointer may be in the picture; cursors of 24 pixels have up to 32."""

CONFIG = """
[focus]
guard-ms = 0
[bindings]
"Super+F9" = "spawn foot --title=by-binding"
"""


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, outputs=["800x600"]) as process:
        yield process


def locker(session: SessionProcess) -> Popen[bytes]:
    """A swaylock that has locked the session and is drawn."""
    child = session.spawn("swaylock", "-c", "114422", "-u")
    session.wait(lambda: covered(look(session)), "swaylock to show")
    return child


def covered(picture: Picture) -> bool:
    """Does swaylock's colour fill the screen?"""
    return picture.colors((0, 0, *SIZE)) == {LOCKED}


def test_swaylock_locks_and_unlocks(session: SessionProcess) -> None:
    with pad(session) as paper:
        session.run("wtype", "before")
        child = locker(session)
        locked = look(session)
        session.run("wtype", "secret")
        press(session, "Return")
        press(session, "logo", "F9")
        with Client(session.display) as client:
            VirtualPointer(client, SIZE).click(400, 300)
        assert look(session).differs(locked, AROUND_POINTER) is None
        assert paper.text == ""
        # The password was wrong: it still asks.
        assert child.poll() is None
        child.send_signal(signal.SIGUSR1)
        assert session.wait(lambda: child.poll() == 0, "swaylock to end")
        session.wait(lambda: look(session).where(PAPER), "the windows to be back")
        press(session, "Return")
        paper.wait("before\n")
        # The binding works again; what it had done under the lock would be here by now.
        press(session, "logo", "F9")
        opened = session.wait_window(title="by-binding")
        assert len(session.windows(title="by-binding")) == 1
        session.call("window", id=opened["id"], action="close")
    session.wait(lambda: not session.windows(), "the windows to go")


def test_a_locker_that_dies_leaves_the_session_locked(session: SessionProcess) -> None:
    with pad(session) as paper:
        first = locker(session)
        first.kill()
        first.wait()
        session.wait(lambda: not covered(look(session)), "swaylock's colour to go")
        dead = look(session)
        assert len(dead.colors((0, 0, *SIZE))) == 1, "something shows from below"
        session.run("wtype", "nobody hears this")
        press(session, "Return")
        press(session, "logo", "F9")
        with Client(session.display) as client:
            VirtualPointer(client, SIZE).click(400, 300)
        press(session, "Return")
        # Windows that open now stay below.
        with started(session, *foot("late", (0xFF, 0, 0xFF), "exec sleep infinity")):
            session.wait_window(title="late")
            assert look(session).differs(dead, AROUND_POINTER) is None
            second = locker(session)
        session.wait(lambda: not session.windows(title="late"), "foot to go")
        assert covered(look(session))
        assert paper.text == ""
        second.send_signal(signal.SIGUSR1)
        session.wait(lambda: second.poll() == 0, "the second swaylock to end")
        session.wait(lambda: look(session).where(PAPER), "the windows to be back")
        assert paper.text == ""
        session.run("wtype", "heard")
        press(session, "Return")
        paper.wait("heard\n")


def test_a_second_locker_is_refused(session: SessionProcess) -> None:
    with pad(session):
        first = locker(session)
        second = session.spawn("swaylock", "-c", "ff0000", "-u")
        session.wait(lambda: second.poll() is not None, "the second swaylock to give up")
        assert second.returncode != 0
        assert covered(look(session))
        first.send_signal(signal.SIGUSR1)
        session.wait(lambda: first.poll() == 0, "swaylock to end")
        session.wait(lambda: look(session).where(PAPER), "the windows to be back")


def test_swaylock_follows_outputs(session: SessionProcess) -> None:
    with pad(session):
        child = locker(session)
        try:
            session.run("wlr-randr", "--output", "HEADLESS-1", "--custom-mode", "1024x768")
            session.wait(
                lambda: look(session).colors((0, 0, 1024, 768)) == {LOCKED}, "the lock to fit"
            )
            session.run("wlr-randr", "--output", "HEADLESS-1", "--custom-mode", "800x600")
            session.wait(lambda: covered(look(session)), "the lock to fit again")
        finally:
            child.send_signal(signal.SIGUSR1)
        session.wait(lambda: look(session).where(PAPER), "the windows to be back")


def test_swayidle_tells_of_absence_and_return(session: SessionProcess, tmp_path: Path) -> None:
    said = tmp_path / "said"
    argv = ["swayidle", "-w", "timeout", "1", f"echo away >>{said}"]
    argv += ["resume", f"echo back >>{said}"]

    def lines() -> list[str]:
        return said.read_text().split() if said.exists() else []

    with started(session, *argv), Client(session.display) as client:
        session.wait(lambda: lines() == ["away"], "nobody to be there")
        VirtualPointer(client, SIZE).move(100, 100)
        session.wait(lambda: lines()[:2] == ["away", "back"], "somebody to be there")
        session.wait(lambda: lines()[:3] == ["away", "back", "away"], "nobody to be there again")
        press(session, "Shift_L")
        session.wait(lambda: lines()[:4] == ["away", "back"] * 2, "a key to count")
