"""A test that hangs ends, and has failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

HANGS = """
import os
from hypothesis import given, strategies

def test_it():
    os.read(os.pipe()[0], 1)

@given(strategies.integers())
def test_property(number):
    os.read(os.pipe()[0], 1)
"""


@pytest.mark.parametrize("name", ["test_it", "test_property"])
def test_a_test_that_hangs_fails(tmp_path: Path, name: str) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "test_hangs.py").write_text(HANGS)
    argv = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-o", "timeout=1"]
    argv += ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), f"test_hangs.py::{name}"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Timeout" in done.stdout + done.stderr
    assert "os.read" in done.stdout + done.stderr, "it is not said where it hangs"


def test_every_test_here_has_a_limit(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        marker = item.get_closest_marker("timeout")
        assert marker is not None and marker.args[0] > 0, item.nodeid
