"""What an image is made from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spectrum_session.images import recipe as recipes
from spectrum_session.images.recipe import Recipe, RecipeError

FOOT = Recipe("work", ("foot",))


def test_the_key_is_of_the_content_alone() -> None:
    assert FOOT.key() == Recipe("other", ("foot",)).key() == Recipe("work", ("foot", "foot")).key()
    assert len(FOOT.key()) == 16
    others = [
        Recipe("work", ("foot", "elinks")),
        Recipe("work", ("foot",), suite="sid"),
        Recipe("work", ("foot",), architecture="arm64"),
    ]
    assert len({FOOT.key(), *(other.key() for other in others)}) == 4


def test_the_key_changes_with_our_own_files(tmp_path: Path) -> None:
    copy = tmp_path / "guest"
    shutil.copytree(recipes.GUEST, copy)
    assert FOOT.key(copy) == FOOT.key()
    with (copy / "agent").open("a") as agent:
        agent.write("#")
    assert FOOT.key(copy) != FOOT.key()


@pytest.mark.parametrize("package", ["", "A", "-o", "a b", "a,b", "a\n", "../a", "x"])
def test_packages_are_names(package: str) -> None:
    with pytest.raises(RecipeError, match="not the name of a Debian package"):
        Recipe("work", (package,)).check()


def test_suite_and_architecture() -> None:
    FOOT.check()
    with pytest.raises(RecipeError, match="amd64, arm64"):
        Recipe("work", (), architecture="riscv64").check()
    with pytest.raises(RecipeError, match="suite"):
        Recipe("work", (), suite="--x").check()


def test_our_own_files_are_there_and_run_by_what_the_image_has() -> None:
    names = {path.name for path in recipes.guest_files()}
    programs = {"agent", "chat", "console", "init", "initramfs-init", "network", "setup", "udhcpc"}
    assert names == programs | {"console-profile", "inittab", "router.nft"}
    for path in recipes.guest_files():
        first = path.read_text().splitlines()[0]
        runs = first in ("#!/bin/busybox sh", "#!/usr/bin/python3")
        assert runs == (path.name in programs)


def test_a_package_brings_the_kernel_modules_that_it_needs() -> None:
    assert FOOT.modules() == list(recipes.MODULES)
    modules = Recipe("netvm", ("nftables",)).modules()
    assert modules[: len(recipes.MODULES)] == list(recipes.MODULES)
    assert {"nf_tables", "nft_masq"} <= set(modules) - set(recipes.MODULES)
