"""A session that dies leaves a report, and the next one says where it is. Real crashes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from spectrum_session import __version__

from .harness import DEADLINE_S, SessionProcess, running

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def directory() -> Iterator[Path]:
    # Socket paths are short: pytest's own directories can be too deep for them.
    with tempfile.TemporaryDirectory(prefix="spectrum-") as name:
        yield Path(name)


def crash(directory: Path, number: signal.Signals) -> tuple[SessionProcess, str]:
    """Kill a session with a signal; returns it and the report's text."""
    session = SessionProcess(directory)
    session.process.send_signal(number)
    assert session.process.wait(DEADLINE_S) == -number
    [report] = crash_directory(directory).iterdir()
    return session, report.read_text()


def crash_directory(directory: Path) -> Path:
    return directory / "state" / "spectrum-session" / "crash"


def start_again(directory: Path) -> SessionProcess:
    """The next session of the same person, in a runtime directory of its own."""
    (directory / "again").mkdir()
    state = {"XDG_STATE_HOME": str(directory / "state")}
    return SessionProcess(directory / "again", environment=state)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_fatal_signal_leaves_both_stacks(directory: Path, number: signal.Signals) -> None:
    session, text = crash(directory, number)
    assert f"version      {__version__}\n" in text
    assert "\nPython       3." in text
    assert "\nwlroots      0." in text
    assert "\nbackend      headless\n" in text
    assert f"{int(number)} ({number.name}" in text
    assert f"sent by process {os.getpid()}\n" in text
    c_stack = text.split("== C stack ==\n")[1].split("\n\n")[0]
    # From the handler down to where the process began; what it did just then, nobody knows.
    assert "_native" in c_stack.splitlines()[0]
    assert "__libc_start_main" in c_stack
    assert len(c_stack.splitlines()) > 5
    python_stack = text.split("== Python stack ==\n")[1]
    assert "cli/session.py" in python_stack
    log_lines = text.split("== Last log lines ==\n")[1].split("\n\n")[0]
    assert "INFO session vm=-: ready: WAYLAND_DISPLAY=wayland-" in log_lines
    assert "libwayland-server" in text.split("== Memory map ==\n")[1]
    assert session.stop() == -number


def test_the_next_start_says_where_the_report_is(directory: Path) -> None:
    crash(directory, signal.SIGSEGV)
    session = start_again(directory)
    try:
        [report] = crash_directory(directory).glob("crash-*.txt")
        said = "crash.watch vm=-: the previous session crashed (signal 11 (SIGSEGV"
        assert said in session.log()
        assert str(report) in session.log()
        assert str(report) in (directory / "state/spectrum-session/session.log").read_text()
        assert notice_is_shown(session)
    finally:
        assert session.stop() == 0
    (directory / "third").mkdir()
    third = SessionProcess(
        directory / "third", environment={"XDG_STATE_HOME": str(directory / "state")}
    )
    try:
        assert "crashed" not in third.log()
        assert not notice_is_shown(third)
    finally:
        assert third.stop() == 0


def notice_is_shown(session: SessionProcess) -> bool:
    """Is there anything but the background where notices are, at the top of the screen?"""
    picture = session.run("grim", "-t", "ppm", "-g", "440,48 400x90", "-").stdout
    return len(set(picture[-400 * 90 * 3 :])) > 8


def test_sigkill_is_told_as_what_it_may_have_been(directory: Path) -> None:
    session = SessionProcess(directory)
    session.process.kill()
    session.process.wait()
    again = start_again(directory)
    assert again.stop() == 0
    assert "killed, or out of memory" in again.log()


def test_a_session_that_ends_in_order_leaves_no_report(directory: Path) -> None:
    session = SessionProcess(directory)
    assert session.stop() == 0
    assert list(crash_directory(directory).iterdir()) == []
    log = (directory / "state/spectrum-session/session.log").read_text()
    assert "session vm=-: ready" in log
    assert "session vm=-: ending" in log


def test_two_sessions_have_two_logs(directory: Path) -> None:
    first = SessionProcess(directory)
    second = start_again(directory)
    assert second.stop() == 0
    assert first.stop() == 0
    for name in ("session.log", "session-2.log"):
        log = (directory / "state/spectrum-session" / name).read_text()
        assert log.count("ready: WAYLAND_DISPLAY") == 1


def python(
    directory: Path, code: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a process that logs and reports as a session does."""
    preamble = (
        "import logging, pathlib\n"
        "from spectrum_session.crash.watched import watched\n"
        f"with watched('info', pathlib.Path({str(directory)!r})) as watch:\n"
    )
    body = "".join(f"    {line}\n" for line in code.splitlines())
    return subprocess.run(
        [sys.executable, "-c", preamble + body],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )


def test_an_exception_that_ends_it_is_reported(directory: Path) -> None:
    done = python(directory, "logging.getLogger('x').info('the last line')\n{}['missing']")
    assert done.returncode == 1
    [report] = (directory / "crash").glob("crash-*.txt")
    assert str(report) in done.stderr
    text = report.read_text()
    assert "KeyError: 'missing'" in text
    assert "INFO x vm=-: the last line" in text
    again = python(directory, "pass")
    assert f"crashed (KeyError: 'missing'); report: {report}" in again.stderr


def test_an_exception_that_is_lived_through_is_reported_once(directory: Path) -> None:
    code = (
        "for _ in range(3):\n"
        "    try:\n"
        "        {}['missing']\n"
        "    except KeyError:\n"
        "        logging.getLogger('x').exception('a task failed')\n"
    )
    done = python(directory, code)
    assert done.returncode == 0
    [report] = (directory / "crash").iterdir()
    assert "KeyError: 'missing'" in report.read_text()
    assert done.stderr.count("crash report: ") == 1
    assert (directory / "session.log").read_text().count("ERROR x vm=-: a task failed | Trace") == 3


def test_what_an_assertion_in_c_said_is_in_the_report(directory: Path) -> None:
    code = (
        "import ctypes\n"
        "fail = ctypes.CDLL(None).__assert_fail\n"
        "fail(b'surface->initialized', b'xdg_surface.c', 42, b'schedule_configure')"
    )
    assert python(directory, code).returncode == -signal.SIGABRT
    [report] = (directory / "crash").iterdir()
    said = report.read_text().split("said: ")[1].splitlines()[0]
    assert said.endswith("xdg_surface.c:42: schedule_configure: Assertion"
                         " `surface->initialized' failed.")


def test_a_stack_that_overflows_is_reported_too(directory: Path) -> None:
    code = (
        "import ctypes\n"
        "compare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)\n"
        "sort = ctypes.CDLL(None).qsort\n"
        "import sys\n"
        "sys.setrecursionlimit(10 ** 6)\n"
        "array = (ctypes.c_int * 2)()\n"
        "def compare(a, b):\n"
        "    sort(array, 2, 4, callback)\n"
        "    return 0\n"
        "callback = compare_type(compare)\n"
        "compare(0, 0)"
    )
    assert python(directory, code).returncode == -signal.SIGSEGV
    [report] = (directory / "crash").iterdir()
    assert "qsort" in report.read_text().split("== C stack ==")[1]


def test_a_state_directory_that_cannot_be_written_stops_nothing(directory: Path) -> None:
    (directory / "file").write_text("")
    with running(environment={"XDG_STATE_HOME": str(directory / "file")}) as session:
        assert "no log file and no crash reports" in session.log()


def test_the_log_of_wlroots_has_our_form(directory: Path) -> None:
    session = SessionProcess(directory)
    assert session.stop() == 0
    lines = [line for line in session.log().splitlines() if "headless backend" in line]
    assert lines
    assert all(" INFO wlroots vm=-: " in line for line in lines)
