"""Removes directories that a sandbox could write to, and touches nothing outside.

shutil.rmtree goes as deep as the tree does, with a call and a descriptor for each level, and a
program can nest directories deeper than Python's stack. Here nothing is deeper than two levels:
what lies further down is moved up first.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> bool:
    """Remove a directory and all in it; False when something stays. A link is not followed.

    What is not there is removed. Nobody may change the tree meanwhile.
    """
    try:
        fd = os.open(path, _FLAGS)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        _empty(fd)
    finally:
        os.close(fd)
    with suppress(OSError):
        path.rmdir()
        return True
    return False


def _empty(fd: int) -> None:
    moved, stays = 0, set[str]()
    while left := [name for name in os.listdir(fd) if name not in stays]:
        for name in left:
            with suppress(OSError):
                os.unlink(name, dir_fd=fd)
                continue
            moved = _lift(fd, name, moved)
            try:
                os.rmdir(name, dir_fd=fd)
            except OSError:
                stays.add(name)


def _lift(fd: int, name: str, moved: int) -> int:
    """Remove the files of a directory in `fd`, and move its directories up beside it."""
    with suppress(OSError):
        inner = os.open(name, _FLAGS, dir_fd=fd)
        try:
            for one in os.listdir(inner):
                try:
                    os.unlink(one, dir_fd=inner)
                except OSError:
                    with suppress(OSError):
                        os.rename(one, f".removed-{moved}", src_dir_fd=inner, dst_dir_fd=fd)
                    moved += 1
        finally:
            os.close(inner)
    return moved
