"""Real guests: their windows in their frames, what runs in them, and what it does to others.

In the order in which they stand: a boot takes long, so that a guest serves more than one test.
"""

from __future__ import annotations

from tests.session.harness import SessionProcess
from tests.wire.picture import look

from .world import (
    boot,
    is_painted,
    kill,
    open_foot,
    process_of,
    status,
)

COLORS = ("103050", "305010", "501030", "505050")


def log_of(session: SessionProcess, vm: str) -> str:
    return str(session.call("vm-log", name=vm)["text"])


def test_four_windows_of_one_guest(session: SessionProcess) -> None:
    boot(session, "work")
    for number, color in enumerate(COLORS):
        window = open_foot(session, "work", f"window {number}", color)
        assert (window["vm"], window["label"]["name"]) == ("work", "work")
    assert len(session.windows(vm="work")) == 4
    picture = look(session)
    for number, color in enumerate(COLORS):
        (window,) = session.windows(title=f"window {number}")
        assert is_painted(picture, session, window["id"], color)
    for window in session.windows(vm="work")[1:]:
        session.call("window", id=window["id"], action="close")
    session.wait(lambda: len(session.windows(vm="work")) == 1, "three of them to close")


def test_what_a_person_is_told_of_it(session: SessionProcess) -> None:
    boot(session, "work")
    told = session.call("vm-status", name="work")
    log = log_of(session, "work")
    if told["note"] is not None:
        assert told["note"].startswith("no hardware virtualisation, so it is slow: ")
        assert told["note"] in log
    assert "\nspectrum-guest: user space\n" in log, "lines end as lines do"
    assert session.call("vm-apps", name="work") == [
        {"name": "Terminal", "command": ["foot"], "icon": None}
    ]


def test_running_a_program(session: SessionProcess) -> None:
    boot(session, "work")
    script = "printf out; printf err >&2; exit 7"
    done = session.spectrumctl("vm", "run", "work", "--", "sh", "-c", script)
    assert (done.stdout, done.stderr, done.returncode) == (b"out", b"err", 7)
    done = session.spectrumctl("vm", "run", "work", "--", "printf", "%s|", "a b", "$HOME", ";")
    assert (done.stdout, done.returncode) == (b"a b|$HOME|;|", 0)
    done = session.spectrumctl("vm", "run", "work", "--", "sh", "-c", "kill -9 $$")
    assert done.returncode == 128 + 9
    done = session.spectrumctl("vm", "run", "work", "--", "nope")
    assert done.returncode == 1
    assert done.stderr == b"spectrumctl: work: nope: No such file or directory\n"
    done = session.spectrumctl("vm", "run", "work", "--", "sh", "-c", "id -un; hostname")
    assert done.stdout.split() == [b"user", b"work"]


def test_it_has_no_network(session: SessionProcess) -> None:
    boot(session, "work")
    reach = "import socket; socket.create_connection(('10.0.2.2', 22), 3)"
    done = session.spectrumctl("vm", "run", "work", "--", "python3", "-c", reach)
    assert done.returncode == 1 and b"Error" in done.stderr


def test_two_guests_and_one_floods(session: SessionProcess) -> None:
    boot(session, "work")
    boot(session, "play")
    (before,) = session.windows(vm="work")
    session.call("spawn", vm="play", argv=["foot", "--title=flood", "yes", "flood"])
    session.wait_window(vm="play", title="flood")
    session.call("spawn", vm="play", argv=["yes", "of lines"])
    colored = open_foot(session, "play", "calm", "602020")
    assert colored["label"]["color"] != before["label"]["color"]
    # The other guest's windows open, are painted and close as ever.
    window = open_foot(session, "work", "beside it", "202060")
    assert is_painted(look(session), session, before["id"], COLORS[0])
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(title="beside it"), "it to close")
    done = session.spectrumctl("vm", "run", "work", "--", "echo", "calm")
    assert (done.stdout, done.returncode) == (b"calm\n", 0)
    assert session.alive()


def test_waypipe_killed(session: SessionProcess) -> None:
    boot(session, "work")
    boot(session, "play")
    open_foot(session, "play", "goes", "602020")
    old = process_of(session, "play", "waypipe")
    kill(session, "play", "waypipe")
    session.wait(lambda: not session.windows(vm="play"), "the guest's windows to go")
    assert status(session, "play")["state"] == "running"
    session.wait(lambda: process_of(session, "play", "waypipe") not in (None, old), "another")
    open_foot(session, "play", "comes", "206020")
