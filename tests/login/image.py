"""What the guest boots: Debian's packages, kept between runs, and the checkout as a layer on top.

The kernel, an initial RAM file system and a squashfs of the packages depend on the lists of
packages alone and are kept beside the root that they are made from (`guest/make-packages`). The
second squashfs is made at every run: what installing the checkout adds, with its module for the
system's wlroots and the guest's own files (`guest/make-project`, `guest/files`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
GUEST = Path(__file__).resolve().parent / "guest"
SCRIPTS = CHECKOUT / "scripts"
PACKAGES = ("packages-run", "packages-system", "packages-guest")


@dataclass(frozen=True)
class Image:
    """Files that QEMU takes."""

    kernel: Path
    initrd: Path
    packages: Path
    project: Path


def make(directory: Path) -> Image:
    """Make all that is not there yet. `directory` takes the layer of the checkout."""
    lists = [SCRIPTS / name for name in PACKAGES]
    root = Path(_run(SCRIPTS / "debian-root", "trixie", *lists).strip())
    kept = _kept(root)
    _run_inside(root, "make-project", {kept: "/kept", directory: "/out"})
    return Image(
        kept / "vmlinuz",
        kept / "initrd",
        kept / "packages.squashfs",
        directory / "project.squashfs",
    )


def _kept(root: Path) -> Path:
    """The directory with what depends on the packages alone."""
    key = hashlib.sha256()
    for name in ("make-packages", "initrd-init"):
        key.update((GUEST / name).read_bytes())
    cache = root.parent.parent / "login"
    kept = cache / f"{root.name}-{key.hexdigest()[:16]}"
    if not kept.is_dir():
        cache.mkdir(exist_ok=True)
        # There is never more than one: they are large, and quickly made.
        for old in cache.iterdir():
            shutil.rmtree(old)
        half = cache / f".half-{os.getpid()}"
        half.mkdir()
        _run_inside(root, "make-packages", {half: "/out"})
        half.rename(kept)
    return kept


def _run_inside(root: Path, script: str, binds: dict[Path, str]) -> None:
    words = [word for path, inside in binds.items() for word in ("--bind", f"{path}:{inside}")]
    program = f"/src/tests/login/guest/{script}"
    _run(SCRIPTS / "in-debian-root", "--source", *words, root, program)


def _run(*argv: str | os.PathLike[str]) -> str:
    """Run a program; what it printed. AssertionError with what it said when it fails."""
    done = subprocess.run(argv, capture_output=True, check=False)
    words = " ".join(map(str, argv))
    assert done.returncode == 0, f"{words}\n{done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout.decode()
