"""Try KVM, in a process of its own with a deadline: a guest that hangs cannot be left otherwise."""

from __future__ import annotations

import json
import subprocess
import sys

from .facts import Kvm, Node

DEADLINE_S = 10.0
"""The guest takes milliseconds where KVM works."""


def try_kvm(node: Node | None, deadline_s: float = DEADLINE_S) -> Kvm:
    """What became of the guest (kvm_guest.S) on the device of `node`."""
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
    """What kvm_run printed: the steps as they were done on one line, then a JSON object."""
    steps, _, result = output.partition("\n")
    try:
        found = json.loads(result)
    except ValueError:
        problem = f"the process that runs it ended with status {status}"
        return Kvm(node, "fails", steps.strip(), problem)
    if found.get("untried"):
        return Kvm(node, "untried")
    if found["problem"]:
        return Kvm(node, "fails", steps, found["problem"])
    return Kvm(node, "works", steps)
