"""What joins the ends of a link on the host: joint.py, in a sandbox without a network."""

from __future__ import annotations

from pathlib import Path

from spectrum_session.vm.gates.command import Interpreter
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import sandbox, sandbox_process

from . import joint
from .kept import Kept

ONE, OTHER, CLOSED = "/run/one", "/run/other", "/run/closed"
"""Where the directories of the ends and of the host's own addresses are in the sandbox."""
_PROGRAM = "/run/joint.py"
_USR = Path("/usr")


def join(
    tools: sandbox.Tools,
    name: str,
    log: VMLog,
    what: str,
    one: Path,
    other: Path,
    closed: Path | None = None,
) -> Kept:
    """What joins the sockets `one` and `other` for VM `name`; `what` it is, for the log.

    With `closed`, the file of the host's own addresses, `other` leads to the host's network. Not
    started yet.
    """
    python = Interpreter.running()
    return Kept(
        what,
        lambda ended: sandbox_process.start(
            tools,
            name,
            log,
            command(python, one, other, closed),
            ended,
            binds=binds(python, one, other, closed),
        ),
        log,
    )


def command(python: Interpreter, one: Path, other: Path, closed: Path | None) -> list[str]:
    """The program."""
    paths = [f"{ONE}/{one.name}", f"{OTHER}/{other.name}"]
    if closed is not None:
        paths.append(f"{CLOSED}/{closed.name}")
    # Isolated from the environment, and without what others have installed.
    return [str(python.executable), "-I", "-S", "-B", _PROGRAM, *paths]


def binds(python: Interpreter, one: Path, other: Path, closed: Path | None) -> list[sandbox.Bind]:
    """All that it has of the host's files, which it cannot write to."""
    made = [sandbox.Bind(one.parent, ONE), sandbox.Bind(other.parent, OTHER)]
    if closed is not None:
        made.append(sandbox.Bind(closed.parent, CLOSED))
    made.append(sandbox.Bind(Path(joint.__file__).resolve(), _PROGRAM))
    if python.prefix != _USR:
        library = python.prefix / "lib"
        made += [sandbox.Bind(path, str(path)) for path in (library, python.executable)]
    return made
