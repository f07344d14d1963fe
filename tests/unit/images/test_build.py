"""Builds that cannot be: clear errors, and nothing half done. Real ones are in tests/guests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spectrum_session.images.archives import Archives
from spectrum_session.images.build import BuildError, build
from spectrum_session.images.recipe import Recipe
from spectrum_session.images.store import FILES, Store

FOOT = Recipe("work", ("foot",))


@pytest.fixture
def archives(tmp_path: Path) -> Archives:
    return Archives(tmp_path / "archives")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "images")


def test_a_mirror_that_is_not_there(store: Store, archives: Archives, tmp_path: Path) -> None:
    steps: list[str] = []
    with pytest.raises(BuildError, match="mmdebstrap exited with status"):
        build(FOOT, store, archives, f"file://{tmp_path}/nothing", steps.append)
    assert steps and "fetching" in steps[0]
    assert store.find(FOOT) is None
    assert [path.name for path in store.directory.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    "mirror", ["", "-x", "--setup-hook=id", "ftp://a", "deb http://a", "http:// a"]
)
def test_a_mirror_is_an_address(store: Store, archives: Archives, mirror: str) -> None:
    with pytest.raises(BuildError, match="--mirror"):
        build(FOOT, store, archives, mirror, lambda step: None)
    assert not store.directory.exists()


def test_a_root_that_mmdebstrap_did_not_finish(
    store: Store, archives: Archives, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks whole, but who made it says that it failed."""
    tool = tmp_path / "bin" / "mmdebstrap"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\ncd /usr/share/doc/tar && tar c .; echo 'E: cut off' >&2; exit 3\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    with pytest.raises(BuildError, match=r"(?s)mmdebstrap exited with status 3\n.*E: cut off"):
        build(FOOT, store, archives, "http://mirror.invalid", lambda step: None)
    assert [path.name for path in store.directory.iterdir()] == [".lock"]


def test_a_package_that_is_no_name(store: Store, archives: Archives) -> None:
    with pytest.raises(BuildError, match="'-o'"):
        build(Recipe("work", ("-o",)), store, archives, None, lambda step: None)


def test_a_program_that_is_missing(
    store: Store, archives: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BuildError, match="apt-get install mmdebstrap"):
        build(FOOT, store, archives, None, lambda step: None)


def test_one_that_is_there_is_taken(
    store: Store, archives: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.building(FOOT) as directory:
        for name in FILES:
            (directory / name).write_text("x")
    steps: list[str] = []
    assert build(FOOT, store, archives, None, steps.append) == store.find(FOOT)
    assert steps == ["up to date"]
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BuildError, match="mmdebstrap"):
        build(FOOT, store, archives, None, steps.append, again=True)
