"""Tries KVM in another process with a deadline: the guest may hang."""

from __future__ import annotations

import json
import subprocess
import sys

from .facts import Kvm, Node
from .nodes import node as look_at

DEVICE = "/dev/kvm"

DEADLINE_S = 10.0
"""The guest takes milliseconds where KVM works."""


def why_not() -> str:
    """Try KVM; the reason why guests cannot use it, or "" when they can.

    Blocks for up to DEADLINE_S.
    """
    kvm = try_kvm(look_at(DEVICE))
    if kvm.state == "works":
        return ""
    if kvm.node is None:
        return f"{DEVICE} does not exist"
    if not kvm.node.usable:
        return f"no access to {DEVICE}"
    if kvm.state == "untried":
        return "it is only tried on x86-64"
    problem = f": {kvm.problem}" if kvm.problem else ""
    return f"a test guest {kvm.state} on {DEVICE}{problem}"


def try_kvm(node: Node | None, deadline_s: float = DEADLINE_S) -> Kvm:
    """Run the test guest (kvm_guest.S) on the device of `node`."""
    if node is None or not node.usable:
        return Kvm(node)
    argv = [sys.executable, "-m", "spectrum_session.doctor.kvm_run"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=deadline_s)
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
        steps = output.decode() if isinstance(output, bytes) else output
        return Kvm(node, "hangs", steps.strip())
    return read(node, done.stdout, done.returncode)


def read(node: Node, output: str, status: int) -> Kvm:
    """Parse the output of kvm_run: the steps on one line, then a JSON object."""
    steps, _, result = output.partition("\n")
    try:
        found = json.loads(result)
    except ValueError:
        problem = f"the probe exited with status {status}"
        return Kvm(node, "fails", steps.strip(), problem)
    if found.get("untried"):
        return Kvm(node, "untried")
    if found["problem"]:
        return Kvm(node, "fails", steps, found["problem"])
    return Kvm(node, "works", steps)
