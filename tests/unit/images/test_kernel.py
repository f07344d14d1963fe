"""Modules in their order, and the archive that they are loaded from."""

from __future__ import annotations

import gzip
import lzma
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.images import kernel
from spectrum_session.images.kernel import ModuleError


def test_names() -> None:
    assert kernel.module_name("./usr/lib/modules/6/kernel/fs/a-b.ko") == "a_b"
    assert kernel.module_name("x/a.ko.xz") == "a"
    assert kernel.module_name("x/modules.builtin") is None


def test_dependencies() -> None:
    module = b"\x7fELF\0license=GPL\0depends=virtio-ring,virtio\0name=virtio_pci\0"
    assert kernel.dependencies(module) == ["virtio_ring", "virtio"]
    assert kernel.dependencies(b"\0depends=\0name=a\0") == []
    assert kernel.dependencies(b"") == []


def test_unpacking() -> None:
    assert kernel.unpack("a.ko", b"x") == b"x"
    assert kernel.unpack("a.ko.xz", lzma.compress(b"x")) == b"x"


def test_a_module_that_is_nowhere() -> None:
    with pytest.raises(ModuleError, match="no module b"):
        kernel.order(["a"], {"a": ["b"]}, frozenset())
    assert kernel.order(["a"], {"a": ["b"]}, frozenset("b")) == ["a"]


@given(st.lists(st.lists(st.integers(0, 100), max_size=3), min_size=1, max_size=12), st.data())
def test_each_comes_after_what_it_needs(graph: list[list[int]], data: st.DataObject) -> None:
    # A module needs only those before it: kernels have no circles.
    needs = {
        str(number): [str(other % number) for other in others] if number else []
        for number, others in enumerate(graph)
    }
    wanted = data.draw(st.lists(st.sampled_from(sorted(needs)), max_size=5))
    builtin = frozenset(data.draw(st.lists(st.sampled_from(sorted(needs)), max_size=3)))
    order = kernel.order(wanted, needs, builtin)
    assert len(set(order)) == len(order)
    assert not builtin & set(order)
    assert set(wanted) - builtin <= set(order)
    for place, name in enumerate(order):
        assert set(needs[name]) - builtin <= set(order[:place])


def test_the_archive_is_one_that_cpio_unpacks(tmp_path: Path) -> None:
    files = {"init": (0o755, b"#!"), "a/b/c": (0o644, b"xyz"), "a/e": (0o600, b"")}
    archive = kernel.initramfs(files)
    assert archive == kernel.initramfs(dict(reversed(files.items())))
    busybox = shutil.which("cpio") or shutil.which("busybox")
    assert busybox is not None
    command = [busybox, "cpio"] if busybox.endswith("busybox") else [busybox]
    subprocess.run(
        [*command, "-idm"], input=gzip.decompress(archive), cwd=tmp_path, check=True,
        capture_output=True, timeout=30,
    )
    for path, (mode, content) in files.items():
        assert (tmp_path / path).read_bytes() == content
        assert (tmp_path / path).stat().st_mode & 0o777 == mode
