"""Spectrum's directories, both layouts, whole and broken: each breaks its own VM and no other."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.config import schema
from spectrum_session.config.check import EXIT_VALID, check
from spectrum_session.config.join import NOT_OURS
from spectrum_session.config.load import Config
from spectrum_session.config.spectrum import COMMAND_LINE, SpectrumVM, read, troubles
from spectrum_session.config.typed import keys_of

from .conftest import Places


class Host:
    """A Spectrum host's directories, and a configuration that names them."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.store = places.root / "store"
        self.definitions = places.root / "ext" / "svc" / "data"
        self.run = places.root / "run" / "vm"
        for directory in (self.store, self.definitions, self.run):
            directory.mkdir(parents=True)
        places.write(
            "given/session.toml",
            f'labels.work.color = "blue"\n[spectrum]\ndefinitions = "{self.definitions}"\n'
            f'run = "{self.run}"\n',
        )

    def new(self, name: str, *, net: str = "", old: bool = False) -> Path:
        """A whole definition, all of whose files are links into the store."""
        directory = self.definitions / name
        (directory / "providers" / "net").mkdir(parents=True)
        self.link(directory / "vmlinux")
        if old:
            self.link(directory / "rootfs.ext4")
        else:
            (directory / "blk").mkdir()
            for disk in ("root.img", "ext.img"):
                self.link(directory / "blk" / disk)
        if net:
            (directory / "providers" / "net" / net).touch()
        return directory

    def link(self, path: Path) -> None:
        target = self.store / str(path.relative_to(self.definitions)).replace("/", "-")
        target.touch()
        path.symlink_to(target)

    def load(self) -> Config:
        return self.places.load("given")

    def vm(self, name: str) -> SpectrumVM:
        found = self.load().vms[name]
        assert isinstance(found, SpectrumVM)
        return found

    def problem(self, name: str) -> str:
        """Why this VM cannot start; another that is whole stands beside it and can."""
        if not (self.definitions / "whole").exists():
            self.new("whole")
        config = self.load()
        whole, found = config.vms["whole"], config.vms[name]
        assert isinstance(whole, SpectrumVM) and isinstance(found, SpectrumVM)
        assert whole.problem == ""
        assert f"{name} cannot start: {found.problem}" in troubles(config)
        return found.problem


@pytest.fixture
def host(places: Places) -> Host:
    return Host(places)


def test_the_layout_of_today(host: Host) -> None:
    directory = host.new("appvm-a", net="netvm")
    host.new("netvm")
    vm = host.vm("appvm-a")
    assert vm.driver == "cloud-hypervisor"
    assert vm.kernel == f"{directory}/vmlinux"
    assert vm.disks == [f"{directory}/blk/ext.img", f"{directory}/blk/root.img"], "sorted"
    assert vm.kernel_command_line == COMMAND_LINE
    assert vm.net == "netvm"
    assert vm.origin == str(directory)
    assert troubles(host.load()) == []


def test_the_layout_of_before(host: Host) -> None:
    directory = host.new("a", old=True)
    assert host.vm("a").disks == [f"{directory}/rootfs.ext4"]
    assert host.vm("a").net == ""


def test_where_its_api_socket_may_be(host: Host) -> None:
    host.new("a")
    places = ("user.a", "by-name/user.a", "by-name/sys.a")
    assert host.vm("a").api_sockets == tuple(f"{host.run}/{place}/vmm" for place in places)


def test_those_of_which_only_the_service_is_known(host: Host) -> None:
    host.new("a")
    for name in ("user.a", "user.old", "by-name/sys.netvm", "by-name/user.netvm", "by-id/1"):
        (host.run / name).mkdir(parents=True)
    assert sorted(host.load().vms) == ["a", "netvm", "old"]
    assert host.vm("old").api_sockets == (f"{host.run}/user.old/vmm",)
    assert host.vm("netvm").api_sockets == (f"{host.run}/by-name/user.netvm/vmm",)
    assert host.vm("netvm").kernel == ""
    assert troubles(host.load()) == []


def test_a_vm_of_ours_that_is_run_there_stays_ours(host: Host) -> None:
    (host.run / "user.mine").mkdir()
    socket = f"{host.run}/user.mine/vmm"
    file = host.places.write(
        "given/vms/mine.toml", f'driver = "cloud-hypervisor"\napi-socket = "{socket}"'
    )
    config = host.load()
    assert config.vms["mine"].api_socket == socket and config.ignored == []
    assert not isinstance(config.vms["mine"], SpectrumVM)
    host.places.write("given/vms/mine.toml", 'driver = "qemu"')
    config = host.load()
    assert config.vms["mine"].driver == "qemu"
    assert config.ignored == [f"{host.run}/user.mine: {file} defines a VM of this name"]
    host.places.write("given/vms/mine.toml", 'label = "work"')
    assert host.vm("mine").api_sockets == (socket,)


def test_what_is_run_and_no_vm_can_be_called_is_told(host: Host) -> None:
    (host.run / "user.A b").mkdir()
    (host.run / "other").mkdir()
    (line,) = host.load().ignored
    assert line.startswith(f"{host.run}/user.A b: not a VM name")


def test_our_own_file_gives_looks_and_policy(host: Host) -> None:
    host.new("a")
    host.places.write(
        "given/vms/a.toml",
        'label = "work"\nmemory-mb = 2048\nautostart = true\n[permissions]\ndmabuf = true\n'
        '[[apps]]\nname = "A"\ncommand = ["a"]\n',
    )
    vm = host.vm("a")
    assert (vm.label, vm.memory_mb, vm.autostart) == ("work", 2048, True)
    assert vm.permissions.dmabuf and [app.name for app in vm.apps] == ["A"]
    assert vm.kernel and not vm.problem


def test_a_vm_of_our_own_has_its_network_from_one_of_theirs(host: Host) -> None:
    host.new("netvm")
    host.places.write("given/vms/mine.toml", 'net = "netvm"')
    assert host.load().vms["mine"].net == "netvm"
    host.new("a", net="mine")
    assert host.vm("a").net == "mine" and not host.vm("a").problem


def test_nothing_there_is_nothing_found(places: Places) -> None:
    places.write(
        "given/session.toml", '[spectrum]\ndefinitions = "/nowhere/at/all"\nrun = "/nowhere/too"'
    )
    config = places.load("given")
    assert (config.vms, config.ignored) == ({}, [])


def test_a_file_in_place_of_the_directory_is_told(host: Host) -> None:
    host.run.rmdir()
    host.run.touch()
    assert host.load().ignored == [
        f"{host.run}: Not a directory",
        f"{host.run}/by-name: Not a directory",
    ]


@pytest.mark.parametrize("key", sorted(NOT_OURS))
def test_a_key_that_is_not_ours_to_give_is_named_with_its_line(host: Host, key: str) -> None:
    directory = host.new("a")
    kind = keys_of(schema.VM)[key].type
    value = "true" if kind is bool else '["ab"]' if kind == list[str] else '"netvm"'
    if key == "driver":
        value = '"qemu"'
    file = host.places.write("given/vms/a.toml", f"\n{key} = {value}")
    assert host.problem("a") == f"{file}:2: {key} is not allowed for a VM that {directory} defines"


def test_which_keys_are_whose() -> None:
    ours = {"memory-mb", "vcpus", "apps", "label", "terminal", "utf8-titles", "true-fullscreen"}
    ours |= {"transport", "autostart", "events-max-delay-ms", "permissions", "limits"}
    assert ours | NOT_OURS == set(keys_of(schema.VM))


def test_no_kernel(host: Host) -> None:
    kernel = host.new("a") / "vmlinux"
    kernel.unlink()
    assert host.problem("a") == f"{kernel}: No such file or directory"
    kernel.symlink_to("nowhere")
    assert host.problem("a") == f"{kernel}: No such file or directory"
    kernel.unlink()
    kernel.symlink_to(kernel)
    assert host.problem("a") == f"{kernel}: Too many levels of symbolic links"
    kernel.unlink()
    kernel.mkdir()
    assert host.problem("a") == f"{kernel} is not a regular file"


def test_no_disk(host: Host) -> None:
    directory = host.new("a")
    for disk in (directory / "blk").iterdir():
        disk.unlink()
    (directory / "blk" / "README").touch()
    (directory / "blk" / ".img").touch()
    assert host.problem("a").startswith(f"{directory}/blk has no disk")
    old = host.new("b", old=True)
    (old / "rootfs.ext4").unlink()
    assert host.problem("b") == f"{old}/rootfs.ext4: No such file or directory"


def test_what_is_no_file_in_place_of_a_disk(host: Host) -> None:
    directory = host.new("a")
    os.mkfifo(directory / "blk" / "b.img")
    assert host.problem("a") == f"{directory}/blk/b.img is not a regular file"
    (directory / "blk" / "b.img").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(directory / "blk" / "b.img"))
        assert host.problem("a") == f"{directory}/blk/b.img is not a regular file"


def test_a_name_that_an_option_would_take_apart(host: Host) -> None:
    directory = host.new("a")
    (directory / "blk" / "a,readonly=off.img").touch()
    assert "the path contains ','" in host.problem("a")
    other = host.new("b")
    (other / "blk" / "a\nb.img").touch()
    assert "\n" not in host.problem("b")


def test_a_file_in_place_of_a_directory(host: Host) -> None:
    directory = host.new("a")
    for disk in (directory / "blk").iterdir():
        disk.unlink()
    (directory / "blk").rmdir()
    (directory / "blk").touch()
    assert host.problem("a") == f"{directory}/blk: Not a directory"
    other = host.new("b")
    (other / "providers" / "net").rmdir()
    (other / "providers" / "net").touch()
    assert host.problem("b") == f"{other}/providers/net: Not a directory"


@pytest.mark.parametrize("name", ["-v", "a:b", "A", "a b", "<b>a<", "a\nb", "é", "a" * 64])
def test_what_no_vm_can_be_called_is_told_and_breaks_nothing(host: Host, name: str) -> None:
    host.new("whole")
    host.new(name)
    config = host.load()
    assert list(config.vms) == ["whole"]
    (line,) = config.ignored
    assert "not a VM name" in line and "\n" not in line


def test_what_else_lies_there(host: Host) -> None:
    (host.definitions / "notes").touch()
    (host.definitions / ".git").mkdir()
    assert host.load().ignored == [
        f"{host.definitions}/notes is not a directory, and defines no VM"
    ]


def test_networks_that_cannot_be(host: Host) -> None:
    directory = host.new("two", net="whole")
    (directory / "providers" / "net" / "other").touch()
    assert "names several VMs" in host.problem("two")
    host.new("odd", net="-x")
    assert '"-x" is not a VM name' in host.problem("odd")
    host.new("lost", net="gone")
    assert "provider gone does not exist" in host.problem("lost")
    host.new("self", net="self")
    assert host.problem("self").endswith("self needs self")
    host.new("a", net="b")
    host.new("b", net="mine")
    host.places.write("given/vms/mine.toml", 'net = "a"')
    host.new("behind", net="a")
    for name in "ab":
        assert host.problem(name).endswith("a needs b needs mine needs a")
        assert host.vm(name).net == ""
    assert host.load().vms["mine"].net == "a"
    assert host.vm("behind").problem == "" and host.vm("behind").net == "a"


def test_a_mistake_in_our_files_is_one_of_the_configuration_as_ever(host: Host) -> None:
    host.new("a")
    file = host.places.write("given/vms/a.toml", 'label = "nope"')
    (error,) = host.places.errors("given")
    assert (error.file, error.key) == (file, "label")


def test_check_config_tells_and_is_content(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    kernel = host.new("a") / "vmlinux"
    kernel.unlink()
    host.new("b:c")
    assert check(host.places.root / "given", host.places.environ) == EXIT_VALID
    out, err = capsys.readouterr()
    assert out.startswith("configuration is valid")
    assert err.splitlines()[0] == f"a cannot start: {kernel}: No such file or directory"
    assert "b:c" in err.splitlines()[1]


ANY_NAME = st.text(min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and "/" not in name and "\0" not in name
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Path]]:
    root = tmp_path_factory.mktemp("trees")
    yield (root / str(number) for number in range(1_000_000))


@settings(max_examples=60)
@given(
    tree=st.dictionaries(
        ANY_NAME,
        st.fixed_dictionaries(
            {}, optional={"vmlinux": st.booleans(), "disk": ANY_NAME, "net": ANY_NAME}
        ),
        max_size=5,
    )
)
def test_whatever_the_names_every_entry_is_a_vm_or_told_and_no_path_leaves_its_directory(
    fresh: Iterator[Path], tree: dict[str, dict[str, str | bool]]
) -> None:
    root = next(fresh)
    root.mkdir()
    try:
        for name, parts in tree.items():
            (root / name / "providers" / "net").mkdir(parents=True)
            (root / name / "blk").mkdir()
            if parts.get("vmlinux"):
                (root / name / "vmlinux").touch()
            if "disk" in parts:
                (root / name / "blk" / f"{parts['disk']}.img").touch()
            if "net" in parts:
                (root / name / "providers" / "net" / str(parts["net"])).touch()
    except (OSError, UnicodeEncodeError):
        return  # a name that this file system does not take
    found = read(str(root), "")
    seen = [name for name in os.listdir(root) if not name.startswith(".")]
    assert len(found.vms) + len(found.ignored) == len(seen)
    assert all(line.isprintable() for line in found.ignored)
    for name, one in found.vms.items():
        assert name in seen
        assert one.problem.isprintable()
        for path in [one.keys.get("kernel", ""), *one.keys.get("disks", [])]:
            assert not path or path.startswith(f"{root}/{name}/")
            assert "," not in path and "/../" not in path
