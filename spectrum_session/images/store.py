"""Stores images, each in a directory named after the VM and the key of its recipe."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .recipe import Recipe

KERNEL, INITRAMFS, ROOT = "vmlinuz", "initramfs", "root.squashfs"
FILES = (KERNEL, INITRAMFS, ROOT)
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Image:
    """A built image."""

    directory: Path

    @property
    def kernel(self) -> Path:
        """The kernel image."""
        return self.directory / KERNEL

    @property
    def initramfs(self) -> Path:
        """The initramfs."""
        return self.directory / INITRAMFS

    @property
    def root(self) -> Path:
        """The root file system (squashfs)."""
        return self.directory / ROOT

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum((self.directory / name).stat().st_size for name in FILES)


class Store:
    """The images of one user."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def default(cls, environ: Mapping[str, str]) -> Store:
        """In $XDG_DATA_HOME/spectrum-session/images, ~/.local/share where that is not set."""
        data = environ.get("XDG_DATA_HOME", "")
        base = Path(data) if os.path.isabs(data) else Path.home() / ".local/share"
        return cls(base / "spectrum-session" / "images")

    def has_any(self, name: str) -> bool:
        """Whether there is any image of this VM, from whatever recipe."""
        return any(_key_of(one, name) for one in self.directory.glob(f"{name}-*"))

    def find(self, recipe: Recipe) -> Image | None:
        """The image of exactly this recipe; None when it is not built.

        Raises OSError, for example when this user cannot read the directory.
        """
        directory = self.directory / f"{recipe.name}-{recipe.key()}"
        try:
            modes = [(directory / name).stat().st_mode for name in FILES]
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Image(directory) if all(stat.S_ISREG(mode) for mode in modes) else None

    @contextmanager
    def building(self, recipe: Recipe) -> Iterator[Path]:
        """A temporary directory that is renamed to the image unless an exception is raised.

        Builds wait for each other. An image is complete or absent. Older images of the VM are
        removed afterwards; a running VM keeps its open files.
        """
        name = f"{recipe.name}-{recipe.key()}"
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.directory / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Left by a build that was killed.
            for left in self.directory.glob(".building-*"):
                shutil.rmtree(left)
            yield from self._build_aside(recipe, name)

    def _build_aside(self, recipe: Recipe, name: str) -> Iterator[Path]:
        aside = self.directory / f".building-{name}"
        aside.mkdir()
        try:
            yield aside
            final = self.directory / name
            if final.exists():
                shutil.rmtree(final)
            aside.rename(final)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        for other in self.directory.glob(f"{recipe.name}-*"):
            if other != final and _key_of(other, recipe.name):
                shutil.rmtree(other, ignore_errors=True)


def _key_of(directory: Path, name: str) -> bool:
    """Whether it is an image of this VM, not of one whose name has this prefix."""
    key = directory.name[len(name) + 1 :]
    return len(key) == 16 and all(letter in "0123456789abcdef" for letter in key)
