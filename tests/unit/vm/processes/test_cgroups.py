"""Control groups of VMs, on a directory that looks like the kernel's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spectrum_session.vm.processes import cgroups, child
from spectrum_session.vm.processes.cgroups import Groups, NoGroups, find

UNIT = "user.slice/user-1000.slice/user@1000.service/session.slice/spectrum-session.service"


class Tree:
    """A unified hierarchy with a unit that systemd delegated."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "cgroup"
        self.unit = self.root / UNIT
        (self.unit / "session").mkdir(parents=True)
        (self.root / "cgroup.controllers").write_text("cpu io memory pids\n")
        (self.unit / "cgroup.controllers").write_text("memory pids\n")
        (self.unit / "cgroup.subtree_control").write_text("")
        self.own = directory / "own"
        self.own.write_text(f"1:name=systemd:/other\n0::/{UNIT}/session\n")
        self.attributes = {(self.unit, "user.delegate"): b"1"}

    def find(self) -> Path:
        return find(self.root, self.own, self.attribute)

    def attribute(self, path: Path, name: str) -> bytes:
        try:
            return self.attributes[path, name]
        except KeyError:
            raise OSError(61, "No data available") from None


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.mark.parametrize("name", ["user.delegate", "trusted.delegate"])
def test_a_tree_that_was_delegated_is_found(tree: Tree, name: str) -> None:
    tree.attributes = {(tree.unit, name): b"1"}
    assert tree.find() == tree.unit


def test_no_other_tree_is_taken(tree: Tree) -> None:
    tree.attributes = {(tree.unit, "user.delegate"): b"0"}
    with pytest.raises(NoGroups, match="not delegated"):
        tree.find()
    tree.own.write_text(f"0::/{UNIT}\n")
    with pytest.raises(NoGroups, match="not a delegated subgroup"):
        tree.find()
    tree.own.write_text("0::/\n")
    with pytest.raises(NoGroups, match="control group is /,"):
        tree.find()
    tree.own.write_text("4:memory:/some/session\n")
    with pytest.raises(NoGroups, match="control group is /,"):
        tree.find()
    (tree.root / "cgroup.controllers").unlink()
    with pytest.raises(NoGroups, match="unified"):
        tree.find()


def test_a_tree_without_controllers_is_of_no_use(tree: Tree) -> None:
    (tree.unit / "cgroup.controllers").write_text("pids\n")
    with pytest.raises(NoGroups, match="no controller memory"):
        Groups(tree.unit)


def test_a_vm_has_a_group_with_limits(tree: Tree) -> None:
    groups = Groups(tree.unit)
    assert (tree.unit / "cgroup.subtree_control").read_text() == "+memory +pids"
    groups.make("work", 2 << 30)
    group = tree.unit / "vm-work"
    assert groups.path("work") == group
    assert (group / "memory.max").read_text() == str(2 << 30)
    assert (group / "memory.oom.group").read_text() == "1"
    assert int((group / "pids.max").read_text()) == cgroups.MOST_PROCESSES
    groups.make("work", None)
    assert (group / "memory.max").read_text() == "max"


def test_a_group_goes_when_its_processes_have(tree: Tree) -> None:
    """The kernel removes none that has processes; a directory none that has files."""
    groups = Groups(tree.unit)
    groups.make("work", None)
    groups.remove("work")
    assert groups.path("work").is_dir()
    for file in groups.path("work").iterdir():
        file.unlink()
    groups.sweep()
    assert not groups.path("work").exists()


def test_one_that_is_used_again_stays(tree: Tree) -> None:
    groups = Groups(tree.unit)
    groups.make("work", None)
    groups.remove("work")
    groups.make("work", None)
    for file in groups.path("work").iterdir():
        file.unlink()
    groups.remove("other")
    assert groups.path("work").is_dir()


def test_what_is_started_for_a_vm_goes_into_its_group(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = Groups(tree.unit)
    groups.make("work", None)
    monkeypatch.setattr(child, "groups", groups)
    file = groups.path("work") / "cgroup.procs"
    file.write_text("")
    for kind, vm in ((child.Kind.PROGRAM, ""), (child.Kind.VM, "none-such")):
        subprocess.run(["true"], check=True, preexec_fn=child.prepare(kind, vm))
        assert file.read_text() == ""
    subprocess.run(["true"], check=True, preexec_fn=child.prepare(child.Kind.GATE, "work"))
    assert file.read_text() == "0"


@pytest.mark.skipif(os.getuid() != 0, reason="only root mounts a hierarchy")
def test_the_kernels_own_groups(tmp_path: Path) -> None:
    """In a mount namespace of its own: a process that is started for a VM is in the VM's group."""
    script = """
import sys, subprocess
from pathlib import Path
from spectrum_session.vm.processes import cgroups, child
base = Path(sys.argv[1]) / "spectrum-session-test"
base.mkdir()
cgroups.CONTROLLERS = ()
groups = child.groups = cgroups.Groups.__new__(cgroups.Groups)
groups._base, groups._left = base, set()
try:
    groups.path("work").mkdir()
    program = ["cat", "/proc/self/cgroup"]
    prepare = child.prepare(child.Kind.VM, "work")
    print(subprocess.run(program, preexec_fn=prepare, capture_output=True, text=True).stdout)
    groups.remove("work")
    assert not groups.path("work").exists()
finally:
    base.rmdir()
"""
    mounted = f'mount -t cgroup2 none {tmp_path} && exec "$0" -c "$1" {tmp_path}'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mounted, sys.executable, script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "mount" in done.stderr and done.returncode:
        pytest.skip(f"cannot be mounted here: {done.stderr.strip()[:80]}")
    assert done.returncode == 0, done.stderr
    assert "0::/spectrum-session-test/vm-work" in done.stdout
