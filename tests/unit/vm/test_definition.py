"""What a machine boots from: which file is missing, of which key, and nothing of other VMs."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec
import pytest

from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import FILES, Store
from spectrum_session.vm.definition import (
    Attachment,
    Bootable,
    attachment,
    default_command_line,
    resolve,
)
from spectrum_session.vm.errors import VMError


class Files:
    """A machine's files, all there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store(root / "images")
        for name in ("kernel", "initramfs", "b.img", "a.img"):
            (root / name).write_text(name)
        self.vm = VM(
            driver="qemu",
            kernel=str(root / "kernel"),
            initramfs=str(root / "initramfs"),
            disks=[str(root / "b.img"), str(root / "a.img")],
            kernel_command_line="root=/dev/vda",
            memory_mb=300,
            vcpus=3,
        )

    def resolve(self, as_nobody: bool = False, **changes: object) -> Bootable:
        vm = msgspec.structs.replace(self.vm, **changes)
        return resolve("work", vm, self.store, as_nobody=as_nobody)

    def error(self, as_nobody: bool = False, **changes: object) -> str:
        with pytest.raises(VMError) as caught:
            self.resolve(as_nobody, **changes)
        return str(caught.value)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_kernel_of_its_own(files: Files) -> None:
    root = files.root
    disks = (root / "b.img", root / "a.img")
    boot = Bootable(root / "kernel", root / "initramfs", disks, "root=/dev/vda", 300, 3, False)
    assert files.resolve() == boot


def test_a_kernel_alone_gets_a_console(files: Files) -> None:
    boot = files.resolve(initramfs="", disks=[], kernel_command_line="")
    assert (boot.initramfs, boot.disks) == (None, ())
    assert boot.command_line == default_command_line()
    assert default_command_line("x86_64") == "console=ttyS0 panic=1"
    assert default_command_line("aarch64") == "console=ttyAMA0 panic=1"


def test_an_image(files: Files) -> None:
    with files.store.building(Recipe("work", ("foot",), architecture=this_architecture())) as at:
        for name in FILES:
            (at / name).write_text(name)
    boot = resolve("work", VM(driver="qemu", packages=["foot"]), files.store, as_nobody=False)
    assert boot.image
    assert [path.name for path in (boot.kernel, boot.initramfs or Path(), *boot.disks)] == [*FILES]
    assert boot.command_line.split()[-1] == "spectrum.vm=work"
    assert "image build work" in files.error(kernel="", packages=["elinks"])


def test_a_store_that_cannot_be_looked_into(files: Files) -> None:
    files.store = Store(files.root / ("long" * 100))
    text = files.error(kernel="")
    assert "its image in " in text and text.endswith(": File name too long")


@pytest.mark.parametrize("key", ["kernel", "initramfs", "disks"])
def test_what_is_not_there_is_named_with_its_key(files: Files, key: str) -> None:
    def error(path: Path) -> str:
        value = [str(files.root / "a.img"), str(path)] if key == "disks" else str(path)
        return files.error(False, **{key: value})

    missing = files.root / "gone"
    assert error(missing) == f"its {key}: {missing}: No such file or directory"
    missing.symlink_to("nowhere")
    assert error(missing) == f"its {key}: {missing}: No such file or directory"
    assert "is not a regular file" in error(files.root)
    # To look at either must not wait for somebody at its other end.
    os.mkfifo(files.root / "fifo")
    assert "is not a regular file" in error(files.root / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(files.root / "socket"))
        assert "is not a regular file" in error(files.root / "socket")
    assert "is not a regular file" in error(Path("/dev/null"))


def test_links_are_followed(files: Files) -> None:
    link = files.root / "link"
    link.symlink_to(files.root / "kernel")
    assert files.resolve(kernel=str(link)).kernel == link


def test_what_nobody_could_read(files: Files) -> None:
    (files.root / "a.img").chmod(0o640)
    assert files.resolve()
    error = files.error(as_nobody=True)
    assert error.startswith(f"its disks: {files.root}/a.img cannot be read by all")
    assert error.endswith(f"chmod o+r {files.root}/a.img")


def test_a_machine_of_somebody_else() -> None:
    assert attachment(VM(driver="cloud-hypervisor")) is None
    vm = VM(driver="cloud-hypervisor", api_socket="/run/vm/user.work/vmm")
    there = Path("/run/vm/user.work")
    assert attachment(vm) == Attachment(there / "vmm", there / "vsock")


def test_a_machine_of_spectrums(files: Files) -> None:
    places = [files.root / place for place in ("user.a", "by-name")]
    vm = SpectrumVM(
        driver="cloud-hypervisor",
        kernel=files.vm.kernel,
        disks=files.vm.disks,
        origin=str(files.root),
        api_sockets=tuple(f"{place}/vmm" for place in places),
    )
    assert attachment(vm) is None, "nobody runs it: the session can"
    assert resolve("a", vm, files.store, as_nobody=False).kernel == files.root / "kernel"
    for place in reversed(places):
        place.mkdir()
        (place / "vmm").touch()
        assert attachment(vm) == Attachment(place / "vmm", place / "vsock")


def test_a_machine_of_which_only_its_service_is_known(files: Files) -> None:
    vm = SpectrumVM(driver="cloud-hypervisor", origin="/run/vm/user.a", api_sockets=("/r/a/vmm",))
    assert attachment(vm) == Attachment(Path("/r/a/vmm"), Path("/r/a/vsock"))
    with pytest.raises(VMError, match=r"nothing is known of it but /run/vm/user\.a"):
        resolve("a", vm, files.store, as_nobody=False)
