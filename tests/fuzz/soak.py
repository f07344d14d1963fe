"""A live session under attack: does it live, does it stay small, does nobody else notice?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from tests.session.harness import SessionProcess
from tests.wire.witness import Resources

CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "monocle"\n'
WITHOUT_GATE = "[session]\nspawn-terminal = false\ngate = false\n" + CONFIG
VMS = {"attacker": 'label = "red"\n', "honest": 'label = "green"\n'}
OUTPUTS = ("1280x720", "400x300")
"""The honest window is alone on the second: what is on the first never hides it."""
WARM = 500
"""Connections until what is made once has been made: measured from there on."""
BATCH = 500
"""Connections between two looks at the session."""
LENGTH = 120
"""Requests that a connection sends, about; many of them end earlier."""


@dataclass
class Report:
    """What a soak found."""

    connections: int = 0
    requests: int = 0
    errors: int = 0
    stuck: int = 0
    seconds: float = 0.0
    worst_fps: float = 0.0
    mean_fps: float = 0.0
    before_kb: dict[str, int] = field(default_factory=dict)
    """RssAnon by process after the first WARM connections."""
    after_kb: dict[str, int] = field(default_factory=dict)
    died: str | None = None
    """The end of the session's log, when it died."""

    @property
    def growth_kb(self) -> dict[str, int]:
        """By process."""
        return {
            name: after - self.before_kb[name]
            for name, after in self.after_kb.items()
            if name in self.before_kb
        }

    def lines(self) -> list[str]:
        """For people."""
        found = [
            f"{self.connections} connections, {self.requests} requests handled"
            f" in {self.seconds:.0f} s; {self.errors} ended with an error, {self.stuck} stood still",
            f"the honest client: {self.worst_fps:.1f} fps at worst, {self.mean_fps:.1f} in the mean",
        ]
        found += [
            f"RssAnon of {name}: {self.before_kb[name]} kB after the first connections,"
            f" {self.after_kb[name]} kB at the end ({growth:+} kB)"
            for name, growth in self.growth_kb.items()
        ]
        if self.died is not None:
            found.append(f"THE SESSION DIED:\n{self.died}")
        return found


class Helper:
    """A program of ours that takes orders."""

    def __init__(self, module: str, *argv: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", f"tests.fuzz.{module}", *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def ask(self, order: dict[str, int]) -> dict[str, Any]:
        """Its answer. Raises Lost when it has none."""
        self.send(order)
        return self._answer()

    def send(self, order: dict[str, int]) -> None:
        """Give an order."""
        try:
            print(json.dumps(order), file=_open(self._child.stdin), flush=True)
        except BrokenPipeError:
            raise Lost from None

    def _answer(self) -> dict[str, Any]:
        line = _open(self._child.stdout).readline()
        if not line:
            raise Lost
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End it."""
        for pipe in (self._child.stdin, self._child.stdout):
            try:
                _open(pipe).close()
            except BrokenPipeError:
                continue
        self._child.wait()


class Lost(Exception):
    """A helper ended: what it talked to is gone."""


def _open(pipe: Any) -> TextIO:
    assert pipe is not None
    found: TextIO = pipe
    return found


def memory_kb(session: SessionProcess, vms: Sequence[str]) -> dict[str, int]:
    """RssAnon of the compositor and of each gate."""
    found = {"the compositor": Resources(session.process.pid).anonymous_kb}
    for vm in vms:
        for pid in session.gate_pids(vm)[-1:]:
            found[f"the gate of {vm}"] = Resources(pid).anonymous_kb
    return found


def soak(
    session: SessionProcess,
    connections: int,
    requests: int,
    *,
    length: int = LENGTH,
    seed: int = 0,
    say: bool = False,
) -> Report:
    """Attack a session of CONFIG, VMS and OUTPUTS until both numbers are reached."""
    report = Report()
    honest_path, path = session.start_vm("honest"), session.start_vm("attacker")
    outputs = [output["name"] for output in session.call("outputs")]
    session.call("action", text=f"focus-output {outputs[1]}")
    onlooker = Helper("onlooker", str(honest_path))
    session.call("action", text=f"focus-output {outputs[0]}")
    attacker = Helper("attacker", str(path), str(length), str(seed))
    try:
        attacker.ask({"connections": WARM, "requests": 0})
        wait_gone(session)
        report.before_kb = memory_kb(session, list(VMS))
        onlooker.ask({})
        worst: list[float] = []
        mean: list[float] = []
        while report.connections < connections or report.requests < requests:
            done = attacker.ask({"connections": BATCH, "requests": 0})
            seen = onlooker.ask({})
            if seen["worst"]:
                worst.append(seen["worst"])
                mean.append(seen["mean"])
            for name in ("connections", "requests", "errors", "stuck", "seconds"):
                setattr(report, name, getattr(report, name) + done[name])
            if say:
                print(_progress(report, seen, session), file=sys.stderr, flush=True)
        wait_gone(session)
        report.after_kb = memory_kb(session, list(VMS))
        report.worst_fps, report.mean_fps = min(worst, default=0.0), sum(mean) / max(1, len(mean))
        assert session.alive()
    except Lost:
        if session.process.poll() is None and session.alive():
            raise
        report.died = session.log()[-3000:]
    finally:
        attacker.close()
        onlooker.close()
    return report


def wait_gone(session: SessionProcess) -> None:
    """Return when the attacker's clients are gone."""
    session.wait(
        lambda: all(client["vm"] != "attacker" for client in session.call("clients")),
        "the attacker's clients to go",
    )


def _progress(report: Report, seen: dict[str, Any], session: SessionProcess) -> str:
    memory = ", ".join(f"{name} {kb} kB" for name, kb in memory_kb(session, list(VMS)).items())
    return (
        f"{report.seconds:6.0f} s: {report.connections} connections, {report.requests} requests,"
        f" {seen['worst']:.1f} fps at worst; {memory}"
    )

