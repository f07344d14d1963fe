"""The session as a whole: start, a window, keys, end."""

from __future__ import annotations

import re
import sys

from .harness import running


def test_foot_opens_is_typed_into_and_closes() -> None:
    with running(config="[focus]\nguard-ms = 0\n") as session:
        session.spawn("foot", "--title=hello")
        window = session.wait_window(title="hello")
        assert window["vm"] is None
        assert window["label"] is None
        assert window["focused"]
        session.run("wtype", " exit")
        session.run("wtype", "-k", "Return")
        session.wait(lambda: not session.windows(), "foot to end")


def test_version_says_what_a_session_runs_on() -> None:
    with running(environment={"WLR_RENDERER": "pixman"}) as session:
        told = session.call("version")
        program = [sys.executable, "-m", "spectrum_session", "--version"]
        lines = session.run(*program).stdout.decode().splitlines()
    said = dict(line.split(" ", 1) for line in lines)
    assert list(said) == [
        "spectrum-session", "wlroots", "libwayland", "libxkbcommon", "renderer", "Python"
    ]
    assert said["spectrum-session"] == told["version"]
    assert said["wlroots"] == f"{told['wlroots']} ({told['provider']})"
    assert said["renderer"] == told["renderer"] == "pixman"
    assert said["Python"].startswith(told["python"])
    for library in ("libwayland", "libxkbcommon"):
        assert re.fullmatch(r"\d+\.\d+\.\d+", said[library]), said
