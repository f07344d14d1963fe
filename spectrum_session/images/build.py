"""Builds an image with mmdebstrap, our filter and mksquashfs. Takes a minute and needs no root.

Everything is a stream: mmdebstrap writes a tar, `root.filter_root` reads it and writes another,
which mksquashfs reads. Nothing is unpacked on the host.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from . import recipe as recipes
from .archives import Archives
from .kernel import ModuleError
from .recipe import Recipe
from .root import filter_root
from .store import INITRAMFS, KERNEL, ROOT, Image, Store

Progress = Callable[[str], None]
"""Called with a description of each step as it begins."""

_NEEDED = {"mmdebstrap": "mmdebstrap", "mksquashfs": "squashfs-tools"}
_COMPLAINT_LINES = 5
_MIRROR = re.compile(r"(https?|file)://[!-~]+")
_STEP_BYTES = 100_000_000
"""Bytes of the root between two progress lines."""


class BuildError(Exception):
    """Building an image failed; the text says why and, where possible, what to do."""


def build(
    recipe: Recipe,
    store: Store,
    archives: Archives,
    mirror: str | None,
    progress: Progress,
    again: bool = False,
) -> Image:
    """Build the image of a recipe; an existing one is reused unless `again`.

    Packages come from `archives`, then from `mirror`, by default that of this machine's apt.
    Raises BuildError.
    """
    try:
        recipe.check()
    except recipes.RecipeError as error:
        raise BuildError(str(error)) from error
    there = None if again else store.find(recipe)
    if there is not None:
        progress("up to date")
        return there
    if mirror is not None and _MIRROR.fullmatch(mirror) is None:
        raise BuildError(f"--mirror {mirror!r}: must begin with http://, https:// or file://")
    for program, package in _NEEDED.items():
        if shutil.which(program) is None:
            raise BuildError(f"{program} is not on PATH (Debian: apt-get install {package})")
    try:
        with store.building(recipe) as directory:
            _build(recipe, directory, archives, mirror or default_mirror(), progress)
    except (OSError, tarfile.TarError, ModuleError) as error:
        raise BuildError(str(error)) from error
    made = store.find(recipe)
    if made is None:
        raise BuildError("our own files changed during the build: build it again")
    return made


def default_mirror() -> str:
    """The Debian mirror of this machine's apt. Raises BuildError."""
    try:
        said = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    except OSError:
        said = ""
    for line in said.splitlines():
        label, _, address = line.partition(" ")
        if label == "Debian":
            return address
    raise BuildError(
        "apt has no Debian mirror on this machine: run apt-get update, or use --mirror"
    )


def _build(
    recipe: Recipe, directory: Path, archives: Archives, mirror: str, progress: Progress
) -> None:
    progress(f"fetching {len(recipe.all_packages())} packages and their dependencies")
    debian = [
        *("mmdebstrap", "--quiet", "--variant=extract", "--format=tar"),
        f"--architectures={recipe.architecture}",
        "--include=" + ",".join(recipe.all_packages()),
        *archives.options(),
        *(recipe.suite, "-", mirror),
    ]
    squash = ["mksquashfs", "-", str(directory / ROOT), "-tar", "-comp", "zstd"]
    squash += ["-noappend", "-quiet", "-no-progress", "-no-xattrs"]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(debian, stdout=subprocess.PIPE, stderr=complaints) as source,
        subprocess.Popen(
            squash, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        ) as target,
    ):
        assert source.stdout is not None and target.stdin is not None
        first = source.stdout.peek(1) if hasattr(source.stdout, "peek") else b""
        try:
            if first:
                progress("packing the root file system")
                counted = cast("IO[bytes]", _Counted(source.stdout, progress))
                kernel = filter_root(
                    counted, target.stdin, recipes.LEFT_OUT, recipes.guest_files()
                )
            with suppress(BrokenPipeError):
                target.stdin.close()
        except BaseException:
            source.kill()
            target.kill()
            raise
        # Both must succeed: a truncated root looks like a root.
        for program, process in (("mmdebstrap", source), ("mksquashfs", target)):
            status = process.wait()
            if status or not first:
                raise BuildError(_failed(program, status, complaints))
    archives.take()
    progress("packing the initramfs")
    init = (recipes.GUEST / "initramfs-init").read_bytes()
    (directory / KERNEL).write_bytes(kernel.image)
    (directory / INITRAMFS).write_bytes(kernel.initramfs(recipe.modules(), init))
    if not kernel.image:
        raise BuildError(f"{recipes.KERNELS[recipe.architecture]} contains no kernel")
    os.sync()


class _Counted:
    """A stream that reports progress as it is read."""

    def __init__(self, stream: IO[bytes], progress: Progress) -> None:
        self._stream, self._progress, self._read, self._said = stream, progress, 0, 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._read += len(data)
        if self._read - self._said >= _STEP_BYTES:
            self._said = self._read
            self._progress(f"unpacked {self._read / 1e6:.0f} MB so far")
        return data


def _failed(program: str, status: int, complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    return "\n".join([f"{program} exited with status {status}", *_last(lines)])


def _last(lines: Sequence[str]) -> Sequence[str]:
    return lines[-_COMPLAINT_LINES:]
