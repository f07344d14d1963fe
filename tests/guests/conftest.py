"""The image that all guests of the tests boot from, and a session that has some."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import Store
from tests.session.harness import SessionProcess, running

from .world import BOOT_S, CONFIGS, PACKAGES, VMS


@pytest.fixture(scope="session")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An XDG_DATA_HOME with an image for each VM of the tests. Built once and kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    subprocess.run(
        [
            *(sys.executable, "-m", "spectrum_session.cli.spectrumctl"),
            *("image", "build", "appvm-foot", "--config", str(CONFIGS)),
        ],
        env=dict(os.environ, XDG_DATA_HOME=str(cache)),
        check=True,
    )
    recipe = Recipe("appvm-foot", PACKAGES, architecture=this_architecture())
    image = Store.default({"XDG_DATA_HOME": str(cache)}).find(recipe)
    assert image is not None
    home = tmp_path_factory.mktemp("data")
    images = Store.default({"XDG_DATA_HOME": str(home)}).directory
    images.mkdir(parents=True)
    for name in ("work", "play"):
        (images / f"{name}-{recipe.key()}").symlink_to(image.directory)
    return home


@pytest.fixture(scope="module")
def session(data_home: Path) -> Iterator[SessionProcess]:
    environment = {"XDG_DATA_HOME": str(data_home)}
    with running(
        config="[focus]\nguard-ms = 0\n", vms=VMS, environment=environment, deadline_s=BOOT_S
    ) as process:
        yield process
