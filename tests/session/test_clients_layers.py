"""Layer-shell clients of the host: wallpaper, notifications, launcher, bar."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire import Client, VirtualPointer
from tests.wire.client import Color
from tests.wire.picture import Box, box, look, within

from .harness import SessionProcess, running
from .programs import DEVNULL, PIPE, answer, pad, press, started

SIZE = (800, 600)
BLUE, GREEN, ORANGE = (0x12, 0x34, 0x9A), (0x10, 0x80, 0x30), (0xC0, 0x70, 0x10)


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config="[focus]\nguard-ms = 0\n", outputs=["800x600"]) as process:
        yield process


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment in which no configuration of the person is found."""
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    # GTK starts services for accessibility that outlive their bus.
    return {**home, "NO_AT_BRIDGE": "1"}


def shown(session: SessionProcess, color: Color) -> Box:
    """Where a colour is on the screen; an empty box when it is nowhere."""
    return look(session).where(color) or (0, 0, 0, 0)


def html(color: Color) -> str:
    """As programs take it."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def test_swaybg_is_behind_the_windows(session: SessionProcess, tmp_path: Path) -> None:
    empty = look(session)
    with started(session, "swaybg", "-c", html(BLUE)):
        session.wait(lambda: look(session).colors((0, 0, *SIZE)) == {BLUE}, "the wallpaper")
        with pad(session) as paper:
            picture = look(session)
            frame = box(paper.window["geometry"])
            assert picture.pixel(1, 1) == BLUE
            assert BLUE not in picture.colors(frame)
    session.wait(lambda: look(session) == empty, "the wallpaper to go")
    image = tmp_path / "image.ppm"
    # Four quarters of different colours, smaller than the screen.
    upper, lower = (bytes(a) * 40 + bytes(b) * 40 for a, b in ((BLUE, GREEN), (ORANGE, BLUE)))
    image.write_bytes(b"P6 80 60 255\n" + upper * 30 + lower * 30)
    with started(session, "swaybg", "-i", str(image), "-m", "stretch"):
        session.wait(lambda: look(session).pixel(10, 10) == BLUE, "the wallpaper")
        picture = look(session)
        assert [picture.pixel(x, y) for x, y in ((790, 10), (10, 590), (790, 590))] == [
            GREEN,
            ORANGE,
            BLUE,
        ]
    session.wait(lambda: look(session) == empty, "the wallpaper to go")


def test_mako_shows_notifications(
    session: SessionProcess, home: dict[str, str], tmp_path: Path
) -> None:
    config = tmp_path / "mako"
    config.write_text(f"background-color={html(GREEN)}\nborder-size=0\ndefault-timeout=0\n")
    # A notification before mako has its name on the bus would make the bus start another mako.
    owned = (
        "dbus-send --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus"
        " org.freedesktop.DBus.NameHasOwner string:org.freedesktop.Notifications"
    )
    script = (
        f"mako -c {config} & mako=$!; until {owned} | grep -q true; do :; done; "
        "while read line; do notify-send -w \"$line\" 'some text' & done; kill $mako; wait $mako"
    )
    argv = ["dbus-run-session", "--", "sh", "-c", script]
    with pad(session) as paper, started(
        session, *argv, environment=home, stdin=PIPE, stderr=DEVNULL
    ) as bus, Client(session.display) as client:
        pointer = VirtualPointer(client, SIZE)
        assert bus.stdin is not None
        bus.stdin.write(b"First\n")
        bus.stdin.flush()
        session.wait(lambda: shown(session, GREEN)[3], "a notification")
        where = shown(session, GREEN)
        assert within(where, (400, 0, 400, 300)), where
        # It neither moves windows nor takes keys.
        assert paper.window["focused"]
        session.run("wtype", "still here")
        press(session, "Return")
        paper.wait("still here\n")
        bus.stdin.write(b"Second\n")
        bus.stdin.flush()
        tall = where[3] + where[3] // 2
        session.wait(lambda: shown(session, GREEN)[3] > tall, "a second one")
        pointer.click(where[0] + 20, where[1] + 10)
        session.wait(lambda: shown(session, GREEN)[3] < tall, "one to go")
        pointer.click(where[0] + 20, where[1] + 10)
        session.wait(lambda: shown(session, GREEN)[3] == 0, "the other to go")
        bus.stdin.close()
        session.wait(lambda: bus.poll() is not None, "mako to end")
        assert paper.window["focused"]


def test_fuzzel_takes_keys_and_gives_them_back(
    session: SessionProcess, home: dict[str, str]
) -> None:
    argv = ["fuzzel", "--dmenu", "--background-color", "108030ff"]
    choices = b"apple\nbanana\ncherry\n"
    with pad(session) as paper:
        with started(session, *argv, environment=home, stdin=PIPE, stdout=PIPE) as fuzzel:
            assert fuzzel.stdin is not None
            fuzzel.stdin.write(choices)
            fuzzel.stdin.close()
            session.wait(lambda: shown(session, GREEN)[3], "fuzzel to show")
            session.run("wtype", "rry")
            press(session, "Return")
            assert answer(session, fuzzel) == (0, "cherry\n")
        with started(session, *argv, environment=home, stdin=PIPE, stdout=PIPE) as fuzzel:
            assert fuzzel.stdin is not None
            fuzzel.stdin.write(choices)
            fuzzel.stdin.close()
            session.wait(lambda: shown(session, GREEN)[3], "fuzzel to show")
            press(session, "Escape")
            assert answer(session, fuzzel)[1] == ""
        assert paper.text == ""
        session.run("wtype", "keys are back")
        press(session, "Return")
        paper.wait("keys are back\n")


def test_fuzzel_starts_a_program(session: SessionProcess, tmp_path: Path) -> None:
    entry = tmp_path / "share" / "applications" / "try.desktop"
    entry.parent.mkdir(parents=True)
    entry.write_text(
        "[Desktop Entry]\nType=Application\nName=Try me\nExec=foot --title=launched cat\n"
    )
    environment = {
        "XDG_DATA_DIRS": str(tmp_path / "share"),
        "XDG_DATA_HOME": str(tmp_path / "none"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    argv = ["fuzzel", "--background-color", "108030ff"]
    with started(session, *argv, environment=environment):
        session.wait(lambda: shown(session, GREEN)[3], "fuzzel to show")
        session.run("wtype", "try")
        press(session, "Return")
        launched = session.wait_window(title="launched")
        session.wait(lambda: session.windows(title="launched")[0]["focused"], "it to be focused")
        session.call("window", id=launched["id"], action="close")
    session.wait(lambda: not session.windows(), "it to go")


def test_waybar_reserves_space_and_lists_windows(
    session: SessionProcess, home: dict[str, str], tmp_path: Path
) -> None:
    config, style = tmp_path / "bar.json", tmp_path / "bar.css"
    config.write_text(
        json.dumps(
            {
                "position": "top",
                "height": 40,
                "modules-left": ["wlr/taskbar"],
                "wlr/taskbar": {
                    "format": "{title}",
                    "on-click": "activate",
                    "on-click-middle": "close",
                },
            }
        )
    )
    style.write_text(
        "* { font-size: 14px; }\n"
        f"window#waybar {{ background: {html(GREEN)}; }}\n"
        f"#taskbar button {{ background: {html(BLUE)}; min-width: 150px; border: 0; }}\n"
        f"#taskbar button.active {{ background: {html(ORANGE)}; }}\n"
    )
    # Closing its stdin ends the shell, waybar with it, and then the bus.
    script = f"waybar -c {config} -s {style} & read line; kill $!; wait $!"
    argv = ["dbus-run-session", "--", "sh", "-c", script]
    with pad(session, "one") as one:
        free = one.window["geometry"]["y"]
        with started(session, *argv, environment=home, stdin=PIPE, stderr=DEVNULL) as bus:
            session.wait(lambda: look(session).pixel(790, 20) == GREEN, "the bar")
            session.wait(lambda: one.window["geometry"]["y"] == free + 40, "the window to give way")
            with pad(session, "two") as two, Client(session.display) as client:
                pointer = VirtualPointer(client, SIZE)
                session.wait(
                    lambda: look(session).pixel(155, 20) == BLUE
                    and look(session).where(ORANGE) is not None,
                    "two buttons, the second one active",
                )
                assert two.window["focused"]
                pointer.click(80, 20)
                session.wait(lambda: one.window["focused"], "the bar to activate a window")
                session.run("wtype", "to one")
                press(session, "Return")
                one.wait("to one\n")
            assert bus.stdin is not None
            bus.stdin.close()
            session.wait(lambda: one.window["geometry"]["y"] == free, "the space to be free again")
