"""What a sandbox left in its directories goes, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from spectrum_session.vm.storage.remove import remove_tree


def test_all_that_there_may_be(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "kept").mkdir(parents=True)
    tree = tmp_path / "tree"
    (tree / "a" / "b" / "c").mkdir(parents=True)
    (tree / "a" / "file").write_text("")
    (tree / "a" / "b" / "link").symlink_to(outside)
    (tree / "link").symlink_to(outside)
    (tree / ".removed-0").mkdir()
    (tree / ".removed-1").write_text("in the way")
    (tree / "a" / "loop").symlink_to(tree)
    os.mkfifo(tree / "pipe")
    os.link(tree / "a" / "file", tree / "hard")
    assert remove_tree(tree)
    assert not tree.exists()
    assert (outside / "kept").is_dir()


def test_a_link_is_left(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert not remove_tree(tmp_path / "link")
    assert (tmp_path / "real").is_dir()
    (tmp_path / "file").write_text("")
    assert not remove_tree(tmp_path / "file")
    assert remove_tree(tmp_path / "nothing")


def test_deeper_than_any_stack(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    fd = os.open(tree, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=fd)
        inner = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    assert remove_tree(tree)
    assert not tree.exists()


