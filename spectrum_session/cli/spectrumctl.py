"""`spectrumctl`: inspects and controls a running session from a terminal or a script."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from spectrum_session.control.errors import DISCONNECTED, ControlError

from .ctl_parser import PROGRAM, Invocation, UsageError, parse

if TYPE_CHECKING:
    from spectrum_session.control.client import Client

    from .tables import Style

_SLOW = 300.0  # seconds: a VM may have a machine to boot or to shut down
_USUAL = 30.0
ALREADY_OPEN = 230
"""Exit status of `vm console` when the console is open already, as of Spectrum's vm-console."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run with the words after the program's name (default: the process's own).

    Returns the exit status: 0, or 1 for any error (130 after an interrupt, 230 for a console that
    is open already).
    """
    try:
        return _run(parse(sys.argv[1:] if argv is None else argv))
    except UsageError as error:
        return _complain(f"{error}\nTry '{error.where} --help'.")
    except ControlError as error:
        return _complain(error.message)
    except SystemExit as exit:  # --help and --version
        return exit.code if isinstance(exit.code, int) else 0
    except BrokenPipeError:
        # The reader closed the pipe. Python flushes at exit, and must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _run(invocation: Invocation) -> int:
    from spectrum_session.control.client import Client

    if invocation.command.startswith("image-"):
        from .images import carry_out

        _print(invocation, carry_out(invocation.command, invocation.args))
        return 0
    if invocation.file == "-" and sys.stdout.isatty():
        raise UsageError("standard output is a terminal: name a file, or use a pipe")
    timeout: float | None = _SLOW if invocation.command.startswith("vm-") else _USUAL
    if invocation.command == "vm-run" or invocation.args.get("wait"):
        timeout = None
    with Client(invocation.socket, timeout) as client:
        if invocation.command == "subscribe":
            return _subscribe(client, invocation.args["events"])
        if invocation.command == "vm-run" and not invocation.json:
            from .run import run

            return run(client, invocation.args)
        try:
            result = client.call(invocation.command, **invocation.args)
        except ControlError as error:
            if invocation.command == "exit" and error.code == DISCONNECTED:
                return 0  # the session ended before its reply
            raise
    if invocation.file is not None:
        result = _save(result, invocation.file)
    _print(invocation, result)
    if invocation.command == "vm-console" and result["already_open"]:
        _complain(f"{invocation.args['name']}: the console is already open")
        return ALREADY_OPEN
    return 0


def _subscribe(client: Client, events: list[str]) -> int:
    client.subscribe(*events)
    for event in client.events():
        _emit(json.dumps(event, separators=(",", ":")) + "\n")
        if event["event"] == "exit":
            return 0
    # Without the exit event a clean exit looks like a crash.
    if events and "exit" not in events:
        return 0
    return _complain("the session closed the connection")


def _save(result: dict[str, Any], file: str) -> dict[str, Any]:
    """Write the PNG; returns the result without it."""
    from base64 import b64decode

    picture = b64decode(result.pop("png"))
    if file == "-":
        sys.stdout.buffer.write(picture)
        sys.stdout.buffer.flush()
        return result
    try:
        with open(file, "wb") as out:
            out.write(picture)
    except OSError as error:
        raise ControlError("file", f"{file}: {error.strerror or error}") from None
    return result


def _print(invocation: Invocation, result: Any) -> None:
    if invocation.json:
        # ASCII: cannot control a terminal, and works in any locale.
        _emit(json.dumps(result, indent=2) + "\n")
        return
    from .show import show

    _emit(show(invocation.command, result, _style(sys.stdout)))


def _emit(text: str) -> None:
    # In a locale without UTF-8, escapes instead of an exception.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _style(stream: TextIO) -> Style:
    from .tables import Style

    if not stream.isatty():
        return Style()
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    try:
        width = os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        width = None
    return Style(colour, width)


def _complain(message: str) -> int:
    from .tables import clean

    lines = [clean(line) for line in message.splitlines()] or ["failed"]
    text = f"{PROGRAM}: " + "\n".join(lines) + "\n"
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
    return 1


if __name__ == "__main__":
    sys.exit(main())
