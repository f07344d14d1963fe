"""Fixtures for tests with a server that stands in for cloud-hypervisor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path, monkeypatch)
    yield made
    made.wayland.close()
    assert made.vm.status.state.ended, "the test left a VM behind"
