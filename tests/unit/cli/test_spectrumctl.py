"""The program, against a real socket."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spectrum_session.cli.spectrumctl import main
from spectrum_session.control import commands
from spectrum_session.control import messages as m
from spectrum_session.control.errors import ControlError
from tests.unit.control.served import Canned, Served

ROOT = Path(__file__).parents[3]
FRAME = m.Geometry(x=0, y=0, width=10, height=10)
WINDOW = m.Window(
    id=3,
    vm="work",
    label=m.Label(name="blue", color="#3465a4", pattern="solid"),
    title="a title that is quite long, longer than a narrow terminal is wide, and ünïcode",
    app_id="foot",
    pid=1,
    geometry=FRAME,
    content=FRAME,
    workspace=1,
    output="A",
    focused=True,
    visible=True,
    floating=False,
    fullscreen=False,
    maximised=False,
    minimised=False,
    urgent=False,
)
PICTURE = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def handler() -> Canned:
    return Canned(
        windows=[WINDOW],
        window=None,
        reload=None,
        exit=None,
        spawn=m.Spawned(pid=77),
        vm_start=None,
        vm_socket=m.SocketPath(path="/run/x", listening=True),
        screenshot=m.Screenshot(width=2, height=1, png=PICTURE),
    )


@pytest.fixture
def served(tmp_path: Path, handler: Canned, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with Served(tmp_path / "control", handler) as served:
        monkeypatch.setenv("SPECTRUM_SESSION_SOCKET", str(served.path))
        yield served


Output = pytest.CaptureFixture[str]


def start(*words: str, **options: Any) -> subprocess.Popen[bytes]:
    options.setdefault("stdout", subprocess.PIPE)
    program = [sys.executable, "-m", "spectrum_session.cli.spectrumctl", *words]
    # Who is started in the background of a script ignores interrupts, and so do its children.
    interruptible = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        program, stderr=subprocess.PIPE, cwd=ROOT, preexec_fn=interruptible, **options
    )


def on_terminal(*words: str, columns: int, environment: Mapping[str, str]) -> str:
    """What the program prints to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(*words, stdout=theirs, env=dict(environment))
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 4096):
            text += chunk
    except OSError:  # EIO: the other side is closed
        pass
    os.close(ours)
    assert process.communicate(timeout=30)[1] == b""
    assert process.returncode == 0
    return text.decode()


def ran(status: int = 0, output: bytes = b"", errors: bytes = b"", cut: bool = False) -> m.Ran:
    return m.Ran(status=status, output=output, errors=errors, cut=cut)


@pytest.mark.parametrize(("status", "code"), [(0, 0), (7, 7), (-9, 137), (256, 0), (-300, 172)])
def test_a_program_in_a_vm(served: Served, handler: Canned, status: int, code: int) -> None:
    handler.results["vm-run"] = ran(status, b"\x1bout\xff", b"err")
    process = start(
        *("vm", "run", "work", "--", "a", "-b"), stdout=subprocess.PIPE, env=dict(os.environ)
    )
    assert process.communicate(timeout=30) == (b"\x1bout\xff", b"err")
    assert process.returncode == code


def test_a_program_in_a_vm_does_not_steer_a_terminal(served: Served, handler: Canned) -> None:
    handler.results["vm-run"] = ran(0, b"a\x1b]0;title\x07\r\nb\x9b1m\n")
    text = on_terminal(*("vm", "run", "w", "--", "a"), columns=80, environment=os.environ)
    assert text.replace("\r\n", "\n") == "a_]0;title_\nb\ufffd1m\n"


def test_output_that_is_not_whole_is_said_so(served: Served, handler: Canned) -> None:
    handler.results["vm-run"] = ran(0, b"a", cut=True)
    process = start(*("vm", "run", "w", "--", "a"), stdout=subprocess.PIPE, env=dict(os.environ))
    out, err = process.communicate(timeout=30)
    assert out == b"a" and b"output truncated" in err


def streaming(*written: m.VMOutput, last: m.Ran) -> Callable[[Any], AsyncIterator[Any]]:
    """What the session answers while a program writes."""

    async def answer(args: commands.RunArgs) -> AsyncIterator[Any]:
        assert args.stream
        for one in written:
            yield one
        yield last

    return answer


def test_what_a_program_writes_comes_as_it_is_written(served: Served, handler: Canned) -> None:
    ends = threading.Event()

    async def answer(args: Any) -> AsyncIterator[Any]:
        yield m.VMOutput(stream="output", data=b"first")
        yield m.VMOutput(stream="errors", data=b"second")
        while not ends.is_set():
            await asyncio.sleep(0.01)
        yield ran(3, b"last")

    handler.results["vm-run"] = answer
    process = start(*("vm", "run", "w", "--", "a"), stdout=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None and process.stderr is not None
    assert os.read(process.stdout.fileno(), 100) == b"first"
    assert os.read(process.stderr.fileno(), 100) == b"second"
    ends.set()
    assert process.communicate(timeout=30) == (b"last", b"")
    assert process.returncode == 3


def test_a_letter_and_a_lines_end_in_two_pieces(served: Served, handler: Canned) -> None:
    pieces = [b"\xc3", b"\xbc\tx\r", b"\n\x1b", b"[2J\r", b"y"]
    written = [m.VMOutput(stream="output", data=piece) for piece in pieces]
    handler.results["vm-run"] = streaming(*written, last=ran())
    text = on_terminal(*("vm", "run", "w", "--", "a"), columns=80, environment=os.environ)
    assert text.replace("\r\n", "\n") == "ü    x\n_[2J_y"


def test_an_interrupt_is_seen_by_the_session(served: Served, handler: Canned) -> None:
    closed = threading.Event()

    async def answer(args: Any) -> AsyncIterator[Any]:
        try:
            yield m.VMOutput(stream="output", data=b"begun")
            await asyncio.get_running_loop().create_future()
        finally:
            closed.set()

    handler.results["vm-run"] = answer
    process = start(*("vm", "run", "w", "--", "a"), stdout=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 100) == b"begun"
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert closed.wait(30)
    process.communicate()


def test_a_console(served: Served, handler: Canned, capsys: Output) -> None:
    handler.results["vm-console"] = m.VMConsole(already_open=False)
    assert main(["vm", "console", "work"]) == 0
    assert capsys.readouterr() == ("", "")
    handler.results["vm-console"] = m.VMConsole(already_open=True)
    assert main(["vm", "console", "work", "--wait"]) == 230
    assert capsys.readouterr() == ("", "spectrumctl: work: the console is already open\n")
    assert main(["--json", "vm", "console", "work"]) == 230
    assert json.loads(capsys.readouterr().out) == {"already_open": True}


def test_a_table(served: Served, capsys: Output) -> None:
    assert main(["windows"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].endswith(WINDOW.title)
    assert "\x1b" not in out and err == ""


def test_json_is_the_result(served: Served, capsys: Output) -> None:
    assert main(["--json", "windows"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out) == [json.loads(msgspec.json.encode(WINDOW))]
    assert out.isascii()
    assert main(["--json", "reload"]) == 0
    assert capsys.readouterr().out == "null\n"
    assert main(["spawn", "--json", "foot"]) == 0
    assert json.loads(capsys.readouterr().out) == {"pid": 77}


@pytest.mark.parametrize("line", ["window 3 close", "vm start work", "spawn foot", "reload"])
def test_what_answers_nothing_prints_nothing(line: str, served: Served, capsys: Output) -> None:
    assert main(line.split()) == 0
    assert capsys.readouterr() == ("", "")


def test_vm_socket_prints_the_path(served: Served, capsys: Output) -> None:
    assert main(["vm", "socket", "work"]) == 0
    assert capsys.readouterr().out == "/run/x\n"


def test_the_option_goes_before_the_environment(
    served: Served, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECTRUM_SESSION_SOCKET", "/nowhere")
    assert main(["vm", "socket", "work", "--socket", str(served.path)]) == 0


def test_no_session(capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SPECTRUM_SESSION_SOCKET", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert main(["windows"]) == 1
    assert f"no session is running in {tmp_path}: " in capsys.readouterr().err
    assert main(["windows", "--socket", str(tmp_path / "none")]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("spectrumctl: no session is running at ")
    assert len(err.splitlines()) == 1


def test_errors_of_the_session(served: Served, handler: Canned, capsys: Output) -> None:
    handler.results["reload"] = ControlError("config", "a.toml:1: x\nb.toml:2: \x1b[2Jy")
    assert main(["reload"]) == 1
    assert capsys.readouterr() == ("", "spectrumctl: a.toml:1: x\nb.toml:2: _[2Jy\n")


def test_usage_errors(capsys: Output) -> None:
    assert main(["windos"]) == 1
    assert capsys.readouterr() == (
        "",
        "spectrumctl: unknown command 'windos': did you mean 'windows'?\n"
        "Try 'spectrumctl --help'.\n",
    )
    assert main([]) == 1
    assert main(["window", "3", "move"]) == 1
    assert "Try 'spectrumctl window move --help'." in capsys.readouterr().err


def test_help_and_version_need_no_session(capsys: Output) -> None:
    from spectrum_session import __version__

    assert main(["--help"]) == 0
    assert main(["window", "--help"]) == 0
    capsys.readouterr()
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"spectrumctl {__version__}\n"


def test_screenshot_to_a_file(served: Served, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "picture.png"
    assert main(["screenshot", str(file)]) == 0
    assert file.read_bytes() == PICTURE
    assert capsys.readouterr() == ("", "")
    assert main(["--json", "screenshot", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == {"width": 2, "height": 1}


def test_screenshot_to_standard_output(
    served: Served, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    process = start("screenshot", "-")
    out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == (PICTURE, b"", 0)


def test_a_screenshot_that_cannot_be_written(
    served: Served, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "none" / "picture.png"
    assert main(["screenshot", str(file)]) == 1
    assert capsys.readouterr().err == f"spectrumctl: {file}: No such file or directory\n"


def test_exit_succeeds_though_the_session_is_gone_before_it_answers(
    served: Served, handler: Canned, capsys: Output
) -> None:
    async def drop(args: object) -> None:
        for connection in served.server._connections:
            connection.abort()

    handler.results["exit"] = handler.results["reload"] = drop
    assert main(["exit"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["reload"]) == 1
    assert "closed the connection" in capsys.readouterr().err


def wait_for_subscriber(served: Served, process: subprocess.Popen[bytes]) -> None:
    while not served.do(lambda: served.server.subscribed):
        assert process.poll() is None


def test_subscribe_prints_each_event_at_once_until_the_end(served: Served) -> None:
    process = start("subscribe")
    assert process.stdout
    wait_for_subscriber(served, process)
    served.publish(m.FocusEvent(window=3, vm="work"))
    assert process.stdout.readline() == b'{"event":"focus","window":3,"vm":"work"}\n'
    served.publish(m.ExitEvent())
    assert process.stdout.read() == b'{"event":"exit"}\n'
    assert process.communicate(timeout=30)[1] == b""
    assert process.returncode == 0


def test_subscribe_tells_when_the_session_falls(served: Served) -> None:
    process = start("subscribe")
    wait_for_subscriber(served, process)
    served.wait(served.server.close())
    err = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert b"closed the connection" in err


def test_subscribe_ends_quietly_when_nobody_reads_or_on_interrupt(served: Served) -> None:
    process = start("subscribe", "mode")
    assert process.stdout
    wait_for_subscriber(served, process)
    process.stdout.close()
    served.publish(m.ModeEvent(mode="x"))
    assert process.wait(30) == 1
    assert process.stderr and process.stderr.read() == b""
    process.stderr.close()

    while served.do(lambda: served.server.subscribed):
        pass
    process = start("subscribe", "mode")
    wait_for_subscriber(served, process)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == 130


def test_a_terminal_gets_colour_and_no_more_than_its_width(served: Served) -> None:
    environment = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1"}
    environment.pop("NO_COLOR", None)
    text = on_terminal("windows", columns=70, environment=environment)
    swatch = "\x1b[38;2;52;101;164m██\x1b[0m"
    assert swatch in text and "…" in text
    for line in text.replace(swatch, "██").splitlines():
        assert len(line) <= 70

    wide = on_terminal("windows", columns=300, environment=environment)
    assert WINDOW.title in wide


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_it_is_not_wanted(served: Served, variable: dict[str, str]) -> None:
    environment = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1", **variable}
    text = on_terminal("windows", columns=300, environment=environment)
    assert WINDOW.title in text and "\x1b" not in text


def test_a_locale_without_utf8_gets_escapes(served: Served) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    out, err = start("windows", env=environment).communicate(timeout=30)
    assert b"and \\xfcn\\xefcode" in out and err == b""


def test_a_picture_is_not_for_a_terminal(
    served: Served, handler: Canned, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["screenshot", "-"]) == 1
    assert "standard output is a terminal" in capsys.readouterr().err
    assert handler.calls == []


def test_the_picture_comes_as_base64() -> None:
    shot = json.loads(msgspec.json.encode(m.Screenshot(width=2, height=1, png=PICTURE)))
    assert base64.b64decode(shot["png"]) == PICTURE
