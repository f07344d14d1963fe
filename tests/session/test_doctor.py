"""The doctor on this very machine: what it says is true here, whatever is here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.doctor.finding import PURPOSES

from .harness import DEADLINE_S, running

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="spectrum-") as name:
        path = Path(name)
        path.chmod(0o700)
        yield path


def doctor(
    directory: Path, *args: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    base = dict(os.environ, XDG_RUNTIME_DIR=str(directory), XDG_STATE_HOME=str(directory))
    return subprocess.run(
        [sys.executable, "-m", "spectrum_session", "doctor", *args],
        env={**base, **environment},
        capture_output=True,
        text=True,
        timeout=3 * DEADLINE_S,
        cwd=ROOT,
    )


def findings(directory: Path, *args: str, **environment: str) -> dict[str, dict[str, Any]]:
    done = doctor(directory, "--json", *args, **environment)
    assert done.stderr == ""
    return {finding["name"]: finding for finding in json.loads(done.stdout)}


def test_it_says_what_is_here(directory: Path) -> None:
    found = findings(directory)
    assert {finding["purpose"] for finding in found.values()} == set(PURPOSES)
    # A session runs here: so nothing of this is a problem.
    for name in ("wlroots", "libwayland", "configuration", "XDG_RUNTIME_DIR", "font", "keymaps"):
        assert found[name]["level"] == "ok", found[name]
    with running() as session:
        version = session.call("version")
        assert found["wlroots"]["text"].startswith(version["wlroots"])
    assert (found["terminal"]["level"] == "ok") == (shutil.which("foot") is not None)
    assert found["native module"]["level"] == "ok"
    cards = any(name.startswith("card") for name in listed("/dev/dri"))
    assert (found["screens"]["level"] == "problem") == (not cards)
    if not os.path.exists("/dev/kvm"):
        assert "/dev/kvm does not exist" in found["KVM"]["text"]
    else:
        assert "/dev/kvm does not exist" not in found["KVM"]["text"]


def listed(directory: str) -> list[str]:
    return os.listdir(directory) if os.path.isdir(directory) else []


def test_the_sandbox_it_calls_fine_starts_a_vm(directory: Path) -> None:
    vm = 'driver = "local"\nlabel = "work"\ncommand = ["sleep", "1000"]\n'
    config = '[labels.work]\ncolor = "#3465a4"\npattern = "dots"\n'
    fine = findings(directory, "--for", "vms")["sandbox"]["level"] == "ok"
    with running(vms={"work": vm}, config=config) as session:
        if fine:
            session.call("vm-start", name="work")
            session.call("vm-stop", name="work")


def test_status_and_table(directory: Path) -> None:
    done = doctor(directory, "--for", "start", "--for", "windows")
    assert done.stderr == ""
    assert (done.returncode, "PROBLEM" in done.stdout) == (0, False)
    assert done.stdout.startswith("To start at all\n  ok       wlroots ")
    assert "\x1b" not in done.stdout
    assert "To run VMs" not in done.stdout

    bad = doctor(directory, "--for", "start", XDG_RUNTIME_DIR="")
    assert bad.returncode == 1
    assert "PROBLEM  XDG_RUNTIME_DIR" in bad.stdout
    assert "→ install -d -m 700" in bad.stdout
    assert doctor(directory, "--for", "windows", XDG_RUNTIME_DIR="").returncode == 0


def test_what_is_wrong_in_the_configuration_is_told(directory: Path) -> None:
    (directory / "session.toml").write_text("[frame]\nborder = 99\n")
    done = doctor(directory, "--for", "start", "--config", str(directory))
    assert done.returncode == 1
    assert "session.toml:2: frame.border" in "".join(done.stdout.split("\n"))


def test_a_wlroots_that_does_not_load_is_told(directory: Path) -> None:
    found = findings(directory, SPECTRUM_SESSION_WLROOTS="nothing")
    assert found["wlroots"]["level"] == "problem"
    assert "allowed are system and wheel" in found["wlroots"]["text"]


def test_usage(directory: Path) -> None:
    done = doctor(directory, "--for", "tea")
    assert done.returncode == 2
    assert "spectrum-session doctor" in done.stderr
