"""Programs of other people in a session, for the length of a block."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

from tests.wire.picture import look

from .harness import DEADLINE_S, SessionProcess

PAPER = (0x20, 0x30, 0x40)
"""Background of a pad."""


@contextmanager
def started(
    session: SessionProcess,
    *argv: str,
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> Iterator[Popen[bytes]]:
    """A program that is asked to end after the block, if it still runs then."""
    child = session.spawn(*argv, environment=environment, **options)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        child.wait(DEADLINE_S)
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def answer(session: SessionProcess, child: Popen[bytes]) -> tuple[int, str]:
    """Exit code and output of a program that ends by itself; its stdout is a pipe."""
    assert child.stdout is not None
    session.wait(lambda: child.poll() is not None, "a program to end")
    return child.returncode, child.stdout.read().decode()


def press(session: SessionProcess, *keys: str) -> None:
    """Press a key, the last one, with the modifiers before it, and let go of all."""
    down = [word for key in keys[:-1] for word in ("-M", key)]
    up = [word for key in keys[:-1] for word in ("-m", key)]
    session.run("wtype", *down, "-k", keys[-1], *up)


@dataclass(frozen=True)
class Pad:
    """A terminal whose lines end up in a file."""

    session: SessionProcess
    title: str
    path: Path

    @property
    def text(self) -> str:
        """All lines so far that were ended with Return."""
        return self.path.read_text() if self.path.exists() else ""

    @property
    def window(self) -> dict[str, Any]:
        """As the control socket has it."""
        return self.session.wait_window(title=self.title)

    def wait(self, text: str) -> None:
        """Until the lines are these."""
        self.session.wait(lambda: self.text == text, f"{text!r} in {self.title}")


def foot(title: str, background: tuple[int, int, int], script: str) -> list[str]:
    """The command line of a foot with a background that runs a script of sh.

    The colour is told by an escape sequence: foot's option for it has another name since 1.25.
    """
    paint = "printf '\\033]11;#{:02x}{:02x}{:02x}\\007'".format(*background)
    return ["foot", f"--title={title}", "sh", "-c", f"{paint}; {script}"]


@contextmanager
def pad(session: SessionProcess, title: str = "pad") -> Iterator[Pad]:
    """A foot that has the focus, is drawn in full and takes down what is typed."""
    path = session.directory / f"{title}.txt"
    path.unlink(missing_ok=True)
    with started(session, *foot(title, PAPER, f"exec cat > '{path}'")):
        content = session.wait_window(title=title, focused=True)["content"]
        corner = content["x"] + content["width"] - 1, content["y"] + content["height"] - 1
        session.wait(lambda: look(session).pixel(*corner) == PAPER, "foot to draw")
        session.wait(path.exists, "cat to run")
        yield Pad(session, title, path)
    session.wait(lambda: not session.windows(title=title), "foot to go")


__all__ = ["DEVNULL", "PAPER", "PIPE", "Pad", "answer", "foot", "pad", "press", "started"]
