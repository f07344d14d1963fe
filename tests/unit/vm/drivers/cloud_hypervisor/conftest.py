"""Fixtures for tests with a server that stands in for cloud-hypervisor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import Attached, Host, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path, monkeypatch)
    yield made
    made.wayland.close()
    assert made.vm.status.state.ended, "the test left a VM behind"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.end()


@pytest.fixture
def attached(tmp_path: Path, host: Host) -> Iterator[Attached]:
    made = Attached(tmp_path, host)
    yield made
    made.close()
    assert not made.directory.exists(), "the test left something of it behind"
