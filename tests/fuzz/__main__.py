"""`make fuzz`: the coverage-guided fuzzer on the gate's own code, then the soak of a live session.

Ends with 0 when nothing was found and every bound was kept.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.session.harness import SessionProcess

from . import seeds
from .soak import CONFIG, OUTPUTS, VMS, WITHOUT_GATE, Report, soak

CORPUS = Path("build") / "fuzz" / "corpus"
"""Grows from run to run."""
FOUND = Path("build") / "fuzz" / "found"
"""Inputs that did harm."""
GROWTH_KB = 5 * 1024
LEAST_FPS = 55.0
LONGEST = 6000
"""Bytes of an input."""


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument(
        "--seconds", metavar="N", type=int, default=180, help="of the coverage-guided fuzzer (180)"
    )
    parser.add_argument(
        "--connections", metavar="N", type=int, default=50_000, help="hostile ones (50000)"
    )
    parser.add_argument(
        "--requests", metavar="N", type=int, default=2_000_000, help="at least (2000000)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of what is sent")
    parser.add_argument(
        "--without-gate",
        action="store_true",
        help="the soak alone, without a gate: shows what the gate is for. A session that dies is"
        " started again; ends with 0 whatever breaks",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run it. Returns the exit code."""
    options = make_parser().parse_args(argv)
    if options.without_gate:
        return _worth(options)
    with tempfile.TemporaryDirectory(prefix="spectrum-") as name:
        session = SessionProcess(Path(name), config=CONFIG, vms=VMS, outputs=OUTPUTS)
        try:
            if options.seconds:
                session.start_vm("honest")
                print(f"{seeds.write(session, 'honest', CORPUS)} seeds", flush=True)
                if not _guided(options.seconds):
                    return 1
            report = soak(
                session, options.connections, options.requests, seed=options.seed, say=True
            )
        finally:
            code = session.stop()
    print(*report.lines(), sep="\n")
    problems = missed(report)
    if code != 0:
        problems.append(f"the session ended with {code}")
    for problem in problems:
        print(f"not met: {problem}", file=sys.stderr)
    return 1 if problems else 0


def missed(report: Report) -> list[str]:
    """The bounds that a soak did not keep."""
    found = []
    if report.died is not None:
        found.append("the session died")
    if report.worst_fps < LEAST_FPS:
        found.append(f"{report.worst_fps:.1f} fps are less than {LEAST_FPS}")
    found += [
        f"{name} grew by {growth} kB, more than {GROWTH_KB}"
        for name, growth in report.growth_kb.items()
        if growth > GROWTH_KB
    ]
    return found


def _guided(seconds: int) -> bool:
    """The coverage-guided fuzzer. Returns whether all was well."""
    FOUND.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "tests.fuzz.coverage", str(CORPUS)]
    argv += [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20"]
    argv += [f"-artifact_prefix={FOUND}/", "-print_final_stats=1", "-verbosity=1"]
    return subprocess.run(argv, check=False).returncode == 0


def _worth(options: argparse.Namespace) -> int:
    """What the same soak breaks without a gate."""
    connections = requests = 0
    deaths: list[str] = []
    seed = options.seed
    while requests < options.requests and connections < options.connections:
        with tempfile.TemporaryDirectory(prefix="spectrum-") as name:
            session = SessionProcess(Path(name), config=WITHOUT_GATE, vms=VMS, outputs=OUTPUTS)
            report = soak(
                session,
                options.connections - connections,
                options.requests - requests,
                seed=seed,
                say=True,
            )
            code = session.stop()
        print(*report.lines(), sep="\n", flush=True)
        connections += report.connections
        requests += report.requests
        seed += 1000
        if report.died is not None:
            deaths.append(f"after {report.requests} requests, exit code {code}")
    print(f"Without a gate: {len(deaths)} deaths in {requests} requests", *deaths, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
