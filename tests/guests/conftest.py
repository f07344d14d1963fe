"""The image that all guests of the tests boot from, and a session that has some."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spectrum_session.images.kernel import initramfs
from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import INITRAMFS, KERNEL, ROOT, Image, Store
from tests.session.harness import SessionProcess, running

from .world import BOOT_S, CONFIGS, PACKAGES, SHIPPED, VMS

BROKEN_INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
echo "broken: begins"
case $(/bin/busybox cat /proc/cmdline) in
    *spectrum.vm=hangs*) while :; do /bin/busybox sleep 1; done ;;
esac
echo "broken: ends"
"""
"""In place of a guest's first program: it does not go on to a root, and the kernel panics when it
ends."""


@pytest.fixture(scope="session")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An XDG_DATA_HOME with an image for each VM of the tests. Built once and kept."""
    image, recipe = built("appvm-foot"), Recipe("work", PACKAGES, architecture=this_architecture())
    home = tmp_path_factory.mktemp("data")
    images = images_in(home)
    images.mkdir(parents=True)
    for name in ("work", "play", "mail", "shows"):
        (images / f"{name}-{recipe.key()}").symlink_to(image.directory)
    for name in ("panics", "hangs"):
        broken = images / f"{name}-{recipe.key()}"
        broken.mkdir()
        shutil.copy(image.kernel, broken / KERNEL)
        # The kernel's part comes from the image; a later archive's files replace an earlier's.
        ours = initramfs({"init": (0o755, BROKEN_INIT.encode())})
        (broken / INITRAMFS).write_bytes(image.initramfs.read_bytes() + ours)
        (broken / ROOT).write_bytes(bytes(4096))
    return home


@pytest.fixture(scope="session")
def shipped_images(data_home: Path) -> None:
    """The images of the machines that ship, beside those."""
    for name in SHIPPED:
        directory = built(name).directory
        (images_in(data_home) / directory.name).symlink_to(directory)


def built(name: str) -> Image:
    """The image of a machine that ships, kept from one run to the next."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "spectrum_session.cli.spectrumctl"),
            *("--json", "image", "build", name, "--config", str(CONFIGS)),
        ],
        env=dict(os.environ, XDG_DATA_HOME=str(cache)),
        check=True,
        stdout=subprocess.PIPE,
    )
    return Image(Path(json.loads(done.stdout)["directory"]))


def images_in(home: Path) -> Path:
    """Where the images are of whose XDG_DATA_HOME this is."""
    return Store.default({"XDG_DATA_HOME": str(home)}).directory


@pytest.fixture(scope="module")
def session(data_home: Path) -> Iterator[SessionProcess]:
    environment = {"XDG_DATA_HOME": str(data_home)}
    with running(
        config="[focus]\nguard-ms = 0\n", vms=VMS, environment=environment, deadline_s=BOOT_S
    ) as process:
        yield process
