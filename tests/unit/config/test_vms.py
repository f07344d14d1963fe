"""Keys of VMs that need or rule out others, paths, and who gives whom a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.config.providers import chain, cycles

from .conftest import USER, Places

OWN = {"driver": "'qemu'", "kernel": "'k'", "disks": "['d']"}


def text_of(keys: dict[str, str]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in keys.items())


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"driver": "'local'", "kernel": "'k'"}, ["kernel"]),
        ({"uplink": "true"}, ["uplink"]),
        ({"driver": "'cloud-hypervisor'", "uplink": "true"}, ["uplink"]),
        ({"driver": "'qemu'", "uplink": "true", "host-loopback": "true"}, []),
        ({"driver": "'qemu'", "host-loopback": "true"}, ["host-loopback"]),
        ({"driver": "'qemu'", "packages": "['foot']"}, []),
        ({"driver": "'qemu'", "disks": "['d']"}, ["disks"]),
        ({"driver": "'qemu'", "initramfs": "'i'", "kernel-command-line": "'q'"}, None),
        (OWN, []),
        ({**OWN, "packages": "['foot']"}, ["packages"]),
        ({**OWN, "command": "['foot']"}, ["command"]),
        ({**OWN, "driver": "'cloud-hypervisor'"}, []),
        ({**OWN, "api-socket": "'s'"}, ["api-socket"]),
        ({"driver": "'cloud-hypervisor'", "api-socket": "'s'", "memory-mb": "300"}, []),
        ({"driver": "'cloud-hypervisor'", "transport": "'cross-domain'"}, []),
        ({"driver": "'qemu'", "transport": "'cross-domain'"}, ["transport"]),
        ({**OWN, "driver": "'cloud-hypervisor'", "api-socket": "'s'"}, ["kernel", "disks"]),
        ({"driver": "'local'", "kernel": "''", "disks": "[]", "uplink": "false"}, []),
        ({"driver": "'qemu'", "transport": "'guestfwd'"}, []),
        ({"driver": "'cloud-hypervisor'", "transport": "'vsock'"}, []),
        ({"driver": "'cloud-hypervisor'", "transport": "'guestfwd'"}, ["transport"]),
        ({"transport": "'vsock'"}, ["transport"]),
        ({"transport": "'auto'"}, []),
    ],
)
def test_keys_that_need_or_rule_out_others(
    places: Places, keys: dict[str, str], wrong: list[str] | None
) -> None:
    wrong = ["initramfs", "kernel-command-line"] if wrong is None else wrong
    file = places.write("given/vms/a.toml", text_of(keys))
    if not wrong:
        places.load("given")
        return
    errors = places.errors("given")
    assert [(error.file, error.key) for error in errors] == [(file, key) for key in wrong]
    for error in errors:
        assert error.line == list(keys).index(error.key) + 1
        assert error.allowed.startswith("only with ")


def test_keys_of_several_files_are_judged_together(places: Places) -> None:
    below = places.write("system/vms/a.toml", "\n\nkernel = 'k'")
    places.write(f"{USER}/vms/a.toml", "driver = 'qemu'")
    places.load()
    places.write(f"{USER}/vms/a.toml", "label = ''")
    (error,) = places.errors()
    assert (error.file, error.line, error.key) == (below, 3, "kernel")


def test_paths_begin_at_the_file_that_they_stand_in(places: Places) -> None:
    places.write("system/vms/a.toml", "driver = 'qemu'\nkernel = 'k'\ndisks = ['../d', '/d']")
    places.write(f"{USER}/vms/a.toml", "initramfs = 'i'")
    vm = places.load().vms["a"]
    system, user = places.root / "system/vms", places.root / USER / "vms"
    assert (vm.kernel, vm.initramfs) == (f"{system}/k", f"{user}/i")
    assert vm.disks == [f"{system}/../d", "/d"]


def test_files_of_a_vm_that_are_not_there_are_no_error_of_the_configuration(places: Places) -> None:
    places.write("given/vms/a.toml", text_of({**OWN, "kernel": "'/nowhere/k'"}))
    places.write("given/vms/b.toml", "")
    assert sorted(places.load("given").vms) == ["a", "b"]


def test_a_net_provider_must_be_there(places: Places) -> None:
    file = places.write("given/vms/a.toml", "\nnet = 'netvn'")
    (error,) = places.errors("given")
    assert (error.file, error.line, error.key) == (file, 2, "net")
    assert 'no VM "netvn"' in error.found
    places.write("given/vms/netvm.toml", "")
    (error,) = places.errors("given")
    assert '"netvm"' in error.allowed
    places.write("given/vms/netvn.toml", "")
    assert places.load("given").vms["a"].net == "netvn"


@pytest.mark.parametrize(
    ("client", "provider", "wrong"),
    [
        ("driver = 'qemu'", "driver = 'qemu'\nuplink = true", ""),
        ("driver = 'qemu'", "driver = 'qemu'", "provides no network"),
        ("driver = 'qemu'", "driver = 'qemu'\nuplink = false", "provides no network"),
        ("driver = 'qemu'", "driver = 'cloud-hypervisor'", "provides no network"),
        ("driver = 'qemu'\nuplink = true", "driver = 'qemu'\nuplink = true", '"netvm"'),
        ("driver = 'cloud-hypervisor'", "driver = 'cloud-hypervisor'", ""),
    ],
)
def test_a_machine_of_qemu_has_its_network_from_one_that_has_the_hosts(
    places: Places, client: str, provider: str, wrong: str
) -> None:
    file = places.write("given/vms/a.toml", f"net = 'netvm'\n{client}")
    places.write("given/vms/netvm.toml", provider)
    if not wrong:
        assert places.load("given").vms["a"].net == "netvm"
        return
    (error,) = places.errors("given")
    assert (error.file, error.line, error.key) == (file, 1, "net")
    assert wrong in error.found


def test_a_net_provider_that_a_broken_file_may_define_is_no_error(places: Places) -> None:
    places.write("given/vms/a.toml", "net = 'netvm'")
    broken = places.write("given/vms/netvm.toml", "= ")
    assert [error.file for error in places.errors("given")] == [broken]


def test_a_vm_is_not_its_own_net_provider(places: Places) -> None:
    file = places.write("given/vms/a.toml", "\n\nnet = 'a'")
    (error,) = places.errors("given")
    assert (error.file, error.line, error.found) == (file, 3, "the VM itself")


def test_a_cycle_is_told_once_and_as_a_whole(places: Places) -> None:
    first = places.write("given/vms/a.toml", "net = 'b'")
    second = places.write("given/vms/b.toml", "\nnet = 'c'")
    third = places.write("given/vms/c.toml", "\n\nnet = 'a'")
    places.write("given/vms/outside.toml", "net = 'a'")
    (error,) = places.errors("given")
    assert (error.file, error.line, error.key) == (first, 1, "net")
    assert error.found == f"a cycle: a ({first}:1) needs b ({second}:2) needs c ({third}:3) needs a"


NAMES = st.sampled_from("abcdefgh")
NETS = st.dictionaries(NAMES, NAMES | st.just(""))


@given(NETS)
def test_who_is_in_a_cycle_or_behind_one_has_no_chain_and_all_others_have_one(
    net: dict[str, str],
) -> None:
    found = cycles(net)
    members = [name for cycle in found for name in cycle]
    assert len(set(members)) == len(members)
    for cycle in found:
        assert cycle[0] == min(cycle)
        for name, provider in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            assert net[name] == provider
    for start in "abcdefgh":
        name, steps = start, 0
        while net.get(name) and steps < 10:
            name, steps = net[name], steps + 1
        if steps < 10:
            before = chain(start, net)
            assert start not in before
            assert len(before) == steps
            # Each stands before all that need it.
            for index, provider in enumerate(before):
                assert net.get(provider, "") == (before[index - 1] if index else "")
            assert net.get(start, "") == (before[-1] if before else "")
        else:
            assert name in members
            with pytest.raises(ValueError, match="wait for itself"):
                chain(start, net)
