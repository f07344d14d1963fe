"""Packages that are kept from one image to the next."""

from __future__ import annotations

import os
from pathlib import Path

from spectrum_session.images.archives import KEPT_S, Archives

NOW = 2_000_000_000.0


def downloaded(archives: Archives, *names: str) -> None:
    """A build that found these."""
    archives.options()
    new = archives.directory.with_name(f"{archives.directory.name}.new")
    for name in names:
        # As mmdebstrap leaves them, with whatever else is beside them.
        (new / "partial").mkdir(exist_ok=True)
        (new / name).write_text(name)
        os.utime(new / name, (0, 0))
    (new / "lock").touch()


def kept(archives: Archives) -> list[str]:
    return sorted(path.name for path in archives.directory.iterdir())


def test_new_ones_are_kept_and_the_next_build_has_them(tmp_path: Path) -> None:
    archives = Archives(tmp_path / "archives")
    assert not any("sync-in" in option for option in archives.options())
    downloaded(archives, "foot.deb", "libc.deb")
    archives.take(lambda: NOW)
    assert kept(archives) == ["foot.deb", "libc.deb"]
    (taken,) = [option for option in archives.options() if "sync-in" in option]
    assert str(archives.directory) in taken


def test_old_ones_go_whoever_used_them_since(tmp_path: Path) -> None:
    archives = Archives(tmp_path / "archives")
    downloaded(archives, "old.deb")
    archives.take(lambda: NOW)
    downloaded(archives, "old.deb", "new.deb")
    archives.take(lambda: NOW + KEPT_S)
    assert kept(archives) == ["new.deb", "old.deb"]
    downloaded(archives, "old.deb", "new.deb")
    archives.take(lambda: NOW + KEPT_S + 1)
    assert kept(archives) == ["new.deb"]


def test_what_a_failed_build_left_is_not_taken(tmp_path: Path) -> None:
    archives = Archives(tmp_path / "archives")
    downloaded(archives, "half.deb")
    downloaded(archives, "whole.deb")
    archives.take(lambda: NOW)
    assert kept(archives) == ["whole.deb"]


def test_where_they_are(tmp_path: Path) -> None:
    found = Archives.default({"XDG_CACHE_HOME": str(tmp_path)}, "trixie", "amd64").directory
    assert found == tmp_path / "spectrum-session/archives/trixie-amd64"
    home = Archives.default({"XDG_CACHE_HOME": "relative"}, "trixie", "amd64").directory
    assert home == Path.home() / ".cache/spectrum-session/archives/trixie-amd64"


def test_a_path_is_one_word_of_the_hooks(tmp_path: Path) -> None:
    archives = Archives(tmp_path / "it's; here")
    downloaded(archives, "a.deb")
    archives.take(lambda: NOW)
    for option in archives.options():
        if "sync" in option:
            assert "'" in option and "it'\"'\"'s; here" in option
