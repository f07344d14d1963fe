"""The process that measures, as the ordinary user. Writes what it found as JSON to stdout.

usage: python -m bench.worker ROOT PEERS_VENV PYTHON OPTIONS (as JSON)
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import measures, peers
from .window import Canvas


def main() -> int:
    """Measure; returns the exit code."""
    # Of root's directories some may be closed to us, and exec stops there.
    entries = [entry for entry in os.get_exec_path() if os.access(entry, os.X_OK)]
    os.environ["PATH"] = os.pathsep.join(entries)
    # Paths as they are: resolved, a virtual environment's Python would be somebody else's.
    root, venv, python = (Path(text).absolute() for text in sys.argv[1:4])
    options: dict[str, Any] = json.loads(sys.argv[4])
    found, missing = peers.system_peers()
    everyone = {"ours": peers.ours(python, root), **found, **peers.pip_peers(venv)}
    chosen = {
        name: peer
        for name, peer in everyone.items()
        if not options["only"] or name in options["only"]
    }
    effort = measures.QUICK if options["quick"] else measures.FULL
    if options["runs"]:
        effort = replace(effort, runs=options["runs"])
    rounds: dict[str, list[measures.Values]] = {name: [] for name in chosen}
    gc.disable()
    canvas = Canvas()
    begin = time.monotonic()
    for measure in options["measure"] or measures.MEASURES:
        for step in measures.steps(measure, effort):
            for _ in range(step.rounds):
                for name, peer in chosen.items():
                    said = time.monotonic()
                    result, problem = measures.run(step, peer, canvas, effort)
                    rounds[name].append(result)
                    print(
                        f"{said - begin:4.0f} s  {name:7} {_brief(result)}"
                        + (f"  ({problem})" if problem else ""),
                        file=sys.stderr,
                        flush=True,
                    )
                    gc.collect()
    canvas.close()
    json.dump(
        {
            "values": {name: measures.together(rounds[name]) for name in chosen},
            "versions": {name: peer.version for name, peer in chosen.items()},
            "remarks": {name: peer.remark for name, peer in chosen.items() if peer.remark},
            "missing": missing,
            "seconds": time.monotonic() - begin,
            "load": os.getloadavg()[0],
        },
        sys.stdout,
    )
    return 0


def _brief(values: measures.Values) -> str:
    return " ".join(
        f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}"
        for key, value in values.items()
    )


if __name__ == "__main__":
    sys.exit(main())
