"""Clients of the host that people use with any compositor: terminal, keys, clipboard, pictures.

What was seen of the heavier ones stands in docs/CLIENTS.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire import Client, VirtualPointer
from tests.wire.devices import PRESSED, RELEASED
from tests.wire.picture import Picture, look

from .harness import SessionProcess, running
from .programs import PAPER, PIPE, answer, pad, press, started

SIZE = (800, 600)
BUTTON_MIDDLE = 0x112


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config="[focus]\nguard-ms = 0\n", outputs=["800x600"]) as process:
        yield process


@pytest.fixture
def pointer(session: SessionProcess) -> Iterator[VirtualPointer]:
    with Client(session.display) as client:
        yield VirtualPointer(client, SIZE)


def test_wtype_types_all_of_it_into_foot(session: SessionProcess) -> None:
    with pad(session) as paper:
        session.run("wtype", "Zwölf Boxkämpfer, ¿no? Да 漢字 €")
        press(session, "Return")
        paper.wait("Zwölf Boxkämpfer, ¿no? Да 漢字 €\n")
        session.run("wtype", "gone")
        press(session, "ctrl", "u")
        session.run("wtype", "-M", "shift", "abc", "-m", "shift", "-k", "Return")
        paper.wait("Zwölf Boxkämpfer, ¿no? Да 漢字 €\nabc\n")


def test_foot_knows_its_size(session: SessionProcess, tmp_path: Path) -> None:
    sizes = tmp_path / "sizes"
    # Not a trap for SIGWINCH: one that comes just before the shell reads is acted on only later.
    script = f"while :; do stty size >>{sizes}; sleep 0.1; done"

    def columns() -> list[int]:
        text = sizes.read_text() if sizes.exists() else ""
        return [int(line.split()[1]) for line in text.splitlines()]

    # It opens with 40 columns, and is told of the tile after that; before, a terminal has 80.
    argv = ["foot", "--title=sizes", "--window-size-chars=40x10", "sh", "-c", script]
    with started(session, *argv):
        session.wait_window(title="sizes")
        session.wait(lambda: columns() and columns()[-1] > 80, "the terminal to fill its tile")
        wide = columns()[-1]
        with pad(session):
            session.wait(lambda: columns()[-1] < wide, "the terminal to be narrower")
        session.wait(lambda: columns()[-1] == wide, "the terminal to be wide again")
    session.wait(lambda: not session.windows(), "foot to go")


def test_foot_and_the_clipboards(session: SessionProcess, pointer: VirtualPointer) -> None:
    with pad(session) as paper, started(session, "wl-copy", "-f", "copied outside") as copy:
        session.wait(lambda: pasted(session) == "copied outside", "the clipboard")
        press(session, "ctrl", "shift", "v")
        press(session, "Return")
        paper.wait("copied outside\n")
        content = paper.window["content"]
        middle = content["y"] + 10
        # A double click selects the word, which makes it the primary selection.
        pointer.click(content["x"] + 20, middle)
        pointer.click(content["x"] + 20, middle)
        session.wait(lambda: pasted(session, "-p") == "copied", "the primary selection")
        press(session, "ctrl", "shift", "c")
        session.wait(lambda: copy.poll() is not None, "the old source to be told")
        assert pasted(session) == "copied"
        pointer.click(content["x"] + 20, middle, BUTTON_MIDDLE)
        press(session, "Return")
        paper.wait("copied outside\ncopied\n")
    # A selection goes with its client.
    nothing = session.run("wl-paste", check=False)
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    # Versions of wl-clipboard say it in their own words.
    assert nothing.stderr.startswith((b"No selection", b"Nothing is copied"))


def pasted(session: SessionProcess, *args: str) -> str:
    """What is in the clipboard; "" when it is empty."""
    return session.run("wl-paste", "-n", *args, check=False).stdout.decode()


def test_wl_clipboard_keeps_bytes_and_types(session: SessionProcess, tmp_path: Path) -> None:
    data = bytes(range(256)) * 1024
    source = tmp_path / "data"
    source.write_bytes(data)
    with source.open("rb") as stream, started(
        session, "wl-copy", "-f", "-t", "application/x-test", stdin=stream
    ):
        session.wait(
            lambda: session.run("wl-paste", "-l", check=False).stdout == b"application/x-test\n",
            "the type",
        )
        assert session.run("wl-paste", "-n", "-t", "application/x-test").stdout == data
    with started(session, "wl-copy", "-f", "-o", "once") as once:
        # What wl-paste makes of a source that goes while it reads is its own affair.
        def pasted_once() -> bool:
            pasted(session)
            return once.poll() == 0

        session.wait(pasted_once, "wl-copy to end after a paste")
    with started(session, "wl-copy", "-f", "cleared") as cleared:
        session.wait(lambda: pasted(session) == "cleared", "the clipboard")
        session.run("wl-copy", "-c")
        session.wait(lambda: cleared.poll() is not None, "the source to be told")


def test_grim_takes_all_an_output_or_a_region(session: SessionProcess) -> None:
    with pad(session):
        whole = look(session)
        assert (whole.width, whole.height) == SIZE
        assert look(session, "HEADLESS-1") == whole
        region = session.run("grim", "-t", "ppm", "-g", "17,3 301x97", "-").stdout
        part = Picture.parse(region)
        assert (part.width, part.height) == (301, 97)
        assert part.data == b"".join(whole.row(y, 17, 301) for y in range(3, 100))
        # What is around the window, its frame, the rails of the title bar, and its inside.
        colors = whole.colors((17, 3, 301, 97))
        assert PAPER in colors and len(colors) >= 4
        assert session.run("grim", "-o", "NOWHERE", "-", check=False).returncode != 0


def test_slurp_gets_a_region_from_the_pointer(
    session: SessionProcess, pointer: VirtualPointer
) -> None:
    with pad(session) as paper:
        # Without hardware cursors the pointer is in every picture: before as after, it is there.
        pointer.move(300, 250)
        before = look(session)
        with started(session, "slurp", "-b", "00000080", stdout=PIPE) as slurp:
            session.wait(lambda: look(session) != before, "slurp to darken the screen")
            pointer.move(100, 120)
            pointer.button(PRESSED)
            pointer.move(150, 200)
            pointer.move(300, 250)
            pointer.button(RELEASED)
            assert answer(session, slurp) == (0, "100,120 201x131\n")
        session.wait(lambda: look(session) == before, "the screen to be as it was")
        with started(session, "slurp", "-b", "00000080", stdout=PIPE, stderr=PIPE) as slurp:
            session.wait(lambda: look(session) != before, "slurp to darken the screen")
            press(session, "Escape")
            assert answer(session, slurp) == (1, "")
        session.run("wtype", "keys are back")
        press(session, "Return")
        paper.wait("keys are back\n")
