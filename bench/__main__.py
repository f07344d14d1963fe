"""`python -m bench`: measure, print the table, and write it to docs/PERFORMANCE.md."""

from __future__ import annotations

import argparse
import compileall
import datetime
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import account, guest, machine, measures, pip_peers, report

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
DOCUMENT = ROOT / "docs" / "PERFORMANCE.md"
NAMES = ("ours", "sway", "cage", "weston", "qtile", "gabbia", "tiny")
FROM_PIP = ("qtile", "gabbia", "tiny")


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Measure our compositor beside others. A whole run takes about twelve minutes"
        " and wants the machine for itself; only a whole run is written to docs/PERFORMANCE.md.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="look shortly and at less: shows that it works"
    )
    parser.add_argument(
        "--only",
        metavar="NAME,…",
        type=lambda text: text.split(","),
        default=[],
        help=f"these compositors alone: {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--measure",
        metavar="NAME",
        nargs="+",
        choices=list(measures.MEASURES),
        default=[],
        help=f"these measures alone: {', '.join(measures.MEASURES)}",
    )
    parser.add_argument("--runs", metavar="N", type=int, help="how often start and foot are timed")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the bench. Returns the exit code."""
    parser = make_parser()
    options = parser.parse_args(argv)
    unknown = [name for name in options.only if name not in NAMES]
    if unknown:
        parser.error(f"--only: {unknown[0]!r} is none of {', '.join(NAMES)}")
    if options.runs is not None and options.runs < 1:
        parser.error("--runs: at least 1")
    BUILD.mkdir(parents=True, exist_ok=True)
    user = account.choose()
    try:
        python = account.python_for(user, BUILD)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    missing: dict[str, str] = {}
    if not options.only or set(options.only) & set(FROM_PIP):
        missing = pip_peers.install(python, BUILD / "peers")
    # The user may not be allowed to write what Python would compile.
    compileall.compile_dir(ROOT / "spectrum_session", quiet=2)
    if not _make_image(options):
        return 1
    found = _measure(user, python, options)
    if found is None:
        return 1
    missing = {
        name: why
        for name, why in {**found["missing"], **missing}.items()
        if not options.only or name in options.only
    }
    block = _block(found, missing, user, options)
    print(block)
    for label in report.missed(found["values"]):
        print(f"not met: {label}", file=sys.stderr)
    if options.quick or options.only or options.measure or options.runs:
        print("Not written to docs/PERFORMANCE.md: this was not a whole run.", file=sys.stderr)
        return 0
    DOCUMENT.write_text(report.replace_block(DOCUMENT.read_text(), block))
    print(f"Written to {DOCUMENT.relative_to(ROOT)}.", file=sys.stderr)
    return 0


def _make_image(options: argparse.Namespace) -> bool:
    """Make what the guest boots from, when it is measured; False when that failed."""
    if (options.measure and "guest" not in options.measure) or (
        options.only and "ours" not in options.only
    ):
        return True
    definition = BUILD / "guest" / "vms" / f"{guest.NAME}.toml"
    definition.parent.mkdir(parents=True, exist_ok=True)
    definition.write_text(guest.DEFINITION)
    argv = [
        *(sys.executable, "-m", "spectrum_session.cli.spectrumctl"),
        *("image", "build", guest.NAME, "--config", str(BUILD / "guest")),
    ]
    environment = {**os.environ, "XDG_DATA_HOME": str(BUILD / "data")}
    if subprocess.run(argv, cwd=ROOT, env=environment, check=False).returncode != 0:
        print("bench: the guest's image could not be built", file=sys.stderr)
        return False
    # The user who measures reads it.
    for directory in (BUILD / "data").glob("**/"):
        directory.chmod(0o755)
    return True


def _measure(
    user: account.Account, python: Path, options: argparse.Namespace
) -> dict[str, Any] | None:
    """Run the worker as the user; None when it failed, which it has said."""
    home = Path(tempfile.mkdtemp(prefix="bench-home-"))
    if user.change:
        os.chown(home, user.uid, user.gid)
    argv = [
        *(str(python), "-m", "bench.worker", str(ROOT), str(BUILD / "peers"), str(python)),
        json.dumps(
            {
                "only": options.only,
                "quick": options.quick,
                "measure": options.measure,
                "runs": options.runs,
            }
        ),
    ]
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("WAYLAND_DISPLAY", "DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
    }
    environment.update(HOME=str(home), PYTHONDONTWRITEBYTECODE="1")
    environment[guest.DATA_HOME] = str(BUILD / "data")
    try:
        result = subprocess.run(
            argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False, **user.options()
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if result.returncode != 0:
        print("bench: the measuring process failed", file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _block(
    found: dict[str, Any],
    missing: dict[str, str],
    user: account.Account,
    options: argparse.Namespace,
) -> str:
    """What is printed, and written into the document."""
    arguments = shlex.join(_arguments(options))
    lines = [
        f"Made by `make bench{f' ARGS={shlex.quote(arguments)}' if arguments else ''}`"
        f" on {datetime.date.today().isoformat()}, in {found['seconds'] / 60:.0f} minutes,"
        f" {'as an ordinary user' if user.uid else 'as root'}: {machine.describe()}.",
        "",
        report.table(found["values"]),
        "",
    ]
    for name, version in found["versions"].items():
        remark = found["remarks"].get(name)
        lines.append(f"- {name}: {version}{f' ({remark})' if remark else ''}")
    lines += [f"- {name} is left out: it {why}" for name, why in missing.items()]
    load = [
        f"{count}: {value:.2f} s"
        for count in measures.DRAWING
        if isinstance(value := found["values"].get("ours", {}).get(f"draw_{count}_load_s"), float)
    ]
    if load:
        lines += ["", "CPU of the load generator itself in 10 s, beside ours: " + ", ".join(load)]
    return "\n".join(lines)


def _arguments(options: argparse.Namespace) -> list[str]:
    found = ["--quick"] if options.quick else []
    if options.only:
        found += ["--only", ",".join(options.only)]
    if options.runs:
        found += ["--runs", str(options.runs)]
    if options.measure:
        found += ["--measure", *options.measure]
    return found


if __name__ == "__main__":
    sys.exit(main())
