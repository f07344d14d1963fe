"""wlr-randr and kanshi: outputs as people set them up by hand and by profile."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .harness import SessionProcess, running
from .programs import pad, started

ONE, TWO = "HEADLESS-1", "HEADLESS-2"


@pytest.fixture
def session() -> Iterator[SessionProcess]:
    with running(config="[focus]\nguard-ms = 0\n", outputs=["800x600", "640x480"]) as process:
        yield process


def output(session: SessionProcess, name: str) -> dict[str, Any]:
    """An output as the control socket has it."""
    found: list[dict[str, Any]] = session.call("outputs")
    return next(one for one in found if one["name"] == name)


def area(session: SessionProcess, name: str) -> tuple[int, int, int, int]:
    """Position and size in the layout."""
    geometry = output(session, name)["geometry"]
    return geometry["x"], geometry["y"], geometry["width"], geometry["height"]


def randr(session: SessionProcess, *args: str) -> str:
    """What wlr-randr prints."""
    return session.run("wlr-randr", *args).stdout.decode()


def test_wlr_randr_lists_and_changes_outputs(session: SessionProcess) -> None:
    listed = randr(session)
    # In no order: how the heads come is wlroots' own affair.
    assert sorted(re.findall(r"^(\S+) ", listed, re.MULTILINE)) == [ONE, TWO]
    assert area(session, ONE) == (0, 0, 800, 600)
    assert area(session, TWO) == (800, 0, 640, 480)
    with pad(session) as paper:
        assert paper.window["output"] == ONE
        randr(session, "--output", ONE, "--scale", "2")
        assert area(session, ONE)[2:] == (400, 300)
        session.wait(lambda: paper.window["geometry"]["width"] < 400, "the window to fit")
        randr(session, "--output", ONE, "--scale", "1.25")
        assert area(session, ONE)[2:] == (640, 480)
        randr(session, "--output", ONE, "--scale", "1", "--transform", "90")
        assert area(session, ONE)[2:] == (600, 800)
        assert "Transform: 90" in randr(session)
        randr(session, "--output", ONE, "--transform", "normal", "--custom-mode", "1024x768")
        assert area(session, ONE)[2:] == (1024, 768)
        session.wait(lambda: paper.window["geometry"]["width"] > 800, "the window to fit")
        # Its window moves to what is left, and back again with the output.
        randr(session, "--output", ONE, "--off")
        session.wait(lambda: paper.window["output"] == TWO, "the window to move")
        assert paper.window["geometry"]["width"] < 640
        randr(session, "--output", ONE, "--on", "--pos", "0,0")
        session.wait(lambda: paper.window["output"] == ONE, "the window to come back")
    randr(session, "--output", TWO, "--pos", "0,768")
    assert area(session, TWO) == (0, 768, 640, 480)
    wrong = session.run("wlr-randr", "--output", "NOWHERE", "--off", check=False)
    assert wrong.returncode != 0
    assert session.alive()


def test_kanshi_applies_profiles(session: SessionProcess, tmp_path: Path) -> None:
    config = tmp_path / "kanshi"
    config.write_text(profile(f"{ONE} position 0,480 scale 2", f"{TWO} position 0,0"))
    with started(session, "kanshi", "-c", str(config)) as kanshi:
        session.wait(lambda: area(session, ONE) == (0, 480, 400, 300), "the profile")
        assert area(session, TWO) == (0, 0, 640, 480)
        config.write_text(profile(f"{ONE} position 0,0 scale 1", f"{TWO} disable"))
        kanshi.send_signal(signal.SIGHUP)
        session.wait(lambda: area(session, ONE) == (0, 0, 800, 600), "the other profile")
        session.wait(lambda: not output(session, TWO)["enabled"], "an output to go dark")
    assert session.alive()


def profile(*outputs: str) -> str:
    """A configuration of kanshi with one profile."""
    lines = "".join(f"    output {line}\n" for line in outputs)
    return f"profile {{\n{lines}}}\n"
