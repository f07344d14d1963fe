"""`spectrum-session doctor`: command line and printing."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from spectrum_session.doctor.checks import examine, failed
from spectrum_session.doctor.finding import PURPOSES, Purpose
from spectrum_session.doctor.show import as_json, chosen, table

EXIT_FINE = 0
EXIT_MISSING = 1

COMMAND = "doctor"


def make_parser() -> argparse.ArgumentParser:
    """The parser of the arguments after `doctor`."""
    parser = argparse.ArgumentParser(
        prog=f"spectrum-session {COMMAND}",
        description="Check this machine for what a session needs, and suggest fixes.",
        epilog="Exit codes: 0 no problems; 1 problems found; 2 usage.",
    )
    parser.add_argument(
        "--config",
        metavar="DIR",
        type=Path,
        help="read this directory over the shipped defaults, and no other",
    )
    parser.add_argument(
        "--for",
        metavar="PURPOSE",
        dest="purposes",
        choices=[*PURPOSES],
        action="append",
        help=f"check this only: {', '.join(PURPOSES)}; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def main(argv: Sequence[str]) -> int:
    """Check the machine and print the findings. Returns the exit code."""
    from spectrum_session.doctor.probe import gather

    from .session import runtime_directory, state_directory

    arguments = make_parser().parse_args(argv)
    purposes: set[Purpose] = set(arguments.purposes or PURPOSES)
    try:
        runtime: Path | OSError = runtime_directory()
    except OSError as error:
        runtime = error
    findings = chosen(examine(gather(arguments.config, state_directory(), runtime)), purposes)
    if arguments.json:
        print(as_json(findings))
    else:
        text = table(findings, colour=_colour(), width=_width())
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding))
    return EXIT_MISSING if failed(findings, purposes) else EXIT_FINE


def _colour() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
