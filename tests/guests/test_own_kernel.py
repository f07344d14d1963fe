"""A machine of a kernel, an initramfs and disks of one's own: a real Linux that looks at them."""

from __future__ import annotations

from pathlib import Path

from spectrum_session.images.kernel import initramfs
from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import Store
from tests.session.harness import running

from .world import BOOT_S, PACKAGES, status

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
while read -r module; do insmod "/modules/$module"; done </modules/order
until [ -b /dev/vda ] && [ -b /dev/vdb ]; do usleep 50000; done
echo "own: told $(cat /proc/cmdline)"
echo "own: disks $(head -c 5 /dev/vda) $(head -c 5 /dev/vdb) $(ls /dev/vd?)"
for disk in vda vdb; do
    echo overwritten 2>/dev/null >/dev/$disk && echo "own: $disk was written"
    echo "own: $disk ro $(blockdev --getro /dev/$disk)"
done
sync
echo "own: ends"
poweroff -f
"""


def test_it_boots_what_is_named_and_only_reads_its_disks(data_home: Path, tmp_path: Path) -> None:
    store = Store.default({"XDG_DATA_HOME": str(data_home)})
    image = store.find(Recipe("work", PACKAGES, architecture=this_architecture()))
    assert image is not None
    tmp_path.chmod(0o755)
    ours = initramfs({"init": (0o755, INIT.encode())})
    (tmp_path / "initramfs").write_bytes(image.initramfs.read_bytes() + ours)
    # In an order that is not that of their names, with names that look like more.
    disks = {"-z=off": b"first" + bytes(4091), "a b": b"other" + bytes(4091)}
    for name, content in disks.items():
        (tmp_path / name).write_bytes(content)
    definition = (
        f'driver = "qemu"\nmemory-mb = 256\nkernel = "{image.kernel}"\n'
        f'initramfs = "{tmp_path}/initramfs"\ndisks = ["{tmp_path}/-z=off", "{tmp_path}/a b"]\n'
        'kernel-command-line = "console=ttyS0 console=ttyAMA0 quiet mine=1,2"\n'
    )
    with running(vms={"own": definition}, deadline_s=BOOT_S) as session:
        session.call("vm-start", name="own")
        session.wait(lambda: status(session, "own")["state"] == "stopped", "it to shut down")
        assert status(session, "own")["reason"] == "its guest shut down"
        log = session.call("vm-log", name="own")["text"]
    lines = [line.strip() for line in log.splitlines() if line.startswith("own: ")]
    assert lines[0].endswith("quiet mine=1,2")
    assert lines[1] == "own: disks first other /dev/vda"
    assert [line for line in lines if "written" in line] == []
    assert [line for line in lines if " ro " in line] == ["own: vda ro 1", "own: vdb ro 1"]
    assert {name: (tmp_path / name).read_bytes() for name in disks} == disks
