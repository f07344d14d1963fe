"""The root file system: what Debian has, less what is left out, plus our own."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from spectrum_session.images import recipe as recipes
from spectrum_session.images.kernel import ModuleError
from spectrum_session.images.root import Kernel, filter_root

MODULES = "./usr/lib/modules/6/kernel/"
BEFORE = {
    "./etc/passwd": b"debian's",
    "./usr/share/doc/foot/README": b"long",
    "./usr/share/docs": b"only begins like it",
    "./usr/bin/foot": b"foot",
    "./usr/bin/busybox": b"busybox",
    "./boot/vmlinuz-6": b"kernel",
    "./usr/lib/modules/6/modules.builtin": b"kernel/fs/ext4/ext4.ko\n",
    MODULES + "drivers/virtio/virtio.ko": b"\0depends=\0",
    MODULES + "drivers/virtio/virtio_pci.ko": b"\0depends=virtio,ext4\0",
    MODULES + "sound/snd.ko": b"\0depends=\0",
}


def filtered(entries: dict[str, bytes]) -> tuple[dict[str, tarfile.TarInfo], bytes, Kernel]:
    source, target = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=source, mode="w") as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    source.seek(0)
    kernel = filter_root(source, target, recipes.LEFT_OUT, recipes.guest_files())
    with tarfile.open(fileobj=io.BytesIO(target.getvalue())) as archive:
        members = archive.getmembers()
    assert len({member.name for member in members}) == len(members), "a path is there twice"
    return {member.name: member for member in members}, target.getvalue(), kernel


def content(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        file = opened.extractfile(name)
        assert file is not None
        return file.read()


def test_what_is_in_it() -> None:
    members, archive, _ = filtered(BEFORE)
    assert "./usr/share/doc/foot/README" not in members
    assert "./boot/vmlinuz-6" not in members
    assert not any("/modules/" in name for name in members)
    assert "./usr/share/docs" in members
    assert content(archive, "./usr/bin/foot") == b"foot"
    assert b"user:x:1000:" in content(archive, "./etc/passwd")
    assert members["./usr/sbin/init"].linkname == "/usr/lib/spectrum-guest/init"
    for path in recipes.guest_files():
        entry = members[f"./usr/lib/spectrum-guest/{path.name}"]
        executable = path.read_bytes().startswith(b"#!")
        assert entry.mode == (0o755 if executable else 0o644)
        assert (entry.uid, entry.gid) == (0, 0)


def test_what_is_found_of_the_kernel() -> None:
    kernel = filtered(BEFORE)[2]
    assert (kernel.image, kernel.busybox) == (b"kernel", b"busybox")
    assert kernel.builtin == {"ext4"}
    assert sorted(kernel.modules) == ["virtio", "virtio_pci"]
    assert kernel.initramfs(["virtio_pci"], b"#!init")[:2] == b"\x1f\x8b"
    with pytest.raises(ModuleError, match="squashfs"):
        kernel.initramfs(["squashfs"], b"")


def test_a_root_that_ends_in_the_middle(tmp_path: Path) -> None:
    source = io.BytesIO()
    with tarfile.open(fileobj=source, mode="w") as archive:
        entry = tarfile.TarInfo("./a")
        entry.size = 5000
        archive.addfile(entry, io.BytesIO(bytes(5000)))
    cut = io.BytesIO(source.getvalue()[:2000])
    with pytest.raises((tarfile.TarError, OSError)):
        filter_root(cut, io.BytesIO(), (), ())
